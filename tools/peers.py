"""Run wheelcheck on the test files of other projects, and compare what it says with what those projects expect.

    python -m tools.peers [--verbose] [--write] [--tables FOLDER] NAME=FOLDER …

Nothing is fetched: each FOLDER is a checkout, or the part of one that holds test files, and NAME a row of
tests/peers/expectations.json. That file says what each project expects of its files, from the folder or the list of a
test that names them. tests/peers/NAME.jsonl judges every difference: path, SHA-256, both verdicts, who is right, why.
The exit code is 1 where a difference has no judgement or a judgement no longer holds, and 2 if nothing was compared.
`--write` writes what differs into the table, new differences with who is right left open.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tools.fetch import ROOT
from tools.peer_files import read_fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tools.peer_files import Fixture

TABLES = ROOT / "tests" / "peers"
Expectation = Literal["accept", "reject", "either"]
Right = Literal["wheelcheck", "peer", "policy", ""]
COLUMNS: tuple[tuple[str, str], ...] = (
    ("wheelcheck", "we are right"),
    ("peer", "we are wrong"),
    ("policy", "policy"),
    ("", "not judged"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One file on which wheelcheck and a peer differ.

    `right` says who is right: "wheelcheck", "peer", or "policy" where both have a reason, as a library that reads what
    it can and a gate that releases only what every installer reads. `found` are rule codes or kinds of damage.
    """

    path: str
    sha256: str
    expected: Expectation
    verdict: str
    found: tuple[str, ...]
    right: Right = ""
    why: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Name and SHA-256, which stay when a peer moves its files to other folders."""
        return self.path.rpartition("/")[2], self.sha256

    def fits(self, other: Difference) -> bool:
        """Return whether a judgement holds for what is found now: the same verdicts, and one of the same reasons."""
        same = (self.expected, self.verdict) == (other.expected, other.verdict)
        return same and (self.found == other.found or not {*self.found}.isdisjoint(other.found))


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of one peer's files."""

    name: str
    files: int
    differences: tuple[Difference, ...]  # each with its judgement, if there is one
    stale: tuple[str, ...]  # what the table judges and what is no difference any more, or another one

    def count(self, right: str) -> int:
        """Return how many differences were judged this way."""
        return sum(difference.right == right for difference in self.differences)

    @property
    def agreed(self) -> int:
        """How many files both judge alike."""
        return self.files - len(self.differences)


def expectation(path: str, rows: Sequence[Sequence[str]]) -> Expectation:
    """Return what the first pattern that fits `/PATH` expects; a peer's tests read what nothing else is said of."""
    for pattern, expected in rows:
        if fnmatch(f"/{path}", pattern):
            return expected  # type: ignore[return-value]  # a test holds the file to the three words
    return "accept"


def differs(expected: Expectation, verdict: str) -> bool:
    """Return whether a verdict is not what is expected; what could not be verified is not accepted."""
    return expected != "either" and (verdict == "pass") != (expected == "accept")


def compare(
    name: str, fixtures: Sequence[Fixture], rows: Sequence[Sequence[str]], judged: Mapping[tuple[str, str], Difference]
) -> Comparison:
    """Return where a peer and wheelcheck differ, each difference with its judgement, if that still fits."""
    differences, stale = [], []
    for fixture in fixtures:
        expected = expectation(fixture.path, rows)
        found = Difference(fixture.path, fixture.sha256, expected, fixture.verdict, fixture.found)
        known = judged.get(found.key)
        holds = known and known.fits(found) and differs(expected, fixture.verdict)
        if known and not holds:
            stale.append(fixture.path)
        if differs(expected, fixture.verdict):
            differences.append(replace(found, right=known.right, why=known.why) if known and holds else found)
    return Comparison(name, len(fixtures), tuple(differences), tuple(stale))


def read_table(path: Path) -> dict[tuple[str, str], Difference]:
    """Return the judgements of one peer by name and content; none where there is no table."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = (Difference(**row | {"found": tuple(row["found"])}) for row in map(json.loads, lines))
    return {row.key: row for row in rows}


def write_table(path: Path, differences: Sequence[Difference]) -> None:
    """Write the judgements of one peer, by path, one per file however often it is there; no table for none."""
    rows = {each.key: asdict(each) for each in sorted(differences, key=lambda each: each.path, reverse=True)}
    lines = [f"{json.dumps(row)}\n" for row in reversed(rows.values())]
    if lines:
        path.write_text("".join(lines), encoding="utf-8")
    else:
        path.unlink(missing_ok=True)


def report(comparisons: Sequence[Comparison], *, verbose: bool = False) -> Iterator[str]:
    """Yield the table of all peers, then what is wrong, not judged or stale by name, and with `verbose` all others."""
    yield _line("peer", "files", "agree", *(title for _, title in COLUMNS))
    for each in comparisons:
        yield _line(each.name, each.files, each.agreed, *(each.count(right) for right, _ in COLUMNS))
    for each in comparisons:
        for difference in each.differences:
            if verbose or difference.right in ("peer", ""):
                title = dict(COLUMNS)[difference.right]
                yield f"{title}: {each.name} {difference.path}: expected {difference.expected}, {_said(difference)}"
        yield from (f"stale: {each.name} {path}: look at it again" for path in each.stale)


def _line(name: str, *values: object) -> str:
    return f"{name:20}" + "".join(f"{value!s:>14}" for value in values)


def _said(difference: Difference) -> str:
    return f"found {difference.verdict} ({', '.join(difference.found) or 'nothing'}). {difference.why}".rstrip()


def exit_code(comparisons: Sequence[Comparison]) -> int:
    """Return 0 where every difference is judged, 1 where one is not or a judgement is stale, 2 for no file at all."""
    if not any(each.files for each in comparisons):
        return 2
    return int(any(each.count("") or each.stale for each in comparisons))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the given folders and print the result."""
    parser = argparse.ArgumentParser(prog="python -m tools.peers", description="Compare with the fixtures of others.")
    parser.add_argument("peers", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--write", action="store_true", help="write new differences into the tables")
    parser.add_argument("--verbose", action="store_true", help="print every difference")
    parser.add_argument("--tables", type=Path, default=TABLES, help="where expectations and judgements are")
    options = parser.parse_args(arguments)
    expected = json.loads((options.tables / "expectations.json").read_text(encoding="utf-8"))
    comparisons = []
    for name, _, folder in (peer.partition("=") for peer in options.peers):
        if name not in expected or not Path(folder).is_dir():
            parser.error(f"{name}={folder}: give a peer of {', '.join(expected)} and a folder")
        table = options.tables / f"{name}.jsonl"
        compared = compare(name, list(read_fixtures(Path(folder))), expected[name], read_table(table))
        if options.write:
            write_table(table, compared.differences)
        comparisons.append(compared)
    print("\n".join(report(comparisons, verbose=options.verbose)))
    return exit_code(comparisons)


if __name__ == "__main__":
    sys.exit(main())
