"""Which tests notice a mutant: a plugin of pytest that collects once, and forks a process for each mutant.

The first child runs every test with coverage, and says which lines each one runs and how long it takes. Each later
child puts one mutant into the living functions, and runs the tests of the touched statement until one fails: first
those that are named for the rule, those of the module's own file, and quick ones. No file is changed. Not seen are
tests that start wheelcheck in another process, and what a module made when it was imported, so that a survivor may be
noticed after all, and a killed mutant is killed.
"""

from __future__ import annotations

import gc
import math
import os
import pickle
import re
import resource
import signal
import sys
import time
import types
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tools.mutant_samples import drawn, in_turn
from tools.mutants import apply, mutants_of, planted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tools.mutants import Key, Mutant

MEMORY = 6 << 30
_CODE = re.compile(r'(?m)^@rule\("(WC[0-9]+)"')
_ENDS = {0: "survived", 1: "killed", 2: "same code", 3: "error"}


@dataclass(frozen=True)
class Judged:
    """What became of a mutant: killed, survived, no test, same code, timeout or error."""

    mutant: Mutant
    end: str
    test: str = ""


@dataclass(frozen=True)
class Suite:
    """The tests that can be run: the numbers of those that run a line of a module, the time and the kills of each."""

    items: list[pytest.Item]
    lines: dict[str, dict[int, list[int]]]
    times: dict[int, float]
    failed: list[str]
    seconds: float  # that one mutant may take
    kills: Counter[int] = field(default_factory=Counter)

    def of(self, mutant: Mutant, path: Path) -> list[int]:
        """Return the tests that run the lines of a mutant: what is near, what killed others, what is quick."""
        lines = self.lines[str(path)]
        found = {test for line in mutant.lines for test in lines.get(line, ()) if test in self.times}
        chosen: list[int] = []
        left = self.seconds
        codes = _CODE.findall(mutant.source)
        for test in sorted(found, key=lambda test: self._place(test, path.stem, codes)):
            if self.times[test] <= left or not chosen:
                chosen.append(test)
                left -= self.times[test]
        return chosen

    def _place(self, test: int, module: str, codes: list[str]) -> tuple[bool, bool, float, float]:
        item = self.items[test]
        is_of_another_rule = not any(code in item.nodeid for code in codes)
        is_of_another = not item.path.stem.startswith(f"test_{module}")
        return is_of_another_rule, is_of_another, -self.kills[test] / (0.01 + self.times[test]), self.times[test]


