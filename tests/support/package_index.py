"""A package index on this machine: real HTTP, a listing for each project, and faults on demand."""

from __future__ import annotations

import base64
import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


@dataclass
class PackageIndex:
    """Serves `files` (project → file name → bytes) at `address`; a context manager.

    `digests` overrides the stated hash of a file ("" states none), `cut` is the number of first bodies that break in
    the middle, `together` makes every body wait until so many are requested at the same time, `login` is the required
    USER:PASSWORD, `files_at` another server for the files. `requests` lists the requested paths, `logins` the
    USER:PASSWORD sent with each.
    """

    files: dict[str, dict[str, bytes]]
    digests: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    together: int = 1
    media: str = "text/html"  # what a listing is called
    login: str = ""
    files_at: str = ""
    moved_to: str = ""  # the server to which every request is redirected
    requests: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def __enter__(self) -> PackageIndex:  # noqa: PYI034 (typing.Self is Python 3.11)
        self.barrier = threading.Barrier(self.together)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"{self.root}/simple/"

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def with_login(self, login: str) -> str:
        """Return the address with user info, as a private index is named."""
        return self.address.replace("//", f"//{login}@", 1)

    def page(self, project: str) -> bytes:
        links = (self._link(project, name, body) for name, body in self.files[project].items())
        return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()

    def _link(self, project: str, name: str, body: bytes) -> str:
        digest = self.digests.get(name, hashlib.sha256(body).hexdigest())
        fragment = f"#sha256={digest}" if digest else ""
        return f'<a href="{self.files_at}/file/{project}/{name.replace("/", "%2F")}{fragment}">{name}</a>\n'


def _handler(index: PackageIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.requests.append(self.path)
            index.logins.append(base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode())
            if index.login and index.logins[-1] != index.login:
                self.send_error(403)
                return
            if index.moved_to:
                self.send_response(302)
                self.send_header("Location", f"{index.moved_to}{self.path}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            _, kind, project, *rest = self.path.split("/")
            if project not in index.files:
                self.send_error(404)
            elif kind == "simple":
                self._answer(index.media, index.page(project))
            else:
                self._serve(index.files[project][rest[0].replace("%2F", "/")])

        def _serve(self, body: bytes) -> None:
            index.barrier.wait(timeout=30)
            whole, index.cut = index.cut < 1, index.cut - 1
            self._answer("application/octet-stream", body, sent=len(body) if whole else len(body) // 2)

        def _answer(self, media: str, body: bytes, sent: int | None = None) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:sent])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            """Keep the test's output to itself."""

    return Handler
