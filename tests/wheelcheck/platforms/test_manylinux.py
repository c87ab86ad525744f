from __future__ import annotations

import pytest

from wheelcheck.platforms import arch
from wheelcheck.platforms.manylinux import LinuxPolicy, Platform, TagSystem, linux_policy, parse_platform

Version = tuple[int, ...]


@pytest.mark.parametrize(
    ("tag", "system", "arches", "libc", "floor"),
    [
        ("manylinux1_x86_64", "linux", ("x86_64",), "glibc", (2, 5)),
        ("manylinux2010_i686", "linux", ("i686",), "glibc", (2, 12)),
        ("manylinux2014_aarch64", "linux", ("aarch64",), "glibc", (2, 17)),
        ("manylinux_2_28_ppc64le", "linux", ("ppc64le",), "glibc", (2, 28)),
        ("manylinux_2_31_armv7l", "linux", ("armv7l",), "glibc", (2, 31)),
        ("manylinux_2_28_vax", "linux", (), "glibc", (2, 28)),
        ("manylinux_2_28_arm64", "linux", (), "glibc", (2, 28)),
        ("musllinux_1_2_riscv64", "linux", ("riscv64",), "musl", (1, 2)),
        ("linux_x86_64", "linux", ("x86_64",), "", ()),
        ("linux_", "linux", (), "", ()),
        ("macosx_11_0_arm64", "macos", ("aarch64",), "", (11, 0)),
        ("macosx_10_9_x86_64", "macos", ("x86_64",), "", (10, 9)),
        ("macosx_11_0_aarch64", "macos", (), "", (11, 0)),
        ("macosx_10_9_universal2", "macos", ("x86_64", "aarch64"), "", (10, 9)),
        ("macosx_10_6_intel", "macos", ("x86_64", "i686"), "", (10, 6)),
        ("ios_13_0_arm64_iphoneos", "ios", ("aarch64",), "", (13, 0)),
        ("ios_13_0_x86_64_iphonesimulator", "ios", ("x86_64",), "", (13, 0)),
        ("ios_13_0__iphoneos", "ios", (), "", (13, 0)),
        ("android_24_arm64_v8a", "android", ("aarch64",), "bionic", (24,)),
        ("android_24_x86_64", "android", ("x86_64",), "bionic", (24,)),
        ("android_24_x86", "android", ("i686",), "bionic", (24,)),
        ("win32", "windows", ("i686",), "", ()),
        ("win_amd64", "windows", ("x86_64",), "", ()),
        ("win_arm64", "windows", ("aarch64",), "", ()),
        ("win_x86_64", "other", (), "", ()),
        ("pyodide_2024_0_wasm32", "wasm", (), "", (2024, 0)),
        ("any", "any", (), "", ()),
        ("freebsd_13_amd64", "other", (), "", ()),
        ("freebsd_13_aarch64", "other", ("aarch64",), "", ()),
        ("", "other", (), "", ()),
        ("_", "other", (), "", ()),
    ],
)
def test_a_tag_is_taken_apart(tag: str, system: TagSystem, arches: tuple[str, ...], libc: str, floor: Version) -> None:
    assert parse_platform(tag) == Platform(tag, system, arches, libc, floor)


@pytest.mark.parametrize("digits", ["9" * 5_000, "\uff12"])
def test_a_version_that_is_no_number_of_ours_is_another_system_and_no_error(digits: str) -> None:
    assert parse_platform(f"manylinux_{digits}_17_x86_64").system == "other"


@pytest.mark.parametrize(
    ("tag", "binary_format"),
    [
        ("manylinux_2_17_x86_64", "ELF"),
        ("android_24_x86", "ELF"),
        ("freebsd_13_amd64", "ELF"),
        ("macosx_11_0_arm64", "Mach-O"),
        ("ios_13_0_arm64_iphoneos", "Mach-O"),
        ("win32", "PE"),
        ("pyodide_2024_0_wasm32", "wasm"),
        ("any", ""),
    ],
)
def test_each_system_loads_one_format(tag: str, binary_format: str) -> None:
    assert parse_platform(tag).binary_format == binary_format
    assert parse_platform(tag).is_any is (tag == "any")


