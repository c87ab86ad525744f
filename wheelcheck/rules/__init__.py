"""The rule catalogue: one module a family, listed here and nowhere else."""

from __future__ import annotations

from typing import Any

from wheelcheck.rule import Rule
from wheelcheck.rules import (
    architecture,
    configuration,
    container,
    content,
    executables,
    floor,
    identity,
    linkage,
    macos_windows,
    parity,
    record,
    release,
    sdist,
    source,
)

FAMILIES = (
    container,
    identity,
    record,
    content,
    architecture,
    executables,
    floor,
    linkage,
    macos_windows,
    sdist,
    source,
    release,
    parity,
    configuration,
)


def all_rules() -> tuple[Rule[Any], ...]:
    """Return every rule, ordered by code."""
    found = {value for family in FAMILIES for value in vars(family).values() if isinstance(value, Rule)}
    return tuple(sorted(found, key=lambda rule: rule.code))


def find(code: str) -> Rule[Any] | None:
    """Return the rule with this code or name, in any case; None where there is none."""
    wanted = code.lower()
    return next((rule for rule in all_rules() if wanted in (rule.code.lower(), rule.name)), None)
