from __future__ import annotations

import re
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.package_index import PackageIndex
from tools import benchmark
from tools.benchmark import Cost
from wheelcheck.pypi import UnobtainableError

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "demo-1.0-py3-none-any.whl"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / WHEEL
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo/__init__.py", "")
    return path


def _python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_cost_names_the_exit_code(code: int) -> None:
    assert benchmark.cost_of(_python(f"raise SystemExit({code})")).code == code


def test_a_signal_is_a_negative_exit_code() -> None:
    assert benchmark.cost_of(_python("import os; os.kill(os.getpid(), 9)")).code == -9


def test_the_peak_is_only_that_of_the_command() -> None:
    ballast = bytearray(200 << 20)
    large = benchmark.cost_of(_python("x = b'x' * (128 << 20)"))
    small = benchmark.cost_of(_python("pass"))
    assert len(ballast) >> 20 == 200
    assert 200 > large.mebibytes > 128 > small.mebibytes


def test_the_work_of_a_tool_s_own_children_counts() -> None:
    work = "sum(range(10_000_000))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{work}'])"
    assert benchmark.cost_of(_python(child)).seconds > benchmark.cost_of(_python("pass")).seconds


@pytest.mark.parametrize(("mine", "other", "ratio"), [(2.0, 0.5, 4.0), (0.5, 0.5, 1.0), (1.0, 0.0, 1000.0)])
def test_a_ratio_is_of_cpu_seconds(mine: float, other: float, ratio: float) -> None:
    assert Cost(mine, 9, 1).over(Cost(other, 1, 0)) == pytest.approx(ratio)


def test_a_row_holds_size_seconds_ratio_to_the_first_peak_and_exit(wheel: Path) -> None:
    lines = benchmark.rows(wheel, {"ours": Cost(0.5, 20.4, 0), "theirs": Cost(1.0, 99.6, 1)})
    assert lines == [
        f"| {WHEEL} | 0.0 MB | ours | 0.50 | 1.00 | 20 | 0 |",
        f"| {WHEEL} | 0.0 MB | theirs | 1.00 | 2.00 | 100 | 1 |",
    ]


def test_the_least_of_all_rounds_is_taken(tmp_path: Path, wheel: Path) -> None:
    count = f"import pathlib; path = pathlib.Path({str(tmp_path / 'runs')!r}); path.open('a').write('x')"
    costs = benchmark.measure(wheel, {"counted": _python(count)}, rounds=3)
    assert (tmp_path / "runs").read_text("utf-8") == "xxx"
    assert costs["counted"].code == 0


def test_the_gate_comes_first_since_ratios_are_over_it() -> None:
    assert next(iter(benchmark.present())) == "wheelcheck check"


def test_a_tool_that_is_not_installed_is_named(
    wheel: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    zipfile_test = benchmark.PEERS["python -m zipfile -t"]
    monkeypatch.setattr(benchmark, "PEERS", {"python -m zipfile -t": zipfile_test, "absent": ("no-such-tool",)})
    assert benchmark.main(["--rounds", "1", str(wheel)]) == 0
    said = capsys.readouterr().out
    assert re.search(
        rf"^\| {WHEEL} \| 0\.0 MB \| python -m zipfile -t \| .* \| 1\.00 \| \d+ \| 0 \|$", said, re.MULTILINE
    )
    assert "Not installed, so not measured: absent" in said


def test_a_released_file_is_fetched_by_its_name(tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEELCHECK_CACHE", str(tmp_path / "cache"))
    with PackageIndex({"demo": {WHEEL: wheel.read_bytes()}}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        here, fetched = benchmark.located([str(wheel), WHEEL])
    assert (here, fetched.read_bytes()) == (wheel, wheel.read_bytes())
    assert (tmp_path / "cache") in fetched.parents


def test_a_name_that_is_neither_file_nor_release_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEELCHECK_CACHE", str(tmp_path / "cache"))
    with PackageIndex({"demo": {}}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        with pytest.raises(UnobtainableError, match="not among the 0 files"):
            benchmark.located([WHEEL])
