"""A wheel of metadata alone, from a backend that is never asked to compile; the bench lays the payload into it.

For projects whose wheels hold nothing but programs (maturin's `bindings = "bin"`): their backend would compile the
same programs once more, for this machine's CPU and C library. PEP 517's prepare_metadata_for_build_wheel has all else.
"""

from __future__ import annotations

from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING
from zipfile import ZipFile

from build import BuildBackendException, BuildException, ProjectBuilder
from build.env import DefaultIsolatedEnv
from packaging.tags import parse_tag

from wheelcheck.build import process
from wheelcheck.build.failure import BenchError
from wheelcheck.build.process import Command
from wheelcheck.metadata import headers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelcheck.build.process import Log


def build(tree: Path, out: Path, env: Mapping[str, str], log: Log) -> Path:
    """Return a wheel in `out` that holds the .dist-info the backend of `tree` prepares. Raises BenchError."""

    def run(cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        process.run(Command(tuple(cmd), Path(cwd or tree), {**env, **(extra_environ or {})}), log)

    try:
        with DefaultIsolatedEnv() as isolated:
            builder = ProjectBuilder.from_isolated_env(isolated, tree, runner=run)
            isolated.install(builder.build_system_requires)
            isolated.install(builder.get_requires_for_build("wheel"))
            prepared = builder.prepare("wheel", out)
    except (BuildException, BuildBackendException, CalledProcessError) as problem:
        told = f"{problem}\n{_output(problem)}".strip()
        raise BenchError(tree, told, "metadata from its build backend", "mend what it says") from problem
    if prepared is None:
        remedy = 'remove wheel = "payload" from tool.wheelcheck.build'
        raise BenchError(tree, "a backend without prepare_metadata_for_build_wheel", "one with it", remedy)
    return pack(Path(prepared))


def _output(problem: Exception) -> str:
    """Return what a pip that failed wrote, which `build` keeps to itself."""
    streams = (getattr(problem, name, None) or b"" for name in ("stdout", "stderr"))
    return "".join(text.decode(errors="replace") if isinstance(text, bytes) else str(text) for text in streams)


def pack(folder: Path) -> Path:
    """Write a prepared .dist-info folder as a wheel beside it, named for the tags in its WHEEL. Raises BenchError."""
    file = folder / "WHEEL"
    texts = headers_of(file.read_text("utf-8")).get_all("Tag", []) if file.is_file() else []
    tags = [tag for text in texts for tag in parse_tag(text)]
    if not tags:
        raise BenchError(folder, "no WHEEL with a Tag", "a whole .dist-info (PEP 517)", "update the build backend")
    sets = (sorted({getattr(tag, part) for tag in tags}) for part in ("interpreter", "abi", "platform"))
    wheel = folder.parent / "-".join([folder.name.removesuffix(".dist-info"), *(".".join(one) for one in sets)])
    wheel = wheel.with_name(f"{wheel.name}.whl")
    with ZipFile(wheel, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent).as_posix())
    return wheel
