from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.commandline import build as main
from tests.support.crates import packed_probe
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.rebuild import reproduce
from wheelcheck.builder.run import BuildError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = (
    'fn main() { println!("{}", env!("CARGO_MANIFEST_DIR")); }'  # a string of the sources' own: no remap reaches it
)
SAME = 'fn main() { println!("{}", file!()); }'


def test_the_reference_project_builds_the_same_bytes_in_any_folder_under_any_umask(
    built: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    old = os.umask(0o077)
    try:
        assert main(["reproduce", "--project", str(built.settings.project)]) == 0
    finally:
        os.umask(old)
    names = sorted(file.name for file in built.settings.dist.iterdir())
    assert capsys.readouterr().out.splitlines() == [f"reproduced: {name}" for name in names]


def test_a_program_that_names_its_source_file_is_the_same_everywhere(tmp_path: Path) -> None:
    build = Build.of(packed_probe(tmp_path / "probe", main=SAME))
    assert reproduce(build) == (f"probe-1.0-py3-none-{build.target.platform_tag}.whl", "probe-1.0.tar.gz")


def test_a_planted_difference_is_named_with_artifact_member_and_offset(tmp_path: Path) -> None:
    with pytest.raises(
        BuildError,
        match=r"the same sources differ: probe-1.0-py3.*\.whl: probe/bin/probe: differs at offset \d+: first b'",
    ):
        reproduce(Build.of(packed_probe(tmp_path / "probe", main=FOLDER)))


def test_a_date_of_the_callers_own_is_the_date_of_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert Build.of(packed_probe(tmp_path / "probe", main=SAME)).seconds == 1_700_000_000
