"""Judges the artifacts of a release in several processes, for `check --jobs`.

About half of a check is Python code, and of that one thread runs at a time: a second CPU needs a second process. Each
takes neighbours of the release, because wheels beside each other have most in common (`facts.repeats`). What a process
reads and writes are pickles of our own values.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import accumulate, repeat
from pathlib import Path

from wheelcheck import engine
from wheelcheck.results import Gap, Judgement
from wheelcheck.typed import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelcheck.config import Config
    from wheelcheck.engine import JudgeAll
    from wheelcheck.facts.progress import Meter

_PACKAGE = Path(__file__).resolve().parent

Child = subprocess.Popen[bytes]


def start(module: str) -> Child:
    """Start a module of ours as a process that reads its standard input and answers on its standard output."""
    return subprocess.Popen(  # noqa: S603  # our own command line
        [sys.executable, "-m", module],
        cwd=_PACKAGE.parent,  # Python imports from the current folder first
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")},
    )


def answers() -> IO[bytes]:
    """Return where such a process answers; what anything else prints is no answer."""
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return channel


def in_processes(jobs: int) -> JudgeAll:
    """Return what judges the artifacts of a release in at most `jobs` processes; with one, in this process."""

    def judge_all(
        files: Sequence[Path], config: Config, meter: Meter | None, /, *, hashed: bool
    ) -> Iterator[Judgement]:
        if min(jobs, len(files)) <= 1:
            return engine.judge_files(files, config, meter, hashed=hashed)
        return _judged([part for part in divided(files, jobs) if part], config, meter, hashed=hashed)

    return judge_all


def divided(files: Sequence[Path], count: int) -> list[list[Path]]:
    """Divide files, in their order, into `count` parts of about as many bytes; a part may be empty."""
    sizes = [file.stat().st_size if file.is_file() else 0 for file in files]
    total = sum(sizes) or 1
    parts: list[list[Path]] = [[] for _ in range(count)]
    for file, size, end in zip(files, sizes, accumulate(sizes), strict=True):
        part = int((end - size / 2) * count / total)
        parts[min(part, count - 1)].append(file)  # an empty file at the end would be one part too far
    return parts


def _judged(parts: list[list[Path]], config: Config, meter: Meter | None, *, hashed: bool) -> Iterator[Judgement]:
    children = [start(__name__) for _ in parts]
    with ThreadPoolExecutor(len(children)) as pool:
        try:
            for found in pool.map(_asked, children, parts, repeat(config), repeat(meter), repeat(hashed)):
                yield from found
        finally:  # also where the caller stops early
            for child in children:
                child.kill()


def _asked(child: Child, files: list[Path], config: Config, meter: Meter | None, hashed: bool) -> list[Judgement]:  # noqa: FBT001  # by map
    """Return what a process says of each file; one that it says nothing of, because it ended, is not verified."""
    found: list[Judgement] = []
    with suppress(OSError, EOFError, pickle.UnpicklingError), child:  # it has ended before its answer
        pickle.dump(([file.absolute() for file in files], config, hashed), cast("IO[bytes]", child.stdin))
        cast("IO[bytes]", child.stdin).flush()
        for file in files:
            found.append(pickle.load(cast("IO[bytes]", child.stdout)))  # noqa: S301  # written by our own process
            if meter:
                meter.finish(file)
    why = f"the process that reads it ended with exit code {child.returncode} and without an answer"
    return found + [Judgement(gaps=(Gap(file.name, "", why),)) for file in files[len(found) :]]


def main() -> None:
    """Judge the files that standard input names, and write what is said of each as soon as it is known."""
    channel = answers()
    files, config, hashed = pickle.load(sys.stdin.buffer)  # noqa: S301  # written by the process that started this one
    for judgement in engine.judge_files(files, config, None, hashed=hashed):
        pickle.dump(judgement, channel)
        channel.flush()


if __name__ == "__main__":
    main()
