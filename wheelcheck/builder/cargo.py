"""cargo zigbuild: its command line, and its output found from cargo's own messages, never from a path.

Every glibc suffix of one triple shares a target folder and a failed build leaves the old binary there, so a file that
merely lies where a binary should lie proves nothing.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelcheck.builder import reproducible, run
from wheelcheck.builder.run import BuildError, Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelcheck.builder.run import Log
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config import Payload
    from wheelcheck.config.builder import Settings

# cargo's target kind for each kind of payload. An object (EM_BPF) is a binary target linked by a linker of its own.
_CARGO_KINDS = {"executable": "bin", "library": "cdylib", "object": "bin"}


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiler-artifact message: what cargo built, and the files it says it wrote."""

    package: str
    name: str
    kinds: tuple[str, ...]
    files: tuple[Path, ...]

    def __str__(self) -> str:
        return f"{self.package} {'/'.join(self.kinds)} {self.name}"


def build_command(settings: Settings, target: Target, base: Mapping[str, str]) -> Command:
    """Return the one cargo command that builds the payload of a workspace for `target`, or for one of its own."""
    first = settings.release.payload[0]
    packages = dict.fromkeys(payload.package for payload in settings.release.payload)
    triple = first.target or target.zigbuild
    # a folder for each floor: cargo names its own after the triple alone, and the last build there wins
    folder = settings.folder / "cargo" / "-".join([triple, *Path(first.workspace).parts])
    argv = ["cargo", "build" if first.target else "zigbuild"]
    argv += ["--release", "--locked", "--message-format=json-render-diagnostics"]
    argv += ["--target", triple, "--target-dir", str(folder)]
    argv += [word for package in packages for word in ("--package", package)]
    argv += [] if first.workspace else feature_words(settings)
    return Command(tuple(argv), settings.workspace, run.for_cargo(base, settings.keep_environment))


def feature_words(settings: Settings) -> list[str]:
    """Return cargo's options for the features of the main workspace, none where they are its defaults."""
    named = ["--features", ",".join(settings.features)] if settings.features else []
    return named if settings.default_features else ["--no-default-features", *named]


def build(settings: Settings, target: Target, base: Mapping[str, str], log: Log) -> dict[Payload, Path]:
    """Build every payload and return where cargo put each. Raises BuildError."""
    command = possible_command(settings, target, base)
    wrapper = reproducible.rustc_wrapper(settings.folder, settings.project, base)
    command = replace(command, env={**wrapper, **command.env})  # one of the project's own choice stays
    built = artifacts(run.run(command, log))
    return {payload: locate(built, payload) for payload in settings.release.payload}


def possible_command(settings: Settings, target: Target, base: Mapping[str, str]) -> Command:
    """Return the command to build with. Raises BuildError, saying what to install, where this machine cannot."""
    command = build_command(settings, target, base)
    require_tools(command.env)
    if not settings.release.payload[0].target:  # what a target of its own needs, its workspace says
        require_std(command, target)
    return command


def require_tools(env: Mapping[str, str]) -> None:
    """Raise BuildError, saying what to install, for a tool that is not on the PATH of `env`."""
    for tool, fix in (("cargo", "install Rust (rustup.rs)"), ("cargo-zigbuild", "install wheelcheck[build]")):
        if not shutil.which(tool, path=env["PATH"]):
            raise BuildError(tool, "there is no such program on PATH", fix)


def require_std(command: Command, target: Target) -> None:
    """Raise BuildError where the toolchain of the workspace has no standard library for `target`."""
    triple = target.arch.rust_triple
    rustc = command.env.get("RUSTC", "rustc")
    question = Command((rustc, "--print", "target-libdir", "--target", triple), command.cwd, command.env)
    answer = run.observe(question)
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
    """Return the artifacts among cargo's JSON messages; other lines are passed over."""
    parsed = (_message(line) for line in messages.splitlines())
    return tuple(_artifact(message) for message in parsed if message.get("reason") == "compiler-artifact")


def locate(built: Iterable[Artifact], payload: Payload) -> Path:
    """Return the one file that is this payload. Raises BuildError with what was found for none and for several."""
    built = tuple(built)
    kind = _CARGO_KINDS[payload.kind]
    matches = [item for item in built if kind in item.kinds and _is_named(item, payload)]
    files = {file for item in matches for file in item.files if kind == "bin" or _is_shared_library(file)}
    if len(files) == 1:
        return files.pop()
    wrote = ", ".join(map(str, sorted(files))) or ", ".join(map(str, built)) or "nothing"
    problem = f"cargo must build exactly one {kind} {payload.name!r} of package {payload.package!r}, it built {wrote}"
    raise BuildError(f"payload {payload.name}", problem, "fix [[tool.wheelcheck.payload]] or the Cargo.toml")


def _message(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _artifact(message: dict[str, Any]) -> Artifact:
    target, executable = message["target"], message["executable"]
    files = [executable] if executable else message["filenames"]
    package = _package_name(message["package_id"])
    return Artifact(package, target["name"], tuple(target["kind"]), tuple(Path(file) for file in files))


def _package_name(package_id: str) -> str:
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
