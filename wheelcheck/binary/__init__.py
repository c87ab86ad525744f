"""Readers of native code in every format, recognised by content and never by name, read as its loader reads it."""

from __future__ import annotations

from importlib import import_module

from wheelcheck.binary.model import Binary, Format, Kind, Slice, System, VersionNeed
from wheelcheck.binary.reader import Blocks, BudgetExceededError, Reading
from wheelcheck.platforms import magic
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wheelcheck.damage import Damage
    from wheelcheck.source import Source

__all__ = [
    "HEAD_SIZE",
    "Binary",
    "Format",
    "Kind",
    "Slice",
    "System",
    "VersionNeed",
    "may_be_native",
    "read_binary",
    "recognise",
    "unread_binary",
]

HEAD_SIZE = 4096  # bytes that `recognise` wants, or the whole file if that is shorter

_FIRST_BYTES = frozenset(beginning[:2] for beginning in magic.BEGINNINGS)
# The module that reads a format, which begins the kinds of its damage, and its function. Most wheels have one format.
_READERS: dict[Format, tuple[str, str, str]] = {
    "ELF": ("elf", "elf", "read_elf"),
    "Mach-O": ("macho", "macho_fat", "read_macho"),
    "PE": ("pe", "pe", "read_pe"),
    "COFF": ("coff", "objects", "read_coff"),
    "ar": ("ar", "objects", "read_ar"),
    "wasm": ("wasm", "objects", "read_wasm"),
}


def may_be_native(head: bytes) -> bool:
    """Return whether the first two bytes are those of some format; a quick look, hardly any file's are."""
    return head[:2] in _FIRST_BYTES


def recognise(head: bytes, size: int) -> Format | None:
    """Return the format of a file of `size` bytes, None if it is not native.

    `head` is the first HEAD_SIZE bytes. cafebabe is a Java class unless it is Mach-O; MZ is PE only with its
    signature (or a truncated Windows stub); a stub of only a few bytes of the ELF magic is ELF, and then damaged.
    """
    if head.startswith(magic.ELF) or (2 <= size == len(head) < 4 and magic.ELF.startswith(head)):
        return "ELF"
    if head[:4] in magic.MACHO or (head[:4] in magic.FAT and not _module("macho_fat").is_java_class(head)):
        return "Mach-O"
    if head[:8] in (magic.AR, magic.THIN_AR):
        return "ar"
    if head.startswith(magic.WASM):
        return "wasm"
    if _module("pe").is_pe(head, size):
        return "PE"
    return "COFF" if _module("objects").object_machine(head, size) else None


def _module(name: str) -> Any:  # noqa: ANN401  # a module
    return import_module(f"wheelcheck.binary.{name}")


def unread_binary(source: Source, why: Damage) -> Binary | None:
    """Return what is known of native code without reading it: its format, and why it is not read."""
    format_ = recognise(source.read(0, HEAD_SIZE), source.size)
    return Binary(format_, (), (why,)) if format_ else None


def read_binary(path: str, source: Source) -> Binary | None:
    """Return what a loader would see in these bytes, None if they are not native code.

    Never raises on bad content: what is wrong is in `Binary.damage` (kinds: BINARY_KINDS of wheelcheck.damage). A
    Binary has no slices if its header cannot be read.
    """
    head = source.read(0, HEAD_SIZE)
    format_ = recognise(head, source.size) if may_be_native(head) else None
    if format_ is None:
        return None
    blocks = Blocks(source)
    blocks.spent += len(head)
    prefix, module, reader = _READERS[format_]
    reading = Reading(path, prefix, blocks)
    try:
        slices: tuple[Slice, ...] | None = getattr(_module(module), reader)(reading)
    except BudgetExceededError as problem:
        reading.limit(str(problem))
        slices = ()
    if slices is None:
        return None
    return Binary(format_, slices, tuple(reading.found), blocks.rows, blocks.name_bytes)
