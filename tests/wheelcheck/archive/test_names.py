from __future__ import annotations

import stat
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies

from tests.support.archive_cases import Case, read
from tests.support.name_cases import COLLISIONS, NAMES
from tests.support.tars import member, pax, record, sdist
from tests.support.zips import Zip, named, zipped
from wheelcheck.archive.limits import Budget, Log
from wheelcheck.archive.links import steps
from wheelcheck.archive.names import NameTable, are_plain, flaws, fold, is_device

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelcheck.damage import Damage
    from wheelcheck.source import EntryKind

ALLOWED = (
    "a",
    "A-b_c+d,e=f@g~h%i&j(k)[l]{m}!'n o.py",
    ".hidden",
    "a.b.c",
    "caf\u00e9/\u65e5\u672c.py",
    "x/__init__.py",
)


def flaws_of(name: str) -> set[str]:
    return {kind for kind, _ in flaws(name)}


@pytest.mark.parametrize(("name", "kinds", "twin"), NAMES)
def test_a_name_has_exactly_its_flaws(name: str, kinds: str, twin: str) -> None:
    assert flaws_of(name) == set(kinds.split())
    assert flaws_of(twin) == set()


@pytest.mark.parametrize("name", ALLOWED)
def test_an_ordinary_name_has_no_flaw(name: str) -> None:
    assert list(flaws(name)) == []


@pytest.mark.parametrize(("name", "kinds", "twin"), NAMES)
def test_a_zip_and_a_tar_report_the_flaws_of_a_name_alike(name: str, kinds: str, twin: str) -> None:
    for good, path in ((False, name), (True, twin)):
        expected = set() if good else set(kinds.split())
        assert read(zipped(named(path))).kinds == expected
        assert read(sdist(pax(record("path", path)), member(b""))).kinds == expected


@pytest.mark.parametrize(("name", "kinds", "twin"), NAMES)
def test_every_flaw_names_its_member_and_says_what_was_expected(name: str, kinds: str, twin: str) -> None:
    damage = read(zipped(named(name), named(twin))).damage
    assert {fault.path for fault in damage} == {name}
    assert all(repr(name) in fault.why for fault in damage)
    assert {fault.kind for fault in damage} == set(kinds.split())


@pytest.mark.parametrize("name", ["con", "NUL.txt", "aux .c", "COM1"])
def test_a_device_of_windows_is_one_with_any_suffix_and_a_longer_word_is_none(name: str) -> None:
    assert (is_device(name), is_device(f"x{name}"), is_device(f"{name[:3]}x")) == (True, False, False)


def test_an_empty_name_is_damage() -> None:
    assert read(zipped(named(""))).kinds == {"name-empty"}


DIRECTORY = named("a/", content=b"", mode=stat.S_IFDIR | 0o755)


@pytest.mark.parametrize("case", COLLISIONS, ids=lambda case: case.name)
def test_names_that_collide_on_some_system_are_damage(case: Case) -> None:
    assert read(case.hostile).kinds == case.kinds


def test_a_directory_may_have_members_before_and_after_it() -> None:
    members = (named("a/b"), DIRECTORY, named("a/c"))
    assert read(Zip(members).build()).damage == []


def test_a_directory_and_a_file_of_one_name_are_a_duplicate() -> None:
    assert read(zipped(named("a"), DIRECTORY)).kinds == {"zip-duplicate-name"}


@pytest.mark.parametrize(("one", "other"), [("A", "a"), ("\u00c9", "e\u0301"), ("\u017f", "S"), ("\u2126", "\u03c9")])
def test_names_that_some_file_system_takes_for_one_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_name_is_decoded_as_zipfile_decodes_it() -> None:
    content = zipped(named("\u00e9.py"), named("\u00e9.txt".encode("cp437"), flags=0))
    assert read(content).paths == zipfile.ZipFile(BytesIO(content)).namelist()


@pytest.mark.parametrize(
    ("path", "link", "expected"),
    [
        ("a/b", "c", ["a/c"]),
        ("a/b", "../c", ["", "c"]),
        ("a/b", "./c//d", ["a", "a/c", "a/c", "a/c/d"]),
        ("a/b", "../../c", None),
        ("b", "..", None),
        ("a/b", "/c", None),
        ("a/b/c", "../x/../y", ["a", "a/x", "a", "a/y"]),
    ],
)
def test_a_link_passes_through_these_paths(path: str, link: str, expected: list[str] | None) -> None:
    assert steps(path, link) == expected


# --- all names at once ---

PARTS = (
    "a",
    "B",
    "b",
    "con",
    "Con.txt",
    "com1",
    "a.",
    ".a",
    "..",
    ".",
    "",
    "a b",
    " ",
    "nul ",
    "\u00e9",
    "k",
    "\u212a",
    "a\n",
    "a:b",
    "x" * 200,
)


def table(paths: Sequence[str], kinds: Sequence[EntryKind], *, at_once: bool) -> tuple[NameTable, list[Damage]]:
    damage: list[Damage] = []
    found = NameTable(Log(damage, Budget()), "zip")
    if at_once:
        found.add_all(paths, kinds)
    else:
        for path, kind in zip(paths, kinds, strict=True):
            found.add(path, kind)
    found.finish()
    return found, damage


@settings(deadline=None, max_examples=300)
@given(strategies.lists(strategies.lists(strategies.sampled_from(PARTS), min_size=1, max_size=3).map("/".join)))
def test_all_names_at_once_are_judged_as_one_by_one(paths: list[str]) -> None:
    kinds: list[EntryKind] = ["directory" if "B" in path else "file" for path in paths]
    one, other = (table(paths, kinds, at_once=at_once) for at_once in (True, False))
    assert one == other


@pytest.mark.parametrize("name", [*(name for name, kinds, _ in NAMES if kinds), "", "/a", "a/", "\n", "a\nb"])
def test_one_odd_name_is_found_among_all(name: str) -> None:
    for paths in ([name], ["a", name, "b"], [name, "a"], ["a", name]):
        assert not are_plain(paths, "\n".join(paths).lower())
