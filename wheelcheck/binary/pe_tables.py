"""The sections and data directories of a PE file, by which everything else in it is found."""

from __future__ import annotations

from wheelcheck.records import dataclass
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CERTIFICATES = 4


class Section(NamedTuple):
    """One section: where it is in memory and in the file."""

    virtual_size: int
    address: int
    raw_size: int
    raw_offset: int
    flags: int

    @property
    def is_code(self) -> bool:
        """True with IMAGE_SCN_CNT_CODE."""
        return bool(self.flags & 0x20)


@dataclass(frozen=True, slots=True)
class Tables:
    """The sections, which turn a relative address into a file offset, and the data directories as (address, size)."""

    sections: tuple[Section, ...]
    directories: tuple[tuple[int, int], ...]
    image_base: int
    header_size: int

    def locate(self, address: int) -> int | None:
        """Return the file offset behind a relative virtual address; headers map to themselves."""
        offsets = self.locate_all([address])
        return offsets[0] if offsets else None

    def locate_all(self, addresses: Iterable[int]) -> list[int] | None:
        """Return the file offset behind each of many addresses; None if there is none behind one of them."""
        found = []
        first = end = shift = 0
        for address in addresses:
            if not first <= address < end:  # another section than that of the last one
                first, end, shift = self._stretch(address)
                if not end:
                    return None
            found.append(address + shift)
        return found

    def _stretch(self, address: int) -> tuple[int, int, int]:
        """Return what is mapped as an address is, from the first to behind the last, and what to add; 0 if nothing."""
        for section in self.sections:
            if section.address <= address < section.address + section.raw_size:
                return section.address, section.address + section.raw_size, section.raw_offset - section.address
        return (address, address + 1, 0) if 0 < address < self.header_size else (0, 0, 0)

    @property
    def is_split_debug(self) -> bool:
        """True if no byte of any code is in the file: `objcopy --only-keep-debug` does not change addresses."""
        code = [section for section in self.sections if section.is_code]
        return bool(code) and not any(section.raw_size and section.raw_offset for section in code)

    def directory(self, number: int) -> int:
        """Return a directory's relative address, 0 if there is none."""
        return self.directories[number][0] if number < len(self.directories) else 0

    @property
    def end(self) -> int:
        """The file offset behind the last section and the certificates, where the file ends if nothing is appended."""
        sections = max((section.raw_offset + section.raw_size for section in self.sections), default=0)
        # Only certificates are found by file offset.
        offset, size = self.directories[_CERTIFICATES] if len(self.directories) > _CERTIFICATES else (0, 0)
        return offset + size if size and offset >= sections else sections
