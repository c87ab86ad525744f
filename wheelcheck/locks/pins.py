"""What a lock file pins."""

from __future__ import annotations

from wheelcheck.records import dataclass


@dataclass(frozen=True, slots=True)
class Pin:
    """One release of one project.

    `files` are the file names that the lock lists, each with its SHA-256; empty where it lists none, and any file of
    the release counts whose digest is among `hashes`. `place` says where this stands, for messages.
    """

    project: str
    version: str
    place: str
    files: tuple[tuple[str, str], ...] = ()
    hashes: frozenset[str] = frozenset()
