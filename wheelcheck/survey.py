"""Judges any number of artifacts, each in a process of its own, into a file of JSON Lines that a later run continues.

The first row says what the file is. Each artifact follows as the rows of its findings and then its own row, which
closes it: what an interrupted run has left behind the last such row is written again.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelcheck import __version__
from wheelcheck.inputs import UnreachableError, open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

SCHEMA = 1
TIMEOUT = 600  # seconds for one artifact
_PACKAGE = Path(__file__).resolve().parent
_CHECK = ("-m", "wheelcheck", "check", "--each", "--no-config", "--no-progress", "--format", "json", "--")
_HEADER = {"type": "survey", "schema": SCHEMA}
_FINDING = ("code", "name", "severity", "path", "message")

Key = tuple[str, str, str]  # SHA-256, file name, rule set


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One artifact and what `check` says of it. `sha256` is empty for a file that cannot be read."""

    sha256: str
    path: Path
    verdict: str
    counts: dict[str, int]
    findings: tuple[dict[str, Any], ...] = ()
    gaps: tuple[str, ...] = ()
    omitted: int = 0  # findings that the JSON report of `check` counts and does not list

    def rows(self, rules: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of the findings, then that of the artifact; `rules` names the rule set."""
        key = {"sha256": self.sha256, "file": self.path.name, "rules": rules}
        for finding in self.findings:
            yield {"type": "finding", **key, **{field: finding[field] for field in _FINDING}}
        told = {"source": str(self.path), "verdict": self.verdict, "counts": self.counts}
        yield {"type": "artifact", **key, **told, "gaps": list(self.gaps), "findings_omitted": self.omitted}


def rule_set() -> str:
    """Return the version of wheelcheck and a hash of its own files: another rule set may judge differently."""
    digest = hashlib.sha256()
    for file in sorted(path for path in _PACKAGE.rglob("*") if path.suffix in (".py", ".json")):
        digest.update(f"{file.relative_to(_PACKAGE).as_posix()}\0".encode() + file.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def survey(
    files: Iterable[Path], output: Path, jobs: int, timeout: float, tell: Callable[[int, int, Surveyed], None]
) -> Counter[str]:
    """Judge the files that `output` does not hold yet under this rule set, and append their rows to it.

    At most `jobs` processes run at a time, each for at most `timeout` seconds. `tell` is called with the number of
    artifacts judged so far, their total, and the last one. Returns the verdicts on all the files, counted, those that
    `output` held before included. Raises UnreachableError for an output that is no survey,
    OSError if it cannot be read or written.
    """
    rules = rule_set()
    known = _continued(output)
    waiting = list(files)
    verdicts: Counter[str] = Counter()
    pool = ThreadPoolExecutor(jobs)
    try:
        judge = partial(_surveyed, rules=rules, known=known, timeout=timeout)
        futures = [pool.submit(judge, file) for file in waiting]
        with output.open("ab") as results:
            for number, future in enumerate(as_completed(futures), 1):
                key, found = future.result()
                if found and key not in known:  # the same file may lie in two folders
                    known[key] = found.verdict
                    results.write(b"".join(map(_line, found.rows(rules))))
                    results.flush()
                    tell(number, len(waiting), found)
                verdicts[known[key]] += 1
    finally:
        pool.shutdown(cancel_futures=True)
    return verdicts


def rows(output: Path) -> Iterator[dict[str, Any]]:
    """Yield the complete rows of a survey. Raises UnreachableError if the file is none, OSError if it is unreadable."""
    with output.open("rb") as lines:
        for number, line in enumerate(lines):
            row = _row(line)
            if row is None and line.endswith(b"\n"):
                raise UnreachableError(f"{output} is not a survey: line {number + 1} is no row of one")
            if not number and row != _HEADER:
                raise UnreachableError(f"{output} is not a survey of schema {SCHEMA}: name another file")
            if row is not None:
                yield row


def _continued(output: Path) -> dict[Key, str]:
    """Return the verdict on each artifact that a survey holds, and cut off what is unfinished; begin a new one."""
    if not output.exists() or not output.stat().st_size:
        output.write_bytes(_line(_HEADER))
        return {}
    known: dict[Key, str] = {}
    end = place = 0
    for row in rows(output):
        place += len(_line(row))
        if row["type"] != "finding":
            end = place
        if row["type"] == "artifact" and row["sha256"]:
            known[row["sha256"], row["file"], row["rules"]] = row["verdict"]
    os.truncate(output, end)
    return known


def _line(row: dict[str, Any]) -> bytes:
    return f"{json.dumps(row)}\n".encode("ascii")


def _row(line: bytes) -> dict[str, Any] | None:
    """Return the row that a line holds; None for one that is cut off or has not the bytes that we write."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and "type" in row and _line(row) == line else None


def _surveyed(file: Path, rules: str, known: Container[Key], timeout: float) -> tuple[Key, Surveyed | None]:
    """Return the key of a file, and what `check` says of it: None if that is known. Without a hash its path counts."""
    try:
        digest = _sha256(file)
    except OSError as problem:
        why = f"cannot be read: {problem.strerror or problem}"
        return (str(file), file.name, rules), _unverified("", file, why)
    key = (digest, file.name, rules)
    return key, None if key in known else _checked(digest, file, timeout)


def _checked(digest: str, file: Path, timeout: float) -> Surveyed:
    """Run `check` on a file. However its process ends, this is one artifact: at worst one that is not verified."""
    command = [sys.executable, *_CHECK, str(file.absolute())]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    try:  # in the folder of our own package, because Python imports from the current one first
        ended = subprocess.run(  # noqa: S603  # our own command line; the path is one argument behind `--`
            command,
            cwd=_PACKAGE.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _unverified(digest, file, f"the check did not end within {timeout:g} seconds")
    try:
        report = json.loads(ended.stdout)
    except ValueError:
        return _unverified(digest, file, f"the check ended with exit code {ended.returncode} and without a report")
    if any(artifact["sha256"] != digest for artifact in report["artifacts"]):
        return _unverified(digest, file, "the file changed while it was being read")
    return Surveyed(
        digest,
        file,
        report["verdict"],
        report["counts"],
        tuple(report["findings"]),
        tuple(gap["why"] for gap in report["gaps"]),
        report["findings_omitted"],
    )


def _unverified(digest: str, file: Path, why: str) -> Surveyed:
    return Surveyed(digest, file, "unverified", {"error": 0, "warning": 0, "note": 0}, gaps=(why,))


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(file) as opened:
        while block := opened.read(2**20):
            digest.update(block)
    return digest.hexdigest()
