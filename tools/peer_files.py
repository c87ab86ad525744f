"""The test files of another project: which of them are archives or native code, and what wheelcheck says of each."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidSdistFilename, parse_sdist_filename

from wheelcheck.archive import Budget, Bytes, container_format, walk
from wheelcheck.archive.formats import HEAD
from wheelcheck.binary import HEAD_SIZE, read_binary, recognise
from wheelcheck.engine import examine
from wheelcheck.rules.container import TOLERATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.damage import Damage

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".whl", ".egg")
_OURS = ("zip", "tar", "tar.gz", "tar.xz", "tar.bz2")
_LARGEST = 64 << 20  # bytes of a fixture


@dataclass(frozen=True, slots=True)
class Fixture:
    """One file: its path below the peer's folder, and wheelcheck's verdict with the codes or kinds that led to it."""

    path: str
    sha256: str
    verdict: str
    found: tuple[str, ...]


def read_fixtures(folder: Path) -> Iterator[Fixture]:
    """Yield every archive and native file below a folder, read and judged."""
    for path in sorted(Path(root) / name for root, _, names in os.walk(folder, followlinks=True) for name in names):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
            raw = path.read_bytes()
            judged = _judge(*decoded(path.name, raw))
            if judged:
                yield Fixture(path.relative_to(folder).as_posix(), hashlib.sha256(raw).hexdigest(), *judged)


def decoded(name: str, raw: bytes) -> tuple[str, bytes]:
    """Return a file without the text encoding that a repository keeps it in: uuencode or base64."""
    if name.endswith(".uu"):
        lines = raw.partition(b"\nend")[0].splitlines()
        start = next((number for number, line in enumerate(lines) if line.startswith(b"begin ")), len(lines))
        return name.removesuffix(".uu"), b"".join(map(_uu_line, lines[start + 1 :]))
    if name.endswith(".base64"):
        return name.removesuffix(".base64"), base64.b64decode(raw)
    return name, raw


def _uu_line(line: bytes) -> bytes:
    """Decode a line; some encoders write one character too many, or spaces that an editor has cut off."""
    length = (line[0] - 32) & 63 if line else 0
    wanted = (length * 4 + 2) // 3
    return binascii.a2b_uu(line[:1] + line[1 : 1 + wanted].ljust(wanted)) if length else b""


def _judge(name: str, content: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Return verdict and reasons; None for what is neither an archive that is read here nor native code."""
    found = container_format(content[:HEAD])
    if name.endswith(".whl"):
        return _judge_artifact(name, content)
    if found in _OURS or (not found and name.lower().endswith(_ARCHIVES)):
        damage: list[Damage] = []
        paths = [entry.path for entry, _ in walk(io.BytesIO(content), Budget(), damage)]
        if is_sdist(name, paths):
            return _judge_artifact(name, content)
        return _weigh([fault for fault in damage if fault.kind not in TOLERATED])
    if recognise(content[:HEAD_SIZE], len(content)):
        binary = read_binary(name, Bytes(content))
        return _weigh(list(binary.damage) if binary else [])
    return None


def _judge_artifact(name: str, content: bytes) -> tuple[str, tuple[str, ...]]:
    """Put a wheel or an sdist through the whole gate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        found = examine([path])
    errors = {finding.code for finding in found.findings if finding.severity == "error"}
    return found.verdict, tuple(sorted(errors))


def _weigh(damage: list[Damage]) -> tuple[str, tuple[str, ...]]:
    kinds = tuple(sorted({fault.kind for fault in damage}))
    if any(not fault.cap for fault in damage):
        return "fail", kinds
    return ("unverified" if damage else "pass"), kinds


def is_sdist(name: str, paths: Iterable[str]) -> bool:
    """Return whether a name is that of an sdist, and a file that every sdist has is among its paths."""
    try:
        parse_sdist_filename(name)
    except InvalidSdistFilename:
        return False
    return any(path.endswith("/PKG-INFO") and path.count("/") == 1 for path in paths)
