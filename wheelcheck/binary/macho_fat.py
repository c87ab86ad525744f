"""Universal ("fat") Mach-O files: a table of slices, each a thin file or a static archive for one CPU."""

from __future__ import annotations

import struct
from itertools import pairwise

from wheelcheck.binary.macho import read_thin
from wheelcheck.binary.macho_header import cpus, machine_name, read_header
from wheelcheck.binary.model import Slice
from wheelcheck.platforms import magic
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.reader import Reading

SLICE_LIMIT = 32
_OLDEST_JAVA, _NEWEST_JAVA = 45, 255
_JAVA_TAGS = {1, *range(3, 13), *range(15, 21)}


class Entry(NamedTuple):
    """One row of the table."""

    cputype: int
    subtype: int
    offset: int
    size: int

    @property
    def cpu(self) -> tuple[int, int]:
        """The CPU, by type and subtype without its flags."""
        return self.cputype, self.subtype & 0xFFFFFF

    @property
    def machine(self) -> str:
        """Apple's name of the CPU."""
        return machine_name(*self.cpu)

    @property
    def end(self) -> int:
        """The offset at which the slice ends."""
        return self.offset + self.size


def is_java_class(head: bytes) -> bool:
    """Return whether it is a Java class and not a universal binary: both start with cafebabe.

    A class has its version where Mach-O has the number of slices, and then a constant pool count that is not zero and a
    first tag that exists (JVM specification, 4.1 and 4.4). A huge number of slices does not make it a class.
    """
    if len(head) < 11 or head[:4] != b"\xca\xfe\xba\xbe":
        return False
    minor, major, pool, tag = struct.unpack_from(">3HB", head, 4)
    is_version = _OLDEST_JAVA <= major <= _NEWEST_JAVA and (minor == 0xFFFF or minor <= 3)
    return is_version and pool > 0 and tag in _JAVA_TAGS


def read_macho(reading: Reading) -> tuple[Slice, ...]:
    """Return the slices of a Mach-O file, thin or universal, in file order."""
    layout = magic.FAT.get(reading.read(0, 4))
    if layout is None:
        thin = read_thin(reading)
        return (thin,) if thin else ()
    entries = _read_entries(reading, layout)
    _judge_layout(reading, entries, 8 + len(entries) * struct.calcsize(layout))
    slices = [_read_slice(reading, entry) for entry in entries if entry.end <= reading.size]
    return tuple(slice_ for slice_ in slices if slice_)


def _read_entries(reading: Reading, layout: str) -> list[Entry]:
    raw = reading.read(4, 4)
    count = int.from_bytes(raw, "big")
    size = struct.calcsize(layout)
    table = reading.read(8, min(count, SLICE_LIMIT) * size)
    if len(raw) < 4 or 8 + count * size > reading.size or len(table) < min(count, SLICE_LIMIT) * size:
        reading.damage("macho-truncated", f"a table of {count} slices reaches past the end ({reading.size} bytes)")
        return []
    if count == 0:
        reading.damage("macho-fat", "a universal file with 0 slices")
    if count > SLICE_LIMIT:
        reading.limit(f"{count} slices: only the first {SLICE_LIMIT} were read")
    return [Entry(*row[:4]) for row in struct.iter_unpack(layout, table)]


def _judge_layout(reading: Reading, entries: list[Entry], table_end: int) -> None:
    for entry in entries:
        if entry.end > reading.size:
            name = entry.machine
            reading.damage("macho-truncated", f"slice {name} ends at {entry.end:#x}, the file at {reading.size:#x}")
    ordered = sorted(entries, key=lambda entry: entry.offset)
    if ordered and ordered[0].offset < table_end:
        reading.damage("macho-fat", f"a slice at {ordered[0].offset:#x} overlaps the table of slices")
    for first, second in pairwise(ordered):
        if first.end > second.offset:
            reading.damage("macho-fat", f"slices at {first.offset:#x} and {second.offset:#x} overlap")
    listed = [entry.cpu for entry in entries]
    for cpu in sorted({cpu for cpu in listed if listed.count(cpu) > 1}):
        reading.damage("macho-fat", f"{machine_name(*cpu)} (subtype {cpu[1]}) appears {listed.count(cpu)} times")


def _read_archive(reading: Reading, inner: Reading, entry: Entry) -> Slice:
    """Return a static library for one CPU, whose objects must be for it."""
    from wheelcheck.binary.objects import read_ar  # noqa: PLC0415  # hardly any universal file holds static libraries

    others = [object_ for object_ in read_ar(inner) if object_.arches != cpus(*entry.cpu)]
    reading.adopt(inner)
    if others:
        found = ", ".join(object_.machine for object_ in others[:3])
        where = f"objects of the slice at {entry.offset:#x}"
        reading.damage("macho-fat", f"the table says {entry.machine}, {where} are for {found}")
    return Slice(entry.machine, cpus(*entry.cpu), "archive", "macos", 64 if entry.cputype >> 24 & 1 else 32)


def _read_slice(reading: Reading, entry: Entry) -> Slice | None:
    inner = reading.apart(entry.offset, entry.size)
    if inner.read(0, 8) == magic.AR:
        return _read_archive(reading, inner, entry)
    if inner.read(0, 4) not in magic.MACHO:
        found = f"starts with {inner.read(0, 4).hex()}" if inner.size else "is empty"
        reading.damage("macho-fat", f"slice {entry.machine} {found}: no Mach-O")
        return None
    header = read_header(inner)
    if header and cpus(header.cputype, header.subtype) != cpus(*entry.cpu):
        said, real = entry.machine, machine_name(header.cputype, header.subtype)
        reading.damage("macho-fat", f"the table says {said}, the slice at {entry.offset:#x} is {real}")
    slice_ = read_thin(inner)
    reading.adopt(inner)
    return slice_
