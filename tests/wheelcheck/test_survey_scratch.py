"""What a survey remembers of its files: the same that a list would, in memory that does not grow with them."""

from __future__ import annotations

import sys
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from wheelcheck.inputs import UnreachableError, find_files
from wheelcheck.survey.scratch import Known, Sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def a_mirror(folder: Path, number: int) -> Path:
    """A flat folder and a deep one with empty artifacts."""
    for each in range(number):
        place = folder / "flat" if each % 2 else folder / f"{each % 7}" / "deep"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"demo-{each}.0-py3-none-any.whl").touch()
    return folder


def test_the_files_are_those_that_check_finds_in_the_same_order(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "mirror", 20)
    (mirror / "flat" / "notes.txt").touch()
    (mirror / ".hidden").mkdir()
    (mirror / ".hidden" / "demo-9.9.tar.gz").touch()
    (mirror / "demo-9.0.tar.gz").mkdir()
    (mirror / "日本語-1.0.tar.gz").touch()
    (mirror / "1.0.zip").touch()
    (tmp_path / "empty").mkdir()
    paths = [mirror / "flat", mirror, tmp_path / "empty", mirror / "flat" / "notes.txt", tmp_path / "missing.whl"]
    told: list[str] = []
    found, sources = find_files(paths), Sources(iter(paths), told.append)
    assert sorted(told) == sorted(f"{path}: {why}" for path, why in found.unusable)
    assert (sources.number, sources.unusable) == (21, 3) == (len(found.artifacts), len(found.unusable))
    assert sorted(sources) == sorted(found.artifacts)
    assert tuple(Sources([mirror], told.append)) == find_files([mirror]).artifacts


def test_the_files_of_a_list_keep_its_order(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path, 20)
    newest_first = list(reversed(find_files([mirror]).artifacts))
    sources = Sources([*newest_first, mirror], pytest.fail)
    assert list(sources) == newest_first == list(sources)


def test_the_same_file_under_two_paths_counts_once_and_under_two_names_twice(tmp_path: Path) -> None:
    file = tmp_path / "demo-1.0.tar.gz"
    file.write_bytes(b"12345")
    (tmp_path / "below").mkdir()
    other = tmp_path / "demo-2.0.tar.gz"
    other.hardlink_to(file)
    sources = Sources([file, tmp_path / "below" / ".." / file.name, other], pytest.fail)
    assert (list(sources), sources.size) == ([file, other], 10)


def test_a_verdict_is_that_of_a_hash_under_a_name() -> None:
    known = Known("rules")
    known.add("a" * 64, "demo-1.0.tar.gz", "pass")
    known.add("b" * 64, "demo-1.0.tar.gz", "fail")
    known.add("a" * 64, "odd\udcff\ud800.whl", "unverified")
    assert [known.verdict(letter * 64, "demo-1.0.tar.gz") for letter in "abc"] == ["pass", "fail", None]
    assert known.verdict("a" * 64, "odd\udcff\ud800.whl") == "unverified"
    assert known.verdict("a" * 64, "odd\\udcff\\ud800.whl") == "unverified"  # as the rows have it
    assert sorted(known.digests("demo-1.0.tar.gz")) == ["a" * 64, "b" * 64]
    assert known.digests("demo-2.0.tar.gz") == ()


def test_a_python_without_sqlite_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlite3", None)  # as an interpreter that was built without it
    with pytest.raises(UnreachableError, match="built without it"):
        Known("rules")


def peak(work: Callable[[], None]) -> int:
    """Return the most bytes of Python's objects at a time, the least of three runs: a thread of before may allocate."""
    return min(_peak(work) for _ in range(3))


def _peak(work: Callable[[], None]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    def listed(folder: Path, number: int) -> None:
        sources = Sources([folder], pytest.fail)
        assert sum(1 for _ in sources) == sources.number == number

    few, many = a_mirror(tmp_path / "few", 50), a_mirror(tmp_path / "many", 500)
    listed(few, 50)  # what is made once
    assert peak(lambda: listed(many, 500)) < peak(lambda: listed(few, 50)) + 20_000


def test_memory_does_not_grow_with_the_verdicts() -> None:
    def kept(number: int) -> None:
        known = Known("rules")
        for each in range(number):
            known.add(f"{each:064x}", f"demo-{each}.0.tar.gz", "pass")
        assert known.digests("demo-7.0.tar.gz") == (f"{7:064x}",)

    kept(10)
    assert peak(lambda: kept(3000)) < peak(lambda: kept(300)) + 20_000
