"""Write wheelcheck/platforms/system_symbols.json again: which symbols the system libraries of Linux offer since when.

    python -m tools.system_symbols [--check]

glibc and musl come from the installed ziglang: `lib/libc/glibc/abilists` holds every symbol by library, CPU and version
(the format is that of ziglang's own linker), `lib/libc/musl/libc.S` those of the newest musl; which of them came after
1.1 is listed here. libstdc++, libgcc and a few more promised libraries come from the symbols files of Debian's packages
on this machine, which list each symbol with its version. The words that names of CPython's API begin with
(`PyUnicode_`) come from abi3info, from the declarations in the crate pyo3-ffi, which cargo fetches, and from what this
interpreter exports.

`--check` is explained in tools/data_files.py.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import abi3info
import ziglang

from tools import data_files
from wheelcheck.binary import read_binary
from wheelcheck.platforms.arch import ARCHES
from wheelcheck.source import Bytes

TARGET = data_files.PLATFORMS / "system_symbols.json"
LIBC = Path(ziglang.__file__).parent / "lib" / "libc"
PYO3_FFI = "0.30.1"
# What CPython 3.6 to 3.13 export besides, found by asking each: pyo3-ffi lacks them (PyMonitoring_EnterScope of 3.13).
# Without PyFPE_: only some builds had it, and modules that ask for PyFPE_jbuf failed on the others.
EXPORTED = (
    "PyArena_ PyBufferedIOBase_ PyBufferedRWPair_ PyBufferedRandom_ PyBufferedReader_ PyBufferedWriter_ "
    "PyBytesIO_ PyContextTokenMissing_ PyEvent_ PyFileIO_ PyGrammar_ PyIOBase_ "
    "PyIncrementalNewlineDecoder_ PyMonitoring_ PyPegen_ PyRawIOBase_ PyRefTracer_ PySTEntry_ PyST_ "
    "PySignal_ PyStringIO_ PyTextIOBase_ PyTextIOWrapper_ PyTokenizer_ "
)
# What no source of musl 1.1.24, the last before 1.2, has a word for, and 1.2.5 offers; found in musl's repository.
# `__\w+64` are left out: wheelcheck.platforms.system_symbols knows them by their form.
SINCE_MUSL_1_2 = "_Fork gettid preadv2 pthread_getname_np pwritev2 qsort_r reallocarray tcgetwinsize tcsetwinsize"
PACKAGES = ("libstdc++6", "libgcc-s1", "libatomic1", "zlib1g", "libexpat1")
Entry = tuple[str, str, str]  # library, version, CPUs


class _AbiLists:
    """The reader of `abilists`: names end in NUL, the last number of a list has its top bit set."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0
        self.libraries = [self.text() for _ in range(self.byte())]
        self.versions = [(self.byte(), self.byte(), self.byte()) for _ in range(self.byte())]
        self.targets = [self.text() for _ in range(self.byte())]

    def byte(self) -> int:
        self.at += 1
        return self.raw[self.at - 1]

    def text(self) -> str:
        end = self.raw.index(0, self.at)
        found, self.at = self.raw[self.at : end].decode("ascii"), end + 1
        return found

    def leb128(self) -> int:
        result = shift = 0
        while True:
            byte = self.byte()
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return result

    def table(self, *, with_size: bool) -> list[tuple[str, int, str, tuple[int, ...]]]:
        """Return name, set of targets, library and each version of each entry; objects have a size as well."""
        count = int.from_bytes(self.raw[self.at : self.at + 2], "little")
        self.at += 2
        found: list[tuple[str, int, str, tuple[int, ...]]] = []
        read = 0
        while read < count:
            name, library = self.text(), 0
            while library < 0x80:
                targets = self.leb128()
                if with_size:
                    self.leb128()
                library = self.byte()
                found += [(name, targets, self.libraries[library & 0x7F], version) for version in self._versions()]
                read += 1
        return found

    def _versions(self) -> list[tuple[int, ...]]:
        numbers = [self.byte()]
        while numbers[-1] < 0x80:
            numbers.append(self.byte())
        return [self.versions[number & 0x7F] for number in numbers]


def glibc() -> list[list[str]]:
    """Return rows of library, version, CPUs and names: which symbols have this version on these CPUs."""
    lists = _AbiLists((LIBC / "glibc" / "abilists").read_bytes())
    bits = {cpu: lists.targets.index(target) for cpu, target in _targets().items() if target in lists.targets}
    entries = (*lists.table(with_size=False), *lists.table(with_size=True))
    return _rows(
        {
            (name, library, version, cpu)
            for name, targets, library, version in entries
            for cpu, bit in bits.items()
            if targets >> bit & 1
        }
    )


