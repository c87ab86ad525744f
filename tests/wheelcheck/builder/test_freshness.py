from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.commandline import build as main
from tests.support.reference import TOOL

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.builder.pipeline import Build


def checked(bench: Build) -> int:
    return main(["build", "--check", "--project", str(bench.settings.project)])


def test_a_stage_of_the_sources_as_they_are_is_fresh_and_nothing_is_built(
    bench: Build, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert checked(bench) == 0
    count = len(bench.settings.release.payload)
    assert capsys.readouterr().out.startswith(f"fresh: {count} files for {bench.target.zigbuild} from sources ")


def source(bench: Build) -> Path:
    return next(bench.settings.workspace.rglob("main.rs"))


def touched(bench: Build) -> None:
    source(bench).touch()


def edited(bench: Build) -> None:
    source(bench).write_text(source(bench).read_text() + "// new\n")


def relocked(bench: Build) -> None:
    lock = bench.settings.workspace / "Cargo.lock"
    lock.write_text(lock.read_text() + "\n")


def refloored(bench: Build) -> None:
    file = bench.settings.project / "pyproject.toml"
    file.write_text(file.read_text().replace('glibc = "2.17"', 'glibc = "2.28"'))


def swapped(bench: Build) -> None:
    (bench.stage_folder / "tree" / TOOL).write_bytes(b"")


def test_a_new_date_without_new_content_leaves_the_stage_fresh(bench: Build) -> None:
    touched(bench)
    assert checked(bench) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edited, "the binaries are stale"),
        (relocked, "the binaries are stale"),
        (refloored, "the record of the stage cannot be read"),
        (swapped, f"{TOOL}: its 0 bytes are not native code"),
    ],
)
def test_a_stage_of_other_sources_lock_floor_or_bytes_is_not_fresh_and_says_why(
    bench: Build, capsys: pytest.CaptureFixture[str], change: object, said: str
) -> None:
    assert callable(change)
    change(bench)
    assert checked(bench) == 1
    assert said in capsys.readouterr().err
