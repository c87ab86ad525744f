from __future__ import annotations

from pathlib import Path

import pytest

from wheelcheck.builder.sources import files, source_hash
from wheelcheck.builder.toolchain import Target
from wheelcheck.platforms.arch import find

X86 = Target(find("x86_64"), (2, 17))


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_the_same_sources_have_the_same_hash_wherever_they_lie(tmp_path: Path) -> None:
    one, two = (write(tmp_path / place, "Cargo.lock", "src/main.rs") for place in ("a", "b/c"))
    assert source_hash(one, X86) == source_hash(two, X86)


@pytest.mark.parametrize("name", ["src/main.rs", "Cargo.lock", ".cargo/config.toml", "data/table.json", "new.rs"])
def test_any_change_of_a_source_changes_the_hash(tmp_path: Path, name: str) -> None:
    write(tmp_path, "src/main.rs", "Cargo.lock", ".cargo/config.toml", "data/table.json")
    before = source_hash(tmp_path, X86)
    (tmp_path / name).write_text("changed")
    assert source_hash(tmp_path, X86) != before


def test_a_moved_source_changes_the_hash(tmp_path: Path) -> None:
    write(tmp_path, "src/a.rs")
    before = source_hash(tmp_path, X86)
    (tmp_path / "src/a.rs").rename(tmp_path / "src/b.rs")
    assert source_hash(tmp_path, X86) != before


@pytest.mark.parametrize("other", [Target(find("x86_64"), (2, 28)), Target(find("aarch64"), (2, 17))])
def test_another_cpu_or_floor_changes_the_hash(tmp_path: Path, other: Target) -> None:
    write(tmp_path, "src/main.rs")
    assert source_hash(tmp_path, X86) != source_hash(tmp_path, other)


GENERATED = [
    "target/x.d",
    "build/x",
    "dist/x.whl",
    "a/__pycache__/x.pyc",
    "x.egg-info/PKG-INFO",
    ".git/HEAD",
    ".nox/x/y",
]


@pytest.mark.parametrize("name", GENERATED)
def test_what_tools_generate_is_no_source(tmp_path: Path, name: str) -> None:
    write(tmp_path, "src/main.rs")
    before = source_hash(tmp_path, X86)
    write(tmp_path, name)
    assert source_hash(tmp_path, X86) == before
    assert list(files(tmp_path)) == [Path("src/main.rs")]


def test_a_file_that_merely_has_the_name_of_such_a_folder_is_a_source(tmp_path: Path) -> None:
    assert list(files(write(tmp_path, "src/target"))) == [Path("src/target")]
