"""WC8xx: every entry of the configuration still applies."""

from __future__ import annotations

from wheelcheck.records import dataclass
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.config import Config, Ignore, Selector, SeverityOverride


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration, and its entries that covered no finding of this run though they should have.

    `stale` are the severities that lower nothing. One that raises a rule without findings is no mistake.
    """

    config: Config
    unused: tuple[Ignore, ...] = ()
    stale: tuple[SeverityOverride, ...] = ()


_NONE = "the configuration has no such entry"


_SELECTED = "only some rules ran, and an entry may be about another one"
_PART = "single artifacts were checked, and an entry may be about another one"


def _without_ignores(configuration: Configuration) -> str:
    return _incomplete(configuration.config) or ("" if configuration.config.ignores else _NONE)


def _without_severities(configuration: Configuration) -> str:
    return _incomplete(configuration.config) or ("" if configuration.config.severities else _NONE)


def _incomplete(config: Config) -> str:
    """Return why an entry that matches nothing may be right all the same; empty text if it cannot."""
    if config.each:
        return _PART
    return "" if config.select == ("WC",) and not config.deselect else _SELECTED


@rule("WC801", on=Configuration, severity="warning", needs=_without_ignores)
def every_ignore_matches_a_finding(configuration: Configuration) -> Iterator[Hit]:
    """Each `[[tool.wheelcheck.ignore]]` covers at least one finding of this run.

    One that covers nothing is misspelled, or it has outlived its reason and will hide the next mistake.

    Source: `[tool.wheelcheck]`.
    Remedy: delete the ignore, or correct its code and globs.
    """
    for ignore in configuration.unused:
        yield Hit("", f"the ignore of {_place(ignore)} matches nothing: {ignore.reason}")


@rule("WC802", on=Configuration, severity="warning", needs=_without_severities)
def every_lowered_severity_matches_a_finding(configuration: Configuration) -> Iterator[Hit]:
    """Each `[[tool.wheelcheck.severity]]` that lowers a severity covers at least one finding of this run.

    One that covers nothing is misspelled, or it has outlived its reason and will weaken the next finding. An entry that
    raises a severity may find nothing: that is what it is for. A code that no rule has is always reported.

    Source: `[tool.wheelcheck]`.
    Remedy: delete the entry, or correct its code and globs.
    """
    for entry in configuration.stale:
        yield Hit("", f"the severity {entry.level!r} for {_place(entry)} matches nothing: {entry.reason}")


def _place(entry: Selector) -> str:
    return f"{entry.code} (path {entry.path!r}, artifact {entry.artifact!r})"
