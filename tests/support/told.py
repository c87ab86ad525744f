"""What a reader says of damage is a whole sentence: nothing in it was lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.sentences import assert_known

if TYPE_CHECKING:
    from wheelcheck.binary import Binary


def told(binary: Binary | None) -> Binary:
    """Return a binary, having asserted that each damage in it names the file and says what is wrong."""
    assert binary is not None
    for damage in binary.damage:
        assert (damage.path, damage.cap) == ("x", damage.kind.endswith("-limit"))
        assert_known("binary", damage.kind, damage.why)
    return binary
