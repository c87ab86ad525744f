from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from wheelcheck.builder import toolchain
from wheelcheck.builder.run import BuildError
from wheelcheck.platforms.arch import ARCHES, Arch, Glibc, UnknownArchitectureError, find


@pytest.mark.parametrize(
    ("arch", "floor"),
    [("x86_64", (2, 17)), ("x86_64", (2, 28)), ("aarch64", (2, 17)), ("riscv64", (2, 27)), ("loongarch64", (2, 36))],
)
def test_a_floor_between_the_bounds_makes_a_target(arch: str, floor: Glibc) -> None:
    target = toolchain.choose(find(arch), floor)
    assert (target.arch.name, target.floor) == (arch, floor)


@pytest.mark.parametrize(
    ("arch", "floor", "low"),
    [
        ("x86_64", (2, 5), "2.17"),
        ("x86_64", (2, 16), "2.17"),
        ("x86_64", (2, 99), "2.17"),
        ("x86_64", (3, 0), "2.17"),
        ("riscv64", (2, 26), "2.27"),
        ("loongarch64", (2, 17), "2.36"),
        ("ppc64le", (2, 17), "2.19"),
        ("ppc64le", (2, 18), "2.19"),
    ],
)
def test_a_floor_outside_the_bounds_is_refused_with_both_bounds_and_a_remedy(arch: str, floor: Glibc, low: str) -> None:
    newest = ".".join(map(str, toolchain.newest_glibc()))
    with pytest.raises(BuildError) as refusal:
        toolchain.choose(find(arch), floor)
    said = str(refusal.value)
    assert f"{arch} cannot be built for glibc {floor[0]}.{floor[1]}: " in said
    assert f"the installed zig support {low} to {newest} there" in said
    assert f'set glibc = "{low}"' in said


@pytest.mark.parametrize("row", [row for row in ARCHES if not row.oldest_build], ids=lambda row: row.name)
@pytest.mark.parametrize("floor", [(2, 17), (2, 38)])
def test_a_cpu_that_zig_has_no_glibc_for_is_refused_at_any_floor(row: Arch, floor: Glibc) -> None:
    with pytest.raises(BuildError, match=f"{row.name}.*zig"):
        toolchain.choose(row, floor)


def test_the_newest_glibc_is_the_newest_that_zig_knows_and_not_one_more() -> None:
    major, minor = toolchain.newest_glibc()
    assert (major, minor) >= (2, 38)
    show = [sys.executable, "-m", "ziglang", "cc", "-E", "-dM", "-x", "c", "-include", "features.h", "/dev/null"]
    done = subprocess.run(
        [*show, "-target", f"x86_64-linux-gnu.{major}.{minor}"], capture_output=True, text=True, check=True
    )
    assert f"#define __GLIBC_MINOR__ {minor}\n" in done.stdout


def test_without_ziglang_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "find_spec", lambda _: None)
    with pytest.raises(BuildError, match=r"install wheelcheck\[build\]"):
        toolchain.newest_glibc()


@pytest.mark.parametrize(
    ("arch", "floor", "tag"),
    [
        ("x86_64", (2, 17), "manylinux2014_x86_64.manylinux_2_17_x86_64"),
        ("aarch64", (2, 17), "manylinux2014_aarch64.manylinux_2_17_aarch64"),
        ("x86_64", (2, 28), "manylinux_2_28_x86_64"),
        ("riscv64", (2, 31), "manylinux_2_31_riscv64"),
    ],
)
def test_the_platform_tag_carries_the_older_name_of_the_same_promise(arch: str, floor: Glibc, tag: str) -> None:
    assert toolchain.choose(find(arch), floor).platform_tag == tag


@pytest.mark.parametrize("row", [row for row in ARCHES if row.rust and row.elf], ids=lambda row: row.name)
def test_every_row_gives_both_target_names_at_its_lowest_floor(row: Arch) -> None:
    target = toolchain.Target(row, row.lowest_glibc)
    suffix = ".".join(map(str, row.lowest_glibc))
    assert target.zigbuild == f"{row.rust}-unknown-linux-{row.rust_abi}.{suffix}"
    assert target.zig == f"{row.zig}-linux-{row.rust_abi}.{suffix}"


@pytest.mark.parametrize(("spelling", "name"), [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("arm64", "aarch64")])
def test_the_host_is_found_under_every_spelling(monkeypatch: pytest.MonkeyPatch, spelling: str, name: str) -> None:
    monkeypatch.setattr(platform, "machine", lambda: spelling)
    assert toolchain.host().name == name


def test_an_unknown_host_is_an_error_and_never_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "vax")
    with pytest.raises(UnknownArchitectureError, match="vax"):
        toolchain.host()
