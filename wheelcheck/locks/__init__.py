"""Lock files: which released files an install on one machine would take, fetched with their hashes held.

`requirements` reads requirements.txt with hashes, `tables` pylock.toml (PEP 751) and uv.lock, `target` is the machine
that the install is for. Files are asked from the user's own index by name; a hash that the lock does not list is an
error, wherever the bytes come from. Only projects of an index have files to check: what a lock takes from a folder, an
address or a repository is refused with its reason.
"""

from __future__ import annotations

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from wheelcheck import pypi
from wheelcheck.inputs import UnreachableError, cache_folder
from wheelcheck.locks import requirements, tables
from wheelcheck.locks.target import Target
from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wheelcheck.locks.pins import Pin

__all__ = ["Target", "fetch", "is_lock_file", "pins"]
_TABLES = regex(r"pylock\.([^.]+\.)?toml|uv\.lock")


def is_lock_file(path: Path) -> bool:
    """Return whether a path has the name of a lock file that needs no option to be told from other files."""
    return bool(_TABLES.fullmatch(path.name))


def pins(path: Path, target: Target) -> list[Pin]:
    """Return what a lock file pins for a machine. Raises UnreachableError for one that cannot be read or used."""
    read = tables.read if is_lock_file(path) else requirements.read
    return read(path, target)


def fetch(files: Iterable[Path], target: Target, index_url: str = "") -> list[Path]:
    """Return the files that an install from these lock files takes, one per project, fetched into the cache.

    Raises UnreachableError if a lock cannot be used, a project has no file for the machine, or a hash differs.
    """
    wanted = [pin for file in files for pin in pins(file, target)]
    chosen = [(pin, _choose(pin, target, index_url)) for pin in dict.fromkeys(wanted)]
    obtained = pypi.fetch_all([pypi.Wanted(pin.project, name) for pin, name in chosen], cache_folder(), 4, index_url)
    paths = dict(obtained)
    return [_held(pin, name, paths[pypi.Wanted(pin.project, name)]) for pin, name in chosen]


def _choose(pin: Pin, target: Target, index_url: str) -> str:
    """Return the file of a pinned release that an installer takes: the wheel of the best tag, else the sdist."""
    names = dict(pin.files) or _listed(pin, index_url)
    ranked = sorted((rank, name) for name in names if (rank := _rank(name, target)) is not None)
    if ranked:
        return ranked[0][1]
    sdists = sorted(name for name in names if name.endswith((".tar.gz", ".zip")))
    if not sdists:
        raise UnreachableError(f"{pin.place}: no file of {pin.project} {pin.version} can be installed on {target}")
    return sdists[0]


def _listed(pin: Pin, index_url: str) -> dict[str, str]:
    """Return the files of a release that the index lists with a hash of the lock, or all where the lock has none."""
    try:
        listed = pypi.release_digests(pin.project, pin.version, index_url)
    except pypi.UnobtainableError as problem:
        raise UnreachableError(f"{pin.place}: {problem}") from problem
    names = {name: digest for name, digest in listed.items() if not pin.hashes or digest in pin.hashes}
    if not names:
        release = f"{pin.project} {pin.version}"
        raise UnreachableError(
            f"{pin.place}: no file of {release} on the index has a listed hash, of {len(listed)} in all"
        )
    return names


def _rank(name: str, target: Target) -> int | None:
    """Return how well a wheel fits, 0 the best; None if it does not."""
    try:
        tags = parse_wheel_filename(name)[3]
    except InvalidWheelFilename:
        return None
    ranks = [target.ranks[tag] for tag in tags if tag in target.ranks]
    return min(ranks, default=None)


def _held(pin: Pin, name: str, outcome: pypi.Outcome) -> Path:
    if isinstance(outcome, pypi.UnobtainableError):
        raise UnreachableError(f"{pin.place}: {outcome}") from outcome
    found, allowed = outcome.parent.name, {dict(pin.files).get(name, ""), *pin.hashes} - {""}
    if allowed and found not in allowed:
        raise UnreachableError(
            f"{pin.place}: {name} has SHA-256 {found} on the index, the lock file says {', '.join(sorted(allowed))}"
        )
    return outcome
