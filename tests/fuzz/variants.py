"""Sound wheels and sdists that are written in unusual ways, which every reader is to understand alike."""

from __future__ import annotations

import io
import stat
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.fuzz.made import Made
from tests.support import tars, zips
from tests.support.artifacts import File, a_wheel, an_sdist

if TYPE_CHECKING:
    from random import Random

_STEMS = (
    "a",
    "b",
    "module",
    "_private",
    "data-1",
    "x" * 90,
    "UPPER",
    "caf\u00e9",
    "\u65e5\u672c",
    "with space",
    "a.b.c",
    "v1_2",
)
_SUFFIXES = ("", ".py", ".txt", ".json", ".so.txt", ".tar")
_TIME = (0x5455, b"\1\0\0\0\0")  # an extra block, the modification time


def _files(words: Random) -> tuple[File, ...]:
    """Return a few files in a few folders, no two names alike in any case."""
    found: dict[str, File] = {}
    for _ in range(words.randrange(1, 12)):
        folders = [words.choice(("demo", "pkg", "sub", "deep")) for _ in range(words.choice((0, 1, 1, 2, 5)))]
        path = "/".join(["demo", *folders, words.choice(_STEMS) + words.choice(_SUFFIXES)])
        content = (
            words.randbytes(words.choice((0, 1, 100, 511, 512, 513, 4000))) if words.random() < 0.7 else b"x" * 9000
        )
        mode = stat.S_IFREG | words.choice((0o644, 0o644, 0o755, 0o600, 0o664, 0o775, 0o444))
        found[path.lower()] = File(path, content, mode)
    kept = {name: file for name, file in found.items() if not any(other.startswith(f"{name}/") for other in found)}
    return (File("demo/__init__.py", b"\n"), *(file for name, file in kept.items() if name != "demo/__init__.py"))


def a_written_wheel(words: Random) -> Made:
    """Return a sound wheel: members in some order, packed or stored, with times and folders."""
    recipe = a_wheel("py3-none-any", *_files(words))
    members = [zips.named(file.path, content=file.bytes, mode=file.mode) for file in recipe.all_files]
    body, tail = members[:-3], members[-3:]  # the metadata is last, as installers recommend
    words.shuffle(body)
    members = [_written(member, words) for member in (*body, *tail)]
    if words.random() < 0.2:
        members.insert(0, zips.named("demo/", content=b"", method=0, mode=stat.S_IFDIR | 0o755, dos=16))
    made = zips.Zip(tuple(members))
    return Made(recipe.file_name, made.build(), f"{len(members)} members")


def _written(member: zips.Member, words: Random) -> zips.Member:
    how = words.randrange(4)
    if how == 0:
        return replace(member, method=0)
    return replace(member, extra=zips.block(*_TIME)) if how == 1 else member


def a_written_sdist(words: Random) -> Made:
    """Return a sound sdist in one of the formats of tarfile, with pax headers, long names, links and folders."""
    recipe = an_sdist(*_files(words))
    top = recipe.file_name.removesuffix(".tar.gz")
    buffer = io.BytesIO()
    form = words.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT))
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        if words.random() < 0.4:
            folder = tarfile.TarInfo(top)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        for file in recipe.all_files:
            info = tarfile.TarInfo(file.path)
            info.size, info.mode = len(file.bytes), file.mode & 0o777
            info.mtime = words.choice((0, 1_700_000_000, 1_700_000_000.25))
            info.uname = words.choice(("", "root", "\u00fcser"))
            archive.addfile(info, io.BytesIO(file.bytes))
        if words.random() < 0.2:
            link = tarfile.TarInfo(f"{top}/demo/link")
            link.type, link.linkname = words.choice((tarfile.SYMTYPE, tarfile.LNKTYPE)), "__init__.py"
            link.linkname = "__init__.py" if link.type == tarfile.SYMTYPE else f"{top}/demo/__init__.py"
            archive.addfile(link)
    name = tars.gz(buffer.getvalue(), flags=8, extra=b"x.tar\0") if words.random() < 0.2 else tars.gz(buffer.getvalue())
    return Made(recipe.file_name, name, f"format {form}")
