"""Write wheelcheck/platforms/windows.json: the DLLs that Windows brings.

    python -m tools.windows [--check]

There are two sources. delvewheel lists what a clean Windows has: version 7 on x86, version 11 on ARM. MinGW's
`lib-common`, which the package ziglang carries, has DLLs of the versions between. Left out are API sets, which Windows
resolves by a pattern of names, and the runtimes of Visual C++, which some machines have by chance. MinGW's `lib32` and
`lib64` are no source: they also hold DLLs of old Windows servers and of the DirectX redistributable.

`--check` is explained in tools/data_files.py.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from importlib import import_module, resources
from typing import TYPE_CHECKING

from tools import data_files

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = data_files.PLATFORMS / "windows.json"
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
    return data_files.versions(SOURCES)


if __name__ == "__main__":
    sys.exit(data_files.run(sys.modules[__name__]))
