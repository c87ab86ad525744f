"""A process that judges one artifact after the other: a request per line of standard input, an answer per line.

It runs until its standard input ends. A process of its own, because a file that makes Python crash, fill the memory or
hang must not take the survey with it; and the same one for many files, because starting costs more than a small wheel.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from threading import Thread
from time import sleep

from wheelcheck import __version__
from wheelcheck.config import OF_UPLOADS, Config
from wheelcheck.engine import examine
from wheelcheck.facts import Wheel
from wheelcheck.inputs import open_regular
from wheelcheck.processes import answers
from wheelcheck.report.selection import select
from wheelcheck.rules import SEVERITIES
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wheelcheck.facts import Artifact
    from wheelcheck.results import Report

_LOOK = 1.0  # seconds
_PACKAGE = Path(__file__).resolve().parent.parent
_FINDING = ("code", "name", "severity", "path", "message")


@cache
def rule_set() -> str:
    """Return the version of wheelcheck and a hash of its own files: another rule set may judge differently."""
    digest = hashlib.sha256()
    for file in sorted(path for path in _PACKAGE.rglob("*") if path.suffix in (".py", ".json")):
        digest.update(f"{file.relative_to(_PACKAGE).as_posix()}\0".encode() + file.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def sha256_of(file: Path) -> str:
    """Return the hash of a file, read in pieces. Raises OSError."""
    digest = hashlib.sha256()
    with open_regular(file) as opened:
        while block := opened.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def answer(path: Path, known: list[str]) -> dict[str, Any]:
    """Return what `check` says of a file; of one whose SHA-256 is among `known` only that."""
    try:
        digest = sha256_of(path) if known else ""
        modified = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc).date().isoformat()
    except OSError as problem:
        return unverified(path, f"cannot be read: {problem.strerror or problem}")
    if digest in known:
        return {"sha256": digest, "file": path.name, "rules": rule_set()}
    report = examine([path], Config(each=True, deselect=OF_UPLOADS))
    return described(path, modified, report)


def described(path: Path, modified: str, report: Report) -> dict[str, Any]:
    """Return a report on one artifact as plain values."""
    chosen, gaps = select(report.findings), select(report.gaps)
    artifact = report.artifacts[0] if report.artifacts else None
    return {
        "sha256": artifact.sha256 if artifact else "",
        "file": path.name,
        "rules": rule_set(),
        "source": str(path),
        "project": artifact.name.project if artifact else "",
        "version": artifact.name.version if artifact else "",
        "platforms": _platforms(artifact) if artifact else [],
        "bytes": artifact.size if artifact else 0,
        "modified": modified,
        "verdict": report.verdict,
        "counts": {severity: report.count(severity) for severity in SEVERITIES},
        "gaps": [gap.why for gap in gaps.listed],
        "findings_omitted": len(chosen.omitted),
        "findings": [{name: getattr(finding, name) for name in _FINDING} for finding in chosen.listed],
    }


def unverified(path: Path, why: str, sha256: str = "") -> dict[str, Any]:
    """Return the answer for a file of which nothing is known but why."""
    return {
        "sha256": sha256,
        "file": path.name,
        "rules": rule_set(),
        "source": str(path),
        "project": "",
        "version": "",
        "platforms": [],
        "bytes": 0,
        "modified": "",
        "verdict": "unverified",
        "counts": dict.fromkeys(SEVERITIES, 0),
        "gaps": [why],
        "findings_omitted": 0,
        "findings": [],
    }


def _platforms(artifact: Artifact) -> list[str]:
    """Return the systems that the tags promise, such as "linux glibc x86_64"; "sdist" for an sdist."""
    if not isinstance(artifact, Wheel):
        return ["sdist"]
    named = ((each.system, each.libc, *each.arches) for each in artifact.platforms)
    return sorted({" ".join(filter(None, words)) or "unknown" for words in named})


def _end_with(parent: int) -> None:
    """End this process soon after its parent, whose time limit is gone too. On Windows that cannot be seen."""
    while os.getppid() == parent:
        sleep(_LOOK)
    os._exit(1)


def main() -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the survey is asked to stop, and ends its workers itself
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    channel = answers()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        channel.write(json.dumps(answer(Path(request["path"]), request["known"])).encode("ascii") + b"\n")
        channel.flush()
