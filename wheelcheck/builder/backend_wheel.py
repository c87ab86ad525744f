"""The wheel that a project's build backend makes for one Python and one target, and what is kept for the next run.

    build/wheelcheck/backend/<target>/compilers/      the scripts and files of `compilers`
    build/wheelcheck/backend/<target>/cargo/          cargo's target folder, so that crates are compiled once
    build/wheelcheck/backend/<target>/wheels/<pair>/  the backend's last wheel, and what it depends on

Backends start in a new folder each time, where CMake and meson compile everything again. So the whole wheel is kept,
and used again as long as all that it depends on is the same. Newer versions of what the backend requires do not count.
"""

from __future__ import annotations

import shutil
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from wheelcheck import __version__
from wheelcheck.builder import any_machine, backend, build_scripts, compilers, reproducible, run
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.builder.interpreters import Interpreter
    from wheelcheck.builder.run import Log
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.builder.wheel import Pair
    from wheelcheck.config.builder import Settings

_RECIPE = "recipe.txt"


@dataclass(frozen=True, slots=True)
class BackendWheel:
    """What the backend is asked for: a wheel for `pair`, made by `python` in the environment `base`, for `target`."""

    settings: Settings
    target: Target
    pair: Pair
    python: Interpreter
    base: Mapping[str, str]
    log: Log

    @property
    def folder(self) -> Path:
        """Where everything is kept for this target."""
        return self.settings.folder / "backend" / self.target.zigbuild

    def build(self, tree: Path, project: Path, scratch: Path) -> Path:
        """Return the backend's wheel of the sources in `tree`; `project` is the folder there with the pyproject.toml.

        Raises BuildError. What git says of a tree with a repository is not known here, so its wheel is never kept.
        """
        if (tree / ".git").exists():
            return self._made(tree, project, scratch)
        kept, recipe = self.folder / "wheels" / "-".join(self.pair), self.recipe(tree, project)
        if found := _kept(kept, recipe):
            self.log(f"nothing has changed since the build backend made {found.name}: it is used again from {kept}")
            return found
        return _keep(self._made(tree, project, scratch), kept, recipe)

    def metadata_only(self, project: Path, scratch: Path) -> Path:
        """Return a wheel of the backend's metadata, for which nothing is compiled. Raises BuildError."""
        environment = self._environment(scratch, self.log)
        return backend.Request(project, environment, self._plain, self._settings).metadata_only_wheel(scratch / "out")

    def recipe(self, tree: Path, project: Path) -> str:
        """Return everything that a kept wheel depends on, one line each."""
        kept = {name: self.base.get(name, "") for name in self.settings.keep_environment}
        lines = (
            f"sources {_content(tree)}",
            f"target {self.target.zigbuild} for {'-'.join(self.pair)}",
            f"python {self.python.executable} {self.python.build}",
            f"date {self.base.get(reproducible.VARIABLE, '')}",
            f"settings {self.settings.config_settings}",
            f"accepted {self.settings.accepted_warnings}",
            f"variables {kept}",
            *(f"{name} {version(name)}" for name in ("ziglang", "cargo-zigbuild")),
            f"wheelcheck {__version__}",
            _rustc(project, self._plain),
        )
        return "".join(f"{line}\n" for line in lines)

    def _made(self, tree: Path, project: Path, scratch: Path) -> Path:
        """Return the wheel that the backend makes now. Raises BuildError if a build script warns that it failed."""
        shown: list[str] = []

        def log(line: str) -> None:
            shown.append(line)
            self.log(line)

        wheel = self._request(tree, project, scratch, log).wheel(scratch / "out")
        build_scripts.require_success_shown(shown, self.settings)
        return wheel

    def _request(self, tree: Path, project: Path, scratch: Path, log: Log) -> backend.Request:
        """Return the request to compile for the target."""
        folder = self.folder / "compilers"
        tools = compilers.for_backend(folder, self.target, tree, self.python, scratch / "environment")
        settings = compilers.backend_settings(backend.name_of(project), folder, self.target, self._settings)
        wrapper = reproducible.rustc_wrapper(self.folder, tree, self.base)
        ours = {**wrapper, **any_machine.page_variables(self.target)}
        env = {**ours, **run.for_backend(self.base, tools, self.settings.keep_environment)}
        env |= {"CARGO_TARGET_DIR": str(self.folder / "cargo"), **dict(self.settings.environment)}
        any_machine.require_no_native_cpu(env, project, self.target, c_flags=False)
        return backend.Request(project, self._environment(scratch, log), env, settings)

    def _environment(self, scratch: Path, log: Log) -> backend.Environment:
        environment = backend.Environment(scratch / "environment", self._plain, log)
        environment.make(self.python)
        return environment

    @property
    def _plain(self) -> dict[str, str]:
        """The environment for programs of this machine."""
        return run.for_backend(self.base, {}, self.settings.keep_environment)

    @property
    def _settings(self) -> dict[str, tuple[str, ...]]:
        return dict(self.settings.config_settings)


def _kept(folder: Path, recipe: str) -> Path | None:
    """Return the kept wheel, None unless it was made by this recipe."""
    file = folder / _RECIPE
    if not file.is_file() or file.read_text("utf-8") != recipe:
        return None
    return next(folder.glob("*.whl"), None)


def _keep(built: Path, folder: Path, recipe: str) -> Path:
    """Copy a wheel into a new folder; the recipe is written last, so that an interrupted copy is never used."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kept = Path(shutil.copy(built, folder))
    (folder / _RECIPE).write_text(recipe, "utf-8")
    return kept


def _content(tree: Path) -> str:
    """Return a hexadecimal SHA-256 over the files of a tree: their paths and bytes."""
    files = sorted(file for file in tree.rglob("*") if file.is_file())
    parts = (f"{file.relative_to(tree)} {sha256(file.read_bytes()).hexdigest()}\n" for file in files)
    return sha256("".join(parts).encode(errors="surrogateescape")).hexdigest()


def _rustc(tree: Path, env: Mapping[str, str]) -> str:
    """Return what rustc is in the folder of the sources, which may pin one; empty if there is none."""
    try:
        return run.observe(Command((env.get("RUSTC", "rustc"), "-vV"), tree, env)).output
    except BuildError:
        return ""
