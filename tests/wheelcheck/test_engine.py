from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import native, zips
from tests.support.artifacts import AARCH64, EXECUTABLE, X86_64, File, a_wheel, an_sdist
from wheelcheck import engine
from wheelcheck.config import Config, Ignore
from wheelcheck.engine import examine
from wheelcheck.facts import Release, Sdist, Wheel
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.results import Gap, Report, Skip
from wheelcheck.rules import Finding, Hit, container, rule
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wheelcheck.facts.progress import Progress

pytestmark = pytest.mark.usefixtures("collected_anew")
ROOT = Path(__file__).parents[2]
TOOL = File("demo/bin/tool", native.program, EXECUTABLE)
FOREIGN = File("demo/bin/tool", lambda: native.program("aarch64"), EXECUTABLE)
GOOD = a_wheel(X86_64, TOOL)
BAD = a_wheel(X86_64, FOREIGN)
COMPANIONS = (".publish.attestation", ".asc", ".sigstore", ".sigstore.json", ".provenance")


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity == "error"}


def whys(report: Report) -> list[str]:
    return [gap.why for gap in report.gaps]


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder with one good wheel."""
    folder = tmp_path / "dist"
    folder.mkdir()
    GOOD.write(folder)
    return folder


# --- verdicts ---


def test_a_good_wheel_passes(dist: Path) -> None:
    report = examine([dist])
    assert (report.verdict, report.findings, report.gaps) == ("pass", (), ())
    assert [artifact.file for artifact in report.artifacts] == [f"demo-1.0-{X86_64}.whl"]


def test_a_wrong_wheel_fails(tmp_path: Path) -> None:
    report = examine([BAD.write(tmp_path)])
    assert (report.verdict, codes(report)) == ("fail", {"WC301"})


def test_what_one_rule_finds_without_end_is_a_limit_that_was_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who ignores what is listed has not seen the rest."""
    monkeypatch.setattr(engine, "MOST_FINDINGS", 3)
    path = a_wheel(X86_64, TOOL, *(File(f"demo/{n}", b"x", 0o104644) for n in range(4))).write(tmp_path)
    report = examine([path])
    assert [finding.code for finding in report.findings] == ["WC112"] * 3
    assert whys(report) == ["WC112 found more than 3 faults; the rest is not listed"]
    ignoring = Config(ignores=(Ignore("WC112", "as root"),))
    assert (report.verdict, examine([path], ignoring).verdict) == ("fail", "unverified")


def test_the_text_of_what_one_rule_finds_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """480 modules that need libraries with names of four kilobytes took 80 MB of messages."""
    path = a_wheel(X86_64, TOOL, *(File(f"demo/{n}", b"x", 0o104644) for n in range(4))).write(tmp_path)
    first = examine([path]).findings[0]
    monkeypatch.setattr(engine, "MOST_TEXT", 2 * (len(first.path) + len(first.message) + len(first.cause)) - 1)
    report = examine([path])
    assert [finding.code for finding in report.findings] == ["WC112"] * 2
    assert [why.partition(" found more than ")[2] for why in whys(report)] == [
        f"{engine.MOST_TEXT:,} characters of faults; the rest is not listed"
    ]


def test_a_message_longer_than_anybody_reads_is_cut() -> None:
    judged = rule("WC999", on=str)(lambda text: iter([Hit("x", text, cause=text)]))
    short, long = (next(judged.findings("x" * length, "a.whl")) for length in (8_000, 8_001))
    assert short.message == short.cause == "x" * 8_000
    assert long.message == long.cause == "x" * 8_000 + "…"


def test_a_warning_is_not_a_failure() -> None:
    warning = Finding("WC999", "x", "warning", "a.whl", "", "m")
    wheel = Wheel("a.whl", parse_file_name("a.whl"))
    assert Report((wheel,), (warning,)).verdict == "pass"
    assert Report((wheel,), (warning,), (Gap("a.whl", "", "x"),)).verdict == "unverified"
    assert Report((), (warning,)).verdict == "unverified"


def test_an_error_outranks_a_gap(tmp_path: Path) -> None:
    report = examine([BAD.write(tmp_path), tmp_path / "missing.whl"])
    assert report.gaps
    assert report.verdict == "fail"