@dataclass
class Runs:
    """The plugin: `judged` holds what became of each mutant of the modules (path on disk by name)."""

    modules: dict[str, Path]
    seconds: float = 20
    wanted: str = ""
    sample: float = 0  # of each module: below 1 a share, else a number; 0: all
    draw: str = ""  # which sample: another text draws another one
    changes: list[list[str]] | None = None  # mutants made by hand instead of all others: the old and the new text
    out: TextIO = sys.stdout
    minutes: float = math.inf  # by the clock: no further mutant is tried then
    after: Callable[[Runs], None] = lambda _: None  # what to do once all are judged
    judged: list[Judged] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)  # mutants of each module

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the mutants instead of the tests."""
        if session.testsfailed:
            raise session.Interrupted("the tests could not be collected")
        items = session.items
        texts = {name: path.read_text("utf-8") for name, path in self.modules.items()}  # it may change while this runs
        _, told = _in_child(lambda say: say(_baseline(items, list(self.modules.values()))), 3600)
        lines, times, failed = pickle.loads(told)  # noqa: S301  # what the child wrote
        suite = Suite(items, lines, times, failed, self.seconds)
        total = sum(suite.times.values())
        print(f"{len(items)} tests, {total:.0f} s of CPU, fail by themselves: {suite.failed or None}", file=self.out)
        for name in self.modules:  # some are imported only when they are used, which is in a child
            import_module(name.removesuffix(".py").replace("/", "."))
        gc.unfreeze()  # tests/conftest.py freezes what is alive after the collection, and that is never listed
        living = {name: _living(path) for name, path in self.modules.items()}
        gc.disable()
        gc.freeze()  # nothing is copied into a child only because it is looked at
        end = time.monotonic() + 60 * self.minutes
        mutants = {name: self._mutants(name, text) for name, text in texts.items()}
        if lost := [name for name in mutants if mutants[name] and not living[name]]:
            raise session.Interrupted(f"no function is found in memory of {', '.join(lost)}")
        for mutant in in_turn(list(mutants.values())):
            if time.monotonic() > end:
                break
            self._note(_judge(mutant, self.modules[mutant.module], living[mutant.module], suite))
        self.after(self)
        return True

    def _mutants(self, name: str, text: str) -> list[Mutant]:
        if self.changes:
            return [planted(text, name, old, new) for old, new in self.changes]
        found = [mutant for mutant in mutants_of(text, name) if self.wanted in mutant.name]
        self.made[name] = len(found)
        return drawn(found, self.sample, self.draw)

    def _note(self, found: Judged) -> None:
        self.judged.append(found)
        if found.end not in ("killed", "same code"):
            print(f"{found.end}: {found.mutant.module} {found.mutant.name}", file=self.out)


def _living(path: Path) -> dict[Key, list[types.FunctionType]]:
    """Return the functions of a module that exist, by name and first line."""
    found: dict[Key, list[types.FunctionType]] = defaultdict(list)
    for each in gc.get_objects():
        if type(each) is types.FunctionType and each.__code__.co_filename == str(path):
            found[each.__code__.co_name, each.__code__.co_firstlineno].append(each)
    return found


def _baseline(items: list[pytest.Item], modules: list[Path]) -> bytes:
    """Run all tests, and return the tests of each line of each module, the time of each, and those that fail."""
    measured = coverage.Coverage(data_file=None, include=[str(each) for each in modules], config_file=False)
    times: dict[int, float] = {}
    failed = []
    measured.start()
    for number, item in enumerate(items):
        measured.switch_context(str(number))
        start = _spent()
        passed = _passes(items, number, number + 1)
        if passed is None:  # skipped
            continue
        if not passed:
            failed.append(item.nodeid)
            continue
        times[number] = _spent() - start
    measured.stop()
    data = measured.get_data()
    lines = {
        str(path): {line: [int(each) for each in found if each] for line, found in contexts.items()}
        for path in modules
        for contexts in [data.contexts_by_lineno(str(path))]
    }
    return pickle.dumps((lines, times, failed))


def _spent() -> float:
    """Return the seconds of CPU of this process, and of those that it started and that have ended."""
    return sum(os.times()[:4])


def _passes(items: list[pytest.Item], number: int, following: int) -> bool | None:
    """Run a test, and return whether it passed, or None where it was skipped."""
    after = items[following] if following < len(items) else None
    reports = runtestprotocol(items[number], nextitem=after, log=False)
    if any(each.failed for each in reports):
        return False
    return None if any(each.skipped for each in reports) else True


def _judge(mutant: Mutant, path: Path, functions: dict[Key, list[types.FunctionType]], suite: Suite) -> Judged:
    tests = suite.of(mutant, path)
    if not tests:
        return Judged(mutant, "no test")

    def run(say: Callable[[bytes], None]) -> int:
        if not apply(mutant, str(path), functions):
            return 2
        for place, test in enumerate(tests):
            following = tests[place + 1] if place + 1 < len(tests) else len(suite.items)
            _allow(10 + 5 * suite.times[test])
            if _passes(suite.items, test, following) is False:
                say(str(test).encode())
                return 1
        return 0

    code, told = _in_child(run, 10 + 5 * sum(suite.times[test] for test in tests))
    end = _ENDS.get(code, "timeout")
    if end != "killed":
        return Judged(mutant, end)
    suite.kills[int(told)] += 1
    return Judged(mutant, end, suite.items[int(told)].nodeid)


def _in_child(task: Callable[[Callable[[bytes], None]], int | None], seconds: float) -> tuple[int, bytes]:
    """Return the exit code of a task in a forked process, and what it said: negative when it was ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _limit(seconds)
        code = 3
        try:
            with os.fdopen(writing, "wb") as pipe:
                code = task(pipe.write) or 0  # type: ignore[arg-type]
        except Exception as problem:  # noqa: BLE001  # whatever ends a child
            sys.__stderr__ and sys.__stderr__.write(f"{problem!r}\n")
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), told


def _allow(seconds: float) -> None:
    """End this process once it has used so many seconds of CPU more."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 1, resource.RLIM_INFINITY))


def _limit(seconds: float) -> None:
    """End this process after so many seconds, by its CPU time and, later, by the clock."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(20 * seconds))
    _allow(seconds)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    silent = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silent, stream)


def run(modules: dict[str, Path], tests: list[str], **options: Any) -> Runs:
    """Judge all mutants of the modules by the tests. Raises RuntimeError when the tests cannot be collected."""
    runs = Runs(modules, **options)
    chosen = ["-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist", "-m", "not emulated and not network"]
    code = pytest.main([*chosen, *tests], plugins=[runs])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and not runs.judged:
        raise RuntimeError(f"pytest ended with {code!r}: run the tests {' '.join(tests)} by themselves")
    return runs
