"""Verifies a release that several machines built: by the manifest of each stage, and by the tag it is made for.

The manifests travel with the wheels, so the machine that releases compares every wheel with what was staged where it
was built, and the sources it was built from with its own checkout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from wheelcheck.builder import dist, payload, toolchain
from wheelcheck.builder import stage as staging
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.run import BuildError
from wheelcheck.config import builder
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from wheelcheck.builder.stage import Stage
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config.builder import Settings


def verify(project: Path, base: Mapping[str, str]) -> tuple[str, ...]:
    """Compare every wheel in `dist/` with the manifest of its stage: the bytes and modes staged are those released.

    A manifest for another floor than the configured one is of an older build and says nothing about today's wheels.
    `base` is the environment: if it names a git tag, every artifact must be of that version. Raises BuildError for a
    wheel that differs, a stage of other sources than these, a stage without a wheel, a wheel without a stage, no
    wheel, and another version.
    """
    settings = builder.load(project)
    verified: list[Path] = []
    for stage, target in _current_stages(settings):
        staging.require_fresh(stage, settings.project, payload.recipe(settings, target), same_machine=False)
        for wheel in dist.wheels(settings.dist, target):
            assembly.require_record(wheel, stage)
            verified.append(wheel)
    unverified = sorted(file.name for file in settings.dist.glob("*.whl") if file not in verified)
    if unverified or not verified:
        names = ", ".join(unverified)
        problem = f"{names} has no manifest of a stage beside it" if names else "it holds no wheel to verify"
        raise BuildError(settings.dist, problem, "hand over the wheels together with build/wheelcheck/*/manifest.json")
    require_tag((file.name for file in sorted(settings.dist.iterdir())), base)
    return tuple(f"as staged: {wheel.name}" for wheel in verified)


def require_tag(names: Iterable[str], base: Mapping[str, str]) -> None:
    """Raise BuildError for an artifact of another version than the git tag that GitHub Actions runs for, if any."""
    if base.get("GITHUB_REF_TYPE") != "tag":
        return
    tag = base.get("GITHUB_REF_NAME", "")
    try:
        tagged = Version(tag)  # which accepts the v of v1.2
    except InvalidVersion as error:
        raise BuildError("the git tag", f"{tag!r} is not a version", "tag releases by version, such as v1.2") from error
    for name in names:
        version = parse_file_name(name).version
        if version and Version(version) != tagged:
            problem = f"its version is {version}, but the git tag says {tagged}"
            raise BuildError(name, problem, "set the version, then tag that commit")


def _current_stages(settings: Settings) -> Iterator[tuple[Stage, Target]]:
    """Return the stages of the configured floor."""
    for stage in staging.stages(settings.folder):
        target = toolchain.choose(find(stage.manifest.arch), settings.release.glibc)
        if stage.manifest.target == target.zigbuild:
            yield stage, target
