from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64, code, elf, macho, member, pe
from wheelcheck.binary.model import Binary, Slice
from wheelcheck.facts import fit as placement
from wheelcheck.platforms.tags import parse_platform

if TYPE_CHECKING:
    from wheelcheck.facts.fit import Fit
    from wheelcheck.platforms.tags import TagSystem

LINUX = "manylinux_2_17_x86_64"
WIN = "win_amd64"


def slices(content: Binary) -> tuple[Slice, ...]:
    return placement.native_slices(member("x", content))


@pytest.mark.parametrize(
    ("content", "tags", "fit"),
    [
        (elf("x86_64"), [LINUX], "native"),
        (elf("aarch64"), [LINUX], "foreign-cpu"),
        (elf("x86_64"), [LINUX, "manylinux2014_x86_64"], "native"),
        (elf("x86_64"), [LINUX, "manylinux_2_17_aarch64"], "foreign-cpu"),
        (elf("vax"), [LINUX], "foreign-cpu"),
        (elf("x86_64"), ["manylinux_2_17_vax"], "foreign-cpu"),
        (elf("x86_64"), ["android_24_x86_64"], "native"),
        (elf("x86_64"), [WIN], "foreign-system"),
        (elf("x86_64"), ["any"], "foreign-system"),
        (elf("armv7l", abi_accepted=False), ["manylinux_2_17_armv7l"], "foreign-cpu"),
        (elf("armv7l", "executable", abi_accepted=False), ["manylinux_2_17_armv7l"], "native"),
        (elf("armv7l", abi_accepted=False), ["android_24_armeabi_v7a"], "native"),
        (pe("x86_64"), [WIN], "native"),
        (pe("x86_64"), ["win_arm64"], "foreign-cpu"),
        (pe("x86_64", hybrid=True), ["win_arm64"], "native"),
        (pe("x86_64"), [LINUX], "foreign-system"),
        (macho("aarch64"), ["macosx_11_0_arm64"], "native"),
        (macho("x86_64"), ["macosx_11_0_arm64"], "foreign-cpu"),
        (macho("x86_64", "aarch64"), ["macosx_11_0_universal2"], "native"),
        (macho("x86_64"), ["macosx_11_0_universal2"], "missing-slice"),
        (macho("ppc"), ["macosx_11_0_universal2"], "foreign-cpu"),
        (macho("x86_64"), ["macosx_10_6_intel"], "native"),
        (macho("aarch64"), ["ios_13_0_arm64_iphoneos"], "native"),
        (macho("aarch64", minimum_os=(11, 0)), ["ios_13_0_arm64_iphoneos"], "foreign-system"),
        (macho("aarch64", system="ios"), ["ios_13_0_arm64_iphoneos"], "native"),
        (macho("aarch64", system="ios"), ["macosx_11_0_arm64"], "foreign-system"),
        (macho("aarch64", system="ios"), ["ios_13_0_arm64_iphonesimulator"], "foreign-system"),
        (macho("aarch64", system="ios-simulator"), ["ios_13_0_arm64_iphonesimulator"], "native"),
        (macho("aarch64", system="ios-simulator"), ["ios_13_0_arm64_iphoneos"], "foreign-system"),
        (elf("x86_64", system="other"), [LINUX], "foreign-system"),
        (elf("x86_64", system="other"), ["freebsd_14_0_release_x86_64"], "native"),
        (elf("x86_64"), ["freebsd_14_0_release_x86_64"], "foreign-system"),
        (elf("x86_64"), ["linux_x86_64"], "native"),
        (macho("aarch64"), [LINUX], "foreign-system"),
    ],
)
def test_a_member_is_judged_against_every_tag(content: Binary, tags: list[str], fit: Fit) -> None:
    assert placement.fit(slices(content), tuple(map(parse_platform, tags))) == fit


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (elf("x86_64"), 1),
        (elf("EM_BPF", "object", system="bare"), 0),
        (pe("x86_64", managed=True), 0),
        (macho("x86_64", "aarch64"), 2),
    ],
)
def test_bare_and_managed_code_is_native_code_of_no_system(content: Binary, count: int) -> None:
    assert len(slices(content)) == count


def test_what_is_not_a_binary_has_no_slices() -> None:
    assert placement.native_slices(member("x", b"text")) == ()


@pytest.mark.parametrize(
    ("path", "content", "declared"),
    [
        ("demo/linux-arm64/tool", elf("aarch64"), True),
        ("demo/linux-x64/tool", elf("aarch64"), False),
        ("demo/tool", elf("aarch64"), False),
        ("demo/win/tool", pe("x86_64"), True),
        ("demo/tool.dll", pe("x86_64"), True),
        ("demo/tool", pe("x86_64"), False),
        ("tests/tool", pe("x86_64"), True),
        ("demo/tool.cpython-311-aarch64-linux-gnu.so", elf("aarch64"), False),
        ("tests/tool.cpython-311-aarch64-linux-gnu.so", elf("aarch64"), False),
        ("demo/win/stub.dll", Binary("PE", ()), False),
    ],
)
def test_payload_is_declared_by_its_own_path(path: str, content: Binary, declared: bool) -> None:  # noqa: FBT001
    found = member(path, content)
    assert placement.is_declared(found, artifacts.wheel(X86_64, found)) is declared


@pytest.mark.parametrize(
    ("changes", "declared"),
    [({}, True), ({"needed": ("libc.so.6",)}, False), ({"soname": "x"}, False), ({"dynamic": False}, False)],
)
def test_a_snapshot_for_a_virtual_machine_that_links_to_nothing_is_declared(
    changes: dict[str, Any],
    declared: bool,  # noqa: FBT001
) -> None:
    found = member("demo/app.aot", elf("x86_64", **{"dynamic": True, **changes}))
    assert placement.is_declared(found, artifacts.wheel("py3-none-win_amd64", found)) is declared
    library = member("demo/app.so", elf("x86_64", dynamic=True))
    assert not placement.is_declared(library, artifacts.wheel("py3-none-win_amd64", library))


