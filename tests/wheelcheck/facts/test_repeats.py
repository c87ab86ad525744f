"""Members that two wheels have in common: the second is judged as if it were read alone, whatever is done to either."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.elf_cases import cut, library
from tests.support.zips import Member, zipped
from wheelcheck.facts.collect import collect
from wheelcheck.facts.repeats import Shared

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("demo-1.0-py3-none-any.whl", "demo-1.0-1-py3-none-any.whl")
LARGE = bytes(range(256)) * 1_500  # more than is read at once
FILES = (
    Member(name=b"demo/module.py"),
    Member(name=b"demo/stored.bin", content=b"stored" * 40, method=0),
    Member(name=b"demo/large.bin", content=LARGE, method=0),
    Member(name=b"demo/cut.so", content=b"\x7fELF\2\1\1" + bytes(200)),
    Member(name=b"demo-1.0.dist-info/METADATA", content=b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"),
)
LINK = Member(name=b"demo/link", content=b"module.py", mode=0o120777)
SOUND = zipped(*FILES, LINK)


def assert_each_is_judged_as_if_alone(folder: Path, *contents: bytes) -> Shared:
    """Read wheels one after the other that may know each other's members, and compare with reading each alone."""
    shared = Shared()
    for name, content in zip(NAMES, contents, strict=True):
        (folder / name).write_bytes(content)
    for name in NAMES:
        assert collect(folder / name, shared=shared) == collect(folder / name)
    return shared


def known(shared: Shared) -> int:
    """Return into how many contents was looked."""
    return len(shared.looked)


@settings(deadline=None)
@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255), st.sampled_from(NAMES))
def test_a_change_of_any_byte_in_one_of_two_wheels_is_found_as_if_there_were_one(
    at: int, difference: int, which: str
) -> None:
    changed = bytearray(SOUND)
    changed[at] ^= difference
    contents = [bytes(changed) if name == which else SOUND for name in NAMES]
    with tempfile.TemporaryDirectory() as folder:
        assert_each_is_judged_as_if_alone(Path(folder), *contents)


def test_members_that_two_wheels_have_in_common_are_read_once(tmp_path: Path) -> None:
    assert known(assert_each_is_judged_as_if_alone(tmp_path, SOUND, SOUND)) == len(FILES)


@pytest.mark.parametrize(("content", "contents"), [(LARGE, 1), (LARGE[:-1] + b"x", 2)])
def test_a_large_content_that_one_wheel_holds_twice_is_looked_into_once(
    tmp_path: Path, content: bytes, contents: int
) -> None:
    twin = Member(name=b"demo/twin.bin", content=content, method=0)
    (tmp_path / NAMES[0]).write_bytes(zipped(*FILES, twin))
    shared = Shared(least=len(LARGE))
    wheel = collect(tmp_path / NAMES[0], shared=shared)
    assert (known(shared), wheel.damage) == (contents, ())
    assert wheel == collect(tmp_path / NAMES[0])
    assert {member.sha256 for member in wheel.members if member.size == len(LARGE)} == {
        hashlib.sha256(each).hexdigest() for each in (LARGE, content)
    }


@pytest.mark.parametrize("fault", [{"crc": 7}, {"size": 8}, {"size": 900}, {"packed": 3}])
def test_a_member_that_is_not_sound_vouches_for_none(tmp_path: Path, fault: dict[str, int | bytes]) -> None:
    broken = zipped(Member(name=b"demo/broken.py", both=fault), *FILES)
    assert_each_is_judged_as_if_alone(tmp_path, broken, broken)
    assert collect(tmp_path / NAMES[1]).damage


def test_equal_records_of_other_bytes_are_no_repeat(tmp_path: Path) -> None:
    content = b"the same length, and the checksum of the other"
    forged = Member(content=content[::-1], method=0, both={"crc": Member(content=content).fields({})["crc"]})
    shared = assert_each_is_judged_as_if_alone(tmp_path, zipped(Member(content=content, method=0)), zipped(forged))
    assert known(shared) == 1
    assert [damage.kind for damage in collect(tmp_path / NAMES[1]).damage] == ["zip-crc"]


