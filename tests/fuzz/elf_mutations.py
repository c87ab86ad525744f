"""Changes of an ELF file, structure by structure; what each does to the file is for the judge to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz.elf_anatomy import AUX, Anatomy
from tests.support import elf_editing as elf
from wheelcheck.binary.elf_versions import elf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    Mutation = Callable[[Anatomy, bytearray, Random], str | None]  # what was changed, where the name does not say it

NOBITS, ALLOCATED, WEAK = 8, 2, 2
SEGMENT_TYPES = (0, 1, 2, 3, 4, 6, 7, 0x6474E550, 0x6474E551, 0x6474E552, 0x6474E553, 0x70000000)
TAGS = (
    *range(38),
    elf.VERSYM,
    elf.VERNEED,
    elf.VERNEEDNUM,
    elf.FLAGS_1,
    0x6FFFFEF5,
    0x6FFFFFF9,
    0x6FFFFFFC,
    0x7FFFFFFF,
)
VERSIONS = (b"GLIBC_2.2.5", b"GLIBC_2.14", b"GLIBC_2.17", b"GLIBC_2.28", b"GLIBC_2.34", b"GLIBC_2.99", b"GLIBC_PRIVATE",
            b"GLIBC_FOO", b"glibc_2.17", b"GLIBC_2.17.", b"")  # fmt: skip
LIBRARIES = (
    b"libc.so.6",
    b"libc.so.7",
    b"libm.so.6",
    b"libpthread.so.0",
    b"libc.so",
    b"./libc.so.6",
    b"libanswer.so",
    b"",
)
NAMES = (b"pthread_create", b"arc4random", b"stat", b"puts", b"printf", b"nowhere", b"PyNowhere_New", b"")


def mutated(anatomy: Anatomy, words: Random) -> tuple[bytes, str]:
    """Return a changed file and what was done: one to three changes, each of a structure that the file has."""
    content, done = bytearray(anatomy.content), []
    for _ in range(words.choice((1, 1, 1, 2, 3))):
        mutation = words.choice(MUTATIONS)
        detail = mutation(anatomy, content, words)
        done.append(f"{mutation.__name__} {detail or ''}".strip())
    return bytes(content), ", ".join(done)


def a_field(anatomy: Anatomy, content: bytearray, words: Random) -> str:
    """Give any field of any structure a value at a bound, beside its own, or of a like field."""
    fields = anatomy.fields[words.choice(sorted(anatomy.fields))]
    field = words.choice(fields)
    own = _get(content, field.at, field.size)
    like = words.choice([each for each in fields if each.name == field.name])
    most = (1 << 8 * field.size) - 1
    near = (own + words.choice((-4096, -8, -1, 1, 8, 4096))) & most
    others = (0, 1, 2, most, most >> 1, own ^ 1 << words.randrange(8 * field.size), near, own * 2 & most, own // 2)
    value = words.choice((*others, _get(content, like.at, like.size)))
    _put(content, field.at, field.size, value)
    return f"{field.group}.{field.name}@{field.at:#x}: {own:#x} -> {value:#x}"


def a_segment_type(anatomy: Anatomy, content: bytearray, words: Random) -> str:
    """Give a program header another type."""
    at, kind = words.choice(anatomy.segments), words.choice(SEGMENT_TYPES)
    own = _get(content, at, 4)
    _put(content, at, 4, kind)
    return f"{own:#x} -> {kind:#x}"


def the_order_of_segments(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Swap two program headers, or put one in the other's place."""
    _swap(content, anatomy.segments, 56, words)


def a_tag(anatomy: Anatomy, content: bytearray, words: Random) -> str:
    """Give a dynamic entry another tag: the one it had is gone."""
    if not anatomy.entries:
        return "none"
    at, tag = words.choice(anatomy.entries), words.choice(TAGS)
    own = _get(content, at, 8)
    _put(content, at, 8, tag)
    return f"{own:#x} -> {tag:#x}"


