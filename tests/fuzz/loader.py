"""The session `loader`: changed ELF files, asked of the loader at the floor of a tag and of the gate.

A file that the loader refuses and the gate passes is a wrong pass. What is bound when it is first called must be at
least a finding. Files that the loader takes and the gate refuses are counted by rule.

Two things are counted and not judged. Relative relocations name no symbol and are most of a file: the gate does not
read them. And where a changed table sends the loader into memory that is not there, it crashes without a word.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.fuzz import loaders
from tests.fuzz.elf_mutations import mutated
from tests.fuzz.elf_seeds import Seed, seeds
from tests.support.artifacts import File, a_wheel
from wheelcheck.engine import examine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelcheck.results import Report

_LOADING = ("WC305", "WC4")
_UNREAD = re.compile(r"elf_machine_rela_relative|unsupported relocation|^ended with -\d+$")
_ABSENT = re.compile(r"=> not found|Error loading shared library|cannot open shared object file")


@dataclass(frozen=True)
class Case:
    """One input: a file, the floor at which it is judged (empty: musl), and how it was made."""

    name: str
    seed: Seed
    content: bytes
    floor: str
    done: str = "nothing"


@dataclass
class Tally:
    """What a run has seen."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)  # by rule, what the loader takes
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the summary."""
        yield ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        yield "taken by the loader and refused: " + ", ".join(f"{code} {n}" for code, n in self.refused.most_common())
        yield f"wrong passes: {len(self.wrong)}"


def cases(word: str, numbers: range, from_: Sequence[Seed] | None = None) -> Iterator[Case]:
    """Yield inputs, each made from the seed word and its number alone."""
    for number in numbers:
        words = Random(f"loader {word} {number}")  # noqa: S311 - a fuzzer's choices
        seed = words.choice(from_ or _askable())
        floor = words.choice((seed.floor, seed.floor, "2.17", "2.28")) if seed.floor else ""
        content, done = mutated(seed.anatomy, words)
        yield Case(f"loader {word} {number}", seed, content, floor, done)


def _askable() -> tuple[Seed, ...]:
    return tuple(seed for seed in seeds() if seed.floor or loaders.MUSL.exists())


def compare(case: Case, folder: Path, tally: Tally) -> None:
    """Ask loader and gate about one input, and record where the gate let something through."""
    report = judged(case, folder)
    at_once, late = asked(case, folder)
    passes = report.verdict == "pass"
    tally.counts["inputs"] += 1
    tally.counts["accepted" if not at_once else "refused by the loader"] += 1
    unread = next((line for line in at_once or late if _UNREAD.search(line)), "")
    if passes and unread:
        tally.counts["not judged: the loader crashed" if unread.startswith("ended") else "not judged: relative"] += 1
    elif passes and not is_explained(at_once, late, {finding.code for finding in report.findings}):
        problem = (at_once or late)[0]
        tally.wrong.append(f"{case.name}: {case.seed.name} at {case.floor or 'musl'}; {case.done}; {problem}")
    if not passes and not at_once and not late:
        tally.refused.update({finding.code for finding in report.findings if finding.severity == "error"} or {"gap"})


def is_explained(at_once: Sequence[str], late: Sequence[str], found: set[str]) -> bool:
    """Return whether a pass is right: the loader takes the file, or a warning says what depends on the user's system.

    WC411 warns of libraries that are in no wheel, WC421 of functions that are looked up when they are first called.
    """
    if at_once:
        return "WC411" in found and any(_ABSENT.search(line) for line in at_once)
    return not late or any(code.startswith(_LOADING) for code in found)


def judged(case: Case, folder: Path) -> Report:
    """Return the gate's report on a wheel that holds the file, tagged for the floor."""
    tag = f"manylinux_{case.floor.replace('.', '_')}" if case.floor else "musllinux_1_2"
    made = a_wheel(f"cp311-cp311-{tag}_x86_64", File(case.seed.path, case.content, case.seed.mode)).write(folder)
    return examine([made])


def asked(case: Case, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the loader says when it loads the file, and when it also binds every function."""
    file = folder / "subject.so"
    file.unlink(missing_ok=True)
    file.write_bytes(case.content)
    file.chmod(0o755)
    if not case.floor:
        said = loaders.complaints_of_musl(file)
        late = tuple(line for line in said if "symbol not found" in line)
        return tuple(line for line in said if line not in late), late
    at_once = loaders.complaints(file, case.floor, is_program=case.seed.is_program)
    late = at_once or loaders.complaints(file, case.floor, is_program=case.seed.is_program, now=True)
    return at_once, late


def run(word: str, numbers: range, seconds: float) -> int:
    """Run the session, print what it found, and return the exit code: 1 for a wrong pass."""
    if not loaders.IS_HERE:
        print("the session `loader` needs Linux on x86_64 with glibc")
        return 2
    if not loaders.MUSL.exists():
        print("musl's loader is not here, so nothing is asked of it")
    tally, until = Tally(), time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(word, numbers):
            known = len(tally.wrong)
            compare(case, Path(folder), tally)
            for line in tally.wrong[known:]:
                print(line, flush=True)
            if time.monotonic() > until:
                break
    print(*tally.lines(), sep="\n")
    return int(bool(tally.wrong))
