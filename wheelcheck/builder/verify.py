"""Verifies a release that was built on several machines, by the manifest of each stage and by the git tag.

The manifests are handed over together with the wheels. So the machine that releases can compare every wheel with what
was staged on the machine that built it, and the recorded sources with its own checkout.
"""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import sha256
from pathlib import PurePosixPath

from packaging.version import InvalidVersion, Version

from wheelcheck.builder import dist, evidence, handover, payload, toolchain
from wheelcheck.builder import stage as staging
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.run import BuildError
from wheelcheck.config import builder
from wheelcheck.facts.evidence import release_predicate
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.platforms.arch import find
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from wheelcheck.builder.stage import Stage
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config.builder import Settings


def verify(
    project: Path, base: Mapping[str, str], *bundles: Path, proven: bool = False, predicate: Path | None = None
) -> tuple[str, ...]:
    """Compare every wheel in `dist/` with the manifest of its stage; return one line per wheel.

    A wheel for a system that nothing is staged for (macOS, Windows, musl) is compared with the hash in the bundle that
    its machine packed. A manifest for another floor than the configured one is left over from an older build and
    ignored. `base` is the environment: if it names a git tag, every artifact must have that version. Raises BuildError
    for a wheel that differs, a stale stage, a stage without a wheel, a wheel without either, no wheel at all, and
    another version, and with `proven` also for a file that the evidence of no job proves as it is. What has been
    proven of the release is written to `predicate`, for `actions/attest` to sign.
    """
    settings = builder.load(project)
    verified: list[Path] = []
    for stage, target in _current_stages(settings):
        staging.require_fresh(stage, settings.project, payload.recipe(settings, target), same_machine=False)
        for wheel in dist.wheels(settings.dist, target):
            assembly.require_record(wheel, stage)
            verified.append(wheel)
    brought = _brought(settings, bundles)
    known = {*verified, *brought}
    unverified = sorted(file.name for file in settings.dist.glob("*.whl") if file not in known)
    if unverified or not verified:
        names = ", ".join(unverified)
        problem = f"{names} has no manifest of a stage beside it" if names else "it holds no wheel to verify"
        raise BuildError(settings.dist, problem, "hand over the wheels together with build/wheelcheck/*/manifest.json")
    require_tag((file.name for file in sorted(settings.dist.iterdir())), base)
    ours = (*verified, *sorted(settings.dist.glob("*.tar.gz")))
    lines = (*(f"as staged: {wheel.name}" for wheel in verified), *(f"as packed: {wheel.name}" for wheel in brought))
    if not proven:
        return lines
    statements = evidence.require(settings, ours)
    if predicate:
        predicate.parent.mkdir(parents=True, exist_ok=True)
        handed_over = {wheel.name: sha256(wheel.read_bytes()).hexdigest() for wheel in brought}
        predicate.write_text(release_predicate(statements, handed_over), "utf-8")
    return (*lines, *map(evidence.line, statements))


def require_tag(names: Iterable[str], base: Mapping[str, str]) -> None:
    """Raise BuildError for an artifact whose version is not that of the git tag which GitHub Actions runs for."""
    if base.get("GITHUB_REF_TYPE") != "tag":
        return
    tag = base.get("GITHUB_REF_NAME", "")
    tagged = _version_of(tag)
    if tagged is None:
        fix = "tag releases by version, such as v1.2 or demo-v1.2"
        raise BuildError("the git tag", f"{tag!r} names no version", fix)
    for name in names:
        version = parse_file_name(name).version
        if version and Version(version) != tagged:
            problem = f"its version is {version}, but the git tag says {tagged}"
            raise BuildError(name, problem, "set the version, then tag that commit")


def _version_of(tag: str) -> Version | None:
    """Return the version that a tag is, or ends in behind a word: v1.2, demo-1.2, py-v1.2, python/1.2."""
    for start in (0, *(match.end() for match in re.finditer(r"[-_/@]", tag))):
        with suppress(InvalidVersion):
            return Version(tag[start:])  # which accepts the v of v1.2
    return None


def _brought(settings: Settings, bundles: tuple[Path, ...]) -> list[Path]:
    """Return the wheels that the builder never stages anything for, and that are as some machine packed them."""
    packed = handover.packed(*bundles) if bundles else {}
    hashes = {PurePosixPath(path).name: digest for path, digest in packed.items() if path.startswith("dist/")}
    wheels = [file for file in sorted(settings.dist.glob("*.whl")) if not _may_be_staged(file.name)]
    return [file for file in wheels if hashes.get(file.name) == sha256(file.read_bytes()).hexdigest()]


def _may_be_staged(wheel: str) -> bool:
    platforms = [parse_platform(tag) for tag in parse_file_name(wheel).platforms]
    return any(one.is_any or one.libc == "glibc" for one in platforms)


def _current_stages(settings: Settings) -> Iterator[tuple[Stage, Target]]:
    """Return the stages of the configured floor."""
    for stage in staging.stages(settings.folder):
        target = toolchain.choose(find(stage.manifest.arch), settings.release.glibc)
        if stage.manifest.target == target.zigbuild:
            yield stage, target
