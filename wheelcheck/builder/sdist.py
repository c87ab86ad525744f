"""The sdist: from a clean copy of the sources, checked for what it must hold, unpacked for the wheels."""

from __future__ import annotations

import shutil
import sys
import tarfile
from typing import TYPE_CHECKING

from wheelcheck.binary import read_binary
from wheelcheck.builder import run, sources
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_GENERATED = shutil.ignore_patterns(  # PKG-INFO: the sources may be an unpacked sdist, and maturin refuses a second one
    *("build", "dist", "target", "__pycache__", "*.egg-info", "PKG-INFO", "*.so"),
    *(".git", ".nox", ".tox", ".venv", ".*_cache"),
)
_INCLUDE = "include every source of the payload in the sdist (setuptools: MANIFEST.in)"
_CARGO_FILES = ("Cargo.toml", "Cargo.lock", "build.rs", "rust-toolchain", "rust-toolchain.toml")


def build_command(tree: Path, out: Path, env: Mapping[str, str]) -> Command:
    """Return the command that builds the sdist of `tree` into `out`."""
    return Command((sys.executable, "-m", "build", "--sdist", "--outdir", str(out), str(tree)), tree, env)


def copy_sources(project: Path, tree: Path) -> None:
    """Copy a project's sources to `tree`: what git tracks or would track, else all but what tools generate.

    A backend packs what it finds (setuptools even what an old egg-info lists), so it must find nothing else.
    """
    files = _git_files(project)
    if files is None:
        shutil.copytree(project, tree, symlinks=True, ignore=_GENERATED)
        return
    for file in files:
        if (project / file).is_file() or (project / file).is_symlink():
            (tree / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project / file, tree / file, follow_symlinks=False)
    if (project / ".git").exists():  # versions from tags: the copy is a second work tree of the same repository
        (tree / ".git").write_text(f"gitdir: {run.ask(project, 'rev-parse', '--absolute-git-dir').strip()}\n")


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist this bench built and return its top folder. Raises BuildError unless there is exactly one."""
    with tarfile.open(sdist) as archive:
        # PEP 706's own recipe: Debian 12's Python has no filters, and the bench made this archive itself
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(folder)  # noqa: S202
    tops = sorted(folder.iterdir())
    if len(tops) != 1:
        raise BuildError(sdist, f"it holds {len(tops)} top folders, not one", "fix the build backend's configuration")
    return tops[0]


def require_sources_only(tree: Path) -> None:
    """Raise BuildError for native code in an unpacked sdist, whatever it is called."""
    for file in sorted(path for path in tree.rglob("*") if path.is_file()):
        if binary := read_binary("", Bytes(file.read_bytes())):
            problem = f"a prebuilt {binary.format} file would be shipped in the sdist"
            raise BuildError(
                file.relative_to(tree), problem, "remove it from the sources, or exclude it from the sdist"
            )


def require_rust_sources(workspace: Path, unpacked: Path) -> None:
    """Raise BuildError for a Rust source or manifest of a workspace that its unpacked sdist does not hold as it is."""
    wanted = [file for file in sources.files(workspace) if file.suffix == ".rs" or file.name in _CARGO_FILES]
    wrong = [file.as_posix() for file in wanted if not _same(workspace / file, unpacked / file)]
    if wrong or not wanted:
        problem = (
            f"missing or different: {', '.join(wrong)} of {workspace}" if wrong else f"{workspace} holds no Rust source"
        )
        raise BuildError("sdist", problem, _INCLUDE)


def require_files(project: Path, unpacked: Path, files: Iterable[Path]) -> None:
    """Raise BuildError for a file of the project that its unpacked sdist does not hold as it is."""
    inside = [file.relative_to(project) for file in files]
    if wrong := [file.as_posix() for file in inside if not _same(project / file, unpacked / file)]:
        raise BuildError("sdist", f"missing or different: {', '.join(wrong)}", _INCLUDE)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _git_files(project: Path) -> list[str] | None:
    listed = run.ask(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return [name for name in listed.split("\0") if name] or None
