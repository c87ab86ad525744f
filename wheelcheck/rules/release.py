"""WC7xx: the artifacts together are exactly the release that is expected."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from wheelcheck.config import ExpectedWheel
from wheelcheck.facts import Release
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Wheel
    from wheelcheck.facts.file_names import WheelTag


def _served(wheel: Wheel) -> set[ExpectedWheel]:
    """Return the expected wheels that this wheel can be, by its tags: a compressed tag set may be several."""
    return {ExpectedWheel(tag.python, tag.abi, tag.platform) for tag in wheel.name.tags}


def _expects_nothing(release: Release) -> str:
    says = release.expected.wheels or release.expected.sdist is not None
    return "" if says else "the configuration expects no set of wheels and no sdist"


@rule("WC701", on=Release, needs=_expects_nothing)
def every_expected_file_is_there(release: Release) -> Iterator[Hit]:
    """Every wheel of the expected set, and the sdist where one is expected, is among the artifacts.

    fory published 10 of 30 wheels. PyPI closes a release after 14 days and never allows a file name to be used again,
    so such a gap is permanent. The set is exact (Python tag, ABI tag and platform tag), not a count.

    Source: `[tool.wheelcheck]` (python, architectures, glibc, wheels, sdist); fory#2527, nucleus-python-client#466.
    Remedy: build what is missing before anything is uploaded, or change the configuration.
    """
    present = {each for wheel in release.wheels for each in _served(wheel)}
    for expected in release.expected.wheels:
        if expected not in present:
            yield Hit("", f"found no wheel for {expected}, expected one")
    if release.expected.sdist and not release.sdists:
        yield Hit("", "found no sdist, expected one")


@rule("WC702", on=Release)
def no_file_is_extra(release: Release) -> Iterator[Hit]:
    """Every artifact is an expected one, and there is no other file among them.

    A leftover of an earlier build is uploaded with the rest, and its file name can never be used again.

    Source: `[tool.wheelcheck]`.
    Remedy: build into an empty folder; add the file to the expected set if it belongs there.
    """
    expected = release.expected
    if expected.wheels:
        welcome = {*expected.wheels, *expected.built_elsewhere}
        for wheel in release.wheels:
            if not wheel.name.error and welcome.isdisjoint(_served(wheel)):
                yield Hit("", "found a wheel that is not among the expected ones", artifact=wheel.file)
    if expected.sdist is False:
        for sdist in release.sdists:
            yield Hit("", "found an sdist, expected none", artifact=sdist.file)
    for name in release.other_files:
        yield Hit("", "found a file that is neither a wheel nor an sdist", artifact=name)


@rule("WC703", on=Release, severity=("error", "warning"))
def no_two_files_fill_one_place(release: Release) -> Iterator[Hit]:
    """No two wheels serve the same tag, and there is one sdist per version.

    An installer may take either, so which one a user gets is chance. Of two wheels that differ in the build tag, an
    installer takes the one with the higher build tag: that is legal, and a warning.

    Source: the binary distribution format (PyPA): the build tag is a tie-breaker; PEP 425 tag priorities; PEP 625.
    Remedy: delete the file that should not be there.
    """
    places: dict[tuple[str, str, WheelTag], list[Wheel]] = defaultdict(list)
    for wheel in release.wheels:
        for tag in wheel.name.tags:
            places[wheel.name.project, wheel.name.version, tag].append(wheel)
    settled = {place: _taken(wheels) for place, wheels in places.items() if len(wheels) > 1}
    for wheel in release.wheels:
        contested = (tag for tag in wheel.name.tags if (wheel.name.project, wheel.name.version, tag) in settled)
        for tag in islice(contested, 1):
            place = wheel.name.project, wheel.name.version, tag
            yield _rivalry(wheel, f"{tag.python}-{tag.abi}-{tag.platform}", places[place], settled[place])
    versions: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sdist in release.sdists:
        versions[sdist.name.project, sdist.name.version].append(sdist.file)
    for sdist in release.sdists:
        files = versions[sdist.name.project, sdist.name.version]
        if len(files) > 1:
            other = files[files[0] == sdist.file]
            yield Hit("", f"found another sdist of this version, expected one: {other}", artifact=sdist.file)


def _taken(rivals: list[Wheel]) -> Wheel | None:
    """Return the wheel of several for one tag that an installer takes, by its build tag; None where it is chance."""
    builds = {rival.name.build: rival for rival in rivals}
    return builds[max(builds)] if len(builds) == len(rivals) else None


def _rivalry(wheel: Wheel, tag: str, rivals: list[Wheel], taken: Wheel | None) -> Hit:
    """Say that a wheel is not the only one for a tag, and which other one there is or which one is taken."""
    if taken:
        message = f"found {len(rivals)} builds for {tag}, expected one: an installer takes {taken.file}"
        return Hit("", message, severity="warning", artifact=wheel.file)
    other = rivals[rivals[0] is wheel]
    return Hit("", f"found another wheel for {tag}, expected one: {other.file}", artifact=wheel.file)


@rule("WC704", on=Release)
def the_release_has_one_name(release: Release) -> Iterator[Hit]:
    """All artifacts belong to one project.

    Source: PEP 503 normalised names.
    Remedy: check the files of one project at a time, in a folder of their own.
    """
    names = [artifact.name.project for artifact in release.artifacts]
    yield from _disagreement(release, "project", names, names)


@rule("WC705", on=Release)
def the_release_has_one_version(release: Release) -> Iterator[Hit]:
    """All artifacts have one version.

    Source: PEP 440.
    Remedy: empty the output folder before a build; build every artifact from the same tag.
    """
    versions = [artifact.name.version for artifact in release.artifacts]
    yield from _disagreement(release, "version", versions, [canonical_version(version) for version in versions])


def _disagreement(release: Release, what: str, values: list[str], keys: list[str]) -> Iterator[Hit]:
    """Yield the artifacts whose value is not the most common one; values of one key are equal."""
    if len(set(keys)) <= 1:
        return
    counted = Counter(keys)
    usual = min(counted, key=lambda key: (-counted[key], key))
    expected = values[keys.index(usual)]
    for artifact, value, key in zip(release.artifacts, values, keys, strict=True):
        if key != usual:
            message = f"found {what} {value or 'unknown'!r}, expected {expected!r} as the others"
            yield Hit("", message, artifact=artifact.file)
