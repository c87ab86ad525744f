"""Where the native files of this installation lie."""

from __future__ import annotations

from pathlib import Path


def bundled(path: str) -> Path:
    """Return a native file of this package, e.g. `bundled("bin/tally")`.

    Raises FileNotFoundError where the installation lacks it: `wheelcheck build` makes it; the sources alone do not.
    """
    file = Path(__file__).parent / path
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: install a wheel, or build one (python -m wheelcheck build wheels)")
    return file
