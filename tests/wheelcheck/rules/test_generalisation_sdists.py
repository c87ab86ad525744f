"""What real sdists beyond the first corpus taught: each ordinary thing that was called wrong, and its bad twin."""

from __future__ import annotations

import gzip
import random
import struct
from functools import partial
from pathlib import Path, PurePosixPath

import pytest

from tests.support import native
from tests.support.artifacts import X86_64, File, a_release, a_wheel, an_sdist, zipped
from tests.support.native_files import MODULE, library
from tests.support.twins import Twins, examine_recipe
from wheelcheck.engine import examine

PYPROJECT = b'[build-system]\nrequires = ["maturin"]\n[tool.maturin]\nmanifest-path = "own/Cargo.toml"\n'
OLD_WHEEL = "old-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"


def packed(path: str) -> File:
    """Return a wheel, as a file of an sdist, that holds an extension module."""
    return File(path, lambda: zipped(library("x86_64", MODULE)))


def workspace(member: str) -> tuple[File, ...]:
    """Return a Cargo workspace that shares a crate which is not there; `member` is the manifest of its own crate."""
    shared = b'[workspace]\nmembers = ["own"]\n[workspace.dependencies]\nshared = { path = "shared" }\n'
    return File("Cargo.toml", shared), File("own/Cargo.toml", member.encode()), File("own/src/lib.rs")


def of_two_workspaces(kind: str) -> tuple[File, ...]:
    """Return an extension's crate below a workspace with a missing member, which is its own or not."""
    excluded = b'exclude = ["own"]\n' if kind == "excluded" else b""
    crate = b'[package]\nname = "own"\nversion = "1.0.0"\n' + (b"[workspace]\n" if kind == "own" else b"")
    return (
        File("pyproject.toml", PYPROJECT),
        File("Cargo.toml", b'[workspace]\nmembers = ["gone", "own"]\n' + excluded),
        File("own/Cargo.toml", crate),
        File("own/src/lib.rs"),
    )


