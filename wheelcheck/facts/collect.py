"""Turns bytes into facts: walks an artifact once, recognises native code by content, keeps metadata for the rules."""

from __future__ import annotations

import io
import re
from contextlib import closing, nullcontext
from functools import partial
from itertools import accumulate

from wheelcheck.archive import (
    END_REACH,
    container_format,
    is_end_record_in,
    rehash_zip,
    reread_zip,
    walk_zip,
)
from wheelcheck.archive.formats import HEAD
from wheelcheck.archive.inflate import Inflated
from wheelcheck.archive.limits import Budget
from wheelcheck.binary import may_be_native, read_binary, unread_binary
from wheelcheck.counting import counted
from wheelcheck.damage import KINDS, Damage
from wheelcheck.facts import Artifact, Member, Sdist, Wheel, costs
from wheelcheck.facts.dist_info import entry_points_among
from wheelcheck.facts.file_names import installed_path, is_package, parse_file_name
from wheelcheck.facts.record import OTHER_ALGORITHMS, parse_record
from wheelcheck.facts.repeats import Looked, Plain, Repeats, Shared, state_of
from wheelcheck.facts.text_limits import MODULE_CAP, MODULES_CAP, SOURCE_CAP, Allowance, LexemeBudget
from wheelcheck.inputs import open_regular
from wheelcheck.patterns import regex
from wheelcheck.platforms import hints
from wheelcheck.records import replace
from wheelcheck.source import as_file
from wheelcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wheelcheck.archive.zip import Located
    from wheelcheck.binary import Binary
    from wheelcheck.facts.python_imports import Needed
    from wheelcheck.facts.source_files import Taken
    from wheelcheck.source import Entry, Source

    Reader = Callable[[BinaryIO, Budget, list[Damage]], Iterator[tuple[Entry, Source]]]


KEPT_HEAD = 512
_LARGE = 2**16  # of one artifact alone, only members from this size on are worth looking for twice
NESTED_CAP = 64 * 2**20  # an archive inside an sdist that is opened in memory
NESTED_DEPTH = 3
NEEDS_CAP = 50_000  # of 150 released wheels pyarrow has most, 991
NAMES_CAP = 64 * 2**20  # bytes of names in native files; of 150 released wheels nodejs_bin has most, 4,500,000
# Damage of an archive inside an sdist after which some of its bytes were never looked at. Bytes before a zip that is
# otherwise whole, as in a self-extracting program or a zipapp, are none, and what nobody here opens is another finding.
# What a member is said to be (zip-kind-differs) hides nothing either: data of a folder is damage of its own.
_HIDING = frozenset(
    kind
    for kind, row in KINDS.items()
    if row.topic in ("structure", "content", "storage")
    and not row.legal
    and kind not in ("zip-prefix", "zip-kind-differs", "unsupported-archive")
)
_OTHER_HASH = regex(",(?:sha384|sha512)=", re.IGNORECASE)  # a quick look before RECORD is parsed
_MODULE = regex(r"=\s*([\w.]+)\s*:")  # of a script in entry_points.txt


