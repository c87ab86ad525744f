"""Runs child processes: their environment, their output, their time limit, and what a failure says.

No other module of the builder starts a process. A cargo that was started by a cargo (nox under `cargo xtask`, a build
script, cargo-zigbuild itself) inherits variables that silently override the toolchain pin, the linker and the target
folder, so every command gets an environment without them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from contextlib import contextmanager
from io import TextIOWrapper
from threading import Thread, Timer

from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

LIMIT = 14400.0  # seconds that a child process may run: emulated release builds take hours, a hanging one never ends
LIMIT_VARIABLE = "WHEELCHECK_TIMEOUT"  # another limit, in seconds
_TAIL = 30  # lines of output that an error repeats; the log has all of them
Log = Callable[[str], None]

# The variables of cargo, rustup, cargo-zigbuild and cc-rs, except CARGO_HOME, RUSTUP_HOME and CARGO_NET_*.
_LEAKING = regex(
    r"""
    CARGO | __CARGO_.* | MAKEFLAGS | MFLAGS | CARGO_(?:MAKEFLAGS|INCREMENTAL|PRIMARY_PACKAGE|CRATE_NAME)
    | CARGO_(?:BUILD|TARGET|PROFILE|MANIFEST|PKG|BIN|CFG|FEATURE|ZIGBUILD|UNSTABLE|ENCODED)_.*
    | RUSTUP_TOOLCHAIN | RUSTUP_TOOLCHAIN_SOURCE
    | RUSTC | RUSTC_.* | RUSTDOC | RUSTFLAGS | RUSTDOCFLAGS
    | (?:CC|CXX|AR|RANLIB|NM|CFLAGS|CXXFLAGS|CPPFLAGS|LDFLAGS|ARFLAGS|BINDGEN_EXTRA_CLANG_ARGS)_.+
    | (?:HOST|TARGET)_(?:CC|CXX|AR|RANLIB|CFLAGS|CXXFLAGS)
    | CMAKE_TOOLCHAIN_FILE_.+ | PKG_CONFIG_SYSROOT_DIR_.+
    """,
    re.VERBOSE,
)

# The variables that git exports to a hook and to `git rebase --exec` (`git rev-parse --local-env-vars`): a version or a
# date would be read from that repository. GIT_CONFIG_* stays, because CI uses it to allow a checkout of another user.
_OF_A_REPOSITORY = regex(
    r"""
    GIT_(?: DIR | WORK_TREE | IMPLICIT_WORK_TREE | INDEX_FILE | COMMON_DIR | PREFIX | OBJECT_DIRECTORY | NAMESPACE
    | ALTERNATE_OBJECT_DIRECTORIES | GRAFT_FILE | SHALLOW_FILE | NO_REPLACE_OBJECTS | REPLACE_REF_BASE)
    """,
    re.VERBOSE,
)

# The variables by which a caller adds folders of this machine to what Python and compilers search.
_SEARCH_PATHS = ("PYTHONPATH", "PYTHONHOME", "ARCHFLAGS", "CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH")


class BuildError(Exception):
    """A build cannot continue: what it is about, what the problem is, and how to fix it."""

    def __init__(self, subject: object, problem: str, fix: str) -> None:
        super().__init__(f"{subject}: {problem}; {fix}")


def scrubbed(base: Mapping[str, str], keep: Iterable[str] = ()) -> dict[str, str]:
    """Return `base` without the variables of a surrounding cargo or git hook; names in `keep` stay."""
    kept, leaking = frozenset(keep), (_LEAKING, _OF_A_REPOSITORY)
    return {
        name: value
        for name, value in base.items()
        if name in kept or not any(pattern.fullmatch(name) for pattern in leaking)
    }


def for_cargo(base: Mapping[str, str], keep: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment for cargo: scrubbed, with this interpreter's cargo-zigbuild and zig first on PATH."""
    env = scrubbed(base, keep)
    env["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), *filter(None, [base.get("PATH")])])
    env["CARGO_ZIGBUILD_PYTHON_PATH"] = sys.executable
    return env


def for_backend(base: Mapping[str, str], compiler: Mapping[str, str], keep: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment for a PEP 517 build: scrubbed, with the variables in `compiler`, without PYTHONPATH."""
    # A backend that asks git for the version must not write to the index of the work tree it was copied from, and one
    # that lies in the project must not leave compiled modules there, of another date each time, for its sdist.
    callers = {name: value for name, value in scrubbed(base, keep).items() if name not in _SEARCH_PATHS}
    return {**callers, **compiler, "GIT_OPTIONAL_LOCKS": "0", "PYTHONDONTWRITEBYTECODE": "1"}


def for_installed(base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for testing an installed wheel: no Python settings of the caller, no user site."""
    env = {name: value for name, value in base.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**env, "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1"}


@dataclass(frozen=True, slots=True)
class Command:
    """What to start. `env` is the whole environment, not an addition to this process's own."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]

    def __str__(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its exit status (negative: a signal) and everything it wrote, both streams together."""

    status: int
    output: str


class OverdueError(BuildError):
    """A command did not end within its time limit; it was killed together with the processes that it had started."""

    def __init__(self, command: Command, seconds: float) -> None:
        fix = f"find out what it waits for, or set {LIMIT_VARIABLE} to more seconds"
        super().__init__(command, f"it did not end within {seconds:g} seconds and was killed", fix)


def run(command: Command, log: Log) -> str:
    """Run a command to its end, passing each line of its standard error to `log`; return its standard output.

    Raises BuildError if it cannot be started, does not end in time or does not exit with 0: a failed build leaves an
    older binary in place, so the build must stop.
    """
    log(f"$ {command}")
    errors: list[str] = []
    with _started(command, subprocess.PIPE, limit(os.environ)) as child:
        reader = Thread(target=_forward, args=(child.stderr, errors, log))
        reader.start()
        output = child.stdout.read() if child.stdout else ""
        reader.join()
    if child.returncode:
        raise _failure(command, child.returncode, [*output.splitlines()[-_TAIL:], *errors[-_TAIL:]])
    return output


def follow(command: Command, log: Log) -> None:
    """Run a command that reports on both streams to its end, passing each line to `log`.

    Raises BuildError if it cannot be started, does not end in time or does not exit with 0.
    """
    log(f"$ {command}")
    lines: list[str] = []
    with _started(command, subprocess.STDOUT, limit(os.environ)) as child:
        _forward(child.stdout or (), lines, log)
    if child.returncode:
        raise _failure(command, child.returncode, lines[-_TAIL:])


def observe(command: Command, seconds: float = LIMIT, *, outranked: bool = True) -> Outcome:
    """Run a command, whatever its exit status. Raises BuildError if it cannot be started or does not end in time.

    WHEELCHECK_TIMEOUT outranks `seconds`, unless they are a sum in which it is contained.
    """
    with _started(command, subprocess.STDOUT, limit(os.environ, seconds) if outranked else seconds) as child:
        output = child.stdout.read() if child.stdout else ""
    return Outcome(child.returncode, output)


def ask(project: Path, *words: str) -> str:
    """Return the output of a git command in `project`; empty if it fails or git is not installed.

    Names that are not UTF-8 are decoded as by `os.fsdecode`. Variables of a git hook are removed: they would make git
    answer for the hook's repository. Raises BuildError if git does not end in time.
    """
    git = shutil.which("git")
    if git is None:
        return ""
    env = {name: value for name, value in os.environ.items() if not _OF_A_REPOSITORY.fullmatch(name)}
    command = Command((git, *words), project, env)
    with _started(command, subprocess.DEVNULL, limit(os.environ)) as child:
        output = child.stdout.buffer.read() if isinstance(child.stdout, TextIOWrapper) else b""  # as it is, with any \r
    return os.fsdecode(output) if child.returncode == 0 else ""


def limit(base: Mapping[str, str], default: float = LIMIT) -> float:
    """Return the seconds a child process may run. Raises BuildError for a limit that is not a positive number."""
    given = base.get(LIMIT_VARIABLE, "")
    if given and not (given.isdecimal() and int(given)):
        raise BuildError(LIMIT_VARIABLE, f"{given!r} is not a positive number of seconds", "unset or correct it")
    return float(given or default)


@contextmanager
def _started(command: Command, stderr: int, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """Run a command while its output is read, and kill it at the limit.

    It leads its own process group, which ends as a whole: a grandchild that holds the pipe open would block the reader.
    """
    overdue: list[bool] = []
    with _start(command, stderr) as child:

        def end() -> None:
            overdue.append(True)
            _kill(child)

        timer = Timer(seconds, end)
        timer.start()
        try:
            yield child
            child.wait()
        except BaseException:
            _kill(child)
            raise
        finally:
            timer.cancel()
    if overdue:
        raise OverdueError(command, seconds)


def _kill(child: subprocess.Popen[str]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:  # everything has ended
        return


def _start(command: Command, stderr: int) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(  # noqa: S603  (an argument list of ours, no shell)
            command.argv,
            cwd=command.cwd,
            env=command.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as problem:
        raise BuildError(command, f"cannot be started ({problem})", f"install {command.argv[0]}") from problem


def _failure(command: Command, status: int, lines: list[str]) -> BuildError:
    how = f"failed with exit status {status}" if status > 0 else f"was killed by signal {-status}"
    return BuildError(command, how, "\n".join(["its last lines were:", *lines]))


def _forward(stream: Iterable[str], kept: list[str], log: Log) -> None:
    for line in stream:
        kept.append(line.rstrip("\n"))
        log(kept[-1])