@pytest.mark.parametrize(
    "other",
    [
        {"name": b"demo/other.bin"},
        {"mode": 0o100755},
        {"mode": 0},
        {"mode": 0o120777},
        {"mode": 0o020644},
        {"name": b"demo/data.bin/"},
        {"name": b"demo/data.bin/", "mode": 0o040755},
        {"name": b"demo-1.0.dist-info/METADATA"},
        {"name": b"demo/__init__.py"},
    ],
    ids=str,
)
def test_what_differs_beside_the_bytes_is_seen(tmp_path: Path, other: dict[str, Any]) -> None:
    content = b"print('hello')\n" * 9
    same: dict[str, Any] = {"name": b"demo/data.bin", "content": content, "mode": 0o100644}
    contents = [zipped(*FILES, Member(**same)), zipped(*FILES, Member(**same | other))]
    assert known(assert_each_is_judged_as_if_alone(tmp_path, *contents)) >= len(FILES)
    assert known(assert_each_is_judged_as_if_alone(tmp_path, *contents[::-1])) >= len(FILES)


def test_a_file_of_which_all_is_known_is_one_object_for_all_wheels(tmp_path: Path) -> None:
    shared = assert_each_is_judged_as_if_alone(tmp_path, SOUND, SOUND)
    first, second = (collect(tmp_path / name, shared=shared).members for name in NAMES)
    assert [one.path for one, two in zip(first, second, strict=True) if one is two] == [
        "demo/module.py",
        "demo/stored.bin",
        "demo/large.bin",
    ]


def test_damage_of_native_code_has_the_path_of_each_member(tmp_path: Path) -> None:
    cut_off = cut(600)(library())
    contents = [zipped(Member(name=name, content=cut_off)) for name in (b"demo/one.so", b"demo/two.so")]
    assert known(assert_each_is_judged_as_if_alone(tmp_path, *contents)) == 1
    (found,) = collect(tmp_path / NAMES[1]).natives
    assert found.binary
    assert {damage.path for damage in found.binary.damage} == {"demo/two.so"}


def test_a_file_that_was_replaced_since_it_was_read_is_not_compared_with(tmp_path: Path) -> None:
    shared = assert_each_is_judged_as_if_alone(tmp_path, SOUND, SOUND)
    (tmp_path / NAMES[0]).write_bytes(zipped(Member(name=b"x", content=b"other")).ljust(len(SOUND), b"\0"))
    assert collect(tmp_path / NAMES[1], shared=shared) == collect(tmp_path / NAMES[1])
    assert known(shared) == 2 * len(FILES)


def test_a_file_that_changes_while_it_is_compared_with_leaves_the_other_unverified(tmp_path: Path) -> None:
    first, second = (tmp_path / name for name in NAMES)
    second.write_bytes(SOUND)
    alone, reads = collect(second), list[int]()
    collect(second, reads.append)
    outcomes = []
    for moment in range(len(reads)):
        first.write_bytes(SOUND)
        shared = Shared()
        collect(first, shared=shared)
        watched = collect(second, touch_at(moment, first), shared)
        outcomes.append([damage.kind for damage in watched.damage])
        assert (watched.members, watched.sha256) == (alone.members, alone.sha256)
    assert ["changed"] in outcomes  # while it was compared
    assert [] in outcomes  # before that: it is not compared with; or after it


def touch_at(moment: int, path: Path) -> Callable[[int], None]:
    """Return a listener to reads that sets the time of a file at one of them."""
    reads = iter(range(10**6))

    def advance(_: int) -> None:
        if next(reads) == moment:
            os.utime(path, ns=(1, 1))

    return advance


def test_paths_and_symbols_that_wheels_have_in_common_are_the_same_objects(tmp_path: Path) -> None:
    shared = Shared()
    found = []
    for name, more in zip(NAMES, (b"", b"another build"), strict=True):
        content = library() + more
        (tmp_path / name).write_bytes(zipped(Member(name=b"demo/module.so", content=content), *FILES))
        found.append(collect(tmp_path / name, shared=shared).members)
    for one, other in zip(*found, strict=True):
        assert one.path is other.path
    symbols = [member.binary.slices[0].imports for member, *_ in found if member.binary]
    assert len(symbols[0]) > 1
    assert all(one is other for one, other in zip(*symbols, strict=True))
