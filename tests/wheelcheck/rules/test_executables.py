from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import EXECUTABLE, X86_64, File, WheelRecipe, a_release, a_wheel, zipped
from tests.support.native_files import ARM64, LIBRARY, WIN64, exe, library, mac, mac_program, program
from tests.support.twins import Silent, Twins
from wheelcheck.config import Config, Payload
from wheelcheck.platforms.wheel_tags import WheelTag

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
            "0644, as microsandbox 0.6.10 had it",
            with_mode(0o100644),
            with_mode(0o100755),
            "is not executable: its mode 0o100644",
        ),
        not_executable(
            "0755 without the file type, which pip installs as 0644",
            with_mode(0o755),
            with_mode(0o100755),
            "its mode 0o755 does not say that it is a regular file",
        ),
        not_executable("no mode at all", with_mode(0), with_mode(0o100711), "is not executable: its mode 0o0"),
        not_executable(
            "a script of .data keeps its mode under pip",
            with_mode(0o100644, SCRIPT),
            with_mode(0o100755, SCRIPT),
            "is not executable: its mode 0o100644",
        ),
        not_executable(
            "an executable that ends in .so is one by what it is",
            File("demo/tool.so", partial(native.program, "x86_64")),
            File("demo/tool.so", partial(native.library, "x86_64")),
            "is not executable: its mode",
        ),
        not_executable(
            "a static program has no loader and is one all the same",
            File(TOOL, native.static_program),
            File(TOOL, native.static_program, EXECUTABLE),
            "is not executable: its mode 0o100644",
        ),
        not_executable(
            "a static position-independent program is one by DF_1_PIE",
            File(TOOL, partial(native.static_program, "x86_64", "-fPIE", "-static-pie")),
            File(TOOL, partial(native.static_program, "x86_64", "-fPIE", "-static-pie"), EXECUTABLE),
            "is not executable: its mode 0o100644",
        ),
        Twins(
            "WC302",
            "a macOS program needs the bit as well",
            a_wheel(ARM64, File(TOOL, native.mac)),
            a_wheel(ARM64, mac_program("aarch64")),
            "is not executable: its mode",
            (TOOL,),
        ),
        Twins(
            "WC302",
            "a wheel for any platform may make its choice executable when it runs",
            a_wheel(ANY, with_mode(0o100644), mac("aarch64")),
            a_wheel(ANY, with_mode(0o100755), mac("aarch64")),
            "is not executable: its mode 0o100644",
            (TOOL,),
            severity="warning",
        ),
        Twins(
            "WC302",
            "but not in .data/scripts, where the user starts it",
            a_wheel(ANY, with_mode(0o100644, SCRIPT), mac("aarch64")),
            a_wheel(ANY, with_mode(0o100755, SCRIPT), mac("aarch64")),
            "is not executable: its mode",
            (SCRIPT,),
        ),
        *(
            Twins(
                "WC302",
                f"a script at {bad:#o} that begins with {line!r}, in a wheel for {tags}",
                a_wheel(tags, *code, made(line + b"\n", SCRIPT, bad)),
                a_wheel(tags, *code, made(line + b"\n", SCRIPT, EXECUTABLE)),
                f"is not executable: its mode {bad:#o}",
                (SCRIPT,),
            )
            for bad, line, tags, code in (
                (0o100666, b"#!/usr/bin/env python3", ANY, ()),
                (0o100644, b"#!/bin/sh", X86_64, (library("x86_64"),)),
                (0o100644, b"#!/usr/bin/env python3", ARM64, (mac("aarch64"),)),
                (0o755, b"#!/usr/bin/perl -w", ANY, ()),
                (0, b"#!/bin/sh", ANY, ()),
            )
        ),
        Twins(
            "WC302",
            "installers ought to set the bit of a script whose first line they rewrite, and pip does not",
            a_wheel(ANY, made(b"#!python\n", SCRIPT)),
            a_wheel(ANY, made(b"#!python\n", SCRIPT, EXECUTABLE)),
            "is not executable: its mode 0o100644",
            (SCRIPT,),
            severity="warning",
        ),
        *(
            Twins(
                "WC302",
                f"a carriage return after {line!r}, in a wheel for {tags}",
                a_wheel(tags, *code, made(line + b"\r\nprint()\r\n", SCRIPT, EXECUTABLE)),
                a_wheel(tags, *code, made(line + b"\nprint()\r\n", SCRIPT, EXECUTABLE)),
                "ends with a carriage return",
                (SCRIPT,),
            )
            for line, tags, code in (
                (b"#!/usr/bin/env python3", ANY, ()),
                (b"#! /bin/sh -e", X86_64, (library("x86_64"),)),
                (b"#!/usr/bin/python", ARM64, (mac("aarch64"),)),
            )
        ),
        Twins(
            "WC302",
            "a script whose every line ends in a carriage return",
            a_wheel(ANY, made(b"#!python\rprint()\r", SCRIPT, EXECUTABLE)),
            a_wheel(ANY, made(b"#!python\nprint()\r", SCRIPT, EXECUTABLE)),
            "ends with a carriage return",
            (SCRIPT,),
        ),
        Twins(
            "WC302",
            "a byte order mark hides #! from the kernel",
            a_wheel(ANY, made(b"\xef\xbb\xbf#!/bin/sh\n", SCRIPT, EXECUTABLE)),
            a_wheel(ANY, made(b"#!/bin/sh\n", SCRIPT, EXECUTABLE)),
            "begins with a byte order mark",
            (SCRIPT,),
        ),
        Twins(
            "WC302",
            ".data/data/bin is installed as a folder of programs, too",
            a_wheel(ANY, made(b"#!/bin/sh\n", "demo-1.0.data/data/bin/tool")),
            a_wheel(ANY, made(b"#!/bin/sh\n", "demo-1.0.data/data/share/tool")),
            "is not executable: its mode 0o100644",
            ("demo-1.0.data/data/bin/tool",),
        ),
        Twins(
            "WC302",
            "and nothing is rewritten in it",
            a_wheel(ANY, made(b"#!python\r\n", "demo-1.0.data/data/bin/tool", EXECUTABLE)),
            a_wheel(ANY, made(b"#!python\r\n", SCRIPT, EXECUTABLE)),
            "ends with a carriage return",
            ("demo-1.0.data/data/bin/tool",),
        ),
    ],
    ids=str,
)
def test_every_executable_has_its_exec_bit(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


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
        Silent(
            "WC302", "installers rewrite #!python and its line end", linux(made(b"#!python\r\n", SCRIPT, EXECUTABLE))
        ),
        Silent("WC302", "a file among the scripts that the kernel does not start", linux(made(b"echo\r\n", SCRIPT))),
        Silent("WC302", "a script that nobody installs as a command", linux(made(b"#!/bin/sh\r\n", "demo/run.sh"))),
        Silent(
            "WC302",
            "a script for Windows alone",
            a_wheel(WIN64, exe("x86_64"), made(b"#!/usr/bin/env python3\r\n", SCRIPT, 0o100666)),
        ),
        Silent(
            "WC302",
            "installers make the launcher of an entry point themselves",
            a_wheel(
                ANY,
                File("demo/__init__.py"),
                made(b"#!/bin/sh\r\n", f"{SCRIPT}-script.py"),
                dist_info={"entry_points.txt": b"[console_scripts]\ntool = demo:main\n"},
            ),
        ),
        Silent("WC302", "an object file", linux(File("demo/crt1.o", native.object_file))),
    ],
    ids=str,
)
def test_files_that_are_never_started_need_no_exec_bit(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


TOOL_PAYLOAD = Config(payload=(Payload("tool", "executable", TOOL),))
LIBRARY_PAYLOAD = Config(payload=(Payload("native", "library", LIBRARY),))
SCRIPT_PAYLOAD = Config(payload=(Payload("tool", "executable", ".data/scripts/tool"),))
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
            "a program that was declared for the .data folder and is elsewhere",
            a_release(linux(program("x86_64")), config=SCRIPT_PAYLOAD),
            a_release(linux(program("x86_64", SCRIPT)), config=SCRIPT_PAYLOAD),
            "payload 'tool' is missing, expected a native executable",
            (SCRIPT,),
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
            "found 10 bytes and no native code",
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
    row.assert_holds(tmp_path)


NONE = "py3-none-manylinux_2_17_x86_64"
LISTED = Config(wheels=(WheelTag("py3", "none", "manylinux_2_17_x86_64"),))
STABLE = "cp39-abi3-manylinux_2_17_x86_64"
LISTED_STABLE = Config(wheels=(WheelTag("cp39", "abi3", "manylinux_2_17_x86_64"),))
PACKAGE = File("demo/__init__.py")


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC311",
            "a wheel that the configuration lists for Linux, without its program",
            a_release(a_wheel(NONE, PACKAGE), config=LISTED),
            a_release(a_wheel(NONE, PACKAGE, program("x86_64")), config=LISTED),
            "found no native code, expected some",
            (f"demo-1.0-{NONE}.whl",),
        ),
        Twins(
            "WC311",
            "it is one of the tags of a set",
            a_release(a_wheel("py2.py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64", PACKAGE), config=LISTED),
            a_release(a_wheel(NONE, PACKAGE, library("x86_64")), config=LISTED),
            "found no native code, expected some",
            ("demo-1.0-py2.py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",),
        ),
        *(
            Twins(
                "WC311",
                f"{why} is no code for the wheel's users",
                a_release(a_wheel(NONE, PACKAGE, bad), config=LISTED),
                a_release(a_wheel(NONE, PACKAGE, bad, program("x86_64")), config=LISTED),
                "found no native code, expected some",
                (f"demo-1.0-{NONE}.whl",),
            )
            for why, bad in (
                ("a program among test data", program("x86_64", "demo/tests/data/tool")),
                ("payload declared for another system", exe("x86_64", "demo/win-x64/tool.exe")),
                ("payload declared for another CPU", program("aarch64", "demo/aarch64/tool")),
            )
        ),
        Twins(
            "WC311",
            "an extension module of the stable ABI that is there as test data alone",
            a_release(a_wheel(STABLE, PACKAGE, library("x86_64", "demo/tests/_x.abi3.so")), config=LISTED_STABLE),
            a_release(a_wheel(STABLE, PACKAGE, library("x86_64", "demo/_x.abi3.so")), config=LISTED_STABLE),
            "found no native code, expected some",
            (f"demo-1.0-{STABLE}.whl",),
        ),
        Twins(
            "WC311",
            "an extension module of the stable ABI that was lost beside an archive of data",
            a_release(a_wheel(STABLE, PACKAGE, File("demo/tool.zip", partial(zipped, PACKAGE))), config=LISTED_STABLE),
            a_release(a_wheel(STABLE, PACKAGE, library("x86_64", "demo/_x.abi3.so")), config=LISTED_STABLE),
            "found no native code, expected some",
            (f"demo-1.0-{STABLE}.whl",),
            also=("WC304",),
        ),
        Twins(
            "WC311",
            "one that is built elsewhere is listed as well",
            a_release(a_wheel(NONE, PACKAGE), config=replace(LISTED, wheels=(), built_elsewhere=LISTED.wheels)),
            a_release(
                a_wheel(NONE, library("x86_64")), config=replace(LISTED, wheels=(), built_elsewhere=LISTED.wheels)
            ),
            "found no native code, expected some",
            (f"demo-1.0-{NONE}.whl",),
        ),
    ],
    ids=str,
)
def test_every_expected_platform_wheel_holds_native_code(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC311",
            "what is in a nested archive is not judged",
            a_release(a_wheel(NONE, PACKAGE, File("demo/tool.zip", partial(zipped, PACKAGE))), config=LISTED),
        ),
        Silent(
            "WC311",
            "a program that Windows emulates",
            a_release(
                a_wheel("py3-none-win_amd64", PACKAGE, exe("i686", "demo/win32/tool.exe")),
                config=Config(wheels=(WheelTag("py3", "none", "win_amd64"),)),
            ),
        ),
        Silent(
            "WC311",
            "code for the kernel",
            a_release(a_wheel(NONE, PACKAGE, File("demo/probe.o", native.bpf_object)), config=LISTED),
        ),
        Silent(
            "WC311",
            "a wheel that nobody listed for a platform",
            a_release(
                a_wheel("py3-none-any", PACKAGE),
                a_wheel(NONE, program("x86_64")),
                config=replace(LISTED, wheels=(*LISTED.wheels, WheelTag("py3", "none", "any"))),
            ),
        ),
    ],
    ids=str,
)
def test_a_wheel_that_may_be_without_native_code_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
