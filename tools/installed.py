"""Whether an environment of nox still holds this checkout, so that pip need not be asked again (6 s).

An editable install depends on pyproject.toml, on the version, which is in `wheelcheck/__init__.py`, and on what was
asked for. nox makes the environment again for another interpreter, and the mark goes with it.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("pyproject.toml", "wheelcheck/__init__.py")
MARK = "wheelcheck-installed"  # in the folder of the environment


def is_current(environment: Path, words: tuple[str, ...], root: Path = ROOT) -> bool:
    """Return whether `pip install` with these words, in this checkout as it is now, was the last one there."""
    mark = environment / MARK
    there = any((environment / folder / "wheelcheck").exists() for folder in ("bin", "Scripts"))
    return there and mark.is_file() and mark.read_text("utf-8") == _identity(words, root)


def record(environment: Path, words: tuple[str, ...], root: Path = ROOT) -> None:
    """Mark that `pip install` with these words has succeeded."""
    (environment / MARK).write_text(_identity(words, root), "utf-8")


def _identity(words: tuple[str, ...], root: Path) -> str:
    contents = [sha256((root / name).read_bytes()).hexdigest() for name in SOURCES]
    return "\n".join([str(root), *words, *contents])
