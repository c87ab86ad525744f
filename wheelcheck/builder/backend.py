"""Runs the project's build backend (PEP 517), for a whole wheel or only for the metadata of one.

A backend knows which Python ABI it compiled for. A project whose wheels hold nothing but programs (maturin's
`bindings = "bin"`) needs no compiled code from it: the backend would build the same programs again, for this machine's
CPU and C library. `prepare_metadata_for_build_wheel` returns everything else.

This module imports the package `build`, which a cibuildwheel container does not have; `wheel` does not need it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING
from zipfile import ZipFile

from build import BuildBackendException, BuildException, ProjectBuilder
from build.env import DefaultIsolatedEnv
from packaging.tags import parse_tag

from wheelcheck.builder import run as process
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.facts.dist_info import headers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelcheck.builder.run import Log
    from wheelcheck.builder.wheel import Pair


def build_command(tree: Path, out: Path, env: Mapping[str, str]) -> Command:
    """Return the command that builds the backend's own wheel of `tree` into `out`."""
    return Command((sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(tree)), tree, env)


def require_buildable(pair: Pair, *, cross: bool) -> None:
    """Raise BuildError for an interpreter and ABI that this interpreter cannot compile for.

    The ABIs abi3 and none work in every later interpreter. Any other needs the same interpreter on the same CPU.
    """
    running = f"cp{sys.version_info.major}{sys.version_info.minor}"
    subject = f"python {'-'.join(pair)}"
    fix = f"build it under {pair[0]}, or use cibuildwheel, which builds one wheel per Python"
    if pair[1] not in ("abi3", "none") and (pair[0] != running or cross):
        raise BuildError(subject, f"{running} cannot compile for it{' for another CPU' if cross else ''}", fix)
    if pair[1] == "abi3" and _minor(pair[0]) > sys.version_info.minor:
        raise BuildError(subject, f"{running} is too old to compile for it", fix)


def metadata_only_wheel(tree: Path, out: Path, env: Mapping[str, str], log: Log) -> Path:
    """Return a wheel in `out` that holds the .dist-info which the backend of `tree` prepares. Raises BuildError."""

    def run(cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        process.run(Command(tuple(cmd), Path(cwd or tree), {**env, **(extra_environ or {})}), log)

    try:
        with DefaultIsolatedEnv() as isolated:
            builder = ProjectBuilder.from_isolated_env(isolated, tree, runner=run)
            isolated.install(builder.build_system_requires)
            isolated.install(builder.get_requires_for_build("wheel"))
            prepared = builder.prepare("wheel", out)
    except (BuildException, BuildBackendException, CalledProcessError) as problem:
        failure = f"the build backend could not prepare the metadata: {problem}\n{_output(problem)}".strip()
        raise BuildError(tree, failure, "fix the build backend's configuration") from problem
    if prepared is None:
        fix = 'remove wheel = "payload" from tool.wheelcheck.build'
        raise BuildError(tree, "its build backend has no prepare_metadata_for_build_wheel", fix)
    return _zipped(Path(prepared))


def _zipped(folder: Path) -> Path:
    """Write a prepared .dist-info folder as a wheel beside it, named for the tags in its WHEEL file."""
    file = folder / "WHEEL"
    texts = headers_of(file.read_text("utf-8")).get_all("Tag", []) if file.is_file() else []
    tags = [tag for text in texts for tag in parse_tag(text)]
    if not tags:
        raise BuildError(folder, "the build backend prepared no WHEEL file with a Tag", "update the build backend")
    sets = (sorted({getattr(tag, part) for tag in tags}) for part in ("interpreter", "abi", "platform"))
    name = "-".join([folder.name.removesuffix(".dist-info"), *(".".join(one) for one in sets)])
    wheel = folder.with_name(f"{name}.whl")
    with ZipFile(wheel, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent).as_posix())
    return wheel


def _minor(python: str) -> int:
    return int(python.removeprefix("cp3") or 0)


def _output(problem: Exception) -> str:
    """Return what a failed pip wrote; `build` does not show it."""
    streams = (getattr(problem, name, None) or b"" for name in ("stdout", "stderr"))
    return "".join(text.decode(errors="replace") if isinstance(text, bytes) else str(text) for text in streams)
