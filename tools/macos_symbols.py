"""Write wheelcheck/platforms/macos_symbols.json again: what libSystem of macOS exports, whatever the version and CPU.

    python -m tools.macos_symbols [--check]

The names are those of the text stub in the installed ziglang, `lib/libc/darwin/libSystem.tbd`, which is Apple's for the
newest SDK, with the libraries that libSystem hands on. `--check` is explained in tools/data_files.py.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import ziglang

from tools import data_files

TARGET = data_files.PLATFORMS / "macos_symbols.json"
STUB = Path(ziglang.__file__).parent / "lib" / "libc" / "darwin" / "libSystem.tbd"
_LISTS = re.compile(r"\b(?:weak-|thread-local-)?symbols:\s*\[([^]]*)\]")


def source() -> str:
    """Return the sources that the file names if it is written now."""
    return data_files.versions(["ziglang"])


def render() -> str:
    """Return the text of the data file: names as C has them, without the underscore before them."""
    lists = _LISTS.findall(STUB.read_text("utf-8"))
    listed = {name.strip(" \n'\"").removeprefix("_") for found in lists for name in found.split(",")} - {""}
    names = sorted(listed)
    return json.dumps({"source": source(), "libSystem": " ".join(names)}, indent=0, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(data_files.run(sys.modules[__name__]))
