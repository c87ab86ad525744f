"""Wheels with faults that `check --fix` repairs: each function adds one fault or one file to a plain wheel."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from typing import TYPE_CHECKING

from tests.support import native
from tests.support.artifacts import EXECUTABLE, File, a_wheel

if TYPE_CHECKING:
    from tests.support.artifacts import Rows, WheelRecipe


TOOL, SCRIPT = "demo/bin/tool", "demo-1.0.data/scripts/start"
MODULE = File("demo/__init__.py", b"answer = 42\n")
RECORD = "demo-1.0.dist-info/RECORD"
ANY = "py3-none-any"
TWO_TAGS = "py3-none-manylinux_2_17_x86_64.manylinux_2_28_x86_64"
IMPURE = "Root-Is-Purelib: false\n"
JWS, P7S = "demo-1.0.dist-info/RECORD.jws", "demo-1.0.dist-info/RECORD.p7s"


def plain(tags: str, *files: File, wheel: str = "", **other: object) -> WheelRecipe:
    """Return a wheel with one module, these files and, if given, these last lines of WHEEL."""
    text = f"Wheel-Version: 1.0\nGenerator: tests\n{wheel}".encode()
    return a_wheel(tags, MODULE, *files, **({"dist_info": {"WHEEL": text}} if wheel else {}), **other)


def tool(mode: int, cpu: str = "x86_64", floor: tuple[int, int] = (2, 17)) -> File:
    """Return a program for Linux with this mode."""
    return File(TOOL, partial(native.program, cpu, floor), mode)


def lib(*floor: int, cpu: str = "x86_64") -> File:
    """Return a library for Linux that is linked against this glibc."""
    return File(f"demo/lib{cpu}.so", partial(native.library, cpu, (floor[0], floor[1])))


def mac(minimum: str, cpu: str = "aarch64") -> File:
    """Return a program for macOS with this minimum version."""
    return File(f"demo/bin/{cpu}", partial(native.mac, cpu, minimum), EXECUTABLE)


def universal(x86_64: str, aarch64: str) -> File:
    """Return a universal program with these minimum versions."""
    made = {"x86_64": x86_64, "aarch64": aarch64}
    return File(TOOL, lambda: native.universal(*(native.mac(cpu, least) for cpu, least in made.items())), EXECUTABLE)


def false_row(rows: Rows) -> Rows:
    """Give RECORD a false row for the module."""
    return [
        (path, "sha256=" + "A" * 43, "1") if path == MODULE.path else (path, digest, size)
        for path, digest, size in rows
    ]


def md5_rows(rows: Rows) -> Rows:
    """Give RECORD the hashes of another algorithm."""
    return [(path, digest and "md5=" + "A" * 22, size) for path, digest, size in rows]


def lost_and_added(rows: Rows) -> Rows:
    """Give RECORD a row without file, and take the module's away."""
    return [("demo/gone.py", "sha256=" + "A" * 43, "9"), *(row for row in rows if row[0] != MODULE.path)]


class Stream(io.BytesIO):
    """A stream that cannot go back, so that sizes are written behind the data."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise OSError(offset, whence)


def streamed(content: bytes) -> bytes:
    """Return the same zip, written by a tool that streams."""
    out = Stream()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info))
    return out.getvalue()


CRLF_RECORD = f"{MODULE.path},sha256={'A' * 43},12\r\n{RECORD},,\r\n".encode()
NOT_EXECUTABLE = tool(0o100644)
