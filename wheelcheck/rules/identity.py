"""WC2xx: the file name says what the artifact is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.facts import Sdist, Wheel
from wheelcheck.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("WC201", on=Wheel)
def wheel_file_name_is_valid(wheel: Wheel) -> Iterator[Hit]:
    """The wheel's file name has a project, a version and tags that can be read.

    Installers choose by the file name alone; one they cannot read is never installed.

    Source: the binary distribution format (PyPA), file name convention.
    Remedy: let the build backend name the file.
    """
    if wheel.name.error:
        yield Hit("", f"{wheel.name.error}; expected NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl")


@rule("WC202", on=Sdist)
def sdist_file_name_is_valid(sdist: Sdist) -> Iterator[Hit]:
    """The sdist's file name has a project and a version that can be read.

    Source: PEP 625.
    Remedy: let the build backend name the file.
    """
    if sdist.name.error:
        yield Hit("", f"{sdist.name.error}; expected NAME-VERSION.tar.gz")
