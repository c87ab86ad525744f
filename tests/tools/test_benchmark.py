from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex
from tools import benchmark, benchmark_page, benchmark_runs
from tools.benchmark_runs import Cost, Measured, Tool
from wheelcheck.pypi import UnobtainableError

WHEEL = "demo-1.0-py3-none-any.whl"
LINUX, SDIST = Path("demo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"), Path("demo-1.0.tar.gz")


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
    assert benchmark_runs.cost_of(_python(f"raise SystemExit({code})")).code == code


def test_a_signal_is_a_negative_exit_code() -> None:
    assert benchmark_runs.cost_of(_python("import os; os.kill(os.getpid(), 9)")).code == -9


def test_a_run_ends_at_the_limit_of_its_cpu_time() -> None:
    assert benchmark_runs.cost_of(_python("while True: pass"), limit=1).code < 0


def test_the_peak_is_only_that_of_the_command() -> None:
    ballast = bytearray(200 << 20)
    large = benchmark_runs.cost_of(_python("x = b'x' * (128 << 20)"))
    small = benchmark_runs.cost_of(_python("pass"))
    assert len(ballast) >> 20 == 200
    assert 200 > large.mebibytes > 128 > small.mebibytes


def test_the_work_of_a_tool_s_own_children_counts() -> None:
    work = "sum(range(10_000_000))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{work}'])"
    assert benchmark_runs.cost_of(_python(child)).seconds > benchmark_runs.cost_of(_python("pass")).seconds


@pytest.mark.parametrize(("mine", "other", "ratio"), [(2.0, 0.5, 4.0), (0.5, 0.5, 1.0), (1.0, 0.0, 1000.0)])
def test_a_ratio_is_of_cpu_seconds(mine: float, other: float, ratio: float) -> None:
    assert Cost(mine, 0, 9, 1).over(Cost(other, 5, 1, 0)) == pytest.approx(ratio)


def test_several_runs_cost_the_sum_of_their_times_the_highest_peak_and_the_worst_exit() -> None:
    runs = [Cost(1, 2, 30, 0), Cost(2, 3, 20, -9), Cost(4, 5, 10, 1)]
    assert benchmark_runs.total(runs) == Cost(7, 10, 30, -9)


def test_a_tool_gets_all_files_at_once_or_those_that_it_takes_one_by_one() -> None:
    files = [LINUX, Path(WHEEL), SDIST]
    assert Tool(("all",)).runs(files) == [("all", *map(str, files))]
    assert Tool(("linux",), one_by_one=True, takes=("*linux*.whl",)).runs(files) == [("linux", str(LINUX))]
    each = Tool(("wheel",), one_by_one=True, for_sdist=("tar",)).runs(files)
    assert [command[0] for command in each] == ["wheel", "wheel", "tar"]


def test_a_tool_that_takes_none_of_the_files_is_not_run() -> None:
    assert benchmark_runs.measure([SDIST], {"none": Tool(("no-such-tool",), takes=("*.whl",))}, rounds=1) == {}


def test_reading_a_tar_in_place_of_zipfile_fails_on_what_is_no_tar(wheel: Path) -> None:
    reader = benchmark_runs.TOOLS["python -m zipfile -t"].for_sdist
    assert benchmark_runs.cost_of((*reader, str(wheel))).code == 1


def _case(**costs: list[Cost]) -> Measured:
    return Measured("demo", 2, 3_000_000, costs)


def test_a_row_holds_medians_the_highest_peak_exit_and_the_ratio_in_each_round() -> None:
    ours = [Cost(1.0, 2.0, 20, 0), Cost(2.0, 3.0, 21.4, 0), Cost(4.0, 9.0, 20, 0)]
    theirs = [Cost(2.0, 2.0, 99.6, 1), Cost(2.0, 2.0, 90, 1), Cost(2.0, 2.0, 90, 1)]
    assert list(benchmark_page.rows(_case(ours=ours, theirs=theirs))) == [
        "| demo | 2 | 3.0 | ours | 2.00 | 3.00 | 21 | 0 | 1.00 (1.00 to 1.00) |",
        "| demo | 2 | 3.0 | theirs | 2.00 | 2.00 | 100 | 1 | 1.00 (0.50 to 2.00) |",
    ]


def test_the_page_says_of_which_cases_there_were_fewer_rounds() -> None:
    once, thrice = ([Cost(1, 1, 1, 0)] * count for count in (1, 3))
    large = Measured("large", 1, 1, {"ours": once})
    assert "in turn. Rounds: 3; of large 1.\n" in benchmark_page.page([_case(ours=thrice), large], {}, [])
    assert "in turn. Rounds: 1.\n" in benchmark_page.page([large], {}, [])


