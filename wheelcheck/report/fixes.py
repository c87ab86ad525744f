"""What `check --fix` repairs, as text: each wheel with its new name, modes and metadata, and what is not touched."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest

from wheelcheck.counting import counted
from wheelcheck.damage import KINDS
from wheelcheck.report.wording import safe, shown
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from wheelcheck.fix import Plan, Refusal
    from wheelcheck.results import Report

_MOST_LINES = 60  # of the differences of one file; a RECORD can have thousands
_STYLES = {"+": "green", "-": "red"}


def show(decided: Plan | Refusal, console: Console, outcome: str) -> None:
    """Print what is fixed in a wheel, or why it is not touched. `outcome` says where the fixed wheel is."""
    from rich.text import Text  # noqa: PLC0415  # slow to import

    from wheelcheck.fix import Plan  # noqa: PLC0415  # the reports start without the rules

    if isinstance(decided, Plan):
        codes = ", ".join(dict.fromkeys(finding.code for finding in decided.findings))
        head = f"{decided.before.file}: {counted(len(decided.findings), 'fixable finding')} ({codes}), {outcome}"
        lines = list(differences(decided))
    else:
        head, lines = f"{decided.file}: not fixed", [decided.why]
    console.print(Text(safe(head), style="bold"), soft_wrap=True)
    for line in lines:
        console.print(Text(f"  {shown(line)}", style=_STYLES.get(line[:1], "")), soft_wrap=True)
    console.print()


def show_end(number: int, folder: str, console: Console) -> None:
    """Print what to do with the fixed wheels, and what the report that follows is about."""
    from rich.text import Text  # noqa: PLC0415  # slow to import

    wheels, them = counted(number, "wheel"), "it" if number == 1 else "them"
    text = f"{wheels} written to {folder}: publish {them} in place of the original{'s' * (number > 1)}."
    console.print(Text(f"{safe(text)} The report that follows is about the release with {them}.\n"), soft_wrap=True)


def hint(report: Report) -> str:
    """Return how many findings `--fix` would repair; empty if none."""
    from wheelcheck.fix import fixable  # noqa: PLC0415  # as above

    number = len(fixable(report))
    return f"{counted(number, 'finding')} can be fixed with --fix (see what it does with --fix-diff)" if number else ""


def differences(plan: Plan) -> Iterator[str]:
    """Yield every difference between a wheel and the fixed one: name, container, modes, then text by lines."""
    before, after = plan.before, plan.after
    if before.file != after.file:
        yield f"name {before.file} → {after.file}"
    gone = {damage.kind for damage in before.damage} - {damage.kind for damage in after.damage}
    yield from (f"zip written again without {kind}: {KINDS[kind].meaning}" for kind in sorted(gone))
    for old, new in zip(before.members, after.members, strict=True):
        if old.mode != new.mode:
            yield f"mode {old.mode:06o} → {new.mode:06o} {old.path}"
    for path, text in after.texts.items():
        yield from _changed_lines(path, before.texts[path], text)


def _changed_lines(path: str, before: str, after: str) -> Iterator[str]:
    """Yield the lines that went and came, in pairs. Lines keep their order, so no search for moved ones is needed."""
    if before == after:
        return
    yield f"text {path}"
    if "\r\n" in before and "\r\n" not in after:
        yield "  line ends CRLF → LF"
    old, new = before.splitlines(), after.splitlines()
    gone, came = list((Counter(old) - Counter(new)).elements()), list((Counter(new) - Counter(old)).elements())
    pairs = zip_longest((f"- {line}" for line in gone), (f"+ {line}" for line in came))
    lines = [line for pair in pairs for line in pair if line]
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"… and {counted(len(lines) - _MOST_LINES, 'more line')}"
