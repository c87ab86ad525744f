"""cargo zigbuild: its command line, and its output, which is located by cargo's own messages and never by path.

All glibc suffixes of one triple share a target folder, and a failed build leaves the old binary there, so a file at
the expected path may not be what was just built.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from itertools import groupby
from pathlib import Path, PurePosixPath

from wheelcheck.builder import any_machine, reproducible, sources
from wheelcheck.builder.run import BuildError, Command, for_cargo, observe
from wheelcheck.builder.run import run as start
from wheelcheck.patterns import regex
from wheelcheck.records import dataclass, replace
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wheelcheck.builder.run import Log
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config import Payload
    from wheelcheck.config.builder import Settings


# Maps paths inside a container to this machine: a cargo that ran in a container reports the container's paths.


@dataclass(frozen=True, slots=True)
class PathMap:
    """Folders of a container, each with the folder on this machine that is mounted there."""

    pairs: tuple[tuple[PurePosixPath, Path], ...] = ()

    @classmethod
    def of(cls, words: Iterable[str]) -> PathMap:
        """Read `CONTAINER=HOST` words, the first absolute. Raises ConfigError."""
        from wheelcheck.config import ConfigError  # noqa: PLC0415  # in_container runs on Pythons without a TOML parser

        pairs = []
        for word in words:
            inside, _, outside = word.partition("=")
            if not inside.startswith("/") or not outside:
                raise ConfigError(f"--map: {word!r} is not CONTAINER=HOST, such as /io=.")
            pairs.append((PurePosixPath(inside), Path(outside).resolve()))
        return cls(tuple(pairs))

    def to_host(self, path: Path) -> Path:
        """Return the path on this machine for a path of the container, by the longest folder that contains it."""
        holding = [(inside, outside) for inside, outside in self.pairs if path.is_relative_to(inside)]
        if not holding:
            return path
        inside, outside = max(holding, key=lambda pair: len(pair[0].parts))
        return outside / path.relative_to(inside)


_MAKE_WORD = regex(r"(?:\\[ #]|[^ \t])+")  # a blank in a name follows a backslash
# cargo's target kind for each kind of payload. An object (EM_BPF) is a binary target with its own linker.
_CARGO_KINDS = {"executable": "bin", "library": "cdylib", "object": "bin"}


@dataclass(frozen=True, slots=True)
class CargoRun:
    """One run of cargo: the payload of one workspace for one target.

    `workspace` is the folder it is started in. `target` is the triple, with the glibc floor as a suffix for zigbuild.
    """

    workspace: Path
    target: str
    payload: tuple[Payload, ...]
    features: tuple[str, ...] = ()

    @property
    def packages(self) -> tuple[str, ...]:
        """The Cargo packages to build, each once."""
        return tuple(dict.fromkeys(payload.package for payload in self.payload))

    @property
    def needs_std(self) -> bool:
        """Whether it is for the CPU of the wheel and so needs Rust's std. Any other target is up to its workspace."""
        return not self.payload[0].target

    @property
    def folder_name(self) -> str:
        """The name of its target folder, different for each floor and workspace.

        cargo's own name for it is the triple only, so a build would overwrite the one before.
        """
        return "-".join([self.target, *Path(self.payload[0].workspace).parts])

    @property
    def command(self) -> str:
        """The subcommand: zigbuild if there is a glibc floor."""
        return "zigbuild" if self.needs_std else "build"

    @property
    def selection(self) -> tuple[str, ...]:
        """The options that say what to build: packages and features."""
        return (*(word for package in self.packages for word in ("--package", package)), *self.features)

    def __str__(self) -> str:
        return " ".join(("cargo", self.command, "--target", self.target, *self.selection))


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiler-artifact message: what cargo built, and the files it says it wrote.

    `manifest` is the Cargo.toml of the package, None if cargo does not say. `local` packages are folders on this
    machine and can change; others come from a registry or a git repository at a locked version.
    """

    package: str
    name: str
    kinds: tuple[str, ...]
    files: tuple[Path, ...]
    manifest: Path | None = None
    local: bool = True

    def __str__(self) -> str:
        return f"{self.package} {'/'.join(self.kinds)} {self.name}"

    def moved(self, to_host: Callable[[Path], Path]) -> Artifact:
        """Return it with every path inside a container replaced by the path on this machine."""
        manifest = to_host(self.manifest) if self.manifest else None
        return replace(self, files=tuple(map(to_host, self.files)), manifest=manifest)


def runs(settings: Settings, target: Target) -> tuple[CargoRun, ...]:
    """Return the runs of cargo that build the Rust payload. Raises BuildError for a workspace that does not exist."""

    def run_of(payload: Payload) -> tuple[str, str]:
        return payload.workspace, payload.target

    rust = sorted((payload for payload in settings.release.payload if payload.from_cargo), key=run_of)
    return tuple(_run(settings, target, tuple(payload)) for _, payload in groupby(rust, run_of))


def _run(settings: Settings, target: Target, payload: tuple[Payload, ...]) -> CargoRun:
    first = payload[0]
    triple = first.target or target.zigbuild
    if first.workspace:
        return CargoRun(
            sources.require_inside(settings.project, first.workspace, first.name, Path.is_dir), triple, payload
        )
    return CargoRun(settings.workspace, triple, payload, tuple(feature_words(settings)))


def feature_words(settings: Settings) -> list[str]:
    """Return cargo's options for the features of the main workspace, none for the default features."""
    named = ["--features", ",".join(settings.features)] if settings.features else []
    return named if settings.default_features else ["--no-default-features", *named]


