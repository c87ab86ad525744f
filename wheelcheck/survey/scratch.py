"""What a survey remembers of its files while it runs, in temporary SQLite databases, so that its memory does not grow.

SQLite removes such a database itself. It lies where SQLITE_TMPDIR or TMPDIR say, else in /var/tmp or /tmp.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from wheelcheck.inputs import UnreachableError, find_artifacts
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

_CACHE = -2048  # KiB of a database that stay in memory


class Sources:
    """The artifacts that paths stand for: in the order of the paths, those of a folder ordered by name.

    `tell` is called with each path that is of no use, and why.
    """

    def __init__(self, paths: Iterable[Path], tell: Callable[[str], None]) -> None:
        self._database = _temporary("files (name BLOB, id BLOB, path BLOB, place INTEGER, PRIMARY KEY (name, id))")
        self.number = self.size = self.unusable = 0
        self._tell = tell
        for place, path in enumerate(paths):
            self._add(path, place)

    def __iter__(self) -> Iterator[Path]:
        for (path,) in self._database.execute("SELECT path FROM files ORDER BY place, name, id"):
            yield Path(os.fsdecode(path))

    def _add(self, path: Path, place: int) -> None:
        """Add the artifacts that a path stands for; a file counts once under each of its names."""
        for file, why in find_artifacts(path):
            if why:
                self.unusable += 1
                self._tell(f"{file}: {why}")
                continue
            identity = hashlib.blake2b(os.fsencode(file.resolve()), digest_size=16).digest()
            row = (_bytes(file.name), identity, os.fsencode(file), place)
            if self._database.execute("INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?)", row).rowcount > 0:
                self.number += 1
                self.size += size_of(file)


class Known:
    """The verdicts on artifacts that a survey holds already by one rule set, by SHA-256 and name."""

    def __init__(self, rules: str) -> None:
        self.rules = rules
        self._database = _temporary("known (name BLOB, sha256 TEXT, verdict TEXT, PRIMARY KEY (name, sha256))")

    def add(self, sha256: str, name: str, verdict: str) -> None:
        """Remember an artifact."""
        self._database.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", (_bytes(name), sha256, verdict))

    def verdict(self, sha256: str, name: str) -> str | None:
        """Return the verdict on an artifact; None if it is not judged yet."""
        asked = "SELECT verdict FROM known WHERE name = ? AND sha256 = ?"
        found = self._database.execute(asked, (_bytes(name), sha256)).fetchone()
        return str(found[0]) if found else None

    def digests(self, name: str) -> tuple[str, ...]:
        """Return the SHA-256 of the artifacts of a name."""
        found = self._database.execute("SELECT sha256 FROM known WHERE name = ?", (_bytes(name),))
        return tuple(sha256 for (sha256,) in found)


def _temporary(table: str) -> sqlite3.Connection:
    """Return a new database with a table, which is gone when the process ends. Nothing is ever rolled back.

    Raises UnreachableError where Python has no SQLite.
    """
    try:
        import sqlite3  # noqa: PLC0415  # worker processes do without
    except ImportError as problem:
        raise UnreachableError("a survey needs sqlite3, and this Python was built without it: use another") from problem
    database = sqlite3.connect("", isolation_level=None)
    for line in (f"PRAGMA cache_size = {_CACHE}", "PRAGMA temp_store = FILE", "PRAGMA journal_mode = OFF"):
        database.execute(line)
    database.execute(f"CREATE TABLE {table} WITHOUT ROWID")
    database.execute("BEGIN")
    return database


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "backslashreplace")  # as the rows have it


def size_of(path: Path) -> int:
    """Return the bytes of a file; 0 if it is not there any more."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
