"""What a member's name may be: a relative path that means the same on every system and differs from all others."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wheelcheck.archive.limits import Log
    from wheelcheck.source import EntryKind

LONGEST_COMPONENT = 255  # NAME_MAX of Linux, macOS and NTFS

# Names that do not match need no closer look; hardly any does.
_ODD = re.compile(
    r"[^ -~]|[\\:]|(?:^|/)\.{0,2}(?:/|$)|[. ](?:/|$)|(?:^|/)(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:[./]|$)",
    re.IGNORECASE,
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:|//|\\\\")


def _hides_syntax(path: str) -> bool:
    normal = unicodedata.normalize("NFKC", path)
    if any(normal.count(char) != path.count(char) for char in "/\\:"):
        return True
    return not {".", ".."}.isdisjoint(set(normal.split("/")) - set(path.split("/")))


_WHOLE: tuple[tuple[str, str, Callable[[str], object]], ...] = (
    ("name-empty", "an empty name, expected a path", lambda path: not path),
    ("name-drive", "a drive letter or UNC share, expected a relative path", _DRIVE.match),
    ("name-absolute", "an absolute path, expected a relative one", lambda path: path[:1] in ("/", "\\")),
    ("name-backslash", "a backslash, which Windows takes for a separator, expected '/'", lambda path: "\\" in path),
    ("name-control", "a control character, expected printable text", _CONTROL.search),
    ("name-bidi", "a character that reorders the text around it, expected plain text", _BIDI.search),
    ("name-compatibility", "characters that normalise to a separator or dots, expected plain ones", _hides_syntax),
)
_COMPONENT: tuple[tuple[str, str, Callable[[str], object]], ...] = (
    (
        "name-component",
        "an empty or '.' component, expected every component to name something",
        lambda c: c in ("", "."),
    ),
    ("name-parent", "a '..' component, expected a path that stays inside", lambda c: c == ".."),
    (
        "name-trailing",
        "a component ending in a dot or space, which Windows drops",
        lambda c: c[-1:] in (".", " ") and c not in (".", ".."),
    ),
    ("name-colon", "a colon, which names an alternate stream on Windows", lambda c: ":" in c),
    ("name-reserved", "a device name of Windows", _RESERVED.match),
)


def flaws(path: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, why) for everything wrong with a path, whose trailing slash has been removed."""
    longest = max(map(len, path.encode().split(b"/"))) if len(path) > LONGEST_COMPONENT // 4 else 0
    if longest > LONGEST_COMPONENT:
        yield "name-long", f"a component of {longest} bytes, expected at most {LONGEST_COMPONENT}"
    if path and not _ODD.search(path):
        return
    for kind, why, holds in _WHOLE:
        if holds(path):
            yield kind, why
    components = path.removeprefix("/").split("/") if path else []
    for kind, why, holds in _COMPONENT:
        if any(holds(component) for component in components):
            yield kind, why


def fold(path: str) -> str:
    """Return a key that is equal for two names which are the same on case-insensitive or normalising file systems."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


@dataclass(slots=True)
class NameTable:
    """Every name of one archive, to find the ones that collide; `format` prefixes the kind of plain duplicates."""

    log: Log
    format: str
    kinds: dict[str, EntryKind] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, kind: EntryKind) -> None:
        """Check a name, also for collisions with those before it."""
        for flaw, why in flaws(path):
            self.log.note(flaw, f"the name {path!r} has {why}", path)
        first = self._folded.setdefault(fold(path), path)
        if path in self.kinds:
            self.log.note(f"{self.format}-duplicate-name", f"{path!r} is there twice, expected every name once", path)
        elif first != path:
            self._note_collision(path, first)
        self.kinds.setdefault(path, kind)

    def _note_collision(self, path: str, first: str) -> None:
        kind = "name-case-collision" if path.lower() == first.lower() else "name-unicode-collision"
        self.log.note(kind, f"{path!r} and {first!r} are one file on some systems, expected distinct names", path)

    def finish(self) -> None:
        """Find members below a path that is not a directory."""
        files = {path for path, kind in self.kinds.items() if kind != "directory"}
        for path in self.kinds:
            for end in (match.start() for match in re.finditer("/", path)):
                if path[:end] in files:
                    why = f"{path[:end]!r} is a {self.kinds[path[:end]]} and yet has members below it"
                    self.log.note("name-below-file", f"{why}, expected a directory", path)
