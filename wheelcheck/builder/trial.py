"""Tries wheels out: installs each into a fresh environment outside any checkout, and executes what it installs.

This runs the code in the wheel, and pip installs what it depends on. The gate never does either.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from packaging.tags import platform_tags

from wheelcheck.builder import content, endings, execution, importing, install, smoke
from wheelcheck.builder.install import ROOTS, NotHereError
from wheelcheck.builder.installers import REFUSALS
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.builder.smoke import Result
from wheelcheck.builder.toolchain import host
from wheelcheck.platforms.arch import find
from wheelcheck.records import dataclass, replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelcheck.builder.install import Installation, Machine
    from wheelcheck.builder.run import Log, Outcome
    from wheelcheck.config.builder import SmokeCommand
    from wheelcheck.facts import Wheel
    from wheelcheck.platforms.arch import Arch

_PREPARE = "run `python -m tools.roots system --arch {}` in a checkout of wheelcheck"
SECONDS = 60.0  # that one program or all imports may take; WHEELCHECK_TIMEOUT outranks it


@dataclass(frozen=True, slots=True)
class Where:
    """On which CPUs to try wheels (none: any), and whether in a whole emulated machine rather than under qemu-user."""

    cpus: tuple[Arch, ...] = ()
    system: bool = False

    def machine(self, path: Path, wheel: Wheel, env: Mapping[str, str]) -> Machine:
        """Return the machine to try a wheel on: this one if the wheel runs here. Raises NotHereError."""
        machine = install.for_wheel(path, _arch(wheel, self.cpus), env)
        if not self.system or machine.is_native:
            return machine
        if not machine.kernel:
            cpu = machine.arch.name
            raise NotHereError(f"no kernel for {cpu} is in {ROOTS}, or no qemu-system runs it: {_PREPARE.format(cpu)}")
        return replace(machine, boots=True)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one wheel: where it was tried, and a result for each thing that was executed or skipped."""

    file: str
    where: str
    results: tuple[Result, ...]

    @property
    def verdict(self) -> smoke.Verdict:
        """Fail if anything failed, pass if anything ran, otherwise skip."""
        verdicts = {result.verdict for result in self.results}
        return next((verdict for verdict in ("fail", "pass") if verdict in verdicts), "skip")


def try_out(path: Path, wheel: Wheel, where: Where, commands: tuple[SmokeCommand, ...], log: Log) -> Trial:
    """Install a wheel and run `commands`, by default all that it installs."""
    try:
        machine = where.machine(path, wheel, os.environ)
    except NotHereError as why:
        return Trial(path.name, "", (Result("not tried", "skip", str(why)),))
    with tempfile.TemporaryDirectory(prefix="wheelcheck-smoke-") as name:
        folder = Path(name).resolve()
        try:
            installed = install.install(path.resolve(), machine, folder, os.environ, log)
        except BuildError as problem:
            return Trial(path.name, str(machine), (_not_installed(problem, machine),))
        return Trial(path.name, str(machine), _executed(wheel, installed, folder, commands))


def _arch(wheel: Wheel, cpus: tuple[Arch, ...]) -> Arch:
    """Return this machine's CPU if a wheel runs on it, otherwise the first of its CPUs. Raises NotHereError."""
    platforms = [platform for platform in wheel.platforms if platform.is_any or platform.system == "linux"]
    if not platforms:
        raise NotHereError(f"it is for {', '.join(wheel.name.platforms)}, and only Linux wheels are run")
    suitable = [platform for platform in platforms if platform.libc != "musl" or _is_musl()]
    if not suitable:
        raise NotHereError("it is for musl, and this machine and its roots have glibc")
    promised = [name for platform in suitable for name in (platform.arches or (host().name,))]
    rows = sorted({find(name) for name in promised}, key=lambda row: (row != host(), row.name))
    wanted = [row for row in rows if not cpus or row in cpus]
    if not wanted:
        raise NotHereError(f"it is for {', '.join(row.name for row in rows)}, which --arch leaves out")
    return wanted[0]


def _is_musl() -> bool:
    return any("musl" in tag for tag in platform_tags())


def _not_installed(problem: BuildError, machine: Machine) -> Result:
    if not machine.is_native and any(words in str(problem) for words in REFUSALS):
        return Result("install", "skip", "the C library or Python of the root is older than it needs")
    return Result("install", "fail", endings.how(problem))


def _executed(
    wheel: Wheel, installed: Installation, folder: Path, commands: tuple[SmokeCommand, ...]
) -> tuple[Result, ...]:
    """Run the commands, or import all modules and start all programs: together, as an emulated machine boots slowly."""
    if commands:
        return smoke.run_commands(commands, (), installed, folder, SECONDS)
    names = content.modules(wheel, installed.machine)
    programs = [installed.place(path) for path in content.programs(wheel, installed.machine)]
    imports = importing.commands(names, installed, folder)
    starts = _starts(programs, "--version", installed, folder)
    outcomes = execution.observe(installed, [*imports, *starts], folder, SECONDS)
    imported = importing.judged(names, outcomes[: len(imports)], installed)
    own = {name.partition(".")[0] for name in names}
    started = _started(programs, outcomes[len(imports) :], own, installed, folder)
    return (*imported, *started, *_of_other_cpus(wheel, installed.machine))


def _of_other_cpus(wheel: Wheel, machine: Machine) -> Iterator[Result]:
    for name, cpus in content.foreign_scripts(wheel, machine).items():
        yield Result(f"run {name}", "fail", f"it is a program for {', '.join(cpus) or 'another system'}")


def _starts(programs: Sequence[Path], option: str, installed: Installation, folder: Path) -> list[Command]:
    argvs = [(*installed.machine.runner, str(program), option) for program in programs]
    return [Command(argv, folder, installed.env) for argv in argvs]


def _started(
    programs: Sequence[Path],
    outcomes: Sequence[Outcome | BuildError],
    own: set[str],
    installed: Installation,
    folder: Path,
) -> Iterator[Result]:
    """Judge what came of --version; a program that refuses it is started again with --help."""
    arch = installed.machine.arch
    first = [_judged_start(*pair, "--version", own, arch) for pair in zip(programs, outcomes, strict=True)]
    refusing = [program for program, result in zip(programs, first, strict=True) if not result]
    again = execution.observe(installed, _starts(refusing, "--help", installed, folder), folder, SECONDS)
    later = dict(zip(refusing, again, strict=True))
    for program, result in zip(programs, first, strict=True):
        yield result or _judged_start(program, later[program], "--help", own, arch) or _refused(program, later[program])


def _judged_start(
    program: Path, outcome: Outcome | BuildError, option: str, own: set[str], arch: Arch
) -> Result | None:
    """Pass what ended with 0, and fail what cannot run; return None for a program that refuses the option.

    A program is skipped that needs a package which is not installed, or a library of the system.
    """
    title = f"run {program.name} {option}"
    if isinstance(outcome, BuildError):
        return Result(title, "fail", endings.how(outcome))
    if not outcome.status:
        return Result(title, "pass")
    if why := endings.excuse(outcome.output, own, arch):
        return Result(title, "skip", why)
    return Result(title, "fail", endings.how(outcome)) if endings.is_broken(outcome) else None


def _refused(program: Path, outcome: Outcome | BuildError) -> Result:
    why = f"it starts, but accepts neither --version nor --help: name a command ({endings.how(outcome)})"
    return Result(f"run {program.name}", "skip", why)
