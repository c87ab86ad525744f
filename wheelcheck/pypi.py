"""Released files of a package index, fetched into a cache: verified, whole, or not at all.

The index is the one that is given, that PIP_INDEX_URL names, or pypi-simple's default; user info in its URL is sent as
Basic authentication to that host only. Each run asks the index what it lists now (PEP 503, PEP 691). A file lies in the
cache below the SHA-256 that the listing states, and is used only if its bytes still have that digest: two indexes with
different files of one name never mix. What cannot be obtained is a value with a reason, never a hole that goes
unnoticed. Needs the extra `wheelcheck[index]`.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
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
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_auth_from_url
from urllib3.util import Retry

from wheelcheck.credentials import split_credentials, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pypi_simple import DistributionPackage
    from requests import PreparedRequest

PARALLEL = 4
TRIES = 3
SECONDS = 60.0
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
Listing = dict[str, "DistributionPackage"] | UnobtainableError


def release_files(project: str, version: str, index_url: str = "") -> tuple[Wanted, ...]:
    """Return every file that the index lists for one release, yanked ones included, by file name.

    Raises UnobtainableError where the index has no such project or release, or does not answer.
    """
    with _connected(index_url) as index:
        return _of_release(_listing(index, project), project, version)


def fetch_release(project: str, version: str, cache: Path, index_url: str = "") -> Iterator[tuple[Wanted, Outcome]]:
    """Yield every file of one release with its path or the reason why there is none; the index is listed once.

    Raises UnobtainableError as release_files does.
    """
    with _connected(index_url) as index:
        listing = _listing(index, project)
        yield from _fetch(index, _of_release(listing, project, version), {project: listing}, cache, PARALLEL)


def fetch_all(
    wanted: Iterable[Wanted], cache: Path, parallel: int = PARALLEL, index_url: str = ""
) -> Iterator[tuple[Wanted, Outcome]]:
    """Yield every wanted file in the order given, with its verified path or the reason why there is none."""
    order = tuple(dict.fromkeys(wanted))
    projects = sorted({item.project for item in order})
    with _connected(index_url) as index:
        with ThreadPoolExecutor(parallel) as pool:
            listings = dict(zip(projects, pool.map(partial(_listing, index), projects), strict=True))
        yield from _fetch(index, order, listings, cache, parallel)


def _fetch(
    index: _Index, order: Iterable[Wanted], listings: dict[str, Listing], cache: Path, parallel: int
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


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@dataclass
class _Index:
    """An index that any number of threads may ask: each gets a session of its own, for requests shares none safely."""

    address: str
    credentials: tuple[str, str] | None
    _clients: list[PyPISimple] = field(default_factory=list)
    _local: threading.local = field(default_factory=threading.local)

    @property
    def client(self) -> PyPISimple:
        """The client of this thread."""
        if not hasattr(self._local, "client"):
            self._local.client = self._connect()
            self._clients.append(self._local.client)  # atomic
        return self._local.client  # type: ignore[no-any-return]  # what was just set

    def _connect(self) -> PyPISimple:
        client = PyPISimple(self.address, auth=_HostAuth(self.address, *self.credentials) if self.credentials else None)
        client.s.verify = os.environ.get("PIP_CERT") or True
        retry = HTTPAdapter(max_retries=Retry(TRIES, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504)))
        client.s.mount("https://", retry)
        return client

    def close(self) -> None:
        """Close the sessions of all threads."""
        for client in self._clients:
            client.s.close()


class _HostAuth(AuthBase):
    """Basic authentication for the index's own host; to another the listing's URLs send what they hold themselves."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self._host = _host(address)
        self._own = user, password

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        url = str(request.url)
        user, password = self._own if _host(url) == self._host else get_auth_from_url(url)
        return HTTPBasicAuth(user, password)(request) if user or password else request


def _host(url: str) -> str:
    """Return scheme, host and port, as they are written."""
    return "/".join(url.split("/", 3)[:3]).lower()


@contextmanager
def _connected(index_url: str) -> Iterator[_Index]:
    index = _Index(*split_credentials(index_url or os.environ.get("PIP_INDEX_URL") or PYPI_SIMPLE_ENDPOINT))
    try:
        yield index
    finally:
        index.close()


def _listing(index: _Index, project: str) -> Listing:
    try:
        page = index.client.get_project_page(project, timeout=SECONDS)
    except NoSuchProjectError:
        return UnobtainableError(f"the index has no project {project!r}")
    except RequestException as error:
        return UnobtainableError(f"the index did not answer for {project!r}: {error}")
    except (UnsupportedRepoVersionError, ValueError) as error:
        return UnobtainableError(f"the index gave no usable listing for {project!r}: {error}")
    return {package.filename: package for package in page.packages}


def _obtain(index: _Index, listing: Listing, item: Wanted, cache: Path) -> Outcome:
    try:
        package = _find(listing, item)
        sha256 = package.digests["sha256"].lower()
        path = cache / sha256 / item.filename
        return path if _is_cached(path, sha256) else _download(index, package, path, sha256)
    except UnobtainableError as error:
        return error


def _is_cached(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _find(listing: Listing, item: Wanted) -> DistributionPackage:
    """Return the listed file. Its name and digest become part of a path, so both must be what they claim to be."""
    if isinstance(listing, UnobtainableError):
        raise UnobtainableError(f"{item.filename}: {listing}")
    if item.filename not in listing:
        raise UnobtainableError(f"{item.filename}: not among the {len(listing)} files of {item.project!r} on the index")
    if Path(item.filename).name != item.filename:
        raise UnobtainableError(f"{item.filename!r} is not a plain file name")
    if not _SHA256.fullmatch(listing[item.filename].digests.get("sha256", "").lower()):
        raise UnobtainableError(f"{item.filename}: the index states no SHA-256, so the bytes could not be verified")
    return listing[item.filename]


def _download(index: _Index, package: DistributionPackage, path: Path, sha256: str) -> Path:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _transfer(index, package, part)
        if (found := sha256_of(part)) != sha256:
            raise UnobtainableError(f"{path.name}: SHA-256 is {found}, the index states {sha256}")
        return part.replace(path)
    finally:
        part.unlink(missing_ok=True)
        with suppress(OSError):  # it holds the file, or that of another run
            path.parent.rmdir()


def _transfer(index: _Index, package: DistributionPackage, part: Path) -> None:
    """Download in a few tries: a connection that breaks within a body says nothing about the release."""
    problem: RequestException | None = None
    for _ in range(TRIES):
        problem = _attempt(index, package, part)
        if problem is None:
            return
    raise UnobtainableError(f"{package.filename}: download failed: {problem}")


def _attempt(index: _Index, package: DistributionPackage, part: Path) -> RequestException | None:
    try:
        index.client.download_package(package, part, verify=False, timeout=SECONDS)
    except RequestException as error:
        return error
    return None
