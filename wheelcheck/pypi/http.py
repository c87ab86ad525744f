"""Bytes over HTTP from a package index, with the standard library alone.

A login is sent to the host it is meant for and to no other, a redirect included; only http and https are spoken, since
the addresses of files come from a page that somebody else wrote. Proxies and certificates are those of the environment.
"""

from __future__ import annotations

import base64
import http.client
import netrc
import os
import ssl
import time
import urllib.error
import urllib.request
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from wheelcheck import __version__
from wheelcheck.counting import counted
from wheelcheck.credentials import split_credentials, without_credentials
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

TRIES = 3
SECONDS = 60.0
MOST = 256 << 20  # bytes of a listing
_BLOCK = 1 << 20
_AGAIN = frozenset({429, 500, 502, 503, 504})
_CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_BROKEN = (OSError, http.client.HTTPException, ValueError)  # a bad address is a ValueError


class TransferError(Exception):
    """An address gave no usable answer; `status` is that of HTTP, 0 without one. The message holds no password."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(without_credentials(why))
        self.status = status


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: its media type, its bytes, and the address it came from."""

    media: str
    content: bytes
    address: str


class Client:
    """Asks one index; any number of threads may share it."""

    def __init__(self, address: str) -> None:
        """Take the address of an index; the user info in it is the login for its host."""
        self.address, self._login = split_credentials(address)
        self._opener = urllib.request.build_opener(_Redirects(self), urllib.request.HTTPSHandler(context=_trusted()))

    def page(self, address: str, accept: str) -> Page:
        """Return what an address holds. Raises TransferError."""

        def read(answer: Any) -> Page:  # noqa: ANN401  # urllib's answers have no common type
            content = answer.read(MOST + 1)
            if len(content) > MOST:
                raise TransferError(f"its page has more than {MOST >> 20} MiB")
            return Page(answer.headers.get_content_type(), content, answer.url)

        page: Page = self._try(address, accept, read)
        return page

    def download(self, address: str, file: Path) -> None:
        """Write what an address holds to a file. Raises TransferError."""

        def save(answer: Any) -> None:  # noqa: ANN401  # as above
            left = answer.length  # None where the server states no length
            with file.open("wb") as out:
                while block := answer.read(_BLOCK):
                    out.write(block)
                    left = None if left is None else left - len(block)
            if left:
                raise http.client.IncompleteRead(b"", left)

        file.parent.mkdir(parents=True, exist_ok=True)
        self._try(address, "*/*", save)

    def _try(self, address: str, accept: str, use: Any) -> Any:  # noqa: ANN401  # what `use` returns
        """Return what `use` makes of an answer, after a few tries: a broken connection says nothing about the file."""
        for number in range(1, TRIES + 1):
            try:
                with self._opener.open(self.request(address, accept), timeout=SECONDS) as answer:
                    return use(answer)
            except _BROKEN as problem:  # noqa: PERF203  # a try that fails is what the loop is for
                status = _closed(problem)
                if number == TRIES or (status and status not in _AGAIN) or isinstance(problem, ValueError):
                    raise TransferError(_why(problem), status) from problem
                time.sleep(0.25 * 2**number)
        raise AssertionError("the last try returns or raises")

    def request(self, address: str, accept: str) -> urllib.request.Request:
        """Return the request for an address, with the login for its host. Raises ValueError for a strange one."""
        plain, own = split_credentials(address)
        if urlsplit(plain).scheme not in ("http", "https") or not urlsplit(plain).hostname:
            raise ValueError(f"{plain} is not an http address")
        request = urllib.request.Request(plain, headers={"Accept": accept, "User-Agent": f"wheelcheck/{__version__}"})  # noqa: S310  # the scheme is checked
        login = own or (self._login if _host(plain) == _host(self.address) else None) or _from_netrc(plain)
        if login:
            token = base64.b64encode(":".join(login).encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {token}")
        return request


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http addresses, each with the login for its own host."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def redirect_request(self, req: Any, _fp: Any, _code: int, _msg: str, _headers: Any, newurl: str) -> Any:  # noqa: ANN401  # urllib's signature
        return self._client.request(newurl, req.get_header("Accept") or "*/*")


def _closed(problem: BaseException) -> int:
    """Return the status of an answer that is an error, and close it; 0 for any other problem."""
    if not isinstance(problem, urllib.error.HTTPError):
        return 0
    problem.close()
    return problem.code


def _trusted() -> ssl.SSLContext:
    """Return a context that trusts the certificates of the environment, or else those of the system."""
    file = next((os.environ[name] for name in _CERTIFICATES if os.environ.get(name)), None)
    try:
        folder = file if file and os.path.isdir(file) else None  # noqa: PTH112  # a name, as ssl takes it
        return ssl.create_default_context(cafile=None if folder else file, capath=folder)
    except OSError as problem:
        raise TransferError(f"the certificates in {file} cannot be read: {problem.strerror or problem}") from problem


def _from_netrc(address: str) -> tuple[str, str] | None:
    """Return the login that the user's netrc file has for a host."""
    with suppress(OSError, netrc.NetrcParseError, RuntimeError):
        found = netrc.netrc(os.environ.get("NETRC")).hosts.get(urlsplit(address).hostname or "")
        if found and found[2]:
            return unquote(found[0]), found[2]
    return None


def _host(address: str) -> tuple[str, str]:
    """Return scheme, host and port."""
    parts = urlsplit(address)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()


def _why(problem: BaseException) -> str:
    """Return a problem as people say it: "connection refused", "403 Forbidden", "timed out"."""
    if isinstance(problem, urllib.error.HTTPError):
        return f"{problem.code} {problem.reason}"
    reason = getattr(problem, "reason", problem)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {reason.verify_message}; PIP_CERT names other certificates"
    if isinstance(reason, http.client.IncompleteRead):
        return f"the connection broke {counted(reason.expected or 0, 'byte')} before the end"
    said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return f"{said[:1].lower()}{said[1:]}"