def _targets() -> dict[str, str]:
    """Return the target of ziglang's list for each CPU of the table."""
    return {row.name: f"{row.zig}-linux-{row.rust_abi}" for row in ARCHES if row.zig}


def _rows(symbols: set[tuple[str, str, tuple[int, ...], str]]) -> list[list[str]]:
    """Group names of equal library, CPUs and version into one row."""
    by_name: dict[str, dict[tuple[str, str], set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, library, version, cpu in symbols:
        by_name[name][library, ".".join(map(str, version[: 3 if version[2] else 2]))].add(cpu)
    rows: dict[Entry, list[str]] = defaultdict(list)
    for name, places in by_name.items():
        for (library, since), cpus in places.items():
            rows[library, since, " ".join(sorted(cpus))].append(name)
    return [[*entry, " ".join(sorted(names))] for entry, names in sorted(rows.items())]


def musl() -> str:
    """Return the names of the newest musl, on whatever CPU."""
    text = (LIBC / "musl" / "libc.S").read_text("ascii")
    return " ".join(sorted(set(re.findall(r"^(?:\.globl|\.weak|WEAK\w+) (\w+)$", text, re.MULTILINE))))


def debian() -> dict[str, dict[str, str]]:
    """Return the names that libraries of Debian offer, by library and version; `Base` is no version."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for package in PACKAGES:
        command = ["dpkg-query", "--control-show", f"{package}:amd64", "symbols"]
        library = ""
        for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
            if not line.startswith((" ", "*", "|")):
                library = line.partition(" ")[0]
            elif entry := re.match(r" (\S+)@(\S+) ", line):
                found[library][entry[2]].append(entry[1])
    return {
        library: {version: " ".join(sorted(names)) for version, names in sorted(versions.items())}
        for library, versions in sorted(found.items())
    }


def python_words() -> str:
    """Return what the names of CPython's C API begin with, up to the first underscore, for all its versions."""
    names = {str(symbol.name) for symbol in (*abi3info.FUNCTIONS, *abi3info.DATAS)}
    with tempfile.TemporaryDirectory() as folder:
        package = '[package]\nname = "names"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n'
        Path(folder, "Cargo.toml").write_text(f'{package}[dependencies]\npyo3-ffi = "={PYO3_FFI}"\n', "utf-8")
        Path(folder, "lib.rs").touch()
        said = subprocess.run(["cargo", "metadata", "--format-version=1"], cwd=folder, check=True, capture_output=True)
    (crate,) = (each for each in json.loads(said.stdout)["packages"] if each["name"] == "pyo3-ffi")
    for file in sorted(Path(crate["manifest_path"]).parent.rglob("*.rs")):
        names |= set(re.findall(r"\b(?:fn|static|static mut) (Py\w+)\s*[(:]", file.read_text("utf-8")))
    names.update(_exported_here(), EXPORTED.split())
    return " ".join(sorted({found[0] for name in names if (found := re.match("Py[A-Za-z0-9]*_", name))} - {"PyInit_"}))


def _exported_here() -> list[str]:
    """Return what the interpreter that runs this exports: names that no header declares for others are among them."""
    library = Path(str(sysconfig.get_config_var("LIBDIR")), str(sysconfig.get_config_var("LDLIBRARY")))
    file = library if library.suffix != ".a" and library.exists() else Path(sys.executable).resolve()
    binary = read_binary(file.name, Bytes(file.read_bytes()))
    return [name for slice_ in binary.slices for name in slice_.exports.beginning_with("Py")] if binary else []


def source() -> str:
    """Return the sources that the file names if it is written now."""
    packages = [f"{package}:amd64" for package in PACKAGES]
    command = ["dpkg-query", "--show", "--showformat", "${Package} ${Version}, ", *packages]
    debian = subprocess.run(command, check=False, capture_output=True, text=True).stdout.removesuffix(", ")
    installed = data_files.versions(["ziglang", "abi3info"])
    return f"python {platform.python_version()}, {installed}, pyo3-ffi {PYO3_FFI}, {debian}"


def render() -> str:
    """Return the text of the data file: a line for each row."""
    data: dict[str, Any] = {"source": source(), "glibc": glibc(), "musl": musl(), "libraries": debian()}
    data["musl since 1.2"] = SINCE_MUSL_1_2
    data["python"] = python_words()
    return json.dumps(data, indent=0, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(data_files.run(sys.modules[__name__]))
