"""How the loader looks up a name in a file: by the hash table alone (DT_GNU_HASH, which glibc and musl prefer).

A name that the table does not lead to is not there for the loader, whatever the symbol table says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_STEPS = 4096  # entries of one chain that are compared; those of real files are a few long


class GnuHash(NamedTuple):
    """A DT_GNU_HASH: its filter in words of `bits`, the first symbol of each bucket, and the hash of each symbol."""

    first: int
    shift: int
    bits: int
    filter: Sequence[int]
    buckets: Sequence[int]
    chain: Sequence[int]

    def leads_to(self, name: bytes, name_of: Callable[[int], bytes]) -> bool:
        """Return whether a lookup finds a symbol of this name; `name_of` returns the name of a symbol's index."""
        wanted = gnu_hash(name)
        word = self.filter[wanted // self.bits % len(self.filter)] if self.filter else 0
        if not (word >> wanted % self.bits & word >> (wanted >> self.shift) % self.bits & 1) or not self.buckets:
            return False
        index = self.buckets[wanted % len(self.buckets)]
        for at in range(index - self.first, min(len(self.chain), index - self.first + _STEPS)):
            if at < 0:
                return False
            if self.chain[at] | 1 == wanted | 1 and name_of(self.first + at) == name:
                return True
            if self.chain[at] & 1:
                return False
        return False


def gnu_hash(name: bytes) -> int:
    """Return the hash that DT_GNU_HASH goes by (Bernstein's, 32 bits)."""
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value
