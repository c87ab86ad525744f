"""An eBPF object that the package carries for others: code for the kernel's machine, the same bytes on every host.

It is data here, checked and handed over. Another one, `calls.bpf.o`, is loaded by `tracer` for the backend `ebpf`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

from reference.bundled import bundled

_EM_BPF, _ET_REL = 247, 1
# ELF header (after its 16 bytes of identity) and section header of a 64-bit little-endian file.
_HEADER, _SECTION = struct.Struct("<HHIQQQIHHHHHH"), struct.Struct("<IIQQQQIIQQ")
_IDENTITY = b"\x7fELF\x02\x01\x01"


@dataclass(frozen=True)
class BpfObject:
    """An eBPF object file: its bytes, and its sections by name."""

    content: bytes
    sections: dict[str, bytes]

    @property
    def programs(self) -> tuple[str, ...]:
        """The sections that hold a program, named for where it attaches."""
        return tuple(name for name in self.sections if name.startswith("tracepoint/"))

    @property
    def license(self) -> str:
        """The licence the kernel is told; helpers are refused to a program without a compatible one."""
        return self.sections.get("license", b"").rstrip(b"\0").decode()


@cache
def bpf_object() -> BpfObject:
    """Return the bundled object. Raises FileNotFoundError, and ValueError for a file that is not well-formed."""
    return parse(bundled("bpf/opens.bpf.o").read_bytes())


def parse(content: bytes) -> BpfObject:
    """Read an eBPF object. Raises ValueError for what is empty, cut, for another machine or of another byte order."""
    if content[:7] != _IDENTITY:
        raise ValueError(f"{len(content)} bytes beginning {content[:7]!r}: no 64-bit little-endian ELF file")
    try:
        kind, machine, *_, offset, _, _, _, _, size, count, names = _HEADER.unpack_from(content, 16)
        if (kind, machine, size) != (_ET_REL, _EM_BPF, _SECTION.size):
            raise ValueError(f"ELF type {kind}, machine {machine}, section headers of {size} bytes: no eBPF object")
        if offset + count * size > len(content):
            raise ValueError(f"{count} section headers end behind the file's {len(content)} bytes: it is cut short")
        headers = [_SECTION.unpack_from(content, offset + index * size) for index in range(count)]
        table = _content(content, headers[names])
    except (struct.error, IndexError) as problem:
        raise ValueError(f"the ELF file is cut short: {problem}") from problem
    return BpfObject(content, {_name(table, header[0]): _content(content, header) for header in headers[1:]})


def _content(content: bytes, header: tuple[int, ...]) -> bytes:
    offset, size = header[4:6]
    if offset + size > len(content):
        raise ValueError(f"a section ends at {offset + size} of {len(content)} bytes")
    return content[offset : offset + size]


def _name(table: bytes, at: int) -> str:
    return table[at : table.index(b"\0", at)].decode()
