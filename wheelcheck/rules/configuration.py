"""WC8xx: the configuration itself says nothing that is no longer so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.ignored import Ledger
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("WC801", on=Ledger, severity="warning")
def every_ignore_matches_a_finding(ledger: Ledger) -> Iterator[Hit]:
    """Each `[[tool.wheelcheck.ignore]]` covers at least one finding of this run.

    One that covers nothing was misspelled, or has outlived its reason and will hide the next mistake.

    Source: `[tool.wheelcheck]`.
    Remedy: delete the ignore, or correct its code and globs.
    """
    for ignore in ledger.unused:
        where = f"path {ignore.path!r}, artifact {ignore.artifact!r}"
        yield Hit("", f"the ignore of {ignore.code} ({where}) matches nothing: {ignore.reason}")
