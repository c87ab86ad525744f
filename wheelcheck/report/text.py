"""The report for people: configuration, release grid, findings with their remedy, what was not examined, the verdict.

Each fault is there once, with the artifacts that have it.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

from wheelcheck.report import measures
from wheelcheck.report.lines import Line, Plain, say
from wheelcheck.report.selection import Names, grouped_across, more, select
from wheelcheck.report.wording import (
    VERDICTS,
    configured,
    counts,
    examined,
    page,
    ran,
    severity_change,
    shown,
)
from wheelcheck.rules import SEVERITIES
from wheelcheck.rules.catalogue import find, impact_rank
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from wheelcheck.report.selection import Group, Ignored
    from wheelcheck.results import Gap, Report
    from wheelcheck.rules import Finding

_ROOM = 40  # columns for what a finding says, at least, if its lines are indented
_INDENT = 15  # columns of severity and code
_CODES = 8  # rules that one line names before it counts them
SHOWN = 200  # findings of one cause each, and gaps; the rest is counted
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_VERDICT_STYLES = {"pass": "bold green", "fail": "bold red", "unverified": "bold magenta"}


def render(report: Report, console: Plain | Console, *, verbosity: int = 0) -> None:
    """Print the report in the console's colours and width.

    With a `verbosity` below 0 only errors, gaps and the verdict; above 0 also every floor, the largest files, and the
    rules that had nothing to judge.
    """
    if not report.artifacts and not report.findings:
        _print_gaps(report.gaps, console)
        say(console, Line(f"{VERDICTS[report.verdict]}  nothing was checked", _VERDICT_STYLES[report.verdict]))
        return
    if verbosity >= 0:
        say(console, Line(configured(report), style="dim"))
        console.print()
        if len(report.artifacts) + len(report.gaps) > 1 or report.config.wheels:
            from wheelcheck.report.text_grid import print_grid  # noqa: PLC0415  # one wheel has no grid

            print_grid(report, console)
    _print_findings(report, console, errors_only=verbosity < 0)
    _print_gaps(report.gaps, console)
    if verbosity >= 0:
        _print_rest(report, console, verbose=verbosity > 0)
    verdict = (VERDICTS[report.verdict], _VERDICT_STYLES[report.verdict])
    say(console, Line.of(verdict, f"  {examined(report)}: {counts(report)}"))


def _print_rest(report: Report, console: Plain | Console, *, verbose: bool) -> None:
    """Print what is worth knowing beside the findings, a line or a block each."""
    lines = (*measures.floor_lines(report), *measures.size_lines(report)) if verbose else measures.tight_lines(report)
    for line in lines:
        say(console, line)
    _print_skips(report, console, verbose=verbose)
    _print_ignored(report.ignored, console)
    _print_changes(report.findings, console)
    if any(finding.fix for finding in report.findings):
        _print_fixable(report, console)


def _print_fixable(report: Report, console: Plain | Console) -> None:
    from wheelcheck.report.fixes import hint  # noqa: PLC0415  # few reports have such findings

    if fixable := hint(report):
        say(console, Line(fixable, style="bold"))


def _print_findings(report: Report, console: Plain | Console, *, errors_only: bool) -> None:
    """Print what was found, the worst first, and behind the last finding of each rule how to fix it."""
    findings = [finding for finding in report.findings if finding.severity == "error" or not errors_only]
    chosen = select(sorted(grouped_across(findings), key=_order), SHOWN)
    names = Names.of(artifact.file for artifact in report.artifacts)
    for _, groups in groupby(chosen.listed, key=_order):
        _print_rule(list(groups), names, console)
        console.print()
    for line in more(chosen.omitted):
        say(console, Line(f"{line}; --report json=FILE lists them all"))


def _order(group: Group) -> tuple[int, int, str]:
    """Return the place of a finding: the worst severity first, and of these what stops most users."""
    return SEVERITIES.index(group.first.severity), impact_rank(group.first.code), group.first.code


def _print_rule(groups: list[Group], names: Names, console: Plain | Console) -> None:
    for group in groups:
        head, *lines = _told(group, names, console)
        _print_indented(console, *head)
        for line in lines:
            _print_indented(console, *line)
    rule = find(groups[0].first.code)
    if rule and rule.remedy:
        _print_indented(console, Line(" " * _INDENT), Line(f"fix: {rule.remedy}", style="dim"))


def _told(group: Group, names: Names, console: Plain | Console) -> Iterator[tuple[Line, Line]]:
    """Yield the lines of a group, each as its head and its words: what was found, the files, the artifacts."""
    found = group.first
    link = f" link {page(found.code)}" if console.is_terminal else ""
    severity = (f"{found.severity:<7}", _STYLES[found.severity])
    where = f"{shown(group.where)}: " if group.where else ""
    change = f" ({group.change})" if group.change else ""
    yield (
        Line.of(severity, " ", (found.code, f"not bold{link}"), "  "),
        Line.of((where, "bold"), shown(group.message), change),
    )
    blank = Line(" " * _INDENT)
    if group.names:
        yield blank, Line(shown(group.names), style="dim")
    yield blank, Line(shown(f"in {names.listed(group.artifacts)}"), style="dim")


def _print_indented(console: Plain | Console, head: Line, words: Line) -> None:
    """Print words behind their head; in a terminal that is wide enough, the following lines are indented too."""
    if isinstance(console, Plain):
        console.print(f"{head}{words}")
        return
    start, text = head.rich(), words.rich()
    room = console.width - len(start) - 1
    if not console.is_terminal or room < _ROOM:
        console.print(start + text, soft_wrap=True)
        return
    for number, line in enumerate(text.wrap(console, room, overflow="fold")):
        line.rstrip()
        indent = Line(" " * len(start)).rich()
        console.print((indent if number else start) + line, soft_wrap=True)


def _print_gaps(gaps: tuple[Gap, ...], console: Plain | Console) -> None:
    chosen = select(gaps, SHOWN)
    for gap in chosen.listed:
        where = " ".join(filter(None, (gap.artifact, gap.path)))
        text = shown(f"{where}: {gap.why}" if where else gap.why)
        say(console, Line.of(("not verified ", "bold magenta"), text))
    for line in more(chosen.omitted):
        say(console, Line(f"  {line}"))


def _print_skips(report: Report, console: Plain | Console, *, verbose: bool) -> None:
    """Print which artifacts a rule could not judge, and how many rules had nothing to judge; `verbose` names them."""
    idle = [skip for skip in report.skips if not skip.artifact]
    listed = report.skips if verbose else tuple(skip for skip in report.skips if skip.artifact)
    ordered = sorted(listed, key=lambda skip: (skip.why, skip.code))
    for why, group in groupby(ordered, key=lambda skip: skip.why):
        codes = list(dict.fromkeys(skip.code for skip in group))
        rules = ", ".join(codes) if len(codes) <= _CODES or verbose else f"{len(codes)} rules"
        say(console, Line(f"not judged by {rules}: {shown(why)}", style="dim"))
    hint = " (-v lists them)" if idle and not verbose else ""
    say(console, Line(f"{ran(report)}{hint}", style="dim"))


def _print_ignored(ignored: tuple[Ignored, ...], console: Plain | Console) -> None:
    """Print one line for each reason why findings are ignored, with their number and codes."""
    for why, group in groupby(sorted(ignored, key=lambda pair: pair[1]), key=lambda pair: pair[1]):
        codes = [finding.code for finding, _ in group]
        line = f"ignored {len(codes)} ({', '.join(sorted(set(codes)))}): {shown(why)}"
        say(console, Line(line, style="dim"))


def _print_changes(findings: tuple[Finding, ...], console: Plain | Console) -> None:
    """Print one line for each reason why severities were changed, with the number and codes of the findings."""
    changed: defaultdict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for finding in findings:
        if change := finding.severity_change:
            changed[(*severity_change(finding), finding.severity, change.reason)].append(finding.code)
    for (how, before, now, why), codes in sorted(changed.items()):
        line = f"{how} {len(codes)} {before} to {now} ({', '.join(sorted(set(codes)))}): {shown(why)}"
        say(console, Line(line, style="dim"))
