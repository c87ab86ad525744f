"""The oldest platform tag that the binaries of a wheel really serve."""

from __future__ import annotations

from wheelcheck.facts.fit import native_code
from wheelcheck.facts.floors import needed, promised
from wheelcheck.patterns import regex
from wheelcheck.platforms.manylinux import policy_floors
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.records import replace
from wheelcheck.rules.linux import unoffered
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Wheel
    from wheelcheck.platforms.tags import Platform

    Version = tuple[int, ...]

_MACOS = regex(r"macosx_[0-9]+_[0-9]+_(?P<cpu>\w+)")
_FIRST_YEARLY_MACOS = 11  # from here on installers ask for macosx_N_0 only


def with_raised_tags(wheel: Wheel, paths: Collection[str]) -> str:
    """Return the file name with each platform tag raised that promises older systems than the files at `paths` need.

    Tags that become equal are one. A tag for which nothing newer helps stays, so that the rules still refuse it.
    """
    stem, _, platforms = wheel.file.removesuffix(".whl").rpartition("-")
    return f"{stem}-{'.'.join(dict.fromkeys(_raised(tag, wheel, paths) for tag in platforms.split('.')))}.whl"


def _raised(tag: str, wheel: Wheel, paths: Collection[str]) -> str:
    only = replace(wheel.name, tags=tuple(each for each in wheel.name.tags if each.platform == tag))
    code = native_code(replace(wheel, name=only), "linux", "macos")
    slices = [slice_ for member, slice_, _ in code if member.path in paths]
    platform = parse_platform(tag)
    if not (platform.floor and slices):
        return tag
    return _for_macos(tag, slices, platform) if platform.system == "macos" else _for_linux(slices, platform)


def _for_macos(tag: str, slices: list[Slice], platform: Platform) -> str:
    needs = [found for slice_ in slices if (found := needed(slice_, platform)) > promised(slice_, platform)]
    parts = _MACOS.fullmatch(tag)
    if not needs or not parts:
        return tag
    major, minor = max(needs)
    return f"macosx_{major}_{0 if major >= _FIRST_YEARLY_MACOS else minor}_{parts['cpu']}"


def _for_linux(slices: list[Slice], platform: Platform) -> str:
    """Return the tag of the oldest C library that is new enough, with libraries that offer what the code needs."""
    least = max([platform.floor, *(_as_floor(needed(slice_, platform)) for slice_ in slices)])
    for floor in sorted({least, *policy_floors(platform.libc)}):
        candidate = replace(platform, tag=_linux_tag(platform, floor), floor=floor)
        if floor >= least and not any(unoffered(slice_, candidate) for slice_ in slices):
            return platform.tag if floor == platform.floor else candidate.tag
    return platform.tag


def _as_floor(version: Version) -> Version:
    """Return major and minor version; a patch level, which no tag can name, needs the next minor version."""
    return (version[0], version[1] + any(version[2:])) if len(version) > 1 else version


def _linux_tag(platform: Platform, floor: Version) -> str:
    return f"{'musllinux' if platform.libc == 'musl' else 'manylinux'}_{floor[0]}_{floor[1]}_{platform.arches[0]}"
