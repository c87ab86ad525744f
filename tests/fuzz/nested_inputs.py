"""Inputs of the sessions `nested`, archives in archives of an sdist, and `read-objects`, objects and static libraries.

Some inner archives hold a library. Where Python finds it, the sdist is bad for certain: the gate must find it, too, or
say that it has not looked.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from tests.fuzz.archive_inputs import a_tar, a_zip
from tests.fuzz.made import PER_INPUT, Made, Pieces, Read, a_word, noise
from tests.support import native
from tests.support.artifacts import File, an_sdist, tarred, zipped
from wheelcheck.facts import Sdist
from wheelcheck.facts.collect import collect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

_MOST_WALKED = 5  # archives in each other
_NAMES = (
    "vendor.zip",
    "vendor.tar.gz",
    "old-1.0-py3-none-any.whl",
    "vendor.tar",
    "data.bin",
    "x.egg",
)


_ELF = b"\x7fELF"
_LIKE_A_TAR = bytes(257) + b"ustar\0" + bytes(249)


def nested(words: Random, *, is_bad: bool) -> Made:
    """Return an sdist with changed archives inside, up to four deep, or (bad) with a library in one."""
    if is_bad:
        inner = zipped(File("demo/_x.cpython-311-x86_64-linux-gnu.so", native.library()))
        made = an_sdist(File("vendor.zip", inner))
        return Made(made.file_name, made.content, "a library inside", is_bad=True)
    inner, what = _planted(words) if words.random() < 0.5 else _changed(words)
    done = [what]
    for _ in range(words.choice((0, 0, 1, 2, 3))):
        inner, what = _wrapped(inner, words)
        done.append(what)
    made = an_sdist(File(f"part/{words.choice(_NAMES)}", inner))
    return Made(made.file_name, made.content, ", ".join(done), holds_library(inner))


def _planted(words: Random) -> tuple[bytes, str]:
    """Return an archive with a library in it, as it is or with some bytes changed."""
    pack = words.choice((zipped, tarred))
    inner = pack(File("demo/a.py", b"x = 1\n" * 200), File("demo/_x.so", native.library()), File("demo/z", b"z"))
    return noise(inner, words) if words.random() < 0.5 else (inner, "a library")


def _changed(words: Random) -> tuple[bytes, str]:
    make = words.choice((a_zip, a_tar))
    made = make(words, is_bad=words.random() < 0.1)
    return made.content, made.done


def holds_library(content: bytes, left: int = _MOST_WALKED) -> bool:
    """Return whether Python's readers get the whole library out of an archive, or out of one inside.

    An archive behind the first bytes of a native file is none for the gate, which names that file (WC601).
    """
    if content.startswith(_ELF) or not left:
        return content == native.library()
    return any(holds_library(inner, left - 1) for read in (_unzipped, _untarred) for inner in read(content))


def _unzipped(content: bytes) -> Iterator[bytes]:
    with suppress(Exception), zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            with suppress(Exception):  # the others may be whole
                yield archive.read(info)


def _untarred(content: bytes) -> Iterator[bytes]:
    with suppress(Exception), tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for info in archive:
            file = archive.extractfile(info) if info.isfile() else None
            if file:
                yield file.read()


def _wrapped(inner: bytes, words: Random) -> tuple[bytes, str]:
    """Put an archive into another one, which may be changed as well, or behind bytes of something else."""
    how = words.choice(("zip", "tar", "behind", "noise"))
    if how == "behind":
        beginning = words.choice((b"#!/bin/sh\n", _ELF + bytes(60), b"PK\3\4", bytes(257) + b"ustar\0" + bytes(249)))
        return beginning + inner, f"behind {beginning[:8]!r}"
    if how == "noise":
        return noise(inner, words)
    pack = zipped if how == "zip" else tarred
    return pack(File(f"inside/{words.choice(_NAMES)}", inner), File("inside/b", native.library()[:4000])), f"in a {how}"


def nests(words: Random, *, is_bad: bool) -> Pieces:
    """Return several of these for the lane of readers, or (bad) one whose inner archive is cut."""
    if is_bad:
        made = an_sdist(File("vendor.zip", zipped(File("a", bytes(range(256)) * 9))[:-9]))
        return Pieces((Made(made.file_name, made.content, "cut inside"),), ("cut inside",), is_bad=True)
    each = tuple(nested(words, is_bad=False) for _ in range(PER_INPUT // 4))
    return Pieces(each, tuple(made.done for made in each))


def read_nest(made: Made, folder: Path) -> Read:
    """Read an sdist and what is inside of its archives."""
    path = folder / made.file
    path.write_bytes(made.content)
    artifact = collect(path, hashed=False)
    is_faulty = bool(artifact.damage or (isinstance(artifact, Sdist) and artifact.unread))
    return Read(any("!" in member.path for member in artifact.members), is_faulty)


def objects(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed objects, static libraries and WebAssembly, or (bad) a module that ends early."""
    if is_bad:
        return Pieces((native.wasm_module()[:-3],), ("cut",), is_bad=True)
    changed = [_object(words) for _ in range(PER_INPUT)]
    return Pieces(tuple(content for content, _ in changed), tuple(done for _, done in changed))


def _object(words: Random) -> tuple[bytes, str]:
    content = bytearray(words.choice(_objects()))
    regions = ((0, 80), (0, 200), (8, 68), (0, len(content)))
    done = [a_word(content, regions, words, words.choice("<>")) for _ in range(words.choice((1, 1, 2, 4)))]
    if words.random() < 0.3:
        own, last = noise(bytes(content), words)
        return own, ", ".join([*done, last])
    return bytes(content), ", ".join(done)


@cache
def _objects() -> tuple[bytes, ...]:
    linux, windows = native.object_file(), native.object_file("x86_64-windows-gnu")
    pack = native.archive({"a.o": linux, "a_name_longer_than_sixteen.o": linux, "b.o": windows})
    thin = b"!<thin>\n" + pack[8:68]
    return linux, windows, pack, native.archive({"a.obj": windows}), thin, native.wasm_module()
