from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import X86_64, File, a_wheel, an_sdist
from tests.support.commandline import run_here as run
from tests.support.native_files import library

if TYPE_CHECKING:
    from pathlib import Path

TOOL = File("demo/bin/tool", partial(native.program, "x86_64", (2, 17)))
MODULE = File("demo/__init__.py")
NAME = f"demo-1.0-{X86_64}.whl"
RAISED = f"demo-1.0-{X86_64.replace('2_17', '2_34')}.whl"
NEWER = File("demo/libx.so", partial(native.library, "x86_64", (2, 34)))


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Return a folder with a wheel whose program lacks its exec bit and whose library needs a newer glibc."""
    folder = tmp_path / "dist"
    folder.mkdir()
    a_wheel(X86_64, MODULE, TOOL, NEWER).write(folder)
    return folder


def test_the_fixed_release_is_judged_and_decides_the_exit_code(dist: Path) -> None:
    assert run(dist.parent, "check", "dist").returncode == 1
    ended = run(dist.parent, "check", "dist", "--fix")
    said = ended.stdout.decode()
    assert ended.returncode == 0, said
    assert f"{NAME}: 2 fixable findings (WC302, WC401), written to fixed/{RAISED}" in said
    assert f"name {NAME} → {RAISED}" in said
    assert "mode 100644 → 100755 demo/bin/tool" in said
    assert "1 wheel written to fixed: publish it in place of the original." in said
    assert said.splitlines()[-1].startswith("PASS")
    assert [path.name for path in (dist.parent / "fixed").iterdir()] == [RAISED]
    assert run(dist.parent, "check", "fixed").returncode == 0


def test_a_second_run_finds_the_same_files_and_the_fixed_one_needs_nothing(dist: Path) -> None:
    run(dist.parent, "check", "dist", "--fix")
    made = (dist.parent / "fixed" / RAISED).read_bytes()
    assert run(dist.parent, "check", "dist", "--fix").returncode == 0
    assert (dist.parent / "fixed" / RAISED).read_bytes() == made
    again = run(dist.parent, "check", "fixed", "--fix", "--fix-to", "twice")
    assert (again.returncode, again.stdout.decode().splitlines()[0]) == (0, "nothing to fix")
    assert not (dist.parent / "twice").exists()


def test_a_dry_run_prints_the_difference_and_writes_nothing(dist: Path) -> None:
    ended = run(dist.parent, "check", "dist", "--fix-diff")
    assert ended.returncode == 1
    assert "mode 100644 → 100755 demo/bin/tool" in ended.stdout.decode()
    assert [path.name for path in dist.parent.iterdir()] == ["dist"]


def test_the_report_says_how_many_findings_can_be_fixed(dist: Path) -> None:
    assert "2 findings can be fixed with --fix" in run(dist.parent, "check", "dist").stdout.decode()
    report = json.loads(run(dist.parent, "check", "dist", "--format", "json").stdout)
    assert {(each["code"], each["fix"]) for each in report["findings"]} == {("WC302", "mode"), ("WC401", "floor")}


def test_a_report_for_programs_on_standard_output_stays_one(dist: Path) -> None:
    ended = run(dist.parent, "check", "dist", "--fix", "--format", "json")
    assert json.loads(ended.stdout)["verdict"] == "pass"
    assert b"mode 100644" in ended.stderr


def test_a_promise_that_the_fixed_wheel_no_longer_keeps_fails(dist: Path) -> None:
    (dist.parent / "wheelcheck.toml").write_text(
        '[[wheels]]\npython = ["cp311"]\nplatforms = ["manylinux_2_17_x86_64"]\n', "utf-8"
    )
    ended = run(dist.parent, "check", "dist", "--fix")
    assert ended.returncode == 1
    assert "WC701" in ended.stdout.decode()


def test_what_is_ignored_is_not_fixed(dist: Path) -> None:
    (dist.parent / "wheelcheck.toml").write_text('ignore = [{ code = "WC401", reason = "known" }]\n', "utf-8")
    ended = run(dist.parent, "check", "dist", "--fix")
    assert (ended.returncode, [path.name for path in (dist.parent / "fixed").iterdir()]) == (0, [NAME])


def test_an_original_and_other_files_of_its_name_are_not_overwritten(dist: Path) -> None:
    a_wheel(X86_64, MODULE, TOOL).write(dist)
    before = (dist / NAME).read_bytes()
    ended = run(dist.parent, "check", "dist", "--fix", "--fix-to", "dist")
    assert ended.returncode == 1
    assert "is there already and is another file" in ended.stderr.decode()
    assert (dist / NAME).read_bytes() == before
    assert [path.name for path in dist.iterdir()] == [NAME]


def test_a_target_that_cannot_be_written_is_an_error(dist: Path) -> None:
    (dist.parent / "file").write_text("x", "utf-8")
    ended = run(dist.parent, "check", "dist", "--fix", "--fix-to", "file")
    assert ended.returncode == 1
    assert f"file: {RAISED} cannot be written: " in ended.stderr.decode()


def test_what_cannot_be_fixed_is_named_beside_what_is_and_the_release_fails(dist: Path) -> None:
    a_wheel("cp312-cp312-manylinux_2_17_x86_64", MODULE, library("aarch64")).write(dist)
    an_sdist(File("demo.py", mode=0o104755)).write(dist)
    ended = run(dist.parent, "check", "dist", "--fix")
    said = ended.stdout.decode()
    assert ended.returncode == 1
    assert "demo-1.0.tar.gz: not fixed\n  only wheels can be fixed" in said
    assert "demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl: not fixed\n  a new build is needed: WC301" in said
    assert [path.name for path in (dist.parent / "fixed").iterdir()] == [RAISED]


def test_one_wheel_that_is_given_twice_is_not_fixed(dist: Path) -> None:
    other = dist.parent / "other"
    other.mkdir()
    a_wheel(X86_64, MODULE, TOOL).write(other)
    ended = run(dist.parent, "check", "dist", "other", "--fix")
    assert ended.returncode == 1
    assert "given 2 times" in ended.stderr.decode()