class Walk:
    """The walk over one artifact, and what it collects."""

    def __init__(self, shared: Shared, *, is_wheel: bool, tags: int = 0) -> None:
        self.shared = shared
        self.tags = tags  # platforms of the file name
        self.is_wheel = is_wheel
        self.budget = Budget()
        self.members: list[Member] = []
        self.needs = 0  # of all native files
        self.name_bytes = 0  # likewise
        self.texts: dict[str, str] = {}
        self.taken: dict[str, Taken] = {}
        self.lexemes = LexemeBudget()
        self.allowance = Allowance(is_wheel=is_wheel)
        self.damage: list[Damage] = []
        self.unread: dict[str, Damage] = {}
        self.located: list[Located] = []

    def run(self, file: BinaryIO, reader: Reader, inside: str = "", depth: int = 0) -> None:
        """Walk `file`; `inside` is the prefix of paths for an archive within the artifact."""
        damage: list[Damage] = []
        for entry, source in reader(file, self.budget, damage):
            plain = self.shared.plain.get((entry.number, entry.path, entry.mode)) if self.is_wheel else None
            if plain and entry.kind == "file":
                self.members.append(plain.member)
                self.budget.spend(plain.steps)
            else:
                self._take(entry, source, damage, inside, depth)
        self.damage.extend(replace(one, path=inside + one.path) for one in damage if one.cap or not inside)
        if inside and (hiding := _hiding(file, damage, has_members=self.members[-1].path.startswith(inside))):
            self.unread[inside.removesuffix("!")] = hiding

    def _take(self, entry: Entry, source: Source, damage: list[Damage], inside: str, depth: int) -> None:
        """Note a member and what is in it, and look into it if it is an archive."""
        looked = self._look(entry, source, damage)
        if not (self.is_wheel or looked.archive or looked.binary) and _ends_like_a_zip(entry, source):
            looked = looked._replace(archive="zip")
        member = _member(entry, self.shared.path(inside + entry.path), looked)
        self.members.append(member)
        steps = costs.of_member(member, self.tags, may_be_native=may_be_native(looked.head))
        self.budget.spend(steps)
        if not inside and member.kind != "directory" and self.allowance.is_text(member.path):
            self._keep_text(member, source)
        elif self.is_wheel and member.path.endswith("/__init__.py"):
            self._keep_package(member, source)
        elif self.is_wheel and entry.number in self.shared.looked and not member.binary:
            self.shared.plain[entry.number, entry.path, entry.mode] = Plain(member, steps)
        if not inside and not self.is_wheel:
            self._look_at_source(member, source)
        # Test data is not judged, and what unpacks to gigabytes of zeros is most often just that.
        if member.archive and not self.is_wheel and not hints.is_specimen(member.path):
            self._descend(member, source, depth + 1)

    def _keep_package(self, member: Member, source: Source) -> None:
        """Keep the code of a package at the top of site-packages."""
        if is_package(member.path) and self.allowance.takes_package(member.size):
            content = source.read(0, member.size)
            self.budget.spend(costs.of_text(member.path, content))
            self.texts[member.path] = content.decode("utf-8", "replace")

    def _look(self, entry: Entry, source: Source, damage: list[Damage]) -> Looked:
        """Return what is in a member, from an earlier one with the same bytes if there is one."""
        if entry.kind != "file" or not entry.size:
            return Looked(b"", None, "")
        if looked := self.shared.looked.get(entry.number):
            return looked
        before, head = len(damage), source.read(0, HEAD)
        binary = self._binary(source) if may_be_native(head) else None
        binary = self.shared.binary(binary) if binary and entry.number else binary
        looked = Looked(head[:KEPT_HEAD], binary, container_format(head))
        if entry.number and len(damage) == before:  # else a limit ended the reading
            self.shared.learn(entry.number, looked)
        return looked

    def _binary(self, source: Source) -> Binary | None:
        """Read native code, and count what it needs: the reader of each file is bounded, and the rules are not."""
        if self.needs > NEEDS_CAP:
            why = f"the files before it need more than {NEEDS_CAP:,} libraries and versions, so it is not read"
            return unread_binary(source, Damage("", "needs-cap", why, cap=True))
        if self.name_bytes > NAMES_CAP:
            why = f"the symbols of the files before it have names of more than {NAMES_CAP:,} bytes, so it is not read"
            return unread_binary(source, Damage("", "names-cap", why, cap=True))
        binary = read_binary("", source)
        if binary:
            self.needs += sum(len(code.needed) + len(code.versions) for code in binary.slices)
            self.name_bytes += binary.name_bytes
        return binary

    def _look_at_source(self, member: Member, source: Source) -> None:
        """Note what a source in C, Cython or Rust takes from other files."""
        from wheelcheck.facts.source_files import SUFFIXES, taken  # noqa: PLC0415  # what a wheel does not need

        if member.path.endswith(SUFFIXES):
            before = self.lexemes.left  # of a longer one, such as SQLite's, what counts is at the beginning
            self.taken[member.path] = taken(member.path, source.read(0, min(member.size, SOURCE_CAP)), self.lexemes)
            self.budget.spend(costs.TEXT + before - self.lexemes.left)

    def _keep_text(self, member: Member, source: Source) -> None:
        why = self.allowance.refuse_size(member.path, member.size)
        content = b"" if why else source.read(0, member.size)
        if why := why or self.allowance.refuse_lines(member.path, content):
            self.damage.append(Damage(member.path, "text-cap", why, cap=True))
        elif self.budget.affords(costs.of_text(member.path, content), member.path, self.damage):
            self.texts[member.path] = content.decode("utf-8", "surrogateescape")

    def keep_modules_of_scripts(self, file: BinaryIO) -> None:
        """Keep the source of the modules that entry points name: only the end of the archive says which they are."""
        points = entry_points_among(self.texts)
        if not points:
            return
        names = {found[1] for found in _MODULE.finditer(points)}
        bases = {name.replace(".", "/") for name in names}
        wanted = {f"{base}{end}" for base in bases for end in (".py", "/__init__.py")}
        found = [m for m in self.members if installed_path(m.path) in wanted and m.size <= MODULE_CAP]
        found.sort(key=lambda member: member.size)
        sizes = accumulate(member.size for member in found)
        small = {member.path for member, used in zip(found, sizes, strict=True) if used <= MODULES_CAP}
        if small and not any(damage.path in ("", *small) for damage in self.damage):
            for path, content in reread_zip(file, self.located, small, MODULE_CAP).items():
                self.texts[path] = content.decode("utf-8", "surrogateescape")

    def needed_modules(self, file: BinaryIO) -> tuple[Needed, ...]:
        """Return which modules its packages and commands import that are no Python files; none if reading stopped."""
        if not any(map(is_package, self.texts)) or any(damage.cap or not damage.path for damage in self.damage):
            return ()
        from wheelcheck.facts.module_sources import ModuleSources  # noqa: PLC0415  # only for packages
        from wheelcheck.facts.runs import first_files, needed_modules  # noqa: PLC0415

        places = {installed_path(member.path): member for member in self.members}
        return needed_modules(first_files(self.texts, places), places, ModuleSources(self, file, places).read)

    def other_digests(self, file: BinaryIO) -> dict[tuple[str, str], str]:
        """Return the hashes that RECORD gives instead of sha256, made from the bytes; none where reading stopped."""
        records = (text for path, text in self.texts.items() if path.endswith(".dist-info/RECORD"))
        rows = [row for text in records if _OTHER_HASH.search(text) for row in parse_record(text)[0]]
        others = {row.path: row.algorithm for row in rows if row.algorithm in OTHER_ALGORITHMS}
        if not others or any(damage.cap for damage in self.damage):
            return {}
        if self.budget.affords(costs.HASHED * len(others), next(iter(others)), self.damage):
            return rehash_zip(file, self.located, others)
        return {}

    def _descend(self, member: Member, source: Source, depth: int) -> None:
        """Open an archive inside the sdist: maturin has put old wheels there. What is wrong with it is `unread`."""
        if depth > NESTED_DEPTH or member.size > NESTED_CAP:
            why = (
                f"an archive of {counted(member.size, 'byte')} at depth {depth}:"
                f" none above {NESTED_CAP} bytes or {NESTED_DEPTH} deep is opened"
            )
            self.damage.append(Damage(member.path, "nested-cap", why, cap=True))
            return
        self.budget.spend(costs.NESTED)
        # A zip in a zip is read back and forth, too dear to inflate again each time; what a tar holds is held anyway.
        from wheelcheck.archive import walk  # noqa: PLC0415  # as in _reader_for

        held = isinstance(source, Inflated)
        self.run(io.BytesIO(source.read(0, member.size)) if held else as_file(source), walk, f"{member.path}!", depth)


