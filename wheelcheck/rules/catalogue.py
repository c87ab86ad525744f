"""The rule catalogue: one module per family, listed here and nowhere else."""

from __future__ import annotations

from typing import Any

from wheelcheck.rules import (
    Rule,
    architecture,
    cargo,
    configuration,
    consistency,
    container,
    executables,
    index,
    linux,
    macos,
    metadata,
    names,
    python,
    record,
    release,
    sdist,
    windows,
)

FAMILIES = (
    container,
    names,
    record,
    metadata,
    architecture,
    executables,
    python,
    linux,
    macos,
    windows,
    index,
    sdist,
    cargo,
    release,
    consistency,
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
