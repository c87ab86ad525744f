"""One row a kind of trouble; that every kind is recognised is for the tests of wheelcheck.archive to show."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.wheelcheck import building
from tests.wheelcheck.building import X86_64, File, a_wheel, an_sdist
from tests.wheelcheck.rules.natives import library
from tests.wheelcheck.rules.twins import Twins, examine_recipe
from wheelcheck.damage import Damage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.wheelcheck.building import SdistRecipe, WheelRecipe

TOP = "demo-1.0/demo"
LINK = 0o120777


def wheel_with(path: str = "demo/data.txt", change: Callable[[bytes], bytes] = bytes) -> WheelRecipe:
    return a_wheel(X86_64, library("x86_64"), File(path), change=change)


def sdist_with(path: str = "demo/data.txt", change: Callable[[bytes], bytes] = bytes) -> SdistRecipe:
    return an_sdist(File(path), change=change)


def in_wheel(sentence: str, bad: WheelRecipe, found: str, at: str = "") -> Twins:
    also = ("WC213",) if at else ()  # such a path is as wrong in RECORD
    return Twins("WC101", sentence, bad, wheel_with(), found, (at,), also=also)


def in_sdist(sentence: str, bad: SdistRecipe, found: str, at: str = "") -> Twins:
    return Twins("WC102", sentence, bad, sdist_with(), found, (at,))


def flipped(content: bytes) -> bytes:
    """Change one bit of the first member's packed data."""
    at = content.index(b"demo/libnative.so") + 60
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def commented(content: bytes) -> bytes:
    return content[:-2] + b"\5\0hello"


@pytest.mark.parametrize(
    "row",
    [
        in_wheel("bytes before the first member", wheel_with(change=lambda zipped: b"#!/bin/sh\n" + zipped), "zip-"),
        in_wheel("bytes after the end", wheel_with(change=lambda zipped: zipped + b"more"), "zip-suffix"),
        in_wheel("two wheels in one file", wheel_with(change=lambda zipped: zipped + zipped), "zip-"),
        in_wheel("a comment, in which another zip can hide", wheel_with(change=commented), "zip-comment"),
        in_wheel("a path that climbs out", wheel_with("../evil.py"), "name-parent", "../evil.py"),
        in_wheel("an absolute path", wheel_with("/etc/profile.d/x.sh"), "name-absolute", "/etc/profile.d/x.sh"),
        in_wheel("a separator on Windows alone", wheel_with("demo\\x.py"), "name-backslash", "demo\\x.py"),
        in_wheel("a character that hides the suffix", wheel_with("demo/\u202eyp.x"), "name-bidi", "demo/\u202eyp.x"),
    ],
    ids=str,
)
def test_wheel_container_accounts_for_every_byte(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)


@pytest.mark.parametrize(
    ("change", "found"), [(flipped, "zip-"), (lambda zipped: zipped[:-30], "zip-truncated"), (lambda _: b"", "empty")]
)
def test_a_wheel_whose_bytes_changed_on_the_way_is_refused(
    change: Callable[[bytes], bytes], found: str, tmp_path: Path
) -> None:
    report = examine_recipe(wheel_with(change=change), tmp_path / "bad")
    assert report.verdict == "fail"
    assert any(hit.code == "WC101" and found in hit.message for hit in report.findings)
    assert examine_recipe(wheel_with(), tmp_path / "good").verdict == "pass"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC101",
            "sizes behind the data are legal, and tools write them",
            building.wheel(X86_64, damage=(Damage("x", "zip-descriptor", "sizes follow the data"),)),
            building.wheel(X86_64, damage=(Damage("x", "cap-unpacked", "too much", cap=True),)),
            "zip-descriptor: sizes follow the data",
            ("x",),
            severity="note",
        )
    ],
    ids=str,
)
def test_what_ordinary_tools_write_is_noted_and_a_cap_is_no_finding(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        in_sdist("bytes after the end", sdist_with(change=lambda packed: packed + b"more"), "gzip-trailing"),
        in_sdist("a second stream", sdist_with(change=lambda packed: packed + gzip.compress(b"")), "gzip-concatenated"),
        in_sdist("a path that climbs out", sdist_with("../../evil.py"), "name-parent", "demo-1.0/../../evil.py"),
        in_sdist(
            "a line break, which forges lines of a listing",
            sdist_with("demo/x\n.py"),
            "name-control",
            f"{TOP}/x\n.py",
        ),
    ],
    ids=str,
)
def test_sdist_container_accounts_for_every_byte(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC110",
            "a link, as nodejs-bin 18.4.0a4 shipped npm",
            a_wheel(X86_64, library("x86_64"), File("demo/bin/npm", b"../lib/cli.js", LINK)),
            a_wheel(X86_64, library("x86_64"), File("demo/bin/npm", b"../lib/cli.js")),
            "found a symlink to '../lib/cli.js', expected a regular file",
            ("demo/bin/npm",),
        ),
        Twins(
            "WC110",
            "a device has no content to install",
            building.wheel(X86_64, building.member("demo/null", kind="device")),
            building.wheel(X86_64, building.member("demo/null/", kind="directory")),
            "found a device, expected a regular file",
            ("demo/null",),
        ),
    ],
    ids=str,
)
def test_no_wheel_member_is_a_link(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)
