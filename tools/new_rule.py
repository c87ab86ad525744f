"""Print what a new rule needs: its skeleton, a row for its test table, and the next free code of every family.

python -m tools.new_rule WC399 every-name-is-a-sentence
"""

from __future__ import annotations

import argparse
import re
import sys

from wheelcheck.rules.catalogue import FAMILIES, all_rules

_SKELETON = """\
# wheelcheck/rules/FAMILY.py

@rule("{code}", on=Wheel)
def {function}(wheel: Wheel) -> Iterator[Hit]:
    \"\"\"One sentence that holds for every good wheel.

    What happens to a user otherwise, and the release in which that was seen.

    Source: the specification or the incident.
    Remedy: what a maintainer does about it.
    \"\"\"
    for member in wheel.members:
        if False:
            yield Hit(member.path, "found …, expected …")

# wheelcheck/rules/catalogue.py: add {code} under the users that it stops

# tests/wheelcheck/rules/test_FAMILY.py

        Twins(
            "{code}",
            "what is wrong with the first and right with the second",
            a_wheel(X86_64, library("x86_64")),
            a_wheel(X86_64, library("x86_64")),
            "found …",
            ("demo/libnative.so",),
        ),
        Silent("{code}", "what only looks wrong", a_wheel(X86_64, library("x86_64"))),
"""


def free_codes() -> dict[str, str]:
    """Return the next free code of every family, by the family's name."""
    taken = {rule.code for rule in all_rules()}
    last = {name: max(int(rule.code[2:]) for rule in all_rules() if rule.module == name) for name in FAMILIES}
    return {name: next(code for code in _following(number) if code not in taken) for name, number in last.items()}


def _following(number: int) -> list[str]:
    """Return the codes in the same hundred, beginning with those after `number`."""
    start = number - number % 100
    return [f"WC{code}" for code in (*range(number + 1, start + 100), *range(start + 1, number))]


def problem(code: str, name: str) -> str:
    """Return why a rule cannot have this code and name; empty if it can."""
    if not re.fullmatch(r"WC[1-9][0-9]{2}", code):
        return f"{code} is not a code: write WC and three digits"
    if not re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)+", name):
        return f"{name} is not a name: write lower-case words with hyphens, the sentence that must hold"
    taken = next((rule for rule in all_rules() if rule.code == code or rule.name == name), None)
    return f"{taken.code} {taken.name} is taken: choose another code and name" if taken else ""


def main(arguments: list[str] | None = None) -> int:
    """Print the skeleton and the free codes; return 2 if the code or the name cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m tools.new_rule", description="Print what a new rule needs.")
    parser.add_argument("code", help="the rule's code, such as WC399")
    parser.add_argument("name", help="the rule's name, such as every-name-is-a-sentence")
    options = parser.parse_args(arguments)
    if why := problem(options.code, options.name):
        print(why, file=sys.stderr)
    else:
        print(_SKELETON.format(code=options.code, function=options.name.replace("-", "_")))
    print("Next free code of each family:", *(f"  {name:14}{code}" for name, code in free_codes().items()), sep="\n")
    return 2 if why else 0


if __name__ == "__main__":
    sys.exit(main())
