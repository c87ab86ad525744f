"""Writes wheels: the zip, RECORD and the fields of WHEEL. The builder and `check --fix` use it, and nothing else does.

`builder.in_container` runs this module where only wheelcheck, pyelftools and packaging exist.
"""

from __future__ import annotations

import base64
import csv
import io
from copy import copy
from zipfile import ZipFile

from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from zipfile import ZipInfo

_DESCRIPTOR = 1 << 3
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Packed:
    """The data of a member as it is in another zip: `length` bytes of `file` from `start`, copied and never unpacked.

    `extra` is the extra field of the local header, which may differ from that of the central directory.
    """

    file: BinaryIO
    start: int
    length: int
    extra: bytes = b""


Entry = tuple["ZipInfo", "bytes | Packed"]


def write(path: Path, entries: Iterable[Entry]) -> Path:
    """Write a zip of these members, in this order, and return `path`, which is never there half written.

    The same entries give the same bytes. Sizes are always in the local headers.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with ZipFile(partial, "w") as archive:
            for info, content in entries:
                if isinstance(content, Packed):
                    _copy(archive, info, content)
                else:
                    archive.writestr(info, content)
        return partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _copy(archive: ZipFile, info: ZipInfo, packed: Packed) -> None:
    """Append a member without unpacking it. zipfile has no call for that: this does what its own `write` does."""
    file = archive.fp
    assert file is not None  # noqa: S101  # an archive that is open for writing
    central, local = copy(info), copy(info)
    file.seek(archive.start_dir)
    central.header_offset = archive.start_dir
    central.flag_bits = local.flag_bits = info.flag_bits & ~_DESCRIPTOR
    local.extra = packed.extra
    file.write(local.FileHeader(zip64=False))
    packed.file.seek(packed.start)
    for start in range(0, packed.length, _CHUNK):
        file.write(packed.file.read(min(_CHUNK, packed.length - start)))
    archive.filelist.append(central)
    archive.NameToInfo[central.filename] = central
    archive.start_dir = file.tell()


def record_text(rows: Iterable[tuple[str, str, int]]) -> str:
    """Return a RECORD with a row for each path, SHA-256 (hexadecimal) and size.

    Without a hash the row has no size either, as that of RECORD itself.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for path, sha256, size in rows:
        digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()
        writer.writerow((path, f"sha256={digest}", size) if sha256 else (path, "", ""))
    return out.getvalue()


def expanded_tags(file: str) -> list[str]:
    """Return every tag of the compressed set in a wheel's file name, in its order."""
    python, abi, platform = file.removesuffix(".whl").rsplit("-", 3)[1:]
    sets = ((one, two, three) for one in python.split(".") for two in abi.split(".") for three in platform.split("."))
    return ["-".join(tag) for tag in sets]


def with_field(text: str, name: str, values: Iterable[str]) -> str:
    """Return a WHEEL file with these values of one field, where its first line was, or else last; other lines stay."""
    lines = text.rstrip().splitlines()
    found = [number for number, line in enumerate(lines) if line.partition(":")[0].lower() == name.lower()]
    kept = [line for number, line in enumerate(lines) if number not in found]
    place = found[0] if found else len(lines)
    return "\n".join([*kept[:place], *(f"{name}: {value}" for value in values), *kept[place:], ""])