@pytest.mark.parametrize(
    ("cpu", "tag", "emulated"),
    [
        ("i686", WIN, True),
        ("i686", "win_arm64", True),
        ("x86_64", "win_arm64", True),
        ("aarch64", WIN, False),
        ("x86_64", "win32", False),
        ("i686", LINUX, False),
    ],
)
def test_windows_emulates_some_cpus_on_others(cpu: str, tag: str, emulated: bool) -> None:  # noqa: FBT001
    assert placement.is_emulated(code(cpu, system="windows"), parse_platform(tag)) is emulated


def test_only_linked_code_for_the_platform_is_at_home() -> None:
    members = (
        member("a", elf("x86_64")),
        member("b", elf("aarch64")),
        member("c", elf("x86_64", "object")),
        member("d", pe("x86_64")),
        member("e", b"text"),
    )
    found = placement.native_code(artifacts.wheel(X86_64, *members))
    assert [native.path for native, _, _ in found] == ["a"]


def tightest(tags: str, content: Binary, *systems: TagSystem) -> list[str]:
    """Return the tags under which one file of a wheel is judged."""
    found = placement.native_code(artifacts.wheel(f"py3-none-{tags}", member("a", content)), *systems)
    return [platform.tag for _, _, platform in found]


@pytest.mark.parametrize(
    ("tags", "content", "judged_under"),
    [
        ("manylinux2014_x86_64.manylinux_2_17_x86_64", elf("x86_64"), ["manylinux_2_17_x86_64"]),
        ("manylinux_2_28_x86_64.manylinux_2_5_x86_64.manylinux1_x86_64", elf("x86_64"), ["manylinux_2_5_x86_64"]),
        ("manylinux_2_100_x86_64.manylinux_2_28_x86_64", elf("x86_64"), ["manylinux_2_28_x86_64"]),
        (
            "manylinux_2_17_x86_64.musllinux_1_2_x86_64.musllinux_1_1_x86_64",
            elf("x86_64"),
            ["manylinux_2_17_x86_64", "musllinux_1_1_x86_64"],
        ),
        ("manylinux_2_17_aarch64.manylinux_2_28_x86_64", elf("x86_64"), ["manylinux_2_28_x86_64"]),
        ("macosx_10_9_universal2.macosx_11_0_arm64", macho("aarch64"), ["macosx_10_9_universal2"]),
        ("macosx_10_9_x86_64.macosx_11_0_arm64", macho("aarch64"), ["macosx_11_0_arm64"]),
        (
            "ios_13_0_arm64_iphoneos.ios_14_0_arm64_iphonesimulator",
            macho("aarch64", system="ios", minimum_os=(13, 0)),
            ["ios_13_0_arm64_iphoneos"],
        ),
        (
            "ios_13_0_arm64_iphoneos.ios_14_0_arm64_iphonesimulator",
            macho("aarch64", system="ios-simulator", minimum_os=(14, 0)),
            ["ios_14_0_arm64_iphonesimulator"],
        ),
        (
            "ios_13_0_arm64_iphoneos.ios_14_0_arm64_iphonesimulator",
            macho("aarch64"),
            ["ios_13_0_arm64_iphoneos", "ios_14_0_arm64_iphonesimulator"],
        ),
    ],
)
def test_code_is_judged_once_for_each_promise_under_its_oldest_tag(
    tags: str, content: Binary, judged_under: list[str]
) -> None:
    assert tightest(tags, content) == judged_under


def test_code_is_judged_for_the_systems_that_are_asked_for_only() -> None:
    tags = "macosx_11_0_arm64.manylinux_2_17_aarch64"
    assert tightest(tags, elf("aarch64"), "linux") == ["manylinux_2_17_aarch64"]
    assert tightest(tags, elf("aarch64"), "macos", "ios") == []


def test_test_data_is_judged_nowhere() -> None:
    members = (member("tests/a.so", elf("x86_64")), member("a/TestData/b.so", elf("x86_64")))
    assert list(placement.native_code(artifacts.wheel(X86_64, *members))) == []


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        (X86_64, ""),
        ("py3-none-any", ""),
        ("py3-none-manylinux_2_17_vax.manylinux_2_17_x86_64", ""),
        ("py3-none-manylinux_2_17_vax", "the CPU table has no row for manylinux_2_17_vax"),
        ("py3-none", "the file name has no tags that can be read"),
    ],
)
def test_a_wheel_whose_cpu_no_row_describes_cannot_be_judged(tags: str, why: str) -> None:
    assert placement.without_known_cpu(artifacts.wheel(tags)) == why


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (elf("aarch64"), "linux aarch64"),
        (elf("EM_VAX"), "linux EM_VAX"),
        (macho("x86_64", "aarch64"), "macos x86_64 + macos aarch64"),
        (macho("x86_64", "x86_64"), "macos x86_64"),
    ],
)
def test_code_is_described_in_a_word_a_slice(content: Binary, said: str) -> None:
    assert placement.describe(slices(content)) == said


def test_a_file_s_home_tells_platforms_apart_and_joins_arm_s_two() -> None:
    assert placement.code_platforms(member("x", elf("x86_64"))) == {("linux", ("x86_64",))}
    assert placement.code_platforms(member("x", elf("x86_64"))) != placement.code_platforms(member("x", pe("x86_64")))
    assert placement.code_platforms(member("x", b"text")) == frozenset()
