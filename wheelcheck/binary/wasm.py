"""WebAssembly modules and components: recognised, and proven whole by walking the sections' sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.binary.model import Slice

if TYPE_CHECKING:
    from wheelcheck.binary.reading import Reading

MAGIC = b"\0asm"
SECTION_LIMIT = 65_536
_VERSIONS = (b"\x01\0\0\0", b"\x0d\0\x01\0")  # a core module; a component of the current pre-release
_LAST_SECTION = b"\x0d"  # 0 custom ... 12 data count, 13 tag; components stop at 12


def read_wasm(reading: Reading) -> tuple[Slice, ...]:
    """Return the one slice: no operating system, no row of the CPU table."""
    version = reading.read(4, 4)
    if len(version) < 4:
        reading.damage("wasm-truncated", f"{reading.size} bytes: expected a header of 8")
    elif version not in _VERSIONS:
        reading.damage("wasm-header", f"version {version.hex()}: expected one of {[v.hex() for v in _VERSIONS]}")
    else:
        _walk(reading)
    return (Slice("wasm32", (), "library", "bare", 32, dynamic=not reading.found),)


def _walk(reading: Reading) -> None:
    offset = 8
    for _ in range(SECTION_LIMIT):
        if offset >= reading.size:
            return
        raw = reading.blocks.peek(reading.base + offset, 6)
        length, width = _unsigned(raw[1:])
        if raw[:1] > _LAST_SECTION:
            reading.damage("wasm-header", f"section {raw[0]} at {offset:#x}: expected 0 to {_LAST_SECTION[0]}")
            return
        offset += 1 + width + length
        if not width or offset > reading.size:
            reading.damage("wasm-truncated", f"a section reaches to {offset:#x}, the file to {reading.size:#x}")
            return
    reading.limit(f"more than {SECTION_LIMIT} sections")


def _unsigned(raw: bytes) -> tuple[int, int]:
    """Return a LEB128 number of at most 32 bits and its width, (0, 0) if it does not end."""
    value = 0
    for index, byte in enumerate(raw[:5]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, index + 1
    return 0, 0
