from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, elf_editing, native
from tests.support.artifacts import EXECUTABLE, X86_64, File, WheelRecipe, a_wheel
from tests.support.native_files import (
    ARM64,
    LIBRARY,
    MODULE,
    WIN64,
    dll,
    exe,
    library,
    mac,
    mac_module,
    mac_program,
    program,
)
from tests.support.twins import WARNING, Silent, Twins, judge
from wheelcheck.binary.model import Binary
from wheelcheck.damage import Damage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOOL = "demo/bin/tool"
WASM = b"\0asm\1\0\0\0"
JAVA = b"\xca\xfe\xba\xbe\0\0\0\x34" + b"\0\x20\x0a" * 99


def made(content: bytes | None, path: str = LIBRARY, mode: int = 0o100644) -> File:
    """Return a file with this content, or a whole library."""
    return File(path, partial(native.library, "x86_64") if content is None else content, mode)


def linux(*files: File) -> WheelRecipe:
    """Return a wheel that keeps its promise, whatever else is in it."""
    return a_wheel(X86_64, library("x86_64", "demo/right.so"), *files)


PAGE = b"<!DOCTYPE html>\n<html><head><title>libffmpeg.so</title></head></html>\n"
LONG_SCRIPT = b"/* GNU ld script -- generated\n" + b"   Prefer the components.\n" * 40 + b"*/\nINPUT ( libx.so.1 )\n"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 132000\n"


def stub(sentence: str, content: bytes, found: str, path: str = LIBRARY, mode: int = 0o100644) -> Twins:
    return Twins("WC305", sentence, linux(made(content, path, mode)), linux(made(None, path, mode)), found, (path,))


def of_subsystem(number: int) -> File:
    """Return a program for Windows with another subsystem in its optional header."""

    def changed() -> bytes:
        content = bytearray(native.windows())
        struct.pack_into("<H", content, struct.unpack_from("<I", content, 0x3C)[0] + 24 + 68, number)
        return bytes(content)

    return File("demo/tool.exe", changed)


def cut(content: bytes, size: int) -> bytes:
    return content[:size]


def without_machine() -> bytes:
    content = native.library("x86_64")
    return content[:18] + b"\0\0" + content[20:]


def cut_off(sentence: str, tags: str, file: File, size: int, found: str) -> Twins:
    """Return a row with a file that ends after `size` bytes, below a path that names its own CPU."""
    beside = {X86_64: library("x86_64"), ARM64: mac("aarch64"), WIN64: dll("x86_64")}[tags]
    bad = File(file.path, lambda: cut(file.bytes, size), file.mode)
    return Twins("WC305", sentence, a_wheel(tags, beside, bad), a_wheel(tags, beside, file), found, (file.path,))


def dsym() -> bytes:
    """What dsymutil keeps of a module for debuggers: its type is MH_DSYM (10)."""
    content = mac_module("_x.abi3.so", "PyInit__x").bytes
    return content[:12] + struct.pack("<I", 10) + content[16:]


def debug_data() -> bytes:
    """What `objcopy --only-keep-debug` leaves: of what a loader maps, nothing is in the file."""
    content = native.library()
    for kind in (elf_editing.LOAD, elf_editing.DYNAMIC):
        for index in range(len(elf_editing.segments_at(content, kind))):
            content = elf_editing.segment(kind, index, filesz=0)(content)
    start, count = (elf_editing.get(content, 0, elf_editing.HEADER[name]) for name in ("shoff", "shnum"))
    for index in range(count):
        if elf_editing.get(content, start + 64 * index, elf_editing.SECTION["flags"]) & 2:  # SHF_ALLOC
            content = elf_editing.section(index, type=8)(content)  # SHT_NOBITS
    return content


def plain() -> bytes:
    """A library that needs no other."""
    flags = ("-shared", "-fPIC", "-nostdlib", "-s", "-Wl,-z,max-page-size=65536")
    return native.compile_c(native.PLAIN_C, "x86_64-linux-gnu.2.17", *flags, name="libplain.so")