def _hiding(file: BinaryIO, damage: list[Damage], *, has_members: bool) -> Damage | None:
    """Return why some bytes of an archive inside an sdist were not looked at; None if all were, or it is no archive."""
    file.seek(0)
    head = file.read(HEAD)
    if not (has_members or container_format(head)):  # it only ended like a zip
        return None
    kinds = _HIDING | ({"zip-prefix"} if container_format(head) == "zip" else set())  # members that no directory lists
    return next((one for one in damage if one.kind in kinds), None)


def _ends_like_a_zip(entry: Entry, source: Source) -> bool:
    """Return whether a zip is at the end of a file that begins like something else: readers find it from there."""
    if entry.kind != "file" or not entry.size or entry.size > NESTED_CAP:
        return False
    return is_end_record_in(source.read(max(entry.size - END_REACH, 0), END_REACH))


def _member(entry: Entry, path: str, looked: Looked) -> Member:
    binary = looked.binary
    if binary and binary.damage:
        binary = replace(binary, damage=tuple(replace(damage, path=path) for damage in binary.damage))
    return Member(
        path=path,
        kind=entry.kind,
        mode=entry.mode,
        size=entry.size,
        sha256=entry.sha256,
        link=entry.link,
        head=looked.head,
        binary=binary,
        archive=looked.archive,
    )


