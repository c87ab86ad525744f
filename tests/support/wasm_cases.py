"""Every way a WebAssembly module can be wrong."""

from __future__ import annotations

HEADER = b"\0asm\x01\0\0\0"

CASES: dict[str, tuple[bytes, str]] = {
    "magic only": (b"\0asm", "wasm-truncated"),
    "cut within the version": (HEADER[:7], "wasm-truncated"),
    "version 2": (b"\0asm\x02\0\0\0", "wasm-header"),
    "an unknown section": (HEADER + b"\x7f\x00", "wasm-header"),
    "the first unknown section": (HEADER + b"\x0e\x00", "wasm-header"),
    "a section past the end": (HEADER + b"\x00\x10abc", "wasm-truncated"),
    "a section without a size": (HEADER + b"\x00", "wasm-truncated"),
    "a size without an end": (HEADER + b"\x00\xff\xff\xff\xff\xff\x01", "wasm-truncated"),
}
