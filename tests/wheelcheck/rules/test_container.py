"""One row a kind of trouble; that every kind is recognised is for the tests of wheelcheck.archive to show."""

from __future__ import annotations

import gzip
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64, File, a_wheel, an_sdist, zipped
from tests.support.native_files import library
from tests.support.twins import Twins, examine_recipe
from wheelcheck.damage import ARCHIVE_KINDS, Damage
from wheelcheck.rules import container
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe, WheelRecipe

TOP = "demo-1.0/demo"
LINK = 0o120777
_FAMILY = "\U0001f468\u200d\U0001f469"
CASES = Damage("demo/mpiCC", "name-case-collision", "'demo/mpiCC' and 'demo/mpicc' are one file on some systems")


def wheel_with(path: str = "demo/data.txt", change: Callable[[bytes], bytes] = bytes) -> WheelRecipe:
    return a_wheel(X86_64, library("x86_64"), File(path), change=change)


def sdist_with(path: str = "demo/data.txt", change: Callable[[bytes], bytes] = bytes) -> SdistRecipe:
    return an_sdist(File(path), change=change)


def folder(permissions: int) -> File:
    return File("sub", b"", stat.S_IFDIR | permissions)


def in_wheel(sentence: str, bad: WheelRecipe, found: str, at: str = "", code: str = "WC101") -> Twins:
    also = ("WC213",) if at else ()  # such a path is as wrong in RECORD
    return Twins(code, sentence, bad, wheel_with(), found, (at,), also=also)


def in_sdist(sentence: str, bad: SdistRecipe, found: str, at: str = "", code: str = "WC102") -> Twins:
    return Twins(code, sentence, bad, sdist_with(), found, (at,))


def flipped(content: bytes) -> bytes:
    """Change one bit of the first member's packed data."""
    at = content.index(b"demo/libnative.so") + 60
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def encrypted(content: bytes) -> bytes:
    """Set the encryption flag of the first member, in its local header and in the central directory."""
    central = content.index(b"PK\1\2")
    changed = bytearray(content)
    changed[6] |= 1
    changed[central + 8] |= 1
    return bytes(changed)


def commented(content: bytes) -> bytes:
    return content[:-2] + b"\5\0hello"


