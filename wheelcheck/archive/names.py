"""What a member's name may be: a relative path that means the same on every system and differs from all others."""

from __future__ import annotations

import re
import unicodedata

from wheelcheck.counting import counted
from wheelcheck.patterns import regex
from wheelcheck.platforms.paths import folders_of
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wheelcheck.archive.limits import Log
    from wheelcheck.source import EntryKind

LONGEST_COMPONENT = 255  # NAME_MAX of Linux, macOS and NTFS

# Names that do not match need no closer look; hardly any does.
_DEVICE = r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[1-9\u00b9\u00b2\u00b3])"
_ODD = regex(
    rf"[^ -~]|[\\:*?\"<>|]|(?:^|/)\.{{0,2}}(?:/|$)|[. ](?:/|$)|(?:^|/){_DEVICE}[ ./]|{_DEVICE}$", re.IGNORECASE
)
# Nearly all names are these, which is cheaper to see: letters and digits, with dots, slashes and the like between them.
_USUAL = regex(r"\.?[A-Za-z0-9_+-]+(?:(?:/\.?|\.)[A-Za-z0-9_+-]+)*")
_LIKE_A_DEVICE = regex(r"\b(?:con|prn|aux|nul|com|lpt)", re.IGNORECASE)
_CONTROL = regex("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BIDI = regex("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RESERVED = regex(rf"{_DEVICE} *(?:\.|$)", re.IGNORECASE)
_WILDCARD = regex(r'[*?"<>|]')
_DRIVE = regex(r"[A-Za-z]:|//|\\\\")
# Characters that draw nothing, though Unicode does not call them format characters: fillers, the grapheme joiner, Khmer
# vowels without a sound, variation selectors and the blank of Braille; and spaces at the end of a component.
_BLANK = regex(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
    "|[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000](?:/|$)"
)
_DRAWN = "[\u00a9\u00ae\u203c-\u32ff\U0001f000-\U0001faff#*0-9]"  # those that an emoji can begin with
_EMOJI = regex(f"(?<={_DRAWN})\ufe0f")  # is drawn in colour
_JOINED = regex(f"(?<={_DRAWN})\u200d(?={_DRAWN})")  # two are drawn as one, such as a family
_UNSEEN = frozenset({"Cf", "Cn", "Co", "Cs"})  # format characters, unassigned, private use, surrogates


def _hides(path: str) -> bool:
    """Return whether a name has a character that nobody sees or that has no meaning; _BIDI's are another flaw."""
    rest = _BIDI.sub("", _JOINED.sub("", _EMOJI.sub("", path)))
    return bool(_BLANK.search(rest)) or any(unicodedata.category(char) in _UNSEEN for char in rest)


def _joins(path: str) -> bool:
    return "\u200d" in path and bool(_JOINED.search(_EMOJI.sub("", path)))


def _hides_syntax(path: str) -> bool:
    normal = unicodedata.normalize("NFKC", path)
    if any(normal.count(char) != path.count(char) for char in "/\\:"):
        return True
    return not {".", ".."}.isdisjoint(set(normal.split("/")) - set(path.split("/")))


_WHOLE: tuple[tuple[str, str, Callable[[str], object]], ...] = (
    ("name-empty", "an empty name, expected a path", lambda path: not path),
    (
        "name-drive",
        "a drive letter or UNC share, expected a relative path",
        lambda path: _DRIVE.match(path) is not None,
    ),
    ("name-absolute", "an absolute path, expected a relative one", lambda path: path[:1] in ("/", "\\")),
    ("name-backslash", "a backslash, which Windows takes for a separator, expected '/'", lambda path: "\\" in path),
    ("name-control", "a control character, expected printable text", lambda path: _CONTROL.search(path) is not None),
    (
        "name-bidi",
        "a character that reorders the text around it, expected plain text",
        lambda path: _BIDI.search(path) is not None,
    ),
    ("name-invisible", "a character that nobody sees or that has no meaning, expected visible ones", _hides),
    ("name-joined", "an emoji joined of several, which uv refuses, expected one of a single character", _joins),
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
    ("name-reserved", "a device name of Windows", lambda c: _RESERVED.match(c) is not None),
    (
        "name-wildcard",
        'one of * ? " < > |, which no file on Windows can have',
        lambda c: _WILDCARD.search(c) is not None,
    ),
)


def flaws(path: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, why) for everything wrong with a path, whose trailing slash has been removed."""
    longest = max(map(len, path.encode().split(b"/"))) if len(path) > LONGEST_COMPONENT // 4 else 0
    if longest > LONGEST_COMPONENT:
        yield "name-long", f"a component of {counted(longest, 'byte')}, expected at most {LONGEST_COMPONENT}"
    if _USUAL.fullmatch(path) and not _LIKE_A_DEVICE.search(path):
        return
    if path and not _ODD.search(path):
        return
    for kind, why, holds in _WHOLE:
        if holds(path):
            yield kind, why
    components = path.removeprefix("/").split("/") if path else []
    for kind, why, holds in _COMPONENT:
        if any(holds(component) for component in components):
            yield kind, why


# What makes names odd that are joined, as _ODD does a single one: letters, places (here every name ends in a slash, and
# one stands before the first), and devices.
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b'\\:*?"<>|'))
_ODD_PLACES = ("//", "./", " /")
_DEVICES = regex(rf"/{_DEVICE}[ ./]")


def are_plain(paths: Sequence[str], lowered: str) -> bool:
    """Return whether no name is odd, as in nearly every archive; `lowered` are all in lower case, each on a line.

    If the answer is no, some may be.
    """
    if not lowered.isascii() or lowered.count("\n") != len(paths) - 1 or max(map(len, paths)) > LONGEST_COMPONENT:
        return False
    text = f"/{lowered}/".replace("\n", "/")
    if text.encode().translate(None, _PLAIN) or any(place in text for place in _ODD_PLACES):
        return False
    return not _DEVICES.search(text)


def is_device(component: str) -> bool:
    """Return whether Windows takes a name for a device, whatever its suffix."""
    return _RESERVED.match(component) is not None


def fold(path: str) -> str:
    """Return a key that is equal for two names which are the same on case-insensitive or normalising file systems."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


_MOST_FOLDERS = 50_000  # that are kept; beyond it the members are sorted instead


@dataclass(slots=True)
class NameTable:
    """Every name of one archive, to find the ones that collide; `format` prefixes the kind of plain duplicates."""

    log: Log
    format: str
    kinds: dict[str, EntryKind] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)

    def add_all(self, paths: Sequence[str], kinds: Sequence[EntryKind]) -> None:
        """Check all names of an archive as `add` does: at once where each is plain and all differ."""
        lowered = "\n".join(paths).lower()
        folded = lowered.split("\n")
        if paths and are_plain(paths, lowered) and len(set(folded)) == len(paths):
            self.kinds = dict(zip(paths, kinds, strict=True))
            self._folded = dict(zip(folded, paths, strict=True))
            return
        for path, kind in zip(paths, kinds, strict=True):
            self.add(path, kind)

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
        """Find members below a path that is not a directory, and folders that are one on some systems."""
        folders = folders_of(self.kinds, _MOST_FOLDERS)
        has_more = len(folders) > _MOST_FOLDERS
        if has_more or any(self.kinds.get(folder, "directory") != "directory" for folder in folders):
            self._find_members_below_files()
        if has_more or self._may_collide(folders):
            self._find_folders_that_collide()

    def _may_collide(self, folders: set[str]) -> bool:
        """Return whether two folders are one when folded, or a folder and a file."""
        folded = {fold(folder): folder for folder in folders}
        return len(folded) < len(folders) or any(self._folded.get(key, one) != one for key, one in folded.items())

    def _find_members_below_files(self) -> None:
        file = ""  # the last one in an order in which everything below it follows at once
        for path in sorted(self.kinds, key=_by_component):
            if file and path.startswith(f"{file}/"):
                why = f"{file!r} is a {self.kinds[file]} and yet has members below it"
                self.log.note("name-below-file", f"{why}, expected a directory", path)
            elif self.kinds[path] != "directory":
                file = path

    def _find_folders_that_collide(self) -> None:
        """Compare the folders of neighbours in the order of their folded names: equal ones stand side by side."""
        found: set[tuple[str, str]] = set()
        before: tuple[list[str], list[str]] = ([], [])
        for folded, path in sorted(self._folded.items(), key=lambda item: _by_component(item[0])):
            after = (folded.split("/"), path.split("/"))
            if pair := _colliding_folders(before, after):
                found.add(min(pair, pair[::-1]))
            before = after
        for first, second in sorted(found):
            if not {first, second} <= self.kinds.keys():  # otherwise they were found when they were added
                self._note_collision(second, first)


def _by_component(path: str) -> str:
    """Return a key that puts everything below a path right after it."""
    return path.replace("/", "\0")


def _colliding_folders(one: tuple[list[str], list[str]], other: tuple[list[str], list[str]]) -> tuple[str, str] | None:
    """Return the first folder that two paths have in common when folded, and not as written. Each is (folded, written).

    A file may collide with a folder as well; of the last components at least one is therefore a folder's.
    """
    for number, (folded, also, first, second) in enumerate(zip(one[0], other[0], one[1], other[1], strict=False), 1):
        if folded != also:
            return None
        if first != second:
            return "/".join(one[1][:number]), "/".join(other[1][:number])
    return None
