"""`wheelcheck explain`: print why a rule exists and how to fix what it finds, or what a kind of damage means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.cli.exit_codes import PASS, UNVERIFIED, reader_may_leave, say

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "code", metavar="CODE", help="a rule's code such as WC301 or its name, or a kind of damage such as zip-prefix"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from wheelcheck.rules.catalogue import all_rules  # noqa: PLC0415  # --help starts without the rules

    text = _explanation(arguments.code)
    if text is None:
        codes = ", ".join(rule.code for rule in all_rules())
        say(f"{arguments.code!r} is neither a rule nor a kind of damage; the rules are {codes}")
        return UNVERIFIED
    with reader_may_leave():
        print(text)
    return PASS


def _explanation(code: str) -> str | None:
    """Return the text about a rule or a kind of damage; None if there is neither."""
    from wheelcheck import damage  # noqa: PLC0415  # --help starts without the rules
    from wheelcheck.rules.catalogue import find  # noqa: PLC0415

    rule = find(code)
    if rule is None:
        return damage.explain(code.lower())
    fixable = f"\nFixable: {rule.fixable}" if rule.fixable else ""
    return f"{rule.code} {rule.name} ({', '.join(rule.severities)})\n\n{rule.summary}\n\n{rule.explanation}{fixable}"
