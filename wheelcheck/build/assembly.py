"""Lay a staged tree into the wheel a backend built: payload, modes, tag and RECORD in one deterministic rewrite."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import stat
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from wheelcheck.archive.source import Bytes
from wheelcheck.binary import read_binary
from wheelcheck.build import inspection
from wheelcheck.build.failure import BenchError
from wheelcheck.metadata import member_path
from wheelcheck.naming import is_extension_module

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelcheck.build.staging import Stage, Staged
    from wheelcheck.build.targets import Target

Date = tuple[int, int, int, int, int, int]
Members = dict[str, tuple[ZipInfo, bytes]]


def assemble(  # noqa: PLR0913, PLR0917  (a wheel has as many ingredients)
    built: Path,
    name: str,
    stage: Stage,
    target: Target,
    out: Path,
    more: Mapping[str, bytes] | None = None,
    date: Date | None = None,
) -> Path:
    """Write `out/name`: every member of the wheel `built`, the staged files, and WHEEL and RECORD for that name.

    `more` are further files of .dist-info by their path in it. Every member gets `date`, without one that of WHEEL.

    Raises BenchError for native code in `built` that is no extension module for `target`, and for a staged path that
    `built` holds already.
    """
    with ZipFile(built) as archive:
        members = {info.filename: (info, archive.read(info)) for info in archive.infolist() if not info.is_dir()}
    folder = _info_folder(built, members)
    wheel_path, record_path = f"{folder}/WHEEL", f"{folder}/RECORD"
    free = _free(stage, name, members)
    _require_declared(members, target)
    date = date or members[wheel_path][0].date_time
    own = {wheel_path, record_path, *(f"{folder}/{path}" for path in more or {})}
    kept = [
        (_info(path, date, members[path][0].external_attr >> 16), members[path][1])
        for path in members
        if path not in own
    ]
    staged = [(_info(path, date, file.mode), stage.file(file).read_bytes()) for path, file in free.items()]
    wheel = (_info(wheel_path, date, 0o644), _wheel_text(members[wheel_path][1].decode(), name).encode())
    added = [(_info(f"{folder}/{path}", date, 0o644), content) for path, content in (more or {}).items()]
    entries = sorted([*kept, *staged, wheel, *added], key=_place)
    return _write(out / name, [*entries, (_info(record_path, date, 0o644), _record(entries, record_path))])


def require_record(wheel: Path, stage: Stage) -> None:
    """Raise BenchError unless every staged file is in `wheel`, byte for byte, a regular file with its mode."""
    with ZipFile(wheel) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        for path, staged in _placed(stage, wheel.name).items():
            info = infos.get(path)
            found = _described(info, archive.read(info)) if info else "nothing"
            expected = _description(staged.sha256, stat.S_IFREG | staged.mode)
            if found != expected:
                raise BenchError(f"{wheel.name}: {path}", found, expected, "build the wheel again")


def _info_folder(built: Path, members: Members) -> str:
    folders = [name.partition("/")[0] for name in members if name.endswith(".dist-info/WHEEL") and name.count("/") == 1]
    if len(folders) != 1:
        raise BenchError(built.name, f"{len(folders)} .dist-info/WHEEL", "exactly one", "mend the build backend")
    return folders[0]


def _require_declared(members: Members, target: Target) -> None:
    for path, (_, content) in members.items():
        binary = read_binary("", Bytes(content))
        if binary is None:
            continue
        if not is_extension_module(path):
            remedy = "declare it in [[tool.wheelcheck.payload]], or keep it out of the wheel"
            raise BenchError(path, f"an undeclared {binary.format} file", "declared payload", remedy)
        inspection.require_loadable(path, binary, target)


def _placed(stage: Stage, wheel: str) -> dict[str, Staged]:
    return {member_path(file.path, wheel): file for file in stage.record.files}


def _free(stage: Stage, wheel: str, members: Members) -> dict[str, Staged]:
    placed = _placed(stage, wheel)
    if taken := sorted(placed.keys() & members):
        found, remedy = "the backend's wheel holds it already", "let the bench lay it in"
        raise BenchError(taken[0], found, "a free path", f'{remedy}; wheel = "payload" where it compiles nothing else')
    return placed


def _wheel_text(text: str, name: str) -> str:
    """Return the WHEEL file for a platform wheel of this name: its own fields, and every tag of the compressed set."""
    kept = [line for line in text.splitlines() if line and not line.startswith(("Tag:", "Root-Is-Purelib:"))]
    python, abi, platform = name.removesuffix(".whl").rsplit("-", 3)[1:]
    sets = ((one, two, three) for one in python.split(".") for two in abi.split(".") for three in platform.split("."))
    return "\n".join([*kept, "Root-Is-Purelib: false", *(f"Tag: {'-'.join(tag)}" for tag in sets), ""])


def _record(entries: list[tuple[ZipInfo, bytes]], own_path: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for info, data in entries:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        writer.writerow((info.filename, f"sha256={digest}", len(data)))
    writer.writerow((own_path, "", ""))
    return out.getvalue().encode()


def _place(entry: tuple[ZipInfo, bytes]) -> tuple[bool, str]:
    """Order members: .dist-info last, as the wheel specification recommends, and by name, whatever the file system."""
    path = entry[0].filename
    return path.partition("/")[0].endswith(".dist-info"), path


def _info(path: str, date: Date, mode: int) -> ZipInfo:
    info = ZipInfo(path, date)
    info.create_system = 3  # Unix: without it nobody reads the mode
    info.external_attr = (stat.S_IFREG | mode) << 16
    return info


def _write(path: Path, entries: list[tuple[ZipInfo, bytes]]) -> Path:
    partial = path.with_name(f"{path.name}.partial")
    with ZipFile(partial, "w", ZIP_DEFLATED) as archive:
        for info, data in entries:
            # the one fact of a mode that installers keep: neither a umask nor a backend without modes shows
            mode = 0o755 if info.external_attr >> 16 & 0o111 else 0o644
            archive.writestr(_info(info.filename, info.date_time, mode), data, ZIP_DEFLATED)
    return partial.replace(path)


def _described(info: ZipInfo, content: bytes) -> str:
    return _description(hashlib.sha256(content).hexdigest(), info.external_attr >> 16)


def _description(sha256: str, mode: int) -> str:
    return f"sha256 {sha256}, mode {mode:06o}"
