from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests import native
from tests.wheelcheck import building
from tests.wheelcheck.building import X86_64, File, a_release, a_wheel, an_sdist, tarred, zipped
from tests.wheelcheck.rules.natives import dll, library, mac, program, static
from tests.wheelcheck.rules.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.wheelcheck.building import SdistRecipe
    from wheelcheck.facts import Sdist

TOP = "demo-1.0"
SOURCE = File("src/native.c", b"int answer(void) { return 42; }\n")
MODULE = "demo/_x.cpython-311-x86_64-linux-gnu.so"
LINUX_X86_64 = "found linux x86_64"


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
        prebuilt("a library for one platform", library("x86_64"), found="found linux x86_64 library of"),
        prebuilt("a macOS library", mac("aarch64"), found="found macos aarch64 library"),
        prebuilt(
            "a universal library is for one platform", mac("aarch64", "x86_64"), found="found macos aarch64 + macos"
        ),
        prebuilt("a DLL without its import library", dll("x86_64"), found="found windows x86_64 library"),
        prebuilt(
            "an extension module is build output even among test data",
            library("x86_64", f"tests/{MODULE}"),
            library("x86_64", "tests/libdata.so"),
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
    row.check(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC601",
            "payload for several platforms is kept there on purpose more often than not",
            holding(library("x86_64"), library("aarch64", "demo/libother.so")),
            holding(),
            "found linux",
            (f"{TOP}/demo/libnative.so", f"{TOP}/demo/libother.so"),
            severity="warning",
        ),
        Twins(
            "WC601",
            "a DLL beside its import library is a vendored SDK",
            holding(dll("x86_64"), static("x86_64-windows-gnu", "demo/native.lib")),
            holding(),
            "found windows x86_64",
            (f"{TOP}/demo/native.dll", f"{TOP}/demo/native.lib"),
            severity="warning",
        ),
        Twins(
            "WC601",
            "an object file",
            holding(File("src/start.o", native.object_file)),
            holding(),
            "found linux x86_64 object",
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
            "found wasm library",
            (f"{TOP}/demo/x.wasm",),
            severity="warning",
        ),
        Twins(
            "WC601",
            "a static library",
            holding(static("x86_64-linux-musl")),
            holding(),
            "found linux x86_64 archive",
            (f"{TOP}/demo/libnative.a",),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_what_projects_keep_in_sdists_on_purpose_is_a_warning(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
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
def test_test_data_is_no_prebuilt_binary(row: Silent, tmp_path: Path) -> None:
    row.check(tmp_path)


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
            "found no native source",
            ("demo-1.0.tar.gz",),
        ),
        Twins(
            "WC602",
            "Python source is the native source where the build compiles Python",
            a_release(NATIVE_WHEEL, an_sdist(File("demo/fast.py"))),
            a_release(NATIVE_WHEEL, an_sdist(File("demo/fast.py"), File("pyproject.toml", CYTHON))),
            "found no native source",
            ("demo-1.0.tar.gz",),
        ),
        Twins(
            "WC602",
            "only native wheels need native source",
            a_release(NATIVE_WHEEL, an_sdist(File("demo/__init__.py"))),
            a_release(a_wheel("py3-none-any", File("demo/__init__.py")), an_sdist(File("demo/__init__.py"))),
            "found no native source",
            ("demo-1.0.tar.gz",),
        ),
        Twins(
            "WC602",
            "a build file says that there is something to compile",
            a_release(NATIVE_WHEEL, an_sdist(File("demo/__init__.py"))),
            a_release(NATIVE_WHEEL, an_sdist(File("demo/__init__.py"), File("CMakeLists.txt", b"project(demo)\n"))),
            "found no native source",
            ("demo-1.0.tar.gz",),
        ),
    ],
    ids=str,
)
def test_an_sdist_beside_native_wheels_holds_native_source(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)


CRATE = '[package]\nname = "demo"\nversion = "1.0.0"\nedition = "2021"\n'
SETUP = "from setuptools import setup\nfrom setuptools_rust import RustExtension\n"


def crates(*manifests: tuple[str, str], **texts: str) -> Sdist:
    """The facts of an sdist with these Cargo manifests and build files."""
    files = {f"{TOP}/{path}": text for path, text in (*manifests, *texts.items())}
    return building.sdist(*(building.member(path) for path in files), texts=files)


def cargo(sentence: str, bad: Sdist, good: Sdist, found: str, at: str = "Cargo.toml") -> Twins:
    return Twins("WC603", sentence, bad, good, found, (f"{TOP}/{at}",))


def depending(path: str, table: str = "dependencies") -> str:
    return f'{CRATE}[{table}]\ncore = {{ path = "{path}" }}\n'


def maturin(path: str) -> str:
    return f'[tool.maturin]\nmanifest-path = "{path}"\n'


