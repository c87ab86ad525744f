"""Inputs of the sessions `zip` and `tar`: sound wheels and sdists whose container is written in some other way."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from tests.fuzz.made import HOSTILE, Made, bounds, noise
from tests.support import tars, zips
from tests.support.artifacts import File, a_wheel, an_sdist

if TYPE_CHECKING:
    from random import Random

FILES = (
    File("demo/__init__.py", b"VALUE = 1\n" * 20),
    File("demo/empty", b""),
    File("demo/tool", b"#!/bin/sh\nexit 0\n", 0o100755),
    File("demo/sub/data", bytes(range(256))),
)
_NUMBERS = {"needed": 16, "flags": 16, "method": 16, "time": 16, "date": 16, "crc": 32, "packed": 32, "size": 32}
_BLOCKS = (0x1, 0x5455, 0x7875, 0x7855, 0x000A, 0x7075, 0x6375, 0x6C78, 0x756E, 0x000D, 0x9901, 0x0017, 0xCAFE)
_KINDS = (b"0", b"\0", b"1", b"2", b"3", b"5", b"6", b"7", b"g", b"x", b"L", b"K", b"S", b"V", b"M", b"A", b"\xff")
_PAX = (
    "path", "linkpath", "size", "mtime", "atime", "uid", "gid", "uname", "hdrcharset", "comment", "GNU.sparse.major",
    "GNU.sparse.name", "GNU.sparse.realsize", "SCHILY.xattr.user.x", "SCHILY.realsize", "SUN.holesdata", "LIBARCHIVE.x",
)  # fmt: skip
_VALUES = ("0", "1", "-1", "1.5", "nan", "inf", "1e300", "text", "", "../x", "/x", "demo-1.0/demo/o", "BINARY", "é")
_NAMES = (
    "demo/tool", "demo/Tool", "DEMO/tool", "demo/tool/", "demo//tool", "./demo/tool", "demo/../x", "demo", "con.txt",
    "a:b", "demo/other.py", "demo/sub", "demo-1.0.dist-info/METADATA", "demo-1.0.data/purelib/demo/__init__.py",
)  # fmt: skip


def a_zip(words: Random, *, is_bad: bool) -> Made:
    """Return a wheel whose zip has been changed, field by field or (bad) at its end."""
    file, members = _wheel()
    if is_bad:
        return Made(file, zips.Zip(members).build()[: -words.randrange(1, 60)], "cut at the end", is_bad=True)
    made, done = zips.Zip(members), []
    for _ in range(words.choice((1, 1, 2, 3))):
        change = words.choice((_a_member, _a_member, _a_member, _the_directory, _the_end))
        made, what = change(made, words)
        done.append(what)
    content = made.build()
    if words.random() < 0.15:
        content, what = noise(content, words)
        done.append(what)
    return Made(file, content, ", ".join(done))


def a_tar(words: Random, *, is_bad: bool) -> Made:
    """Return an sdist whose tar has been changed, block by block or (bad) at its end."""
    file, members = _sdist()
    if is_bad:
        return Made(file, tars.sdist(*(tars.member(*each) for each in members))[:-5], "cut at the end", is_bad=True)
    parts = [tars.member(*each) for each in members]
    done = [_a_part(parts, members, words) for _ in range(words.choice((1, 1, 2, 3)))]
    content = tars.tar(*parts, end=tars.END if words.random() < 0.9 else bytes(words.choice((0, 512, 1536, 10240))))
    if words.random() < 0.1:
        content, what = noise(content, words)
        done.append(what)
    packed = tars.gz(content)
    if words.random() < 0.1:
        packed, what = noise(packed, words)
        done.append(f"packed: {what}")
    return Made(file, packed, ", ".join(done))


def _a_member(made: zips.Zip, words: Random) -> tuple[zips.Zip, str]:
    """Change one member: fields of one header or both, its name, extra blocks, mode or data."""
    at = words.randrange(len(made.members))
    own = made.members[at]
    how = words.randrange(8)
    if how < 3:
        key = words.choice(sorted(_NUMBERS))
        value = bounds(zips.number(own.fields({})[key]), _NUMBERS[key], words)
        side = words.choice(("local", "central", "both"))
        changed, what = _with(own, side, {key: value}), f"{side}.{key} = {value:#x}"
    elif how == 3:
        block = zips.block(words.choice(_BLOCKS), words.randbytes(words.choice((0, 4, 5, 8, 13, 16, 28, 600))))
        side = words.choice(("local", "central", "both"))
        changed, what = _with(own, side, {"extra": block}), f"{side}.extra {block[:8].hex()}"
    elif how == 4:
        name = words.choice((*_NAMES, *HOSTILE)).encode("utf-8", "surrogateescape")
        side = words.choice(("local", "central", "both", "both"))
        mark: zips.Fields = {"name": name, "flags": 0 if name.isascii() else 1 << 11}
        changed, what = _with(own, side, mark), f"{side}.name = {name[:40]!r}"
    elif how == 5:
        mode = words.choice((0, 0o644, 0o755, 0o100600, 0o104755, 0o120777, 0o040755, 0o010644, 0o100000, 0o177777))
        changed, what = replace(own, mode=mode, dos=words.choice((0, 0, 8, 16, 0x20))), f"mode {mode:o}"
    elif how == 6:
        changed, what = replace(own, method=0), "stored"
        if words.random() < 0.5:
            changed, what = zips.described(own.content), "with a descriptor"
            changed = replace(changed, name=own.name)
    else:
        changed, what = (
            replace(own, comment=b"x" * words.choice((1, 70)), before=words.choice((b"", b"\0", b"PK\3\4"))),
            "gap",
        )
    return made.with_(members=(*made.members[:at], changed, *made.members[at + 1 :])), f"{own.name.decode()}: {what}"


def _with(own: zips.Member, side: str, fields: zips.Fields) -> zips.Member:
    """Replace fields of a member's local header, of its central one, or of both."""
    if side == "local":
        return replace(own, local={**own.local, **fields})
    return replace(own, central={**own.central, **fields}) if side == "central" else replace(own, both=fields)


