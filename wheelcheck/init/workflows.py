"""What `init` writes below .github: templates, filled with what the project and its repository need."""

from __future__ import annotations

import re
from importlib import resources

from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelcheck.init.survey import Survey

WHEELS = ".github/workflows/wheels.yml"
RELEASE = ".github/workflows/release.yml"
ACTION = ".github/actions/build-binaries/action.yml"
_TOOLCHAINS = ("rust-toolchain.toml", "rust-toolchain")
_PYTHON = 13  # the minor version of the Python that runs nox


@dataclass(frozen=True, slots=True)
class Needs:
    """What the workflows of a project need beyond those of any other.

    `folder` is the project's place below the repository's root; `cargo`: cargo is called; `rust` are the folders, also
    below that root, whose pinned toolchains rustup has to install; `cross`: some CPU has no machine of its own, so
    Rust's library for it must be added. `python` is the minor version of the Python to build with, `others` are more
    versions that wheels are built with, `dist` is the folder of what is finished. `elsewhere`: wheels for macOS,
    Windows or musl are built as well, by cibuildwheel; `containers`: so are those for Linux. Without `sdist` the
    release has none, and wheels are built from the checkout. `tags` is what the tags of releases begin with.
    """

    folder: str = "."
    branch: str = "main"
    submodules: bool = False
    history: bool = False
    lfs: bool = False
    cargo: bool = False
    rust: tuple[str, ...] = ()
    cross: bool = False
    python: int = _PYTHON
    dist: str = "dist"
    others: tuple[str, ...] = ()
    elsewhere: bool = False
    containers: bool = False
    sdist: bool = True
    tags: str = "v"

    @classmethod
    def of(cls, found: Survey) -> Needs:
        """Return what a project needs that was surveyed."""
        around = found.repository
        main, others = _pythons(found)
        return cls(
            found.home.relative_to(around.top).as_posix(),
            around.branch,
            around.submodules,
            around.history,
            around.lfs,
            found.needs_rust,
            _pinned(found),
            found.needs_rust and found.cross_builds,
            main,
            others=others,
            elsewhere=found.builds_elsewhere,
            containers=found.in_containers,
            sdist=found.builds_sdist,
            tags=around.tags,
        )


def _pinned(found: Survey) -> tuple[str, ...]:
    """Return the folders of the toolchains that are pinned for the workspaces of a project, below the root."""
    if not found.needs_rust:
        return ()
    top = found.repository.top
    workspaces = dict.fromkeys((found.workspace, *(one.workspace for one in found.payload if one.workspace)))
    places = (_nearest(found.project.folder / place, top) for place in workspaces)
    return tuple(dict.fromkeys(place.relative_to(top).as_posix() for place in places if place))


def _nearest(folder: Path, top: Path) -> Path | None:
    """Return the folder, or the nearest above it up to `top`, that pins a toolchain."""
    folders = (one for one in (folder, *folder.parents) if one.is_relative_to(top))
    return next((one for one in folders if any((one / name).is_file() for name in _TOOLCHAINS)), None)


def _pythons(found: Survey) -> tuple[int, tuple[str, ...]]:
    """Return the minor version of the Python that runs nox, and the versions of others that wheels are built with.

    If the tag of a wheel for the stable ABI is that of the Python which builds it, that is the one to run.
    """
    if found.in_containers:
        return _PYTHON, ()
    names = found.compiled.python
    stable = [int(one[1]) for name in names if (one := re.fullmatch(r"cp3(\d+)-abi3", name))]
    if not found.compiled.needs_each_python:
        return max(_PYTHON, *stable, 0), ()
    if len(stable) == len(names):
        return max(stable), ()
    each = [re.sub(r"^(?:cp3\d+-)?cp3(\d+)(t?)$", r"3.\1\2", name) for name in names if not name.endswith("-abi3")]
    main = max(_PYTHON, *stable, 0)
    return main, tuple(one for one in each if one != f"3.{main}")


def texts(needs: Needs, wheels: str = WHEELS, action: str = ACTION) -> dict[str, str]:
    """Return the files by path. `wheels` and `action` are where those are that others call."""
    return {
        wheels: _filled("wheels.yml", needs, action),
        RELEASE: _filled("release.yml", needs, wheels),
        action: _filled("build-binaries.yml", needs),
    }


