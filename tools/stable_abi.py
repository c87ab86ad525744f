"""Write wheelcheck/platforms/stable_abi.json again from CPython's list of its stable ABI, as abi3info publishes it.

    python -m tools.stable_abi [--check]

CPython declares in Misc/stable_abi.toml which functions and data belong to the stable ABI, and since which version.
abi3info publishes that list as a package. Only this tool writes the file. `--check` exits 1 if the file is out of date,
and 2 if another abi3info is installed than the one it names.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from importlib import metadata
from pathlib import Path

from abi3info import DATAS, FUNCTIONS

TARGET = Path(__file__).resolve().parent.parent / "wheelcheck" / "platforms" / "stable_abi.json"


def installed() -> str:
    """Return the source that the file names if it is written now; the version of abi3info is a date."""
    return f"abi3info {metadata.version('abi3info')}"


def render() -> str:
    """Return the text of the data file: names by the version that brought them, a version a line."""
    names = defaultdict(set)
    for entry in (*FUNCTIONS.values(), *DATAS.values()):
        names[entry.added.major, entry.added.minor].add(entry.symbol.name)
    since = {f"{major}.{minor}": " ".join(sorted(names[major, minor])) for major, minor in sorted(names)}
    return json.dumps({"source": installed(), "since": since}, indent=1) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check the data file and return the exit code."""
    parser = argparse.ArgumentParser(description="Write wheelcheck/platforms/stable_abi.json from abi3info.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is out of date")
    if not parser.parse_args(arguments).check:
        TARGET.write_text(render(), "utf-8")
        return 0
    return _check(TARGET.read_text("utf-8"))


def _check(current: str) -> int:
    """Print what is wrong with the text of the data file and return the exit code."""
    source = json.loads(current)["source"]
    if source != installed():
        print(
            f"{TARGET.name} is of {source}, and {installed()} is installed: nothing to compare with.", file=sys.stderr
        )
        print(f"pip install {source.replace(' ', '==')}, or python -m tools.stable_abi to renew it", file=sys.stderr)
        return 2
    if current != render():
        print(f"{TARGET.name} is not what {source} gives: run python -m tools.stable_abi", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
