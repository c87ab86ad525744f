from __future__ import annotations

import gzip
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import X86_64, File, a_release, a_wheel, an_sdist, tarred, zipped
from tests.support.native_files import dll, library, mac, program, static
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe

TOP = "demo-1.0"
SOURCE = File("src/native.c", b"int answer(void) { return 42; }\n")
PACKED = tarred(File("a.c"))
PLAIN = gzip.decompress(PACKED)
ZIPPED = zipped(File("a.c"))
UNLISTED = ZIPPED[: ZIPPED.index(b"PK\1\2")] + ZIPPED  # a member that the zip does not list
JAR = zipped(File("META-INF/", b"", 0o177777), File("a.class"))
ENCRYPTED = b"PK\1\2\x14\3\x14\0\1"
MODULE = "demo/_x.cpython-311-x86_64-linux-gnu.so"
LINUX_X86_64 = "is a prebuilt linux x86_64"


def holding(*files: File) -> SdistRecipe:
    return an_sdist(SOURCE, *files)


def nested(name: str, *files: File) -> File:
    """An archive in the sdist, a zip or a tar.gz by its name."""
    return File(name, partial(zipped if name.endswith((".zip", ".whl")) else tarred, *files))


def prebuilt(sentence: str, bad: File, good: File | None = None, found: str = LINUX_X86_64, inside: str = "") -> Twins:
    at = (f"{TOP}/{bad.path}{inside}",)
    return Twins("WC601", sentence, holding(bad), holding(good) if good else holding(), found, at)


