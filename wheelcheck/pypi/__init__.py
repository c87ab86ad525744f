"""Released files of a package index, fetched into a cache: verified, whole, or not at all.

`address` says which index is asked, `http` how, and `listing` reads what it lists. User info in its URL is sent as
Basic authentication to that host only. Each run asks the index what it lists now (PEP 503, PEP 691). A file lies in the
cache below the SHA-256 that the listing states, and is used only if its bytes still have that digest: two indexes with
different files of one name never mix. What cannot be obtained is a value with a reason, never a hole that goes
unnoticed. The standard library is enough for this: one listing, and downloads whose digest is known.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelcheck.credentials import without_credentials
from wheelcheck.patterns import regex
from wheelcheck.pypi.address import index_address
from wheelcheck.pypi.http import Client, TransferError
from wheelcheck.pypi.listing import ACCEPT, Listed, StrangeListingError, parse
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARALLEL = 4
_ABSENT = frozenset({404, 410})
_SHA256 = regex(r"[0-9a-f]{64}")


class UnobtainableError(Exception):
    """A released file could not be obtained; the message says which and why, without any password of a URL."""

    def __init__(self, message: str) -> None:
        super().__init__(without_credentials(message))


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """One released file: the project it belongs to and its file name on the index."""

    project: str
    filename: str


Outcome = Path | UnobtainableError
Listing = dict[str, Listed] | UnobtainableError


def release_files(project: str, version: str, index_url: str = "") -> tuple[Wanted, ...]:
    """Return every file that the index lists for one release, yanked ones included, by file name.

    Raises UnobtainableError where the index has no such project or release, or does not answer.
    """
    return _of_release(_listing(_connected(index_url), project), project, version)


def release_digests(project: str, version: str, index_url: str = "") -> dict[str, str]:
    """Return the SHA-256 of every file of one release by its name; raises UnobtainableError as release_files does."""
    listing = _listing(_connected(index_url), project)
    names = [item.filename for item in _of_release(listing, project, version)]
    return {name: listing[name].sha256 for name in names} if isinstance(listing, dict) else {}


def newest_version(project: str, index_url: str = "") -> str:
    """Return the newest version of a project, before a release the newest pre-release; empty text if there is none.

    Raises UnobtainableError where the index has no such project or does not answer.
    """
    listing = _listing(_connected(index_url), project)
    if isinstance(listing, UnobtainableError):
        raise listing
    return max(_versions(listing), key=_as_installed, default="")


def fetch_release(project: str, version: str, cache: Path, index_url: str = "") -> Iterator[tuple[Wanted, Outcome]]:
    """Yield every file of one release with its path or the reason why there is none; the index is listed once.

    Raises UnobtainableError as release_files does.
    """
    index = _connected(index_url)
    listing = _listing(index, project)
    yield from _fetch(index, _of_release(listing, project, version), {project: listing}, cache, PARALLEL)


def fetch_all(
    wanted: Iterable[Wanted], cache: Path, parallel: int = PARALLEL, index_url: str = ""
) -> Iterator[tuple[Wanted, Outcome]]:
    """Yield every wanted file in the order given, with its verified path or the reason why there is none."""
    order = tuple(dict.fromkeys(wanted))
    projects = sorted({item.project for item in order})
    index = _connected(index_url)
    with ThreadPoolExecutor(parallel) as pool:
        listings = dict(zip(projects, pool.map(partial(_listing, index), projects), strict=True))
    yield from _fetch(index, order, listings, cache, parallel)


def _fetch(
    index: Client, order: Iterable[Wanted], listings: dict[str, Listing], cache: Path, parallel: int
) -> Iterator[tuple[Wanted, Outcome]]:
    with ThreadPoolExecutor(parallel) as pool:
        tasks = [(item, pool.submit(_obtain, index, listings[item.project], item, cache)) for item in order]
        for item, task in tasks:
            yield item, task.result()


def _of_release(listing: Listing, project: str, version: str) -> tuple[Wanted, ...]:
    if isinstance(listing, UnobtainableError):
        raise listing
    found = sorted(name for name, package in listing.items() if _same_version(package.version, version))
    if not found:
        raise UnobtainableError(f"{project!r} has no release {version}: {_known(listing)}")
    return tuple(Wanted(project, name) for name in found)


def _known(listing: dict[str, Listed]) -> str:
    versions = sorted(_versions(listing), key=_version_key)
    if len(versions) == 1:
        return f"its only one is {versions[0]}"
    return f"the last of its {len(versions)} are {', '.join(versions[-3:])}" if versions else "it has none"


def _versions(listing: dict[str, Listed]) -> set[str]:
    return {package.version for package in listing.values() if package.version}


def _as_installed(version: str) -> tuple[bool, bool, Version, str]:
    """Order versions as installers prefer them: releases after pre-releases."""
    valid, number, text = _version_key(version)
    return valid, not number.is_prerelease, number, text


def _version_key(version: str) -> tuple[bool, Version, str]:
    """Order versions by PEP 440, those of before it first."""
    try:
        return True, Version(version), version
    except InvalidVersion:
        return False, Version("0"), version


def _same_version(ours: str | None, wanted: str) -> bool:
    try:
        return ours is not None and Version(ours) == Version(wanted)
    except InvalidVersion:
        return ours == wanted


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _connected(index_url: str) -> Client:
    """Return a client of the index to ask. Raises UnobtainableError if nothing names one."""
    address = index_url or index_address(os.environ)
    if not address:
        raise UnobtainableError("no package index is known: name one with --index-url or PIP_INDEX_URL")
    try:
        return Client(address)
    except TransferError as problem:
        raise UnobtainableError(str(problem)) from problem


def _listing(index: Client, project: str) -> Listing:
    address = f"{index.address.rstrip('/')}/{canonicalize_name(project)}/"
    try:
        return parse(index.page(address, ACCEPT), project)
    except StrangeListingError as problem:
        return UnobtainableError(f"{index.address} is no package index for {project}: {problem}")
    except TransferError as problem:
        if problem.status in _ABSENT:
            return UnobtainableError(f"the index has no project {project!r}")
        return UnobtainableError(f"cannot reach the index for {project}: {problem} ({index.address})")


def _obtain(index: Client, listing: Listing, item: Wanted, cache: Path) -> Outcome:
    try:
        listed = _find(listing, item)
        path = cache / listed.sha256 / item.filename
        return path if _is_cached(path, listed.sha256) else _download(index, listed, path)
    except UnobtainableError as error:
        return error


def _is_cached(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _find(listing: Listing, item: Wanted) -> Listed:
    """Return the listed file. Its name and digest become part of a path, so both must be what they claim to be."""
    if isinstance(listing, UnobtainableError):
        raise UnobtainableError(f"{item.filename}: {listing}")
    if item.filename not in listing:
        raise UnobtainableError(f"{item.filename}: not among the {len(listing)} files of {item.project!r} on the index")
    if Path(item.filename).name != item.filename:
        raise UnobtainableError(f"{item.filename!r} is not a plain file name")
    if not _SHA256.fullmatch(listing[item.filename].sha256):
        raise UnobtainableError(f"{item.filename}: the index states no SHA-256, so the bytes could not be verified")
    return listing[item.filename]


def _download(index: Client, listed: Listed, path: Path) -> Path:
    part = path.parent.parent / f".{listed.sha256}.{path.name}.{os.getpid()}.part"  # no other download takes it away
    try:
        index.download(listed.address, part)
        if (found := sha256_of(part)) != listed.sha256:
            raise UnobtainableError(f"{path.name}: SHA-256 is {found}, the index states {listed.sha256}")
        path.parent.mkdir(exist_ok=True)
        return part.replace(path)
    except TransferError as problem:
        raise UnobtainableError(f"{path.name}: download failed: {problem}") from problem
    finally:
        part.unlink(missing_ok=True)