@pytest.mark.parametrize(
    "row",
    [
        in_wheel("bytes before the first member", wheel_with(change=lambda zipped: b"#!/bin/sh\n" + zipped), "zip-"),
        in_wheel("bytes after the end", wheel_with(change=lambda zipped: zipped + b"more"), "zip-suffix"),
        in_wheel("two wheels in one file", wheel_with(change=lambda zipped: zipped + zipped), "zip-"),
    ],
    ids=str,
)
def test_wheel_container_accounts_for_every_byte(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        in_wheel("a path that climbs out", wheel_with("../evil.py"), "name-parent", "../evil.py", "WC103"),
        in_wheel("an absolute path", wheel_with("/etc/profile.d/x"), "name-absolute", "/etc/profile.d/x", "WC103"),
        in_wheel("a separator on Windows alone", wheel_with("demo\\x.py"), "name-backslash", "demo\\x.py", "WC103"),
        in_wheel("a hidden suffix", wheel_with("demo/\u202eyp.x"), "name-bidi", "demo/\u202eyp.x", "WC103"),
        Twins(
            "WC103",
            "a device of Windows",
            a_wheel("py3-none-any", File("demo/nul.txt")),
            a_wheel("py3-none-any", File("demo/null.txt")),
            "name-reserved",
            ("demo/nul.txt",),
        ),
        Twins(
            "WC103",
            "a device of Windows where there is none",
            wheel_with("demo/nul.txt"),
            wheel_with("demo/null.txt"),
            "name-reserved",
            ("demo/nul.txt",),
            severity="note",
        ),
        in_wheel("a space of no width", wheel_with("demo/x\u200b.py"), "name-invisible", "demo/x\u200b.py", "WC103"),
        Twins(
            "WC103",
            "a character that Windows refuses",
            a_wheel("py3-none-any", File("demo/a<b.txt")),
            a_wheel("py3-none-any", File("demo/a(b.txt")),
            "name-wildcard",
            ("demo/a<b.txt",),
        ),
        Twins(
            "WC103",
            "a character that Windows refuses where there is none",
            wheel_with("demo/a|b.txt"),
            wheel_with("demo/a.txt"),
            "name-wildcard",
            ("demo/a|b.txt",),
            severity="note",
        ),
        in_sdist(
            "a path that climbs out", sdist_with("../../evil.py"), "name-parent", "demo-1.0/../../evil.py", "WC103"
        ),
        in_wheel("a joined emoji", wheel_with(f"demo/{_FAMILY}.txt"), "name-joined", f"demo/{_FAMILY}.txt", "WC103"),
        Twins(
            "WC103",
            "a joined emoji in an sdist",
            sdist_with(f"demo/{_FAMILY}.txt"),
            sdist_with(f"demo/{_FAMILY[0]}.txt"),
            "name-joined",
            (f"demo-1.0/demo/{_FAMILY}.txt",),
            severity="note",
        ),
        in_sdist("a forged line", sdist_with("demo/x\n.py"), "name-control", f"{TOP}/x\n.py", "WC103"),
    ],
    ids=str,
)
def test_every_member_name_is_safe_to_write(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC104",
            "names that differ in case alone",
            a_wheel("py3-none-any", File("demo/Data.txt"), File("demo/data.txt")),
            a_wheel("py3-none-any", File("demo/Data.txt"), File("demo/date.txt")),
            "name-case-collision",
            ("demo/data.txt",),
        ),
        Twins(
            "WC104",
            "folders that differ in case alone",
            a_wheel("py3-none-any", File("Demo/other.txt"), File("demo/data.txt")),
            a_wheel("py3-none-any", File("demo/other.txt"), File("demo/data.txt")),
            "'demo' and 'Demo' are one file on some systems",
            ("demo",),
        ),
        Twins(
            "WC104",
            "folders that differ in case alone where all file systems keep them apart",
            a_wheel(X86_64, library("x86_64"), File("Demo/other.txt")),
            a_wheel(X86_64, library("x86_64"), File("demo/other.txt")),
            "'demo' and 'Demo' are one file on some systems",
            ("demo",),
            severity="note",
        ),
        Twins(
            "WC104",
            "names that differ in case alone where all file systems keep them apart",
            a_wheel(X86_64, library("x86_64"), File("demo/mpicc"), File("demo/mpiCC")),
            a_wheel(X86_64, library("x86_64"), File("demo/mpicc"), File("demo/mpicxx")),
            "name-case-collision",
            ("demo/mpiCC",),
            severity="note",
        ),
        Twins(
            "WC104",
            "names that differ in case alone in a wheel for Linux and macOS",
            artifacts.wheel(f"{X86_64}.macosx_11_0_x86_64", damage=(CASES,)),
            artifacts.wheel(f"{X86_64}.macosx_11_0_x86_64"),
            "name-case-collision",
            ("demo/mpiCC",),
        ),
        Twins(
            "WC104",
            "one name twice where all file systems keep cases apart",
            artifacts.wheel(X86_64, damage=(Damage("demo/mpicc", "zip-duplicate-name", "twice"),)),
            artifacts.wheel(X86_64),
            "zip-duplicate-name",
            ("demo/mpicc",),
        ),
        Twins(
            "WC104",
            "names that differ in normalisation alone where all file systems keep them apart",
            a_wheel(X86_64, library("x86_64"), File("demo/caf\u00e9.txt"), File("demo/cafe\u0301.txt")),
            a_wheel(X86_64, library("x86_64"), File("demo/caf\u00e9.txt"), File("demo/cafe.txt")),
            "name-unicode-collision",
            ("demo/cafe\u0301.txt",),
            severity="note",
        ),
        Twins(
            "WC104",
            "names that differ in normalisation alone in a wheel for any system",
            a_wheel("py3-none-any", File("demo/caf\u00e9.txt"), File("demo/cafe\u0301.txt")),
            a_wheel("py3-none-any", File("demo/caf\u00e9.txt"), File("demo/cafe.txt")),
            "name-unicode-collision",
            ("demo/cafe\u0301.txt",),
        ),
        Twins(
            "WC104",
            "names that differ in normalisation alone",
            an_sdist(File("demo/caf\u00e9.txt"), File("demo/cafe\u0301.txt")),
            an_sdist(File("demo/caf\u00e9.txt"), File("demo/cafe.txt")),
            "name-unicode-collision",
            (f"{TOP}/cafe\u0301.txt",),
        ),
    ],
    ids=str,
)
def test_no_two_members_are_one_file(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        replace(
            in_wheel(
                "an encrypted member", wheel_with(change=encrypted), "zip-encrypted", "demo/libnative.so", "WC105"
            ),
            also=("WC212", "WC304", "WC305"),  # what cannot be read is not there
        ),
    ],
    ids=str,
)
def test_every_member_is_stored_as_installers_read_it(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        replace(
            in_wheel("one bit of the data", wheel_with(change=flipped), "zip-", "demo/libnative.so", "WC106"),
            also=("WC212", "WC304", "WC305"),
        ),
        in_sdist(
            "a wrong checksum",
            sdist_with(change=lambda packed: packed[:-8] + bytes(4) + packed[-4:]),
            "gzip-crc",
            "",
            "WC106",
        ),
    ],
    ids=str,
)
def test_the_content_of_every_member_is_whole(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        in_wheel("a comment, in which another zip can hide", wheel_with(change=commented), "zip-comment", "", "WC107"),
    ],
    ids=str,
)
def test_the_container_has_no_room_to_hide_in(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC111",
            "a link that leads out",
            an_sdist(File("demo/config", b"../../../etc/passwd", LINK)),
            an_sdist(File("demo/config", b"settings.py", LINK), File("demo/settings.py")),
            "tar-link-outside",
            (f"{TOP}/config",),
        ),
        Twins(
            "WC111",
            "a link that leaves the top folder, which pip strips, and comes back",
            an_sdist(File("demo/config", b"../../demo-1.0/demo/settings.py", LINK), File("demo/settings.py")),
            an_sdist(File("demo/config", b"../demo/settings.py", LINK), File("demo/settings.py")),
            "tar-link-outside",
            (f"{TOP}/config",),
        ),
        Twins(
            "WC111",
            "a link to nothing",
            an_sdist(File("demo/config", b"settings.py", LINK)),
            an_sdist(File("demo/config", b"settings.py", LINK), File("demo/settings.py")),
            "tar-link-dangling",
            (f"{TOP}/config",),
        ),
        Twins(
            "WC111",
            "a link in a zip, which installers write as a small file",
            replace(artifacts.sdist(artifacts.member(f"{TOP}/config", kind="symlink")), file="demo-1.0.zip"),
            replace(artifacts.sdist(artifacts.member(f"{TOP}/config")), file="demo-1.0.zip"),
            "found a symlink to '' in a zip",
            (f"{TOP}/config",),
        ),
    ],
    ids=str,
)
def test_no_sdist_member_reaches_outside(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC112",
            "a setuid file",
            a_wheel(X86_64, library("x86_64"), File("demo/helper", b"#!/bin/sh", 0o104755)),
            a_wheel(X86_64, library("x86_64"), File("demo/helper", b"#!/bin/sh", 0o100777)),
            "found mode 0o104755, expected no setuid",
            ("demo/helper",),
        ),
        Twins(
            "WC112",
            "a sticky file, and a sticky folder",
            an_sdist(File("x", mode=0o101644), folder(0o755)),
            an_sdist(File("x"), folder(0o1777)),
            "found mode 0o101644, expected no setuid",
            ("demo-1.0/x",),
        ),
        Twins(
            "WC112",
            "a setuid file in an archive inside: a warning",
            an_sdist(File("a.zip", zipped(File("x", mode=0o104755)))),
            an_sdist(File("a.zip", zipped(File("x")))),
            "found mode 0o104755, expected no setuid",
            ("demo-1.0/a.zip!x",),
            "warning",
        ),
        Twins(
            "WC112",
            "a setuid file of a name like one in an archive",
            an_sdist(File("a!x", mode=0o104755), File("a")),
            an_sdist(File("a!x"), File("a")),
            "found mode 0o104755, expected no setuid",
            ("demo-1.0/a!x",),
        ),
        Twins(
            "WC112",
            "a setuid folder",
            an_sdist(folder(0o4755)),
            an_sdist(folder(0o2755)),
            "found mode 0o44755, expected no setuid",
            ("demo-1.0/sub",),
        ),
        *(
            Twins(
                "WC112",
                f"a folder of mode {bad:#o}, which its owner cannot enter",
                an_sdist(folder(bad)),
                an_sdist(folder(good)),
                "on a folder, expected at least 0o40500",
                ("demo-1.0/sub",),
            )
            for bad, good in ((0, 0o700), (0o2000, 0o2700), (0o222, 0o555), (0o077, 0o177))
        ),
        Twins(
            "WC112",
            "a file that nobody can read",
            a_wheel(X86_64, library("x86_64"), File("demo/x.txt", b"x", 0o100000)),
            a_wheel(X86_64, library("x86_64"), File("demo/x.txt", b"x", 0o100400)),
            "found mode 0o100000",
            ("demo/x.txt",),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_no_member_has_a_mode_of_privilege(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def test_every_kind_of_damage_has_its_one_rule() -> None:
    named = [*container.COLLISIONS, *container.STORAGE, *container.CONTENT, *container.COMMENTS, *container.OUTSIDE]
    assert sorted(named) == sorted(set(named))
    assert set(named) <= set(ARCHIVE_KINDS)
    structure = {kind for kind in ARCHIVE_KINDS if kind not in named and not kind.startswith(("name-", "cap-"))}
    assert structure
    for kind in ARCHIVE_KINDS:
        if not kind.startswith("cap-"):
            damage = (Damage("x", kind, "why"),)
            subjects = [artifacts.wheel(X86_64, damage=damage), replace(artifacts.sdist(), damage=damage)]
            for subject in subjects:
                judged = [each for each in all_rules() if each.module == "container" and isinstance(subject, each.on)]
                hits = [each.code for each in judged for hit in each.judge(subject)]
                assert len(hits) == 1 or (kind in container.OUTSIDE and subject is subjects[0]), kind


@pytest.mark.parametrize(
    ("change", "found"), [(flipped, "zip-"), (lambda zipped: zipped[:-30], "zip-truncated"), (lambda _: b"", "empty")]
)
def test_a_wheel_whose_bytes_changed_on_the_way_is_refused(
    change: Callable[[bytes], bytes], found: str, tmp_path: Path
) -> None:
    report = examine_recipe(wheel_with(change=change), tmp_path / "bad")
    assert report.verdict == "fail"
    assert any(hit.code in ("WC101", "WC106") and found in hit.message for hit in report.findings)
    assert examine_recipe(wheel_with(), tmp_path / "good").verdict == "pass"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC107",
            "another order than listed is legal, and tools write it",
            artifacts.wheel(X86_64, damage=(Damage("x", "zip-order", "listed later"),)),
            artifacts.wheel(X86_64, damage=(Damage("x", "cap-unpacked", "too much", cap=True),)),
            "zip-order: listed later",
            ("x",),
            severity="note",
        )
    ],
    ids=str,
)
def test_what_ordinary_tools_write_is_noted_and_a_cap_is_not_a_finding(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        in_sdist("bytes after the end", sdist_with(change=lambda packed: packed + b"more"), "gzip-trailing"),
        in_sdist("a second stream", sdist_with(change=lambda packed: packed + gzip.compress(b"")), "gzip-concatenated"),
    ],
    ids=str,
)
def test_sdist_container_accounts_for_every_byte(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


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
            artifacts.wheel(X86_64, artifacts.member("demo/null", kind="device")),
            artifacts.wheel(X86_64, artifacts.member("demo/null/", kind="directory")),
            "found a device, expected a regular file",
            ("demo/null",),
        ),
    ],
    ids=str,
)
def test_no_wheel_member_is_a_link(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