@pytest.mark.parametrize(
    "row",
    [
        prebuilt("an executable at 0644, as roar-cli 0.2.11 shipped six", File("demo/bin/t", native.program)),
        prebuilt("a library for one platform", library("x86_64"), found="is a prebuilt linux x86_64 library of"),
        prebuilt("a macOS library", mac("aarch64"), found="is a prebuilt macos aarch64 library"),
        prebuilt(
            "behind a program in front of the zip, as zipimport and self-extracting archives read it",
            File("payload", lambda: b"#!/bin/sh\n" + zipped(program("x86_64", "tool"))),
            File("payload", lambda: b"#!/bin/sh\n" + zipped(File("tool", b"#!/bin/sh\n"))),
            inside="!tool",
        ),
        prebuilt(
            "behind a longer program in front of the zip",
            File("payload", lambda: b"#!/bin/sh\n" + b"#" * 2**20 + zipped(program("x86_64", "tool"))),
            File("payload", lambda: b"#!/bin/sh\n" + b"#" * 2**20 + zipped(File("tool", b"#!/bin/sh\n"))),
            inside="!tool",
        ),
        prebuilt(
            "a universal library is for one platform",
            mac("aarch64", "x86_64"),
            found="is a prebuilt macos aarch64 + macos",
        ),
        prebuilt(
            "a universal file of a program and a library",
            File("demo/both", lambda: native.universal(native.mac("x86_64"), native.mac(kind="library"))),
            found="is a prebuilt macos x86_64 + macos aarch64 executable/library of",
        ),
        prebuilt("a DLL without its import library", dll("x86_64"), found="is a prebuilt windows x86_64 library"),
        prebuilt(
            "an extension module is build output even among test data",
            library("x86_64", f"tests/{MODULE}"),
            library("x86_64", "tests/libdata.so"),
        ),
        Twins(
            "WC601",
            "payload of several systems for one CPU is single-CPU code",
            holding(library("x86_64"), dll("x86_64"), mac("x86_64")),
            holding(),
            "x86_64 library",
            (f"{TOP}/demo/libnative.dylib", f"{TOP}/demo/libnative.so", f"{TOP}/demo/native.dll"),
        ),
        prebuilt(
            "a launcher with something appended is a finished program",
            File("demo/tool.exe", lambda: native.launcher() + b"#!python.exe\nPK"),
            File("demo/tool.exe", native.launcher),
            "is a prebuilt windows x86_64 executable",
        ),
        prebuilt(
            "a launcher in a virtual environment is part of that",
            File("venv/Lib/site-packages/demo/cli.exe", native.launcher),
            File("demo/cli.exe", native.launcher),
            "is a prebuilt windows x86_64 executable",
        ),
        Twins(
            "WC601",
            "launchers for other CPUs make no payload for several of them",
            holding(library("x86_64"), File("demo/t32.exe", partial(native.launcher, "i686"))),
            holding(File("demo/t32.exe", partial(native.launcher, "i686"))),
            LINUX_X86_64,
            (f"{TOP}/demo/libnative.so",),
        ),
        prebuilt(
            "a virtual environment",
            program("x86_64", "demo/tests/.venv/bin/python"),
            program("x86_64", "demo/tests/data/bin/python"),
        ),
        prebuilt(
            "a build tree of cargo",
            program("x86_64", "tests/crate/target/release/tool"),
            program("x86_64", "tests/crate/target.d/tool"),
        ),
        prebuilt(
            "a build tree of setuptools",
            library("x86_64", "tests/build/lib.linux-x86_64-cpython-311/x.so"),
            library("x86_64", "tests/data/lib.linux-x86_64-cpython-311/x.so"),
        ),
        prebuilt(
            "an old wheel that maturin put in",
            nested("target/wheels/demo-0.9-py3-none-any.whl", library("x86_64", MODULE)),
            nested("target/wheels/demo-0.9-py3-none-any.whl", File("demo/__init__.py")),
            inside=f"!{MODULE}",
        ),
        prebuilt(
            "a zip with an executable",
            nested("payload.zip", program("x86_64", "tool")),
            nested("payload.zip", File("tool", b"#!/bin/sh\n")),
            inside="!tool",
        ),
        prebuilt(
            "an archive in an archive",
            nested("outer.tar.gz", nested("inner.zip", program("x86_64", "tool"))),
            nested("outer.tar.gz", nested("inner.zip", File("tool", b"#!/bin/sh\n"))),
            inside="!inner.zip!tool",
        ),
    ],
    ids=str,
)
def test_an_sdist_holds_no_prebuilt_binary(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC601",
            "payload for several platforms is kept there on purpose more often than not",
            holding(library("x86_64"), library("aarch64", "demo/libother.so")),
            holding(),
            "is a prebuilt linux",
            (f"{TOP}/demo/libnative.so", f"{TOP}/demo/libother.so"),
            severity="warning",
        ),
        Twins(
            "WC601",
            "a DLL beside its import library is a vendored SDK",
            holding(dll("x86_64"), static("x86_64-windows-gnu", "demo/native.lib")),
            holding(),
            "is a prebuilt windows x86_64",
            (f"{TOP}/demo/native.dll", f"{TOP}/demo/native.lib"),
            severity="warning",
        ),
        Twins(
            "WC601",
            "payload for several systems and CPUs",
            holding(library("x86_64"), dll("x86_64"), mac("aarch64", "x86_64")),
            holding(),
            "library of",
            (f"{TOP}/demo/libnative.dylib", f"{TOP}/demo/libnative.so", f"{TOP}/demo/native.dll"),
            severity="warning",
        ),
        Twins(
            "WC601",
            "what a build left beside an example",
            holding(
                program("x86_64", "examples/hello/build/hello"),
                File("examples/hello/build/CMakeFiles/hello.dir/main.c.o", native.object_file),
                program("x86_64", "benches/out/Release/bench"),
            ),
            holding(
                program("x86_64", "examples/hello/hello"),
                File("examples/hello/main.o", native.object_file),
                program("x86_64", "tests/build/tool"),
            ),
            LINUX_X86_64,
            (
                f"{TOP}/benches/out/Release/bench",
                f"{TOP}/examples/hello/build/CMakeFiles/hello.dir/main.c.o",
                f"{TOP}/examples/hello/build/hello",
            ),
            severity="warning",
        ),
        Twins(
            "WC601",
            "an object file",
            holding(File("src/start.o", native.object_file)),
            holding(),
            "is a prebuilt linux x86_64 object",
            (f"{TOP}/src/start.o",),
            severity="warning",
        ),
        Twins(
            "WC601",
            "an eBPF object is compiled too",
            holding(File("src/probe.o", native.bpf_object)),
            holding(),
            "object of",
            (f"{TOP}/src/probe.o",),
            severity="warning",
        ),
        Twins(
            "WC601",
            "a WebAssembly module",
            holding(File("demo/x.wasm", native.wasm_module)),
            holding(),
            "is a prebuilt wasm library",
            (f"{TOP}/demo/x.wasm",),
            severity="warning",
        ),
        Twins(
            "WC601",
            "a static library",
            holding(static("x86_64-linux-musl")),
            holding(),
            "is a prebuilt linux x86_64 archive",
            (f"{TOP}/demo/libnative.a",),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_what_projects_keep_in_sdists_on_purpose_is_a_warning(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC601",
            "launcher stubs for each CPU, of console and window",
            holding(
                *(
                    File(f"demo/{name}-{cpu}.exe", partial(native.launcher, cpu, f"-Wl,--subsystem,{kind}"))
                    for cpu in ("i686", "x86_64", "aarch64")
                    for name, kind in (("cli", "console"), ("gui", "windows"))
                )
            ),
        ),
        Silent("WC601", "test data", holding(program("x86_64", "tests/data/tool"))),
        Silent("WC601", "a broken archive is a fixture", holding(File("tests/cut.zip", b"PK\3\4"))),
        Silent("WC601", "an archive of sources", holding(nested("vendor/lib.tar.gz", SOURCE))),
        Silent(
            "WC601",
            "a wheel that a tool for wheels keeps to test itself",
            holding(nested("tests/data/x.whl", library("x86_64", MODULE))),
        ),
    ],
    ids=str,
)
def test_test_data_is_not_a_prebuilt_binary(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


NATIVE_WHEEL = a_wheel(X86_64, library("x86_64"))
CYTHON = b'[build-system]\nrequires = ["setuptools", "cython"]\nbuild-backend = "setuptools.build_meta"\n'


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC602",
            "an sdist without a line of Rust, as sandlock 0.9.0's",
            a_release(NATIVE_WHEEL, an_sdist(File("demo/__init__.py"))),
            a_release(NATIVE_WHEEL, an_sdist(File("demo/__init__.py"), File("src/lib.rs", b"// Rust\n"))),
            "the wheels hold native code, and this sdist has no source of it",
            ("demo-1.0.tar.gz",),
        ),
        Twins(
            "WC602",
            "Python source is the native source where the build compiles Python",
            a_release(NATIVE_WHEEL, an_sdist(File("demo/fast.py"))),
            a_release(NATIVE_WHEEL, an_sdist(File("demo/fast.py"), File("pyproject.toml", CYTHON))),
            "the wheels hold native code, and this sdist has no source of it",
            ("demo-1.0.tar.gz",),
        ),
        Twins(
            "WC602",
            "only native wheels need native source",
            a_release(NATIVE_WHEEL, an_sdist(File("demo/__init__.py"))),
            a_release(a_wheel("py3-none-any", File("demo/__init__.py")), an_sdist(File("demo/__init__.py"))),
            "the wheels hold native code, and this sdist has no source of it",
            ("demo-1.0.tar.gz",),
        ),
        Twins(
            "WC602",
            "a build file says that there is something to compile",
            a_release(NATIVE_WHEEL, an_sdist(File("demo/__init__.py"))),
            a_release(NATIVE_WHEEL, an_sdist(File("demo/__init__.py"), File("CMakeLists.txt", b"project(demo)\n"))),
            "the wheels hold native code, and this sdist has no source of it",
            ("demo-1.0.tar.gz",),
        ),
    ],
    ids=str,
)
def test_an_sdist_beside_native_wheels_holds_native_source(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC610",
            "an archive that nobody here opens",
            an_sdist(File("vendor/sdk.7z", b"7z\xbc\xaf\x27\x1c" + bytes(64))),
            an_sdist(File("vendor/sdk.zip", zipped(File("sdk.h")))),
            "found a 7z archive that was not opened",
            ("demo-1.0/vendor/sdk.7z",),
            severity="warning",
        ),
        *(
            Twins(
                "WC610",
                f"an archive that nobody here opens, by its {bad[:8]!r}",
                an_sdist(File("vendor/sdk", bad + bytes(64))),
                an_sdist(File("vendor/sdk", bytes(64) + bad)),
                "archive that was not opened",
                ("demo-1.0/vendor/sdk",),
                severity="warning",
            )
            for bad in (b"!<arch>\ndebian-binary   ", b"\x5d\0\0\x80\0", b"LZIP\1", b"\x1f\x9d\x90", b"hsqs")
        ),
        *(
            Twins(
                "WC610",
                f"an archive with {sentence}",
                an_sdist(File("vendor/sdk", partial(bad, good))),
                an_sdist(File("vendor/sdk", good)),
                "so not all of this archive was examined",
                ("demo-1.0/vendor/sdk",),
            )
            for sentence, good, bad in (
                ("data after a tar's end", PLAIN, lambda good: good + PLAIN),
                ("blocks of zeros inside a tar", PLAIN, lambda good: good[:1024] + bytes(512) + good),
                ("a tar header that is wrong", PLAIN, lambda good: good[:1024] + b"x" * 512 + good),
                ("a second gzip stream", PACKED, lambda good: good + PACKED),
                ("a gzip stream that is cut short", PACKED, lambda good: good[:-9]),
                ("a member that the zip does not list", ZIPPED, lambda good: ZIPPED[: ZIPPED.index(b"PK\1\2")] + good),
                ("no end", ZIPPED, lambda good: good[:-22]),
                ("a member that is encrypted", ZIPPED, lambda good: good.replace(b"PK\1\2\x14\3\x14\0\0", ENCRYPTED)),
            )
        ),
        Twins(
            "WC610",
            "a drawing among the documents that is a broken zip: a warning",
            an_sdist(File("docs/logo.pxm", UNLISTED)),
            an_sdist(File("docs/logo.pxm", ZIPPED)),
            "so not all of this archive was examined",
            ("demo-1.0/docs/logo.pxm",),
            severity="warning",
        ),
        Twins(
            "WC610",
            "a broken archive in a folder docs that is not at the top",
            an_sdist(File("vendor/docs/sdk.zip", UNLISTED)),
            an_sdist(File("vendor/docs/sdk.zip", ZIPPED)),
            "so not all of this archive was examined",
            ("demo-1.0/vendor/docs/sdk.zip",),
        ),
        Silent("WC610", "a jar whose folder has every bit of a mode", an_sdist(File("app.jar", JAR))),
        Silent(
            "WC610", "a program in front of a zip", an_sdist(File("vendor/app.pyz", b"#!/usr/bin/python3\n" + ZIPPED))
        ),
        Silent(
            "WC610", "a text that has the mark of a zip's end", an_sdist(File("doc.txt", b"see PK\5\6" + bytes(40)))
        ),
        Silent(
            "WC610",
            "a broken archive among test data",
            an_sdist(File("tests/data/sample.tar", PLAIN + PLAIN)),
        ),
        Silent(
            "WC610",
            "an archive among test data",
            an_sdist(File("tests/data/sample.zst", b"\x28\xb5\x2f\xfd" + bytes(64))),
        ),
    ],
    ids=str,
)
def test_every_archive_in_the_sdist_can_be_looked_into(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
