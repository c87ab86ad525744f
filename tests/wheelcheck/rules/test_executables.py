from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests import native
from tests.wheelcheck.building import EXECUTABLE, X86_64, File, WheelRecipe, a_release, a_wheel
from tests.wheelcheck.rules.natives import ARM64, LIBRARY, WIN64, dll, exe, library, mac, mac_program, program
from tests.wheelcheck.rules.twins import Silent, Twins
from wheelcheck.config import Config, Payload

if TYPE_CHECKING:
    from pathlib import Path

ANY = "py3-none-any"
TOOL = "demo/bin/tool"
SCRIPT = "demo-1.0.data/scripts/tool"


def with_mode(mode: int, path: str = TOOL) -> File:
    return File(path, partial(native.program, "x86_64"), mode)


def made(content: bytes | None, path: str = LIBRARY, mode: int = 0o100644) -> File:
    """Return a file with this content, or a whole library."""
    return File(path, partial(native.library, "x86_64") if content is None else content, mode)


def linux(*files: File) -> WheelRecipe:
    """Return a wheel that keeps its promise, whatever else is in it."""
    return a_wheel(X86_64, library("x86_64", "demo/right.so"), *files)


def not_executable(sentence: str, bad: File, good: File, found: str) -> Twins:
    return Twins("WC302", sentence, linux(bad), linux(good), found, (bad.path,))