def the_order_of_tags(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Swap two dynamic entries, DT_NULL included, or let one overwrite the other."""
    _swap(content, anatomy.entries, 16, words)


def no_versions(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Take version tables away, all or some: symbols are then bound by name alone."""
    kept = words.choice(((), (), (elf.VERSYM,), (elf.VERNEED, elf.VERNEEDNUM), (elf.VERNEEDNUM,)))
    for at in anatomy.entries:
        if _get(content, at, 8) in {elf.VERSYM, elf.VERNEED, elf.VERNEEDNUM} - set(kept):
            _put(content, at, 8, 0x6FFFFEF0)  # a number in the range for the system, which no loader reads


def a_version(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Rename a needed version, in its own bytes; the hash follows or not."""
    auxiliaries = [at for at, is_version in anatomy.needs() if is_version]
    if auxiliaries:
        at = words.choice(auxiliaries)
        name = _rename(anatomy, content, _get(content, at + 8, 4), VERSIONS, words)
        if name is not None and words.random() < 0.8:
            _put(content, at, 4, elf_hash(name))


def weak_versions(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Mark one needed version, or all of them, as weak."""
    auxiliaries = [at for at, is_version in anatomy.needs() if is_version]
    chosen = auxiliaries if words.random() < 0.5 else auxiliaries[: words.randrange(len(auxiliaries) + 1)]
    for at in chosen:
        _put(content, at + AUX[1][1], 2, words.choice((WEAK, WEAK, 1, 3)))


def a_needed_library(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Rename a library that DT_NEEDED or a version need names."""
    offsets = [value for tag, value in elf.entries(anatomy.content) if tag == elf.NEEDED] if anatomy.entries else []
    if offsets:
        _rename(anatomy, content, words.choice(offsets), LIBRARIES, words)


def a_symbol_name(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Rename a symbol in its own bytes."""
    if anatomy.symbols:
        offset = _get(anatomy.content, words.choice(anatomy.symbols), 4)
        _rename(anatomy, content, offset, NAMES, words)


def a_binding(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Change the binding or the visibility of one symbol, or of all that are undefined."""
    undefined = [at for at in anatomy.symbols if not _get(anatomy.content, at + 6, 2)]
    bind = words.choice((0, 1, 2, 10, 12))
    chosen: Sequence[int] = [words.choice(anatomy.symbols)] if anatomy.symbols else []
    for at in undefined if words.random() < 0.4 else chosen:
        content[at + 4] = bind << 4 | content[at + 4] & 15
        content[at + 5] = words.choice((0, 0, 0, 1, 2, 3))


def absent_sections(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Declare that sections have no bytes in the file, as split debug data does: all that are mapped, or one."""
    mapped = [at for at in anatomy.sections if _get(content, at + 8, 8) & ALLOCATED]
    for at in mapped if words.random() < 0.7 else mapped[:1]:
        _put(content, at + 4, 4, NOBITS)


def no_sections(_: Anatomy, content: bytearray, words: Random) -> None:
    """Say that there is no section header table, wholly or in part."""
    for at, size in ((40, 8), (60, 2), (62, 2)):
        if words.random() < 0.7:
            _put(content, at, size, 0)


def the_end(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Cut the file or add to it: section headers, which no loader reads, are last."""
    size = words.choice((1, 64, len(anatomy.sections) * 64, len(content) // 2))
    if words.random() < 0.5:
        del content[max(64, len(content) - size) :]
    else:
        content += bytes(size)


def the_interpreter(anatomy: Anatomy, content: bytearray, words: Random) -> None:
    """Name another interpreter, of at most the same length."""
    for at in anatomy.segments:
        if _get(anatomy.content, at, 4) == elf.INTERP:
            place, size = _get(anatomy.content, at + 8, 8), _get(anatomy.content, at + 32, 8)
            paths = (b"/lib/ld-musl-x86_64.so.1", b"/lib64/ld-linux.so.2", b"ld.so", b"/lib64/nowhere", b"", b"/lib64/")
            content[place : place + size] = words.choice(paths)[: size - 1].ljust(size, words.choice((b"\0", b"x")))


MUTATIONS: tuple[Mutation, ...] = (
    *(a_field,) * 6, a_segment_type, the_order_of_segments, a_tag, the_order_of_tags, no_versions, a_version,
    weak_versions, a_needed_library, a_symbol_name, a_binding, absent_sections, no_sections, the_end, the_interpreter,
)  # fmt: skip


def _get(content: bytes | bytearray, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], "little")


def _put(content: bytearray, at: int, size: int, value: int) -> None:
    """Write a number where the file still has room for it: an earlier change may have cut the file."""
    if at + size <= len(content):
        content[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")


def _swap(content: bytearray, places: Sequence[int], size: int, words: Random) -> None:
    if len(places) > 1:
        first, second = words.sample(places, 2)
        one, other = bytes(content[first : first + size]), bytes(content[second : second + size])
        content[first : first + len(other)] = other
        if words.random() < 0.7:
            content[second : second + len(one)] = one


def _rename(anatomy: Anatomy, content: bytearray, offset: int, names: Sequence[bytes], words: Random) -> bytes | None:
    """Write one of these names that fits over a string of the dynamic string table, and return it."""
    own = anatomy.string(offset)
    fitting = [name for name in names if len(name) <= len(own) and name != own]
    if not fitting:
        return None
    name, start = words.choice(fitting), anatomy.strings[0] + offset
    content[start : start + len(own)] = name.ljust(len(own), b"\0")
    return name