def test_findings_are_counted_by_severity() -> None:
    findings = tuple(Finding("WC1", "x", severity, "a", "", "m") for severity in ("error", "note", "note"))
    report = Report((), findings)
    assert [report.count(severity) for severity in ("error", "warning", "note")] == [1, 0, 2]


# --- what was not examined ---


def _glob(folder: Path) -> Path:
    return folder / "*.whl"


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def _only_companions(folder: Path) -> Path:
    (folder / "empty").mkdir()
    (folder / "empty" / ".gitignore").write_text("*")
    return folder / "empty"


def _folder_named_like_a_wheel(folder: Path) -> Path:
    (folder / "outer" / "demo-1.0-py3-none-any.whl").mkdir(parents=True)
    return folder / "outer"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "demo-1.0-py3-none-any.whl")
    return folder / "demo-1.0-py3-none-any.whl"


def _device(_: Path) -> Path:
    return Path(os.devnull)


def _too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


def _below_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "x.whl"


def _broken_link(folder: Path) -> Path:
    (folder / "x.whl").symlink_to("nowhere")
    return folder / "x.whl"


def _link_to_itself(folder: Path) -> Path:
    (folder / "x.whl").symlink_to("x.whl")
    return folder / "x.whl"


UNREADABLE: list[tuple[Callable[[Path], Path], str]] = [
    (_glob, "no file matches this pattern; build first"),
    (_empty, "no wheel and no sdist is in the folder"),
    (_only_companions, "no wheel and no sdist is in the folder"),
    (_folder_named_like_a_wheel, "is a folder, not a file"),
    (_pipe, "is a pipe, socket or device"),
    (_device, "is a pipe, socket or device"),
    (_too_long, "File name too long"),
    (_below_a_file, "Not a directory"),
    (_broken_link, "no such file"),
    (_link_to_itself, "Too many levels of symbolic links"),
]


@pytest.mark.posix
@pytest.mark.parametrize(("make", "why"), UNREADABLE)
def test_what_cannot_be_examined_is_a_gap_and_no_pass(tmp_path: Path, make: Callable[[Path], Path], why: str) -> None:
    report = examine([make(tmp_path)])
    assert report.verdict == "unverified"
    assert [found for found in whys(report) if why in found]


@pytest.mark.posix
@pytest.mark.parametrize(("make", "why"), UNREADABLE)
def test_nor_is_it_a_pass_beside_a_good_wheel(
    tmp_path: Path, dist: Path, make: Callable[[Path], Path], why: str
) -> None:
    report = examine([dist, make(tmp_path)])
    assert report.verdict == "unverified"
    assert len(report.gaps) == 1
    assert why in report.gaps[0].why


def test_no_path_at_all_is_not_verified() -> None:
    report = examine([])
    assert (report.verdict, whys(report)) == ("unverified", ["no wheel and no sdist among the given paths"])


@pytest.mark.posix
@pytest.mark.parametrize("name", ["demo-1.0-py3-none-any.whl", "closed"])
def test_what_the_user_may_not_read_is_a_gap(tmp_path: Path, name: str) -> None:
    """Run as a user without rights where the tests run as root, whom no mode stops."""
    (tmp_path / "closed").mkdir()
    a_wheel("py3-none-any", File("demo/__init__.py")).write(tmp_path)
    (tmp_path / name).chmod(0)
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from wheelcheck.engine import examine\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "report = examine([Path(sys.argv[1])])\n"
        "print(report.verdict, *[gap.why for gap in report.gaps])"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == Path.home().owner() and folder != Path("/tmp"):  # noqa: S108
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / name)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "unverified" in done.stdout, done.stderr
    assert "Permission denied" in done.stdout


def test_a_cap_that_is_reached_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.tar.gz"
    an_sdist(File("setup.py", b"x = 1\n" * 200_000)).write(tmp_path)
    report = examine([path])
    assert report.verdict == "unverified"
    assert [(gap.path, gap.why.partition(":")[0]) for gap in report.gaps] == [("demo-1.0/setup.py", "text-cap")]
    an_sdist(File("setup.py", b"x = 1\n" * 100_000)).write(tmp_path)
    assert examine([path]).gaps == ()