def _the_directory(made: zips.Zip, words: Random) -> tuple[zips.Zip, str]:
    """List members in another order, twice or not at all, or write one twice."""
    numbers = list(range(len(made.members)))
    how = words.choice(("order", "twice", "left out", "written twice"))
    if how == "order":
        words.shuffle(numbers)
    elif how == "twice":
        numbers.append(words.choice(numbers))
    elif how == "left out":
        del numbers[words.randrange(len(numbers))]
    else:
        twin = replace(words.choice(made.members), content=b"other\n")
        return made.with_(members=(*made.members, twin)), f"{twin.name.decode()} twice"
    return made.with_(listed=tuple(numbers)), f"listed: {how}"


def _the_end(made: zips.Zip, words: Random) -> tuple[zips.Zip, str]:
    """Change the end record, or what is around the directory."""
    key = words.choice(
        ("count", "size", "offset", "disk", "comment", "here", "prefix", "suffix", "gap", "after", "zip64")
    )
    if key in ("prefix", "suffix", "gap", "after"):
        piece = words.choice((b"\0", b"#!/bin/sh\n", b"PK\5\6" + bytes(18), bytes(512), zips.zipped()))
        return made.with_(**{key: piece}, counted=words.random() < 0.5), f"{key} of {len(piece)} bytes"
    if key == "zip64":
        return made.with_(end64={words.choice(("length", "at", "disks", "count")): words.choice((0, 1, 44, 45))}), key
    if key == "comment":
        return made.with_(comment=words.choice((b"x", b"PK\5\6", bytes(300)))), key
    value = words.choice((0, 1, 0xFFFF, len(made.members) + 1))
    return made.with_(end={**made.end, key: value}), f"end.{key} = {value:#x}"


def _a_part(parts: list[bytes], members: list[tuple[bytes, bytes]], words: Random) -> str:
    """Change one member of a tar: its header, what is before it, its place."""
    at = words.randrange(len(members))
    name, content = members[at]
    how = words.randrange(6)
    if how == 0:
        records = [tars.record(words.choice(_PAX), words.choice(_VALUES)) for _ in range(words.choice((1, 1, 2)))]
        kind = words.choice((b"x", b"x", b"g"))
        parts.insert(words.randrange(len(parts) + 1), tars.pax(*records, kind=kind))
        return f"pax {records[0]!r}"
    if how == 1:
        other = (
            name
            if words.random() < 0.4
            else b"demo-1.0/" + words.choice((*_NAMES, *HOSTILE)).encode("utf-8", "replace")
        )
        parts.insert(words.randrange(len(parts) + 1), tars.long_name(other + b"\0", words.choice((b"L", b"K"))))
        return f"long name {other[:40]!r}"
    if how == 2:
        parts.insert(words.randrange(len(parts) + 1), words.choice(parts))
        return "a part twice"
    field, value = words.choice(_FIELDS)
    kind = words.choice(_KINDS) if how == 3 else b"0"
    values = {field: value} if how != 3 or words.random() < 0.3 else {}
    size = content if kind in (b"0", b"\0", b"7", b"g", b"x", b"L", b"K") or words.random() < 0.2 else b""
    if kind in (b"1", b"2") and "link" not in values:
        values["link"] = words.choice((b"tool", b"../x", b"/x", b"demo-1.0/demo/tool", name, b"", b"nowhere", b"."))
    part = tars.header(name, len(size), kind, **values) + tars.padded(size)
    parts.insert(words.randrange(len(parts) + 1), part)
    return f"{kind!r} {values}"


_MODES = (b"0000000\0", b"0000755\0", b"0004755\0", b"0177777\0", b"\x80" + bytes(7), b"text\0   ")
_FIELDS: tuple[tuple[str, bytes], ...] = (
    *(("mode", value) for value in _MODES),
    *(("mtime", value) for value in (b"00000000000\0", b"77777777777\0", b"\x80" + bytes(10) + b"\1", b"\xff" * 12)),
    *(("uid", value) for value in (b"7777777\0", b"\x80" + bytes(6) + b"\1", b"\xff" * 8, b"        ")),
    *(("magic", value) for value in (tars.GNU, tars.V7, b"ustar\x0001", b"\xff" * 8)),
    *(("prefix", value) for value in (b"demo-1.0", b"..", b"/", b"x" * 155)),
    *(("link", value) for value in (b"x", b"../x", b"\xff", b"y" * 100)),
    *(("tail", value) for value in (b"x", b"tar\0")),
    *(("checksum", value) for value in (b"0000000\0", b"  0000 \0")),
    ("user", b"\xff" * 32),
    ("device", b"0000001\0"),
)


@cache
def _wheel() -> tuple[str, tuple[zips.Member, ...]]:
    recipe = a_wheel("py3-none-any", *FILES)
    with zipfile.ZipFile(io.BytesIO(recipe.content)) as archive:
        members = tuple(
            zips.Member(info.filename.encode(), archive.read(info), mode=info.external_attr >> 16)
            for info in archive.infolist()
        )
    return recipe.file_name, members


@cache
def _sdist() -> tuple[str, list[tuple[bytes, bytes]]]:
    recipe = an_sdist(*FILES)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(recipe.content))) as archive:
        read = [(info.name.encode(), archive.extractfile(info)) for info in archive.getmembers()]
    return recipe.file_name, [(name, file.read() if file else b"") for name, file in read]
