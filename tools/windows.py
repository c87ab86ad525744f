"""Write wheelcheck/platforms/windows.json: the DLLs that Windows brings.

    python -m tools.windows [--check]

There are two sources. delvewheel lists what a clean Windows has: version 7 on x86, version 11 on ARM. MinGW's
`lib-common`, which the package ziglang carries, has DLLs of the versions between. Left out are API sets, which Windows
resolves by a pattern of names, and the runtimes of Visual C++, which some machines have by chance. MinGW's `lib32` and
`lib64` are no source: they also hold DLLs of old Windows servers and of the DirectX redistributable.

Only this tool writes the file. `--check` exits 1 if the file is out of date, and 2 if other packages are installed than
those it names, whose lists may differ.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from importlib import import_module, metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).resolve().parent.parent / "wheelcheck" / "platforms" / "windows.json"
SOURCES = ("delvewheel", "ziglang")
CPUS = ("x86", "x64", "arm64")  # as delvewheel names its lists
# Windows 11 has its own LibreSSL for OpenSSH. A wheel that asks for this name means OpenSSL's.
_LEFT_OUT = re.compile(r"(?:api|ext)-.*|(?:vcruntime|vccorlib|msvc[pr]|concrt|vcamp|vcomp|mfc)\d.*|ucrtbased|libcrypto")
_LIBRARY = re.compile(r'^LIBRARY\s+"?([^\s"]+)', re.MULTILINE)
_WIDTH = 114


def libraries() -> list[str]:
    """Return the names of Windows' DLLs, sorted, in small letters and without `.dll`."""
    lists = import_module("delvewheel._dll_list")
    theirs = {name for cpu in CPUS for name in getattr(lists, f"ignore_names_{cpu}")}
    names = {name.lower().removesuffix(".dll") for name in (*theirs, *of_mingw())}
    return sorted(name for name in names if not _LEFT_OUT.fullmatch(name))


def of_mingw() -> Iterator[str]:
    """Yield the DLLs for which MinGW has a definition on every CPU."""
    folder = resources.files("ziglang").joinpath("lib", "libc", "mingw", "lib-common")
    for file in folder.iterdir():
        if found := _LIBRARY.search(file.read_bytes().decode("utf-8", "replace")):
            yield found[1]


def render() -> str:
    """Return the text of the data file."""
    lines = textwrap.wrap(" ".join(libraries()), _WIDTH, break_on_hyphens=False, break_long_words=False)
    return json.dumps({"source": source(), "libraries": lines}, indent=1) + "\n"


def source() -> str:
    """Return the installed packages that the lists come from, with their versions."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in SOURCES)


def main(arguments: list[str] | None = None) -> int:
    """Write or check the data file and return the exit code."""
    parser = argparse.ArgumentParser(description="Write wheelcheck/platforms/windows.json: the DLLs of Windows.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is out of date")
    options = parser.parse_args(arguments)
    if options.check:
        return _check(TARGET.read_text("utf-8"))
    TARGET.write_text(render(), "utf-8")
    return 0


def _check(current: str) -> int:
    """Print what is wrong with the text of the data file and return the exit code."""
    stated = source_of(current)
    try:
        installed = source()
    except metadata.PackageNotFoundError as missing:
        installed = f"no {missing.name}"
    if stated != installed:
        pinned = stated.replace(" ", "==").replace(",==", " ")
        print(f"{TARGET.name} is of {stated}, installed is {installed}: nothing to compare with.", file=sys.stderr)
        print(f"pip install {pinned} to check it, or python -m tools.windows to renew it", file=sys.stderr)
        return 2
    if current == render():
        return 0
    print(f"{TARGET.name} is not what {installed} gives: run python -m tools.windows", file=sys.stderr)
    return 1


def source_of(text: str) -> str:
    """Return the packages that a data file names."""
    return str(json.loads(text)["source"])


if __name__ == "__main__":
    sys.exit(main())
