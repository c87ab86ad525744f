"""WC71x: the artifacts of a release agree with each other."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from wheelcheck.facts import Release
from wheelcheck.facts.dist_info import metadata_version
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.platforms import hints
from wheelcheck.platforms.suffixes import without_interpreter
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from wheelcheck.facts import Artifact, Member, Wheel

_GRAFTED = re.compile(r"(?:^|/)[^/]+\.libs/|(?:^|/)\.dylibs/")
_FIELDS = ("Requires-Python", "Requires-Dist", "License-Expression")


def _families(release: Release) -> Iterator[dict[str, Wheel]]:
    """Yield groups of wheels that differ only in the CPU, by CPU: one interpreter, ABI, system and C library."""
    groups: dict[tuple[str, ...], dict[str, Wheel]] = defaultdict(dict)
    for wheel in release.wheels:
        for platform in wheel.platforms[:1]:
            if len(platform.arches) == 1:
                tags = sorted({f"{tag.python}-{tag.abi}" for tag in wheel.name.tags})
                groups[(*tags, platform.system, platform.libc)][platform.arches[0]] = wheel
    yield from (group for group in groups.values() if len(group) > 1)


def _payload(wheel: Wheel) -> dict[str, Member]:
    """Return the linked members by a name that is the same on every CPU."""
    return {
        hints.without_cpu(without_interpreter(member.path)): member
        for member in wheel.natives
        if member.linked and not _GRAFTED.search(member.path) and not hints.is_fixture(member.path)
    }


def _needs_families(release: Release) -> str:
    return "" if any(_families(release)) else "needs wheels for several CPUs of one system"


@rule("WC710", on=Release, severity=("error", "warning"), needs=_needs_families)
def every_architecture_has_the_same_payload(release: Release) -> Iterator[Hit]:
    """Wheels that differ only in the CPU hold the same executables and libraries, with the same exec bits.

    Otherwise a user is the first to notice that one of five executables was not built for aarch64. A library that only
    some CPUs have can be right (one for an x86 instruction set), so that is a warning.

    Source: packetframe 0.0.1, whose other targets lacked their objects.
    Remedy: build every target from one declared payload; stop at the first that fails.
    """
    for family in _families(release):
        payloads = {cpu: _payload(wheel) for cpu, wheel in family.items()}
        union = {name: member for payload in payloads.values() for name, member in payload.items()}
        for cpu, wheel in sorted(family.items()):
            for name, twin in sorted(union.items()):
                yield from _missing_twin(wheel, payloads[cpu].get(name), twin)


def _missing_twin(wheel: Wheel, ours: Member | None, twin: Member) -> Iterator[Hit]:
    program = twin.binary is not None and "executable" in twin.binary.kinds
    if ours is None:
        message = "found nothing like it, expected it as in the wheels for other CPUs"
        yield Hit(twin.path, message, severity=None if program else "warning", artifact=wheel.file)
    elif program and twin.pip_installs_executable and not ours.pip_installs_executable:
        yield Hit(ours.path, f"found mode {ours.mode:#o}, expected an exec bit as elsewhere", artifact=wheel.file)


@rule("WC711", on=Release, severity="note", needs=_needs_families)
def files_without_native_code_are_the_same_everywhere(release: Release) -> Iterator[Hit]:
    """Wheels that differ only in the CPU hold the same Python and data files.

    A difference is often a build date, and sometimes a file that was generated on one host only.

    Source: reproducible builds.
    Remedy: generate such files once, before the builds for the CPUs.
    """
    for family in _families(release):
        contents: dict[str, set[str]] = defaultdict(set)
        for wheel in family.values():
            for member in wheel.members:
                if not member.binary and ".dist-info/" not in member.path and not _GRAFTED.search(member.path):
                    contents[member.path].add(member.sha256)
        wheel = min(family.values(), key=lambda wheel: wheel.file)
        for path, digests in sorted(contents.items()):
            if len(digests) > 1:
                yield Hit(path, f"found {len(digests)} contents in the wheels for several CPUs", artifact=wheel.file)


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
            yield Hit("", f"found the same native code in {len(wheels)} wheels, one per Python", artifact=first.file)


def _identity(artifact: Artifact) -> tuple[str, str]:
    return artifact.name.project, canonical_version(artifact.name.version)


def _needs_both(release: Release) -> str:
    if not (release.wheels and release.sdists):
        return "needs wheels and an sdist given together"
    common = set(map(_identity, release.wheels)) & set(map(_identity, release.sdists))
    return "" if common else "no wheel has the name and version of an sdist"


@rule("WC713", on=Release, needs=_needs_both)
def wheels_say_what_the_sdist_says(release: Release) -> Iterator[Hit]:
    """Requires-Python, Requires-Dist and License-Expression of every wheel are those of the sdist.

    Resolvers read the metadata of one file of a release and assume that all files have the same. A field that PKG-INFO
    declares Dynamic may differ, and so may metadata before version 2.2. A wheel is compared with the sdist of its own
    version.

    Source: PEP 643, PEP 658.
    Remedy: build all wheels from the sdist.
    """
    sdists = {_identity(sdist): sdist for sdist in reversed(release.sdists)}
    for wheel in release.wheels:
        name = _identity(wheel)
        if name not in sdists:
            continue
        for field, found, expected in _differences(sdists[name].pkg_info, wheel.dist_info.metadata):
            message = f"found {field} {found}, expected {expected} as {sdists[name].file} says"
            yield Hit("", message, artifact=wheel.file)


def _differences(theirs: Message, ours: Message) -> Iterator[tuple[str, str, str]]:
    """Yield each field that differs, with what the wheel says more and what the sdist says more."""
    dynamic = {str(value).strip().lower() for value in theirs.get_all("Dynamic", [])}
    if metadata_version(theirs) < (2, 2):
        return
    for field in _FIELDS:
        found, expected = _values(ours, field), _values(theirs, field)
        if field.lower() not in dynamic and found != expected:
            gone, new = sorted(expected - found), sorted(found - expected)
            yield field, ", ".join(new) or "less", ", ".join(gone) or "nothing more"


def _values(headers: Message, field: str) -> set[str]:
    return {re.sub(r"\s+", "", str(value)) for value in headers.get_all(field, [])}