@pytest.mark.parametrize(
    "row",
    [
        cut_off("an ELF header", X86_64, program("x86_64", "demo/bin/tool-x86_64"), 64, "elf-"),
        cut_off("a folder with the CPU", X86_64, library("x86_64", "demo/lib/x86_64/libfoo.so"), 64, "elf-"),
        cut_off("a folder with the width", X86_64, program("x86_64", "demo/bin64/tool64"), 64, "elf-"),
        cut_off("half a library", X86_64, library("x86_64", "demo/lib/x86_64/libfoo.so"), 2000, "elf-"),
        cut_off("Mach-O", ARM64, mac("aarch64", path="demo/lib/arm64/libx.dylib"), 5000, "macho-truncated"),
        cut_off("PE", WIN64, dll("x86_64", "demo/lib/x64/x.dll"), 600, "pe-truncated"),
        cut_off("another CPU", X86_64, library("aarch64", "demo/linux-aarch64/libfoo.so"), 64, "elf-"),
        cut_off("another system", X86_64, mac("aarch64", path="demo/darwin-arm64/libx.dylib"), 5000, "macho-truncated"),
        cut_off("another system's PE", X86_64, dll("x86_64", "demo/win-x64/x.dll"), 600, "pe-truncated"),
    ],
    ids=str,
)
def test_a_file_that_is_cut_off_is_payload_for_no_platform(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def test_a_page_is_content_where_no_name_claims_native_code(tmp_path: Path) -> None:
    page = b"<!DOCTYPE html>\n<html></html>\n"
    claiming, plain = (linux(made(page, path)) for path in ("demo/lib/libx.so", "demo/lib/page"))
    Twins("WC305", "a page", claiming, plain, "found an HTML or XML page", ("demo/lib/libx.so",)).assert_holds(tmp_path)


@pytest.mark.parametrize("lost", [1, 8, 64])
@pytest.mark.parametrize("path", ["demo/linux-aarch64/libfoo.so", "demo/x86_64/libfoo.so"])
def test_the_last_bytes_are_missed_on_every_platform(path: str, lost: int, tmp_path: Path) -> None:
    file = library("aarch64" if "aarch64" in path else "x86_64", path)
    row = cut_off("the last bytes", X86_64, file, len(file.bytes) - lost, "elf-truncated: ")
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    ("path", "found"), [("demo/x86_64/libx.so", ("demo/x86_64/libx.so",)), ("demo/linux-arm64/libx.so", ())]
)
def test_other_damage_is_excused_in_code_for_another_platform_only(path: str, found: tuple[str, ...]) -> None:
    damage = Damage(path, "elf-sections", "a table that is not there")
    binary = Binary("ELF", artifacts.elf("aarch64" if "arm64" in path else "x86_64").slices, (damage,))
    hits = judge(artifacts.wheel(X86_64, artifacts.member(path, binary)), "WC305")
    assert tuple(hit.path for hit in hits) == found