def build_command(run: CargoRun, settings: Settings, base: Mapping[str, str]) -> Command:
    """Return the command of a run. Its environment makes cargo write absolute paths into its dep-info files."""
    folder = settings.folder / "cargo" / run.folder_name
    argv = ("cargo", run.command, "--release", "--locked", "--message-format=json-render-diagnostics")
    where = ("--target", run.target, "--target-dir", str(folder))
    env = {**for_cargo(base, settings.keep_environment), "CARGO_BUILD_DEP_INFO_BASEDIR": "/"}
    return Command((*argv, *where, *run.selection), run.workspace, env)


def build(run: CargoRun, settings: Settings, target: Target, base: Mapping[str, str], log: Log) -> str:
    """Build the payload of one run and return the JSON messages of cargo. Raises BuildError."""
    command = possible_command(run, settings, target, base)
    wrapper = reproducible.rustc_wrapper(settings.folder, settings.project, base)
    if run.needs_std:
        any_machine.require_no_native_cpu(command.env, command.cwd, target)
        wrapper |= any_machine.page_variables(target)
    command = replace(command, env={**wrapper, **command.env})  # one of the project's own choice stays
    return start(command, log)


def possible_command(run: CargoRun, settings: Settings, target: Target, base: Mapping[str, str]) -> Command:
    """Return the command to build with. Raises BuildError, saying what to install, if this machine cannot build."""
    command = build_command(run, settings, base)
    require_tools(command.env)
    if run.needs_std:
        require_std(command, target)
    return command


def require_tools(env: Mapping[str, str]) -> None:
    """Raise BuildError, saying what to install, for a tool that is not on the PATH of `env`."""
    for tool, fix in (("cargo", "install Rust (rustup.rs)"), ("cargo-zigbuild", "install wheelcheck[build]")):
        if not shutil.which(tool, path=env["PATH"]):
            raise BuildError(tool, "there is no such program on PATH", fix)


def require_std(command: Command, target: Target) -> None:
    """Raise BuildError if the toolchain of the workspace has no standard library for `target`."""
    triple = target.arch.rust_triple
    rustc = command.env.get("RUSTC", "rustc")
    question = Command((rustc, "--print", "target-libdir", "--target", triple), command.cwd, command.env)
    answer = observe(question)
    if answer.status:
        problem = f"rustc does not know this target ({answer.output.strip()})"
        raise BuildError(question, problem, "update Rust, or remove this CPU")
    folder = Path(answer.output.splitlines()[-1])
    if not any(folder.glob("libstd-*.rlib")):
        distribution = f"install your distribution's{_debian(target)} and name its compiler: RUSTC=/usr/bin/rustc"
        kept = 'with keep-environment = ["RUSTC"] in [tool.wheelcheck.build]'
        fix = f"run `rustup target add {triple}`; or {distribution}, {kept}"
        raise BuildError(f"Rust for {triple}", f"its standard library is not installed in {folder}", fix)


