"""Which x86 code a file has: instructions that the first x86-64 CPUs lack, and whether it asks what the CPU has.

Nothing is disassembled. The patterns are those of instructions on whole vectors of 256 and 512 bits, of `vzeroupper`,
and of `rorx`, `shlx` and their kin, whose first bytes begin no other instruction in 64-bit mode. The same bytes also
occur within other instructions, but so seldom that a few of them in a small file are no accident.
"""

from __future__ import annotations

import re

from wheelcheck.patterns import regex
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.elf_segments import Image
    from wheelcheck.binary.reader import Reading

LIMIT = 2**20  # bytes of code that are looked at; larger files nearly always ask for the CPU and are left alone
# Of 815 released files without such code eight hold one pattern by accident and none holds two; files of releases with
# such code hold 27 or more.
_FEWEST, _BYTES_AN_ACCIDENT = 2, 100_000
_MATCHES_OF_ROW = 50  # that cost as much as a row of a table, and as a kilobyte without any
_CPUID = b"\x0f\xa2"
_WIDE = bytes(range(0x05, 0x100, 8))  # the third byte of a VEX prefix with 256 bits and the prefix 66
_PATTERNS = (
    ("AVX", regex(rb"\xc5[\xfc\xfd\xfe][\x10\x11\x28\x29\x6f\x7f\x54-\x5f\xd4\xef\xfe]|\xc5\xf8\x77", re.DOTALL)),
    ("AVX2", regex(rb"\xc4[\xe2\xe3][%b]" % re.escape(_WIDE), re.DOTALL)),
    ("AVX-512", regex(rb"\x62[\xf1-\xf3][\x7c\x7d\x7e\xfc\xfd\xfe][\x28\x48]", re.DOTALL)),
    ("BMI2", regex(rb"\xc4[\xe3\xc3\x63\x43][\x7b\xfb]\xf0|\xc4[\xe2\xc2\x62\x42].\xf7[\xc0-\xff]", re.DOTALL)),
)


class X86Code(NamedTuple):
    """The extensions that code uses, and whether it may ask the CPU for them: always so for code that was not read."""

    extensions: tuple[str, ...] = ()
    asks: bool = True


def read_x86_code(reading: Reading, image: Image) -> X86Code:
    """Look through the executable segments of an x86-64 file."""
    loads = [load for load in image.of("PT_LOAD") if load.is_executable]
    if sum(load.filesz for load in loads) > LIMIT:
        return X86Code()
    code = b"".join(reading.once(load.offset, load.filesz) for load in loads)
    reading.walk(len(code) >> 10)
    if _has_cpuid(code):
        return X86Code()
    least = _FEWEST + len(code) // _BYTES_AN_ACCIDENT
    found = {name: len(pattern.findall(code)) for name, pattern in _PATTERNS}
    matches = sum(found.values())
    reading.walk(matches // _MATCHES_OF_ROW)
    used = tuple(name for name, count in found.items() if count)
    return X86Code(used if matches >= least else (), asks=False)


def _has_cpuid(code: bytes) -> bool:
    """Return whether code has the instruction; what has its second byte everywhere is not split into as many pieces."""
    if code.count(_CPUID[1:]) > len(code) >> 5:
        return _CPUID in code
    pieces = code.split(_CPUID[1:])  # half the time of `_CPUID in code`
    return any(piece.endswith(_CPUID[:1]) for piece in pieces[:-1])
