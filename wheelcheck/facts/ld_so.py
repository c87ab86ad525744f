"""What ld.so and musl's loader do with the ELF files of a wheel: where they look for libraries, and which they find.

Sources: ld.so(8) and glibc's elf/dl-load.c (_dl_map_object); musl's ldso/dynlink.c (load_library). The files are taken
where an installer puts them (`facts.file_names`).
"""

from __future__ import annotations

import posixpath
from collections import defaultdict, deque
from functools import cached_property

from wheelcheck.facts.file_names import joined
from wheelcheck.platforms.loaders import from_origin
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from wheelcheck.binary.model import Slice

WALK_LIMIT = 100_000  # needs that are followed in all, from every file of a wheel; the largest of 182 has 2,000


@dataclass(frozen=True, slots=True)
class Loadable:
    """An ELF file at its installed place, and the search path that it brings along."""

    path: str  # as in the archive
    place: str  # installed, relative to the environment
    code: Slice

    @property
    def folder(self) -> str:
        """The folder that $ORIGIN means."""
        return posixpath.dirname(self.place)

    @property
    def names(self) -> tuple[str, ...]:
        """What it answers to, once it is loaded: its file name and its DT_SONAME."""
        return tuple(dict.fromkeys(name for name in (posixpath.basename(self.place), self.code.soname) if name))


@dataclass(frozen=True, slots=True)
class Found:
    """What becomes of a file's needs: the wheel's own files that are loaded, and what is not among them.

    `outside` names each library that is sought elsewhere, and the first file that needs it.
    """

    loaded: tuple[Loadable, ...]
    outside: Mapping[str, Loadable]
    whole: bool = True  # false if there were more files than are followed


class Loader:
    """The files of a wheel for one CPU and C library, as a loader sees them."""

    def __init__(self, files: Iterable[Loadable], *, is_musl: bool) -> None:
        self.files = tuple(files)
        self.is_musl = is_musl
        self._steps_left = WALK_LIMIT
        self._exported: dict[str, frozenset[bytes]] = {}
        self._folders: dict[str, Mapping[str, int]] = {}

    @property
    def is_exhausted(self) -> bool:
        """Whether there was too much to follow, so that libraries are missing from what was found."""
        return self._steps_left <= 0

    @cached_property
    def _holders(self) -> Mapping[str, Mapping[str, Loadable]]:
        """The files by the name that they have there, and their folder."""
        found: dict[str, dict[str, Loadable]] = defaultdict(dict)
        for file in self.files:
            folder, name = posixpath.split(file.place)
            found[name][folder] = file
        return found

    def _folders_of(self, file: Loadable) -> Mapping[str, int]:
        """Return the folders of a file's own search path, each with its place among them."""
        if file.place not in self._folders:
            entries = file.code.runpath or file.code.rpath
            self._folders[file.place] = {
                folder: at for at, folder in enumerate(dict.fromkeys(_expanded(file, entries)))
            }
        return self._folders[file.place]

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[Loadable]]:
        """The files that answer to a name, wherever they are."""
        found: dict[str, list[Loadable]] = defaultdict(list)
        for file in self.files:
            for name in file.names:
                found[name].append(file)
        return found

    def closure(self, root: Loadable) -> Found:
        """Follow DT_NEEDED from one file, in the loader's order: breadth first, a name that is loaded is not sought."""
        loaded: dict[str, Loadable] = {root.place: root}
        outside: dict[str, Loadable] = {}
        names = set(root.names)
        waiting: deque[tuple[Loadable, tuple[Loadable, ...]]] = deque([(root, ())])
        while waiting and self._steps_left > 0:
            file, above = waiting.popleft()
            self._steps_left -= 1 + len(file.code.needed)
            for needed in file.code.needed:
                if needed in names:
                    continue
                target = self.find(needed, file, above)
                if target is None:
                    outside[needed] = file
                elif target.place not in loaded:
                    loaded[target.place] = target
                    waiting.append((target, (file, *above)))
                    names.update(target.names)
                names.add(needed)
        return Found(tuple(loaded.values()), outside, whole=not waiting)

    def find(self, needed: str, file: Loadable, above: tuple[Loadable, ...] = ()) -> Loadable | None:
        """Return the file of the wheel that a DT_NEEDED of `file` leads to; None if none of its folders has it.

        `above` are the files that led to this one, the nearest first. Their DT_RPATH counts too, unless the file has a
        DT_RUNPATH (glibc); musl treats both alike and asks all of them.
        """
        holders = self._holders.get(needed, {})
        for each in self._searched(file, above) if holders else ():
            self._steps_left -= 1
            if found := _first(holders, self._folders_of(each)):
                return found
        return None

    def exported(self, file: Loadable) -> frozenset[bytes]:
        """Return the symbols that a file exports."""
        if file.place not in self._exported:
            self._exported[file.place] = frozenset(file.code.exports.joined.split(b"\0"))
        return self._exported[file.place]

    def holders(self, names: AbstractSet[str]) -> dict[str, Loadable]:
        """Return the last file that exports each of these symbols, wherever it is."""
        return {name: file for file in self.files for name in file.code.exports.among(names)}

    def _searched(self, file: Loadable, above: tuple[Loadable, ...]) -> Iterable[Loadable]:
        """Return the files whose search paths count, in their order."""
        if self.is_musl:
            return (file, *above)
        if file.code.runpath:
            return (file,)
        return (each for each in (file, *above) if not each.code.runpath)


def _first(holders: Mapping[str, Loadable], folders: Mapping[str, int]) -> Loadable | None:
    """Return the file in the first of the folders that has one; the shorter of both lists is gone through."""
    if len(folders) <= len(holders):
        return next((holders[folder] for folder in folders if folder in holders), None)
    folder = min(holders.keys() & folders.keys(), key=folders.__getitem__, default=None)
    return None if folder is None else holders[folder]


def _expanded(file: Loadable, entries: Iterable[str]) -> Iterator[str]:
    """Yield the folders of the environment that a search path names. Folders elsewhere hold nothing of the wheel."""
    for entry in entries:
        folder = from_origin(entry, file.folder)
        if folder is not None:
            place = joined("", folder)
            yield "" if place == "." else place