def setuptools_rust(path: str) -> str:
    return f'{SETUP}setup(rust_extensions=[RustExtension("demo.x", path="{path}")])\n'


def setuptools_rust_sdist(path: str) -> SdistRecipe:
    """A real sdist with one crate in `rust/` and a setup.py that names it by this path."""
    lock = b'version = 4\n\n[[package]]\nname = "demo"\nversion = "1.0.0"\n'
    crate = (File("rust/Cargo.toml", CRATE.encode()), File("rust/Cargo.lock", lock), File("rust/src/lib.rs", b"//\n"))
    return an_sdist(*crate, File("setup.py", setuptools_rust(path).encode()))


CORE = ("core/Cargo.toml", CRATE)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC603",
            "a crate beside the Python project, as sandlock 0.9.0's",
            setuptools_rust_sdist("../rust/Cargo.toml"),
            setuptools_rust_sdist("rust/Cargo.toml"),
            "the manifest path '../rust/Cargo.toml' leaves the sdist",
            (f"{TOP}/setup.py",),
        ),
        cargo(
            "a dependency above the sdist",
            crates(("Cargo.toml", depending("../core"))),
            crates(("Cargo.toml", depending("core")), CORE),
            "the manifest path '../core' leaves the sdist, expected it at core/Cargo.toml",
        ),
        cargo(
            "a dependency that was not put in",
            crates(("Cargo.toml", depending("core"))),
            crates(("Cargo.toml", depending("core")), CORE),
            "the manifest path 'core' is not in the sdist, expected it at demo-1.0/core/Cargo.toml",
        ),
        cargo(
            "a build dependency",
            crates(("Cargo.toml", depending("core", "build-dependencies"))),
            crates(("Cargo.toml", depending("core", "build-dependencies")), CORE),
            "is not in the sdist",
        ),
        cargo(
            "a dependency for one platform",
            crates(("Cargo.toml", depending("core", "target.'cfg(unix)'.dependencies"))),
            crates(("Cargo.toml", depending("core", "target.'cfg(unix)'.dependencies")), CORE),
            "is not in the sdist",
        ),
        cargo(
            "a workspace member",
            crates(("Cargo.toml", '[workspace]\nmembers = ["core"]\n')),
            crates(("Cargo.toml", '[workspace]\nmembers = ["core"]\n'), CORE),
            "the manifest path 'core' is not in the sdist",
        ),
        cargo(
            "maturin's manifest-path",
            crates(("pyproject.toml", maturin("../crates/demo/Cargo.toml"))),
            crates(("pyproject.toml", maturin("core/Cargo.toml")), CORE),
            "the manifest path '../crates/demo/Cargo.toml' leaves the sdist",
            "pyproject.toml",
        ),
        cargo(
            "an extension of setuptools-rust",
            crates(("setup.py", setuptools_rust("../crates/sandlock-ffi/Cargo.toml"))),
            crates(("setup.py", setuptools_rust("core/Cargo.toml")), CORE),
            "the manifest path '../crates/sandlock-ffi/Cargo.toml' leaves the sdist",
            "setup.py",
        ),
        cargo(
            "an extension of setuptools-rust in pyproject.toml",
            crates(("pyproject.toml", '[[tool.setuptools-rust.bins]]\ntarget = "t"\npath = "rust/Cargo.toml"\n')),
            crates(("pyproject.toml", '[[tool.setuptools-rust.bins]]\ntarget = "t"\npath = "core/Cargo.toml"\n'), CORE),
            "the manifest path 'rust/Cargo.toml' is not in the sdist",
            "pyproject.toml",
        ),
    ],
    ids=str,
)
def test_every_cargo_manifest_resolves_inside_the_sdist(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC603", "a glob names what is there", crates(("Cargo.toml", '[workspace]\nmembers = ["crates/*"]\n'))),
        Silent(
            "WC603", "a registry's crate has no path", crates(("Cargo.toml", f'{CRATE}[dependencies]\nlibc = "0.2"\n'))
        ),
        Silent("WC603", "a fixture's manifest", crates(("tests/data/Cargo.toml", depending("../../../gone")))),
        Silent("WC603", "what is no TOML points nowhere", crates(("Cargo.toml", "= 1\n"))),
        Silent("WC603", "what is no Python points nowhere", crates(("setup.py", "def (\n"))),
        Silent(
            "WC603",
            "a path that is computed is not guessed",
            crates(("setup.py", f"{SETUP}RustExtension('x', path=p)\n")),
        ),
        Silent(
            "WC603", "another call's path", crates(("setup.py", "import os\nos.path.join('..', path='../x')\nf()()\n"))
        ),
    ],
    ids=str,
)
def test_what_is_no_path_to_a_manifest_is_left_alone(row: Silent, tmp_path: Path) -> None:
    row.check(tmp_path)
