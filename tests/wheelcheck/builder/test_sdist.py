from __future__ import annotations

import io
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import committed, git, hatch_probe, write
from tests.support.native import native
from wheelcheck.builder import sdist
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError

if TYPE_CHECKING:
    from pathlib import Path


def with_junk(folder: Path) -> Path:
    """Write a project in which tools have left what they write."""
    write(folder, *SOURCES, *JUNK, "rust/target/CACHEDIR.TAG")
    (folder / "rust/target/CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    (folder / "src/pkg/x.so").write_bytes(native("x86_64", "library"))
    return folder


def listed(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir()}


SOURCES = ("pyproject.toml", "src/pkg/__init__.py", "rust/Cargo.lock")
JUNK = (
    "build/wheelcheck/x/tree/pkg/bin/tool",
    "dist/x.whl",
    "pkg.egg-info/SOURCES.txt",
    "rust/target/x",
    "src/pkg/x.so",
    "PKG-INFO",
)


def test_a_copy_holds_the_sources_and_nothing_that_tools_generate(tmp_path: Path) -> None:
    project = with_junk(tmp_path / "project")
    sdist.copy_sources(project, tmp_path / "copy")
    assert listed(tmp_path / "copy") == set(SOURCES)


def test_a_copy_from_git_holds_what_is_tracked_or_new_and_not_what_is_ignored_or_deleted(tmp_path: Path) -> None:
    project = write(tmp_path / "project", *SOURCES, "gone.py", "scratch/ignored.bin")
    (project / ".gitignore").write_text("scratch/\n")
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "x")
    git(project, "tag", "v1.2")
    write(project, "new.py")
    (project / "gone.py").unlink()
    sdist.copy_sources(project, tmp_path / "copy")
    assert listed(tmp_path / "copy") == {*SOURCES, ".gitignore", "new.py", ".git"}
    described = subprocess.run(
        ["git", "describe", "--tags"], cwd=tmp_path / "copy", capture_output=True, text=True, check=True
    )
    assert described.stdout == "v1.2\n"


def test_a_project_in_a_folder_of_a_repository_is_copied_without_the_rest(tmp_path: Path) -> None:
    project = write(tmp_path / "repository" / "python", *SOURCES)
    write(tmp_path / "repository", "other.txt")
    git(tmp_path / "repository", "init", "-q")
    sdist.copy_sources(project, tmp_path / "copy")
    assert listed(tmp_path / "copy") == set(SOURCES)


def test_without_git_the_copy_is_made_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sdist.copy_sources(with_junk(tmp_path / "project"), tmp_path / "copy")
    assert listed(tmp_path / "copy") == set(SOURCES)


def test_a_package_called_as_tools_call_their_folders_is_in_the_copy(tmp_path: Path) -> None:
    names = ("src/pkg/build/__init__.py", "src/pkg/dist/x.py", "rust/src/target/mod.rs", "build/__init__.py")
    project = write(tmp_path / "project", *SOURCES, *names)
    sdist.copy_sources(project, tmp_path / "copy")
    assert listed(tmp_path / "copy") == {*SOURCES, *names}


def test_the_content_of_a_submodule_is_in_the_copy(tmp_path: Path) -> None:
    library = committed(write(tmp_path / "library", "x.c"))
    project = committed(write(tmp_path / "project", *SOURCES))
    git(project, "submodule", "add", "-q", str(library), "vendor/lib")
    sdist.copy_sources(project, tmp_path / "copy")
    assert listed(tmp_path / "copy") == {*SOURCES, "vendor/lib/x.c", ".gitmodules", ".git"}


def test_a_submodule_that_is_not_checked_out_stops_the_copy(tmp_path: Path) -> None:
    library = committed(write(tmp_path / "library", "x.c"))
    project = committed(write(tmp_path / "project", *SOURCES))
    git(project, "submodule", "add", "-q", str(library), "vendor/lib")
    git(project, "submodule", "deinit", "-f", "vendor/lib")
    with pytest.raises(BuildError, match="vendor/lib: this submodule is not checked out"):
        sdist.copy_sources(project, tmp_path / "copy")


@pytest.mark.parametrize("tracked", [False, True], ids=["no git", "git"])
def test_a_link_out_of_the_project_is_copied_as_what_it_leads_to_and_one_inside_stays(
    tmp_path: Path, *, tracked: bool
) -> None:
    write(tmp_path, "LICENSE", "shared/x.rs")
    project = write(tmp_path / "project", *SOURCES)
    for name, to in (("LICENSE", "../LICENSE"), ("shared", "../shared"), ("here", "src"), ("dead", "no")):
        (project / name).symlink_to(to)
    sdist.copy_sources(committed(project) if tracked else project, tmp_path / "copy")
    links = {name: (tmp_path / "copy" / name).is_symlink() for name in ("LICENSE", "shared", "here", "dead")}
    assert links == {"LICENSE": False, "shared": False, "here": True, "dead": True}
    assert (tmp_path / "copy" / "LICENSE").read_text() == "LICENSE"
    assert (tmp_path / "copy" / "shared" / "x.rs").read_text() == "shared/x.rs"


