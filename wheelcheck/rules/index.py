"""WC208: the index accepts the wheel, and installers ask for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

# PyPI takes linux_ tags for the ARM boards that have no manylinux of their own, and for no other CPU.
_REFUSED = re.compile(r"linux_(?!armv6l$|armv7l$).*|macosx_(?:1[1-9]|[2-9]\d)_[1-9]\d*_.*")


@rule("WC208", on=Wheel)
def every_platform_tag_can_be_published_and_installed(wheel: Wheel) -> Iterator[Hit]:
    """Each platform tag is one that PyPI accepts and installers look for.

    PyPI refuses linux_x86_64 and its like, which promise nothing about the C library. From macOS 11 on installers ask
    for `macosx_N_0` only: no pip ever installs a macosx_12_3 wheel.

    Source: PEP 600, PEP 656; packaging.tags.mac_platforms.
    Remedy: `auditwheel repair` or `cargo zigbuild` with a floor; MACOSX_DEPLOYMENT_TARGET=12.0.
    """
    for platform in wheel.platforms:
        if _REFUSED.fullmatch(platform.tag):
            yield Hit("", f"found platform tag {platform.tag}, expected manylinux, musllinux or macosx_N_0")