def gate(folder: str = ".") -> str:
    """Return the workflow of the gate alone."""
    return _filled("gate.yml", Needs(folder))


def template(name: str) -> str:
    """Return a template by its file name."""
    return (resources.files("wheelcheck.init") / "templates" / name).read_text("utf-8")


def _filled(name: str, needs: Needs, called: str = "") -> str:
    """Fill in a template: words between @ are replaced, and lines of which nothing is left go."""
    below = "" if needs.folder == "." else f"{needs.folder}/"
    checkout = [
        *(["submodules: recursive"] if needs.submodules else []),
        *(["fetch-depth: 0"] if needs.history else []),
        *(["lfs: true"] if needs.lfs else []),
    ]
    rust = [line for one in needs.rust for line in ("- run: rustup toolchain install", f"  working-directory: {one}")]
    filled = {
        "@BRANCH@": needs.branch,
        "@TAGS@": "v*" if needs.tags == "v" else f"{needs.tags}[0-9]*",
        "@BELOW@": below,
        "@DIST@": needs.dist,
        "@PYTHON@": f"3.{needs.python}",
        "@CALLED@": called.removesuffix("/action.yml"),
        "@WHERE@": f"working-directory: {needs.folder}" if below else "",
        "@ALSO@": ", elsewhere" if needs.elsewhere else "",
        "@AFTER@": ", sdist" if needs.sdist else "",
    }
    pythons = [f'python-version: "3.{needs.python}"']
    if needs.others:  # the last one is that of `python`
        pythons = ["python-version: |", *(f"  {one}" for one in (*needs.others, f"3.{needs.python}"))]
    lists = {
        "@PYTHONS@": pythons,
        "@CHECKOUT@": checkout,
        "@RUST@": rust,
        "@TARGET@": _target(needs),
        "@CACHED@": _cached(needs, below),
        "@OUTPUT@": ["elsewhere: ${{ steps.plan.outputs.elsewhere }}"] if needs.elsewhere else [],
        "@DEFAULTS@": ["defaults:", "  run:", f"    working-directory: {needs.folder}", ""] if below else [],
    }
    return _with(filled, lists, _whole(name, needs))


def _with(words: Mapping[str, str], blocks: Mapping[str, list[str]], whole: str) -> str:
    """Put texts in place of words, and lines in place of a line that is one word; lines that become empty go."""
    lines = []
    for line in whole.splitlines():
        mark = line.strip()
        if mark in blocks:
            lines += [f"{line[: -len(mark)]}{one}" if one else "" for one in blocks[mark]]
            continue
        for word, text in words.items():
            line = line.replace(word, text)  # noqa: PLW2901
        if line.strip() or not mark:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _whole(name: str, needs: Needs) -> str:
    """Return a template with the jobs and steps that only some projects need."""
    text = template(name)
    for mark, job, wanted in (
        ("@SDIST@\n", "sdist.yml", needs.sdist),
        ("@ELSEWHERE@\n", "elsewhere.yml", needs.elsewhere),
        ("      @BUNDLE@\n", "bundle.yml", needs.sdist),
    ):
        text = text.replace(mark, template(job) if wanted else "")
    return text


def _cached(needs: Needs, below: str) -> list[str]:
    """Return what is kept between runs: zig's C library, and what cargo downloaded and compiled."""
    cargo = ["registry/cache", "registry/index", "git/db"] if needs.cargo else []
    compiled = ["cargo", "backend/*/cargo"] if needs.cargo else []
    built = f"{below}{needs.dist.removesuffix('dist')}build/wheelcheck"
    folders = [f"~/.cargo/{one}" for one in cargo] + [f"{built}/{one}" for one in compiled]
    return ["path: |", *(f"  {one}" for one in ("~/.cache/zig", *folders))]


def _target(needs: Needs) -> list[str]:
    """Return the step that installs Rust's library for the CPU of a job on a machine with another one."""
    if not needs.cross:
        return []
    where = [f"  working-directory: {needs.rust[0]}"] if needs.rust else []
    return [
        '- run: rustup target add "$RUST_TARGET"',
        *where,
        "  env:",
        "    RUST_TARGET: ${{ matrix.rust }}",
    ]