def program_for_arm(address: int) -> bytes:
    """Return the start of a static program for ARM with hard float: a header and one PT_LOAD at this address."""
    header = struct.pack(
        "<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, 40, 1, address, 52, 0, 0x0500_0400, 52, 32, 1, 0, 0, 0
    )
    return header + struct.pack("<8I", 1, 0, address, address, 84, 84, 5, 4096)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC601",
            "a wheel under tests is test data with all that is in it",
            an_sdist(packed(f"dist/{OLD_WHEEL}")),
            an_sdist(packed(f"tests/{OLD_WHEEL}")),
            "is a prebuilt linux x86_64 library",
            (f"demo-1.0/dist/{OLD_WHEEL}!{MODULE}",),
        ),
        Twins(
            "WC601",
            "an extension module under tests, in no archive, is a leftover of a build",
            an_sdist(library("x86_64", f"tests/{MODULE}")),
            an_sdist(packed(f"tests/{OLD_WHEEL}")),
            "is a prebuilt linux x86_64 library",
            (f"demo-1.0/tests/{MODULE}",),
        ),
        Twins(
            "WC601",
            "a file under tests with a name that no import statement can hold is test data",
            an_sdist(library("x86_64", f"tests/data/{PurePosixPath(MODULE).name}")),
            an_sdist(library("x86_64", "tests/data/np-1.24.1_arm_sfc64.cpython-311-x86_64-linux-gnu.so")),
            "is a prebuilt linux x86_64 library",
            (f"demo-1.0/tests/data/{PurePosixPath(MODULE).name}",),
        ),
        Twins(
            "WC603",
            "the members of a workspace are read only for a crate of it",
            an_sdist(*of_two_workspaces("above")),
            an_sdist(*of_two_workspaces("own")),
            "'gone' is not in the sdist",
            ("demo-1.0/Cargo.toml",),
        ),
        Twins(
            "WC603",
            "the members of a workspace are not read for a crate that it excludes",
            an_sdist(*of_two_workspaces("above")),
            an_sdist(*of_two_workspaces("excluded")),
            "'gone' is not in the sdist",
            ("demo-1.0/Cargo.toml",),
        ),
        Twins(
            "WC603",
            "a pyproject.toml below the top folder is read by nobody",
            an_sdist(File("pyproject.toml", PYPROJECT)),
            an_sdist(File("vendored/pyproject.toml", PYPROJECT)),
            "'own/Cargo.toml' is not in the sdist",
            ("demo-1.0/pyproject.toml",),
        ),
        Twins(
            "WC603",
            "a shared dependency that no crate inherits is never read",
            an_sdist(*workspace('[package]\nname = "own"\n[dependencies]\nshared.workspace = true\n')),
            an_sdist(*workspace('[package]\nname = "own"\n[dependencies]\nshared = "1"\n')),
            "'shared' is not in the sdist",
            ("demo-1.0/Cargo.toml",),
        ),
        Twins(
            "WC603",
            "a shared dependency that a crate inherits for one platform is read",
            an_sdist(
                *workspace('[package]\nname = "own"\n[target."cfg(unix)".dependencies]\nshared = {workspace = true}\n')
            ),
            an_sdist(*workspace('[package]\nname = "own"\n[target."cfg(unix)".dependencies]\nother = "1"\n')),
            "'shared' is not in the sdist",
            ("demo-1.0/Cargo.toml",),
        ),
    ],
    ids=str,
)
def test_files_of_popular_sdists_are_distinguished_from_faults(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def test_a_zip_named_like_an_sdist_is_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.zip"
    info = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
    build = b'[build-system]\nrequires = ["setuptools"]\n'
    path.write_bytes(zipped(File("demo-1.0/PKG-INFO", info), File("demo-1.0/pyproject.toml", build)))
    report = examine([path])
    assert (report.verdict, len(report.artifacts)) == ("pass", 1)
    assert [(hit.code, hit.severity) for hit in report.findings] == [("WC202", "warning")]


def test_an_extension_module_in_a_zipped_sdist_is_found(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.zip"
    module = File(f"demo-1.0/{MODULE}", partial(native.library, "x86_64"))
    path.write_bytes(zipped(File("demo-1.0/PKG-INFO", b"Name: demo\nVersion: 1.0\n"), module))
    assert [hit.path for hit in examine([path]).findings if hit.code == "WC601"] == [f"demo-1.0/{MODULE}"]


def test_a_zip_with_no_name_and_version_is_an_other_file(tmp_path: Path) -> None:
    recipe = a_release(a_wheel(X86_64, library("x86_64")), others=("notes.zip",))
    report = examine_recipe(recipe, tmp_path / "dist")
    assert [(hit.code, hit.artifact) for hit in report.findings] == [("WC702", "notes.zip")]


@pytest.mark.parametrize(
    ("path", "severity"), [("demo/attach.so", "error"), ("demo/attach_linux_amd64.so", "warning")], ids=str
)
def test_code_in_an_sdist_that_names_its_one_platform_is_a_warning(path: str, severity: str, tmp_path: Path) -> None:
    report = examine_recipe(an_sdist(library("x86_64", path)), tmp_path / "dist")
    assert [(hit.path, hit.severity) for hit in report.findings if hit.code == "WC601"] == [
        (f"demo-1.0/{path}", severity)
    ]


@pytest.mark.parametrize(("address", "severity"), [(0x1_0000, "error"), (0, "warning")], ids=str)
def test_a_program_for_arm_at_address_0_is_firmware(address: int, severity: str, tmp_path: Path) -> None:
    recipe = an_sdist(File("demo/blinky.elf", partial(program_for_arm, address)))
    report = examine_recipe(recipe, tmp_path / "dist")
    assert [hit.severity for hit in report.findings if hit.code == "WC601"] == [severity]


@pytest.mark.parametrize(("folder", "verdict"), [("tests", "pass"), ("demo", "unverified")])
def test_an_archive_that_unpacks_to_gigabytes_matters_unless_it_is_test_data(
    folder: str, verdict: str, tmp_path: Path
) -> None:
    bomb = File(f"{folder}/zeros.gz", gzip.compress(bytes(80 << 20)))
    report = examine_recipe(an_sdist(bomb), tmp_path / "dist")
    assert report.verdict == verdict
    assert [hit.severity for hit in report.findings if hit.severity == "error"] == []


def test_a_large_zip_in_a_zipped_sdist_is_read_to_its_end(tmp_path: Path) -> None:
    noise = random.Random(1)  # noqa: S311 - bytes that do not compress
    files = [File(f"src/{number}.bin", noise.randbytes(20_000)) for number in range(1200)]
    path = tmp_path / "demo-1.0.zip"
    sources = File("demo-1.0/sources.zip", zipped(*files, library("x86_64", MODULE)))
    path.write_bytes(zipped(File("demo-1.0/PKG-INFO", b"Name: demo\nVersion: 1.0\n"), sources))
    report = examine([path])
    assert report.gaps == ()
    assert [hit.path for hit in report.findings if hit.code == "WC601"] == [f"demo-1.0/sources.zip!{MODULE}"]
