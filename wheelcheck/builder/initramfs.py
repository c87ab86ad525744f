"""Writes an initramfs: the files that a Linux kernel starts with, as a cpio archive in the `newc` format.

The kernel takes several archives one after another, so that a large one can be kept and a small one added.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_END = "TRAILER!!!"
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or symbolic link: its absolute path, type and mode, and its bytes, file on disk or target."""

    path: PurePosixPath
    mode: int
    content: bytes | Path = b""
    modified: int = 0  # in seconds since 1970; compiled Python is used only if that of its source agrees


def write(archive: BinaryIO, entries: Iterable[Entry]) -> None:
    """Write one whole archive, padded so that another may follow."""
    size = sum(_write(archive, number, entry) for number, entry in enumerate(entries, 1))
    size += _write(archive, 0, Entry(PurePosixPath(_END), 0))
    archive.write(bytes(-size % _BLOCK))


def folders_of(path: PurePosixPath) -> Iterator[Entry]:
    """Yield the folders above a path, the highest first."""
    for folder in reversed(list(path.parents)[:-1]):
        yield Entry(folder, stat.S_IFDIR | 0o1777) if folder.name == "tmp" else folder_at(folder)


def tree(folder: Path, place: PurePosixPath, without: frozenset[str] = frozenset()) -> Iterator[Entry]:
    """Yield what a folder holds as it is to stand below `place`; paths in `without` are relative to the folder.

    Pipes, sockets and devices are left out.
    """
    for above, folders, files in os.walk(folder):
        folders[:] = [name for name in sorted(folders) if _relative(above, name, folder) not in without]
        names = [*folders, *(name for name in files if _relative(above, name, folder) not in without)]
        for name in sorted(names):
            found = _found(Path(above, name), place / _relative(above, name, folder))
            yield from [found] if found else []


def folder_at(path: PurePosixPath) -> Entry:
    """Return a folder that everybody may read."""
    return Entry(path, stat.S_IFDIR | 0o755)


def text_at(path: PurePosixPath, text: str, mode: int = 0o644) -> Entry:
    """Return a file with this text."""
    return Entry(path, stat.S_IFREG | mode, text.encode())


def link_at(path: PurePosixPath, target: str) -> Entry:
    """Return a symbolic link."""
    return Entry(path, stat.S_IFLNK | 0o777, target.encode())


def _relative(above: str, name: str, folder: Path) -> str:
    return Path(above, name).relative_to(folder).as_posix()


def _found(file: Path, path: PurePosixPath) -> Entry | None:
    about = file.lstat()
    mode, modified = about.st_mode, int(about.st_mtime)
    if stat.S_ISLNK(mode):
        return Entry(path, mode, os.fsencode(file.readlink()), modified)
    if stat.S_ISDIR(mode):
        return Entry(path, mode, b"", modified)
    return Entry(path, mode, file, modified) if stat.S_ISREG(mode) else None


def _write(archive: BinaryIO, number: int, entry: Entry) -> int:
    name = os.fsencode(str(entry.path).lstrip("/")) + b"\0"
    content = entry.content if isinstance(entry.content, bytes) else entry.content.read_bytes()
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, 0, 0, links, entry.modified, len(content), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    record = head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)
    return archive.write(record)
