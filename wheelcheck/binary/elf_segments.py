"""Program headers: what the kernel and the dynamic loader map, and how an address becomes a file offset."""

from __future__ import annotations

from functools import cached_property, reduce
from itertools import accumulate, pairwise
from operator import or_

from wheelcheck.binary.elf_layout import segment_name
from wheelcheck.binary.reader import STRING_LIMIT, printable
from wheelcheck.counting import counted
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.reader import Reading

SEGMENT_LIMIT = 1024
PAGES = (0x1000, 0x2000, 0x4000, 0x8000, 0x10000)  # sizes that kernels can be configured with
_READ = 4  # PF_R alone
_RIGHTS = 7  # PF_R, PF_W, PF_X: most CPUs let read what may be written or executed
_PAGE = PAGES[0]  # the smallest of any CPU in the table
_MOST_MEMORY = 2**40  # bytes of one PT_LOAD; "cannot map zero-fill pages"
_LOADS_OF_ROW = 64  # that are compared with an address: as much as a row of a table
_MOST_TLS = 2**30  # bytes; a loader that cannot allocate them ends the process


@dataclass(frozen=True, slots=True)
class Segment:
    """One program header. `type` is its name, or a number if it has none."""

    type: str | int
    offset: int
    vaddr: int
    filesz: int
    memsz: int
    flags: int
    align: int = 0

    @property
    def is_executable(self) -> bool:
        """True with PF_X."""
        return bool(self.flags & 1)

    @property
    def first_page(self) -> int:
        """The address of the page in which a PT_LOAD begins: the file is mapped from there."""
        return self.vaddr // _PAGE * _PAGE

    @property
    def mapped_end(self) -> int:
        """The address at which the mapped part of the file ends: the end of the page, unless zeroed memory follows."""
        end = self.vaddr + self.filesz
        return -(-end // _PAGE) * _PAGE if self.filesz and self.memsz <= self.filesz else end

    @property
    def delta(self) -> int:
        """Address minus offset: equal for two segments that map the same bytes of the file to the same addresses."""
        return self.vaddr - self.offset


@dataclass(frozen=True)
class Image:
    """The segments of one file."""

    segments: tuple[Segment, ...]

    @cached_property
    def _by_type(self) -> dict[str | int, tuple[Segment, ...]]:
        found: dict[str | int, list[Segment]] = {}
        for segment in self.segments:
            found.setdefault(segment.type, []).append(segment)
        return {each: tuple(segments) for each, segments in found.items()}

    def of(self, wanted: str) -> tuple[Segment, ...]:
        """Return the segments of one type, in file order."""
        return self._by_type.get(wanted, ())

    def locate(self, vaddr: int) -> tuple[int, int] | None:
        """Return the file offset of an address, and how many bytes of the file are mapped contiguously from there.

        A PT_LOAD that continues the previous one in file and memory forms one mapping with it: patchelf, run twice over
        a file, spreads the string table over two. Whole pages are mapped, a later PT_LOAD over an earlier one: patchelf
        also leaves PT_DYNAMIC behind the end of its PT_LOAD, in the same page.
        """
        for index, first_page, end in self._mapped:
            if first_page <= vaddr < end:
                loads = self.of("PT_LOAD")[index:]
                return vaddr - loads[0].delta, _seamless_end(loads[0], loads[1:]) - vaddr
        return None

    @cached_property
    def _mapped(self) -> list[tuple[int, int, int]]:
        """Each PT_LOAD's place among them, first page and end; the last one first. No page without rights is read."""
        loads = enumerate(self.of("PT_LOAD"))
        return [(index, load.first_page, load.mapped_end) for index, load in loads if load.flags & _RIGHTS][::-1]

    def is_mapped_at(self, vaddr: int, *, writable: bool) -> bool:
        """Return whether an address is in the memory of a PT_LOAD, one that may be written to if asked."""
        loads = (load for load in self.of("PT_LOAD") if load.vaddr <= vaddr < load.vaddr + load.memsz)
        return any(load.flags & 2 or not writable for load in loads)

    def is_executable_at(self, vaddr: int) -> bool:
        """Return whether an address is in the memory of an executable PT_LOAD."""
        return any(load.is_executable and load.vaddr <= vaddr < load.vaddr + load.memsz for load in self.of("PT_LOAD"))

    def largest_page(self, *, by_loader: bool) -> int:
        """Return the largest page of memory with which every PT_LOAD can be mapped; 0 if that is none of any kernel.

        The dynamic loader maps libraries and compares p_align; the kernel, which maps programs, does not.
        """
        fitting = (page for page in PAGES if self._fits(page) and (not by_loader or self._is_aligned(page)))
        return max(fitting, default=0)

    def _is_aligned(self, page: int) -> bool:
        return self._alignment % page == 0

    @cached_property
    def _alignment(self) -> int:
        """Every bit of some PT_LOAD's alignment: a page, which is a power of two, divides this if it divides all."""
        return reduce(or_, (load.align for load in self.of("PT_LOAD")), 0)

    @cached_property
    def _displacement(self) -> int:
        """The same for what lies between the offset and the address of each."""
        return reduce(or_, (load.delta for load in self.of("PT_LOAD") if load.filesz), 0)

    def _fits(self, page: int) -> bool:
        """Return whether each page of memory holds one place of the file with one set of rights."""
        if self._displacement % page:
            return False
        apart = (
            first.flags == second.flags
            or (first.vaddr + first.memsz - 1) // page < second.vaddr // page
            or _loses_nothing(first, second)
            for first, second in pairwise(self.of("PT_LOAD"))
        )
        return all(apart)

    @property
    def tls_size(self) -> int:
        """The bytes of thread-local storage that each thread gets for this file."""
        return sum(segment.memsz for segment in self.of("PT_TLS"))

    @property
    def has_executable_stack(self) -> bool | None:
        """Whether PT_GNU_STACK asks for it; None without PT_GNU_STACK, which leaves it to the CPU's default."""
        stacks = self.of("PT_GNU_STACK")
        return any(stack.is_executable for stack in stacks) if stacks else None


def _loses_nothing(first: Segment, second: Segment) -> bool:
    """Return whether a page that both share may have the rights of the second alone, which is mapped over it.

    patchelf puts the tables that it moves behind the ELF header, in a PT_LOAD that may be written to and never is.
    """
    is_moved = first.offset == 0 and not first.is_executable and first.memsz == first.filesz
    return is_moved and first.delta == second.delta and second.flags == _READ


def _seamless_end(load: Segment, following: tuple[Segment, ...]) -> int:
    """Return the address at which the contiguous mapping that begins with this PT_LOAD ends."""
    end = load.mapped_end
    for later in following:
        if later.first_page > end:
            break
        if later.delta != load.delta:
            return min(end, later.first_page)
        end = max(end, later.mapped_end)
    return end


def read_image(reading: Reading, header: Header) -> Image:
    """Return the program headers of a program or library, and record every contradiction."""
    image = Image(_read_segments(reading, header))
    loads = image.of("PT_LOAD")
    if not loads:
        reading.damage("elf-segment", "no PT_LOAD: there is nothing to map")
    for load in loads:
        _judge_load(reading, load, header.bits)
    for first, second in zip(accumulate(loads, _further), loads[1:], strict=False):
        _judge_neighbours(reading, first, second)
    for single in ("PT_DYNAMIC", "PT_INTERP"):
        if len(image.of(single)) > 1:
            reading.damage("elf-segment", f"{len(image.of(single))} {single} segments: loaders expect one")
    return image


def _read_segments(reading: Reading, header: Header) -> tuple[Segment, ...]:
    layout = header.layouts.segment
    size, count = layout.size, header.phnum
    if count == 0:
        return ()
    if header.phentsize != size:
        reading.damage("elf-header", f"e_phentsize {header.phentsize}: expected {size}")
        return ()
    if header.phoff + count * size > reading.size:
        table = f"{count} program headers at {header.phoff:#x}"
        reading.damage("elf-truncated", f"{table} reach past the end of the file ({reading.size} bytes)")
        return ()
    if count > SEGMENT_LIMIT:
        reading.limit(f"{count} program headers: only the first {SEGMENT_LIMIT} were read")
    reading.walk(2 * min(count, SEGMENT_LIMIT))  # each is looked at by itself, and beside the next one
    raw = reading.read(header.phoff, min(count, SEGMENT_LIMIT) * size)
    rows = layout.iter_unpack(raw[: len(raw) // size * size])
    if header.bits == 64:
        rows = ((kind, at, vaddr, filesz, memsz, flags, align) for kind, flags, at, vaddr, filesz, memsz, align in rows)
    return tuple(Segment(segment_name(kind), *row) for kind, *row in rows)


def _judge_load(reading: Reading, load: Segment, bits: int) -> None:
    where = f"the PT_LOAD at {load.offset:#x}"
    if load.offset + load.filesz > reading.size:
        end = f"{load.offset + load.filesz:#x}"
        reading.damage("elf-truncated", f"{where} ends at {end}, the file at {reading.size:#x}")
    if load.filesz > load.memsz:
        reading.damage("elf-segment", f"{where} has {counted(load.filesz, 'byte')} for {load.memsz} of memory")
    if load.memsz > _MOST_MEMORY:
        reading.damage("elf-segment", f"{where} asks for {load.memsz} bytes of memory, more than any machine has")
    if load.vaddr + load.memsz > 1 << bits:
        reading.damage("elf-segment", f"{where} ends beyond the {bits}-bit address space")


def judge_mapping(reading: Reading, header: Header, image: Image) -> None:
    """Record what cannot be mapped: glibc says "ELF load command address/offset not page-aligned".

    So are addresses that the loader takes from other segments: a program's PT_PHDR, from which glibc reckons where the
    kernel has put the program, and PT_GNU_RELRO, whose pages it makes read-only.
    """
    loads = image.of("PT_LOAD")
    reading.walk(len(image.of("PT_PHDR")) * len(loads) // _LOADS_OF_ROW)
    for table in image.of("PT_PHDR") if image.of("PT_INTERP") else ():
        if (image.locate(table.vaddr) or (-1,))[0] != header.phoff:
            reading.damage("elf-segment", f"the program headers are not at {table.vaddr:#x}, as PT_PHDR says")
    end = max((-(-(load.vaddr + load.memsz) // _PAGE) * _PAGE for load in loads), default=0)
    for relro in image.of("PT_GNU_RELRO"):
        if loads and not loads[0].first_page <= relro.vaddr <= relro.vaddr + relro.memsz <= end:
            reading.damage("elf-segment", f"PT_GNU_RELRO at {relro.vaddr:#x} is outside every PT_LOAD")
    if image.tls_size > _MOST_TLS:
        reading.damage("elf-segment", f"PT_TLS has {image.tls_size} bytes: no thread can have as many of its own")
    for storage in image.of("PT_TLS"):
        if storage.align > _MOST_TLS:
            reading.damage("elf-segment", f"PT_TLS is aligned to {storage.align}: no thread has room for that")
    for load in loads:
        if load.filesz and load.delta % _PAGE:
            where = f"the PT_LOAD at {load.offset:#x}"
            reading.damage("elf-segment", f"{where} has address {load.vaddr:#x}, another place within its page")


def _further(first: Segment, second: Segment) -> Segment:
    """Return the segment that reaches further in the file."""
    return max(first, second, key=lambda load: load.vaddr + load.filesz)


def _judge_neighbours(reading: Reading, first: Segment, second: Segment) -> None:
    """Record overlaps, which make an address ambiguous: a later mapping replaces whole pages of an earlier one."""
    if second.vaddr < first.vaddr:
        reading.damage("elf-segment", f"PT_LOADs are not in ascending order: {second.vaddr:#x} after {first.vaddr:#x}")
        return
    first_end_page = -(-(first.vaddr + first.filesz) // _PAGE)
    shares_page = first.filesz and second.filesz and second.vaddr // _PAGE < first_end_page
    if shares_page and second.delta != first.delta:
        reading.damage("elf-segment", f"the PT_LOADs at {first.vaddr:#x} and {second.vaddr:#x} map onto each other")


def read_interpreter(reading: Reading, image: Image) -> str:
    """Return the dynamic loader's path (the kernel takes the first PT_INTERP), empty if there is none or it is bad."""
    segments = image.of("PT_INTERP")
    if not segments:
        return ""
    offset, length = segments[0].offset, segments[0].filesz
    if not 2 <= length <= STRING_LIMIT:
        reading.damage(
            "elf-interpreter", f"PT_INTERP has {counted(length, 'byte')}: the kernel takes 2 to {STRING_LIMIT}"
        )
        return ""
    raw = reading.read(offset, length)
    if len(raw) < length or raw[-1]:
        reading.damage("elf-interpreter", f"PT_INTERP at {offset:#x} is cut off or has no NUL at its end")
        return ""
    if not raw[0]:
        reading.damage("elf-interpreter", f"PT_INTERP at {offset:#x} is empty: the kernel cannot open it")
    return printable(raw.split(b"\0")[0])
