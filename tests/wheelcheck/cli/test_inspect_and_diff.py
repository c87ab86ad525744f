from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.artifacts import AARCH64, X86_64, File, a_release, a_wheel, an_sdist
from tests.support.native_files import library
from tests.support.package_index import PackageIndex
from wheelcheck.cli import main

if TYPE_CHECKING:
    from pathlib import Path

NEWER = "cp311-cp311-manylinux_2_28_x86_64"


def release(folder: Path, *tags: str) -> Path:
    """Write wheels with these tags, and an sdist."""
    folder.mkdir()
    wheels = [a_wheel(tag, library("aarch64" if "aarch64" in tag else "x86_64")) for tag in tags]
    a_release(*wheels, an_sdist()).write(folder)
    return folder


Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run the command line in this process; return the exit code and standard output."""

    def run(*words: str | Path) -> tuple[int, str]:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return code, capsys.readouterr().out

    return run


def in_json(say: Say, *words: str | Path) -> tuple[int, Any]:
    code, output = say(*words, "--format", "json")
    return code, json.loads(output)


def test_every_artifact_of_a_folder_is_inspected(tmp_path: Path, say: Say) -> None:
    dist = release(tmp_path / "dist", X86_64, AARCH64)
    code, output = say("inspect", dist)
    assert code == 0
    assert [line for line in output.splitlines() if line.startswith("demo-1.0")] == [
        f"demo-1.0-{AARCH64}.whl",
        f"demo-1.0-{X86_64}.whl",
        "demo-1.0.tar.gz",
    ]
    code, artifacts = in_json(say, "inspect", dist)
    assert (code, [artifact["tags"] for artifact in artifacts]) == (0, [[AARCH64], [X86_64], []])
    assert [len(artifact["binaries"]) for artifact in artifacts] == [1, 1, 0]


def test_a_published_release_is_inspected_and_compared(tmp_path: Path, say: Say) -> None:
    dist = release(tmp_path / "dist", X86_64)
    with PackageIndex({"demo": {path.name: path.read_bytes() for path in dist.iterdir()}}) as index:
        where = ("--index-url", index.address)
        code, artifacts = in_json(say, "inspect", "pypi:demo==1.0", *where)
        assert (code, len(artifacts)) == (0, 2)
        assert in_json(say, "diff", "pypi:demo==1.0", dist, *where)[0] == 0


def test_what_an_index_has_taken_is_not_judged_by_the_rules_about_uploads(tmp_path: Path, say: Say) -> None:
    text = b"Metadata-Version: 2.4\nName: demo\nVersion: 1.0\nSummary: a\n b\n"
    file = a_wheel("py3-none-any", File("demo/__init__.py"), dist_info={"METADATA": text}).write(tmp_path)
    assert say("check", file, "--no-config")[0] == 1
    with PackageIndex({"demo": {file.name: file.read_bytes()}}) as index:
        where = ("--index-url", index.address, "--no-config")
        assert say("check", "pypi:demo==1.0", *where)[0] == 0
        assert say("check", "pypi:demo==1.0", file, *where)[0] == 1
        assert say("check", "pypi:demo==1.0", "--select", "WC230", *where)[0] == 1


def test_the_files_of_two_releases_are_paired_by_what_they_are_for(tmp_path: Path, say: Say) -> None:
    before, after = release(tmp_path / "a", X86_64, AARCH64), release(tmp_path / "b", NEWER)
    code, found = in_json(say, "diff", before, after)
    assert code == 1
    assert [(pair["before"], pair["after"]) for pair in found["pairs"]] == [
        (f"demo-1.0-{X86_64}.whl", f"demo-1.0-{NEWER}.whl"),
        ("demo-1.0.tar.gz", "demo-1.0.tar.gz"),
    ]
    assert (found["only_before"], found["only_after"]) == ([f"demo-1.0-{AARCH64}.whl"], [])
    assert f"only before: demo-1.0-{AARCH64}.whl" in say("diff", before, after)[1]


def test_a_damaged_side_is_2_even_where_something_differs(tmp_path: Path, say: Say) -> None:
    before, after = release(tmp_path / "a", X86_64, AARCH64), release(tmp_path / "b", X86_64)
    wheel = after / f"demo-1.0-{X86_64}.whl"
    wheel.write_bytes(b"x" + wheel.read_bytes())
    assert say("diff", before, after)[0] == 2


def test_a_folder_without_artifacts_is_2_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").touch()
    assert main(["inspect", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"wheelcheck: {tmp_path} holds no wheel and no sdist\n"
