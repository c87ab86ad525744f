"""Measure the gate on releases that other people published.

    python tools/corpus.py [--list FILE …] [--only WHAT …] [--cache DIR] [--json FILE] [--jobs N] [--markdown]
                           [--write] [--require]

Every release of the lists is fetched by project and file name, checked alone by the command a user would run, and
compared with its label. --write writes the result to docs/corpus.md. The exit code is 0 whatever was found; with
--require it is 1 if a verdict and its label disagree, or a release could not be obtained.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

# When this runs as a file, Python puts its folder on the path, but not the checkout.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.corpus_files import obtain
from tools.corpus_judging import Judgement, Label, judge, read_labels
from tools.corpus_page import measures, page
from tools.corpus_table import aligned, markdown, names, table
from tools.fetch import ROOT, default_cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelcheck.pypi import UnobtainableError

CORPUS = ROOT / "tests" / "corpus"
LISTS = (CORPUS / "releases.jsonl", CORPUS / "survey.jsonl")
PAGE = ROOT / "docs" / "corpus.md"
NO_REPORT = "no report"  # the command ended without a verdict: a crash


def select(labels: Iterable[Label], only: Sequence[str]) -> tuple[Label, ...]:
    """Return the labels that match a word of `only`: category, popularity, kind or glob of file names. Empty: all."""
    return tuple(label for label in labels if not only or any(_chosen(label, word) for word in only))


def _chosen(label: Label, word: str) -> bool:
    return word in {label.category, label.popularity, *label.kinds} or fnmatch(label.filename, word)


def examine(path: Path) -> tuple[str, list[dict[str, Any]]]:
    """Run `wheelcheck check` on one file; return its verdict and findings, or NO_REPORT and the last line of stderr."""
    command = [sys.executable, "-m", "wheelcheck", "check", "--format", "json", str(path.absolute())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    try:
        report = json.loads(done.stdout)
        return report["verdict"], report["findings"]
    except (ValueError, KeyError, TypeError):
        said = (done.stderr.strip().splitlines() or ["nothing on stderr"])[-1]
        return NO_REPORT, [{"code": NO_REPORT, "severity": "error", "message": f"exit {done.returncode}: {said}"}]


def measure(label: Label, path: Path) -> Judgement:
    """Check one file and compare the result with its label."""
    return judge(label, *examine(path))


def as_json(judgements: Iterable[Judgement]) -> str:
    """Return all judgements, with every finding, for a program to read."""
    rows = [
        {
            "filename": item.label.filename,
            "category": item.label.category,
            "popularity": item.label.popularity,
            "expected": item.label.expected,
            "verdict": item.verdict,
            "right": item.right,
            "missed": item.missed,
            "wrong": item.wrong,
            "unjudged": item.unjudged,
            "findings": item.findings,
        }
        for item in judgements
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/corpus.py", description="Measure the gate on published releases.")
    parser.add_argument("--list", type=Path, action="append", help="JSON Lines of releases (default: both lists)")
    parser.add_argument("--only", action="append", default=[], help="a category, a popularity, a kind or a glob")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where releases are kept (%(default)s)")
    parser.add_argument("--json", type=Path, help="write every judgement and finding there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="releases at a time (%(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--write", action="store_true", help="write docs/corpus.md; refused with --only")
    parser.add_argument("--require", action="store_true", help="exit 1 unless every verdict agrees with its label")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Fetch, judge, print; return 2 if nothing was selected, 1 on disagreement if required, otherwise 0."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.write and options.only:
        parser.error("--write is refused with --only: the page is about whole lists")
    lists = options.list or LISTS
    labels = select([label for path in lists for label in read_labels(path)], options.only)
    if not labels:
        print(f"nothing selected from {', '.join(map(str, lists))}", file=sys.stderr)
        return 2
    paths, missing = obtain(labels, options.cache)
    with ThreadPoolExecutor(options.jobs) as pool:
        judgements = tuple(pool.map(measure, paths, paths.values()))
    if options.json:
        options.json.write_text(as_json(judgements), encoding="utf-8")
    if options.write:
        PAGE.write_text(page(judgements, missing, time.strftime("%Y-%m-%d", time.gmtime())), encoding="utf-8")
    _print(judgements, missing, as_markdown=options.markdown)
    return 1 if options.require and (missing or not all(item.agrees for item in judgements)) else 0


def _print(judgements: Sequence[Judgement], missing: Sequence[UnobtainableError], *, as_markdown: bool) -> None:
    render = markdown if as_markdown else aligned
    for rows in (measures(judgements), table(judgements)):
        print("\n".join(render(rows)), "", sep="\n")
    for line in (*names(judgements), *(f"not obtained: {error}" for error in missing)):
        print(line)


if __name__ == "__main__":
    raise SystemExit(main())
