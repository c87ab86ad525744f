"""Fetch released files from the package index into a cache, by project and file name.

    python tools/fetch.py [--cache DIR] [--list FILE.jsonl] [FILENAME …]

The index is pypi-simple's own default, or the one that PIP_INDEX_URL names, as pip would take it. A file enters the
cache only whole and only with the SHA-256 that the index states; the digest stays beside it, so a later run verifies
what it reuses without the network. What cannot be had is a value with a reason, never a hole that goes unnoticed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, PyPISimple
from requests import RequestException
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pypi_simple import DistributionPackage

ROOT = Path(__file__).resolve().parent.parent
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


def default_cache() -> Path:
    """Return where releases are kept: WHEELCHECK_CACHE, or `.cache/releases` in this checkout."""
    return Path(os.environ.get("WHEELCHECK_CACHE") or ROOT / ".cache" / "releases")


def wanted_from_filename(filename: str) -> Wanted:
    """Name the project of a wheel or sdist file by its file name alone."""
    project = filename.partition("-")[0] if filename.endswith(".whl") else filename.rpartition("-")[0]
    return Wanted(project, filename)


def read_list(path: Path) -> tuple[Wanted, ...]:
    """Read a JSON Lines list of releases; each line holds at least `project` and `filename`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return tuple(Wanted(row["project"], row["filename"]) for row in rows)


def fetch_all(wanted: Iterable[Wanted], cache: Path, parallel: int = PARALLEL) -> Iterator[tuple[Wanted, Outcome]]:
    """Yield every wanted file in the order given, with its verified path or the reason why there is none."""
    order = tuple(dict.fromkeys(wanted))
    with _client() as client, ThreadPoolExecutor(parallel) as pool:
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


def _client() -> PyPISimple:
    client = PyPISimple(os.environ.get("PIP_INDEX_URL") or PYPI_SIMPLE_ENDPOINT)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/fetch.py", description="Fetch released files from the package index.")
    parser.add_argument("filenames", nargs="*", metavar="FILENAME", help="wheel or sdist, by its name on the index")
    parser.add_argument("--list", type=Path, action="append", default=[], help="JSON Lines with project and filename")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where to keep the files (%(default)s)")
    parser.add_argument("--jobs", type=int, default=PARALLEL, help="files at a time (%(default)s)")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Fetch what is named, say where each file is, and return 1 if any could not be had."""
    options = _parser().parse_args(arguments)
    wanted = [wanted_from_filename(name) for name in options.filenames]
    wanted += [item for path in options.list for item in read_list(path)]
    if not wanted:
        print("nothing to fetch: name a file or a --list", file=sys.stderr)
        return 2
    failed = 0
    for _, outcome in fetch_all(wanted, options.cache, options.jobs):
        failed += isinstance(outcome, UnobtainableError)
        print(outcome, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
