"""Wheels: the backend compiles from the unpacked sdist, the bench lays in the staged tree and sets the platform tag.

A backend knows which Python ABI it compiled for; the bench knows the CPU and the floor it made the backend compile
for. So interpreter and ABI tag must be what the configuration says, and the platform tag is the target's. The staged
binaries never pass through a backend: each would need its own settings, and several would pack them into an sdist.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from packaging.utils import parse_wheel_filename

from wheelcheck.build.failure import BenchError
from wheelcheck.build.process import Command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelcheck.build.targets import Target

Pair = tuple[str, str]


def build_command(tree: Path, out: Path, env: Mapping[str, str]) -> Command:
    """Return the command that builds the backend's own wheel of `tree` into `out`."""
    return Command((sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(tree)), tree, env)


def require_buildable(pair: Pair, *, cross: bool) -> None:
    """Raise BenchError for an interpreter and ABI that this interpreter cannot compile for.

    abi3 and none serve any later interpreter; another ABI needs that very interpreter, on that very CPU.
    """
    running = f"cp{sys.version_info.major}{sys.version_info.minor}"
    name, remedy = "-".join(pair), "run under that interpreter, or use cibuildwheel for one wheel per Python"
    if pair[1] not in ("abi3", "none") and (pair[0] != running or cross):
        raise BenchError(f"python {name}", f"{running}{' on another CPU' if cross else ''}", name, remedy)
    if pair[1] == "abi3" and _minor(pair[0]) > sys.version_info.minor:
        raise BenchError(f"python {name}", running, f"{pair[0]} or later", remedy)


def tagged_name(built: str, pair: Pair, target: Target) -> str:
    """Return the name a backend's wheel gets. Raises BenchError where it was built for another Python or CPU."""
    tags = parse_wheel_filename(built)[3]
    found = {(tag.interpreter, tag.abi) for tag in tags}
    expected = {(python, pair[1]) for python in pair[0].split(".")}
    if not expected <= found:  # hatchling's py2.py3 may be narrowed to py3; nothing may be widened
        remedy = "make the backend and tool.wheelcheck.python agree (setuptools: bdist_wheel's py_limited_api)"
        raise BenchError(built, "/".join(sorted(map("-".join, found))), "-".join(pair), remedy)
    return f"{built.rsplit('-', 3)[0]}-{'-'.join(pair)}-{target.platform_tag}.whl"


def _minor(python: str) -> int:
    return int(python.removeprefix("cp3") or 0)