def _debian(target: Target) -> str:
    return f" (Debian: rustc-web libstd-rust-web-dev:{target.arch.debian})" if target.arch.debian else ""


def artifacts(messages: str) -> tuple[Artifact, ...]:
    """Return the artifacts among cargo's JSON messages; other lines are ignored."""
    found = (message for message in parsed(messages) if message.get("reason") == "compiler-artifact")
    return tuple(map(_artifact, found))


def parsed(messages: str) -> Iterator[dict[str, Any]]:
    """Yield cargo's JSON messages; another line yields an empty dict."""
    return (_message(line) for line in messages.splitlines())


def locate(built: Iterable[Artifact], payload: Payload) -> Path:
    """Return the one file that is this payload. Raises BuildError, naming what was built, for none or several."""
    built = tuple(built)
    kind = _CARGO_KINDS[payload.kind]
    matches = [item for item in built if kind in item.kinds and _is_named(item, payload)]
    files = {file for item in matches for file in item.files if kind == "bin" or _is_shared_library(file)}
    if len(files) == 1:
        return files.pop()
    wrote = ", ".join(map(str, sorted(files))) or ", ".join(map(str, built)) or "nothing"
    problem = f"cargo must build exactly one {kind} {payload.name!r} of package {payload.package!r}, it built {wrote}"
    raise BuildError(f"payload {payload.name}", problem, "fix [[tool.wheelcheck.payload]] or the Cargo.toml")


def dep_info(file: Path, base: Path = Path("/")) -> tuple[Path, ...]:
    """Return the files that were read to make `file`, from the make rule that its compiler wrote beside it.

    cargo's rule names what rustc read in all local packages (modules, `include_str!`) and what build scripts name in
    `rerun-if-changed`, whether it exists or not. Relative paths are relative to `base`. Raises BuildError if there is
    no rule.
    """
    rule = file.with_suffix(".d")
    try:
        text = os.fsdecode(rule.read_bytes()).replace("\\\n", " ")
    except OSError as problem:
        raise BuildError(rule, f"the list of files that were read is missing ({problem})", "build again") from problem
    needs = (line.partition(": ")[2] for line in text.splitlines())
    words = (word for line in needs for word in _MAKE_WORD.findall(line))
    return tuple(dict.fromkeys(base / re.sub(r"\\([ #])", r"\1", word) for word in words))


def _message(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _artifact(message: dict[str, Any]) -> Artifact:
    target, executable = message["target"], message["executable"]
    files = [executable] if executable else message["filenames"]
    package_id, manifest = message["package_id"], message.get("manifest_path")
    return Artifact(
        package=package_name(package_id),
        name=target["name"],
        kinds=tuple(target["kind"]),
        files=tuple(Path(file) for file in files),
        manifest=Path(manifest) if manifest else None,
        local=is_local(package_id),
    )


def is_local(package_id: str) -> bool:
    """Return whether a package is a folder on this machine."""
    return "path+file:" in package_id


def package_name(package_id: str) -> str:
    """Read the name from a package id specification: `url#name@1.0`, `url/name#1.0`, before 1.77 `name 1.0 (url)`."""
    if " " in package_id:
        return package_id.partition(" ")[0]
    url, _, fragment = package_id.rpartition("#")
    return fragment.partition("@")[0] if "@" in fragment else url.rpartition("/")[2]


def _is_named(item: Artifact, payload: Payload) -> bool:
    # cargo writes a library target's name with underscores, whatever its package is called
    same = item.name.replace("-", "_") == payload.name.replace("-", "_")
    return item.package == payload.package and same


def _is_shared_library(file: Path) -> bool:
    return file.suffix in {".so", ".dylib", ".dll"}
