"""What makes two builds of one commit the same bytes: one date, no folder of this machine, archives in one order.

The date is SOURCE_DATE_EPOCH if it is set, else the date of the commit that is checked out, else (outside git) the
newest modification time among the sources. An sdist that wheelcheck made carries that date on every file, so a build
from the unpacked sdist finds the same date.
"""

from __future__ import annotations

import gzip
import shlex
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.builder import run, sources
from wheelcheck.builder.run import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Date = tuple[int, int, int, int, int, int]
VARIABLE = "SOURCE_DATE_EPOCH"
_ZIP_BEGINS = 315532800  # 1980-01-01: zip knows nothing older


def epoch(project: Path, base: Mapping[str, str]) -> int:
    """Return the date of the sources in seconds since 1970. Raises BuildError for a SOURCE_DATE_EPOCH of no number."""
    given = base.get(VARIABLE, "")
    if given:
        if not given.isdecimal():
            problem = f"{given!r} is not a number of seconds since 1970"
            raise BuildError(VARIABLE, problem, "unset it, or set it to `git log -1 --format=%ct`")
        return int(given)
    dates = (int((project / file).lstat().st_mtime) for file in sources.files(project))
    return _commit_date(project) or max(dates, default=0)


def zip_date(seconds: int) -> Date:
    """Return a date as zip writes it: UTC, even seconds, not before 1980."""
    year, month, day, hour, minute, second = time.gmtime(max(seconds, _ZIP_BEGINS))[:6]
    return year, month, day, hour, minute, second - second % 2


def rustc_wrapper(folder: Path, project: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Write a rustc wrapper that leaves this machine's folders out of what it compiles; return its variable.

    A wrapper and no RUSTFLAGS: those would switch off the rustflags of a project's own `.cargo/config.toml`.
    """
    home = Path(base.get("HOME", "/root"))
    folders = {
        project: "/source",
        Path(base.get("CARGO_HOME") or home / ".cargo"): "/cargo",
        Path(base.get("RUSTUP_HOME") or home / ".rustup"): "/rustup",
    }
    flags = " ".join(shlex.quote(f"--remap-path-prefix={real}={name}") for real, name in folders.items())
    script = folder / "rustc-wrapper"
    folder.mkdir(parents=True, exist_ok=True)
    script.write_text(f'#!/bin/sh\nexec "$@" {flags}\n')
    script.chmod(0o755)
    return {"RUSTC_WRAPPER": str(script)}


def repack_sdist(built: Path, out: Path, seconds: int) -> Path:
    """Write `out`: the files of a backend's tar.gz by name, owned by nobody, all of one date, modes 0755 or 0644."""
    with (
        tarfile.open(built) as old,
        out.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, 0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for info, member in _entries(old, seconds):
            new.addfile(info, None if info.issym() else old.extractfile(member))
    return out


def _entries(archive: tarfile.TarFile, seconds: int) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarInfo]]:
    for member in sorted(archive.getmembers(), key=lambda member: member.name):
        if member.isdir():
            continue
        info = tarfile.TarInfo(member.name)
        info.mtime, info.mode = seconds, 0o755 if member.mode & 0o111 else 0o644
        if member.issym():
            info.type, info.linkname = tarfile.SYMTYPE, member.linkname
        else:  # a hard link, as setuptools writes one for a linked file, becomes the file it is
            info.size = archive.getmember(member.linkname).size if member.islnk() else member.size
        yield info, member


def _commit_date(project: Path) -> int:
    """Return the date of HEAD, a shallow clone's only one; 0 where git does not track this project."""
    if not run.ask(project, "ls-files", "--error-unmatch", "pyproject.toml"):
        return 0
    return int(run.ask(project, "log", "-1", "--format=%ct") or 0)
