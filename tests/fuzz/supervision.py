"""Runs a session in a process of its own, watches it, keeps each input that fails; and first proves that it would."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fuzz.made import CONTROL
from tests.fuzz.worker import make
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SABOTAGES = {
    "raises": "internal error",
    "sleeps": "ended by signal 14",
    "allocates": "MiB of memory",
    "passes": "a bad file passes",
}
KEPT = ROOT / ".cache" / "fuzz"
_MOST = 20  # failures after which a run stops


@dataclass
class Tally:
    """What a run has seen."""

    verdicts: Counter[str] = field(default_factory=Counter)
    changed: int = 0  # files
    reached: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: dict[str, Any]) -> None:
        """Count one outcome."""
        self.verdicts[line["verdict"]] += 1
        self.changed += line["changed"]
        self.reached += line["reached"]
        if line["problem"]:
            self.failures.append((line["number"], line["problem"]))


def supervise(session: str, word: str, numbers: range, seconds: float, how: str = "") -> Tally:
    """Judge inputs until they, the time or the patience are used up; a process that ends is started again."""
    tally, until, at = Tally(), time.monotonic() + seconds, numbers.start
    while at < numbers.stop and time.monotonic() < until and len(tally.failures) < (1 if how else _MOST):
        command = [sys.executable, "-m", "tests.fuzz.worker", session, word, str(at), str(numbers.stop)]
        at = _one_process([*command, *([how] if how else [])], range(at, numbers.stop), until, tally)
    return tally


def _one_process(command: list[str], numbers: range, until: float, tally: Tally) -> int:
    """Run one worker until it ends or fails, and return the number to go on with."""
    known, current = len(tally.failures), numbers.start
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as worker:
        for line in _lines(worker):
            current = int(line["number"])
            if "verdict" in line:
                tally.add(line)
                current += 1
                if len(tally.failures) > known or time.monotonic() > until:
                    worker.kill()
                    return current
        code = worker.wait()
    if code > 0:
        raise RuntimeError(f"{' '.join(command)}: input {current} cannot be made")
    if code < 0:
        tally.failures.append((current, f"the process was ended by signal {-code}"))
        return current + 1
    return numbers.stop


def _lines(worker: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert worker.stdout
    for line in worker.stdout:
        yield json.loads(line)


def proven(session: str, word: str) -> list[str]:
    """Return the sabotaged builds that the session does not notice."""
    missed = []
    for how, said in SABOTAGES.items():
        failures = supervise(session, word, range(2 * CONTROL), 120, how).failures
        if not failures or said not in failures[0][1]:
            missed.append(how)
    return missed


def run(session: str, word: str, numbers: range, seconds: float) -> int:
    """Run a session, print what it found, and return the exit code."""
    missed = proven(session, word)
    print(f"sabotaged builds noticed: {len(SABOTAGES) - len(missed)} of {len(SABOTAGES)}", *missed, flush=True)
    tally = supervise(session, word, numbers, seconds)
    for number, problem in tally.failures:
        print(f"{session} {word} {number}: {problem} (kept as {_keep(session, word, number)})")
    counts = ", ".join(f"{verdict} {count}" for verdict, count in sorted(tally.verdicts.items()))
    print(f"inputs {tally.verdicts.total()} ({counts}), failures {len(tally.failures)}")
    print(f"changed files {tally.changed}, of which rules judged {tally.reached}")
    return 1 if tally.failures or missed else 2 * (not tally.reached)


def _keep(session: str, word: str, number: int) -> str:
    made = make(session, word, number)
    home = KEPT / f"{session}-{word}-{number}"
    home.mkdir(parents=True, exist_ok=True)
    (home / made.file).write_bytes(made.content)
    if made.config is not None:
        (home / "wheelcheck.toml").write_bytes(made.config)
    return str(home)
