"""PE files that import what a test names: each is linked against an import library that zig makes of the name."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from tests.support import native
from tests.support.artifacts import File

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_KERNEL = "__declspec(dllimport) unsigned long __stdcall GetTickCount(void);"


def importing(*names: str, path: str = "demo/native.dll", exports: str = "answer") -> File:
    """Return a DLL that imports one function of each DLL; a name without a suffix gets `.dll`."""
    return File(path, partial(_importing, names, exports))


def taking(dll: str, *functions: str, path: str, exports: str = "PyInit__x") -> File:
    """Return a module that takes these functions of one DLL."""
    return File(path, partial(_taking, dll, functions, exports))


def _taking(dll: str, functions: tuple[str, ...], exports: str) -> bytes:
    declared = "".join(f"__declspec(dllimport) unsigned long {function}(void);\n" for function in functions)
    return _linked(declared, functions, exports, [_import_library(dll, *functions)], is_program=False)


def program_importing(*names: str, path: str = "demo/bin/tool.exe") -> File:
    """Return a program that does the same."""
    return File(path, partial(_importing, names, "answer", is_program=True))


def _importing(names: tuple[str, ...], exports: str, *, is_program: bool = False) -> bytes:
    asked = [f"ask{number}" for number in range(len(names))]
    declared = "".join(f"__declspec(dllimport) unsigned long {function}(void);\n" for function in asked)
    libraries = [_import_library(name, function) for name, function in zip(names, asked, strict=True)]
    return _linked(declared, asked, exports, libraries, is_program=is_program)


def _linked(declared: str, asked: Sequence[str], exports: str, libraries: Iterable[Path], *, is_program: bool) -> bytes:
    calls = " + ".join(f"{function}()" for function in asked)
    source = native.WINDOWS_C.replace(_KERNEL, declared).replace("GetTickCount()", calls)
    source = source.replace("int answer(", f"int {exports}(")
    shape = ("-Wl,-e,entry",) if is_program else ("-shared",)
    flags = ("-nostdlib", *shape, *map(str, libraries), "-s")
    return native.compile_c(source, "x86_64-windows-gnu", *flags, name="answer.dll")


def _import_library(name: str, *functions: str) -> Path:
    """Return the path of an import library with functions of a DLL."""
    full = name if "." in name else f"{name}.dll"
    listed = "\n".join(functions)
    recipe = f"LIBRARY {full}\nEXPORTS\n{listed}\n"
    definition = native.CACHE / f"{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.def"
    library = definition.with_suffix(".lib")
    if not library.exists():
        definition.parent.mkdir(parents=True, exist_ok=True)
        definition.write_text(recipe, "utf-8")
        native.run_zig("dlltool", "-m", "i386:x86-64", "-d", str(definition), "-l", str(library), cwd=native.CACHE)
    return library
