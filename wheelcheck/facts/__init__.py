"""Frozen values that rules judge: members, wheels, sdists, and the release that consists of them."""

from __future__ import annotations

from functools import cached_property

from wheelcheck.damage import ENDING
from wheelcheck.facts.dist_info import DistInfo
from wheelcheck.facts.file_names import installed_path
from wheelcheck.facts.headers import headers_of
from wheelcheck.facts.record import is_exact
from wheelcheck.platforms.hints import is_fixture, without_width
from wheelcheck.platforms.paths import folders_of, parts_of
from wheelcheck.platforms.tags import Platform, parse_platform
from wheelcheck.platforms.usual import canonicalize_name
from wheelcheck.records import dataclass, field, replace
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from wheelcheck.binary.model import Binary, Slice
    from wheelcheck.config import Expected
    from wheelcheck.damage import Damage
    from wheelcheck.facts.cargo import Crates
    from wheelcheck.facts.evidence import Statement
    from wheelcheck.facts.file_names import FileName
    from wheelcheck.facts.headers import Headers
    from wheelcheck.facts.python_imports import Needed
    from wheelcheck.facts.required import Required
    from wheelcheck.facts.source_files import Taken
    from wheelcheck.source import EntryKind


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive. `mode` is the whole st_mode, 0 if the archive records none; sizes are in bytes.

    `head` holds the first bytes (512 at most). `archive` is the container format if the content is itself an archive.
    A member of a nested archive has a path of the form `outer.zip!inner/file`.
    """

    path: str
    kind: EntryKind = "file"
    mode: int = 0o100644
    size: int = 0
    sha256: str = ""
    link: str = ""
    head: bytes = b""
    binary: Binary | None = None
    archive: str = ""

    @property
    def slices(self) -> tuple[Slice, ...]:
        """Its native code, one slice per CPU; empty for a file without native code."""
        return self.binary.slices if self.binary else ()

    @property
    def linked(self) -> bool:
        """True for code that an operating system loads (not objects, static libraries, split debug data)."""
        return self.binary is not None and self.binary.is_linked

    @property
    def pip_installs_executable(self) -> bool:
        """Whether pip sets the exec bits: only for a mode that says "regular file" and has any x bit."""
        return self.mode & 0o170000 == 0o100000 and bool(self.mode & 0o111)


@dataclass(frozen=True)
class Artifact:
    """What wheels and sdists have in common. `texts` holds the decoded metadata files that rules read."""

    file: str
    name: FileName
    members: tuple[Member, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    damage: tuple[Damage, ...] = ()
    size: int = 0
    sha256: str = ""

    @property
    def is_read_whole(self) -> bool:
        """False if a limit of wheelcheck ended the reading: the artifact may then have further members."""
        return not any(damage.cap for damage in self.damage)

    @property
    def is_listed_whole(self) -> bool:
        """False if a limit ended the walk over the members: nothing is known to be missing then."""
        return not any(damage.cap and damage.kind in ENDING for damage in self.damage)

    @property
    def is_opened(self) -> bool:
        """False if the container cannot be read at all: only its damage is known then."""
        return bool(self.members) or not self.damage

    @cached_property
    def natives(self) -> tuple[Member, ...]:
        """The members with native content of any format, found by content."""
        return tuple(member for member in self.members if member.binary)

    @cached_property
    def loaded(self) -> tuple[Member, ...]:
        """The members that an operating system loads, without test data: nearly every rule about code asks for them."""
        return tuple(member for member in self.natives if member.linked and not is_fixture(member.path))

    def exported(self, names: AbstractSet[str], machine: str = "") -> set[str]:
        """Return which of these symbols a native file exports, for one machine or for any, wherever the file is."""
        slices = (slice_ for member in self.natives if names for slice_ in member.slices)
        return {name for slice_ in slices if machine in ("", slice_.machine) for name in slice_.exports.among(names)}


@dataclass(frozen=True)
class Wheel(Artifact):
    """A wheel: its name, members and metadata.

    `digests` are hashes in hexadecimal digits, by path and algorithm: those that RECORD gives instead of sha256.
    `needed` are modules of its own that its packages and commands import and that are no Python files.
    """

    digests: Mapping[tuple[str, str], str] = field(default_factory=dict)
    needed: tuple[Needed, ...] = ()

    @cached_property
    def platforms(self) -> tuple[Platform, ...]:
        """The parsed platform tags of the compressed set."""
        return tuple(parse_platform(tag) for tag in self.name.platforms)

    def below_package(self, path: str) -> str:
        """Return what a path says of one file: without `NAME.data`, and without the folder that names the package.

        That is the first folder if it is named like the distribution, or every file is in it.
        """
        top, slash, rest = path.partition("/")
        if slash and top.endswith(".data"):
            return self.below_package(rest.partition("/")[2])
        ours = top == self._only_top or canonicalize_name(top.partition(".")[0]) == canonicalize_name(self.name.project)
        return rest if slash and ours else path

    @cached_property
    def _only_top(self) -> str:
        """The first folder of every file outside .dist-info and .data; empty if they have several."""
        tops = {member.path.partition("/")[0] for member in self.members}
        tops = {top for top in tops if not top.endswith((".dist-info", ".data"))}
        return tops.pop() if len(tops) == 1 else ""

    @cached_property
    def has_plain_files(self) -> bool:
        """Whether some file outside .dist-info has no exec bit, so that the bit of another one is meant."""
        files = (member for member in self.members if member.kind == "file" and ".dist-info/" not in member.path)
        return any(not member.mode & 0o111 for member in files)

    @cached_property
    def widths(self) -> Mapping[str, set[int]]:
        """The widths in bits of native code, by its path without the widths that this names."""
        found: dict[str, set[int]] = {}
        for member in self.natives:
            found.setdefault(without_width(member.path), set()).update(slice_.bits for slice_ in member.slices)
        return found

    @cached_property
    def served(self) -> dict[tuple[str, ...], tuple[tuple[Member, Slice, Platform], ...]]:
        """What `facts.fit.native_code` found, by the systems that it was asked for: most rules about code ask it."""
        return {}

    @cached_property
    def loads_for_all(self) -> bool:
        """Whether a package may load something whose symbols every later file finds (RTLD_GLOBAL)."""
        return any(word in text for text in self.texts.values() for word in ("RTLD_GLOBAL", "setdlopenflags"))

    @cached_property
    def folders(self) -> frozenset[str]:
        """The folders below site-packages that its files are installed into, and all above them."""
        installed = (parts_of(installed_path(member.path)) for member in self.members)
        return frozenset(folders_of(map("/".join, installed)))

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of its members."""
        return frozenset(member.path for member in self.members)

    @cached_property
    def _by_place(self) -> Mapping[str, str]:
        """The paths of members by where they are installed."""
        return {installed_path(member.path): member.path for member in self.members}

    def module_paths(self, base: str) -> tuple[str, ...]:
        """Return the members that hold the source of a module, whose name has slashes for dots."""
        places = (f"{base}.py", f"{base}/__init__.py")
        return tuple(self._by_place[place] for place in places if place in self._by_place)

    @cached_property
    def dist_info_folders(self) -> tuple[str, ...]:
        """The names at the top that end in .dist-info, in any case, sorted; a sound wheel has one, and it is a folder.

        pip takes a file of such a name for a folder, too.
        """
        tops = {member.path.partition("/")[0] for member in self.members}
        return tuple(sorted(top for top in tops if top.lower().endswith(".dist-info")))

    @cached_property
    def dist_info(self) -> DistInfo:
        """Its own .dist-info folder, parsed."""
        return DistInfo.among(self.dist_info_folders, self.texts, self.name)

    @cached_property
    def required(self) -> Required:
        """The distributions that it requires."""
        from wheelcheck.facts.required import Required  # noqa: PLC0415  # few rules ask

        return Required(map(str, self.dist_info.metadata.get_all("Requires-Dist", [])))

    @cached_property
    def has_exact_record(self) -> bool:
        """Whether RECORD is what the format prescribes for its members, so that nothing can be wrong with it."""
        info = self.dist_info
        members = [member for member in self.members if member.kind != "directory"]
        read = [member for member in members if member.kind == "file" and member.sha256]
        files = [(member.path, member.sha256, member.size) for member in read]
        return len(files) == len(members) and is_exact(info.texts.get("RECORD", ""), info.path("RECORD"), files)

    def forget(self) -> None:
        """Drop what only the rules about one wheel ask for; it is made again if somebody else does."""
        for name in ("widths", "served", "folders", "paths", "required", "_by_place"):
            self.__dict__.pop(name, None)
        if "dist_info" in self.__dict__:
            self.dist_info.forget()

    @property
    def is_any(self) -> bool:
        """Whether some tag promises every platform."""
        return any(platform.is_any for platform in self.platforms)


