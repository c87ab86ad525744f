"""The sources that run when a wheel is imported: read once in a release, and each wheel is judged as if alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, a_wheel
from wheelcheck.archive.limits import Budget
from wheelcheck.engine import examine
from wheelcheck.facts import Wheel, runs
from wheelcheck.facts.collect import collect
from wheelcheck.facts.repeats import Shared

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts.runs import Source

TAGS = ("cp311-cp311-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_17_x86_64")
SAME = (File("demo/__init__.py", b"from demo.a import x\n"), File("demo/a.py", b"import demo.b\nimport demo.lost\n"))


def wheels(folder: Path, *last: bytes) -> list[Path]:
    """Write wheels that differ in one source."""
    return [a_wheel(tag, *SAME, File("demo/b.py", code)).write(folder) for tag, code in zip(TAGS, last, strict=True)]


def needed(path: Path, shared: Shared | None = None) -> list[tuple[str, str]]:
    found = collect(path, shared=shared)
    assert isinstance(found, Wheel)
    return [(each.path, each.module) for each in found.needed]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the places of the sources that are looked through, as they are."""
    places: list[str] = []
    original = runs.source_of

    def counted(place: str, text: str) -> Source:
        places.append(place)
        return original(place, text)

    monkeypatch.setattr("wheelcheck.facts.module_sources.source_of", counted)
    return places


def test_what_wheels_have_in_common_is_read_once_and_judged_in_each(tmp_path: Path, read: list[str]) -> None:
    shared, (one, other) = Shared(), wheels(tmp_path, b"import demo.first\n", b"import demo.second\n")
    assert needed(one, shared) == [("demo/a.py", "demo.lost"), ("demo/b.py", "demo.first")]
    assert read == ["demo/__init__.py", "demo/a.py", "demo/b.py"]
    assert needed(other, shared) == [("demo/a.py", "demo.lost"), ("demo/b.py", "demo.second")]
    assert read[3:] == ["demo/b.py"]
    report = examine([tmp_path])
    assert [each.message for each in report.findings if each.code == "WC245"] == [
        "imports demo.lost, which the wheel does not have: `import demo` fails",
        "imports demo.first, which the wheel does not have: `import demo` fails",
        "imports demo.lost, which the wheel does not have: `import demo` fails",
        "imports demo.second, which the wheel does not have: `import demo` fails",
    ]


def test_the_same_source_at_another_place_says_something_else(tmp_path: Path) -> None:
    shared, relative = Shared(), b"from . import lost_one\nfrom .lost import y\n"
    for number, (tag, place) in enumerate(zip(TAGS, ("demo", "other"), strict=True)):
        path = a_wheel(tag, File(f"{place}/__init__.py", relative)).write(tmp_path)
        assert needed(path, shared) == needed(path)
        assert needed(path)[0][1] == f"{place}.lost_one", number


def test_sources_are_kept_while_there_is_room(tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wheelcheck.facts.repeats.SOURCES_CAP", len(SAME[0].bytes))
    shared, (one, other) = Shared(), wheels(tmp_path, b"import demo.lost\n", b"import demo.lost\n")
    assert needed(one, shared) == needed(other, shared)
    assert read == ["demo/__init__.py", "demo/a.py", "demo/b.py", "demo/a.py", "demo/b.py"]


def test_a_wheel_has_the_steps_that_it_would_have_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = wheels(tmp_path, b"x = 1\n" * 20_000, b"x = 1\n" * 20_000)
    ended = set()
    for steps in range(0, 20_000, 250):
        monkeypatch.setattr("wheelcheck.facts.collect.Budget", partial(Budget, steps=steps))
        shared = Shared()
        collect(one, shared=shared)
        alone = collect(other)
        assert collect(other, shared=shared) == alone
        ended |= {damage.path for damage in alone.damage}
    assert "demo/b.py" in ended


def test_sources_are_followed_to_their_end_and_no_further(tmp_path: Path, read: list[str]) -> None:
    """One that imports itself, and one that nothing imports."""
    files = (File("demo/a.py", b"import demo\nimport demo.a\n"), File("demo/alone.py", b"import demo.lost\n"))
    path = a_wheel(TAGS[0], File("demo/__init__.py", b"import demo.a\n"), *files).write(tmp_path)
    assert (needed(path), read) == ([], ["demo/__init__.py", "demo/a.py"])