def test_a_name_that_is_not_utf8_is_copied(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    sdist.copy_sources(committed(write(tmp_path / "project", name)), tmp_path / "copy")
    assert (tmp_path / "copy" / name).read_text("utf-8", "surrogateescape") == name


def packed(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return path


def test_an_sdist_is_unpacked_to_its_top_folder(tmp_path: Path) -> None:
    top = sdist.unpack(packed(tmp_path / "x.tar.gz", "demo-1.0/PKG-INFO", "demo-1.0/a/b.py"), tmp_path / "out")
    assert top == tmp_path / "out" / "demo-1.0"
    assert listed(top) == {"PKG-INFO", "a/b.py"}


def test_an_sdist_with_two_top_folders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="it has 2 top folders, not one"):
        sdist.unpack(packed(tmp_path / "x.tar.gz", "demo-1.0/PKG-INFO", "other/x"), tmp_path / "out")


def test_an_sdist_of_only_sources_is_accepted(tmp_path: Path) -> None:
    sdist.require_sources_only(write(tmp_path, *SOURCES))


def test_native_code_is_refused_whatever_its_name(tmp_path: Path) -> None:
    (write(tmp_path, *SOURCES) / "data.txt").write_bytes(native("x86_64"))
    with pytest.raises(BuildError, match=r"data.txt: a prebuilt ELF file would be shipped"):
        sdist.require_sources_only(tmp_path)


RUST = ("Cargo.toml", "Cargo.lock", "tool/Cargo.toml", "tool/src/main.rs", "tool/build.rs", "rust-toolchain.toml")


def test_an_sdist_with_every_rust_source_is_accepted_whatever_else_it_leaves_out(tmp_path: Path) -> None:
    sdist.require_rust_sources(
        write(tmp_path / "here", *RUST, "notes.md"), write(tmp_path / "there", *RUST, "PKG-INFO")
    )


@pytest.mark.parametrize("name", RUST)
def test_a_missing_rust_source_or_manifest_is_named(tmp_path: Path, name: str) -> None:
    here, there = (write(tmp_path / place, *RUST) for place in ("here", "there"))
    (there / name).unlink()
    with pytest.raises(BuildError, match=f"missing or different: {name} of "):
        sdist.require_rust_sources(here, there)


def test_a_rewritten_manifest_is_named(tmp_path: Path) -> None:
    here, there = (write(tmp_path / place, *RUST) for place in ("here", "there"))
    (there / "Cargo.toml").write_text("[workspace]\nmembers = []\n")
    with pytest.raises(BuildError, match=r"missing or different: Cargo.toml of "):
        sdist.require_rust_sources(here, there)


def test_a_workspace_without_any_rust_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="holds no Rust source"):
        sdist.require_rust_sources(write(tmp_path / "here", "README.md"), tmp_path)


def test_the_reference_sdist_holds_rust_and_c_sources_and_the_lock_and_no_binary(built: Build, tmp_path: Path) -> None:
    tree = sdist.unpack(next(built.settings.dist.glob("*.tar.gz")), tmp_path)
    sdist.require_sources_only(tree)
    wanted = {"rust/Cargo.lock", "rust/Cargo.toml", "rust/tally/src/main.rs", "rust/guard/src/lib.rs"}
    assert wanted | {"src/reference/_machine.c", "pyproject.toml"} <= listed(tree)


def test_an_sdist_that_forgets_a_rust_source_is_not_published(build: Build) -> None:
    manifest = build.settings.project / "MANIFEST.in"
    manifest.write_text(f"{manifest.read_text()}exclude rust/tally/src/wait.rs\n")
    before = {file: file.stat().st_mtime_ns for file in build.settings.dist.iterdir()}
    with pytest.raises(BuildError, match=r"missing or different: tally/src/wait.rs"):
        build.sdist()
    assert {file: file.stat().st_mtime_ns for file in build.settings.dist.iterdir()} == before


def test_a_binary_among_the_sources_does_not_become_part_of_a_release(build: Build) -> None:
    (build.settings.project / "tests" / "sample.py").write_bytes(native("x86_64"))
    with pytest.raises(BuildError, match=r"tests/sample.py: a prebuilt ELF file"):
        build.sdist()


def test_an_unpacked_sdist_tells_the_backend_the_version_that_it_has(tmp_path: Path) -> None:
    assert sdist.known_version(tmp_path) == {}
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: a\nVersion: 1.2.3\n\nVersion: 9\n")
    assert sdist.known_version(tmp_path) == {
        "SETUPTOOLS_SCM_PRETEND_VERSION": "1.2.3",
        "PDM_BUILD_SCM_VERSION": "1.2.3",
    }
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: a\n")
    assert sdist.known_version(tmp_path) == {}


@pytest.mark.network
def test_the_version_from_a_git_tag_is_that_of_the_sdist_and_of_the_sdist_built_from_it(tmp_path: Path) -> None:
    project = hatch_probe(tmp_path / "p")
    text = (project / "pyproject.toml").read_text()
    text = text.replace('["hatchling"]', '["hatchling", "hatch-vcs"]').replace(
        'version = "1.0"', 'dynamic = ["version"]'
    )
    (project / "pyproject.toml").write_text(f'{text}\n[tool.hatch.version]\nsource = "vcs"\n')
    (project / ".gitignore").write_text("build/\ndist/\n")
    git(committed(project), "tag", "v3.1.4")
    first = Build.of(project).sdist()
    assert first.name == "probe-3.1.4.tar.gz"
    assert Build.of(sdist.unpack(first, tmp_path / "unpacked")).sdist().name == first.name


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\x00", b"<!DOCTYPE html>"], ids=["empty", "cut off", "a page"])
def test_an_sdist_that_was_damaged_on_its_way_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "demo-1.0.tar.gz").write_bytes(content)
    with pytest.raises(
        BuildError, match=rf"demo-1\.0\.tar\.gz: it holds {len(content)} bytes that cannot be read as an sdist"
    ):
        sdist.unpack(tmp_path / "demo-1.0.tar.gz", tmp_path / "unpacked")
