"""Reads requirements.txt as pip does where every requirement is pinned: hashes, markers, continued lines, -r and -c."""

from __future__ import annotations

import re
import shlex

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from wheelcheck.inputs import UnreachableError, open_regular
from wheelcheck.locks.pins import Pin
from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelcheck.locks.target import Target

MOST = 64 << 20  # bytes of a lock file
_DEEPEST = 10  # files that include each other
_COMMENT = regex(r"(^|\s)#.*$")
_NESTED = ("-r", "--requirement")
_WITHOUT_MEANING = (
    "-c",
    "--constraint",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--trusted-host",
)
_SWITCHES = (
    "--no-index",
    "--require-hashes",
    "--prefer-binary",
    "--pre",
    "--use-feature",
    "--no-binary",
    "--only-binary",
)
_FIX = "pin it with a hash: `uv pip compile --generate-hashes` or `pip-compile --generate-hashes`"


def read(path: Path, target: Target) -> list[Pin]:
    """Return what a requirements file pins for a machine. Raises UnreachableError."""
    return list(_read(path, target, _DEEPEST))


def content_of(path: Path) -> bytes:
    """Return the bytes of a lock file. Raises UnreachableError for one that cannot be read or is too large."""
    try:
        with open_regular(path) as file:
            content = file.read(MOST + 1)
    except FileNotFoundError as problem:
        raise UnreachableError(f"{path}: no such file") from problem
    except (OSError, ValueError) as problem:  # ValueError: a name that holds a NUL
        raise UnreachableError(f"{path} cannot be read: {getattr(problem, 'strerror', '') or problem}") from problem
    if content is None or len(content) > MOST:
        raise UnreachableError(f"{path} has more than {MOST >> 20} MiB, which is no lock file")
    return content


def _read(path: Path, target: Target, depth: int) -> Iterator[Pin]:
    if not depth:
        raise UnreachableError(f"{path}: more than {_DEEPEST} files include each other")
    for number, line in _lines(path):
        words = _words(line, f"{path}:{number}") if line.startswith("-") else []
        if words and words[0].partition("=")[0] in _NESTED:
            yield from _read(path.parent / (words[0].partition("=")[2] or words[-1]), target, depth - 1)
        elif line.startswith("-"):
            _accept_option(words[0].partition("=")[0], f"{path}:{number}")
        else:
            yield from _pinned(line, f"{path}:{number}", target)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each logical line with its number: continued lines joined, comments and blank lines left out."""
    try:
        text = content_of(path).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UnreachableError(f"{path} is not encoded as UTF-8") from problem
    held, start = "", 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        start = start if held else number
        plain = _COMMENT.sub("", line).rstrip()
        if plain.endswith("\\"):
            held += plain[:-1] + " "
            continue
        whole, held = (held + plain).strip(), ""
        if whole:
            yield start, whole


def _words(line: str, place: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as problem:
        raise UnreachableError(f"{place}: {line[:200]!r} has a quotation mark or a backslash too many") from problem


def _accept_option(name: str, place: str) -> None:
    if name in ("-e", "--editable"):
        raise UnreachableError(f"{place}: an editable requirement is no released file; leave it out")
    if name not in (*_WITHOUT_MEANING, *_SWITCHES):
        raise UnreachableError(f"{place}: {name} is not an option that wheelcheck knows in a requirements file")


def _pinned(line: str, place: str, target: Target) -> Iterator[Pin]:
    said, *options = re.split(r"\s--(?=hash[= ]|config-settings)", line)
    try:
        requirement = Requirement(said.strip())
    except (InvalidRequirement, RecursionError) as problem:
        raise UnreachableError(f"{place}: {said.strip()[:200]!r} is no pinned requirement of an index") from problem
    if requirement.url:
        raise UnreachableError(f"{place}: {requirement.name} comes from an address, not from an index")
    if requirement.marker and not target.takes(str(requirement.marker)):
        return
    pinned = [
        each.version for each in requirement.specifier if each.operator in ("==", "===") and "*" not in each.version
    ]
    if len(pinned) != 1:
        raise UnreachableError(f"{place}: {requirement.name} is not pinned to one version; {_FIX}")
    hashes = [option.strip()[5:].strip() for option in options if option.startswith("hash")]
    found = frozenset(each.partition(":")[2].lower() for each in hashes if each.startswith("sha256:"))
    if hashes and not found:
        raise UnreachableError(f"{place}: {requirement.name} has no SHA-256 among its hashes; {_FIX}")
    yield Pin(canonicalize_name(requirement.name), pinned[0], place, hashes=found)
