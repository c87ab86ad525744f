"""Drives a real headless Chromium over its DevTools pipe, without a driver, a port or a package in between.

The protocol is JSON messages ended by NUL bytes, read by Chromium from descriptor 3 and written to descriptor 4.
"""

from __future__ import annotations

import base64
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
Show = Callable[..., "Page"]  # opens a report in a window of some width: the fixture `show` of the reports' tests
_PATIENCE = 60  # seconds; more means Chromium hangs


class Page:
    """One tab: what a person can do in it, what it shows, and what its console reports."""

    def __init__(self, read: int, write: int) -> None:
        self._read = os.fdopen(read, "rb", buffering=0)
        self._write = os.fdopen(write, "wb", buffering=0)
        self._rest = b""
        self._session = ""
        self._last = 0
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result; events that arrive meanwhile are kept."""
        self._last += 1
        session = {"sessionId": self._session} if self._session else {}
        message = {"id": self._last, "method": method, "params": parameters, **session}
        self._write.write(json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._last:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            received = self._read.read(1 << 16)
            if not received:
                raise RuntimeError("Chromium has exited")
            self._rest += received
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))

    def open(self, file: Path, width: int = 1280, height: int = 900) -> None:
        """Open a file in a window of this size."""
        self.resize(width, height)
        self.events.clear()
        if failed := self.call("Page.navigate", url=file.as_uri()).get("errorText"):
            raise RuntimeError(f"{file}: {failed}")
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def resize(self, width: int, height: int = 900) -> None:
        """Resize the window; a narrow one counts as a phone's."""
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def media(self, media: str = "", scheme: str = "light") -> None:
        """Emulate a medium, such as `print`, and a colour scheme."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def ask(self, expression: str) -> Any:  # noqa: ANN401  # JSON
        """Return the value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key: Tab, Enter or Space."""
        code, text = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " ")}[key]
        name = " " if key == "Space" else key
        values = {"key": name, "code": key, "windowsVirtualKeyCode": code, "text": text}
        self.call("Input.dispatchKeyEvent", type="keyDown", **values)
        self.call("Input.dispatchKeyEvent", type="keyUp", **{**values, "text": ""})

    def picture(self, *, whole: bool = True) -> bytes:
        """Return a PNG of the whole page, or of the part that the window shows."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def pdf(self) -> bytes:
        """Return the printed page."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def close(self) -> None:
        """End Chromium."""
        self._session = ""
        self.call("Browser.close")
        self._read.close()
        self._write.close()

    @property
    def complaints(self) -> list[str]:
        """What the console shows: exceptions, errors, violations of the page's policy."""
        said = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [json.dumps(event["params"]) for event in self.events if event.get("method") in said]

    @property
    def requests(self) -> list[str]:
        """The addresses the page requested, its own first."""
        sent = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]


def find() -> str:
    """Return the path of Chromium or Chrome; without one the test is skipped, but in CI on x86_64 it fails.

    The hosted aarch64 runner is an Ubuntu, whose Chromium is a snap, which can use neither our files nor our
    descriptors.
    """
    for name in ("google-chrome", "chromium"):
        path = shutil.which(name)
        if path and Path(path).resolve().name != "snap":
            return path
    if os.environ.get("CI") and platform.machine() == "x86_64":
        pytest.fail("no Chromium in CI: apt-get install chromium")
    pytest.skip("no Chromium: apt-get install chromium")


@contextmanager
def chromium(profile: Path) -> Iterator[Page]:
    """Yield a tab of a new Chromium that uses this empty profile."""
    to_read, from_us = os.pipe()
    from_it, to_write = os.pipe()
    # The shell moves the pipes to the descriptors that Chromium uses, and then becomes Chromium.
    place = f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}'
    command = ["bash", "-c", place, find(), *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, pass_fds=(to_read, to_write), stderr=subprocess.DEVNULL)
    os.close(to_read)
    os.close(to_write)
    page = Page(from_it, from_us)
    try:
        yield page
        page.close()
        process.wait(_PATIENCE)
    finally:
        process.kill()
        process.wait(_PATIENCE)
