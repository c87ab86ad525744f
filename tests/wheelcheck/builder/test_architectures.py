from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import probe
from tests.support.cross import OTHER, lacking, rustc_for_other
from wheelcheck.builder import architectures
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target, choose, host
from wheelcheck.config import Config, ConfigError
from wheelcheck.config.builder import load
from wheelcheck.platforms.arch import UnknownArchitectureError, find

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.config.builder import Settings

# A CPU for which no machine of ours has a standard library.
STRANGE = Target(find("s390x"), (2, 17))
HOST = choose(host(), (2, 17))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(probe(tmp_path / "probe"))


@pytest.mark.parametrize(
    ("word", "configured", "names"),
    [
        ("", ("s390x",), (host().name,)),
        ("arm64", (), ("aarch64",)),
        ("all", ("x86_64", "aarch64"), ("x86_64", "aarch64")),
        ("all", (), (host().name,)),
    ],
)
def test_a_word_chooses_this_machine_one_cpu_or_all_of_the_configuration(
    word: str, configured: tuple[str, ...], names: tuple[str, ...]
) -> None:
    assert tuple(row.name for row in architectures.chosen(word, configured)) == names


def test_an_unknown_cpu_is_never_a_default() -> None:
    with pytest.raises(UnknownArchitectureError, match="vax"):
        architectures.chosen("vax", ("x86_64",))


@pytest.mark.parametrize(("value", "is_ci"), [("true", True), ("1", True), ("", False), ("0", False), ("FALSE", False)])
def test_ci_is_what_the_variable_says(value: str, *, is_ci: bool) -> None:
    assert architectures.in_ci({"CI": value}) is is_ci
    assert not architectures.in_ci({})


def test_skipping_a_cpu_is_refused_in_ci_and_allowed_outside() -> None:
    architectures.require_opt_out_is_local({})
    with pytest.raises(ConfigError, match="refused in CI: every configured CPU is required"):
        architectures.require_opt_out_is_local({"CI": "true"})


def test_a_configured_cpu_without_std_is_an_error_that_says_what_to_install(settings: Settings) -> None:
    with pytest.raises(BuildError, match=r"s390x: .*rustup target add s390x-unknown-linux-gnu"):
        architectures.buildable(settings, (HOST, STRANGE), os.environ, print, allow_missing=False)


def test_by_request_it_is_passed_over_and_the_log_says_why(settings: Settings) -> None:
    lines: list[str] = []
    targets = architectures.buildable(settings, (HOST, STRANGE), os.environ, lines.append, allow_missing=True)
    assert targets == (HOST,)
    assert [line.split(":")[:2] for line in lines] == [["skip", " s390x"]]


def test_passing_over_every_cpu_is_an_error_all_the_same(settings: Settings) -> None:
    with pytest.raises(BuildError, match="not every configured CPU can be built here: s390x"):
        architectures.buildable(settings, (STRANGE,), os.environ, print, allow_missing=True)


def test_a_missing_cargo_is_reported_before_any_build_begins(settings: Settings) -> None:
    with pytest.raises(BuildError, match=r"install Rust"):
        architectures.buildable(settings, (HOST,), {"PATH": "/nonexistent"}, print, allow_missing=False)


def test_a_project_without_payload_is_buildable_for_any_cpu(settings: Settings) -> None:
    pure = replace(settings, release=Config())
    assert architectures.buildable(pure, (STRANGE,), {"PATH": ""}, print, allow_missing=False) == (STRANGE,)


def test_a_compiler_of_the_projects_choice_brings_the_std_that_rustup_lacks(settings: Settings, tmp_path: Path) -> None:
    rustc = rustc_for_other() or lacking(f"no Rust std for {OTHER.name}")
    chosen = load(probe(tmp_path / "chosen", more='[tool.wheelcheck.build]\nkeep-environment = ["RUSTC"]\n'))
    both, base = (HOST, choose(OTHER, (2, 17))), {**os.environ, "RUSTC": rustc}
    assert architectures.buildable(chosen, both, base, print, allow_missing=False) == both
    strange = {**os.environ, "RUSTC": "/nonexistent/rustc"}
    with pytest.raises(BuildError, match="/nonexistent/rustc"):
        architectures.buildable(chosen, both, strange, print, allow_missing=False)
    assert architectures.buildable(settings, (HOST,), strange, print, allow_missing=False) == (HOST,)
