"""Write wheelcheck/platforms/known_names.json again: names that others define, and that metadata and sources use.

    python -m tools.known_names [--check]

The classifiers that PyPI accepts come from the installed trove-classifiers, the headers that CPython brings from the
interpreter that runs this, and those of C libraries, of C++ and of Windows from the installed ziglang. `--check` is
explained in tools/data_files.py.
"""

from __future__ import annotations

import json
import platform
import sys
import sysconfig
from pathlib import Path
from typing import Any

import ziglang
from trove_classifiers import classifiers, deprecated_classifiers

from tools import data_files

TARGET = data_files.PLATFORMS / "known_names.json"
SYSTEMS = ("generic-musl", "generic-glibc", "any-windows-any", "any-darwin-any")


def source() -> str:
    """Return the sources that the file names if it is written now."""
    return f"python {platform.python_version()}, {data_files.versions(['trove-classifiers', 'ziglang'])}"


def render() -> str:
    """Return the text of the data file."""
    headers = Path(sysconfig.get_paths()["include"])
    system, cxx = (Path(ziglang.__file__).parent / "lib" / name / "include" for name in ("libc", "libcxx"))
    names = {str(path.relative_to(headers)) for path in headers.rglob("*.h")}
    names |= {path.name for folder in SYSTEMS for path in (system / folder).rglob("*.h")}
    names |= {path.name for path in cxx.iterdir() if path.is_file() and path.name.isalnum()}  # `ios`, for `<ios>`
    data: dict[str, Any] = {
        "source": source(),
        "classifiers": sorted(classifiers),
        "deprecated": {name: list(instead) for name, instead in sorted(deprecated_classifiers.items())},
        "headers": sorted(names),
    }
    return json.dumps(data, indent=0, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(data_files.run(sys.modules[__name__]))
