"""The reference project: copies of it, its built wheel, and wheels with one member replaced."""

from __future__ import annotations

import base64
import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.builder import dist
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from wheelcheck.builder.pipeline import Build

REFERENCE = Path(__file__).parents[1] / "projects" / "reference"
TOOL = "reference/bin/tally"
GUARD = "reference/lib/libguard.so"


def copy_reference(folder: Path) -> Path:
    """Copy the project without what was built in it."""
    return Path(shutil.copytree(REFERENCE, folder, ignore=shutil.ignore_patterns("build", "dist", "*.egg-info")))


def rewritten(wheel: Path, path: str, content: bytes | None, mode: int) -> None:
    """Replace one member and update RECORD, as a tool that repacks wheels does; without content, remove the member."""
    with zipfile.ZipFile(wheel) as archive:
        members = {info.filename: (info, archive.read(info)) for info in archive.infolist()}
    record = next(name for name in members if name.endswith("/RECORD"))
    info, _ = members.pop(path)
    if content is not None:
        info.external_attr = mode << 16
        members[path] = (info, content)
    rows = [f"{name},sha256={digest(data)},{len(data)}" for name, (_, data) in members.items() if name != record]
    members[record] = (members[record][0], "\n".join([*rows, f"{record},,", ""]).encode())
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.values():
            archive.writestr(member, data)


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def wheel_of(build: Build) -> Path:
    return dist.wheels(build.settings.dist, build.target)[0]


def other_cpu(build: Build) -> str:
    return next(name for name in ("aarch64", "x86_64") if find(name) != build.target.arch)
