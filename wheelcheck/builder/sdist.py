"""Builds the sdist from a clean copy of the sources, checks its content, and unpacks it for the wheels."""

from __future__ import annotations

import shutil
import sys
import tarfile

from wheelcheck.binary import read_binary
from wheelcheck.builder import dist, run, sources
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.facts.headers import headers_of
from wheelcheck.records import replace
from wheelcheck.source import Bytes
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wheelcheck.config.builder import Settings

_INCLUDE = (
    "include every source of the payload in the sdist (setuptools: MANIFEST.in;"
    ' maturin: sdist-generator = "git" in [tool.maturin]; a new file: `git add`)'
)
_VERSION_VARIABLES = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PDM_BUILD_SCM_VERSION")  # hatch-vcs reads the first
_CARGO_FILES = ("Cargo.toml", "Cargo.lock", "build.rs", "rust-toolchain", "rust-toolchain.toml")


def build_command(tree: Path, out: Path, env: Mapping[str, str]) -> Command:
    """Return the command that builds the sdist of `tree` into `out`."""
    return Command((sys.executable, "-m", "build", "--sdist", "--outdir", str(out), str(tree)), tree, env)


def copy_sources(project: Path, tree: Path) -> None:
    """Copy a project's sources to `tree`, so that a backend cannot pack anything else.

    Backends pack whatever they find; setuptools even packs what an old egg-info lists. A link that leads out of the
    project is replaced by its target, because an sdist cannot hold such a link. Raises BuildError if the checkout is
    incomplete.
    """
    sources.require_checked_out(project)
    tree.mkdir(parents=True, exist_ok=True)
    for file in sources.files(project):
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        _copy(project / file, tree / file, project)
    if (project / ".git").exists():  # versions from tags: the copy is a second work tree of the same repository
        (tree / ".git").write_text(f"gitdir: {run.ask(project, 'rev-parse', '--absolute-git-dir').strip()}\n")


def known_version(project: Path) -> dict[str, str]:
    """Return the variables that tell a backend the version in PKG-INFO, if the sources are an unpacked sdist.

    The copy has no PKG-INFO, since maturin refuses one, nor a git tag that setuptools-scm, hatch-vcs or pdm could read.
    """
    file = project / "PKG-INFO"
    version = headers_of(file.read_text("utf-8")).get("Version") if file.is_file() else None
    return dict.fromkeys(_VERSION_VARIABLES, version.strip()) if version else {}


def _copy(file: Path, copy: Path, project: Path) -> None:
    if not file.is_symlink() or not file.exists() or file.resolve().is_relative_to(project.resolve()):
        shutil.copy2(file, copy, follow_symlinks=False)
    elif file.is_dir():
        shutil.copytree(file, copy, symlinks=True)
    else:
        shutil.copy2(file, copy)


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist that wheelcheck built and return its top folder. Raises BuildError for none or several."""
    with dist.reading(sdist), tarfile.open(sdist) as archive:
        # The recipe from PEP 706: Debian 12's Python has no filters, and wheelcheck made this archive itself.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(folder)  # noqa: S202
    tops = sorted(folder.iterdir())
    if len(tops) != 1:
        raise BuildError(sdist, f"it has {len(tops)} top folders, not one", "fix the build backend's configuration")
    return tops[0]


def require_sources_only(tree: Path) -> None:
    """Raise BuildError for native code in an unpacked sdist, whatever its name."""
    for file in sorted(path for path in tree.rglob("*") if path.is_file()):
        if binary := read_binary("", Bytes(file.read_bytes())):
            problem = f"a prebuilt {binary.format} file would be shipped in the sdist"
            raise BuildError(
                file.relative_to(tree), problem, "remove it from the sources, or exclude it from the sdist"
            )


def require_rust_sources(workspace: Path, unpacked: Path) -> None:
    """Raise BuildError for a Rust source or manifest of a workspace that is missing or different in its sdist."""
    wanted = [file for file in sources.files(workspace) if file.suffix == ".rs" or file.name in _CARGO_FILES]
    if not wanted:
        raise BuildError("sdist", f"{workspace} holds no Rust source", "fix workspace in [tool.wheelcheck.build]")
    require_files(workspace, unpacked, wanted)


def place_of(path: Path, tree: Path, settings: Settings) -> Path:
    """Return where a file or folder of the project is in a copy of it, or in the sdist that its backend packed.

    The top of an sdist is the project's root (maturin, for crates above the Python project) or the Python project.
    """
    place = tree / path.relative_to(settings.project)
    inside = path.is_relative_to(settings.packed) and not place.exists()
    return tree / path.relative_to(settings.packed) if inside else place


def settings_in(tree: Path, settings: Settings) -> Settings:
    """Return the settings of a project for its unpacked sdist, which need not hold their file."""

    def moved(place: str) -> str:
        found = place_of(settings.project / place, tree, settings)
        return found.relative_to(tree).as_posix() if place else ""

    payload = tuple(
        replace(one, workspace=moved(one.workspace), source=moved(one.source), directory=moved(one.directory))
        for one in settings.release.payload
    )
    workspace = place_of(settings.workspace, tree, settings)
    release = replace(settings.release, payload=payload)
    return replace(settings, project=tree, release=release, workspace=workspace, python_project=tree)


def rewritten_manifests(settings: Settings, unpacked: Path) -> dict[str, bytes]:
    """Return the project's own Cargo.toml and Cargo.lock files that are others in its sdist, by their path in it.

    maturin removes from `members` what its own crate does not need, and then cargo refuses the crates of the payload.
    """
    files = [one / file for one in settings.workspaces for file in sources.files(one)]
    ours = [file for file in files if file.name in ("Cargo.toml", "Cargo.lock")]
    places = {place: file for file in ours if (place := place_of(file, unpacked, settings)).is_file()}
    different = {place: file for place, file in places.items() if not _same(file, place)}
    return {place.relative_to(unpacked).as_posix(): file.read_bytes() for place, file in different.items()}


def require_files(folder: Path, unpacked: Path, files: Iterable[Path], below: Path | None = None) -> None:
    """Raise BuildError for a file, relative to `folder`, that is missing or different in the unpacked sdist.

    The top of the sdist is `folder`, or the folder `below` it.
    """

    def is_there(file: Path) -> bool:
        inside = below and file.is_relative_to(below) and _same(folder / file, unpacked / file.relative_to(below))
        return bool(inside) or _same(folder / file, unpacked / file)

    if wrong := [file.as_posix() for file in files if not is_there(file)]:
        raise BuildError("sdist", f"missing or different: {', '.join(wrong)} of {folder}", _INCLUDE)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()
