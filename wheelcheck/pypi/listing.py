"""What a simple index lists for a project (PEP 503, PEP 691, PEP 700): file names, addresses, digests."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.pypi.http import Page

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_JSON = ("application/vnd.pypi.simple.v1+json", "application/json")
_HTML = ("application/vnd.pypi.simple.v1+html", "text/html")
_SUFFIX = regex(r"(?:\.tar\.(?:gz|bz2|xz|Z)|\.tgz|\.zip|\.egg|[.-]win(?:32|-amd64)(?:-py[23]\.[0-9]+)?\.(?:exe|msi))$")


class StrangeListingError(ValueError):
    """The page is not the listing of an index; the message says what it is."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a listing. `version` is empty where its name does not tell; `sha256` is empty if none is stated."""

    name: str
    address: str
    sha256: str
    version: str
    yanked: bool = False


def parse(page: Page, project: str) -> dict[str, Listed]:
    """Return the files of a listing by their name. Raises StrangeListingError."""
    if page.media in _JSON:
        files = _from_json(page, project)
    elif page.media in _HTML:
        files = _from_html(page, project)
    else:
        raise StrangeListingError(f"it answers with {page.media}, which is no listing of a package index")
    return {file.name: file for file in files}


def _from_json(page: Page, project: str) -> Iterator[Listed]:
    try:
        document = json.loads(page.content)
    except (ValueError, RecursionError) as problem:
        raise StrangeListingError(f"its page is not JSON: {problem}") from problem
    meta = document.get("meta") if isinstance(document, dict) else None
    _require_version(str(meta.get("api-version", "1.0")) if isinstance(meta, dict) else "1.0")
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, list):
        raise StrangeListingError("its page lists no files")
    for file in files:
        if not isinstance(file, dict) or not all(isinstance(file.get(key), str) for key in ("filename", "url")):
            raise StrangeListingError("its page lists a file without a name or an address")
        hashes = file.get("hashes")
        digest = hashes.get("sha256", "") if isinstance(hashes, dict) else ""
        yield _listed(file["filename"], _address(page, file["url"]), str(digest), project, file.get("yanked"))


def _from_html(page: Page, project: str) -> Iterator[Listed]:
    links = _Links()
    try:
        links.feed(page.content.decode("utf-8", "replace"))
    except AssertionError as problem:  # from html.parser: a marked section such as `<![x`
        raise StrangeListingError(f"its page is not HTML: {problem}") from problem
    _require_version(links.version)
    for link in links.found:
        address, _, fragment = _address(page, link.get("href") or "").partition("#")
        digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
        name = unquote(urlsplit(address).path.rpartition("/")[2])
        yield _listed(link.get("text", "").strip() or name, address, digest, project, "data-yanked" in link)


def _address(page: Page, written: str) -> str:
    """Return an address of a listing as a whole one. Raises StrangeListingError for what is none."""
    try:
        whole = urljoin(page.address, written)
        urlsplit(whole)
    except ValueError as problem:
        raise StrangeListingError(f"its page lists a file at {written[:200]!r}, which is no address") from problem
    return whole


class _Links(HTMLParser):
    """Collects the links of a page, each with its attributes and its text, and the version of the protocol."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.version = "1.0"
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a link, or take the version from a meta element."""
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self.found.append(values | {"text": ""})
            self._is_inside = True
        elif tag == "meta" and values.get("name") == "pypi:repository-version":
            self.version = values.get("content", "")

    def handle_endtag(self, tag: str) -> None:
        """End a link."""
        self._is_inside = self._is_inside and tag != "a"

    def handle_data(self, data: str) -> None:
        """Take the text of a link."""
        if self._is_inside:
            self.found[-1]["text"] += data


def _require_version(version: str) -> None:
    if version.partition(".")[0] != "1":
        raise StrangeListingError(f"it speaks version {version[:20]!r} of the protocol, not 1")


def _listed(name: str, address: str, digest: str, project: str, yanked: object) -> Listed:
    return Listed(name, address, digest.lower(), version_of(name, project), yanked not in (None, False))


def version_of(name: str, project: str) -> str:
    """Return the version that a file name states; empty text if it states none.

    The project says where the name ends: `demo-1.0.post-2.tar.gz` is not version 2 of a project `demo-1.0.post`.
    """
    stem = _SUFFIX.sub("", name)
    try:
        if name.endswith(".whl"):
            return str(parse_wheel_filename(name)[1])
        named, version = parse_sdist_filename(name)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return _old_version(stem, project) if stem != name else ""
    if named == canonicalize_name(project):
        return str(version)
    return _old_version(stem, project) or str(version)


def _old_version(stem: str, project: str) -> str:
    """Return what follows the project in a name of before the rules, such as `pytz-2004d` or `demo-1.0-py2.7.egg`."""
    parts = stem.split("-")
    for number in range(1, len(parts)):
        if canonicalize_name("-".join(parts[:number])) == canonicalize_name(project):
            return re.split(r"-py[23]", "-".join(parts[number:]))[0]
    return ""
