"""What vouches for a release that several machines built: the record of each stage, and the tag it is made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from wheelcheck.arch import find
from wheelcheck.build import assembly, dist, settings, staging, targets
from wheelcheck.build.failure import BenchError
from wheelcheck.metadata import parse_file_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wheelcheck.build.staging import Stage


def match(project: Path, base: Mapping[str, str]) -> tuple[str, ...]:
    """Hold every wheel in `dist/` against its stage's record: the bytes and modes that were staged are those released.

    `base` is the environment: where it names a git tag, every artifact must be of that version. Raises BenchError for
    a wheel that differs, a record without a wheel, a wheel without a record, no wheel, and another version.
    """
    found = settings.load(project)
    held: list[Path] = []
    for stage in _stages(found.folder):
        target = targets.choose(find(stage.record.arch), found.release.glibc)
        for wheel in dist.wheels(found.dist, target):
            assembly.require_record(wheel, stage)
            held.append(wheel)
    loose = sorted(file.name for file in found.dist.glob("*.whl") if file not in held)
    if loose or not held:
        expected, remedy = "wheels that a stage's record vouches for", "hand over wheels and records together"
        raise BenchError(found.dist, ", ".join(loose) or "no wheel", expected, remedy)
    require_tag((file.name for file in sorted(found.dist.iterdir())), base)
    return tuple(f"as staged: {wheel.name}" for wheel in held)


def require_tag(names: Iterable[str], base: Mapping[str, str]) -> None:
    """Raise BenchError for an artifact of another version than the git tag that GitHub Actions runs for, if any."""
    if base.get("GITHUB_REF_TYPE") != "tag":
        return
    tag = base.get("GITHUB_REF_NAME", "")
    try:
        expected = Version(tag)  # which takes the v of v1.2
    except InvalidVersion as problem:
        raise BenchError(
            "the git tag", repr(tag), "a version such as v1.2", "tag the release by its version"
        ) from problem
    for name in names:
        version = parse_file_name(name).version
        if version and Version(version) != expected:
            raise BenchError(
                name, f"version {version}", f"{expected}, as tagged", "set the version, then tag that commit"
            )


def _stages(folder: Path) -> Iterable[Stage]:
    for file in sorted(folder.glob("*/record.json")):
        yield staging.Stage(file.parent, staging.read_record(file))
