"""What real releases beyond the first corpus taught: each ordinary thing that was called wrong, and its bad twin."""

from __future__ import annotations

import gzip
import struct
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests import native
from tests.wheelcheck import building
from tests.wheelcheck.building import X86_64, File, a_release, a_wheel, an_sdist, zipped
from tests.wheelcheck.rules.natives import MODULE, WIN64, dll, library, mac_program
from tests.wheelcheck.rules.twins import Twins, examine_recipe
from wheelcheck.binary.elf_segments import Image, Segment
from wheelcheck.engine import examine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelcheck.facts import Member

SOFT_FLOAT = 0x0500_0200
ARMV7 = "py3-none-manylinux_2_17_armv7l"
ANDROID = "py3-none-android_24_armeabi_v7a"
PYPY36 = "demo/_x.pypy36-pp73-x86_64-linux-gnu.so"
PYPROJECT = b'[build-system]\nrequires = ["maturin"]\n[tool.maturin]\nmanifest-path = "own/Cargo.toml"\n'
OLD_WHEEL = "old-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"


def soft_float_program(interpreter: str = "") -> Member:
    """Return a program whose e_flags say soft-float."""
    content = building.elf("armv7l", "executable", abi_accepted=False, flags=SOFT_FLOAT, interpreter=interpreter)
    return building.member("demo/tool", content, building.EXECUTABLE)


def soft_float_library() -> bytes:
    """Return a library for ARM whose e_flags, at byte 36 of a 32-bit header, say soft-float."""
    content = native.library("armv7l")
    return content[:36] + SOFT_FLOAT.to_bytes(4, "little") + content[40:]


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


def snapshot(path: str) -> Member:
    """Return code in ELF, as Dart compiles a program to."""
    return building.member(path, building.elf("x86_64", dynamic=True))


def commented(comment: bytes) -> Callable[[bytes], bytes]:
    """Return the edit that gives a zip an archive comment."""
    return lambda content: content[:-2] + len(comment).to_bytes(2, "little") + comment


def named(folder: str, below: str = "") -> building.WheelRecipe:
    """Return a wheel with an entry for a folder, or for a file below it."""
    entry = File(f"{folder}/{below}", b"text\n" if below else b"", 0o100644 if below else 0o040755)
    listed = a_wheel(X86_64, library("x86_64"), entry)
    return listed if below else replace(listed, record=lambda rows: [row for row in rows if row[0] != f"{folder}/"])


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC301",
            "a static program needs no loader that reads its float ABI",
            building.wheel(ARMV7, soft_float_program("/lib/ld-linux-armhf.so.3")),
            building.wheel(ARMV7, soft_float_program()),
            "with ABI flags 0x5000200",
            ("demo/tool",),
        ),
        Twins(
            "WC301",
            "soft-float is the ABI of Android's armeabi-v7a",
            a_wheel(ARMV7, File("demo/libnative.so", soft_float_library)),
            a_wheel(ANDROID, File("demo/libnative.so", soft_float_library)),
            "with ABI flags 0x5000200",
            ("demo/libnative.so",),
        ),
        Twins(
            "WC308",
            "a word in camel case names the system",
            a_wheel(WIN64, dll("x86_64"), mac_program("x86_64", "demo/ScriptLauncher.in")),
            a_wheel(WIN64, dll("x86_64"), mac_program("x86_64", "demo/CPack.OSXScriptLauncher.in")),
            "found macos x86_64 code",
            ("demo/ScriptLauncher.in",),
        ),
        Twins(
            "WC601",
            "a wheel under tests is test data with all that is in it",
            an_sdist(packed(f"dist/{OLD_WHEEL}")),
            an_sdist(packed(f"tests/{OLD_WHEEL}")),
            "found linux x86_64 library",
            (f"demo-1.0/dist/{OLD_WHEEL}!{MODULE}",),
        ),
        Twins(
            "WC601",
            "an extension module under tests, in no archive, is a leftover of a build",
            an_sdist(library("x86_64", f"tests/{MODULE}")),
            an_sdist(packed(f"tests/{OLD_WHEEL}")),
            "found linux x86_64 library",
            (f"demo-1.0/tests/{MODULE}",),
        ),
        Twins(
            "WC306",
            "the Python tag of an old PyPy is its own version, the ABI tag says which Python it is",
            building.wheel("pp373-pypy35_pp73-manylinux_2_17_x86_64", building.member(PYPY36, building.elf("x86_64"))),
            building.wheel("pp373-pypy36_pp73-manylinux_2_17_x86_64", building.member(PYPY36, building.elf("x86_64"))),
            "named for pp36, expected a suffix that pp35.pp373 imports",
            (PYPY36,),
        ),
        Twins(
            "WC308",
            "ELF that nothing links to and no loader looks for is a virtual machine's",
            building.wheel(WIN64, snapshot("demo/tool.so")),
            building.wheel(WIN64, snapshot("demo/tool.snapshot")),
            "found linux x86_64 code",
            ("demo/tool.so",),
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
def test_what_popular_releases_hold_is_told_from_what_is_wrong(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)


@pytest.mark.parametrize(
    ("recipe", "verdict", "severity"),
    [
        pytest.param(
            a_wheel(X86_64, library("x86_64"), change=commented(b"zip-rs")), "pass", "note", id="a-library-signed"
        ),
        pytest.param(
            a_wheel(X86_64, library("x86_64"), change=commented(b"zip-me")), "fail", "error", id="any-other-comment"
        ),
        pytest.param(named("demo."), "pass", "note", id="a-folder-that-Windows-renames-and-nobody-creates"),
        pytest.param(named("demo.", "x.txt"), "fail", "error", id="a-file-that-Windows-would-move"),
    ],
)
def test_damage_that_harms_no_installer_is_a_note(
    recipe: building.Recipe, verdict: str, severity: str, tmp_path: Path
) -> None:
    report = examine_recipe(recipe, tmp_path / "dist")
    assert report.verdict == verdict
    assert [hit.severity for hit in report.findings if hit.code.startswith("WC1")] == [severity]


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


def test_a_zip_with_no_name_and_version_is_a_stranger(tmp_path: Path) -> None:
    recipe = a_release(a_wheel(X86_64, library("x86_64")), others=("notes.zip",))
    report = examine_recipe(recipe, tmp_path / "dist")
    assert [(hit.code, hit.artifact) for hit in report.findings] == [("WC702", "notes.zip")]


def load(offset: int, vaddr: int, size: int) -> Segment:
    """Return a PT_LOAD."""
    return Segment("PT_LOAD", offset, vaddr, size, size, 4)


@pytest.mark.parametrize(
    ("second", "follow"),
    [
        pytest.param(load(0x1000, 0x5000, 0x800), 0x1700, id="that-goes-on-in-both"),
        pytest.param(load(0x2000, 0x5000, 0x800), 0xF00, id="from-elsewhere-in-the-file"),
        pytest.param(load(0x1000, 0x6000, 0x800), 0xF00, id="elsewhere-in-memory"),
        pytest.param(load(0x2000, 0x6000, 0x800), 0xF00, id="after-a-hole-in-both"),
    ],
)
def test_a_table_may_cross_into_a_segment(second: Segment, follow: int) -> None:
    assert Image((load(0, 0x4000, 0x1000), second)).locate(0x4100) == (0x100, follow)


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
