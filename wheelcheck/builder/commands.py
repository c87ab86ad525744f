"""Builds payload by a command of the project's own: Go, CMake, make, or a copy of what an earlier step built.

The command gets what cargo gets from the builder: the CPU and the glibc floor, a C compiler for them, and the date of
the sources. Nobody knows which files it reads, so every source of the project counts for the freshness check.
"""

from __future__ import annotations

from pathlib import Path

from wheelcheck.builder import any_machine, compilers, run, sources
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.builder.run import Log
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config import Payload
    from wheelcheck.config.builder import Settings

# No folder of this machine, and nothing of the state of a checkout, which an sdist does not have.
_GO_FLAGS = "-trimpath -buildvcs=false"


def build(payload: Payload, settings: Settings, target: Target, base: Mapping[str, str], log: Log) -> Path:
    """Run the command of a payload and return the file that it wrote. Raises BuildError if it wrote none."""
    command, out = build_command(payload, settings, target, base), output(payload, settings, target)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)  # a command that writes nothing would leave the old one there
    run.follow(command, log)
    if not out.is_file():
        problem = f"the command ended well but wrote no file {out}"
        raise BuildError(f"payload {payload.name}", problem, "make it write {output}")
    return out


def build_command(payload: Payload, settings: Settings, target: Target, base: Mapping[str, str]) -> Command:
    """Return the command with its placeholders replaced, its folder and its environment."""
    values = {
        "{output}": str(output(payload, settings, target)),
        "{arch}": target.arch.name,
        "{target}": target.arch.rust_triple,
        "{glibc}": f"{target.floor[0]}.{target.floor[1]}",
    }
    argv = tuple(_filled(word, values) for word in payload.command)
    return Command(argv, folder(payload, settings), _environment(payload, settings, target, base))


def folder(payload: Payload, settings: Settings) -> Path:
    """Return the folder that the command is started in. Raises BuildError if it is not a folder of the project."""
    return sources.require_inside(settings.project, payload.directory or ".", payload.name, Path.is_dir)


def output(payload: Payload, settings: Settings, target: Target) -> Path:
    """Return the file that the command has to write."""
    return settings.folder / "commands" / target.zigbuild / payload.path


def named_files(payload: Payload, settings: Settings, target: Target) -> frozenset[Path]:
    """Return the files that the words of the command name, such as a script, or a program that was built before."""
    words = build_command(payload, settings, target, {}).argv
    own = output(payload, settings, target)
    return frozenset(file for word in words if (file := folder(payload, settings) / word) != own and file.is_file())


def _filled(word: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


def _environment(payload: Payload, settings: Settings, target: Target, base: Mapping[str, str]) -> dict[str, str]:
    tools = compilers.install(settings.folder / "compiler" / target.zigbuild, target, settings.project)
    go = dict(variable.split("=") for variable in target.arch.go)
    flags = " ".join(filter(None, (base.get("GOFLAGS", ""), _GO_FLAGS)))
    ours = {**tools.variables, **any_machine.page_variables(target), **go, "GOOS": "linux", "GOFLAGS": flags}
    return {**run.for_backend(base, ours, settings.keep_environment), **dict(payload.environment)}
