"""What a reader records instead of raising: bytes that are not what they must be, or more than a cap allows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Damage:
    """One thing wrong with bytes, found while reading them.

    `path` is the member (empty: the container itself), `kind` a stable slug such as `zip-gap` that rules select by,
    `why` a sentence with what was found and what was expected. `cap` is true where reading stopped at a limit of
    ours: nothing is known to be wrong, and nothing is proven either, so the verdict is "could not verify".
    """

    path: str
    kind: str
    why: str
    cap: bool = False
