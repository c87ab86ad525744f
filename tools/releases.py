"""Judge whole releases that other people published, all files of one together, and compare with what is known of them.

    python -m tools.releases [--list FILE] [--only GLOB …] [--cache DIR] [--json FILE] [--write] [--require]

Each release of the list is checked by `wheelcheck check pypi:NAME==VERSION`, as a user would. --write puts the result
into docs/releases.md. The exit code is 0 whatever was found; with --require it is 1 if a release is judged otherwise
than its line in the list says.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.corpus_table import aligned, markdown
from tools.fetch import ROOT, default_cache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WHOLE = ROOT / "tests" / "corpus" / "whole.jsonl"
PAGE = ROOT / "docs" / "releases.md"
NO_REPORT = "no report"  # the command ended without a verdict
HEAD = ("release", "version", "files", "verdict", "errors", "warnings", "as expected", "what is true")
_INTRO = """\
# Whole releases

`nox -s releases -- --write` writes this page: it checks every file of each release listed in
[whole.jsonl] at once, with `wheelcheck check pypi:NAME==VERSION`, and compares verdict,
errors and warnings with what is known of that release. Findings of one rule count as one here, with their number: they
have one cause. "What is true" says for each finding why it is right. Written on {date}.

[whole.jsonl]: https://github.com/wheelcheck/wheelcheck/blob/main/tests/corpus/whole.jsonl

"""


@dataclass(frozen=True)
class Expected:
    """What is known of a release: its verdict, the rules that rightly find errors and warnings, and why."""

    project: str
    version: str
    verdict: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Judgement:
    """What the gate says of a release: its verdict, and how often each rule found an error or a warning."""

    expected: Expected
    verdict: str
    files: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    said: str = ""  # where there is no report: the last line of stderr

    @property
    def agrees(self) -> bool:
        """Whether verdict and rules are those that are expected."""
        known = self.expected
        same_rules = set(self.errors) == set(known.errors) and set(self.warnings) == set(known.warnings)
        return self.verdict == known.verdict and same_rules


def read_list(path: Path) -> tuple[Expected, ...]:
    """Read a JSON Lines list of releases.

    Raises KeyError where a line lacks project, version or verdict.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return tuple(
        Expected(
            project=row["project"],
            version=row["version"],
            verdict=row["verdict"],
            errors=tuple(row.get("errors", ())),
            warnings=tuple(row.get("warnings", ())),
            note=row.get("note", ""),
        )
        for row in rows
    )


def measure(expected: Expected, cache: Path) -> Judgement:
    """Check one release with the command; what it fetches stays in `cache`."""
    command = [sys.executable, "-m", "wheelcheck", "check", "--format", "json"]
    command.append(f"pypi:{expected.project}=={expected.version}")
    environment = {**os.environ, "WHEELCHECK_CACHE": str(cache.absolute())}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False)
    try:
        return judge(expected, json.loads(done.stdout))
    except (ValueError, KeyError, TypeError):
        said = (done.stderr.strip().splitlines() or ["nothing on stderr"])[-1]
        return Judgement(expected, NO_REPORT, said=said)


def judge(expected: Expected, report: dict[str, Any]) -> Judgement:
    """Count what a report in JSON says.

    Raises KeyError where it is no report.
    """
    found = {
        severity: Counter(hit["code"] for hit in report["findings"] if hit["severity"] == severity)
        for severity in ("error", "warning")
    }
    files = len(report["artifacts"])
    return Judgement(expected, report["verdict"], files, found["error"], found["warning"])


def table(judgements: Sequence[Judgement]) -> list[tuple[str, ...]]:
    """Return the head and one row for each release."""
    return [HEAD, *map(_row, judgements)]


def _row(item: Judgement) -> tuple[str, ...]:
    known = item.expected
    agrees = "yes" if item.agrees else f"**no**: {_expectation(known)}"
    note = item.said or known.note
    found = _counts(item.errors), _counts(item.warnings)
    return known.project, known.version, str(item.files), item.verdict, *found, agrees, note


def _counts(found: Counter[str]) -> str:
    return ", ".join(f"{code} ({number})" if number > 1 else code for code, number in sorted(found.items())) or "none"


def _expectation(known: Expected) -> str:
    return (
        f"{known.verdict}, errors {', '.join(known.errors) or 'none'}, warnings {', '.join(known.warnings) or 'none'}"
    )


def page(judgements: Sequence[Judgement], date: str) -> str:
    """Return the page in Markdown."""
    return _INTRO.format(date=date) + "\n".join(markdown(table(judgements))) + f"\n\n{_summary(judgements)}\n"


def _summary(judgements: Sequence[Judgement]) -> str:
    agreeing = sum(item.agrees for item in judgements)
    files = sum(item.files for item in judgements)
    return f"{len(judgements)} releases with {files} files; {agreeing} are judged as expected."


def _lines(judgements: Sequence[Judgement]) -> Iterator[str]:
    yield from aligned([row[:-1] for row in table(judgements)])
    yield from ("", _summary(judgements))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/releases.py", description="Judge whole published releases.")
    parser.add_argument("--list", type=Path, default=WHOLE, help="JSON Lines of releases (%(default)s)")
    parser.add_argument("--only", action="append", default=[], help="a project, or a glob of them")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where releases are kept (%(default)s)")
    parser.add_argument("--json", type=Path, help="write verdict and rules of every release there")
    parser.add_argument("--write", action="store_true", help="write docs/releases.md; refused with --only")
    parser.add_argument("--require", action="store_true", help="exit 1 unless every release is judged as expected")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Check, compare, print; return 2 when nothing was selected, 1 on disagreement if required, else 0."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.write and options.only:
        parser.error("--write is refused with --only: the page is about the whole list")
    chosen = [
        each
        for each in read_list(options.list)
        if not options.only or any(fnmatch(each.project, pattern) for pattern in options.only)
    ]
    if not chosen:
        print(f"nothing selected from {options.list}", file=sys.stderr)
        return 2
    judgements = [measure(each, options.cache) for each in chosen]
    if options.json:
        options.json.write_text(as_json(judgements), encoding="utf-8")
    if options.write:
        PAGE.write_text(page(judgements, time.strftime("%Y-%m-%d", time.gmtime())), encoding="utf-8")
    print("\n".join(_lines(judgements)))
    return 1 if options.require and not all(item.agrees for item in judgements) else 0


def as_json(judgements: Sequence[Judgement]) -> str:
    """Return all judgements for a program to read."""
    rows = [
        {
            "project": item.expected.project,
            "version": item.expected.version,
            "files": item.files,
            "verdict": item.verdict,
            "errors": item.errors,
            "warnings": item.warnings,
            "agrees": item.agrees,
        }
        for item in judgements
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