@dataclass(frozen=True)
class Sdist(Artifact):
    """A source distribution: its name, members and manifests.

    `taken` is what its sources take, by their paths; `is_taken_whole` is false if a limit ended the reading of sources.
    `unread` are the archives inside that have bytes nobody looked at, and why.
    """

    taken: Mapping[str, Taken] = field(default_factory=dict)
    is_taken_whole: bool = True
    unread: Mapping[str, Damage] = field(default_factory=dict)

    @cached_property
    def cargo(self) -> Crates:
        """Its Cargo manifests, parsed."""
        from wheelcheck.facts.cargo import Crates  # noqa: PLC0415  # what a wheel does not need

        return Crates.of(self.texts)

    @cached_property
    def top(self) -> str:
        """Its top folder; the first one if there are several."""
        return min((member.path.partition("/")[0] for member in self.members), default="")

    @cached_property
    def folders(self) -> frozenset[str]:
        """The folders that its members are in, and all above them."""
        return frozenset(folders_of(member.path for member in self.members))

    @cached_property
    def pkg_info(self) -> Headers:
        """The headers of the PKG-INFO in its top folder; none if it is missing."""
        return headers_of(self.texts.get(f"{self.top}/PKG-INFO", ""))

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """The pyproject.toml in its top folder; empty if it is missing or not TOML."""
        from wheelcheck.facts.toml import parse_toml  # noqa: PLC0415  # as above

        return parse_toml(self.texts.get(f"{self.top}/pyproject.toml", ""))

    @cached_property
    def _locked(self) -> dict[str, list[dict[str, Any]]]:
        return {}

    def locked(self, path: str) -> list[dict[str, Any]]:
        """Return the packages of a Cargo.lock, which is parsed once."""
        if path not in self._locked:
            from wheelcheck.facts.cargo_lock import packages  # noqa: PLC0415  # as above

            self._locked[path] = packages(self.texts[path])
        return self._locked[path]


@dataclass(frozen=True)
class Release:
    """The artifacts given together, and what the configuration expects of them."""

    wheels: tuple[Wheel, ...]
    sdists: tuple[Sdist, ...]
    expected: Expected
    other_files: tuple[str, ...] = ()  # files that are neither wheel nor sdist
    evidence: tuple[Statement, ...] | None = None  # what proved the files; None: nobody asked

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """All of them, in a stable order."""
        return (*self.wheels, *self.sdists)

    @property
    def is_listed_whole(self) -> bool:
        """Whether the members of every artifact are known."""
        return all(artifact.is_listed_whole for artifact in self.artifacts)

    def split(self) -> tuple[Release, ...]:
        """Return a release of one for every artifact; other files belong to none."""
        wheels = (replace(self, wheels=(wheel,), sdists=(), other_files=()) for wheel in self.wheels)
        sdists = (replace(self, wheels=(), sdists=(sdist,), other_files=()) for sdist in self.sdists)
        return (*wheels, *sdists)
