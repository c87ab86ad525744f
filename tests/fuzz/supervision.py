"""Runs a session in a process of its own, watches it, keeps each input that fails; and first proves that it would."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tests.fuzz.made import CONTROL, Made, Pieces, in_memory
from tests.fuzz.worker import READ, make, work
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

SABOTAGES = {
    "raises": "KeyError",
    "sleeps": "ended by signal 14",
    "allocates": "MiB of memory",
    "passes": "a bad file passes",
}
KEPT = ROOT / ".cache" / "fuzz"
_LAST = ("rules judged", "readers read")  # the last stage of the two lanes
_MOST = 20  # failures after which a run stops


@dataclass
class Tally:
    """What a run has seen."""

    verdicts: Counter[str] = field(default_factory=Counter)
    inputs: int = 0
    changed: int = 0  # files
    reached: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: dict[str, Any]) -> None:
        """Count one outcome."""
        self.verdicts.update(line["verdicts"])
        self.inputs += 1
        self.changed += line["changed"]
        self.reached += line["reached"]
        if line["problem"]:
            self.failures.append((line["number"], line["problem"]))


def supervise(session: str, word: str, numbers: range, seconds: float, how: str = "") -> Tally:
    """Judge inputs until they, the time or the patience are used up; a process that ends is started again."""
    tally, until, at = Tally(), time.monotonic() + seconds, numbers.start
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        while at < numbers.stop and time.monotonic() < until and len(tally.failures) < (1 if how else _MOST):
            judge = partial(work, session, word, range(at, numbers.stop), how, Path(folder))
            at = _one_process(judge, range(at, numbers.stop), until, tally)
    return tally


def _one_process(judge: Callable[[TextIO], None], numbers: range, until: float, tally: Tally) -> int:
    """Run one worker until it ends or fails, and return the number to go on with."""
    known, current = len(tally.failures), numbers.start
    worker, lines = _forked(judge)
    with lines:
        for line in map(json.loads, lines):
            current = int(line["number"])
            if "verdicts" in line:
                tally.add(line)
                current += 1
                if len(tally.failures) > known or time.monotonic() > until:
                    os.kill(worker, signal.SIGKILL)
                    os.waitpid(worker, 0)
                    return current
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    if code > 0:
        raise RuntimeError(f"input {current} cannot be made")
    if code < 0:
        tally.failures.append((current, f"the process was ended by signal {-code}"))
        return current + 1
    return numbers.stop


def _forked(judge: Callable[[TextIO], None]) -> tuple[int, TextIO]:
    """Start a worker, and return its process id and what it prints: a copy of this process, which has read all code."""
    reads, writes = os.pipe()
    process = os.fork()
    if process:
        os.close(writes)
        return process, os.fdopen(reads, encoding="utf-8")
    code = 1
    try:
        with os.fdopen(writes, "w", encoding="utf-8") as lines:
            judge(lines)
        code = 0
    except BaseException:  # noqa: BLE001 - it must not go on as the process above
        traceback.print_exc()
    finally:
        os._exit(code)


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
    print(f"inputs {tally.inputs} ({counts}), failures {len(tally.failures)}")
    print(f"changed files {tally.changed}, of which {_LAST[session.startswith(READ)]} {tally.reached}")
    return 1 if tally.failures or missed else 2 * (not tally.reached)


def _keep(session: str, word: str, number: int) -> str:
    made = make(session, word, number)
    home = KEPT / f"{session}-{word}-{number}"
    home.mkdir(parents=True, exist_ok=True)
    if isinstance(made, Pieces):
        for at, piece in enumerate(made.each):
            _keep_piece(home / f"{at}", piece)
    else:
        _keep_piece(home / made.file, made)
        if made.config is not None:
            (home / "wheelcheck.toml").write_bytes(made.config)
    return str(home)


def _keep_piece(place: Path, piece: Made | bytes | dict[str, bytes]) -> None:
    """Write one piece: a file, or texts by their names in a folder."""
    if isinstance(piece, dict):
        for name, own in piece.items():
            file = place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(own)
    else:
        place.write_bytes(piece.content if isinstance(piece, Made) else piece)
