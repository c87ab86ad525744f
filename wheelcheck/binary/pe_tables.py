"""The sections and data directories of a PE file, by which everything else in it is found."""

from __future__ import annotations

from wheelcheck.records import dataclass
from wheelcheck.tuples import NamedTuple

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
        for section in self.sections:
            if section.address <= address < section.address + section.raw_size:
                return section.raw_offset + address - section.address
        return address if 0 < address < self.header_size else None

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
