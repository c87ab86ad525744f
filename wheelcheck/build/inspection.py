"""Judge one native file before it goes any further: it must be what it is declared to be, for this CPU, at this floor.

The gate judges again, from the finished wheel; here the bench refuses to stage what could only fail there.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from wheelcheck.archive.source import Bytes
from wheelcheck.binary import read_binary
from wheelcheck.build.failure import BenchError

if TYPE_CHECKING:
    from wheelcheck.arch import Glibc
    from wheelcheck.binary.model import Binary, Kind, Slice
    from wheelcheck.build.targets import Target

_GLIBC = re.compile(r"GLIBC_(\d+)\.(\d+)")
_SHF_EXECINSTR = 0x4
_REBUILD = "build it for this target: python -m wheelcheck.build build"


def require_native(subject: str, content: bytes, kind: Kind, target: Target) -> None:
    """Raise BenchError unless `content` is a whole ELF file of `kind` that `target` can load.

    An `object` is code for the kernel's own machine (EM_BPF), the same for every target.
    """
    piece = _whole(subject, content)
    if piece.kind != kind:
        raise BenchError(subject, f"a native {piece.kind}", f"a native {kind}", "mend its kind in the configuration")
    if kind == "object":
        _require_bpf(subject, piece, content)
    else:
        _require_target(subject, piece, target)


def require_loadable(subject: str, binary: Binary, target: Target) -> None:
    """Raise BenchError unless a native file that a backend put into a wheel can be loaded on `target`."""
    for piece in binary.slices:
        _require_target(subject, piece, target)


def glibc_need(piece: Slice) -> Glibc:
    """Return the newest glibc a file's version needs name, (0, 0) where it needs none.

    A word that is no number (GLIBC_ABI_DT_RELR) came with a glibc newer than any floor a project writes.
    """
    needs: set[Glibc] = {(0, 0)}
    for need in piece.versions:
        if need.version.startswith("GLIBC_") and not need.weak:
            number = _GLIBC.match(need.version)
            needs.add((int(number[1]), int(number[2])) if number else (2, 99))
    return max(needs)


def _whole(subject: str, content: bytes) -> Slice:
    binary = read_binary("", Bytes(content))
    if binary is None:
        raise BenchError(subject, f"{len(content)} bytes that are no native code", "an ELF file", _REBUILD)
    if binary.damage or binary.format != "ELF" or len(binary.slices) != 1:
        found = "; ".join(damage.why for damage in binary.damage) or f"a {binary.format} file"
        raise BenchError(subject, found, "a whole ELF file", _REBUILD)
    return binary.slices[0]


def _require_bpf(subject: str, piece: Slice, content: bytes) -> None:
    """Every CPU of the table that has BPF in its kernel and a wheel tag that Python packages use is little-endian."""
    if piece.machine != "EM_BPF" or not piece.little_endian:
        found = f"{piece.machine}, {'little' if piece.little_endian else 'big'}-endian"
        raise BenchError(subject, found, "EM_BPF, little-endian", "compile it for bpfel")
    if not _holds_code(content):
        raise BenchError(subject, "an object without code", "at least one program", "look at what its source defines")


def _holds_code(content: bytes) -> bool:
    """Tell whether any section of a whole 64-bit little-endian ELF file is executable and not empty."""
    (start,), (size, count) = struct.unpack_from("<Q", content, 0x28), struct.unpack_from("<2H", content, 0x3A)
    headers = (struct.unpack_from("<IIQQQQ", content, start + at * size) for at in range(count))
    return any(flags & _SHF_EXECINSTR and length for _, _, flags, _, _, length in headers)


def _require_target(subject: str, piece: Slice, target: Target) -> None:
    if target.arch.name not in piece.arches or not piece.abi_accepted:
        raise BenchError(subject, f"code for {'/'.join(piece.arches) or piece.machine}", target.arch.name, _REBUILD)
    need = glibc_need(piece)
    if need > target.floor:
        expected = f"at most the floor {target.floor[0]}.{target.floor[1]}"
        raise BenchError(subject, f"a need of glibc {need[0]}.{need[1]}", expected, _REBUILD)
