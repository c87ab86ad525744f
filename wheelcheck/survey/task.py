"""The one task of a survey, wherever it runs: judge a file in a worker process that is kept for the next one.

A Dask worker runs it as a thread of this machine does. Either way the file is read by a process below it, so that a
file that ends or stalls its process costs neither a thread nor a Dask worker.
"""

from __future__ import annotations

import atexit
import json
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Timer

from wheelcheck.processes import start
from wheelcheck.survey.worker import sha256_of, unverified
from wheelcheck.typed import Any

ATTEMPTS = 2  # a process can also be ended by somebody else: the file is read once more before it is given up
_LAST_STEPS = 10  # seconds from the end of the output to the end of the process
_WORKER = "wheelcheck.survey"


class Worker:
    """A process that judges files, one after the other."""

    def __init__(self) -> None:
        self._process = start(_WORKER)
        self._stopped = False

    def ask(self, path: Path, known: tuple[str, ...], timeout: float) -> dict[str, Any] | str:
        """Return the answer; where the process ends before it, why. After `timeout` seconds it is ended."""
        request = json.dumps({"path": str(path), "known": known}).encode("ascii") + b"\n"
        timer = Timer(timeout, self._stop)
        timer.daemon = True
        timer.start()
        try:
            line = self._asked(request)
        finally:
            timer.cancel()
        if line.endswith(b"\n") and not self._stopped:
            found: dict[str, Any] = json.loads(line)
            return found
        if self._stopped:
            self.close()
            return f"the check did not end within {timeout:g} seconds"
        code = self._ended()
        return f"the check ended with exit code {code} and without a report"

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def overran(self) -> bool:
        """Whether it was ended because a file took too long."""
        return self._stopped

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # both are pipes
        self._process.wait()

    def _ended(self) -> int:
        """Return the exit code of a process that has closed its output."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_STEPS)
        self.close()
        return self._process.returncode

    def _asked(self, request: bytes) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return b""
        with suppress(OSError):  # nobody reads: then there is no answer either
            stdin.write(request)
            stdin.flush()
            return stdout.readline()
        return b""

    def _stop(self) -> None:
        self._stopped = True
        self._process.kill()


idle: list[Worker] = []  # appending and popping are atomic, so that threads share it


def judge(path: str, known: tuple[str, ...], timeout: float) -> dict[str, Any]:
    """Return what a worker answers about a file. However its process ends, this is one artifact that is not verified.

    `known` are SHA-256 of files of this name that need no judging; `timeout` is in seconds.
    """
    file, why = Path(path), ""
    for _ in range(ATTEMPTS):
        worker = idle.pop() if idle else Worker()
        found = worker.ask(file, known, timeout)
        if isinstance(found, dict):
            idle.append(worker)
            return found
        why = found
        if worker.overran:
            break
    return unverified(file, why, _hash_of(file))


def close_idle() -> None:
    """End the processes that wait for a file."""
    while idle:
        idle.pop().close()


def _hash_of(file: Path) -> str:
    """Return the hash of a file; empty text if it cannot be read."""
    try:
        return sha256_of(file)
    except OSError:
        return ""


atexit.register(close_idle)
