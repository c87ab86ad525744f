"""Makes two builds of one commit identical: one date, no folder names of this machine, one order in archives.

The date is SOURCE_DATE_EPOCH if that is set, otherwise the date of the commit that is checked out, or outside git the
newest modification time among the sources. In an sdist made by wheelcheck every file has that date, so a build from
the unpacked sdist gets the same date.
"""

from __future__ import annotations

import gzip
import io
import shlex
import tarfile
import time
from pathlib import Path

from wheelcheck.builder import run, sources
from wheelcheck.builder.run import BuildError
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Date = tuple[int, int, int, int, int, int]
VARIABLE = "SOURCE_DATE_EPOCH"
_ZIP_BEGINS = 315532800  # 1980-01-01, the earliest date in a zip


def epoch(project: Path, base: Mapping[str, str]) -> int:
    """Return the date of the sources in seconds since 1970. Raises BuildError if SOURCE_DATE_EPOCH is not a number."""
    given = base.get(VARIABLE, "")
    if given:
        if not given.isdecimal():
            problem = f"{given!r} is not a number of seconds since 1970"
            raise BuildError(VARIABLE, problem, "unset it, or set it to `git log -1 --format=%ct`")
        return int(given)
    dates = (int((project / file).lstat().st_mtime) for file in sources.files(project))
    return _commit_date(project) or max(dates, default=0)


def zip_date(seconds: int) -> Date:
    """Return a date as stored in a zip: UTC, even seconds, not before 1980."""
    year, month, day, hour, minute, second = time.gmtime(max(seconds, _ZIP_BEGINS))[:6]
    return year, month, day, hour, minute, second - second % 2


def rustc_wrapper(folder: Path, project: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Write a rustc wrapper that keeps this machine's folders out of the binaries; return the variable that sets it.

    RUSTFLAGS would do the same, but disable the rustflags in a project's own `.cargo/config.toml`.
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


def repack_sdist(built: Path, out: Path, seconds: int, restored: Mapping[str, bytes] | None = None) -> Path:
    """Write the files of a backend's tar.gz, sorted by name, without owner, with one date, modes 0755 and 0644.

    `restored` holds other contents for some of its files, by their path below its top folder.
    """
    contents = restored or {}
    with (
        tarfile.open(built) as old,
        out.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, 0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for info, member in _entries(old, seconds):
            own = contents.get(info.name.partition("/")[2])
            if own is not None:
                info.size = len(own)
                new.addfile(info, io.BytesIO(own))
            else:
                new.addfile(info, None if info.issym() else old.extractfile(member))
    return out


def _entries(archive: tarfile.TarFile, seconds: int) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarInfo]]:
    # meson packs a PKG-INFO that git tracks and then its own; as when unpacked, the last of one name counts
    last = {member.name: member for member in archive.getmembers()}
    for _, member in sorted(last.items()):
        if member.isdir():
            continue
        info = tarfile.TarInfo(member.name)
        info.mtime, info.mode = seconds, 0o755 if member.mode & 0o111 else 0o644
        if member.issym():
            info.type, info.linkname = tarfile.SYMTYPE, member.linkname
        else:  # a hard link, which setuptools writes for a linked file, becomes a regular file
            info.size = archive.getmember(member.linkname).size if member.islnk() else member.size
        yield info, member


def _commit_date(project: Path) -> int:
    """Return the date of HEAD, the only one in a shallow clone; 0 if git does not track this project."""
    if not run.ask(project, "ls-files", "--error-unmatch", "."):
        return 0
    return int(run.ask(project, "log", "-1", "--format=%ct") or 0)
