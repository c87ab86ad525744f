"""Finds the files of the labelled releases on this machine, and fetches the missing ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.pypi import UnobtainableError, Wanted, fetch_all, sha256_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tools.corpus_judging import Label


def obtain(labels: Sequence[Label], cache: Path) -> tuple[dict[Label, Path], list[UnobtainableError]]:
    """Return where each release is, in the order of the labels, and why the others could not be obtained.

    A label is about the bytes of one file. Where it states their SHA-256, a file with that digest in the cache is used
    without asking the index, and a file of the index with another digest is refused.
    """
    paths = {label: path for label in labels if (path := _cached(label, cache))}
    wanted = {Wanted(label.project, label.filename): label for label in labels if label not in paths}
    missing: list[UnobtainableError] = []
    for item, outcome in fetch_all(wanted, cache) if wanted else ():
        label = wanted[item]
        if isinstance(outcome, UnobtainableError):
            missing.append(outcome)
        elif label.sha256 not in ("", outcome.parent.name):
            missing.append(UnobtainableError(f"{item.filename}: SHA-256 is {outcome.parent.name}, not {label.sha256}"))
        else:
            paths[label] = outcome
    return {label: paths[label] for label in labels if label in paths}, missing


def _cached(label: Label, cache: Path) -> Path | None:
    path = cache / label.sha256 / label.filename
    return path if label.sha256 and path.is_file() and sha256_of(path) == label.sha256 else None
