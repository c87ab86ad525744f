"""What dyld does with the Mach-O files of a wheel: where it looks for libraries, and which of them it does not find.

Source: dyld(1), "DYNAMIC LIBRARY LOADING". The files are taken where an installer puts them (`facts.file_names`).
"""

from __future__ import annotations

import posixpath
from collections import deque
from functools import cached_property

from wheelcheck.facts import file_names
from wheelcheck.facts.interpreter import is_module
from wheelcheck.records import dataclass
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.binary.model import Slice

_COMPONENTS = 16  # of a path, that cost as much as looking for a name that has few
WALK_LIMIT = 200_000  # names that are looked for in a folder, in all
_LOADER, _EXECUTABLE, _RPATH = "@loader_path", "@executable_path", "@rpath"


def place_of(path: str) -> str:
    """Return where a member is installed, relative to the environment, in small letters: most Macs ignore case."""
    return file_names.place_of(path).lower()


def _joined(folder: str, rest: str) -> str:
    return file_names.joined(folder, rest).lower()


@dataclass(frozen=True, slots=True)
class Image:
    """A Mach-O file at its installed place."""

    path: str  # as in the archive
    place: str  # installed, relative to the environment
    code: Slice

    @property
    def is_started(self) -> bool:
        """Whether Python or the user loads it, and not another file of the wheel."""
        return self.code.kind == "executable" or is_module(self.path, self.code)


class _Folder(NamedTuple):
    """What a word at the beginning of a name stands for."""

    word: str
    place: str


_STARTED = _Folder("", "")  # no folder: files that hand it on are loaded by Python or a user, so what they load is, too


class Dyld:
    """The Mach-O files of a wheel for one CPU, as dyld sees them.

    The search paths of a file hold for all that it leads to, and so does the folder of a program.
    """

    def __init__(self, images: Iterable[Image], files: Iterable[str]) -> None:
        """Look for everything that `images` load by a relative path; `files` are the places of all members."""
        self.images = {image.place: image for image in images}
        self._files = frozenset(files)
        self._known: dict[str, set[_Folder]] = {place: set() for place in self.images}
        self._targets: dict[str, dict[str, None]] = {place: {} for place in self.images}
        self._open = {
            place: [name for name in each.code.needed if name[:1] != "/"] for place, each in self.images.items()
        }
        self._waiting: deque[tuple[str, set[_Folder]]] = deque()
        self._steps_left = WALK_LIMIT
        for place, image in self.images.items():
            self._waiting.append((place, set(_own(image))))
        while self._waiting and self._steps_left > 0:
            self._learn(*self._waiting.popleft())

    @property
    def is_exhausted(self) -> bool:
        """Whether there was too much to follow, so that `missed` is empty whatever dyld finds."""
        return self._steps_left <= 0

    @property
    def missed(self) -> Iterator[tuple[Image, str]]:
        """The images and the names for which dyld finds no file of the wheel; none if that is too much to follow."""
        for place, names in () if self.is_exhausted else self._open.items():
            yield from ((self.images[place], name) for name in names)

    @cached_property
    def loaded(self) -> frozenset[str]:
        """The places of the files that some image finds."""
        return frozenset(place for targets in self._targets.values() for place in targets)

    def is_started(self, image: Image) -> bool:
        """Return whether Python or a user loads an image, or a file that leads to it."""
        return _STARTED in self._known[image.place]

    def _learn(self, place: str, folders: set[_Folder]) -> None:
        """Look again for what an image has not found, and hand on to its libraries what they do not know."""
        new = folders - self._known[place]
        new |= set(_behind(self.images[place], new)) - self._known[place]
        if not new:
            return
        self._steps_left -= len(new) * (1 + sum(map(_weight, self._open[place])))
        if self._steps_left <= 0:
            return
        self._known[place] |= new
        for target in self._targets[place]:
            self._hand_on(target, new)
        left, ordered = [], sorted(new)
        for name in self._open[place]:
            if target := self._found(name, ordered):
                self._targets[place][target] = None
                self._hand_on(target, self._known[place])
            else:
                left.append(name)
        self._open[place] = left

    def _hand_on(self, target: str, folders: set[_Folder]) -> None:
        if target in self.images:
            self._waiting.append((target, {each for each in folders if each.word != _LOADER}))

    def _found(self, name: str, folders: list[_Folder]) -> str:
        """Return the file that a name leads to in these folders; empty if there is none."""
        word, _, rest = name.partition("/")
        if word not in (_LOADER, _EXECUTABLE, _RPATH):
            return ""
        places = (_joined(folder.place, rest) for folder in folders if folder.word == word)
        return next((place for place in places if place in self._files), "")


def _weight(name: str) -> int:
    """Return the steps that it takes to look for a name in one folder: a path is taken apart into its components."""
    return 1 + name.count("/") // _COMPONENTS


def _own(image: Image) -> Iterator[_Folder]:
    """Yield what an image knows by itself."""
    here = _Folder(_LOADER, posixpath.dirname(image.place))
    yield here
    yield from _behind(image, {here})
    if image.is_started:
        yield _STARTED
    if image.code.kind == "executable":
        yield _Folder(_EXECUTABLE, here.place)


def _behind(image: Image, folders: set[_Folder]) -> Iterator[_Folder]:
    """Yield the search paths of an image that begin with one of these words."""
    for entry in image.code.rpath:
        word, _, rest = entry.partition("/")
        yield from (_Folder(_RPATH, _joined(folder.place, rest)) for folder in folders if folder.word == word)
