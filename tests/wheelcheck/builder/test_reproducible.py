from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import probe
from wheelcheck.builder import reproducible, run
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError

if TYPE_CHECKING:
    from pathlib import Path

COMMITTED = 1_700_000_000
NEWEST = 1_650_000_000


def project(folder: Path) -> Path:
    """Write a project whose newest source is of NEWEST; what tools generate is newer."""
    for name, date in (
        ("pyproject.toml", NEWEST - 9),
        ("src/pkg.py", NEWEST),
        ("build/wheelcheck/new.bin", NEWEST + 9),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
        os.utime(folder / name, (date, date))
    return folder


def committed(folder: Path) -> Path:
    identity = {"GIT_AUTHOR_DATE": f"{COMMITTED} +0200", "GIT_COMMITTER_DATE": f"{COMMITTED} +0200"}
    for words in (("init", "-q"), ("add", "pyproject.toml"), ("commit", "-qm", "x")):
        argv = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
        subprocess.run(argv, cwd=folder, env={**os.environ, **identity}, check=True)
    return folder


def test_a_date_in_the_environment_comes_first(tmp_path: Path) -> None:
    assert reproducible.epoch(committed(project(tmp_path)), {"SOURCE_DATE_EPOCH": "12"}) == 12


@pytest.mark.parametrize("value", ["yesterday", "-1", "1.5"])
def test_a_date_that_is_not_a_number_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(BuildError, match=f"SOURCE_DATE_EPOCH: '{value}' is not a number of seconds"):
        reproducible.epoch(tmp_path, {"SOURCE_DATE_EPOCH": value})


def test_the_date_of_a_build_is_that_of_the_commit_whatever_the_files_say(tmp_path: Path) -> None:
    assert reproducible.epoch(committed(project(tmp_path)), {}) == COMMITTED


def test_outside_git_the_newest_source_dates_the_build(tmp_path: Path) -> None:
    assert reproducible.epoch(project(tmp_path), {"SOURCE_DATE_EPOCH": ""}) == NEWEST


def test_a_repository_that_does_not_track_the_project_says_nothing_of_it(tmp_path: Path) -> None:
    committed(project(tmp_path))
    assert reproducible.epoch(project(tmp_path / "untracked"), {}) == NEWEST


def test_a_git_hook_of_another_repository_does_not_date_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = committed(project(tmp_path / "other"))
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert reproducible.epoch(project(tmp_path / "here"), {}) == NEWEST


def test_a_machine_without_git_takes_the_newest_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = committed(project(tmp_path / "project"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run.ask(folder, "log") == ""
    assert reproducible.epoch(folder, {}) == NEWEST


@pytest.mark.parametrize(
    ("seconds", "date"),
    [
        (COMMITTED, (2023, 11, 14, 22, 13, 20)),
        (COMMITTED + 1, (2023, 11, 14, 22, 13, 20)),
        (0, (1980, 1, 1, 0, 0, 0)),
    ],
)
def test_a_zip_date_is_utc_even_and_not_before_1980(seconds: int, date: tuple[int, ...]) -> None:
    assert reproducible.zip_date(seconds) == date


PANICS = 'fn main() { if std::env::args().count() > 9 { panic!("at {}", file!()) } }\n'


def compiled(folder: Path, *, wrapped: bool) -> bytes:
    """Compile a program that names its source by rustc from `folder`, through the wrapper or plainly."""
    folder.mkdir(parents=True)
    (folder / "main.rs").write_text(PANICS)
    variable = reproducible.rustc_wrapper(folder / "wrapper", folder, os.environ)
    wrapper = [variable["RUSTC_WRAPPER"]] if wrapped else []
    words = ["rustc", "-g", "--edition=2021", "-C", "codegen-units=1", "-o", str(folder / "main")]
    subprocess.run([*wrapper, *words, str(folder / "main.rs")], cwd=folder, check=True)
    return (folder / "main").read_bytes()


def test_what_the_wrapper_compiles_does_not_name_its_folder(tmp_path: Path) -> None:
    plain = compiled(tmp_path / "plain", wrapped=False)
    assert str(tmp_path).encode() in plain
    assert str(tmp_path).encode() not in compiled(tmp_path / "it's wrapped", wrapped=True)


def test_the_rustflags_of_the_project_stay_in_force(tmp_path: Path) -> None:
    folder = probe(tmp_path / "p", main='fn main() { println!("{}", cfg!(chosen_here)); }')
    (folder / ".cargo").mkdir()
    (folder / ".cargo" / "config.toml").write_text('[build]\nrustflags = ["--cfg", "chosen_here"]\n')
    build = Build.of(folder)
    stage = build.build()
    said = subprocess.run([stage.file(stage.manifest.files[0])], capture_output=True, text=True, check=True).stdout
    assert said == "true\n"


def test_a_wrapper_that_the_project_keeps_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/called\nexec "$@"\n')
    own.chmod(0o755)
    monkeypatch.setenv("RUSTC_WRAPPER", str(own))
    Build.of(probe(tmp_path / "scrubbed")).build()
    assert not (tmp_path / "called").exists()
    Build.of(probe(tmp_path / "kept", more='[tool.wheelcheck.build]\nkeep-environment = ["RUSTC_WRAPPER"]\n')).build()
    assert (tmp_path / "called").exists()


def backend_sdist(path: Path, *, backwards: bool = False, **member: object) -> Path:
    """Write a tar.gz as backends do: folders, modes and dates of this machine, a date in the gzip header."""
    names = ["demo-1.0", "demo-1.0/PKG-INFO", "demo-1.0/run.sh"]
    with tarfile.open(path, "w:gz") as archive:
        for name in sorted(names, reverse=backwards):
            info = tarfile.TarInfo(name)
            info.uname, info.uid = "builder", 1000
            info.mode = 0o750 if name.endswith(".sh") else 0o600
            info.type = tarfile.DIRTYPE if name == "demo-1.0" else tarfile.REGTYPE
            info.size = 0 if info.isdir() else 3
            for key, value in member.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(b"abc"))
    return path


def test_sdists_that_differ_only_in_order_owner_and_date_become_the_same_bytes(tmp_path: Path) -> None:
    one = backend_sdist(tmp_path / "one.tar.gz")
    other = backend_sdist(tmp_path / "other.tar.gz", backwards=True, mtime=5, gid=7)
    assert one.read_bytes() != other.read_bytes()
    packed = [reproducible.repack_sdist(file, tmp_path / f"{file.name}.out", COMMITTED) for file in (one, other)]
    assert packed[0].read_bytes() == packed[1].read_bytes()


def test_of_a_file_that_a_backend_packed_twice_the_last_is_kept_as_when_it_is_unpacked(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "twice.tar.gz", "w:gz") as archive:
        for content in (b"old", b"newer"):
            info = tarfile.TarInfo("demo-1.0/PKG-INFO")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    out = reproducible.repack_sdist(tmp_path / "twice.tar.gz", tmp_path / "out.tar.gz", COMMITTED)
    with tarfile.open(out) as archive:
        (only,) = archive.getmembers()
        packed = archive.extractfile(only)
        assert packed
        assert packed.read() == b"newer"


def test_a_repacked_sdist_has_the_files_of_the_old_one_with_plain_modes_and_one_date(tmp_path: Path) -> None:
    out = reproducible.repack_sdist(backend_sdist(tmp_path / "one.tar.gz"), tmp_path / "out.tar.gz", COMMITTED)
    with tarfile.open(out) as archive:
        found = {item.name: (item.mode, item.mtime, item.uid, item.uname, item.size) for item in archive}
    assert found == {
        "demo-1.0/PKG-INFO": (0o644, COMMITTED, 0, "", 3),
        "demo-1.0/run.sh": (0o755, COMMITTED, 0, "", 3),
    }
    assert out.read_bytes()[4:8] == bytes(4)
    assert gzip.decompress(out.read_bytes())


def test_links_become_what_they_are(tmp_path: Path) -> None:
    tree = tmp_path / "demo-1.0"
    tree.mkdir()
    (tree / "a").write_text("content")
    os.link(tree / "a", tree / "hard")
    (tree / "soft").symlink_to("a")
    with tarfile.open(tmp_path / "demo-1.0.tar.gz", "w:gz") as archive:
        archive.add(tree, "demo-1.0")
    out = reproducible.repack_sdist(tmp_path / "demo-1.0.tar.gz", tmp_path / "out.tar.gz", 1)
    shutil.rmtree(tree)
    with tarfile.open(out) as archive:
        read = {item.name: (item.type, item.linkname) for item in archive}
        contents = {name: file.read() for name in ("a", "hard") if (file := archive.extractfile(f"demo-1.0/{name}"))}
    assert contents == {"a": b"content", "hard": b"content"}
    assert read["demo-1.0/hard"] == (tarfile.REGTYPE, "")
    assert read["demo-1.0/soft"] == (tarfile.SYMTYPE, "a")
