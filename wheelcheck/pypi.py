"""Released files of the package index, fetched by project and name into a cache: verified, whole, or not at all.

The index is pypi-simple's own default, or the one that is given or that PIP_INDEX_URL names, as pip would take it. A
file enters the cache only whole and only with the SHA-256 that the index states; the digest stays beside it, so a later
run verifies what it reuses without the network. What cannot be had is a value with a reason, never a hole that goes
unnoticed. Needs the extra `wheelcheck[index]`.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version
from pypi_simple import (
    PYPI_SIMPLE_ENDPOINT,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedRepoVersionError,
)
from requests import RequestException
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pypi_simple import DistributionPackage

PARALLEL = 4
TRIES = 3
SECONDS = 60.0
_DIGESTS = ".sha256"


class UnobtainableError(Exception):
    """A released file could not be had; the text says which and why."""


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """One released file: the project it belongs to and its file name on the index."""

    project: str
    filename: str


Outcome = Path | UnobtainableError
Listing = dict[str, "DistributionPackage"] | UnobtainableError


def release_files(project: str, version: str, index_url: str = "") -> tuple[Wanted, ...]:
    """Return every file that the index lists for one release, yanked ones included, by file name.

    Raises UnobtainableError where the index has no such project or release, or does not answer.
    """
    with _client(index_url) as client:
        listing = _listing(client, project)
    if isinstance(listing, UnobtainableError):
        raise listing
    found = sorted(name for name, package in listing.items() if _same_version(package.version, version))
    if not found:
        raise UnobtainableError(f"{project!r} has no release {version}: {_known(listing)}")
    return tuple(Wanted(project, name) for name in found)


def _known(listing: dict[str, DistributionPackage]) -> str:
    versions = sorted({package.version for package in listing.values() if package.version}, key=_version_key)
    return f"the last of its {len(versions)} are {', '.join(versions[-3:])}" if versions else "it has none"


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


def fetch_all(
    wanted: Iterable[Wanted], cache: Path, parallel: int = PARALLEL, index_url: str = ""
) -> Iterator[tuple[Wanted, Outcome]]:
    """Yield every wanted file in the order given, with its verified path or the reason why there is none."""
    order = tuple(dict.fromkeys(wanted))
    with _client(index_url) as client, ThreadPoolExecutor(parallel) as pool:
        have = dict(zip(order, pool.map(partial(cached, cache), order), strict=True))
        projects = sorted({item.project for item in order if have[item] is None})
        listings = dict(zip(projects, pool.map(partial(_listing, client), projects), strict=True))
        tasks = [pool.submit(_obtain, client, listings.get(item.project), item, cache, have[item]) for item in order]
        for item, task in zip(order, tasks, strict=True):
            yield item, task.result()


def cached(cache: Path, item: Wanted) -> Path | None:
    """Return the cached file if its bytes still have the digest the index stated for it."""
    path, digest = cache / item.filename, cache / _DIGESTS / item.filename
    if not (path.is_file() and digest.is_file()):
        return None
    return path if sha256_of(path) == digest.read_text(encoding="ascii").strip() else None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _client(index_url: str) -> PyPISimple:
    client = PyPISimple(index_url or os.environ.get("PIP_INDEX_URL") or PYPI_SIMPLE_ENDPOINT)
    client.s.verify = os.environ.get("PIP_CERT") or True
    retry = HTTPAdapter(max_retries=Retry(TRIES, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504)))
    client.s.mount("https://", retry)
    return client


def _listing(client: PyPISimple, project: str) -> Listing:
    try:
        page = client.get_project_page(project, timeout=SECONDS)
    except NoSuchProjectError:
        return UnobtainableError(f"the index has no project {project!r}")
    except RequestException as error:
        return UnobtainableError(f"the index did not answer for {project!r}: {error}")
    except (UnsupportedRepoVersionError, ValueError) as error:
        return UnobtainableError(f"the index did not answer for {project!r} as one does: {error}")
    return {package.filename: package for package in page.packages}


def _obtain(client: PyPISimple, listing: Listing | None, item: Wanted, cache: Path, have: Path | None) -> Outcome:
    if have is not None:
        return have
    try:
        return _download(client, _find(listing, item), cache / item.filename)
    except UnobtainableError as error:
        return error


def _find(listing: Listing | None, item: Wanted) -> DistributionPackage:
    if listing is None or isinstance(listing, UnobtainableError):
        raise UnobtainableError(f"{item.filename}: {listing}")
    if item.filename not in listing:
        raise UnobtainableError(f"{item.filename}: not among the {len(listing)} files of {item.project!r} on the index")
    if "sha256" not in listing[item.filename].digests:
        raise UnobtainableError(f"{item.filename}: the index states no SHA-256, so the bytes could not be verified")
    return listing[item.filename]


def _download(client: PyPISimple, package: DistributionPackage, path: Path) -> Path:
    if Path(package.filename).name != package.filename:
        raise UnobtainableError(f"{package.filename!r} is not a plain file name")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _transfer(client, package, part)
        expected, found = package.digests["sha256"], sha256_of(part)
        if found != expected:
            raise UnobtainableError(f"{path.name}: SHA-256 is {found}, the index states {expected}")
        return _keep(part, path, found)
    finally:
        part.unlink(missing_ok=True)


def _transfer(client: PyPISimple, package: DistributionPackage, part: Path) -> None:
    """Download with a few tries: a connection that breaks within a body is no news about the release."""
    problem: RequestException | None = None
    for _ in range(TRIES):
        problem = _attempt(client, package, part)
        if problem is None:
            return
    raise UnobtainableError(f"{package.filename}: download failed: {problem}")


def _attempt(client: PyPISimple, package: DistributionPackage, part: Path) -> RequestException | None:
    try:
        client.download_package(package, part, verify=False, timeout=SECONDS)
    except RequestException as error:
        return error
    return None


def _keep(part: Path, path: Path, sha256: str) -> Path:
    """Move a verified file into place, its digest last: a file without one is fetched again."""
    part.replace(path)
    digest = path.parent / _DIGESTS / path.name
    digest.parent.mkdir(parents=True, exist_ok=True)
    note = digest.with_name(f".{digest.name}.{os.getpid()}.part")
    note.write_text(sha256, encoding="ascii")
    note.replace(digest)
    return path
