from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64, a_wheel
from tests.support.native_files import LIBRARY, library
from tests.support.twins import examine_recipe, judge
from wheelcheck.binary.model import VersionNeed
from wheelcheck.facts import Wheel
from wheelcheck.results import Skip
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.binary.model import Binary
    from wheelcheck.facts import Member


def skips(tags: str, *members: Member) -> list[Skip]:
    """Return which rules say that they could not judge a wheel, and why."""
    wheel = artifacts.wheel(tags, *members)
    whys = ((rule.code, rule.needs(wheel)) for rule in all_rules() if rule.needs and rule.on is Wheel)
    return [Skip(code, why, wheel.file) for code, why in whys if why]


BAD_ANYWHERE = artifacts.elf(
    "riscv64", needed=("libcuda.so.1",), versions=(VersionNeed("libstdc++.so.6", "GLIBCXX_3.4.99"),)
)


@pytest.mark.parametrize(
    ("platform", "policies"),
    [
        ("manylinux_2_27_riscv64", True),
        ("manylinux_2_31_riscv64", True),
        ("manylinux_2_36_loongarch64", True),
        ("manylinux_2_17_armv6l", True),
        ("musllinux_1_2_armv6l", True),
        ("manylinux_2_5_aarch64", True),
        ("linux_armv7l", False),
        ("linux_aarch64", False),
        ("manylinux_2_17_x86_64", True),
        ("musllinux_1_1_x86_64", True),
        ("macosx_11_0_arm64", True),
        ("win_amd64", True),
        ("any", True),
    ],
)
def test_without_a_policy_for_the_tag_nothing_is_said_to_have_been_judged(platform: str, *, policies: bool) -> None:
    found = skips(f"cp311-cp311-{platform}", artifacts.member(LIBRARY, BAD_ANYWHERE))
    why = f"no list of promised libraries is known for {platform}"
    file = f"demo-1.0-cp311-cp311-{platform}.whl"
    assert found == ([] if policies else [Skip("WC410", why, file), Skip("WC411", why, file)])


def test_a_policy_for_one_of_two_tags_is_enough_to_judge() -> None:
    assert skips("py3-none-manylinux_2_17_x86_64.linux_x86_64") == []


def test_no_rule_about_native_code_counts_as_run_for_a_cpu_that_no_table_holds() -> None:
    found = skips("py3-none-manylinux_2_17_vax", artifacts.member(LIBRARY, BAD_ANYWHERE))
    assert {skip.code for skip in found} == {
        *("WC401", "WC402", "WC403", "WC410", "WC411", "WC412", "WC413", "WC414", "WC420", "WC421", "WC422"),
        *("WC501", "WC502", "WC503"),
        *("WC430", "WC431", "WC432", "WC433", "WC434", "WC435", "WC436", "WC439"),
        *("WC504", "WC505", "WC506", "WC507", "WC508", "WC509", "WC423", "WC440"),
    }


def test_android_promises_libraries_and_no_versions() -> None:
    assert [skip.code for skip in skips("cp313-cp313-android_24_arm64_v8a")] == ["WC410"]


def test_a_cpu_that_nobody_measured_is_held_to_what_any_cpu_has_with_that_glibc() -> None:
    wheel = artifacts.wheel("cp311-cp311-manylinux_2_27_riscv64", artifacts.member(LIBRARY, BAD_ANYWHERE))
    assert "needs GLIBCXX_3.4.99" in judge(wheel, "WC410")[0].message
    assert "needs libcuda.so.1" in judge(wheel, "WC411")[0].message


def test_a_wheel_without_any_policy_is_reported_with_what_was_not_judged(tmp_path: Path) -> None:
    report = examine_recipe(a_wheel("cp311-cp311-linux_armv7l", library("armv7l")), tmp_path / "dist")
    assert [skip.code for skip in report.skips if skip.artifact] == ["WC410", "WC411"]
    assert {"WC410", "WC411"}.isdisjoint(report.rules)


TWO_NAMES = "py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64"
FAULTS = artifacts.elf(
    "x86_64",
    needed=("libfoo.so.1",),
    versions=(VersionNeed("libstdc++.so.6", "GLIBCXX_3.4.99"), VersionNeed("libc.so.6", "GLIBC_2.99")),
    runpath=("/home/me",),
    executable_stack=True,
    text_relocations=True,
)


@pytest.mark.parametrize("code", ["WC401", "WC410", "WC411", "WC412", "WC413", "WC414"])
def test_a_tag_and_its_alias_give_one_finding(code: str) -> None:
    found = judge(artifacts.wheel(TWO_NAMES, artifacts.member(LIBRARY, FAULTS)), code)
    assert len(found) == 1
    assert "manylinux2014" not in found[0].message


MUSL_NAMES = "py3-none-musllinux_1_1_x86_64.musllinux_1_2_x86_64"
DYLIB_FAULTS = artifacts.macho("aarch64", minimum_os=(13, 0), needed=("/opt/lib/libfoo.dylib",))
DLL_FAULTS = artifacts.pe("x86_64", needed=("ucrtbased.dll",))


@pytest.mark.parametrize(
    ("code", "tags", "content"),
    [
        *((code, X86_64, FAULTS) for code in ("WC401", "WC410", "WC411", "WC412", "WC413", "WC414")),
        ("WC402", MUSL_NAMES, FAULTS),
        ("WC501", "py3-none-macosx_11_0_arm64", DYLIB_FAULTS),
        ("WC502", "py3-none-macosx_11_0_arm64", DYLIB_FAULTS),
        ("WC503", "py3-none-win_amd64", DLL_FAULTS),
    ],
)
def test_every_rule_about_native_code_leaves_test_data_out(code: str, tags: str, content: Binary) -> None:
    assert len(judge(artifacts.wheel(tags, artifacts.member("demo/data/x", content)), code)) == 1
    assert judge(artifacts.wheel(tags, artifacts.member("demo/tests/data/x", content)), code) == []
