"""Write wheelcheck/platforms/known_names.json again: names that others define, and that metadata and sources use.

    python -m tools.known_names [--check]

The classifiers that PyPI accepts come from the installed trove-classifiers, the headers that CPython brings from the
interpreter that runs this, and those of C libraries and of Windows from the installed ziglang. Only this tool writes
the file. `--check` exits 1 if it is out of date, and 2 if another source is installed than the one it names.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Any

import ziglang
from trove_classifiers import classifiers, deprecated_classifiers

TARGET = Path(__file__).resolve().parent.parent / "wheelcheck" / "platforms" / "known_names.json"
SYSTEMS = ("generic-musl", "generic-glibc", "any-windows-any", "any-darwin-any")


def sources() -> dict[str, str]:
    """Return the version of each source here."""
    installed = {name: metadata.version(name) for name in ("trove-classifiers", "ziglang")}
    return {**installed, "python": platform.python_version()}


def render() -> str:
    """Return the text of the data file."""
    headers = Path(sysconfig.get_paths()["include"])
    system = Path(ziglang.__file__).parent / "lib" / "libc" / "include"
    names = {str(path.relative_to(headers)) for path in headers.rglob("*.h")}
    names |= {path.name for folder in SYSTEMS for path in (system / folder).rglob("*.h")}
    data: dict[str, Any] = {
        "sources": sources(),
        "classifiers": sorted(classifiers),
        "deprecated": {name: list(instead) for name, instead in sorted(deprecated_classifiers.items())},
        "headers": sorted(names),
    }
    return json.dumps(data, indent=0, sort_keys=True) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check the data file and return the exit code."""
    parser = argparse.ArgumentParser(description="Write wheelcheck/platforms/known_names.json from its sources.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is out of date")
    if not parser.parse_args(arguments).check:
        TARGET.write_text(render(), "utf-8")
        return 0
    text = TARGET.read_text("utf-8")
    if json.loads(text)["sources"] != sources():
        print(f"{TARGET.name} was written from {json.loads(text)['sources']}, here is {sources()}", file=sys.stderr)
        return 2
    return int(text != render())


if __name__ == "__main__":
    raise SystemExit(main())
