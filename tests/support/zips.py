"""Zips written field by field, so that a test can change any one of them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, replace

from wheelcheck.archive.zip import LOCAL
from wheelcheck.archive.zip_directory import CENTRAL, END, END64, END64_LOCATOR

STAMP = (12, 45, 30, 2024, 5, 17)
_TIME = STAMP[0] << 11 | STAMP[1] << 5 | STAMP[2] // 2
_DATE = (STAMP[3] - 1980) << 9 | STAMP[4] << 5 | STAMP[5]
Fields = dict[str, int | bytes]


def deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@dataclass(frozen=True)
class Member:
    """One member. `local` and `central` replace single fields of one header, `both` of both."""

    name: bytes = b"pkg/module.py"
    content: bytes = b"VALUE = 1\n" * 9
    method: int = 8
    flags: int = 0
    mode: int = 0o100644
    dos: int = 0  # MS-DOS attributes
    extra: bytes = b""
    comment: bytes = b""
    data: bytes | None = None  # what the file contains instead of the packed content
    descriptor: bytes = b""
    before: bytes = b""  # bytes between the member before and this one
    both: Fields = field(default_factory=dict)
    local: Fields = field(default_factory=dict)
    central: Fields = field(default_factory=dict)

    @property
    def packed(self) -> bytes:
        if self.data is not None:
            return self.data
        return deflate(self.content) if self.method == 8 else self.content

    def fields(self, own: Fields) -> Fields:
        values: Fields = {
            "needed": 20,
            "flags": self.flags,
            "method": self.method,
            "time": _TIME,
            "date": _DATE,
            "crc": zlib.crc32(self.content),
            "packed": len(self.packed),
            "size": len(self.content),
            "name": self.name,
            "extra": self.extra,
        }
        return values | self.both | own

    def local_bytes(self) -> bytes:
        f = self.fields(self.local)
        name, extra = blob(f["name"]), blob(f["extra"])
        numbers = [number(f[key]) for key in ("flags", "method", "time", "date", "crc", "packed", "size")]
        header = LOCAL.pack(b"PK\3\4", number(f["needed"]), *numbers, len(name), len(extra))
        return header + name + extra + self.packed + self.descriptor

    def central_bytes(self, offset: int) -> bytes:
        own: Fields = {"disk": 0, "offset": offset}
        f = self.fields(own | self.central)
        name, extra = blob(f["name"]), blob(f["extra"])
        numbers = [number(f[key]) for key in ("flags", "method", "time", "date", "crc", "packed", "size")]
        lengths = len(name), len(extra), len(self.comment), number(f["disk"]), 0
        header = CENTRAL.pack(
            b"PK\1\2",
            3 << 8 | 20,
            number(f["needed"]),
            *numbers,
            *lengths,
            self.mode << 16 | self.dos,
            number(f["offset"]),
        )
        return header + name + extra + self.comment


def blob(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)
    return value


def number(value: int | bytes) -> int:
    assert isinstance(value, int)
    return value


@dataclass(frozen=True)
class Zip:
    """An archive. `listed` reorders, repeats or leaves out members in the central directory."""

    members: tuple[Member, ...] = (Member(),)
    listed: tuple[int, ...] | None = None
    prefix: bytes = b""
    gap: bytes = b""  # before the central directory
    after: bytes = b""  # between it and the end record
    comment: bytes = b""
    suffix: bytes = b""
    end: Fields = field(default_factory=dict)
    end64: Fields | None = None  # write zip64 records, with these fields replaced
    counted: bool = True  # whether offsets count the prefix

    def build(self) -> bytes:
        out, offsets = self.prefix, []
        for member in self.members:
            out += member.before
            offsets.append(len(out) - (0 if self.counted else len(self.prefix)))
            out += member.local_bytes()
        out += self.gap
        listed = range(len(self.members)) if self.listed is None else self.listed
        directory = b"".join(self.members[n].central_bytes(offsets[n]) for n in listed)
        offset = len(out) - (0 if self.counted else len(self.prefix))
        values: Fields = {"count": len(listed), "size": len(directory), "offset": offset}
        return self._finish(out + directory + self.after, values)

    def _finish(self, out: bytes, values: Fields) -> bytes:
        if self.end64 is not None:
            out += self._end64(len(out), values)
        f = {"disk": 0, "comment": len(self.comment), **values, **self.end}
        count, disk, length = number(f["count"]), number(f["disk"]), number(f["comment"])
        here = number(f.get("here", count))
        end = END.pack(b"PK\5\6", disk, disk, here, count, number(f["size"]), number(f["offset"]), length)
        return out + end + self.comment + self.suffix

    def _end64(self, at: int, values: Fields) -> bytes:
        f = {"length": 44, "at": at, "disks": 1, "disk": 0, "extensible": b"", **values, **(self.end64 or {})}
        count, disk = number(f["count"]), number(f["disk"])
        here = number(f.get("here", count))
        numbers = (45, 45, disk, disk, here, count, number(f["size"]), number(f["offset"]))
        record = END64.pack(b"PK\6\6", number(f["length"]), *numbers) + blob(f["extensible"])
        return record + END64_LOCATOR.pack(b"PK\6\7", 0, number(f["at"]), number(f["disks"]))

    def with_(self, **changes: object) -> Zip:
        return replace(self, **changes)  # type: ignore[arg-type]


def block(identifier: int, content: bytes) -> bytes:
    """Return one extra block."""
    return struct.pack("<HH", identifier, len(content)) + content


def zipped(*members: Member) -> bytes:
    return Zip(members or (Member(),)).build()


def named(name: str | bytes, *, flags: int | None = None, **changes: object) -> Member:
    """Return a member of this name, marked as UTF-8 where that is needed."""
    raw = name.encode() if isinstance(name, str) else name
    mark = (0 if raw.isascii() else 1 << 11) if flags is None else flags
    return replace(Member(name=raw, flags=mark), **changes)  # type: ignore[arg-type]


def with_tar_header() -> Member:
    """Return a member that makes a zip a tar as well: a block of its local header holds the tar's checksum."""
    place = 148 - LOCAL.size - len(b"a.py") - len(block(0, b""))

    def holding(checksum: bytes) -> Member:
        content = bytes(place) + checksum.ljust(500 - place, b"\0")
        return Member(name=b"a.py", method=0, local={"extra": block(0x4453, content)})

    return holding(b"%06o\0 " % sum(zipped(holding(b" " * 8))[:512]))


def described(content: bytes = b"streamed\n" * 9, form: str = "<LLL", signature: bytes = b"PK\7\x08") -> Member:
    """Return a member whose sizes follow its data."""
    packed = deflate(content)
    descriptor = signature + struct.pack(form, zlib.crc32(content), len(packed), len(content))
    empty: Fields = {"crc": 0, "packed": 0, "size": 0}
    return Member(content=content, flags=1 << 3, descriptor=descriptor, local=empty)