def test_what_is_measured_once_is_a_case() -> None:
    assert benchmark.CASES.keys() >= benchmark.ONCE


def test_an_aim_says_whether_it_is_met() -> None:
    zipfile_test = "python -m zipfile -t"
    case = Measured("ziglang", 1, 1, {"wheelcheck check": [Cost(1, 1, 129, 0)], zipfile_test: [Cost(2, 1, 9, 0)]})
    assert list(benchmark_page.aims([case], {})) == [
        f"| ziglang ÷ {zipfile_test} | 1 | 0.50 (0.50 to 0.50) | yes |",
        "| peak MiB of ziglang | 128 | 129 | no |",
    ]


def test_every_aim_names_a_case_and_tools_of_the_tables() -> None:
    assert {case for case, _, _ in benchmark_page.AIMS} <= benchmark.CASES.keys()
    assert {tool for _, tool, _ in benchmark_page.AIMS} <= benchmark_runs.TOOLS.keys()
    assert {tool for *tools, _ in benchmark_page.SHORT_AIMS for tool in tools} <= benchmark_runs.SHORT.keys()


def test_the_plot_has_a_bar_for_each_tool_and_longer_bars_for_longer_times() -> None:
    drawn = ET.fromstring(benchmark_page.plot([_case(ours=[Cost(1, 1, 1, 0)], theirs=[Cost(10, 1, 1, 0)])]))  # noqa: S314  # our own text
    _, first, second = drawn.iter("{http://www.w3.org/2000/svg}rect")
    assert float(first.attrib["width"]) < float(second.attrib["width"])


def test_every_round_runs_every_tool(tmp_path: Path, wheel: Path) -> None:
    count = f"import pathlib; path = pathlib.Path({str(tmp_path / 'runs')!r}); path.open('a').write('x')"
    costs = benchmark_runs.measure([wheel], {"counted": Tool(_python(count))}, rounds=3)
    assert (tmp_path / "runs").read_text("utf-8") == "xxx"
    assert [cost.code for cost in costs["counted"]] == [0, 0, 0]


def test_the_gate_comes_first_since_ratios_are_over_it() -> None:
    assert next(iter(benchmark_runs.present())) == "wheelcheck check"


def test_a_tool_that_is_not_installed_is_named(
    wheel: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "python -m zipfile -t"
    monkeypatch.setattr(benchmark_runs, "TOOLS", {name: benchmark_runs.TOOLS[name], "absent": Tool(("no-such-tool",))})
    monkeypatch.setattr(benchmark, "TOOLS", benchmark_runs.TOOLS)
    assert benchmark.main(["--rounds", "1", str(wheel)]) == 0
    said = capsys.readouterr().out
    assert re.search(rf"^\| {WHEEL} \| 1 \| 0\.0 \| {name} \| .* \| 0 \| 1\.00 ", said, re.MULTILINE)
    assert "Not installed, so not measured: absent" in said


def test_the_page_is_written_with_its_plot(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark_page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(benchmark_page, "PLOT", tmp_path / "plot.svg")
    monkeypatch.setattr(benchmark, "present", lambda: {"python": Tool(_python("pass"))})
    assert benchmark.main(["--rounds", "1", "--write", str(wheel)]) == 0
    row = capsys.readouterr().out.splitlines()[2]
    assert row in (tmp_path / "page.md").read_text("utf-8").splitlines()
    assert "python" in (tmp_path / "plot.svg").read_text("utf-8")


def test_notes_of_people_outlive_the_next_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(benchmark_page, "PLOT", tmp_path / "plot.svg")
    (tmp_path / "page.md").write_text(f"an old table\n{benchmark_page.NOTES}\nMost is inflating.\n", "utf-8")
    benchmark_page.write([], {}, ())
    written = (tmp_path / "page.md").read_text("utf-8")
    assert written.endswith(f"{benchmark_page.NOTES}\nMost is inflating.\n")
    assert "an old table" not in written


def test_the_files_of_a_case_are_those_of_the_release_that_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEELCHECK_CACHE", str(tmp_path / "cache"))
    names = [LINUX.name, WHEEL, SDIST.name, "demo-2.0-py3-none-any.whl"]
    with PackageIndex({"demo": {name: name.encode() for name in names}}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        assert {path.name for path in benchmark.files_of("demo==1.0", "*")} == {*names[:3]}
        assert [path.name for path in benchmark.files_of("demo==1.0", "*linux*")] == [LINUX.name]


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
