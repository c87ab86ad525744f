"""The Python that builds a wheel: found for an interpreter and ABI tag, and speaking for another CPU where needed.

Build backends take the suffix of extension modules, the platform and the compilers from the `sysconfig` of the Python
they run in. CPython lets a variable name another module of build-time values (`_PYTHON_SYSCONFIGDATA_NAME`), which is
how CPython's own cross builds work; that module is written here, from this Python's values.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from functools import lru_cache
from pathlib import Path

from wheelcheck.builder import run
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wheelcheck.builder.wheel import Pair
    from wheelcheck.platforms.arch import Arch

_ASK = """
import json, sys, sysconfig
found = {name: value for name, value in sysconfig.get_config_vars().items() if isinstance(value, (str, int))}
about = [sys.executable, sys.version_info[:2], sysconfig.get_path("include"), found, sys.version]
print(json.dumps(about))
"""
_CPYTHON = regex(r"cp3(?P<minor>\d+)")
_NEWER = 5  # minor versions above the wanted one that are looked for; any of them compiles for an abi3


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython: its executable, its version, the folder of its headers and its build-time values."""

    executable: str
    version: tuple[int, int]
    include: str
    values: Mapping[str, Any]
    build: str = ""  # the whole of sys.version

    @property
    def python(self) -> str:
        """Its interpreter tag, such as cp311."""
        return f"cp{self.version[0]}{self.version[1]}"

    @property
    def abi(self) -> str:
        """Its ABI tag, such as cp311 or, free-threaded, cp313t."""
        return f"{self.python}{'t' if self.values.get('Py_GIL_DISABLED') else ''}"

    @property
    def triplet(self) -> str:
        """Its multiarch triplet, such as x86_64-linux-gnu; empty if it has none."""
        return str(self.values.get("MULTIARCH", ""))

    def builds(self, pair: Pair) -> bool:
        """Return whether it can compile for an interpreter and ABI tag.

        The ABIs abi3 and none work in every later interpreter, but a free-threaded one cannot compile for abi3.
        """
        python, abi = pair
        if abi == "none":
            return True
        wanted = _CPYTHON.fullmatch(python)
        if abi == "abi3":
            return bool(wanted and int(wanted["minor"]) <= self.version[1] and self.abi == self.python)
        return (python, abi) == (self.python, self.abi)

    def for_another_cpu(self, arch: Arch, folder: Path, compilers: Mapping[str, str]) -> dict[str, str]:
        """Write its build-time values as they are on another CPU; return the variables that make backends use them.

        They are written below `folder`; `compilers` are the variables that name the compilers for that CPU. PyO3 and
        maturin read the same file (`PYO3_CROSS_LIB_DIR`).
        """
        folder /= f"python-{self.abi}"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"_sysconfigdata__linux_{arch.multiarch_triplet}"
        values = self._values_for(arch, compilers)
        (folder / f"{name}.py").write_text(f"build_time_vars = {values!r}\n", "utf-8")
        return {
            "PYTHONPATH": str(folder),
            "_PYTHON_SYSCONFIGDATA_NAME": name,
            "_PYTHON_HOST_PLATFORM": f"linux-{arch.name}",
            "SETUPTOOLS_EXT_SUFFIX": str(values["EXT_SUFFIX"]),
            "PYO3_CROSS_LIB_DIR": str(folder),
            "PYO3_CROSS_PYTHON_VERSION": "{}.{}".format(*self.version),
        }

    def _values_for(self, arch: Arch, compilers: Mapping[str, str]) -> dict[str, str | int]:
        """Return the build-time values with another CPU's names and the compilers for it.

        What is in lower case are folders of this installation, which `sysconfig` finds itself; PyO3 wants the prefix.
        """
        other = {self.triplet: arch.multiarch_triplet} if self.triplet else {}
        other |= {str(self.values[name]): arch.rust_triple for name in _GNU_TYPES if self.values.get(name)}
        renamed = {name: _renamed(value, other) for name, value in self.values.items() if name[:1].isupper()}
        shared = {"BLDSHARED": compilers["LDSHARED"], "prefix": str(self.values.get("installed_base", ""))}
        numbers = {"Py_ENABLE_SHARED": 0, "SIZEOF_VOID_P": arch.bits // 8}
        return {**renamed, **compilers, **shared, **numbers}


_GNU_TYPES = ("HOST_GNU_TYPE", "BUILD_GNU_TYPE")


def find(pair: Pair, base: Mapping[str, str]) -> Interpreter:
    """Return an interpreter that compiles for `pair`: this one, or else one that is on PATH. Raises BuildError."""
    if found := search(pair, base):
        return found
    others = "or build with --interpreter the wheels of one Python only"
    problem, first = f"no Python on PATH can compile for {'-'.join(pair)}", f"install {_name(pair)}"
    if broken := next((place for place in _on_path(pair, base) if ask(place, base) is None), ""):
        problem, first = f"{problem}, and {broken} does not start", f"make `{broken} --version` work"
    raise BuildError(
        f"python {'-'.join(pair)}", problem, f"{first}, or use cibuildwheel, which brings every Python, {others}"
    )


def search(pair: Pair, base: Mapping[str, str]) -> Interpreter | None:
    """Return the interpreter of `find`, None if there is none."""
    asked = (ask(executable, base) for executable in (sys.executable, *_on_path(pair, base)))
    return next((found for found in asked if found and found.builds(pair)), None)


def ask(executable: str, base: Mapping[str, str]) -> Interpreter | None:
    """Return what a Python says of itself, None if it does not start; pyenv puts programs on PATH that do not."""
    env = run.for_installed(base)
    file = shutil.which(executable, path=env.get("PATH", ""))
    return _asked(executable, Path.cwd(), tuple(sorted(env.items())), Path(file).stat().st_mtime_ns if file else 0)


@lru_cache(maxsize=64)
def _asked(executable: str, folder: Path, env: tuple[tuple[str, str], ...], _: int) -> Interpreter | None:
    """Start a Python and ask it, once in a run: each step of a build wants to know."""
    command = Command((executable, "-I", "-c", _ASK), folder, dict(env))
    try:
        answer = run.observe(command, 60.0)
        path, version, include, values, build = json.loads(answer.output)
    except (BuildError, ValueError):
        return None
    return Interpreter(path, (version[0], version[1]), include, values, build)


def _on_path(pair: Pair, base: Mapping[str, str]) -> Iterator[str]:
    wanted = _CPYTHON.fullmatch(pair[0])
    if not wanted:
        return
    first, suffix = int(wanted["minor"]), "t" if pair[1].endswith("t") else ""
    for minor in range(first, first + (_NEWER if pair[1] == "abi3" else 1)):
        for folder in base.get("PATH", "").split(os.pathsep):
            place = Path(folder, f"python3.{minor}{suffix}")
            if place.is_file():
                yield str(place)


def _name(pair: Pair) -> str:
    wanted = _CPYTHON.fullmatch(pair[0])
    return f"python3.{wanted['minor']}{'t' if pair[1].endswith('t') else ''}" if wanted else pair[0]


def _renamed(value: str | int, other: Mapping[str, str]) -> str | int:
    if isinstance(value, str):
        for old, new in other.items():
            value = value.replace(old, new)
    return value