# --- what a Linux tag promises ---


def promised(tag: str) -> LinuxPolicy:
    policy = linux_policy(parse_platform(tag))
    assert policy is not None
    return policy


@pytest.mark.parametrize(
    ("tag", "same_as"),
    [
        ("manylinux2014_x86_64", "manylinux_2_17_x86_64"),
        ("manylinux1_i686", "manylinux_2_5_i686"),
        ("manylinux_2_20_x86_64", "manylinux_2_17_x86_64"),
        ("manylinux_2_99_aarch64", "manylinux_2_43_aarch64"),
        ("musllinux_1_9_x86_64", "musllinux_1_2_x86_64"),
    ],
)
def test_a_floor_between_two_policies_has_the_older_one(tag: str, same_as: str) -> None:
    assert promised(tag) == promised(same_as)


@pytest.mark.parametrize(
    "tag",
    [
        "manylinux_2_4_x86_64",  # older than any policy
        "manylinux_2_5_aarch64",  # older than the CPU's own first
        "manylinux_2_28_vax",
        "linux_x86_64",
        "win_amd64",
        "macosx_11_0_arm64",
        "android_24_x86_64",
        "any",
    ],
)
def test_where_nobody_published_a_policy_there_is_none(tag: str) -> None:
    assert linux_policy(parse_platform(tag)) is None


@pytest.mark.parametrize(
    ("tag", "version", "offered"),
    [
        ("manylinux_2_17_x86_64", "GLIBCXX_3.4.19", True),
        ("manylinux_2_17_x86_64", "GLIBCXX_3.4.20", False),
        ("manylinux_2_17_x86_64", "GLIBCXX_3.4.9", True),
        ("manylinux_2_28_x86_64", "GLIBCXX_3.4.24", True),
        ("manylinux_2_28_x86_64", "GLIBCXX_3.4.25", False),
        ("manylinux_2_17_x86_64", "CXXABI_1.3.7", True),
        ("manylinux_2_17_x86_64", "CXXABI_1.3.13", False),
        ("manylinux_2_17_x86_64", "CXXABI_TM_1", True),
        ("manylinux_2_5_x86_64", "CXXABI_TM_1", False),
        ("manylinux_2_17_x86_64", "GCC_4.8.0", True),
        ("manylinux_2_17_x86_64", "GCC_12.0.0", False),
        ("manylinux_2_17_x86_64", "OPENSSL_3.0.0", True),
        ("manylinux_2_17_x86_64", "NONUMBER", True),
    ],
)
def test_a_version_is_offered_up_to_the_newest_and_a_foreign_family_is_not_judged(
    tag: str, version: str, *, offered: bool
) -> None:
    assert promised(tag).offers(version) is offered


def test_every_policy_promises_its_own_c_library_and_no_foreign_one() -> None:
    assert "libc.so.6" in promised("manylinux_2_17_x86_64").libraries
    assert "libc.so" in promised("musllinux_1_2_x86_64").libraries
    assert "libcrypto.so.3" not in promised("manylinux_2_17_x86_64").libraries


def test_no_policy_offers_a_newer_glibc_than_its_tag_but_the_one_of_centos_for_arm() -> None:
    rows = [row.name for row in arch.ARCHES if row.elf]
    policies = {
        (cpu, minor): linux_policy(parse_platform(f"manylinux_2_{minor}_{cpu}")) for cpu in rows for minor in range(60)
    }
    newer = {key for key, policy in policies.items() if policy and policy.newest["GLIBC"] > (2, key[1])}
    # CentOS 7 gave its aarch64 glibc 2.17 a symbol of 2.18; WC401 goes by the tag, as PEP 600 does.
    assert newer == {("aarch64", 17)}
