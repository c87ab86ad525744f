from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.artifacts import AARCH64, X86_64, a_release, a_wheel, an_sdist
from tests.support.commandline import run
from tests.support.native_files import library
from tests.support.package_index import PackageIndex

if TYPE_CHECKING:
    from pathlib import Path

NEWER = "cp311-cp311-manylinux_2_28_x86_64"


def release(folder: Path, *tags: str) -> Path:
    """Write wheels with these tags, and an sdist."""
    folder.mkdir()
    wheels = [a_wheel(tag, library("aarch64" if "aarch64" in tag else "x86_64")) for tag in tags]
    a_release(*wheels, an_sdist()).write(folder)
    return folder


def in_json(folder: Path, *words: str | Path) -> tuple[int, Any]:
    done = run(folder, *words, "--format", "json")
    return done.returncode, json.loads(done.stdout)


def test_every_artifact_of_a_folder_is_inspected(tmp_path: Path) -> None:
    dist = release(tmp_path / "dist", X86_64, AARCH64)
    done = run(tmp_path, "inspect", dist)
    assert done.returncode == 0
    assert [line for line in done.stdout.decode().splitlines() if line.startswith("demo-1.0")] == [
        f"demo-1.0-{AARCH64}.whl",
        f"demo-1.0-{X86_64}.whl",
        "demo-1.0.tar.gz",
    ]
    code, artifacts = in_json(tmp_path, "inspect", dist)
    assert (code, [artifact["tags"] for artifact in artifacts]) == (0, [[AARCH64], [X86_64], []])
    assert [len(artifact["binaries"]) for artifact in artifacts] == [1, 1, 0]


def test_a_published_release_is_inspected_and_compared(tmp_path: Path) -> None:
    dist = release(tmp_path / "dist", X86_64)
    with PackageIndex({"demo": {path.name: path.read_bytes() for path in dist.iterdir()}}) as index:
        where = ("--index-url", index.address)
        code, artifacts = in_json(tmp_path, "inspect", "pypi:demo==1.0", *where)
        assert (code, len(artifacts)) == (0, 2)
        assert in_json(tmp_path, "diff", "pypi:demo==1.0", dist, *where)[0] == 0


def test_the_files_of_two_releases_are_paired_by_what_they_are_for(tmp_path: Path) -> None:
    before, after = release(tmp_path / "a", X86_64, AARCH64), release(tmp_path / "b", NEWER)
    code, found = in_json(tmp_path, "diff", before, after)
    assert code == 1
    assert [(pair["before"], pair["after"]) for pair in found["pairs"]] == [
        (f"demo-1.0-{X86_64}.whl", f"demo-1.0-{NEWER}.whl"),
        ("demo-1.0.tar.gz", "demo-1.0.tar.gz"),
    ]
    assert (found["only_before"], found["only_after"]) == ([f"demo-1.0-{AARCH64}.whl"], [])
    assert (
        b"only before: demo-1.0-cp311-cp311-manylinux_2_17_aarch64.whl" in run(tmp_path, "diff", before, after).stdout
    )


def test_a_damaged_side_is_2_even_where_something_differs(tmp_path: Path) -> None:
    before, after = release(tmp_path / "a", X86_64, AARCH64), release(tmp_path / "b", X86_64)
    wheel = after / f"demo-1.0-{X86_64}.whl"
    wheel.write_bytes(b"x" + wheel.read_bytes())
    assert run(tmp_path, "diff", before, after).returncode == 2


def test_a_folder_without_artifacts_is_2_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    done = run(tmp_path, "inspect", ".")
    assert (done.returncode, done.stderr) == (2, b"wheelcheck: . holds no wheel and no sdist\n")
