"""Measure the gate on releases that other people published.

    python tools/corpus.py [--list FILE] [--only WHAT …] [--cache DIR] [--json FILE] [--jobs N] [--markdown] [--require]

Every release of the list is fetched by project and file name, judged alone by the command a user would run, and
weighed against its label. This reports; with --require a disagreement, or a release that could not be had, is exit 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Run as a file, its own folder is on the path and the checkout is not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.corpus_judging import Judgement, Label, judge, read_labels
from tools.corpus_table import aligned, markdown, names, table
from tools.fetch import ROOT, default_cache
from wheelcheck.pypi import UnobtainableError, Wanted, fetch_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RELEASES = ROOT / "tests" / "corpus" / "releases.jsonl"
NO_REPORT = "no report"  # the command ended without a verdict: a crash


def select(labels: Iterable[Label], only: Sequence[str]) -> tuple[Label, ...]:
    """Keep labels that any of `only` names: a category, a kind, or a glob over file names. Empty keeps all."""
    return tuple(label for label in labels if not only or any(_chosen(label, word) for word in only))


def _chosen(label: Label, word: str) -> bool:
    return word == label.category or word in label.kinds or fnmatch(label.filename, word)


def examine(path: Path) -> tuple[str, list[dict[str, Any]]]:
    """Run the gate's own command on one file; return its verdict and findings, or NO_REPORT and what it said."""
    command = [sys.executable, "-m", "wheelcheck", "check", "--format", "json", str(path.absolute())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    try:
        report = json.loads(done.stdout)
        return report["verdict"], report["findings"]
    except (ValueError, KeyError, TypeError):
        said = (done.stderr.strip().splitlines() or ["nothing on stderr"])[-1]
        return NO_REPORT, [{"code": NO_REPORT, "severity": "error", "message": f"exit {done.returncode}: {said}"}]


def measure(label: Label, path: Path) -> Judgement:
    """Judge one release that is on disk, as a set of one."""
    return judge(label, *examine(path))


def obtain(labels: Sequence[Label], cache: Path) -> tuple[dict[Label, Path], list[UnobtainableError]]:
    """Fetch what the labels name; return where each is, and why the others are nowhere."""
    paths: dict[Label, Path] = {}
    missing: list[UnobtainableError] = []
    by_name = {Wanted(label.project, label.filename): label for label in labels}
    for item, outcome in fetch_all(by_name, cache):
        if isinstance(outcome, UnobtainableError):
            missing.append(outcome)
        else:
            paths[by_name[item]] = outcome
    return paths, missing


def as_json(judgements: Iterable[Judgement]) -> str:
    """Return all judgements, with every finding, for a program to read."""
    rows = [
        {
            "filename": item.label.filename,
            "category": item.label.category,
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
    parser.add_argument("--list", type=Path, default=RELEASES, help="JSON Lines of releases (%(default)s)")
    parser.add_argument("--only", action="append", default=[], help="a category, a kind or a glob of file names")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where releases are kept (%(default)s)")
    parser.add_argument("--json", type=Path, help="write every judgement and finding there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="releases at a time (%(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--require", action="store_true", help="exit 1 unless gate and labels agree throughout")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Fetch, judge, print; return 2 when nothing was selected, 1 on disagreement if required, else 0."""
    options = _parser().parse_args(arguments)
    labels = select(read_labels(options.list), options.only)
    if not labels:
        print(f"nothing selected from {options.list}", file=sys.stderr)
        return 2
    paths, missing = obtain(labels, options.cache)
    with ThreadPoolExecutor(options.jobs) as pool:
        judgements = tuple(pool.map(measure, paths, paths.values()))
    if options.json:
        options.json.write_text(as_json(judgements), encoding="utf-8")
    _print(judgements, missing, as_markdown=options.markdown)
    return 1 if options.require and (missing or not all(item.agrees for item in judgements)) else 0


def _print(judgements: Sequence[Judgement], missing: Sequence[UnobtainableError], *, as_markdown: bool) -> None:
    render = markdown if as_markdown else aligned
    print("\n".join(render(table(judgements))), "", sep="\n")
    for line in (*names(judgements), *(f"not obtained: {error}" for error in missing)):
        print(line)


if __name__ == "__main__":
    raise SystemExit(main())
