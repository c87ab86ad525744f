"""`wheelcheck explain`: list the rules, or print why one exists and how to fix what it finds."""

from __future__ import annotations

import json

from wheelcheck.cli.exit_codes import PASS, UNVERIFIED, reader_may_leave, say
from wheelcheck.cli.options import suggestion
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from wheelcheck.rules import Rule


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "code",
        nargs="?",
        default="",
        metavar="CODE",
        help="a rule's code such as WC301 or its name, the beginning of codes such as WC3, or a kind of damage such as"
        " zip-prefix (default: list all rules)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from wheelcheck import damage  # noqa: PLC0415  # --help starts without the rules
    from wheelcheck.rules.catalogue import find, matching  # noqa: PLC0415

    code = arguments.code
    one = find(code)
    rules = [one] if one else matching(code)
    meaning = None if rules else damage.explain(code.lower())
    if not rules and meaning is None:
        known = [name for rule in matching("") for name in (rule.code, rule.name)] + list(damage.KINDS)
        hint = suggestion(code, known) or "; `wheelcheck explain` lists the rules"
        say(f"{code!r} is neither a rule nor a kind of damage{hint}")
        return UNVERIFIED
    with reader_may_leave():
        if arguments.format == "json":
            print(json.dumps([_fields(rule) for rule in rules] if rules else {"kind": code.lower(), "text": meaning}))
        elif one:
            print(f"{one.code} {one.name} ({', '.join(one.severities)})\n\n{one.summary}\n\n{one.explanation}")
        else:
            print(meaning or "\n".join(_table(rules)))
    return PASS


def _fields(rule: Rule[Any]) -> dict[str, Any]:
    """Return what is known of a rule, as JSON."""
    texts = {name: getattr(rule, name) for name in ("code", "name", "summary", "why", "source", "remedy")}
    return {**texts, "severities": list(rule.severities), "family": rule.module}


def _table(rules: Iterable[Rule[Any]]) -> Iterator[str]:
    """Yield a line for each rule, below the name of its family."""
    family = ""
    for rule in rules:
        if rule.module != family:
            family = rule.module
            yield family
        yield f"  {rule.code}  {rule.severity:<7}  {rule.summary}"
