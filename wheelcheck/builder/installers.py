"""Finds a pip or uv of this machine that installs into a virtual environment without a pip of its own.

To make an environment with pip takes seconds, several times as long as everything else that is done for a small wheel.
"""

from __future__ import annotations

import shutil
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# How pip and uv say that the Python or the C library of a machine does not suit the tags of a wheel.
REFUSALS = ("is not a supported wheel on this platform", "incompatible with the current platform")
_PIP_WITH_PYTHON = Version("22.3")  # since when it has --python
_OLDEST_OF_UV = (3, 8)


def installing_into(
    python: Path, version: tuple[int, int], base: Mapping[str, str], *, emulated: bool
) -> tuple[str, ...]:
    """Return the beginning of a command that installs into the environment of `python`; empty if none here can.

    pip is what most users have, but it runs in that Python, and an emulated one is slow. uv runs in none.
    """
    found = [own_pip(version, "--python", str(python)), _uv(python, version, base)]
    return next(filter(None, reversed(found) if emulated else found), ())


def own_pip(version: tuple[int, int], *options: str) -> tuple[str, ...]:
    """Return the command of this Python's pip, if it has one that a Python of `version` can run; otherwise nothing.

    It is named by its folder: `-m pip` would find no pip of the user's own, which is hidden from what is started.
    """
    found = find_spec("pip")
    if not found or not found.origin:
        return ()
    about = metadata.metadata("pip")
    serves = SpecifierSet(about["Requires-Python"] or "").contains("{}.{}.99".format(*version))
    pip = (sys.executable, "-I", str(Path(found.origin).parent))
    return (*pip, *options, "install") if serves and serves_others() else ()


def serves_others() -> bool:
    """Return whether this Python has a pip that installs for another Python."""
    try:
        return Version(metadata.version("pip")) >= _PIP_WITH_PYTHON
    except metadata.PackageNotFoundError:
        return False


def _uv(python: Path, version: tuple[int, int], base: Mapping[str, str]) -> tuple[str, ...]:
    uv = base.get("UV") or shutil.which("uv", path=base.get("PATH", ""))  # `uvx` and `uv run` name themselves in UV
    if not uv or version < _OLDEST_OF_UV:
        return ()
    return (uv, "pip", "install", "--python", str(python))


def of_environment(python: Path) -> tuple[str, ...]:
    """Return the beginning of a command by which the environment's own pip installs into it."""
    return (str(python), "-I", "-m", "pip", "install")