# --- rules that break ---


def _breaks(_: Wheel) -> Iterator[Hit]:
    raise ZeroDivisionError("of ours")


def _finds_and_breaks(wheel: Wheel) -> Iterator[Hit]:
    yield Hit(wheel.members[0].path, "found")
    raise ZeroDivisionError("of ours")


def _never_judges(_: Release) -> Iterator[Hit]:
    yield from ()


def _cannot_tell(_: Release) -> str:
    raise ZeroDivisionError("of ours")


def test_a_rule_that_breaks_has_not_judged(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "broken", rule("WC199", on=Wheel)(_breaks), raising=False)
    report = examine([dist])
    assert report.verdict == "unverified"
    assert whys(report) == ["WC199 stopped at an internal error: ZeroDivisionError: of ours"]
    assert report.gaps[0].artifact == f"demo-1.0-{X86_64}.whl"


def test_what_a_rule_found_before_it_broke_stands(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "broken", rule("WC199", on=Wheel)(_finds_and_breaks), raising=False)
    report = examine([dist])
    assert (report.verdict, codes(report), len(report.gaps)) == ("fail", {"WC199"}, 1)


def test_a_rule_that_cannot_tell_whether_it_applies_has_not_judged(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cannot = rule("WC799", on=Release, needs=_cannot_tell)(_never_judges)
    monkeypatch.setattr(container, "broken", cannot, raising=False)
    report = examine([dist])
    assert report.verdict == "unverified"
    assert whys(report) == ["WC799 stopped at an internal error: ZeroDivisionError: of ours"]
    assert "WC799" not in report.rules


def _loads_nothing(_: Wheel) -> Iterator[Hit]:
    yield Hit("", "found", severity="note")


def test_a_severity_that_a_rule_does_not_declare_is_a_fault_of_the_rule(
    dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "broken", rule("WC199", on=Wheel)(_loads_nothing), raising=False)
    report = examine([dist])
    assert report.verdict == "unverified"
    assert "WC199 does not declare the severity 'note'" in whys(report)[0]
    both = rule("WC199", on=Wheel, severity=("error", "note"))(_loads_nothing)
    monkeypatch.setattr(container, "broken", both)
    assert examine([dist]).count("note") == 1


def _only_intel(wheel: Wheel) -> str:
    return "" if wheel.name.platforms == ("manylinux_2_17_x86_64",) else "no table has its CPU"


def test_a_rule_says_of_each_file_why_it_could_not_judge_it(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picky = rule("WC199", on=Wheel, severity=("error", "note"), needs=_only_intel)(_loads_nothing)
    monkeypatch.setattr(container, "picky", picky, raising=False)
    arm = a_wheel(AARCH64, FOREIGN).write(dist).name
    report = examine([dist])
    assert [skip for skip in report.skips if skip.code == "WC199"] == [Skip("WC199", "no table has its CPU", arm)]
    assert "WC199" in report.rules
    assert [finding.artifact for finding in report.findings if finding.code == "WC199"] == [GOOD.file_name]


def test_a_rule_that_could_judge_no_file_has_not_run(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picky = rule("WC199", on=Wheel, needs=lambda _: "no table has its CPU")(_loads_nothing)
    monkeypatch.setattr(container, "picky", picky, raising=False)
    report = examine([dist])
    assert "WC199" not in report.rules
    assert Skip("WC199", "no table has its CPU", GOOD.file_name) in report.skips
    assert report.findings == ()


def test_a_reader_that_breaks_has_not_read(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wheelcheck.facts.collect.HEAD", None)
    report = examine([dist])
    assert report.verdict == "unverified"
    assert report.gaps[0].why.startswith("reading stopped at an internal error: TypeError")


# --- which rules ran ---


def test_every_rule_ran_or_says_why_not(dist: Path) -> None:
    report = examine([dist])
    skipped = {skip.code for skip in report.skips}
    assert {*report.rules, *skipped} == {each.code for each in all_rules()}
    assert not skipped & set(report.rules)
    assert {skip.why for skip in report.skips if skip.code == "WC601"} == {"no sdist is given"}


def test_an_ignored_finding_is_set_aside_and_kept_in_the_report(tmp_path: Path) -> None:
    config = Config(ignores=(Ignore("WC301", "a cross compiler"),))
    report = examine([BAD.write(tmp_path)], config)
    assert (report.verdict, codes(report)) == ("pass", set())
    assert [(finding.code, why) for finding, why in report.ignored] == [("WC301", "a cross compiler")]


def test_a_configuration_that_ignores_every_rule_cannot_pass(dist: Path) -> None:
    everything = tuple(Ignore(each.code, "x") for each in all_rules())
    assert examine([dist], Config(ignores=everything[:1])).verdict == "pass"
    report = examine([dist], Config(ignores=everything))
    assert report.verdict == "unverified"
    assert "the configuration ignores every rule that ran" in whys(report)


# --- which files ---


@pytest.mark.posix
def test_the_same_file_twice_counts_once(dist: Path) -> None:
    (dist.parent / "again").symlink_to(dist)
    wheel = dist / f"demo-1.0-{X86_64}.whl"
    report = examine([dist, wheel, dist / ".." / "dist" / wheel.name, dist.parent / "again"])
    assert (len(report.artifacts), report.verdict) == (1, "pass")


@pytest.mark.posix
def test_one_file_under_two_names_is_two_artifacts(dist: Path) -> None:
    wheel = dist / f"demo-1.0-{X86_64}.whl"
    (dist / f"demo-1.0-{AARCH64}.whl").symlink_to(wheel)
    report = examine([dist])
    assert len(report.artifacts) == 2
    assert {finding.artifact for finding in report.findings if finding.code == "WC301"} == {f"demo-1.0-{AARCH64}.whl"}


@pytest.mark.posix
def test_a_link_is_judged_by_its_own_name_and_not_by_that_of_its_target(tmp_path: Path, dist: Path) -> None:
    wheel = dist / f"demo-1.0-{X86_64}.whl"
    shutil.move(wheel, tmp_path / "0b5c")
    wheel.symlink_to(tmp_path / "0b5c")
    report = examine([dist])
    assert (report.verdict, [artifact.file for artifact in report.artifacts]) == ("pass", [wheel.name])


@pytest.mark.parametrize("suffix", COMPANIONS)
def test_evidence_beside_an_artifact_is_passed_over_in_a_folder_and_in_a_glob(dist: Path, suffix: str) -> None:
    (dist / f"demo-1.0-{X86_64}.whl{suffix}").write_text("evidence")
    assert examine([dist]).verdict == "pass"
    assert examine(sorted(dist.iterdir())).verdict == "pass"


def test_a_folder_named_like_evidence_is_looked_at(dist: Path) -> None:
    (dist / "more.asc").mkdir()
    (dist / "more.asc" / "demo-2.0.tar.gz").write_text("no archive")
    assert examine([dist]).verdict == "fail"


def test_evidence_without_an_artifact_is_not_verified(tmp_path: Path) -> None:
    (tmp_path / "demo.whl.asc").write_text("evidence")
    assert examine([tmp_path / "demo.whl.asc"]).verdict == "unverified"


@pytest.mark.parametrize("name", ["notes.txt", "demo-1.0.exe", "demo.zip", "demo-1.0.tar.bz2", "demo-1.0.WHL"])
def test_an_unknown_file_among_the_artifacts_is_an_error(dist: Path, name: str) -> None:
    (dist / name).write_text("other")
    report = examine([dist])
    assert (report.verdict, [(f.code, f.artifact) for f in report.findings]) == ("fail", [("WC702", name)])


def test_an_sdist_may_be_a_zip_where_its_name_says_so(tmp_path: Path) -> None:
    (tmp_path / "demo-1.0.zip").write_bytes(zips.zipped(zips.Member(b"demo-1.0/PKG-INFO")))
    assert [type(artifact) for artifact in examine([tmp_path]).artifacts] == [Sdist]


# --- a release ---


def test_of_a_wheel_that_is_judged_only_the_text_of_record_is_kept(dist: Path) -> None:
    wheel = examine([dist]).artifacts[0]
    assert isinstance(wheel, Wheel)
    assert not {"_record", "paths", "_by_place"} & (vars(wheel) | vars(wheel.dist_info)).keys()
    assert {row.path for row in wheel.dist_info.rows} == wheel.paths


def test_a_release_is_judged_as_a_whole(dist: Path) -> None:
    expected = tuple(WheelTag("cp311", "cp311", f"manylinux_2_17_{cpu}") for cpu in ("aarch64", "x86_64"))
    report = examine([dist], Config(expected))
    assert [(finding.code, finding.message) for finding in report.findings] == [
        ("WC701", "missing: a cp311-cp311 wheel for manylinux_2_17_aarch64, which the configuration declares")
    ]
    assert examine([dist], Config(expected[1:])).verdict == "pass"


def test_progress_is_heard_to_the_end(dist: Path) -> None:
    heard: list[Progress] = []
    examine([dist], progress=heard.append)
    assert (heard[-1].done, heard[-1].file) == (heard[-1].total, f"demo-1.0-{X86_64}.whl")


# --- the same report everywhere ---


def _report(dist: Path, *options: str, **environment: str) -> dict[str, Any]:
    command = [sys.executable, *options, "-m", "wheelcheck", "check", str(dist), "--format", "json"]
    done = subprocess.run(
        command,
        cwd=dist,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    assert (done.returncode, done.stderr) == (1, b"")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("dist")
    odd = tuple(File(f"demo/d{number}/tool", lambda: native.program("aarch64"), EXECUTABLE) for number in range(5))
    a_wheel(X86_64, TOOL, *odd).write(folder)
    a_wheel(AARCH64, *odd).write(folder)
    an_sdist(File("tool", native.program), File("setup.py", b"'\\d'\n")).write(folder)
    return folder, _report(folder)


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ((), {"PYTHONHASHSEED": "0"}),
        ((), {"PYTHONHASHSEED": "1"}),
        ((), {"PYTHONHASHSEED": "2"}),
        ((), {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ((), {"TZ": "Asia/Kathmandu", "COLUMNS": "20"}),
        (("-O",), {}),
        (("-OO",), {"PYTHONHASHSEED": "3"}),
        (("-W", "error"), {}),
        (("-X", "dev"), {}),
    ],
)
def test_the_same_bytes_give_the_same_report(
    usual: tuple[Path, dict[str, Any]], options: tuple[str, ...], environment: dict[str, str]
) -> None:
    folder, document = usual
    assert _report(folder, *options, **environment) == document


def test_of_equal_severity_what_stops_everybody_is_reported_before_what_has_a_lower_code(tmp_path: Path) -> None:
    tool = File("demo/tool", native.program)
    recipe = a_wheel(X86_64, tool, record=lambda rows: [(path, "", "") for path, *_ in rows])
    codes = [found.code for found in examine([recipe.write(tmp_path)]).findings if found.severity == "error"]
    assert codes[0] == "WC302"
    assert set(codes[1:]) == {"WC213"}


def test_a_manifest_that_cannot_be_built_stands_before_prebuilt_binaries(tmp_path: Path) -> None:
    libraries = [File(f"demo/lib{number}.so", native.library) for number in range(12)]
    manifest = File("Cargo.toml", b'[package]\nname = "x"\nversion = "1.0"\n[dependencies]\ny = { path = "../y" }\n')
    report = examine([an_sdist(*libraries, manifest).write(tmp_path)])
    codes = [found.code for found in report.findings if found.severity == "error"]
    assert codes.count("WC601") >= 12
    assert codes.index("WC603") < codes.index("WC601")


def test_the_hash_of_a_file_is_made_where_something_says_it_or_compares_it(tmp_path: Path) -> None:
    wheel = a_wheel(X86_64).write(tmp_path)
    (tmp_path / "evidence").mkdir()
    (tmp_path / "copy").mkdir()
    copy = Path(shutil.copy(wheel, tmp_path / "copy"))
    expected = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert [artifact.sha256 for artifact in examine([wheel], hashed=False).artifacts] == [""]
    assert [artifact.sha256 for artifact in examine([wheel]).artifacts] == [expected]
    with_evidence = Config(evidence=str(tmp_path / "evidence"))
    assert [artifact.sha256 for artifact in examine([wheel], with_evidence, hashed=False).artifacts] == [expected]
    assert [artifact.sha256 for artifact in examine([wheel, copy], hashed=False).artifacts] == [expected] * 2
