"""Inputs of the sessions `elf`, `macho` and `pe`: changed native files in an otherwise sound wheel."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING

from tests.fuzz.elf_anatomy import Anatomy
from tests.fuzz.elf_mutations import mutated
from tests.fuzz.elf_seeds import seeds
from tests.fuzz.made import Made, a_word, noise
from tests.support import native
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import LIBRARY
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    Changed = tuple[bytes, str]

_PER_WHEEL = 32
_MODULE = LIBRARY.rpartition("/")[2]
MAC, WINDOWS = "cp311-cp311-macosx_11_0_universal2", "cp311-cp311-win_amd64"


def elf(words: Random, *, is_bad: bool) -> Made:
    """Return a wheel for Linux with changed libraries and programs of any CPU, or (bad) with one for another CPU."""
    if is_bad:
        return _control(X86_64, native.library(words.choice(("aarch64", "riscv64", "s390x", "i686"))))
    return _wheel(*elf_files(words))


def elf_files(words: Random) -> tuple[str, list[Changed]]:
    """Return changed ELF files of one CPU, and the tags of a wheel for it."""
    if words.random() < 0.5:
        return X86_64, [mutated(words.choice(seeds()).anatomy, words) for _ in _several(words)]
    cpu, contents = words.choice(_of_every_cpu())
    platform = find(cpu).manylinux_tag((2, 17))
    return f"cp311-cp311-{platform}", [_elf(words.choice(contents), words) for _ in _several(words)]


def _elf(content: bytes, words: Random) -> Changed:
    if content[4:6] == b"\2\1" and words.random() < 0.7:
        return mutated(_anatomy(content), words)
    return _by_words(content, [(0, 64), (52, 700), (0, len(content))], words, "<" if content[5] == 1 else ">")


def macho(words: Random, *, is_bad: bool) -> Made:
    """Return a wheel for macOS with changed Mach-O files, thin or universal, or (bad) with a library for Linux."""
    if is_bad:
        return _control(MAC, native.library())
    return _wheel(*macho_files(words), name="libnative.dylib")


def macho_files(words: Random) -> tuple[str, list[Changed]]:
    """Return changed Mach-O files, and the tags of a wheel for macOS."""
    return MAC, [_macho(words) for _ in _several(words)]


def _macho(words: Random) -> Changed:
    content = words.choice(_for_macos())
    is_fat = content[:2] == b"\xca\xfe"
    inner = struct.unpack_from(">I", content, 16)[0] if is_fat else 0
    commands = struct.unpack_from("<I", content, inner + 20)[0]
    header = (inner, inner + 32 + commands)
    regions = [header, header, header, (0, 64), (inner + 32 + commands, len(content))]
    return _by_words(content, regions, words, ">" if is_fat and words.random() < 0.5 else "<")


def pe(words: Random, *, is_bad: bool) -> Made:
    """Return a wheel for Windows with changed PE files, or (bad) with a DLL for ARM."""
    if is_bad:
        return _control(WINDOWS, native.windows("aarch64", kind="library"), "native.dll")
    return _wheel(*pe_files(words), name="native.dll")


def pe_files(words: Random) -> tuple[str, list[Changed]]:
    """Return changed PE files, and the tags of a wheel for Windows."""
    return WINDOWS, [_pe(words) for _ in _several(words)]


def _pe(words: Random) -> Changed:
    content = words.choice(_for_windows())
    start = struct.unpack_from("<I", content, 0x3C)[0]
    header = (start, start + 24 + 240 + 40 * 8)
    return _by_words(content, [header, header, header, (0x3C, 0x40), (start, len(content))], words)


def _several(words: Random) -> range:
    return range(words.choice((1, *(_PER_WHEEL,) * 3)))


def _control(tags: str, content: bytes, name: str = _MODULE) -> Made:
    recipe = a_wheel(tags, File(f"demo/{name}", content, 0o100755))
    return Made(recipe.file_name, recipe.content, "for another system", is_bad=True)


def _wheel(tags: str, changed: Sequence[Changed], name: str = _MODULE) -> Made:
    files = [File(f"demo/of{number}/{name}", content, 0o100755) for number, (content, _) in enumerate(changed)]
    recipe = a_wheel(tags, *files)
    return Made(recipe.file_name, recipe.content, "; ".join(done for _, done in changed), changed=len(changed))


def _by_words(content: bytes, regions: Sequence[tuple[int, int]], words: Random, order: str = "<") -> Changed:
    changed = bytearray(content)
    done = [a_word(changed, regions, words, order) for _ in range(words.choice((1, 1, 2, 4)))]
    if words.random() < 0.1:
        content, last = noise(bytes(changed), words)
        return content, ", ".join([*done, last])
    return bytes(changed), ", ".join(done)


@cache
def _anatomy(content: bytes) -> Anatomy:
    return Anatomy(content)


@cache
def _of_every_cpu() -> tuple[tuple[str, tuple[bytes, ...]], ...]:
    made: Sequence[Callable[[str], bytes]] = (native.library, native.program)
    return tuple((row.name, tuple(make(row.name) for make in made)) for row in native.GLIBC_ROWS)


@cache
def _for_macos() -> tuple[bytes, ...]:
    thin = tuple(native.mac(cpu, kind=kind) for cpu in ("x86_64", "aarch64") for kind in ("library", "executable"))
    return (*thin, native.universal(thin[0], thin[2]), native.universal(thin[0], thin[2], wide=True))


@cache
def _for_windows() -> tuple[bytes, ...]:
    return tuple(native.windows(cpu, kind=kind) for cpu in ("x86_64", "i686") for kind in ("library", "executable"))