@pytest.mark.parametrize(
    "row",
    [
        stub("an empty library", b"", "found an empty file"),
        *(
            stub("an empty library with a version", b"", "found an empty file", path)
            for path in ("demo/libx.so.1", "demo/libx.so.1.2.3", "demo.libs/libx-0a.1.so.2")
        ),
        stub("an empty program in bin", b"", "found an empty file", TOOL, EXECUTABLE),
        stub("an empty library with a version in its name", b"", "found an empty file", "demo/libx.so.1.2"),
        Twins(
            "WC305",
            "a library for no CPU that runs Python, named as an extension module",
            a_wheel(X86_64, File(MODULE, lambda: elf_editing.header(machine=0x7FFF)(plain()))),
            a_wheel(X86_64, File(MODULE, plain)),
            "found code for no CPU that runs Python",
            (MODULE,),
        ),
        Twins(
            "WC305",
            "an object file that is named as an extension module",
            a_wheel(X86_64, File(MODULE, native.object_file)),
            a_wheel(X86_64, library("x86_64", MODULE)),
            "found object code, expected a library",
            (MODULE,),
        ),
        Twins(
            "WC305",
            "WebAssembly that is named as an extension module",
            linux(File(MODULE, WASM)),
            linux(File("demo/_x.wasm", WASM)),
            "found code for no CPU that runs Python",
            (MODULE,),
        ),
        *(
            Twins(
                "WC305",
                f"WebAssembly that is named {name} in a wheel for {system}",
                a_wheel(tags, made_for, File(f"demo/{name}", WASM)),
                a_wheel(tags, made_for, File("demo/x.wasm", WASM)),
                "found WebAssembly, expected a library that a loader can load",
                (f"demo/{name}",),
                WARNING,
            )
            for name, system, tags, made_for in (
                ("libx.so", "Windows", WIN64, dll("x86_64")),
                ("x.dll", "Linux", X86_64, library("x86_64")),
            )
        ),
        Twins(
            "WC305",
            "WebAssembly that is named as a DLL",
            a_wheel(WIN64, dll("x86_64"), File("demo/x.dll", WASM)),
            a_wheel(WIN64, dll("x86_64"), File("demo/x.wasm", WASM)),
            "found WebAssembly, expected a library that a loader can load",
            ("demo/x.dll",),
        ),
        *(
            Twins(
                "WC305",
                f"{found} that is named as a library",
                linux(library("x86_64"), File("demo/libx.so", content)),
                linux(library("x86_64"), File(good, content)),
                f"found {found}, expected a library that a loader can load",
                ("demo/libx.so",),
                severity="warning",
            )
            for found, content, good in (
                ("WebAssembly", WASM, "demo/libx.wasm"),
                ("object code", native.object_file, "demo/x.o"),
            )
        ),
        Twins(
            "WC305",
            "the data of a debugger where Python looks for the module",
            a_wheel(ARM64, mac("aarch64"), File("demo/_x.abi3.so", dsym)),
            a_wheel(ARM64, mac("aarch64"), File("demo/_x.abi3.so.dSYM/Contents/Resources/DWARF/_x.abi3.so", dsym)),
            "found debug code, expected a library",
            ("demo/_x.abi3.so",),
        ),
        *(
            Twins(
                "WC305",
                f"a Java class named {path}",
                a_wheel(tags, own, File(path, JAVA)),
                a_wheel(tags, own, File("demo/X.class", JAVA)),
                "found a Java class, expected the file's own content",
                (path,),
            )
            for tags, own, path in (
                (ARM64, mac("aarch64"), "demo/libx.dylib"),
                (ARM64, mac("aarch64"), "demo/_y.cpython-311-darwin.so"),
                (X86_64, library("x86_64"), "demo/libx.so.1"),
                (X86_64, library("x86_64"), MODULE),
                (WIN64, dll("x86_64"), "demo/x.dll"),
            )
        ),
        *(
            Twins(
                "WC305",
                f"what is named .dylib and begins with {content[:8]!r}",
                a_wheel(ARM64, mac("aarch64"), File("demo/libx.dylib", content)),
                a_wheel(ARM64, mac("aarch64"), File("demo/libx.wasm", WASM), File("demo/libx.dylib.txt", content)),
                found,
                ("demo/libx.dylib",),
            )
            for content, found in (
                (b"this is a text\n" * 99, "expected native code: macOS loads nothing else"),
                (b"\n\xcf\xfa\xed\xfe" + bytes(99), "expected native code: macOS loads nothing else"),
                (WASM, "found WebAssembly, expected a library that a loader can load"),
            )
        ),
        Twins(
            "WC305",
            "debug data under the name of the library that it was taken from",
            linux(File("demo/libx.so", debug_data)),
            linux(File("demo/libx.so.debug", debug_data)),
            "found debug data without code, which nothing can load or start, expected a library",
            ("demo/libx.so",),
            severity="warning",
        ),
        Twins(
            "WC305",
            "debug data in the folder of libraries",
            linux(File("demo/lib/libx.so.1", debug_data)),
            linux(File("demo/lib/.debug/libx.so.1", debug_data)),
            "found debug data without code",
            ("demo/lib/libx.so.1",),
            severity="warning",
        ),
        *(
            Twins(
                "WC305",
                f"debug data in place of the program {path}",
                linux(File(path, debug_data, 0o100755)),
                linux(File(path, native.program, 0o100755)),
                "found debug data without code, which nothing can load or start, expected a program",
                (path,),
            )
            for path in ("demo/bin/tool", "demo-1.0.data/scripts/tool", "demo-1.0.data/data/bin/tool.x")
        ),
        Twins(
            "WC305",
            "a program that is named as an extension module",
            linux(File(MODULE, native.program)),
            linux(library("x86_64", MODULE)),
            "found executable code, expected a library",
            (MODULE,),
            also=("WC302",),
        ),
        *(
            Twins(
                "WC305",
                f"a file that begins with {content[:12]!r} and is named as an extension module",
                linux(made(content, path)),
                linux(library("x86_64", path)),
                "Python can import nothing else",
                (path,),
            )
            for content, path in (
                (b"this is a text\n" * 30, MODULE),
                (b"#!/bin/sh\nexit 1\n" * 30, "demo/_x.abi3.so"),
                (b"/* GNU ld script */ INPUT(libx.so.1)\n", MODULE),
            )
        ),
        Twins(
            "WC305",
            "an empty extension module in a Windows wheel",
            a_wheel(WIN64, exe("x86_64"), made(b"", "demo/_x.pyd")),
            a_wheel(WIN64, exe("x86_64"), dll("x86_64", "demo/_x.pyd")),
            "found an empty file",
            ("demo/_x.pyd",),
        ),
        Twins(
            "WC305",
            "an eBPF object cut short",
            linux(File("demo/probe.o", lambda: cut(native.bpf_object(), 100))),
            linux(File("demo/probe.o", native.bpf_object)),
            "elf-",
            ("demo/probe.o",),
        ),
        Twins(
            "WC305",
            "a path that names a platform declares code for it, not a stub of it",
            linux(made(b"\x7fELF", "demo/linux-aarch64/libx.so")),
            linux(library("aarch64", "demo/linux-aarch64/libx.so")),
            "elf-truncated",
            ("demo/linux-aarch64/libx.so",),
        ),
        stub("nothing but zeros, as a lost disk block leaves it", bytes(4096), "found nothing but zeros"),
        stub("a program of nothing but zeros", bytes(4096), "found nothing but zeros", TOOL, EXECUTABLE),
        stub("an empty object, as packetframe 0.0.1 shipped four", b"", "found an empty file", "demo/probe.bpf.o"),
        stub("an empty static library", b"", "found an empty file", "demo/libx.a"),
        stub("an empty add-on of Node.js", b"", "found an empty file", "demo/x.node"),
        stub("a web page that was saved as a program", PAGE, "found an HTML or XML page", TOOL, EXECUTABLE),
        *(
            stub(f"the same that {who} may start", PAGE, "found an HTML or XML page", TOOL, 0o100644 | bit)
            for who, bit in (("its owner", 0o100), ("its group", 0o010), ("anybody else", 0o001))
        ),
        Twins(
            "WC305",
            "an empty program in a Windows wheel",
            a_wheel(WIN64, dll("x86_64"), made(b"", "demo/tool.exe")),
            a_wheel(WIN64, dll("x86_64"), exe("x86_64", "demo/tool.exe")),
            "found an empty file",
            ("demo/tool.exe",),
        ),
        stub("the magic alone", b"\x7fELF", "elf-truncated"),
        stub("the magic and zeros", b"\x7fELF" + bytes(508), "elf-"),
        stub("fifteen bytes of a header", b"\x7fELF\2\1\1" + bytes(8), "elf-truncated"),
        stub("a git-lfs pointer", LFS, "found a git-lfs pointer"),
        stub("a git-lfs pointer under any name", LFS, "found a git-lfs pointer", "demo/model.bin"),
        stub("a saved web page, as ffmpegarm64v8a-mkkk shipped", PAGE, "found an HTML or XML page"),
        stub("the text of a link that the archiver did not follow", b"libx.so.1.2\n", "found a link's text"),
        Twins(
            "WC305",
            "a library cut short",
            linux(File(LIBRARY, lambda: cut(native.library("x86_64"), 600))),
            linux(made(None)),
            "past the end of the file (600 bytes)",
            (LIBRARY,),
        ),
        Twins(
            "WC305",
            "e_machine 0, as sdbus 0.14.1 had it",
            linux(File(LIBRARY, without_machine)),
            linux(made(None)),
            "elf-machine-none",
            (LIBRARY,),
            also=("WC301",),
        ),
        Twins(
            "WC305",
            "a dylib cut short",
            a_wheel(ARM64, mac_program("aarch64"), File("demo/a.dylib", lambda: cut(native.mac(kind="library"), 900))),
            a_wheel(ARM64, mac_program("aarch64"), mac("aarch64", path="demo/a.dylib")),
            "macho-truncated",
            ("demo/a.dylib",),
        ),
        Twins(
            "WC305",
            "a DLL cut short",
            a_wheel(WIN64, exe("x86_64"), File("demo/a.dll", lambda: cut(native.windows(kind="library"), 700))),
            a_wheel(WIN64, exe("x86_64"), File("demo/a.dll", lambda: native.windows(kind="library"))),
            "pe-truncated",
            ("demo/a.dll",),
        ),
        Twins(
            "WC305",
            "anything else under a library's name is a warning",
            linux(made(b"\x01\x02\x03\x04 no native code of any format\n")),
            linux(made(b"\x01\x02\x03\x04 no native code of any format\n", "demo/data.bin")),
            "expected native code",
            (LIBRARY,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_every_binary_is_whole(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def beginning(size: int) -> bytes:
    """Return the first bytes of a DLL."""
    return cut(native.windows(kind="library"), size)


def for_windows(sentence: str, content: bytes | Callable[[], bytes], path: str, good: str = "") -> Twins:
    """Return a row with a file that is not PE in a Windows wheel; under the name `good` that is nobody's business."""
    bad = File(path, content)
    right = File(good, content) if good else exe("x86_64", path) if path.endswith(".exe") else dll("x86_64", path)
    return Twins(
        "WC305",
        sentence,
        a_wheel(WIN64, dll("x86_64"), bad),
        a_wheel(WIN64, dll("x86_64"), right),
        "expected native code: Windows loads nothing else",
        (path,),
    )


@pytest.mark.parametrize(
    "row",
    [
        *(
            for_windows(f"{path} of {size} bytes", partial(beginning, size), path)
            for path, size in (
                ("demo/tool.exe", 1),
                ("demo/tool.exe", 2),
                ("demo/tool.exe", 40),
                ("demo/tool.exe", 63),
                ("demo/x.dll", 64),
                ("demo/_x.pyd", 60),
                ("demo/_x.PYD", 10),
            )
        ),
        for_windows("a text", b"not found\n" * 9, "demo/tool.exe"),
        *(
            Twins(
                "WC305",
                f"{why} under a program's name, which Windows does not start",
                a_wheel(WIN64, dll("x86_64"), bad),
                a_wheel(WIN64, dll("x86_64"), good),
                f"found {kind} code that Windows does not start",
                ("demo/tool.exe",),
            )
            for why, bad, good, kind in (
                ("a DLL", dll("x86_64", "demo/tool.exe"), exe("x86_64", "demo/tool.exe"), "library"),
                *(
                    (f"a program of subsystem {number}", of_subsystem(number), of_subsystem(good), kind)
                    for number, good, kind in (
                        (0, 2, "executable"),
                        (1, 3, "library"),
                        (7, 3, "executable"),
                        (9, 2, "executable"),
                        (10, 3, "executable"),
                    )
                ),
            )
        ),
        for_windows("a signature past the end", b"MZ" + bytes(58) + b"\xff\xff\0\0" + bytes(36), "demo/tool.exe"),
        for_windows("a batch file under a program's name", b"@echo off\r\n" * 9, "demo/tool.exe", "demo/tool.bat"),
        stub("a blank program anywhere", bytes(4096), "found nothing but zeros", "demo/tool", EXECUTABLE),
        stub("an empty program anywhere", b"", "found an empty file", "demo/tool", EXECUTABLE),
        stub("an empty program with a version", b"", "found an empty file", "demo/tool-1.2", EXECUTABLE),
        stub("a blank program under any suffix", bytes(4096), "found nothing but zeros", "demo/tool.bin", EXECUTABLE),
    ],
    ids=str,
)
def test_what_a_system_would_start_is_code(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC305", "an empty file without an exec bit", linux(made(b"", "demo/tool"))),
        Silent("WC305", "an empty file whose suffix says text", linux(made(b"", "demo/py.typed", EXECUTABLE))),
        Silent("WC305", "an image that only begins with zeros", linux(made(bytes(4096) + b"CD", "demo/x", EXECUTABLE))),
        Silent(
            "WC305",
            "an exec bit that every file has",
            a_wheel(X86_64, File(LIBRARY, partial(native.library, "x86_64"), EXECUTABLE), made(b"", "d/x", EXECUTABLE)),
        ),
        Silent("WC305", "a text named like a program for DOS", linux(made(b"text\n", "demo/tool.exe"))),
        Silent("WC305", "a linker script", linux(made(b"/* GNU ld script */\nGROUP ( libc.so.6 AS_NEEDED ( x ) )\n"))),
        Silent("WC305", "a linker script that explains itself, as libcuopt 26.10 does", linux(made(LONG_SCRIPT))),
        Silent("WC305", "a linker script after many comments", linux(made(b"/**/ " * 60 + b"INPUT(libx.so.1)\n"))),
        *(
            Silent("WC305", f"a linker script after white space: {text!r}", linux(made(b"\n \t" + text)))
            for text in (
                b"/* GNU ld script */\nx\n",
                b"INPUT(libx.so.1)\n",
                b"/* one */\n\n/* two */\nINPUT(libx.so.1)",
            )
        ),
        Silent(
            "WC305",
            "WebAssembly under the names of libraries in a wheel for browsers",
            a_wheel("cp313-cp313-pyodide_2025_0_wasm32", File("demo/x.so", WASM), File("demo/libx.so", WASM)),
            everywhere=("WC208",),
        ),
        Silent("WC305", "a one-line linker script", linux(made(b"INPUT(libncurses.so.6)\n"))),
        Silent("WC305", "an empty placeholder for another platform", linux(made(b"", "demo/win-x64/native.dll"))),
        Silent("WC305", "an empty marker", linux(made(b"", "demo/bin/.keep", EXECUTABLE))),
        Silent("WC305", "an empty program for Windows in a Linux wheel", linux(made(b"", "demo/tool.exe"))),
        Silent("WC305", "data of zeros", linux(made(bytes(4096), "demo/zeros.bin"))),
        Silent("WC305", "a script", linux(made(b"#!/bin/sh\n", TOOL, EXECUTABLE))),
        Silent("WC305", "an empty module", linux(made(b"", "demo/bin/__init__.py"))),
        Silent("WC305", "a broken library among test data", linux(made(b"\x7fELF", "demo/tests/broken.so"))),
        Silent("WC305", "a web page that is one", linux(made(PAGE, "demo/index.html"))),
    ],
    ids=str,
)
def test_files_that_do_not_look_native_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
