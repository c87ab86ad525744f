from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import code
from wheelcheck.binary.model import Slice
from wheelcheck.platforms import arch, hints

if TYPE_CHECKING:
    from wheelcheck.binary.model import System


@pytest.mark.parametrize(
    ("path", "system"),
    [
        ("lib/win-arm64/x.bin", "windows"),
        ("lib/win64/x", "windows"),
        ("lib/winx64/x", "windows"),
        ("x.DLL", "windows"),
        ("x.exe", "windows"),
        ("x.pyd", "windows"),
        ("native/darwinarm64/x", "macos"),
        ("native/macosx/x", "macos"),
        ("x.dylib", "macos"),
        ("OSXScriptLauncher", "macos"),
        ("lib/linux64/x", "linux"),
        ("a/manylinux_2_17/x", "linux"),
        ("a/ios/x", "ios"),
    ],
)
def test_a_word_or_a_suffix_of_a_path_names_a_system(path: str, system: System) -> None:
    assert hints.names_system(path, system)
    others: tuple[System, ...] = ("linux", "macos", "windows", "ios")
    assert not [other for other in others if other != system and hints.names_system(path, other)]


@pytest.mark.parametrize("path", ["lib/window/x", "lib/twin/x", "darwinian/x", "unix/x", "x.dll.txt", "machine/x", ""])
def test_a_word_that_only_contains_a_system_names_none(path: str) -> None:
    systems: tuple[System, ...] = ("linux", "macos", "windows", "ios")
    assert not [system for system in systems if hints.names_system(path, system)]


@pytest.mark.parametrize(
    ("path", "cpu"),
    [
        ("lib/win-arm64/x.dll", "aarch64"),
        ("lib/linux-x64/x", "x86_64"),
        ("lib/linux/x86-64/x", "x86_64"),
        ("lib/linux/x86_64/x", "x86_64"),
        ("lib/AMD64/x", "x86_64"),
        ("attach_x86.so", "i686"),
        ("tool_64bit.exe", "x86_64"),
        ("tool64.exe", "aarch64"),
        ("lib_32bit.so", "i686"),
        ("win32/x.dll", "i686"),
        ("linuxaarch64/x", "aarch64"),
        ("lib/armhf/x", "armv7l"),
    ],
)
def test_a_word_of_a_path_names_a_cpu_or_its_width(path: str, cpu: str) -> None:
    assert hints.names_cpu(path, code(cpu))


@pytest.mark.parametrize(
    ("path", "cpu"),
    [
        ("lib/linux-x64/x", "aarch64"),
        ("lib/linux-arm64/x", "x86_64"),
        ("tool-x64.exe", "aarch64"),
        ("lib/arm64/x", "x86_64"),
        ("lib/x86_64/x", "i686"),
        ("lib/charm/x", "armv7l"),
        ("lib/x64y/x", "x86_64"),
        ("lib64/x.so", "x86_64"),
        ("base64.so", "i686"),
        ("sha3264.so", "x86_64"),
        ("demo/x.so", "x86_64"),
    ],
)
def test_another_word_names_no_such_cpu(path: str, cpu: str) -> None:
    assert not hints.names_cpu(path, code(cpu))


@pytest.mark.parametrize(("path", "found"), [("lib/win-x64/x", True), ("lib/x64/x", False), ("lib/win/x", False)])
def test_a_platform_is_named_by_system_and_cpu_together(path: str, found: bool) -> None:  # noqa: FBT001
    assert hints.names_platform(path, code("x86_64", system="windows")) is found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.so", True),
        ("a.so.1.2", True),
        ("a.dylib", True),
        ("a.DLL", True),
        ("a.pyd", True),
        ("a.sod", False),
        ("so", False),
    ],
)
def test_a_library_is_known_by_its_suffix(name: str, found: bool) -> None:  # noqa: FBT001
    assert hints.is_library(f"demo.so/{name}") is found


@pytest.mark.parametrize(
    ("path", "fixture", "specimen"),
    [
        ("demo/tests/x", True, True),
        ("demo/TestData/x", True, True),
        ("demo/examples/x", False, True),
        ("demo/tests.so", False, False),
        ("demo/contest/x", False, False),
    ],
)
def test_a_folder_of_test_data_or_examples_is_known(path: str, fixture: bool, specimen: bool) -> None:  # noqa: FBT001
    assert (hints.is_fixture(path), hints.is_specimen(path)) == (fixture, specimen)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lib/x86_64/t", "lib/aarch64/t"),
        ("t-amd64.exe", "t-arm64.exe"),
        ("linuxx64/t", "linuxarm64/t"),
    ],
)
def test_twins_for_two_cpus_become_one_name(one: str, other: str) -> None:
    assert hints.without_cpu(one) == hints.without_cpu(other)
    assert hints.without_cpu(one) != hints.without_cpu(f"{other}2")


@pytest.mark.parametrize("row", [row for row in arch.ARCHES if row.elf], ids=lambda row: row.name)
@pytest.mark.parametrize("folder", ["bin/linux{}", "bin/linux-{}", "lib/{}-linux", "Linux_{}"])
def test_a_folder_names_linux_and_a_cpu_of_the_table_however_it_joins_them(row: arch.Arch, folder: str) -> None:
    assert row.elf
    code = Slice("machine", (row.name,), "executable", "linux", bits=row.elf.bits)
    other = Slice("machine", ("s390x" if row.name != "s390x" else "riscv64",), "executable", "linux", bits=128)
    for name in (row.name, *row.aliases):
        path = f"{folder.format(name)}/tool"
        assert hints.names_platform(path, code), path
        assert not hints.names_cpu(path, other), path


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("Crypto/Cipher/_raw_aesni.abi3.so", True),
        ("Crypto/Math/_nat_bmi2_adx.so", True),
        ("lib/libggml-cpu-sapphirerapids.so", True),
        ("lib/simd_avx512_vnni.so", True),
        ("lib/crc_sse4.2.so", True),
        ("lib/neon/libx.so", True),
        ("lib/libavxplayer.so", False),
        ("lib/libessex.so", False),
        ("neon-ui/libx.so", False),
        ("linux-armv8/tool", False),
    ],
)
def test_a_file_may_be_named_for_an_instruction_set(path: str, *, named: bool) -> None:
    assert hints.names_instructions(path) is named
