"""The programs and C libraries of crates that no build backend builds: wheelcheck adds them to the wheel."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from wheelcheck.config import Payload
from wheelcheck.init import package
from wheelcheck.init.crates import BINDINGS, OTHER_BINDINGS, Workspace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelcheck.config.fields import PayloadKind
    from wheelcheck.init.crates import Crate
    from wheelcheck.init.project import Project

_DEEPEST = 3  # folders between the project and a Cargo.toml
_OF_DEVELOPMENT = frozenset({"test", "tests", "testing", "example", "examples", "bench", "benches", "benchmark",
                             "benchmarks", "fuzz", "xtask", "fixture", "fixtures", "mock", "testdata"})  # fmt: skip
_NOT_SOURCES = frozenset({"target", "build", "dist", "vendor", "third_party", "node_modules", "venv", "site-packages"})
# Libraries of crates with these are for WebAssembly, Node.js, Java, Ruby, Erlang, PHP and R.
_FOR_OTHERS = frozenset({"wasm-bindgen", "napi", "neon", "jni", "magnus", "rustler", "ext-php-rs", "extendr-api"})
# What starts a build of Go, Zig, C or C++: nothing that packs Python calls one of these by itself.
_BUILDS = frozenset(
    {"go.mod", "build.zig", "CMakeLists.txt", "meson.build", "configure.ac", "WORKSPACE", "MODULE.bazel"}
)
_FIX = "write [[tool.wheelcheck.payload]] yourself"


def found(project: Project, name: str, folder: Path | None) -> tuple[Payload, ...]:
    """Return what cargo builds for the wheel of the package `name`, by the workspaces of the project in order.

    Raises UnknownError for crates of which it is not clear what they are for.
    """
    listed = [one for workspace in _workspaces(project) for one in _of(project, workspace, name, folder)]
    paths = [one.path for one in listed]
    if twice := next((path for path in paths if paths.count(path) > 1), ""):
        crates = " and ".join(one.package for one in listed if one.path == twice)
        raise project.unknown(f"which of the crates {crates} gives {twice}", _FIX)
    named = {project.name, name, *(package.names_in(folder) if folder else ())}
    return tuple(
        one for kind in _FOLDERS for one in _wanted(project, [one for one in listed if one.kind == kind], named)
    )


def require_nothing_else(project: Project) -> None:
    """Raise UnknownError for sources of other languages: something builds them, and it may be for the wheel."""
    for depth in range(_DEEPEST):
        for file in sorted(project.folder.glob("*/" * depth + "*")):
            inside = file.parent.relative_to(project.folder).parts
            if file.name in _BUILDS and not any(_is_left_out(part) for part in inside):
                place = file.relative_to(project.folder).as_posix()
                fix = "if it is for the wheel, declare it in [[tool.wheelcheck.payload]] with command = [...]"
                raise project.unknown(f"what is built from {place}, which {project.backend} does not build", fix)


def _wanted(project: Project, listed: list[Payload], named: set[str]) -> list[Payload]:
    """Return those that the package needs: those that its code names, and one that is called as the project is.

    A repository also holds programs that are not for the Python package, and their crates look like any other.
    """
    wanted = [one for one in listed if not named.isdisjoint({one.name, PurePosixPath(one.path).name})]
    if listed and not wanted:
        names = ", ".join(one.name for one in listed)
        what = f"whether the wheel needs what the crates give ({names}): the code of the package does not name it"
        raise project.unknown(what, _FIX)
    return wanted


def _workspaces(project: Project) -> Iterator[Workspace]:
    """Yield each Cargo workspace of the project once, those nearest to its root first."""
    seen: set[Path] = set()
    for depth in range(_DEEPEST):
        for manifest in sorted(project.folder.glob("*/" * depth + "Cargo.toml")):
            inside = manifest.parent.relative_to(project.folder).parts
            if manifest.resolve() in seen or any(_is_left_out(part) for part in inside):
                continue
            workspace = Workspace.read(manifest)
            seen |= {crate.manifest.resolve() for crate in workspace.crates} | {manifest.resolve()}
            yield workspace


def _is_left_out(folder: str) -> bool:
    return folder.startswith(".") or folder in _NOT_SOURCES or _is_of_development(folder)


def _of(project: Project, workspace: Workspace, package_name: str, folder: Path | None) -> Iterator[Payload]:
    project.require_inside(workspace.outside(project.folder), "the workspace or dependency")
    place = workspace.root.relative_to(project.folder).as_posix()
    for crate in workspace.default:
        _require_known(project, crate)
        inside = crate.manifest.parent.relative_to(workspace.root).parts
        if any(_is_of_development(one) for one in (crate.name, *inside)):
            continue
        for kind, name, file in _files(project, crate):
            home = (package.place_of(project, folder, file) if folder else "") or f"{package_name}/{_FOLDERS[kind]}"
            yield Payload(name, kind, f"{home}/{file}", crate.name, place)


_FOLDERS = {"executable": "bin", "library": "lib"}


def _files(project: Project, crate: Crate) -> Iterator[tuple[PayloadKind, str, str]]:
    """Yield kind, cargo's name and file name of what a crate gives."""
    for name in crate.programs(crate.defaults):
        if crate.is_freestanding(name):
            what = f"what the program {name} is for: it runs on no operating system (`no_main`), as eBPF programs do"
            raise project.unknown(what, _FIX)
        if not _is_of_development(name):
            yield "executable", name, name
    for target in () if _FOR_OTHERS & crate.needs(crate.defaults) else crate.libraries:
        yield "library", target["name"], f"lib{target['name'].replace('-', '_')}.so"


def _require_known(project: Project, crate: Crate) -> None:
    """Raise UnknownError for an extension module that the build backend does not know of."""
    bindings = {*BINDINGS, *OTHER_BINDINGS} & crate.needs(crate.defaults)
    if crate.libraries and bindings:
        what = f"who builds the extension module of the crate {crate.name} ({min(bindings)}): not {project.backend}"
        raise project.unknown(what, "let maturin or setuptools-rust build it")


def _is_of_development(name: str) -> bool:
    return not _OF_DEVELOPMENT.isdisjoint(re.split(r"[-_.]", name.lower()))
