from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import File, a_wheel
from tests.support.native_files import WIN64
from tests.support.twins import Twins

if TYPE_CHECKING:
    from pathlib import Path


def importing(name: str) -> File:
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

    return File("demo/native.dll", make)


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
    ],
    ids=str,
)
def test_no_binary_needs_a_debug_runtime(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