def collect(
    path: Path,
    advance: Callable[[int], None] | None = None,
    shared: Shared | None = None,
    *,
    hashed: bool = True,
) -> Artifact:
    """Read one wheel or sdist into facts; `advance` is called with the number of bytes of each read.

    `shared` is what the artifacts of a release know of each other's members. The hash of the file takes a second pass
    over its bytes; it is empty unless `hashed`.

    Content is judged by rules, so bad content never raises. Raises OSError if the file itself cannot be read.
    """
    is_wheel = path.name.endswith(".whl")
    name = parse_file_name(path.name)
    gathered = Walk(shared or Shared(_LARGE), is_wheel=is_wheel, tags=len(name.platforms))
    digests: dict[tuple[str, str], str] = {}
    needed: tuple[Needed, ...] = ()
    with gathered.shared.turn or nullcontext(), open_counted(path, advance) as file:
        before = state_of(path, file)
        with closing(Repeats(gathered.shared, path, before)) as repeats:
            gathered.run(file, _reader_for(path.name, repeats, gathered.located))
            gathered.damage.extend(_changed_others(repeats))
        if is_wheel:
            gathered.keep_modules_of_scripts(file)
            needed = gathered.needed_modules(file)
            digests = gathered.other_digests(file)
        digest = _sha256(file) if hashed else ""
        after = state_of(path, file)
    if before != after:
        gathered.damage.append(Damage("", "changed", "the file changed while it was being read", cap=True))
    make = (
        partial(Wheel, digests=digests, needed=needed)
        if is_wheel
        else partial(Sdist, taken=gathered.taken, is_taken_whole=gathered.lexemes.left >= 0, unread=gathered.unread)
    )
    return make(
        file=path.name,
        name=name,
        members=tuple(gathered.members),
        texts=gathered.texts,
        damage=tuple(dict.fromkeys((*gathered.damage, *_binary_damage(gathered.members)))),
        size=after[0],
        sha256=digest,
    )


def open_counted(path: Path, advance: Callable[[int], None] | None) -> BinaryIO:
    """Open a regular file for reading; `advance` is called with the bytes of each read. Raises OSError."""
    raw = open_regular(path)
    if advance is None:
        return io.BufferedReader(raw)
    from wheelcheck.facts.progress import CountedFile  # noqa: PLC0415  # only a terminal asks

    return CountedFile(raw, advance)


def _changed_others(repeats: Repeats) -> Iterator[Damage]:
    for name in repeats.changed():
        why = f"{name} changed while members were compared with those that it has in common with this file"
        yield Damage("", "changed", why, cap=True)


def _reader_for(name: str, repeats: Repeats, located: list[Located]) -> Reader:
    """Return the reader for the container that the file's name promises: installers go by the name too."""
    if name.endswith((".whl", ".zip")):
        return partial(walk_zip, repeats=repeats, found=located)
    from wheelcheck.archive import walk, walk_tar_gz  # noqa: PLC0415  # a wheel is no tar

    return walk_tar_gz if name.endswith(".tar.gz") else walk


def _binary_damage(members: list[Member]) -> Iterator[Damage]:
    """Yield only the caps that a binary reader reached; rules judge its other damage through the member."""
    for member in members:
        if member.binary:
            yield from (damage for damage in member.binary.damage if damage.cap)


def _sha256(file: BinaryIO) -> str:
    import hashlib  # noqa: PLC0415  # slow to import: it loads OpenSSL

    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(2**20):
        digest.update(block)
    return digest.hexdigest()
