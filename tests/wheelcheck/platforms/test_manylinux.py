from __future__ import annotations

import pytest

from wheelcheck.platforms import arch
from wheelcheck.platforms.manylinux import LinuxPolicy, linux_policy
from wheelcheck.platforms.tags import parse_platform


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
        ("manylinux_2_5_aarch64", "manylinux_2_17_aarch64"),  # its first glibc
    ],
)
def test_a_floor_between_two_policies_has_the_older_one(tag: str, same_as: str) -> None:
    assert promised(tag) == promised(same_as)


@pytest.mark.parametrize(
    "tag",
    [
        "manylinux_2_4_x86_64",  # older than any policy
        "manylinux_2_28_vax",
        "linux_x86_64",
        "win_amd64",
        "macosx_11_0_arm64",
        "android_24_x86_64",
        "any",
    ],
)
def test_a_tag_without_a_published_policy_has_none(tag: str) -> None:
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
        ("manylinux_2_17_x86_64", "GLIBCXX_3.4.019", False),
        ("manylinux_2_17_x86_64", "GLIBCXX_3.04.19", False),
        ("manylinux_2_17_x86_64", "GCC_4.8.0", True),
        ("manylinux_2_17_x86_64", "GCC_04.8.0", False),
        ("manylinux_2_17_x86_64", "GCC_12.0.0", False),
        ("manylinux_2_17_x86_64", "OPENSSL_3.0.0", True),
        ("manylinux_2_17_x86_64", "NONUMBER", True),
    ],
)
def test_a_version_is_offered_up_to_the_newest_and_a_foreign_family_is_not_judged(
    tag: str, version: str, *, offered: bool
) -> None:
    assert promised(tag).offers(version) is offered


@pytest.mark.parametrize(
    ("tag", "offered", "refused"),
    [
        ("manylinux_2_27_riscv64", "GLIBCXX_3.4.24", "GLIBCXX_3.4.30"),
        ("manylinux_2_17_armv6l", "GLIBCXX_3.4.19", "GLIBCXX_3.4.20"),
        ("manylinux_2_28_ppc64", "GLIBCXX_3.4.24", "GLIBCXX_3.4.25"),
    ],
)
def test_a_cpu_that_nobody_measured_has_what_others_have_with_the_same_glibc(
    tag: str, offered: str, refused: str
) -> None:
    assert promised(tag).offers(offered)
    assert not promised(tag).offers(refused)
    assert "libc.so.6" in promised(tag).libraries


def test_every_policy_promises_its_own_c_library_and_no_foreign_one() -> None:
    assert "libc.so.6" in promised("manylinux_2_17_x86_64").libraries
    assert "libc.so" in promised("musllinux_1_2_x86_64").libraries
    assert "libcrypto.so.3" not in promised("manylinux_2_17_x86_64").libraries


def test_no_policy_offers_a_newer_glibc_than_its_tag_but_the_one_of_centos_for_arm() -> None:
    rows = [row.name for row in arch.ARCHES if row.elf]
    policies = {
        (cpu, minor): linux_policy(parse_platform(f"manylinux_2_{minor}_{cpu}")) for cpu in rows for minor in range(60)
    }
    newer = {
        (cpu, floor)
        for (cpu, minor), policy in policies.items()
        for floor in [max((2, minor), arch.find(cpu).lowest_glibc)]
        if policy and policy.newest["GLIBC"] > floor
    }
    # CentOS 7 gave its aarch64 glibc 2.17 a symbol of 2.18; WC401 goes by the tag, as PEP 600 does.
    assert newer == {("aarch64", (2, 17))}
