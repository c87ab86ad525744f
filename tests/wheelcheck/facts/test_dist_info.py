from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_wheel, wheel
from wheelcheck.engine import examine
from wheelcheck.facts import Member, Wheel
from wheelcheck.facts import dist_info as distinfo
from wheelcheck.facts.collect import collect
from wheelcheck.facts.dist_info import DistInfo, parse_entry_points
from wheelcheck.platforms.wheel_tags import WheelTag

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DIGEST = hashlib.sha256(b"x").digest()


def read(folder: Path, *files: File, **dist_info: bytes | None) -> Wheel:
    artifact = collect(a_wheel(X86_64, *files, dist_info=dist_info).write(folder))
    assert isinstance(artifact, Wheel)
    return artifact


# --- the folder ---


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("demo-1.0.dist-info", True),
        ("Demo-1.0.dist-info", True),
        ("demo-1.dist-info", True),
        ("demo-1.0.0.dist-info", True),
        ("demo-1.1.dist-info", False),
        ("other-1.0.dist-info", False),
        ("demo.dist-info", False),
        ("demo-1.0.data", False),
        ("demo-1-0.dist-info", False),
        ("a/demo-1.0.dist-info", False),
    ],
)
def test_a_folder_names_the_wheel_by_project_and_version(folder: str, names: bool) -> None:  # noqa: FBT001
    assert distinfo.names_the_wheel(folder, wheel(X86_64).name) is names


@pytest.mark.parametrize(
    ("folders", "chosen"),
    [
        ([], ""),
        (["demo-1.0.dist-info"], "demo-1.0.dist-info"),
        (["another-1.0.dist-info", "demo-1.0.dist-info"], "demo-1.0.dist-info"),
        (["zeta-1.0.dist-info", "beta-1.0.dist-info"], "beta-1.0.dist-info"),
    ],
)
def test_the_wheel_s_own_folder_comes_before_the_first(folders: list[str], chosen: str) -> None:
    assert wheel(X86_64, *(Member(f"{folder}/WHEEL") for folder in folders)).dist_info.folder == chosen


def test_a_real_wheel_s_files_are_read_from_its_folder(tmp_path: Path) -> None:
    found = read(tmp_path, File("demo/__init__.py"))
    assert found.dist_info.texts["METADATA"].splitlines()[1] == "Name: demo"
    assert "entry_points.txt" not in found.dist_info.texts
    assert found.dist_info.wheel["Root-Is-Purelib"] == "false"


# --- WHEEL ---


def test_tags_are_expanded(tmp_path: Path) -> None:
    found = read(tmp_path, WHEEL=b"Wheel-Version: 1.0\nTag: py2.py3-none-any\nTag: cp311-cp311-win32\n")
    assert found.dist_info.tags == {
        WheelTag("py2", "none", "any"),
        WheelTag("py3", "none", "any"),
        WheelTag("cp311", "cp311", "win32"),
    }


@pytest.mark.parametrize("line", ["nonsense", "a-b", "a-b-c-d", "-".join([".".join("ab" * 60)] * 3)])
def test_a_line_that_is_not_a_tag_stands_for_itself(tmp_path: Path, line: str) -> None:
    found = read(tmp_path, WHEEL=f"Wheel-Version: 1.0\nTag: {line}\n".encode())
    assert found.dist_info.tags == {WheelTag(line, "", "")}


def test_without_a_wheel_file_there_are_no_tags(tmp_path: Path) -> None:
    found = read(tmp_path, WHEEL=None)
    assert found.dist_info.tags == frozenset()
    assert list(found.dist_info.wheel) == []


# --- RECORD ---


def test_a_real_wheel_has_a_row_for_each_member(tmp_path: Path) -> None:
    found = read(tmp_path, File("demo/a.py", b"x"))
    rows = {row.path: row for row in found.dist_info.rows}
    assert set(rows) == {member.path for member in found.members}
    assert (rows["demo/a.py"].digest, rows["demo/a.py"].size) == (DIGEST.hex(), "1")


def test_a_wheel_without_record_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, RECORD=None).dist_info.rows == ()


def test_each_file_is_parsed_once_for_all_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parsed: Counter[str] = Counter()

    def counting(name: str) -> Callable[[str], object]:
        parse = getattr(distinfo, name)

        def counted(text: str) -> object:
            parsed[name] += 1
            return parse(text)

        return counted

    for name in ("headers_of", "parse_record", "parse_entry_points"):
        monkeypatch.setattr(distinfo, name, counting(name))
    made = a_wheel(
        X86_64,
        File("demo/a.py", b"x"),
        dist_info={"entry_points.txt": b"[a]\nb = demo.a\n"},
        record=lambda rows: [*rows, rows[0]],
    )
    file = made.write(tmp_path)
    assert examine([file]).artifacts
    assert parsed == {"headers_of": 2, "parse_record": 1, "parse_entry_points": 1}


@pytest.mark.parametrize(
    ("lines", "pins"),
    [
        (["core==1.0"], ("1.0",)),
        (["core (===1.0)", "more==2; python_version > '3'"], ("1.0", "2")),
        (["core>=1.0,==1.5"], ("1.5",)),
        (["core==1.*", "core>=1", "core"], ()),
        (["core==1; extra == 'all'"], ()),
        (["core (==1", "", "(" * 5000], ()),
    ],
)
def test_the_exact_pins_of_a_package_are_those_that_every_installation_gets(
    lines: list[str], pins: tuple[str, ...]
) -> None:
    text = "".join(f"Requires-Dist: {line}\n" for line in lines)
    assert DistInfo("demo-1.0.dist-info", {"METADATA": text}).pins == pins


# --- what parsers may cost ---


@pytest.mark.parametrize("count", [1, 2, 2_000])
def test_the_tags_of_all_lines_together_are_few_enough_to_expand(count: int) -> None:
    many = ".".join(f"p{number}" for number in range(90))
    lines = [f"Tag: {many}-{many}-x{number}" for number in range(count)]
    info = DistInfo("demo-1.0.dist-info", {"WHEEL": "\n".join([*lines, lines[0]])})
    assert len(info.tags) == 8_100 + count - 1


def test_a_group_named_default_is_one_like_any_other() -> None:
    groups, problem = parse_entry_points("[DEFAULT]\na = b:c\n[console_scripts]\nd = e:f\n")
    assert problem == ""
    assert groups == {"DEFAULT": {"a": "b:c"}, "console_scripts": {"d": "e:f"}}


def test_keys_of_default_are_not_repeated_in_every_group() -> None:
    keys, sections = (range(2_000) for _ in "ab")
    text = "[DEFAULT]\n" + "".join(f"k{key} = m:f\n" for key in keys) + "".join(f"[g{one}]\n" for one in sections)
    groups, _ = parse_entry_points(text)
    assert sum(map(len, groups.values())) == 2_000
