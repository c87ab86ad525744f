"""WC8xx: the configuration says nothing that no longer applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.config import Ignore


@dataclass(frozen=True, slots=True)
class Ignores:
    """The ignores of a configuration, and those of them that covered no finding of this run."""

    configured: tuple[Ignore, ...] = ()
    unused: tuple[Ignore, ...] = ()


def _without_ignores(ignores: Ignores) -> str:
    return "" if ignores.configured else "nothing is ignored"


@rule("WC801", on=Ignores, severity="warning", needs=_without_ignores)
def every_ignore_matches_a_finding(ignores: Ignores) -> Iterator[Hit]:
    """Each `[[tool.wheelcheck.ignore]]` covers at least one finding of this run.

    One that covers nothing is misspelled, or it has outlived its reason and will hide the next mistake.

    Source: `[tool.wheelcheck]`.
    Remedy: delete the ignore, or correct its code and globs.
    """
    for ignore in ignores.unused:
        where = f"path {ignore.path!r}, artifact {ignore.artifact!r}"
        yield Hit("", f"the ignore of {ignore.code} ({where}) matches nothing: {ignore.reason}")
