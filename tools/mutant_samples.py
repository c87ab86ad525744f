"""Which mutants are tried: all, or a sample that is the same each time and from every module."""

from __future__ import annotations

import hashlib
import math
from typing import Protocol, TypeVar


class Named(Protocol):
    """A mutant, as far as a sample depends on it: its module, and what it changes."""

    @property
    def module(self) -> str: ...  # noqa: D102

    @property
    def name(self) -> str: ...  # noqa: D102


Some = TypeVar("Some", bound=Named)


def drawn(found: list[Some], sample: float, draw: str = "") -> list[Some]:
    """Return a share of a module's mutants (below 1), so many of them (from 1 on), or all (0).

    Chance is a hash of the mutant's text and of `draw`: a larger sample holds the smaller ones, and one that is drawn
    is drawn again after other places of the module have changed. Tests that were written for one sample are tried with
    another one.
    """
    chances = [hashlib.sha256(f"{draw}{mutant.module} {mutant.name}".encode()).digest() for mutant in found]
    wanted = math.ceil(sample * len(found)) if 0 < sample < 1 else int(sample) or len(found)
    chosen = sorted(range(len(found)), key=chances.__getitem__)[:wanted]
    return [found[number] for number in chosen]


def in_turn(modules: list[list[Some]]) -> list[Some]:
    """Return the mutants of all modules, so that each beginning of the list has the same share of every module."""
    shares = [((number + 1) / len(found), mutant) for found in modules for number, mutant in enumerate(found)]
    return [mutant for _, mutant in sorted(shares, key=lambda pair: pair[0])]
