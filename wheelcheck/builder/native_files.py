"""Whether a native file is what is declared and what the target can load, before it is staged or packed.

The gate checks the finished wheel again; these checks fail where a broken file is made.
"""

from __future__ import annotations

import struct

from wheelcheck.binary import read_binary
from wheelcheck.builder.run import BuildError
from wheelcheck.counting import counted, dotted
from wheelcheck.source import Bytes
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.model import Binary, Kind, Slice
    from wheelcheck.builder.toolchain import Target

_SHF_EXECINSTR = 0x4
_REBUILD = "build it for this target with `wheelcheck build build`"


def require_native(subject: str, content: bytes, kind: Kind, target: Target) -> None:
    """Raise BuildError unless `content` is a complete ELF file of `kind` that `target` can load.

    An `object` is code for the kernel's virtual machine (EM_BPF), the same for every target.
    """
    slice_ = _whole(subject, content)
    if slice_.kind != kind:
        problem = f"it is a native {slice_.kind}, but declared as a native {kind}"
        raise BuildError(subject, problem, "fix its kind in the configuration")
    if kind == "object":
        _require_bpf(subject, slice_, content)
    else:
        _require_target(subject, slice_, target)


def require_loadable(subject: str, binary: Binary, target: Target) -> None:
    """Raise BuildError unless `target` can load a native file that a backend put into a wheel."""
    for slice_ in binary.slices:
        _require_target(subject, slice_, target)


def _whole(subject: str, content: bytes) -> Slice:
    binary = read_binary("", Bytes(content))
    if binary is None:
        raise BuildError(subject, f"not native code: {counted(len(content), 'byte')}", _REBUILD)
    if binary.damage or binary.format != "ELF" or len(binary.slices) != 1:
        damage = "; ".join(damage.why for damage in binary.damage) or f"a {binary.format} file"
        raise BuildError(subject, f"it is not a complete ELF file: {damage}", _REBUILD)
    return binary.slices[0]


def _require_bpf(subject: str, slice_: Slice, content: bytes) -> None:
    """Raise BuildError unless it is EM_BPF with code in it, little-endian as the CPUs that Python packages support."""
    if slice_.machine != "EM_BPF" or not slice_.little_endian:
        machine = f"{slice_.machine}, {'little' if slice_.little_endian else 'big'}-endian"
        raise BuildError(subject, f"it is code for {machine}, not for EM_BPF, little-endian", "compile it for bpfel")
    if not _holds_code(content):
        raise BuildError(subject, "the object contains no code", "check that its source defines a program")


def _holds_code(content: bytes) -> bool:
    """Return whether any section of a complete 64-bit little-endian ELF file is executable and not empty."""
    (start,), (size, count) = struct.unpack_from("<Q", content, 0x28), struct.unpack_from("<2H", content, 0x3A)
    headers = (struct.unpack_from("<IIQQQQ", content, start + at * size) for at in range(count))
    return any(flags & _SHF_EXECINSTR and length for _, _, flags, _, _, length in headers)


def _require_target(subject: str, slice_: Slice, target: Target) -> None:
    if target.arch.name not in slice_.arches or not slice_.abi_accepted:
        machine = "/".join(slice_.arches) or slice_.machine
        raise BuildError(subject, f"it is code for {machine}, not for {target.arch.name}", _REBUILD)
    need = slice_.glibc_need
    if need and need.glibc > target.floor:
        why = f"it needs glibc {dotted(need.glibc)}, above the floor {dotted(target.floor)}"
        raise BuildError(subject, why, _REBUILD)
