"""WC701 to WC705: the artifacts together are exactly the release that is expected."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice

from wheelcheck.facts import Release
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.platforms.wheel_tags import Wheels, WheelTag
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Wheel


def _expects_nothing(release: Release) -> str:
    if release.expected.each:
        return "single artifacts were checked"
    says = release.expected.wheels or release.expected.sdist is not None
    return "" if says else "the configuration expects no set of wheels and no sdist"


def _only_one_artifact(release: Release) -> str:
    return "single artifacts were checked" if release.expected.each else ""


@rule("WC701", on=Release, needs=_expects_nothing)
def every_expected_file_is_there(release: Release) -> Iterator[Hit]:
    """Every wheel of the expected set, and the sdist where one is expected, is among the artifacts.

    fory published 10 of 30 wheels. PyPI closes a release after 14 days and never allows a file name to be used again,
    so such a gap is permanent. The set is exact (Python tag, ABI tag and platform tag), not a count. A platform
    tag with an older floor, such as manylinux_2_5 for manylinux_2_17, fills the place too.

    Source: `[tool.wheelcheck]` (python, architectures, glibc, wheels, sdist); fory#2527, nucleus-python-client#466.
    Remedy: build what is missing before anything is uploaded, or change the configuration.
    """
    wanted = Wheels((expected, "") for expected in release.expected.wheels)
    tags = [(tag, wheel.file) for wheel in release.wheels for tag in wheel.name.tags]
    present, strays = Wheels(tags), Wheels((tag, file) for tag, file in tags if not wanted.need(tag))
    for expected in release.expected.wheels:
        if not present.fill(expected):
            what = f"a {expected.python}-{expected.abi} wheel for {expected.platform}, which the configuration declares"
            yield Hit("", f"missing: {what}{_instead(expected, strays)}")
    if release.expected.sdist and not release.sdists:
        yield Hit("", "missing: the sdist, which the configuration declares")


@rule("WC702", on=Release, needs=_only_one_artifact)
def no_file_is_extra(release: Release) -> Iterator[Hit]:
    """Every artifact is an expected one, and there is no other file among them.

    A leftover of an earlier build is uploaded with the rest, and its file name can never be used again.

    Source: `[tool.wheelcheck]`.
    Remedy: build into an empty folder; add the file to the expected set if it belongs there.
    """
    expected = release.expected
    if expected.wheels:
        welcome = Wheels((each, str(each)) for each in (*expected.wheels, *expected.built_elsewhere))
        for wheel in release.wheels:
            tags = wheel.name.tags
            if tags and not any(map(welcome.need, tags)):
                yield Hit("", f"the configuration declares no such wheel{_wanted(tags[0], welcome)}", None, wheel.file)
    if expected.sdist is False:
        for sdist in release.sdists:
            yield Hit("", "the configuration says sdist = false", artifact=sdist.file)
    for name in release.other_files:
        yield Hit("", "is neither a wheel nor an sdist, and an upload of the folder would include it", artifact=name)


def _instead(expected: WheelTag, strays: Wheels) -> str:
    """Return which wheel is there instead of a missing one, as the end of a sentence; empty text if none is like it."""
    name, difference = strays.nearest(expected)
    if difference == "version":
        return f". {name} is there, but it needs a newer {parse_platform(expected.platform).floor_name}"
    return f". {name} is there, but it is for {difference}" if name else ""


def _wanted(wheel: WheelTag, welcome: Wheels) -> str:
    """Return which expected wheel is most like this one, as the end of a sentence; empty text if none is."""
    name, difference = welcome.nearest(wheel)
    if difference == "version":
        return f": it declares {name}, and this one needs a newer {parse_platform(wheel.platform).floor_name}"
    return f"; the most similar one is {name}" if name else ""


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
            yield Hit("", f"{other} is an sdist of the same version. Delete one of them", artifact=sdist.file)


def _taken(rivals: list[Wheel]) -> Wheel | None:
    """Return which of several wheels for one tag installers take, by the build tag; None if it may be any of them."""
    builds = {rival.name.build: rival for rival in rivals}
    return builds[max(builds)] if len(builds) == len(rivals) else None


def _rivalry(wheel: Wheel, tag: str, rivals: list[Wheel], taken: Wheel | None) -> Hit:
    """Say that a wheel is not the only one for a tag, and which other one there is or which one is taken."""
    if taken:
        message = f"is one of {len(rivals)} builds for {tag}; installers take {taken.file}"
        return Hit("", message, severity="warning", artifact=wheel.file)
    other = rivals[rivals[0] is wheel]
    cause = "another wheel serves the same tags, and users get either one. Delete one of them"
    return Hit(
        "", f"{other.file} serves {tag} too, and users get either one. Delete one of them", None, wheel.file, cause
    )


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
