"""Write wheelcheck/platforms/stable_abi.json again from CPython's list of its stable ABI, as abi3info publishes it.

    python -m tools.stable_abi [--check]

CPython declares in Misc/stable_abi.toml which functions and data belong to the stable ABI, and since which version.
abi3info publishes that list as a package. `--check` is explained in tools/data_files.py.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict

from abi3info import DATAS, FUNCTIONS

from tools import data_files

TARGET = data_files.PLATFORMS / "stable_abi.json"


def source() -> str:
    """Return the source that the file names if it is written now; the version of abi3info is a date."""
    return data_files.versions(["abi3info"])


def render() -> str:
    """Return the text of the data file: names by the version that brought them, a version a line."""
    names = defaultdict(set)
    for entry in (*FUNCTIONS.values(), *DATAS.values()):
        names[entry.added.major, entry.added.minor].add(entry.symbol.name)
    since = {f"{major}.{minor}": " ".join(sorted(names[major, minor])) for major, minor in sorted(names)}
    return json.dumps({"source": source(), "since": since}, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(data_files.run(sys.modules[__name__]))
