"""Tries wheels out: installs each into a fresh environment outside any checkout, and executes what it installs.

This runs the code in the wheel, and pip installs what it depends on. The gate never does either.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.tags import platform_tags

from wheelcheck.builder import content, execution, install, smoke
from wheelcheck.builder.install import ROOTS, NotHereError
from wheelcheck.builder.installers import REFUSALS
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.builder.smoke import Result
from wheelcheck.builder.toolchain import host
from wheelcheck.patterns import regex
from wheelcheck.platforms.arch import find
from wheelcheck.records import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelcheck.builder.install import Installation, Machine
    from wheelcheck.builder.run import Log, Outcome
    from wheelcheck.config.builder import SmokeCommand
    from wheelcheck.facts import Wheel
    from wheelcheck.platforms.arch import Arch

_PREPARE = "run `python -m tools.roots system --arch {}` in a checkout of wheelcheck"
SECONDS = 60.0  # that one program or all imports may take; WHEELCHECK_TIMEOUT outranks it
_TAIL = 8  # lines of output in a result
_NOT_STARTED = (126, 127)  # statuses of shells and dynamic loaders for a program that they cannot start
_NEEDS = "it needs {}, which the wheel does not depend on"
_NO_MODULE = regex(r"ModuleNotFoundError: No module named '(?P<name>\w+)[\w.]*'")
# Prints the status of each import as it goes, so that a crash is attributed to the module that caused it.
_IMPORT = """
import importlib, sys
failed = 0
for name in sys.argv[1:]:
    print("import", name, flush=True)
    try:
        importlib.import_module(name)
    except BaseException as problem:
        if isinstance(problem, ModuleNotFoundError) and problem.name:
            top = problem.name.partition(".")[0]
            if top not in {given.partition(".")[0] for given in sys.argv[1:]}:
                print("lacks", name, top, flush=True)
                continue
        failed += 1
        print(f"failed {name}: {type(problem).__name__}: {problem}", flush=True)
print("done", failed, flush=True)
sys.stdout.flush()
import os
os._exit(1 if failed else 0)
"""


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
    return Result("install", "fail", _tail(str(problem)))


def _executed(
    wheel: Wheel, installed: Installation, folder: Path, commands: tuple[SmokeCommand, ...]
) -> tuple[Result, ...]:
    """Run the commands, or import all modules and start all programs: together, as an emulated machine boots slowly."""
    if commands:
        return smoke.run_commands(commands, (), installed, folder, SECONDS)
    names = content.modules(wheel, installed.machine)
    programs = [installed.place(path) for path in content.programs(wheel, installed.machine)]
    imports = [Command((installed.python, "-I", "-c", _IMPORT, *names), folder, installed.env)]
    imports = imports if names and installed.python else []
    starts = _starts(programs, "--version", installed, folder)
    outcomes = execution.observe(installed, [*imports, *starts], folder, SECONDS)
    own = {name.partition(".")[0] for name in names}
    imported = _imported(names, installed.machine, outcomes[: len(imports)])
    started = _started(programs, outcomes[len(imports) :], own, installed, folder)
    return (*imported, *started, *_of_other_cpus(wheel, installed.machine))


def _imported(names: tuple[str, ...], machine: Machine, outcomes: tuple[Outcome | BuildError, ...]) -> Iterator[Result]:
    """Judge what came of the import of all modules in one process."""
    title = f"import {', '.join(names)}"
    for outcome in outcomes:
        if isinstance(outcome, BuildError):
            yield Result(title, "fail", _killed(outcome))
        else:
            yield from _judged_imports(names, outcome)
    if names and not outcomes:
        yield Result(title, "skip", f"no Python for {machine.arch.name}: set {ROOTS} to a folder of Debian roots")


def _judged_imports(names: tuple[str, ...], outcome: Outcome) -> Iterator[Result]:
    lines = outcome.output.splitlines()
    lacking = dict(line.split()[1:] for line in lines if line.startswith("lacks ") and line.split()[1] in names)
    imported = [name for name in names if name not in lacking]
    for name, needed in lacking.items():
        yield Result(f"import {name}", "skip", _NEEDS.format(needed))
    if outcome.status:
        yield Result(f"import {', '.join(imported)}", "fail", _how_it_ended(outcome))
    elif imported:
        yield Result(f"import {', '.join(imported)}", "pass")


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
    first = [_judged_start(*pair, "--version", own) for pair in zip(programs, outcomes, strict=True)]
    refusing = [program for program, result in zip(programs, first, strict=True) if not result]
    again = execution.observe(installed, _starts(refusing, "--help", installed, folder), folder, SECONDS)
    later = dict(zip(refusing, again, strict=True))
    for program, result in zip(programs, first, strict=True):
        yield result or _judged_start(program, later[program], "--help", own) or _refused(program, later[program])


def _judged_start(program: Path, outcome: Outcome | BuildError, option: str, own: set[str]) -> Result | None:
    """Pass what ended with 0, and fail what cannot run; return None for a program that refuses the option.

    A program is skipped that needs a module of another package than those in `own`, as programs of an extra do.
    """
    title = f"run {program.name} {option}"
    if isinstance(outcome, BuildError):
        return Result(title, "fail", _killed(outcome))
    if not outcome.status:
        return Result(title, "pass")
    if (needed := _lacking(outcome)) and needed not in own:
        return Result(title, "skip", _NEEDS.format(needed))
    return Result(title, "fail", _how_it_ended(outcome)) if _is_broken(outcome) else None


def _refused(program: Path, outcome: Outcome | BuildError) -> Result:
    how = _killed(outcome) if isinstance(outcome, BuildError) else _how_it_ended(outcome)
    why = f"it starts, but accepts neither --version nor --help: name a command ({how})"
    return Result(f"run {program.name}", "skip", why)


def _lacking(outcome: Outcome) -> str:
    """Return the top-level module for lack of which a program ended, empty if that was not the reason."""
    found = _NO_MODULE.fullmatch(outcome.output.rstrip().rpartition("\n")[2])
    return found["name"] if found else ""


def _is_broken(outcome: Outcome) -> bool:
    """Return whether a program could not run at all, rather than refused its options."""
    loader = "error while loading shared libraries" in outcome.output
    is_killed = outcome.status < 0 or outcome.status > 128  # 128 + signal, of an emulator or a shell
    return is_killed or outcome.status in _NOT_STARTED or loader or "Traceback (most recent" in outcome.output


def _how_it_ended(outcome: Outcome) -> str:
    how = f"exit status {outcome.status}" if outcome.status >= 0 else f"killed by signal {-outcome.status}"
    return f"{how}: {_tail(outcome.output)}" if outcome.output.strip() else how


def _killed(problem: BuildError) -> str:
    """Return the error without the script of an import, which is long."""
    return _tail(str(problem).replace(shlex.quote(_IMPORT), "…"))


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_TAIL:])
