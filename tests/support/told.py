"""What a reader says of a file: damage in whole sentences, of which nothing was lost on the way, or its one slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.sentences import assert_known

if TYPE_CHECKING:
    from wheelcheck.binary import Binary, Slice


def told(binary: Binary | None) -> Binary:
    """Return a binary, having asserted that each damage in it names the file and says what is wrong."""
    assert binary is not None
    for damage in binary.damage:
        assert (damage.path, damage.cap) == ("x", damage.kind.endswith("-limit"))
        assert_known("binary", damage.kind, damage.why)
    return binary


def sole(binary: Binary) -> Slice:
    """Return the one slice of an undamaged file."""
    assert binary.damage == ()
    (slice_,) = binary.slices
    return slice_
