"""Write wheelcheck/platforms/python_symbols.json again: which names CPython exports in some versions and not in others.

    python -m tools.python_symbols [--check]

They are asked of every `python3.N` on PATH that is linked with a shared libpython (pyenv: PYTHON_CONFIGURE_OPTS
=--enable-shared). A name that was away for a version and came back is left out. `--check` is explained in
tools/data_files.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from tools import data_files
from wheelcheck.binary import read_binary
from wheelcheck.source import Bytes

TARGET = data_files.PLATFORMS / "python_symbols.json"
FIRST, LAST = 6, 40  # minor versions that are asked for
ASK = "import platform, sysconfig as s; print(platform.python_version(), *s.get_config_vars('LIBDIR', 'LDLIBRARY'))"


@lru_cache(maxsize=1)
def interpreters() -> dict[int, tuple[str, Path]]:
    """Return version and library of each interpreter on PATH, by its minor version."""
    found: dict[int, tuple[str, Path]] = {}
    for minor in range(FIRST, LAST):
        try:
            done = subprocess.run(
                [f"python3.{minor}", "-c", ASK], capture_output=True, text=True, check=False, timeout=60
            )
        except OSError:
            continue
        version, *library = done.stdout.split()[:3] or [""]
        file = Path(*library)
        if version.startswith(f"3.{minor}.") and ".so" in file.name and file.is_file():
            found[minor] = (version, file)
    return found


def source() -> str:
    """Return the sources that the file names if it is written now."""
    return ", ".join(f"python3.{minor} {version}" for minor, (version, _) in interpreters().items())


def exported(library: Path) -> set[str]:
    """Return the names that a libpython exports."""
    binary = read_binary(library.name, Bytes(library.read_bytes()))
    slices = binary.slices if binary else ()
    return {name for slice_ in slices for prefix in ("Py", "_Py") for name in slice_.exports.beginning_with(prefix)}


def render() -> str:
    """Return the text of the data file: the names by their first and last version."""
    by_minor = {minor: exported(file) for minor, (_, file) in interpreters().items()}
    minors = sorted(by_minor)
    rows: dict[str, list[str]] = defaultdict(list)
    for name in set().union(*by_minor.values()):
        having = [minor for minor in minors if name in by_minor[minor]]
        is_changing = len(having) < len(minors)
        if is_changing and having == [minor for minor in minors if having[0] <= minor <= having[-1]]:
            rows[f"{having[0]} {having[-1]}"].append(name)
    names = {span: " ".join(sorted(each)) for span, each in rows.items()}
    data = {"source": source(), "minors": f"{minors[0]} {minors[-1]}" if minors else "", "names": names}
    return json.dumps(data, indent=0, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(data_files.run(sys.modules[__name__]))
