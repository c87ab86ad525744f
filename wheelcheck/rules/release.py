"""WC7xx: the artifacts together are exactly the release that is expected."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_version

from wheelcheck.facts import Release
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.config import ExpectedWheel
    from wheelcheck.facts import Wheel


def _matched(wheel: Wheel, expected: tuple[ExpectedWheel, ...]) -> tuple[ExpectedWheel, ...]:
    """Return the expected wheels that this wheel is, by its tags: a compressed tag set may be several."""
    tags = {(tag.python, tag.abi, tag.platform) for tag in wheel.name.tags}
    return tuple(each for each in expected if (each.python, each.abi, each.platform) in tags)


def _expects_nothing(release: Release) -> str:
    says = release.expected.wheels or release.expected.sdist is not None
    return "" if says else "the configuration expects no set of wheels and no sdist"


@rule("WC701", on=Release, needs=_expects_nothing)
def every_expected_file_is_there(release: Release) -> Iterator[Hit]:
    """Every wheel of the expected set, and the sdist where one is expected, is among the artifacts.

    fory published 10 of 30 wheels; PyPI closes a release after 14 days and never lets a file name be used again, so
    such a hole stays. The set is exact: Python tag, ABI tag and platform tag, not a count.

    Source: `[tool.wheelcheck]` (python, architectures, glibc, wheels, sdist); fory#2527, nucleus-python-client#466.
    Remedy: build what is missing before anything is uploaded, or change the configuration.
    """
    present = {each for wheel in release.wheels for each in _matched(wheel, release.expected.wheels)}
    for expected in release.expected.wheels:
        if expected not in present:
            yield Hit("", f"found no wheel for {expected}, expected one")
    if release.expected.sdist and not release.sdists:
        yield Hit("", "found no sdist, expected one")


@rule("WC702", on=Release)
def no_file_is_extra(release: Release) -> Iterator[Hit]:
    """Every artifact is an expected one, and no other file lies among them.

    A leftover of an earlier build is uploaded with the rest and cannot be taken back under the same name.

    Source: `[tool.wheelcheck]`.
    Remedy: build into an empty folder; add the file to the expected set if it belongs there.
    """
    expected = release.expected
    if expected.wheels:
        for wheel in release.wheels:
            if not wheel.name.error and not _matched(wheel, (*expected.wheels, *expected.built_elsewhere)):
                yield Hit("", "found a wheel that is not among the expected ones", artifact=wheel.file)
    if expected.sdist is False:
        for sdist in release.sdists:
            yield Hit("", "found an sdist, expected none", artifact=sdist.file)
    for name in release.other_files:
        yield Hit("", "found a file that is neither a wheel nor an sdist", artifact=name)


@rule("WC703", on=Release)
def no_two_files_fill_one_place(release: Release) -> Iterator[Hit]:
    """No two wheels serve the same tag, and there is one sdist a version.

    An installer takes either, so which one a user gets is chance.

    Source: PEP 425 tag priorities; PEP 625.
    Remedy: delete the one that should not be there.
    """
    tags = Counter((w.name.project, w.name.version, tag) for w in release.wheels for tag in w.name.tags)
    for wheel in release.wheels:
        shared = [tag for tag in wheel.name.tags if tags[wheel.name.project, wheel.name.version, tag] > 1]
        if shared:
            tag = shared[0]
            message = f"found another wheel for {tag.python}-{tag.abi}-{tag.platform}, expected one"
            yield Hit("", message, artifact=wheel.file)
    versions = Counter((sdist.name.project, sdist.name.version) for sdist in release.sdists)
    for sdist in release.sdists:
        if versions[sdist.name.project, sdist.name.version] > 1:
            yield Hit("", "found another sdist of this version, expected one", artifact=sdist.file)


@rule("WC704", on=Release)
def the_release_has_one_name(release: Release) -> Iterator[Hit]:
    """All artifacts belong to one project.

    Source: PEP 503 normalised names.
    Remedy: check one project's files at a time, from a folder of their own.
    """
    names = [artifact.name.project for artifact in release.artifacts]
    yield from _disagreement(release, "project", names, names)


@rule("WC705", on=Release)
def the_release_has_one_version(release: Release) -> Iterator[Hit]:
    """All artifacts carry one version.

    Source: PEP 440.
    Remedy: empty the output folder before a build; build every artifact from the same tag.
    """
    versions = [artifact.name.version for artifact in release.artifacts]
    yield from _disagreement(release, "version", versions, [canonicalize_version(version) for version in versions])


def _disagreement(release: Release, what: str, values: list[str], keys: list[str]) -> Iterator[Hit]:
    """Yield the artifacts whose value is not the most common one; values of one key are equal."""
    if len(set(keys)) <= 1:
        return
    usual = max(sorted(set(keys)), key=keys.count)
    expected = values[keys.index(usual)]
    for artifact, value, key in zip(release.artifacts, values, keys, strict=True):
        if key != usual:
            message = f"found {what} {value or 'unknown'!r}, expected {expected!r} as the others"
            yield Hit("", message, artifact=artifact.file)
