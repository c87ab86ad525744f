"""A release judged in two steps: each artifact by itself, anywhere and in any order, then all of them."""

from __future__ import annotations

import pickle
import random
from typing import TYPE_CHECKING

import pytest

import wheelcheck
from tests.support.artifacts import AARCH64, X86_64, File, a_wheel, an_sdist
from tests.support.native_files import library, linked_with, program
from wheelcheck.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.artifacts import Recipe
    from wheelcheck.report.public import Report

# Parts that the rules about a release compare: of two wheels, or of a wheel and an sdist.
_PARTS: tuple[Callable[[], Recipe], ...] = (
    lambda: a_wheel(X86_64, library("x86_64"), program("x86_64"), File("demo/data.txt", b"one\n")),
    lambda: a_wheel(AARCH64, library("aarch64"), File("demo/data.txt", b"two\n")),
    lambda: a_wheel(X86_64.replace("cp311", "cp312"), library("x86_64"), program("x86_64")),
    lambda: a_wheel(X86_64.replace("cp311", "cp313"), linked_with("libmissing.so.1")),
    lambda: a_wheel(X86_64, library("x86_64"), project="other"),
    lambda: a_wheel("py3-none-any", File("demo/py.typed", b"")),
    lambda: a_wheel("py3-none-any", File("demo/x.py"), version="1.0.0"),
    lambda: an_sdist(File("pyproject.toml", b"[project]\nname = 'demo'\n")),
    lambda: an_sdist(File("demo.c", b"int x;\n"), version="2.0"),
)


def said(report: Report) -> tuple[object, ...]:
    return report.verdict, report.findings, report.gaps, report.rules, report.skips


@pytest.mark.parametrize("seed", range(12))
def test_any_files_in_any_order_give_the_report_of_all_at_once(tmp_path: Path, seed: int) -> None:
    chosen = random.Random(seed)  # noqa: S311  # repeatable
    files = [part().write(tmp_path) for part in chosen.sample(_PARTS, chosen.randint(2, 6))]
    files = list(dict.fromkeys(files))
    summaries = [pickle.dumps(wheelcheck.check_artifact(file)) for file in files]
    chosen.shuffle(summaries)
    merged = wheelcheck.merge(map(pickle.loads, summaries))
    assert said(merged) == said(wheelcheck.check(files))


def test_a_payload_that_one_cpu_lacks_is_found_after_merging(tmp_path: Path) -> None:
    """Without this, the reports above could be equal because nothing about a release is ever found."""
    files = [part().write(tmp_path) for part in _PARTS[:2]]
    codes = {finding.code for finding in wheelcheck.merge(map(wheelcheck.check_artifact, files)).findings}
    assert {"WC710", "WC711"} <= codes
    assert not {"WC710", "WC711"} & {each.code for file in files for each in wheelcheck.check_artifact(file).findings}


def test_a_configuration_counts_when_the_release_is_judged(tmp_path: Path) -> None:
    files = [part().write(tmp_path) for part in _PARTS[:2]]
    config = tmp_path / "wheelcheck.toml"
    config.write_text('architectures = ["x86_64", "aarch64", "riscv64"]\npython = ["cp311"]\n')
    merged = wheelcheck.merge(map(wheelcheck.check_artifact, files), config)
    assert said(merged) == said(wheelcheck.check(files, config))
    config.write_text('ignore = [{ code = "WC999", reason = "none" }]\n')
    with pytest.raises(ConfigError, match="WC999"):
        wheelcheck.merge([], config)


def test_a_file_that_cannot_be_read_is_not_verified_after_merging(tmp_path: Path) -> None:
    whole = _PARTS[5]().write(tmp_path)
    lost = wheelcheck.check_artifact(tmp_path / "lost-1.0-py3-none-any.whl")
    assert (lost.verdict, wheelcheck.merge([lost]).verdict) == ("unverified", "unverified")
    assert wheelcheck.merge([wheelcheck.check_artifact(whole), lost]).gaps == lost.gaps


def test_no_summary_is_not_a_pass() -> None:
    assert wheelcheck.merge([]).verdict == "unverified"


def test_the_summary_of_an_ordinary_wheel_is_small_and_forgets_nothing_when_it_travels(tmp_path: Path) -> None:
    files = [File(f"demo/module_{number}.py", b"# text\n" * number) for number in range(20)]
    recipe = a_wheel(X86_64, library("x86_64"), *files)
    summary = wheelcheck.check_artifact(recipe.write(tmp_path))
    packed = pickle.dumps(summary)
    assert len(packed) <= 4096
    assert pickle.loads(packed) == summary  # noqa: S301  # our own
