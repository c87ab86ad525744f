"""Compare the glibc floor that wheelcheck reads from real Linux wheels with the one that `auditwheel show` reports.

    python -m tools.second_opinion [--list FILE …] [--explained FILE] [--cache DIR] [--jobs N] [WHEEL …]

The floor is the highest GLIBC_ need among a wheel's own binaries. auditwheel is kept from the libraries of this
machine, so that it reports on the wheel alone. tests/corpus/auditwheel-differences.json explains every difference. The
exit code is 1 if a difference has no explanation or an explanation no longer holds, and 2 if nothing was compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.corpus_files import obtain
from tools.corpus_judging import read_labels
from tools.corpus_table import markdown
from tools.fetch import ROOT, default_cache
from wheelcheck.binary.model import VersionNeed
from wheelcheck.facts import Wheel
from wheelcheck.facts.collect import collect
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.facts.fit import native_slices, served_cpus
from wheelcheck.platforms.tags import parse_platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CORPUS = ROOT / "tests" / "corpus"
LISTS = tuple(CORPUS / f"{name}.jsonl" for name in ("releases", "named"))
EXPLAINED = CORPUS / "auditwheel-differences.json"
NONE = "none"  # nothing in the wheel needs any glibc
_NO_ELF = "no ELF executable or shared library file (including compiled Python C extension) found"


@dataclass(frozen=True, slots=True, order=True)
class Opinion:
    """What both say about one wheel: a version such as `2.17`, `none`, or auditwheel's reason for reporting nothing."""

    wheel: str
    ours: str
    theirs: str

    @property
    def agrees(self) -> bool:
        """True if both name the same floor."""
        return self.ours == self.theirs


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the two differ, and what each said when the explanation was written."""

    ours: str
    theirs: str
    reason: str


def is_for_linux(filename: str) -> bool:
    """Return whether a wheel's tags promise a Linux system, by its name."""
    tags = parse_file_name(filename).platforms if filename.endswith(".whl") else ()
    return any(parse_platform(tag).system == "linux" for tag in tags)


def our_floor(path: Path) -> str:
    """Return the highest glibc that a binary for the wheel's own platforms needs."""
    wheel = collect(path)
    if not isinstance(wheel, Wheel):
        raise TypeError(f"{path}: expected a wheel")
    linked = [slice_ for member in wheel.natives if member.linked for slice_ in native_slices(member)]
    slices = {slice_ for slice_ in linked if any(served_cpus(slice_, platform) for platform in wheel.platforms)}
    return _text(max((need.glibc for slice_ in slices if (need := slice_.glibc_need)), default=()))


def their_floor(path: Path) -> str:
    """Return the highest glibc among the versioned symbols that `auditwheel show --json` lists."""
    command = [sys.executable, "-m", "auditwheel", "show", "--json", "--ldpaths", "", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        return f"refuses: {last.replace(str(path), path.name)}"
    if "versioned_symbols" not in said:
        error = " ".join(said["error"].split())
        return NONE if _NO_ELF in error else f"refuses: {error}"
    symbols = said["versioned_symbols"].items()
    return _text(max((VersionNeed(name, version).glibc for name, found in symbols for version in found), default=()))


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version)) or NONE


def compare(paths: Iterable[Path], jobs: int = 2) -> list[Opinion]:
    """Return what both say about each wheel, in the given order."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda path: Opinion(path.name, our_floor(path), their_floor(path)), paths))


def explanations(path: Path = EXPLAINED) -> dict[str, Explanation]:
    """Read the explained differences, by wheel."""
    return {wheel: Explanation(**entry) for wheel, entry in json.loads(path.read_text("utf-8")).items()}


def complaints(opinions: Iterable[Opinion], explained: Mapping[str, Explanation]) -> Iterator[str]:
    """Yield a sentence for each difference without an explanation, and each explanation that no longer holds."""
    for opinion in opinions:
        entry = explained.get(opinion.wheel)
        said = f"{opinion.wheel}: ours {opinion.ours}, auditwheel {opinion.theirs}"
        if entry and (entry.ours, entry.theirs) != (opinion.ours, opinion.theirs):
            yield f"{said}; the explanation is about {entry.ours} and {entry.theirs}"
        elif not entry and not opinion.agrees:
            yield f"{said}: this difference has no explanation"


def _table(opinions: Sequence[Opinion], explained: Mapping[str, Explanation]) -> Iterator[str]:
    rows = [("wheel", "ours", "auditwheel", "why")]
    for opinion in sorted(opinions):
        if not opinion.agrees:
            why = explained[opinion.wheel].reason if opinion.wheel in explained else ""
            rows.append((opinion.wheel, opinion.ours, opinion.theirs, why))
    yield from markdown(rows)


def _obtain(filenames: Sequence[str], lists: Sequence[Path], cache: Path) -> list[Path]:
    """Return the Linux wheels of the lists, all or only the named ones; exit if one cannot be obtained."""
    labels = [label for path in lists for label in read_labels(path) if is_for_linux(label.filename)]
    chosen = {label.filename: label for label in labels if not filenames or label.filename in filenames}
    paths, missing = obtain([chosen[name] for name in sorted(chosen)], cache)
    if missing:
        raise SystemExit("\n".join(map(str, missing)))
    return list(paths.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the differences as a Markdown table and return the exit code."""
    parser = argparse.ArgumentParser(description="Compare our glibc floors with auditwheel's.")
    parser.add_argument("wheels", nargs="*", metavar="WHEEL", help="file names of the lists (default: all for Linux)")
    parser.add_argument("--list", type=Path, action="append", help="JSON Lines of releases")
    parser.add_argument("--explained", type=Path, default=EXPLAINED, help="known differences (%(default)s)")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where releases are kept (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="wheels at a time (%(default)s)")
    options = parser.parse_args(arguments)
    opinions = compare(_obtain(options.wheels, options.list or LISTS, options.cache), options.jobs)
    explained = explanations(options.explained)
    print("\n".join(_table(opinions, explained)))
    problems = list(complaints(opinions, explained))
    agreed = sum(opinion.agrees for opinion in opinions)
    print(f"\n{len(opinions)} wheels: {agreed} agree, {len(opinions) - agreed} differ, {len(problems)} unexplained")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 2 if not opinions else min(len(problems), 1)


if __name__ == "__main__":
    sys.exit(main())
