"""docs/corpus.md: how often the gate is right on published releases, and which warnings it gives on sound ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.corpus_table import markdown, names, table
from wheelcheck.rules.catalogue import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tools.corpus_judging import Judgement, Label
    from tools.corpus_table import Row

MEASURES: Row = ("measure", "releases", "count", "share", "aim")
WARNINGS: Row = ("rule", "wheels", "sdists", "what it says")
_INTRO = """\
# The gate on published releases

`nox -s corpus -- --write` writes this page: it fetches the releases listed in [tests/corpus], checks
each one alone with `wheelcheck check`, and compares the verdict with the label of the release. Written on {date}.

[releases.jsonl] holds releases with faults, releases that look faulty and are not
("traps"), and sound ones. [survey.jsonl] holds the current releases of popular projects
and a few obscure ones. Each label says on what it is based: `hand` is a person who read the bytes, `rule` a script that
is independent of wheelcheck, `independent` another reader of the binaries, `gate` wheelcheck itself (then a label
proves only that nothing changed), `pip-install` an installation, `upstream-issue` a public bug report. `note` says what
was found in the bytes. A label that turns out wrong is corrected, and its note then holds the proof.

[tests/corpus]: https://github.com/wheelcheck/wheelcheck/tree/main/tests/corpus
[releases.jsonl]: https://github.com/wheelcheck/wheelcheck/blob/main/tests/corpus/releases.jsonl
[survey.jsonl]: https://github.com/wheelcheck/wheelcheck/blob/main/tests/corpus/survey.jsonl
"""
_KINDS = """\
## By kind

For defects, `right` counts the releases where the kind was found; for traps and sound releases those without an error
that the label rules out. Only errors count here.
"""
_WARNINGS = """\
## Warnings on sound releases of popular projects

A warning is legal but risky: it does not change the verdict. These are the rules that warn about popular releases that
have no known fault, with the number of releases each one warns about.
"""
_DISAGREE = "## Where gate and label disagree\n"


def page(judgements: Sequence[Judgement], missing: Sequence[Exception], date: str) -> str:
    """Return the whole page in Markdown."""
    return "\n".join(
        [
            _INTRO.format(date=date),
            *markdown(measures(judgements)),
            "",
            _KINDS,
            *markdown(table(judgements)),
            "",
            _WARNINGS,
            *markdown(warnings(judgements)),
            "",
            *_warned(judgements),
            "",
            _DISAGREE,
            *_disagreements(judgements, missing),
            "",
        ]
    )


def measures(judgements: Sequence[Judgement]) -> list[Row]:
    """Return the table head and a row for each goal of the gate, with the measured value."""
    rows = [
        _measure("defects found with the right kind", "100 %", judgements, _is("defect"), lambda item: not item.missed),
        _measure("sound releases with an error", "0 %", judgements, _is("clean"), _failed),
        _measure("traps with an error", "at most 2 %", judgements, _is("trap"), _failed),
        _measure("popular sound wheels with a warning", "at most 3 %", judgements, _popular(".whl"), _warns),
        _measure("popular sound sdists with a warning", "at most 5 %", judgements, _popular(".tar.gz"), _warns),
        _measure("popular traps with a warning", "", judgements, _popular("", "trap"), _warns),
    ]
    return [MEASURES, *rows]


def _measure(
    text: str,
    aim: str,
    judgements: Sequence[Judgement],
    chosen: Callable[[Label], bool],
    counts: Callable[[Judgement], bool],
) -> Row:
    members = [item for item in judgements if chosen(item.label)]
    count = sum(map(counts, members))
    share = f"{100 * count / len(members):.1f} %".replace(".0 ", " ") if members else ""
    return (text, str(len(members)), str(count), share, aim)


def _is(category: str) -> Callable[[Label], bool]:
    return lambda label: label.category == category


def _popular(suffix: str, category: str = "clean") -> Callable[[Label], bool]:
    return lambda label: label.category == category and label.popular and label.filename.endswith(suffix)


def _failed(item: Judgement) -> bool:
    return bool(item.wrong)


def _warns(item: Judgement) -> bool:
    return bool(item.warnings)


def warnings(judgements: Sequence[Judgement]) -> list[Row]:
    """Return the head and a row for each rule that warns about a sound release of a popular project."""
    members = _popular_sound(judgements)
    rows = []
    for code in sorted({code for item in members for code in item.warnings}):
        files = [item.label.filename for item in members if code in item.warnings]
        wheels = sum(name.endswith(".whl") for name in files)
        rows.append((code, str(wheels), str(len(files) - wheels), _summary(code)))
    return [WARNINGS, *rows]


def _summary(code: str) -> str:
    rule = find(code)
    return rule.summary if rule else ""


def _popular_sound(judgements: Sequence[Judgement]) -> list[Judgement]:
    return [item for item in judgements if _popular("")(item.label)]


def _warned(judgements: Sequence[Judgement]) -> Iterator[str]:
    for item in _popular_sound(judgements):
        if item.warnings:
            yield f"- {item.label.filename}: {', '.join(item.warnings)}"


def _disagreements(judgements: Sequence[Judgement], missing: Sequence[Exception]) -> Iterator[str]:
    lines = [*names(judgements), *(f"not obtained: {error}" for error in missing)]
    yield from ("```", *lines, "```") if lines else ("Nowhere.",)
