"""What the dynamic loaders of this machine say about a file for Linux, none of whose code runs.

glibc's loader is asked as `ldd -r` asks it: it finds libraries, compares versions, binds symbols, and ends. In place of
this machine's C library it can be given the one of an older glibc: zig makes libraries that hold every symbol of a
glibc with its version, and no code. So the answer is the one of that floor's system. musl's loader is asked by
`--list`, where Debian's package musl has been unpacked (WHEELCHECK_MUSL names the loader) or installed.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import native

if TYPE_CHECKING:
    from collections.abc import Mapping

GLIBC = Path("/lib64/ld-linux-x86-64.so.2")
MUSL = Path(os.environ.get("WHEELCHECK_MUSL", "/lib/ld-musl-x86_64.so.1"))
IS_HERE = platform.machine() == "x86_64" and GLIBC.exists()
FLOORS = native.CACHE.parent / "floors"
OLDEST = "2.17"
SECONDS = 20

HOLDER_C = "int main(void) { return 0; }\n"
# What every interpreter is linked with: a module finds these libraries loaded.
_LOADED = ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "libutil.so.1")
_LEFT_OUT = re.compile(r"(Py|_Py)[A-Za-z_]\w*")  # what the interpreter offers; no seed has such a name of its own
_UNDEFINED = re.compile(r"undefined symbol: (\w+)")
_REFUSED = re.compile(
    r"not found|undefined symbol|unsupported relocation|cannot|[Ee]rror|ERROR|version|failed|[Ff]ault|ELF|invalid"
    r"|Inconsistency"
)

_HARMLESS = re.compile(r"no version information available|weak version")  # the symbols are still looked for


def complaints(file: Path, floor: str = "", *, is_program: bool = False, now: bool = False) -> tuple[str, ...]:
    """Return what glibc's loader says against a file; nothing if it would load it.

    `floor` (2.17, 2.28) is the glibc that is asked, empty for this machine's. `now` binds every function as RTLD_NOW
    does; otherwise only what is bound when Python imports a module.
    """
    asked = {"LD_TRACE_LOADED_OBJECTS": "1", "LD_WARN": "yes", **({"LD_BIND_NOW": "yes"} if now else {})}
    if is_program:  # the kernel maps it and starts its loader
        whose = {"LD_LIBRARY_PATH": str(libraries(floor)), "LD_PRELOAD": "libc.so.6"} if floor else {}
        return _said([str(file)], {**asked, **whose})
    where = ("--library-path", str(libraries(floor))) if floor else ()
    return _said([str(GLIBC), *where, "--preload", ":".join([*_LOADED, str(file)]), str(holder())], asked)


def complaints_of_musl(file: Path) -> tuple[str, ...]:
    """Return what musl's loader says against a file, in a process that has its C library, as every interpreter has."""
    return _said([str(MUSL), "--preload", "libc.so", "--list", str(file)], {})


def _said(command: list[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=SECONDS
        )
    except OSError as problem:  # the kernel starts no such program
        return (str(problem.strerror),)
    except subprocess.TimeoutExpired:
        return (f"no answer within {SECONDS} seconds",)
    lines = (done.stderr + done.stdout).decode("utf-8", "replace").splitlines()
    said = [line.strip() for line in lines if _REFUSED.search(line) and not _HARMLESS.search(line)]
    against = tuple(line for line in said if not _is_of_python(line))
    return against or ((f"ended with {done.returncode}",) if done.returncode and not said else ())


def _is_of_python(line: str) -> bool:
    found = _UNDEFINED.search(line)
    return found is not None and _LEFT_OUT.fullmatch(found[1]) is not None


@cache
def holder() -> Path:
    """Return a program for the oldest glibc that stands for the interpreter: it needs the loader as libc.so.6 does."""
    loader = str(libraries(OLDEST) / "libld.so.2")
    return native.compiled_c(HOLDER_C, f"x86_64-linux-gnu.{OLDEST}", "-Wl,--no-as-needed", loader, "-s", name="holder")


@cache
def libraries(floor: str) -> Path:
    """Return the folder of the C library of a glibc, made by zig when it links for that glibc (some seconds, once)."""
    home = FLOORS / floor
    if not home.is_dir():
        FLOORS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FLOORS) as folder:
            made = _stand_ins(Path(folder), floor)
            _complete(made, floor)
            made.rename(home)
    return home


def _complete(made: Path, floor: str) -> None:
    """Add the files that are empty since glibc 2.34 and that zig leaves out: systems still have them."""
    for name in () if floor == OLDEST else (*_LOADED, "librt.so.1"):
        if not (made / name).exists():
            shutil.copy(libraries(OLDEST) / name, made / name)


def _stand_ins(work: Path, floor: str) -> Path:
    """Have zig link something with a cache of its own, and return the folder there that holds the libraries."""
    (work / "holder.c").write_text(HOLDER_C, "utf-8")
    target, own = f"x86_64-linux-gnu.{floor}", {"ZIG_GLOBAL_CACHE_DIR": str(work / "cache")}
    native.run_cc(target, "holder.c", "-o", "holder", cwd=work, environment=own)
    return next((work / "cache").rglob("libc.so.6")).parent
