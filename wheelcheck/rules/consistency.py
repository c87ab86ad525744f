"""WC71x: the artifacts of a release agree with each other."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain

from wheelcheck.facts import Release
from wheelcheck.facts.dist_info import metadata_version
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.facts.fit import fit, is_declared, native_slices
from wheelcheck.facts.requirements import canonical
from wheelcheck.patterns import regex
from wheelcheck.platforms import hints
from wheelcheck.platforms.suffixes import without_interpreter
from wheelcheck.records import replace
from wheelcheck.rules import Hit, rule
from wheelcheck.rules.linux import every_needed_library_is_promised_or_in_the_wheel as NEEDED  # noqa: N812  # a rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.facts import Artifact, Member, Wheel
    from wheelcheck.facts.headers import Headers

_GRAFTED = regex(r"(?:^|/)[^/]+\.libs/|(?:^|/)\.dylibs/")
_FIELDS = ("Requires-Python", "Requires-Dist", "License-Expression")


def _families(release: Release) -> Iterator[dict[str, list[Wheel]]]:
    """Yield groups of wheels that differ only in the CPU, by CPU: one interpreter, ABI, system and C library.

    A CPU has several wheels where their floors differ. Of several builds only the one counts that an installer takes.
    """
    taken = {wheel.name.tags: wheel for wheel in sorted(release.wheels, key=lambda wheel: wheel.name.build)}
    groups: dict[tuple[object, ...], dict[str, list[Wheel]]] = defaultdict(lambda: defaultdict(list))
    for wheel in taken.values():
        interpreters = frozenset((tag.python, tag.abi) for tag in wheel.name.tags)
        for system, libc, arches in sorted({(each.system, each.libc, each.arches) for each in wheel.platforms}):
            if len(arches) == 1:
                groups[(*_identity(wheel), interpreters, system, libc)][arches[0]].append(wheel)
    yield from (group for group in groups.values() if len(group) > 1)


def _payload(wheel: Wheel) -> dict[str, Member]:
    """Return the linked members by a name that is the same on every CPU, without those for another platform."""
    return {
        hints.without_cpu(without_interpreter(member.path)): member
        for member in wheel.natives
        if member.linked and not _is_set_apart(member.path) and not _is_for_another_platform(member, wheel)
    }


def _is_set_apart(path: str) -> bool:
    """Return whether a file is grafted, with a hash in its name, or test data."""
    return bool(_GRAFTED.search(path)) or hints.is_fixture(path)


def _is_for_another_platform(member: Member, wheel: Wheel) -> bool:
    return fit(native_slices(member), wheel.platforms) != "native" and is_declared(member, wheel)


def _needs_families(release: Release) -> str:
    return "" if any(_families(release)) else "needs wheels for several CPUs of one system"


@rule("WC710", on=Release, severity=("error", "warning", "note"), needs=_needs_families, absence=True)
def every_architecture_has_the_same_payload(release: Release) -> Iterator[Hit]:
    """Wheels that differ only in the CPU hold the same executables and libraries, with the same exec bits.

    Otherwise a user is the first to notice that one of five executables was not built for aarch64. A library that only
    some CPUs have can be right, so that is a warning; of a plug-in for what is on the user's machine (it needs a
    library that neither the wheel nor the platform brings) it is a note. Files named for an instruction set (`_aesni`,
    `libx-avx2.so`) are for one CPU by nature. Where folders are named for families of CPUs (`Linux-64bit-arm/run`),
    files are compared by name. Code that a wheel carries for another platform, and says so by its path, is not
    compared.

    Source: packetframe 0.0.1, whose other targets lacked their objects.
    Remedy: build every target from one declared payload; stop at the first that fails.
    """
    for family in _families(release):
        hits = list(_different_payloads(family))
        has_warning = any(hit.severity == "warning" for hit in hits)
        plugins = _plugins(chain.from_iterable(family.values())) if has_warning else frozenset()
        for hit in hits:
            optional = hit.severity == "warning" and hit.path in plugins
            yield replace(hit, severity="note") if optional else hit


def _plugins(wheels: Iterable[Wheel]) -> frozenset[str]:
    """Return the libraries that need what neither their wheel nor its platform brings: only some machines use them."""
    judged = (wheel for wheel in wheels if not (NEEDED.needs and NEEDED.needs(wheel)))
    return frozenset(hit.path for wheel in judged for hit in NEEDED.judge(wheel) if hit.severity in (None, "warning"))


def _different_payloads(family: dict[str, list[Wheel]]) -> Iterator[Hit]:
    payloads = {wheel.file: _payload(wheel) for wheels in family.values() for wheel in wheels}
    for cpu, wheels in sorted(family.items()):
        others = [[payloads[each.file] for each in family[other]] for other in sorted(family) if other != cpu]
        for wheel in wheels:
            for theirs, ours in chain.from_iterable(_twins(payloads[wheel.file], other) for other in others):
                yield from _difference(wheel, ours, theirs)


def _twins(ours: dict[str, Member], others: list[dict[str, Member]]) -> Iterator[tuple[Member, Member | None]]:
    """Yield each file of all wheels for another CPU, with the one here of the same path, or else of the same name."""
    spare: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ours.keys() - set().union(*others), reverse=True):
        spare[path.rpartition("/")[2]].append(path)
    for path in sorted(set(others[0]).intersection(*others)):
        rest = spare[path.rpartition("/")[2]]
        here = path if path in ours else rest.pop() if rest else ""
        yield others[0][path], ours.get(here)


def _difference(wheel: Wheel, ours: Member | None, theirs: Member) -> Iterator[Hit]:
    program = theirs.binary is not None and "executable" in theirs.binary.kinds
    if ours is None and not hints.names_instructions(theirs.path):
        message = "is missing here: the wheels for other CPUs contain this native file"
        yield Hit(theirs.path, message, severity=None if program else "warning", artifact=wheel.file)
    elif ours and program and theirs.pip_installs_executable and not ours.pip_installs_executable:
        yield Hit(ours.path, f"has mode {ours.mode:#o} here, and an exec bit in the other wheels", artifact=wheel.file)


@rule("WC711", on=Release, severity="note", needs=_needs_families)
def files_without_native_code_are_the_same_everywhere(release: Release) -> Iterator[Hit]:
    """Wheels that differ only in the CPU hold the same Python and data files.

    A difference is often a build date or a generated configuration, and sometimes a file that was generated on one host
    only. Each such file is noted once for the whole release.

    Source: reproducible builds.
    Remedy: generate such files once, before the builds for the CPUs.
    """
    differing: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for family in _families(release):
        wheels = [wheel for each in family.values() for wheel in each]
        first = min(wheel.file for wheel in wheels)
        for path, digests in _contents(wheels).items():
            if len(digests) > 1 and ".dist-info/" not in path and not _GRAFTED.search(path):
                differing[path].append((first, len(digests)))
    for path, sets in sorted(differing.items()):
        first, contents = min(sets)
        others = len(sets) - 1
        more = f", and in {others} other set{'s' * (others > 1)} of wheels" if others else ""
        yield Hit(path, f"differs between the wheels for several CPUs, with {contents} contents{more}", artifact=first)


def _contents(wheels: Iterable[Wheel]) -> dict[str, set[str]]:
    """Return the digests of each file without native code, by its path."""
    contents: dict[str, set[str]] = defaultdict(set)
    for wheel in wheels:
        for member in wheel.members:
            if not member.binary:
                contents[member.path].add(member.sha256)
    return contents


def _needs_pythons(release: Release) -> str:
    pythons = {tag.python for wheel in release.wheels for tag in wheel.name.tags}
    return "" if len(pythons) > 1 else "needs wheels for several Pythons"


@rule("WC712", on=Release, severity="note", needs=_needs_pythons)
def no_payload_is_repeated_for_each_python(release: Release) -> Iterator[Hit]:
    """Wheels for several Pythons differ in more than their tag.

    sandlock publishes the same ctypes library five times per CPU. One `py3-none` wheel would serve every Python, also
    future ones.

    Source: PEP 425, PEP 384 (abi3).
    Remedy: tag the wheel `py3-none-PLATFORM`, or build the extension module against the limited API.
    """
    groups: dict[tuple[object, ...], list[Wheel]] = defaultdict(list)
    for wheel in release.wheels:
        native = tuple(sorted(member.sha256 for member in wheel.natives))
        if native and not wheel.is_any:
            groups[wheel.name.platforms, native].append(wheel)
    for wheels in groups.values():
        if len({tag.python for wheel in wheels for tag in wheel.name.tags}) > 1 and len(wheels) > 1:
            first = min(wheels, key=lambda wheel: wheel.file)
            yield Hit("", f"the same native code is in {len(wheels)} wheels, one per Python", artifact=first.file)


def _identity(artifact: Artifact) -> tuple[str, str]:
    return artifact.name.project, canonical_version(artifact.name.version)


def _needs_both(release: Release) -> str:
    if not (release.wheels and release.sdists):
        return "needs wheels and an sdist given together"
    common = set(map(_identity, release.wheels)) & set(map(_identity, release.sdists))
    return "" if common else "no wheel has the name and version of an sdist"


@rule("WC713", on=Release, needs=_needs_both, absence=True)
def wheels_say_what_the_sdist_says(release: Release) -> Iterator[Hit]:
    """Requires-Python, Requires-Dist and License-Expression of every wheel are those of the sdist.

    Resolvers read the metadata of one file of a release and assume that all files have the same. A field that PKG-INFO
    declares Dynamic may differ, and so may metadata before version 2.2. A wheel is compared with the sdist of its own
    version, and meanings are compared, not spellings: quotes, parentheses and the order of a marker do not matter.

    Source: PEP 643, PEP 658; PEP 508 for requirements.
    Remedy: build all wheels from the sdist.
    """
    sdists = {_identity(sdist): sdist for sdist in reversed(release.sdists)}
    for wheel in release.wheels:
        name = _identity(wheel)
        if name not in sdists:
            continue
        sdist = sdists[name]
        for field, found, expected in _differences(sdist.pkg_info, wheel.dist_info.metadata):
            message = f"found {field} {found}, expected {expected} as {sdist.file} says"
            if not expected:
                message = f"found {field} {found}, which {sdist.file} does not have"
            elif not found:
                message = f"found no {field} {expected}, which {sdist.file} has"
            yield Hit("", message, artifact=wheel.file)


def _differences(theirs: Headers, ours: Headers) -> Iterator[tuple[str, str, str]]:
    """Yield each field that differs, with what only the wheel says and what only the sdist says; one may be empty."""
    dynamic = {str(value).strip().lower() for value in theirs.get_all("Dynamic", [])}
    if metadata_version(theirs) < (2, 2):
        return
    for field in _FIELDS:
        if field.lower() in dynamic or _written(ours, field) == _written(theirs, field):
            continue
        found, expected = _values(ours, field), _values(theirs, field)
        if found.keys() != expected.keys():
            gone, new = (
                sorted(there[key] for key in there.keys() - other.keys())
                for there, other in ((expected, found), (found, expected))
            )
            yield field, ", ".join(new), ", ".join(gone)


def _written(headers: Headers, field: str) -> set[str]:
    """Return the values of a field as written, without line breaks."""
    return {" ".join(str(value).split()) for value in headers.get_all(field, [])} - {""}


def _values(headers: Headers, field: str) -> dict[object, str]:
    """Return the values of a field as written, each by what it means."""
    return {canonical(field, value): value for value in sorted(_written(headers, field))}