@pytest.mark.parametrize(
    "row",
    [
        not_executable(
            "0644, as microsandbox 0.6.10 had it", with_mode(0o100644), with_mode(0o100755), "found mode 0o100644"
        ),
        not_executable(
            "0755 without the file type, which pip installs as 0644",
            with_mode(0o755),
            with_mode(0o100755),
            "found mode 0o755, expected 0o100755",
        ),
        not_executable("no mode at all", with_mode(0), with_mode(0o100711), "found mode 0o0"),
        not_executable(
            "a script of .data keeps its mode under pip",
            with_mode(0o100644, SCRIPT),
            with_mode(0o100755, SCRIPT),
            "found mode 0o100644",
        ),
        not_executable(
            "an executable that ends in .so is one by what it is",
            File("demo/tool.so", partial(native.program, "x86_64")),
            File("demo/tool.so", partial(native.library, "x86_64")),
            "for linux x86_64 executable",
        ),
        not_executable(
            "a static program has no loader and is one all the same",
            File(TOOL, native.static_program),
            File(TOOL, native.static_program, EXECUTABLE),
            "found mode 0o100644",
        ),
        not_executable(
            "a static position-independent program is one by DF_1_PIE",
            File(TOOL, partial(native.static_program, "x86_64", "-fPIE", "-static-pie")),
            File(TOOL, partial(native.static_program, "x86_64", "-fPIE", "-static-pie"), EXECUTABLE),
            "found mode 0o100644",
        ),
        Twins(
            "WC302",
            "a macOS program needs the bit as well",
            a_wheel(ARM64, File(TOOL, native.mac)),
            a_wheel(ARM64, mac_program("aarch64")),
            "for macos aarch64 executable",
            (TOOL,),
        ),
        Twins(
            "WC302",
            "a wheel for any platform may make its choice executable when it runs",
            a_wheel(ANY, with_mode(0o100644), mac("aarch64")),
            a_wheel(ANY, with_mode(0o100755), mac("aarch64")),
            "found mode 0o100644",
            (TOOL,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_every_executable_has_its_exec_bit(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC302", "a library needs none", linux(made(None, "demo/preload.so"))),
        Silent(
            "WC302",
            "a library with a soname and an interpreter, which `ld.so` runs to print its version",
            linux(
                File(
                    LIBRARY,
                    partial(
                        native.compile_c,
                        'const char interp[] __attribute__((section(".interp"))) = "/lib64/ld-linux-x86-64.so.2";\n'
                        + native.PLAIN_C,
                        "x86_64-linux-gnu.2.17",
                        *("-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libanswer.so.1", "-s"),
                        name="libanswer.so.1",
                    ),
                )
            ),
        ),
        Silent("WC302", "test data is not started from where it lies", linux(with_mode(0o100644, "demo/tests/tool"))),
        Silent("WC302", "Windows has no such bit", a_wheel(WIN64, exe("x86_64"))),
        Silent(
            "WC302",
            "a Linux program in a Windows wheel is not started there",
            a_wheel(WIN64, exe("x86_64"), with_mode(0o100644, "demo/linux/tool")),
        ),
        Silent("WC302", "an object file", linux(File("demo/crt1.o", native.object_file))),
    ],
    ids=str,
)
def test_what_nobody_starts_needs_no_exec_bit(row: Silent, tmp_path: Path) -> None:
    row.check(tmp_path)


PAGE = b"<!DOCTYPE html>\n<html><head><title>libffmpeg.so</title></head></html>\n"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 132000\n"


def stub(sentence: str, content: bytes, found: str, path: str = LIBRARY, mode: int = 0o100644) -> Twins:
    return Twins("WC305", sentence, linux(made(content, path, mode)), linux(made(None, path, mode)), found, (path,))


def cut(content: bytes, size: int) -> bytes:
    return content[:size]


def without_machine() -> bytes:
    content = native.library("x86_64")
    return content[:18] + b"\0\0" + content[20:]


@pytest.mark.parametrize(
    "row",
    [
        stub("an empty library, as packetframe 0.0.1 shipped four", b"", "found an empty file"),
        stub("an empty program in bin", b"", "found an empty file", TOOL, EXECUTABLE),
        stub("an empty library with a version in its name", b"", "found an empty file", "demo/libx.so.1.2"),
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
    row.check(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC305", "a linker script", linux(made(b"/* GNU ld script */\nGROUP ( libc.so.6 AS_NEEDED ( x ) )\n"))),
        Silent("WC305", "a one-line linker script", linux(made(b"INPUT(libncurses.so.6)\n"))),
        Silent("WC305", "an empty placeholder for another platform", linux(made(b"", "demo/win-x64/native.dll"))),
        Silent("WC305", "an empty marker", linux(made(b"", "demo/bin/.keep", EXECUTABLE))),
        Silent("WC305", "an empty module", linux(made(b"", "demo/bin/__init__.py"))),
        Silent("WC305", "a broken library among test data", linux(made(b"\x7fELF", "demo/tests/broken.so"))),
        Silent("WC305", "a web page that is one", linux(made(PAGE, "demo/index.html"))),
    ],
    ids=str,
)
def test_files_that_claim_nothing_are_left_alone(row: Silent, tmp_path: Path) -> None:
    row.check(tmp_path)


TOOL_PAYLOAD = Config(payload=(Payload("tool", "executable", TOOL),))
LIBRARY_PAYLOAD = Config(payload=(Payload("native", "library", LIBRARY),))
PROBE_PAYLOAD = Config(payload=(Payload("probe", "object", "demo/probe.o"),))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC310",
            "a program that was declared and is not there",
            a_release(linux(), config=TOOL_PAYLOAD),
            a_release(linux(program("x86_64")), config=TOOL_PAYLOAD),
            "payload 'tool' is missing, expected a native executable",
            (TOOL,),
        ),
        Twins(
            "WC310",
            "a library where a program was declared",
            a_release(linux(library("x86_64", TOOL)), config=TOOL_PAYLOAD),
            a_release(linux(program("x86_64", TOOL)), config=TOOL_PAYLOAD),
            "found library, expected a native executable",
            (TOOL,),
        ),
        Twins(
            "WC310",
            "a script where a program was declared",
            a_release(linux(made(b"#!/bin/sh\n", TOOL, EXECUTABLE)), config=TOOL_PAYLOAD),
            a_release(linux(program("x86_64", TOOL)), config=TOOL_PAYLOAD),
            "found 10 bytes that are no native code",
            (TOOL,),
        ),
        Twins(
            "WC310",
            "an eBPF object under another name",
            a_release(linux(File("demo/probe.bpf", native.bpf_object)), config=PROBE_PAYLOAD),
            a_release(linux(File("demo/probe.o", native.bpf_object)), config=PROBE_PAYLOAD),
            "payload 'probe' is missing",
            ("demo/probe.o",),
        ),
        Twins(
            "WC310",
            "a program cannot stand in for a library",
            a_release(linux(program("x86_64", LIBRARY)), config=LIBRARY_PAYLOAD),
            a_release(linux(library("x86_64", LIBRARY)), config=LIBRARY_PAYLOAD),
            "found executable, expected a native library",
            (LIBRARY,),
        ),
    ],
    ids=str,
)
def test_every_wheel_carries_the_declared_payload(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)
