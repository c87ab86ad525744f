"""WC208: the index accepts the wheel, and installers ask for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import without_readable_tags
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.platforms.tags import Platform

_MINOR_MACOS = re.compile(r"macosx_(?:1[1-9]|[2-9]\d)_[1-9]\d*_.*")


@rule("WC208", on=Wheel, needs=without_readable_tags)
def every_platform_tag_can_be_published_and_installed(wheel: Wheel) -> Iterator[Hit]:
    """Each platform tag is one that PyPI accepts and installers look for.

    PyPI refuses linux_x86_64 and similar tags, which promise nothing about the C library, and tags for CPUs that are
    not on its list, such as loongarch64. From macOS 11 on installers ask for `macosx_N_0` only: no pip ever installs a
    macosx_12_3 wheel. No pip looks for manylinux_2_17_armv6l either.

    Source: PEP 600, PEP 656; PyPI's list of platform tags; `packaging.tags` (mac_platforms, _manylinux, _musllinux).
    Remedy: `auditwheel repair` or `cargo zigbuild` with a floor; MACOSX_DEPLOYMENT_TARGET=12.0. For an index of your
    own that accepts the tag, ignore this code with a reason.
    """
    for platform in wheel.platforms:
        if problem := _problem(platform):
            yield Hit("", f"found platform tag {platform.tag}, {problem}")


def _problem(platform: Platform) -> str:
    """Say why nobody publishes or installs a wheel with this tag; empty text where both are possible."""
    if platform.family == "linux" and not platform.is_taken_by_pypi:
        return "expected manylinux or musllinux: PyPI refuses it"
    if _MINOR_MACOS.fullmatch(platform.tag):
        return "expected macosx_N_0: no installer looks for a minor version"
    if not platform.is_taken_by_pypi:
        return f"expected one for a CPU whose {platform.family} wheels PyPI accepts"
    return "" if platform.is_looked_for_by_pip else "expected one that an installer looks for"
