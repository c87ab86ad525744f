from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import File, a_wheel
from tests.support.native_files import WIN64, dll
from tests.support.twins import Twins

if TYPE_CHECKING:
    from pathlib import Path


def importing(name: str, path: str = "demo/native.dll") -> File:
    """A DLL that imports one function of another DLL of this name."""

    def make() -> bytes:
        definition = native.CACHE / f"{name}.def"
        definition.parent.mkdir(parents=True, exist_ok=True)
        definition.write_text(f"LIBRARY {name}.dll\nEXPORTS\nask\n", "utf-8")
        source = native.WINDOWS_C.replace("GetTickCount", "ask")
        library = definition.with_suffix(".lib")
        native.run_zig("dlltool", "-m", "i386:x86-64", "-d", str(definition), "-l", str(library), cwd=native.CACHE)
        flags = ("-nostdlib", "-shared", str(library), "-s")
        return native.compile_c(source, "x86_64-windows-gnu", *flags, name="answer.dll")

    return File(path, make)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC503",
            "the debug build of Microsoft's runtime",
            a_wheel(WIN64, importing("VCRUNTIME140D")),
            a_wheel(WIN64, importing("VCRUNTIME140")),
            "imports VCRUNTIME140D.dll, expected the release runtime",
            ("demo/native.dll",),
        ),
        Twins(
            "WC503",
            "the debug build of the universal C runtime",
            a_wheel(WIN64, importing("ucrtbased")),
            a_wheel(WIN64, importing("ucrtbase")),
            "imports ucrtbased.dll",
            ("demo/native.dll",),
        ),
        Twins(
            "WC503",
            "a debug build beside code that does without it, which nothing links to: a warning",
            a_wheel(WIN64, dll("x86_64"), importing("ucrtbased", "demo/natived.dll")),
            a_wheel(WIN64, dll("x86_64"), importing("ucrtbase", "demo/natived.dll")),
            "imports ucrtbased.dll",
            ("demo/natived.dll",),
            severity="warning",
        ),
        Twins(
            "WC503",
            "a debug build that another library of the wheel loads",
            a_wheel(WIN64, importing("other"), importing("ucrtbased", "demo/other.dll")),
            a_wheel(WIN64, importing("other"), importing("ucrtbase", "demo/other.dll")),
            "imports ucrtbased.dll",
            ("demo/other.dll",),
        ),
        Twins(
            "WC503",
            "an extension module is loaded by Python",
            a_wheel(WIN64, dll("x86_64"), importing("ucrtbased", "demo/_x.pyd")),
            a_wheel(WIN64, dll("x86_64"), importing("ucrtbase", "demo/_x.pyd")),
            "imports ucrtbased.dll",
            ("demo/_x.pyd",),
        ),
    ],
    ids=str,
)
def test_no_binary_needs_a_debug_runtime(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
