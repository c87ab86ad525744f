from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from wheelcheck.damage import ARCHIVE_KINDS, BINARY_KINDS, Damage


def test_damage_is_sorted_by_member_then_kind() -> None:
    a, b, c = Damage("", "zip-gap", "x"), Damage("a", "crc", "x"), Damage("a", "size", "x")
    assert sorted([c, b, a]) == [a, b, c]


def test_damage_is_a_value() -> None:
    damage = Damage("a", "crc", "found 1, expected 2")
    assert len({damage, Damage("a", "crc", "found 1, expected 2")}) == 1
    assert not damage.cap
    with pytest.raises(FrozenInstanceError):
        damage.cap = True  # type: ignore[misc]  # the point


def test_archives_and_binaries_share_no_kind() -> None:
    assert ARCHIVE_KINDS
    assert BINARY_KINDS
    assert not set(ARCHIVE_KINDS) & set(BINARY_KINDS)
