from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import probe
from wheelcheck.builder import any_machine, payload
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target, choose, host
from wheelcheck.config.builder import load
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from pathlib import Path

X86_64, AARCH64 = Target(find("x86_64"), (2, 17)), Target(find("aarch64"), (2, 17))
NATIVE = '["-C", "target-cpu=native"]'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RUSTFLAGS", "-C target-cpu=native"),
        ("CARGO_ENCODED_RUSTFLAGS", "-Cdebuginfo=1\x1f-Ctarget-cpu=native"),
        ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "-Ctarget-cpu=native"),
        ("CFLAGS", "-O2 -march=native"),
        ("CXXFLAGS_aarch64_unknown_linux_gnu", "-mcpu=native"),
    ],
)
def test_a_variable_that_compiles_for_this_machine_is_refused(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=rf"^{name}: .*native makes code that ends in an illegal instruction"):
        any_machine.require_no_native_cpu({name: value, "HOME": str(tmp_path)}, tmp_path, X86_64)


@pytest.mark.parametrize(
    ("file", "text", "key"),
    [
        (".cargo/config.toml", f"[build]\nrustflags = {NATIVE}\n", "build.rustflags"),
        ("rust/.cargo/config", '[build]\nrustflags = "-Ctarget-cpu=native"\n', "build.rustflags"),
        (
            "rust/.cargo/config.toml",
            f"[target.x86_64-unknown-linux-gnu]\nrustflags = {NATIVE}\n",
            "target.x86_64-unknown-linux-gnu.rustflags",
        ),
        (".cargo/config.toml", f"[target.'cfg(unix)']\nrustflags = {NATIVE}\n", "target.cfg(unix).rustflags"),
        (".cargo/config.toml", '[env]\nCFLAGS = { value = "-march=native", force = true }\n', "env.CFLAGS"),
        ("home/.cargo/config.toml", f"build.rustflags = {NATIVE}\n", "build.rustflags"),
    ],
)
def test_a_configuration_of_cargo_that_compiles_for_this_machine_is_refused(
    file: str, text: str, key: str, tmp_path: Path
) -> None:
    for folder in ("rust", "home", (tmp_path / file).parent.relative_to(tmp_path)):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    with pytest.raises(BuildError) as refused:
        any_machine.require_no_native_cpu({"HOME": str(tmp_path / "home")}, tmp_path / "rust", X86_64)
    assert str(refused.value).startswith(f"{tmp_path / file}, {key}: ")


def test_flags_for_another_target_or_another_cpu_by_name_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".cargo").mkdir()
    text = f"[target.x86_64-unknown-linux-gnu]\nrustflags = {NATIVE}\n[build]\nrustflags = ['-Ctarget-cpu=x86-64-v2']\n"
    (tmp_path / ".cargo" / "config.toml").write_text(text)
    env = {"HOME": str(tmp_path), "RUSTFLAGS": "-C target-cpu=x86-64-v2", "NOTES": "-march=native"}
    any_machine.require_no_native_cpu(env, tmp_path, AARCH64)
    any_machine.require_no_native_cpu({"CFLAGS": "-march=native", **env}, tmp_path, AARCH64, c_flags=False)


@pytest.mark.parametrize(("cpu", "pages"), [("aarch64", "16"), ("ppc64le", "16"), ("loongarch64", "14")])
def test_jemalloc_allows_for_the_largest_pages_of_the_cpu(cpu: str, pages: str) -> None:
    target = choose(find(cpu), find(cpu).oldest_build or (2, 17))
    assert any_machine.page_variables(target) == {"JEMALLOC_SYS_WITH_LG_PAGE": pages}
    assert 1 << int(pages) == find(cpu).largest_page


def test_where_all_pages_are_small_jemalloc_is_told_nothing() -> None:
    assert any_machine.page_variables(X86_64) == {}


def test_a_build_with_such_a_configuration_stops_before_cargo_starts(tmp_path: Path) -> None:
    project = probe(tmp_path)
    (project / ".cargo").mkdir(exist_ok=True)
    (project / ".cargo" / "config.toml").write_text(f"[build]\nrustflags = {NATIVE}\n")
    target = choose(host(), host().oldest_build or (2, 17))
    with pytest.raises(BuildError, match=r"build\.rustflags: target-cpu=native"):
        payload.build(load(project), target, os.environ, print)
