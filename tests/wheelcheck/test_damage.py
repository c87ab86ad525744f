from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from wheelcheck.damage import ARCHIVE_KINDS, BINARY_KINDS, KINDS, POLICY, TOPICS, Damage, explain, of_topic


def test_damage_is_sorted_by_member_then_kind() -> None:
    a, b, c = Damage("", "zip-gap", "x"), Damage("a", "zip-crc", "x"), Damage("a", "zip-size", "x")
    assert sorted([c, b, a]) == [a, b, c]


def test_damage_is_a_value() -> None:
    damage = Damage("a", "zip-crc", "found 1, expected 2")
    assert len({damage, Damage("a", "zip-crc", "found 1, expected 2")}) == 1
    assert not damage.cap
    with pytest.raises(FrozenInstanceError):
        damage.cap = True  # type: ignore[misc]  # the point


def test_archives_and_binaries_share_no_kind() -> None:
    assert ARCHIVE_KINDS
    assert BINARY_KINDS
    assert not set(ARCHIVE_KINDS) & set(BINARY_KINDS)


@pytest.mark.parametrize("kind", ["", "zip", "zip-gaps", "wasm-"])
def test_damage_of_an_unknown_kind_cannot_be_made(kind: str) -> None:
    with pytest.raises(ValueError, match="is not a kind of damage"):
        Damage("a", kind, "x")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_explained_with_its_meaning_and_its_topic(kind: str) -> None:
    text = explain(kind)
    assert text
    assert text.startswith(f"{kind}: {KINDS[kind].meaning}")
    assert text.endswith(TOPICS[KINDS[kind].topic])


def test_what_is_not_a_kind_has_no_explanation() -> None:
    assert explain("WC301") is None


def test_every_topic_has_kinds_and_every_kind_one_topic() -> None:
    assert all(of_topic(topic) for topic in TOPICS)
    assert sum(len(of_topic(topic)) for topic in TOPICS) == len(KINDS)
    assert of_topic(*TOPICS) == KINDS.keys()


def test_a_limit_of_ours_is_known_by_its_name() -> None:
    assert {kind for kind in KINDS if kind.startswith("cap-") or kind.endswith(("-limit", "-cap"))} == of_topic(
        "limit"
    ) - {"changed"}
    assert not POLICY & of_topic("limit")
