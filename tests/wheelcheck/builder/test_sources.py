from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.crates import committed, git, write
from tests.support.native import native
from wheelcheck.builder import handover
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.sources import files, is_cargo_output, require_checked_out

CACHEDIR = "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by cargo.\n"
ORDINARY = (
    "Cargo.toml",
    "src/main.rs",
    "src/target/mod.rs",
    "src/build/mod.rs",
    "src/dist/x.rs",
    "build/__init__.py",
    "build/lib/x.py",
    "dist/__init__.py",
    "target/x.rs",
    "a/target/b/build/c/dist/x.rs",
    "a/b/target",
    "tests/data/dist/demo-1.0-py3-none-any.whl",
    ".cargo/config.toml",
    "own.egg-info/x",
)


def listed(folder: Path) -> set[str]:
    return {file.as_posix() for file in files(folder)}


@pytest.fixture(params=["no git", "new in git", "tracked"])
def ordinary(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project of nothing but sources."""
    folder = write(tmp_path / "project", *ORDINARY)
    if request.param == "new in git":
        git(folder, "init", "-q")
    return committed(folder) if request.param == "tracked" else folder


def test_no_name_of_a_folder_makes_a_file_generated(ordinary: Path) -> None:
    assert listed(ordinary) == set(ORDINARY)


GENERATED = (
    "build/wheelcheck/x86_64/tree/pkg/bin/tool",
    "build/lib.linux-x86_64/x.py",
    "build/bdist.linux-x86_64/x",
    "dist/demo-1.0-py3-none-any.whl",
    "dist/demo-1.0.tar.gz",
    "a/__pycache__/x.pyc",
    "demo.egg-info/PKG-INFO",
    "demo.egg-info/SOURCES.txt",
    ".nox/x/y",
    ".pytest_cache/x",
    "PKG-INFO",
    "env/pyvenv.cfg",
    "env/lib/x.py",
    "deep/out/CACHEDIR.TAG",
    "deep/out/release/x.d",
)


@pytest.mark.parametrize("tracked", [False, True], ids=["no git", "new in git"])
def test_the_output_of_tools_is_not_a_source_in_any_target_folder(tmp_path: Path, *, tracked: bool) -> None:
    folder = write(tmp_path, "src/main.rs", *GENERATED)
    (folder / "deep/out/CACHEDIR.TAG").write_text(CACHEDIR)
    if tracked:
        git(folder, "init", "-q")
    assert listed(folder) == {"src/main.rs"}


def test_the_list_of_files_in_an_unpacked_sdist_is_a_source_for_without_git_nothing_else_names_its_headers(
    tmp_path: Path,
) -> None:
    folder = write(tmp_path, "src/x.c", "src/x.h", "src/demo.egg-info/PKG-INFO", "src/demo.egg-info/SOURCES.txt")
    assert listed(folder) == {"src/x.c", "src/x.h"}
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: demo\nVersion: 1\n")
    assert listed(folder) == {"src/x.c", "src/x.h", "src/demo.egg-info/PKG-INFO", "src/demo.egg-info/SOURCES.txt"}


def test_what_git_tracks_is_a_source_whatever_its_name(tmp_path: Path) -> None:
    folder = write(tmp_path, "src/main.rs", *GENERATED)
    (folder / "deep/out/CACHEDIR.TAG").write_text(CACHEDIR)
    assert listed(committed(folder)) == {"src/main.rs", *GENERATED}


def test_a_library_that_was_built_in_place_is_not_a_source_outside_git_but_a_linker_script_is(tmp_path: Path) -> None:
    write(tmp_path, "lib/libx.so")
    (tmp_path / "lib/_x.so").write_bytes(native("x86_64", "library"))
    assert listed(tmp_path) == {"lib/libx.so"}


@pytest.mark.parametrize("tracked", [False, True], ids=["no git", "new in git"])
def test_a_bundle_that_is_packed_into_the_project_is_not_a_source(tmp_path: Path, *, tracked: bool) -> None:
    folder = write(tmp_path, "src/main.rs", "dist/demo-1.0.tar.gz", "data/own.tar")
    if tracked:
        git(folder, "init", "-q")
    handover.pack(folder, folder / "bundles" / "sdist.tar", "dist/*.tar.gz")
    assert listed(folder) == {"src/main.rs", "data/own.tar"}


def test_git_says_what_is_ignored_and_new_and_deleted(tmp_path: Path) -> None:
    folder = write(tmp_path, "src/main.rs", "gone.rs", "scratch/x.rs")
    (folder / ".gitignore").write_text("/scratch/\n")
    committed(folder)
    (folder / "gone.rs").unlink()
    write(folder, "new.rs")
    assert listed(folder) == {".gitignore", "src/main.rs", "new.rs"}


def test_a_folder_that_git_ignores_as_a_whole_is_read_without_git(tmp_path: Path) -> None:
    folder = write(tmp_path, "scratch/project/src/main.rs")
    (folder / ".gitignore").write_text("/scratch/\n")
    assert listed(committed(folder) / "scratch" / "project") == {"src/main.rs"}


@pytest.fixture
def with_submodule(tmp_path: Path) -> Path:
    """A repository with a submodule that has a submodule."""
    inner = committed(write(tmp_path / "inner", "deep.h"))
    library = committed(write(tmp_path / "library", "x.c"))
    git(library, "submodule", "add", "-q", str(inner), "inner")
    git(library, "commit", "-qm", "inner")
    project = committed(write(tmp_path / "project", "src/main.rs"))
    git(project, "submodule", "add", "-q", str(library), "vendor/lib")
    git(project, "submodule", "update", "-q", "--init", "--recursive")
    return project


def test_the_files_of_submodules_are_sources_new_ones_too(with_submodule: Path) -> None:
    write(with_submodule, "vendor/lib/new.c")
    found = {name for name in listed(with_submodule) if not name.endswith(".gitmodules")}
    assert found == {"src/main.rs", "vendor/lib/x.c", "vendor/lib/new.c", "vendor/lib/inner/deep.h"}
    require_checked_out(with_submodule)


def test_a_copy_of_a_checkout_that_shares_its_repository_has_the_same_sources(
    with_submodule: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(with_submodule, copy, ignore=shutil.ignore_patterns(".git"))
    (copy / ".git").write_text(f"gitdir: {with_submodule}/.git\n")
    assert listed(copy) == listed(with_submodule)


@pytest.mark.parametrize("depth", ["vendor/lib", "vendor/lib/inner"])
def test_a_submodule_that_is_not_checked_out_is_an_error_that_says_how(with_submodule: Path, depth: str) -> None:
    shutil.rmtree(with_submodule / depth)
    (with_submodule / depth).mkdir()
    with pytest.raises(BuildError, match=r"not checked out; run `git submodule update --init --recursive`"):
        require_checked_out(with_submodule)


def test_a_file_that_a_sparse_checkout_leaves_out_is_an_error(tmp_path: Path) -> None:
    folder = committed(write(tmp_path, "src/main.rs", "data/x"))
    git(folder, "sparse-checkout", "set", "--no-cone", "/src/")
    assert not (folder / "data/x").exists()
    with pytest.raises(BuildError, match="data/x: a sparse checkout leaves this file out"):
        require_checked_out(folder)


def test_a_repository_inside_the_project_that_git_does_not_know_as_a_submodule_is_read(tmp_path: Path) -> None:
    folder = committed(write(tmp_path, "src/main.rs"))
    committed(write(folder / "nested", "x.c"))
    write(folder / "empty", "y.c")
    git(folder / "empty", "init", "-q")
    assert listed(folder) == {"src/main.rs", "nested/x.c", "empty/y.c"}


@pytest.mark.parametrize("tracked", [False, True], ids=["no git", "git"])
def test_a_link_is_a_file_whatever_its_target(tmp_path: Path, *, tracked: bool) -> None:
    write(tmp_path, "outside/x.rs")
    folder = write(tmp_path / "project", "src/main.rs")
    for name, to in (("here", "src"), ("file", "src/main.rs"), ("away", "../outside"), ("round", "."), ("dead", "no")):
        (folder / name).symlink_to(to)
    if tracked:
        committed(folder)
    assert listed(folder) == {"src/main.rs", "here", "file", "away", "round", "dead"}


def test_a_name_that_is_not_utf8_is_a_name(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.rs")
    folder = committed(write(tmp_path, "src/main.rs", name))
    assert files(folder) == tuple(sorted([Path(name), Path("src/main.rs")]))


def test_a_git_hook_of_another_repository_does_not_say_what_is_tracked_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = committed(write(tmp_path / "other", "x.rs"))
    folder = committed(write(tmp_path / "project", "src/main.rs"))
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert listed(folder) == {"src/main.rs"}


def test_only_a_target_folder_inside_the_project_or_beside_it_is_cargos_output(tmp_path: Path) -> None:
    for place in ("CACHEDIR.TAG", "project/out/CACHEDIR.TAG", "elsewhere/CACHEDIR.TAG"):
        write(tmp_path, place)
        (tmp_path / place).write_text(CACHEDIR)
    project = tmp_path / "project"
    found = [is_cargo_output(tmp_path / name, project) for name in ("project/src/x", "project/out/x", "elsewhere/x")]
    assert found == [False, True, True]
