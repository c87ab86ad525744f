"""Finds where two builds of the same sources first differ: the artifact, the member, the offset.

The first member that differs points to the cause; the hashes of two archives do not.
"""

from __future__ import annotations

import tarfile
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple
from zipfile import ZipFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONTEXT = 16  # bytes shown, beginning with the first that differs


class Entry(NamedTuple):
    """A member of an archive: its name, its metadata as text, and its bytes."""

    name: str
    about: str
    content: bytes


def first_between_folders(one: Path, other: Path) -> str:
    """Return the first difference between the artifacts of two folders; empty if all bytes are the same."""
    names = [{file.name for file in folder.iterdir()} for folder in (one, other)]
    if names[0] != names[1]:
        return f"only one build has {', '.join(sorted(names[0] ^ names[1]))}"
    different = (first_between(one / name, other / name) for name in sorted(names[0]))
    return next(filter(None, different), "")


def first_between(one: Path, other: Path) -> str:
    """Return the first difference between two archives; empty if their bytes are the same."""
    contents = one.read_bytes(), other.read_bytes()
    if contents[0] == contents[1]:
        return ""
    members = zip_longest(_entries(one), _entries(other))
    inside = next(filter(None, (_between_entries(*pair) for pair in members)), "")
    where = inside or f"every member is the same, the archive differs at {_offset(*contents)}"
    return f"{one.name}: {where}"


def _between_entries(one: Entry | None, other: Entry | None) -> str:
    if one is None or other is None or one.name != other.name:
        return f"the first build has {one.name if one else 'no member'}, the second {other.name if other else 'none'}"
    if one.content != other.content:
        return f"{one.name}: differs at {_offset(one.content, other.content)}"
    return "" if one.about == other.about else f"{one.name}: first {one.about}, then {other.about}"


def _offset(one: bytes, other: bytes) -> str:
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if at is None:
        return f"offset {min(len(one), len(other))}, where one of them ends"
    return f"offset {at}: first {one[at : at + _CONTEXT]!r}, then {other[at : at + _CONTEXT]!r}"


def _entries(path: Path) -> Iterator[Entry]:
    if path.name.endswith(".whl"):
        with ZipFile(path) as archive:
            for info in archive.infolist():
                about = f"mode {info.external_attr >> 16:o}, date {info.date_time}"
                yield Entry(info.filename, about, archive.read(info))
    elif path.name.endswith(".tar.gz"):
        with tarfile.open(path) as packed:
            for member in packed:
                about = f"mode {member.mode:o}, date {member.mtime}, owner {member.uid} {member.uname!r}"
                content = packed.extractfile(member)
                yield Entry(member.name, about, content.read() if content else b"")
