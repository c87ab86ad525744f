"""`wheelcheck explain`: print why a rule exists and how to fix what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.cli.exit_codes import PASS, UNVERIFIED, reader_may_leave, say

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("code", metavar="CODE", help="a code such as WC301, or the name of a rule")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from wheelcheck.rules.catalogue import all_rules, find  # noqa: PLC0415  # --help starts without the rules

    rule = find(arguments.code)
    if rule is None:
        say(f"no rule {arguments.code!r}: expected one of {', '.join(rule.code for rule in all_rules())}")
        return UNVERIFIED
    with reader_may_leave():
        print(f"{rule.code} {rule.name} ({', '.join(rule.severities)})\n\n{rule.summary}\n\n{rule.explanation}")
    return PASS
