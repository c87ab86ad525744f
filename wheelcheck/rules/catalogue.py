"""The rule catalogue: one module per family, listed only here, and how many users each rule's findings stop."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from wheelcheck.rules import Rule
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

# How many users a finding stops: findings of one severity are reported in this order, and not by code alone.
#
# Every rule stands in the table once. What counts is its worst case: a rule that can keep everybody from installing or
# running the release is under "everyone".

IMPACTS = {
    # Nobody can publish, install, build or run it, or nobody on the platform of its tag.
    "everyone": {
        "WC101", "WC102", "WC103", "WC105", "WC106", "WC110", "WC111",
        "WC201", "WC202", "WC203", "WC204", "WC207", "WC208", "WC220", "WC221", "WC222", "WC224", "WC225", "WC227",
        "WC230", "WC231", "WC232", "WC234", "WC240", "WC245",
        "WC611", "WC612", "WC613", "WC621", "WC622", "WC623", "WC624", "WC625", "WC626", "WC627", "WC628", "WC629",
        "WC301", "WC302", "WC304", "WC305", "WC306", "WC308", "WC310", "WC311",
        "WC402", "WC403", "WC420", "WC421", "WC422", "WC423", "WC434", "WC435", "WC440",
        "WC504", "WC506", "WC507", "WC509",
        "WC603", "WC604", "WC606", "WC607", "WC608",
    },
    # Some systems or installers refuse it: an old glibc, another CPU, file names without case, a verified hash.
    "some": {
        "WC104", "WC112", "WC205", "WC209", "WC210", "WC211", "WC212", "WC213", "WC228", "WC229",
        "WC241", "WC246",
        "WC303", "WC307", "WC309", "WC401", "WC410", "WC411", "WC412", "WC413", "WC414",
        "WC430", "WC431", "WC432", "WC433", "WC436", "WC437", "WC438", "WC439",
        "WC501", "WC502", "WC503", "WC505", "WC508",
        "WC602", "WC605", "WC701", "WC702", "WC703", "WC704", "WC705", "WC710", "WC713",
        "WC720", "WC721", "WC722", "WC723",
    },
    # It works, and is not as it should be.
    "nobody": {
        "WC107", "WC206", "WC223", "WC226",
        "WC233", "WC242", "WC243", "WC244", "WC614", "WC615", "WC620",
        "WC601", "WC609", "WC610", "WC711", "WC712", "WC801", "WC802",
    },
}  # fmt: skip  # one line per family
_RANKS = {code: rank for rank, codes in enumerate(IMPACTS.values()) for code in codes}


def impact_rank(code: str) -> int:
    """Return the place of a rule's findings among those of one severity: 0 comes first, an unknown code last."""
    return _RANKS.get(code, len(IMPACTS))


FAMILIES = (
    "container",
    "names",
    "record",
    "metadata",
    "installation",
    "architecture",
    "executables",
    "python",
    "interpreter",
    "linux",
    "symbols",
    "import_tables",
    "loading",
    "macos",
    "windows",
    "index",
    "publishing",
    "contents",
    "sdist_beside_wheels",
    "sdist",
    "buildable",
    "compiled_sources",
    "cargo",
    "release",
    "consistency",
    "evidence",
    "configuration",
)
# They judge sdists and nothing else, and are not imported for a wheel alone.
OF_SDISTS = frozenset({"buildable", "cargo", "compiled_sources", "sdist"})


@cache
def all_rules() -> tuple[Rule[Any], ...]:
    """Return every rule, ordered by code."""
    return _ordered(FAMILIES)


@cache
def wheel_rules() -> tuple[Rule[Any], ...]:
    """Return the rules that may judge something where no sdist is given, ordered by code."""
    return _ordered(family for family in FAMILIES if family not in OF_SDISTS)


def rules_of(family: str) -> list[Rule[Any]]:
    """Return the rules that stand in the module of a family, which is imported."""
    names = vars(import_module(f"wheelcheck.rules.{family}"))
    return [value for value in names.values() if isinstance(value, Rule)]


def _ordered(families: Iterable[str]) -> tuple[Rule[Any], ...]:
    found = {rule.code: rule for name in families for rule in rules_of(name)}  # a module may use another one's rule
    return tuple(found[code] for code in sorted(found))


def known_codes() -> tuple[str, ...]:
    """Return the code of every rule, in order, without importing any."""
    return tuple(sorted(_RANKS))


def matching(beginning: str) -> tuple[Rule[Any], ...]:
    """Return the rules whose code begins so, in any case; none for a single letter, which says nothing."""
    wanted = beginning.upper()
    return tuple(rule for rule in all_rules() if rule.code.startswith(wanted)) if len(wanted) != 1 else ()


def find(code: str) -> Rule[Any] | None:
    """Return the rule with this code or name, in any case; None where there is none."""
    wanted = code.lower()
    rules = (rule for family in FAMILIES for rule in rules_of(family))
    return next((rule for rule in rules if wanted in (rule.code.lower(), rule.name)), None)
