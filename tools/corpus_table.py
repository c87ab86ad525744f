"""The table by category and kind, with counts of right, missed and wrong verdicts, and a line per disagreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.corpus_judging import KINDS, codes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tools.corpus_judging import Judgement

Row = tuple[str, ...]
HEAD: Row = ("category", "kind", "releases", "right", "missed", "wrongly flagged")
ORDER = ("defect", "trap", "clean", "unlabelled")
_SHOWN = 3  # findings shown for each release that went wrong


def table(judgements: Sequence[Judgement]) -> list[Row]:
    """Return the head, one row for each category and kind, and the totals.

    For defects, `right` counts the releases whose kind was found; for traps and clean releases, those without an error
    that the label rules out.
    """
    rows = [HEAD]
    for category in ORDER:
        members = [item for item in judgements if item.label.category == category]
        rows.extend(_defects(members) if category == "defect" else _silent(category, members))
    return [*rows, _total(judgements)]


def _defects(members: list[Judgement]) -> Iterator[Row]:
    for kind in KINDS:
        right = sum(kind in item.right for item in members)
        missed = sum(kind in item.missed for item in members)
        wrong = sum(_flagged(item, kind) for item in members)
        if right or missed or wrong:
            yield ("defect", kind, str(right + missed), str(right), str(missed), str(wrong))
    other = sum(bool(set(item.wrong) - codes_of(KINDS)) for item in members)
    if other:
        yield ("defect", "(no kind)", "", "", "", str(other))


def _flagged(item: Judgement, kind: str) -> bool:
    """Return whether a code of this kind was wrong; a code of several kinds counts for the first of them."""
    return kind in {_kind_of(code) for code in item.wrong}


def _kind_of(code: str) -> str:
    return next((kind for kind, codes in KINDS.items() if code in codes), "")


def _silent(category: str, members: list[Judgement]) -> Iterator[Row]:
    kinds = sorted({_heading(item) for item in members})
    for kind in kinds:
        group = [item for item in members if _heading(item) == kind]
        wrong = sum(bool(item.wrong) for item in group)
        yield (category, kind, str(len(group)), str(len(group) - wrong), "", str(wrong))


def _heading(item: Judgement) -> str:
    return ", ".join(item.label.traps)


def _total(judgements: Sequence[Judgement]) -> Row:
    right = sum(item.agrees for item in judgements)
    missed = sum(bool(item.missed) for item in judgements)
    wrong = sum(bool(item.wrong) for item in judgements)
    return ("all", "", str(len(judgements)), str(right), str(missed), str(wrong))


def names(judgements: Iterable[Judgement]) -> Iterator[str]:
    """Yield lines for each release about which the gate and the label disagree, with what the gate found in it."""
    for item in judgements:
        for kind in item.missed:
            yield f"missed {kind}: {item.label.filename} (verdict {item.verdict}, found {_list(item.codes)})"
        for code in item.wrong:
            yield f"wrongly flagged {code}: {item.label.filename}"
            yield from _messages(item, code)
        if item.unjudged:
            yield f"unjudged {_list(item.unjudged)}: {item.label.filename} (its label is not complete)"


def _messages(item: Judgement, code: str) -> Iterator[str]:
    found = [row for row in item.findings if row["code"] == code and row["severity"] == "error"]
    for row in found[:_SHOWN]:
        yield f"    {row.get('path') or '(archive)'}: {row.get('message', '')}"
    if len(found) > _SHOWN:
        yield f"    and {len(found) - _SHOWN} more"


def _list(words: Sequence[str]) -> str:
    return ", ".join(words) or "nothing"


def aligned(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the rows as columns of text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def markdown(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the rows as a Markdown table."""
    yield f"| {' | '.join(rows[0])} |"
    yield f"|{'---|' * len(rows[0])}"
    for row in rows[1:]:
        yield f"| {' | '.join(row)} |"
