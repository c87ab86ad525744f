"""Building twice: the same sources in two folders of different names must give the same bytes."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path

from wheelcheck.build import differences, reproducible, sdist
from wheelcheck.build.bench import Bench
from wheelcheck.build.failure import BenchError

_FOLDERS = ("one", "a/second/and/longer/folder")


def reproduce(bench: Bench) -> tuple[str, ...]:
    """Build sdist, binaries and wheels of clean copies in two folders; return the names of what came out the same.

    Raises BenchError naming the first difference: artifact, member, offset.
    """
    seconds = reproducible.epoch(bench.settings.project, os.environ)
    with tempfile.TemporaryDirectory(prefix="wheelcheck-") as scratch:
        one, other = (_build(bench, Path(scratch, folder), seconds) for folder in _FOLDERS)
        if found := differences.first_between_folders(one, other):
            remedy = "find what writes it: a date, a folder, an order, a random number"
            raise BenchError("reproduce", found, "the same bytes from both builds", remedy)
        return tuple(sorted(file.name for file in one.iterdir()))


def _build(bench: Bench, folder: Path, seconds: int) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    sdist.copy_sources(bench.settings.project, folder)
    fresh = replace(Bench.of(folder, bench.target.arch, bench.log), epoch=seconds)
    fresh.build()
    fresh.sdist()
    fresh.wheels()
    return fresh.settings.dist
