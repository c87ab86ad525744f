"""Fetch released files from the package index into the cache of this checkout, by file name or from a list.

python tools/fetch.py [--cache DIR] [--list FILE.jsonl] [FILENAME …]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

# When this runs as a file, Python puts its folder on the path, but not the checkout.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from wheelcheck.pypi import PARALLEL, UnobtainableError, Wanted, fetch_all

ROOT = Path(__file__).resolve().parent.parent


def default_cache() -> Path:
    """Return where releases are kept: WHEELCHECK_CACHE, or `.cache/releases` in this checkout."""
    return Path(os.environ.get("WHEELCHECK_CACHE") or ROOT / ".cache" / "releases")


def wanted_from_filename(filename: str) -> Wanted:
    """Return the file together with the project at the beginning of its name."""
    project = filename.partition("-")[0] if filename.endswith(".whl") else filename.rpartition("-")[0]
    return Wanted(project, filename)


def read_list(path: Path) -> tuple[Wanted, ...]:
    """Read a JSON Lines list of releases; each line holds at least `project` and `filename`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return tuple(Wanted(row["project"], row["filename"]) for row in rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/fetch.py", description="Fetch released files from the package index.")
    parser.add_argument("filenames", nargs="*", metavar="FILENAME", help="wheel or sdist, by its name on the index")
    parser.add_argument("--list", type=Path, action="append", default=[], help="JSON Lines with project and filename")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where to keep the files (%(default)s)")
    parser.add_argument("--jobs", type=int, default=PARALLEL, help="files at a time (%(default)s)")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Fetch the given files, print the path of each, and return 1 if any could not be obtained."""
    options = _parser().parse_args(arguments)
    wanted = [wanted_from_filename(name) for name in options.filenames]
    wanted += [item for path in options.list for item in read_list(path)]
    if not wanted:
        print("nothing to fetch: name a file or a --list", file=sys.stderr)
        return 2
    failed = 0
    for _, outcome in fetch_all(wanted, options.cache, options.jobs):
        failed += isinstance(outcome, UnobtainableError)
        print(outcome, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
