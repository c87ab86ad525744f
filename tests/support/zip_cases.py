"""Zips that a careful reader refuses, each beside one that it must accept."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

from tests.support.archive_cases import case
from tests.support.zips import Member, Zip, block, described, named, with_tar_header, zipped
from wheelcheck.archive import Budget
from wheelcheck.archive.zip_directory import END64_LOCATOR

GOOD = Zip().build()
TWO = Zip((Member(name=b"a.py"), Member(name=b"b.py"))).build()
A, B = Member(name=b"a.py"), Member(name=b"b.py")
LIMIT = 0xFFFFFFFF
PACKED, SIZE = len(Member().packed), len(Member().content)
WIDE = block(1, struct.pack("<QQ", SIZE, PACKED))
BLOCKS = b"".join(block(0x100 + number, b"") for number in range(65))
ENCRYPTION = block(0x9901, b"\2\0AE\3\10\0")
STORED, COMMENTED = Member(method=0), Member(comment=b"hello")
UNICODE_PATH = block(0x7075, b"\1" + zlib.crc32(Member().name).to_bytes(4, "little") + Member().name)
OTHER_PATH = block(0x7075, b"\1" + zlib.crc32(Member().name).to_bytes(4, "little") + b"pkg/other.py")
HOLLOW = Zip(()).build()


def small(**caps: int) -> Budget:
    return Budget(**caps)


END_CASES = (
    case("a file of no bytes", "empty", b"", GOOD),
    case("text", "not-an-archive", b"Not found\n", GOOD),
    case("cut in the first member", "zip-truncated", GOOD[:40], GOOD),
    case("cut in the central directory", "zip-truncated", GOOD[:-30], GOOD),
    case("cut in the end record", "zip-truncated", GOOD[:-1], GOOD),
    case("no members", "zip-no-members", HOLLOW, GOOD),
    case("a comment", "zip-comment", Zip(comment=b"hello").build(), GOOD),
    case("the comment of a library", "zip-writer-comment", Zip(comment=b"zip-rs").build(), GOOD),
    case("a zip inside the comment", "zip-two-ends zip-prefix", Zip(comment=GOOD).build(), GOOD),
    case("an empty zip whose comment is a zip", "zip-two-ends zip-prefix", Zip((), comment=GOOD).build(), GOOD),
    case(
        "an end record right before another",  # whose offset is the length of the first one's comment
        "zip-two-ends zip-no-members zip-gap",
        b"PK\5\6" + Zip((), end={"offset": 4}).build(),
        GOOD,
    ),
    case("a comment longer than the file", "zip-comment zip-truncated", Zip(end={"comment": 9}).build(), GOOD),
    case(
        "a comment shorter than declared by none", "zip-suffix", Zip(comment=b"x" * 9, end={"comment": 0}).build(), GOOD
    ),
    case(
        "a comment longer than it says",
        "zip-comment zip-suffix",
        Zip(comment=b"x" * 9, end={"comment": 4}).build(),
        GOOD,
    ),
    case("bytes after the end", "zip-suffix", Zip(suffix=b"\0").build(), GOOD),
    case("bytes before it that offsets count", "zip-prefix", Zip(prefix=b"#!/bin/sh\n").build(), GOOD),
    case(
        "bytes before it that offsets leave out", "zip-prefix", Zip(prefix=b"#!/bin/sh\n", counted=False).build(), GOOD
    ),
    case("a spanned marker", "zip-prefix", Zip(prefix=b"PK00").build(), GOOD),
    case("two zips one after the other", "zip-prefix", GOOD + GOOD, GOOD),
    case("disk 1", "zip-disk", Zip(end={"disk": 1}).build(), GOOD),
    case("fewer members on this disk than in all", "zip-disk", Zip(end={"here": 0}).build(), GOOD),
    case("a member on disk 1", "zip-disk", zipped(Member(central={"disk": 1})), GOOD),
    case("an entry count too low", "zip-entry-count", Zip((A, B), end={"count": 1}).build(), TWO),
    case("an entry count too high", "zip-entry-count", Zip((A, B), end={"count": 3}).build(), TWO),
    case("a directory larger than the file", "zip-directory", Zip(end={"size": 1 << 20}).build(), GOOD),
    case("a directory size that ends in a record", "zip-directory zip-gap", Zip(end={"size": 50}).build(), GOOD),
    case(
        "a directory that holds something else", "zip-directory", Zip(after=b"PK\5\5", end={"size": 63}).build(), GOOD
    ),
    case(
        "a directory that ends in a comment", "zip-directory zip-gap", Zip((COMMENTED,), end={"size": 61}).build(), GOOD
    ),
    case("bytes after the directory", "zip-gap", Zip(after=b"\0\0\0\0").build(), GOOD),
)

ZIP64 = Zip(end64={}, end={"count": 0xFFFF, "size": LIMIT, "offset": LIMIT, "disk": 0xFFFF})
SATURATED = {"count": 0xFFFF, "size": LIMIT, "offset": LIMIT, "disk": 0}

ZIP64_CASES = (
    case("saturated fields and no locator", "zip-zip64", Zip(end={"offset": LIMIT}).build(), GOOD),
    case("a locator of nothing", "zip-zip64", ZIP64.with_(end64={"at": 3}).build(), GOOD),
    case("a locator that the file begins with", "zip-zip64", END64_LOCATOR.pack(b"PK\6\7", 0, 0, 1) + HOLLOW, GOOD),
    case("a locator past the end", "zip-zip64", ZIP64.with_(end64={"at": 1 << 62}).build(), GOOD),
    case("a locator past 2**63", "zip-zip64", ZIP64.with_(end64={"at": (1 << 64) - 1}).build(), GOOD),
    case("a directory past 2**63", "zip-directory", ZIP64.with_(end64={"offset": (1 << 64) - 1}).build(), GOOD),
    case(
        "a header past 2**63",
        "zip-no-local zip-gap",
        zipped(Member(central={"offset": LIMIT, "extra": block(1, b"\xff" * 8)})),
        zipped(Member(central={"extra": b""})),
    ),
    case("a locator of two disks", "zip-zip64", ZIP64.with_(end64={"disks": 2}).build(), GOOD),
    case("disk 0xFFFF without zip64", "zip-disk", Zip(end={"disk": 0xFFFF}).build(), GOOD),
    case("a member on disk 0xFFFF", "zip-disk", zipped(Member(central={"disk": 0xFFFF})), GOOD),
    case("a record of two disks", "zip-zip64 zip-zip64-unneeded", ZIP64.with_(end64={"disk": 1}).build(), GOOD),
    case(
        "extensible data",
        "zip-zip64",
        ZIP64.with_(end64={"extensible": b"more", "length": 48}).build(),
        GOOD,
    ),
    case("a length that lies", "zip-zip64 zip-zip64-unneeded", ZIP64.with_(end64={"length": 48}).build(), GOOD),
    case("another count", "zip-zip64 zip-zip64-unneeded", ZIP64.with_(end=SATURATED | {"count": 7}).build(), GOOD),
    case("another size", "zip-zip64 zip-zip64-unneeded", ZIP64.with_(end=SATURATED | {"size": 7}).build(), GOOD),
    case("another offset", "zip-zip64 zip-zip64-unneeded", ZIP64.with_(end=SATURATED | {"offset": 7}).build(), GOOD),
    case(
        "a count that only zip64 can hold",
        "zip-entry-count",
        Zip(end64={"count": 0xFFFF}, end={"count": 0xFFFF}).build(),
        GOOD,
    ),
    case("records nobody asks for", "zip-zip64-unneeded", Zip(end64={}).build(), GOOD),
    case("records for values that fit", "zip-zip64-unneeded", ZIP64.build(), GOOD),
    *(
        case(f"a {field} that fits", "zip-zip64-unneeded", Zip(end64={}, end={field: SATURATED[field]}).build(), GOOD)
        for field in ("count", "size", "offset")
    ),
    case(
        "a saturated size without a block",
        "zip-zip64 zip-overlap zip-local-differs zip-stream-suffix",
        zipped(Member(central={"packed": LIMIT})),
        GOOD,
    ),
    case(
        "two saturated sizes without a block",
        "zip-zip64 zip-overlap zip-local-differs zip-size",
        zipped(Member(central={"size": LIMIT, "packed": LIMIT})),
        GOOD,
    ),
    case(
        "a block that is too short",
        "zip-zip64 zip-zip64-unneeded zip-local-differs zip-gap zip-deflate",
        zipped(Member(extra=block(1, b"\5\0"), central={"packed": LIMIT})),
        zipped(Member(local={"size": LIMIT, "packed": LIMIT, "extra": WIDE})),
    ),
    case("a block that no field asks for", "zip-zip64", zipped(Member(central={"extra": WIDE})), GOOD),
    case(
        "a block for a value that fits",
        "zip-zip64-unneeded",
        zipped(Member(central={"size": LIMIT, "extra": block(1, SIZE.to_bytes(8, "little"))})),
        GOOD,
    ),
    case(
        "a block for two values that fit",
        "zip-zip64-unneeded",
        zipped(Member(central={"size": LIMIT, "packed": LIMIT, "extra": WIDE})),
        GOOD,
    ),
    case(
        "a block for three values that fit",
        "zip-zip64-unneeded",
        zipped(
            Member(central={"size": LIMIT, "packed": LIMIT, "offset": LIMIT, "extra": block(1, WIDE[4:] + bytes(8))})
        ),
        GOOD,
    ),
    case(
        "a wide size that is the limit itself",
        "zip-local-differs zip-size",
        zipped(Member(central={"size": LIMIT, "extra": block(1, LIMIT.to_bytes(8, "little"))})),
        GOOD,
    ),
    *(
        case(
            f"another local {field} beside a block that tells the truth",
            "zip-local-differs",
            zipped(Member(local={field: 1, "extra": WIDE})),
            zipped(Member(local={field: LIMIT, "extra": WIDE})),
        )
        for field in ("size", "packed")
    ),
    case(
        "a local block with another size",
        "zip-zip64",
        zipped(Member(local={"extra": block(1, struct.pack("<QQ", SIZE, PACKED + 1))})),
        zipped(Member(local={"extra": WIDE})),
    ),
)


def sized(size: int) -> Member:
    """A member with a descriptor; its local header gives the size, and neither CRC nor packed size, as macOS does."""
    return replace(described(Member().content), local={"crc": 0, "packed": 0, "size": size})


def tall(size: int, form: str) -> Member:
    """A member that is said to have this size unpacked, in a zip64 block and behind the data."""
    wide = block(1, struct.pack("<Q", size))
    descriptor = struct.pack(form, b"PK\7\x08", zlib.crc32(Member().content), PACKED, size)
    return replace(described(Member().content), descriptor=descriptor, central={"size": LIMIT, "extra": wide})


HEADER_CASES = (
    case("a comment on a member", "zip-member-comment", zipped(Member(comment=b"hello")), GOOD),
    case(
        "a version from the future",
        "zip-version",
        zipped(Member(both={"needed": 47})),
        zipped(Member(both={"needed": 46})),
    ),
    case(
        "a version from the future of another host",
        "zip-version",
        zipped(Member(both={"needed": 3 << 8 | 47})),
        zipped(Member(both={"needed": 3 << 8 | 46})),
    ),
    case(
        "another version in the local header",
        "zip-local-differs",
        zipped(Member(local={"needed": 45})),
        zipped(Member(local={"needed": 3 << 8 | 20})),
    ),
    case("a Unicode comment", "zip-member-comment", zipped(Member(extra=block(0x6375, b"\1abcd!"))), GOOD),
    case("an extra field of 3 bytes", "zip-extra", zipped(Member(extra=b"\1\2\3")), zipped(Member(extra=b"\1\2\0\0"))),
    case("an extra block longer than the field", "zip-extra", zipped(Member(extra=b"\1\2\1\0")), GOOD),
    *(
        case(
            f"an extra block {identifier:#06x} that some readers obey or none reads",
            "zip-extra-data",
            zipped(Member(local={"extra": block(identifier, bytes(14))})),
            zipped(Member(local={"extra": block(identifier, b"")})),
        )
        for identifier in (0x000D, 0x6C78, 0x756E, 0xCAFE, 0x1234)
    ),
    case(
        "an unknown extra block of one byte",
        "zip-extra-data",
        zipped(Member(extra=block(0xCAFE, b"x"))),
        zipped(Member(extra=block(0xCAFE, b""))),
    ),
    case(
        "an access list of Windows that is none",
        "zip-extra-data",
        zipped(Member(local={"extra": block(0x4453, bytes(513))})),
        zipped(Member(local={"extra": block(0x4453, bytes(124))}, central={"extra": block(0x4453, bytes(4))})),
    ),
    case(
        "an extra block of times with more behind them",
        "zip-extra-data",
        zipped(Member(central={"extra": block(0x5455, bytes(14))})),
        zipped(
            Member(
                local={"extra": block(0x5455, bytes(13)) + block(0x7875, bytes(11)) + block(0x0A, bytes(32))},
                central={"extra": block(0x5455, bytes(5)) + block(0x7875, bytes(11)) + block(0x0A, bytes(32))},
            )
        ),
    ),
    case(
        "an extra block of times without its flags",
        "zip-extra",
        zipped(Member(local={"extra": block(0x5455, b"")})),
        zipped(Member(local={"extra": block(0x5455, b"\0")})),
    ),
    case("an extra block twice", "zip-extra", zipped(Member(extra=b"\1\2\0\0" * 2)), zipped(Member(extra=b"\1\2\0\0"))),
    case("65 extra blocks", "zip-extra", zipped(Member(extra=BLOCKS)), zipped(Member(extra=BLOCKS[4:]))),
    case("a second name", "zip-unicode-path", zipped(Member(extra=OTHER_PATH)), zipped(Member(extra=UNICODE_PATH))),
    case(
        "a second name of 200 letters",
        "zip-unicode-path",
        zipped(Member(extra=block(0x7075, OTHER_PATH[4:9] + b"n" * 200))),
        zipped(Member(extra=UNICODE_PATH)),
    ),
    case("a second local name", "zip-unicode-path", zipped(Member(local={"extra": OTHER_PATH})), GOOD),
    case("two second names", "zip-extra", zipped(Member(extra=UNICODE_PATH * 2)), zipped(Member(extra=UNICODE_PATH))),
    case("a name of no known encoding", "zip-name-flag", zipped(named("é.py", flags=0)), zipped(named("é.py"))),
    case("a name that is not UTF-8", "name-encoding", zipped(named(b"\xe9.py")), zipped(named("é.py"))),
    case("a name twice", "zip-duplicate-name", zipped(A, A), zipped(A, B)),
    case(
        "a name twice with other data",
        "zip-duplicate-name",
        zipped(A, Member(name=b"a.py", content=b"2")),
        zipped(A, B),
    ),
    case("no local header", "zip-no-local zip-gap", zipped(Member(central={"offset": 4})), GOOD),
    case("a local header past the end", "zip-no-local zip-gap", zipped(Member(central={"offset": 1 << 30})), GOOD),
    case("another local name", "zip-local-differs", zipped(Member(local={"name": b"pkg/mOdule.py"})), GOOD),
    case(
        "other local flags",
        "zip-local-differs",
        zipped(Member(local={"flags": 1 << 11})),
        zipped(Member(flags=1 << 11)),
    ),
    case("another local method", "zip-local-differs", zipped(Member(local={"method": 0})), GOOD),
    case(
        "another local time", "zip-local-differs", zipped(Member(local={"time": 0})), zipped(Member(both={"time": 0}))
    ),
    case("another local CRC", "zip-local-differs", zipped(Member(local={"crc": 1})), GOOD),
    case("another local size", "zip-local-differs", zipped(Member(local={"size": 1})), GOOD),
    case("another packed size", "zip-local-differs", zipped(Member(local={"packed": 1})), GOOD),
    case("encryption", "zip-encrypted", zipped(Member(flags=1)), GOOD),
    case("strong encryption", "zip-encrypted", zipped(Member(flags=1 << 6 | 1)), GOOD),
    case("masked headers", "zip-encrypted", zipped(Member(flags=1 << 13)), GOOD),
    case("encryption in an extra block", "zip-encrypted", zipped(Member(extra=ENCRYPTION)), GOOD),
    case("patched data", "zip-flags", zipped(Member(flags=1 << 5)), zipped(Member(flags=1 << 1))),
    case("LZMA", "zip-method", zipped(Member(both={"method": 14})), GOOD),
    case("deflate64", "zip-method", zipped(Member(both={"method": 9})), GOOD),
)

LAYOUT_CASES = (
    case("bytes between members", "zip-gap", zipped(A, Member(name=b"b.py", before=b"\0")), TWO),
    case("bytes before the directory", "zip-gap", Zip(gap=b"\0").build(), GOOD),
    case("a member that is not listed", "zip-gap", Zip((A, B), listed=(0,)).build(), TWO),
    case("an unlisted member in front", "zip-prefix", Zip((A, B), listed=(1,)).build(), TWO),
    case("a member listed twice", "zip-overlap zip-duplicate-name", Zip((A, B), listed=(0, 1, 1)).build(), TWO),
    case(
        "a packed size too large", "zip-overlap zip-stream-suffix", zipped(Member(both={"packed": PACKED + 2}), B), GOOD
    ),
    case(
        "a packed size one byte too large",
        "zip-overlap zip-stream-suffix",
        zipped(Member(both={"packed": PACKED + 1}), B),
        GOOD,
    ),
    case("a packed size too small", "zip-gap zip-deflate", zipped(Member(both={"packed": PACKED - 2})), GOOD),
    case("another order", "zip-order", Zip((A, B), listed=(1, 0)).build(), TWO),
    case("a descriptor", "zip-descriptor", zipped(described()), GOOD),
    case("a descriptor without signature", "zip-descriptor", zipped(described(signature=b"")), GOOD),
    case("a wide descriptor", "zip-descriptor", zipped(described(form="<LQQ")), GOOD),
    case("a wide one without signature", "zip-descriptor", zipped(described(form="<LQQ", signature=b"")), GOOD),
    *(
        case(sentence, "zip-descriptor zip-size", zipped(tall(size, form)), GOOD)
        for sentence, size, form in (
            ("a descriptor of the most that four bytes hold", LIMIT, "<4sLLL"),
            ("a descriptor of more than four bytes hold", LIMIT + 1, "<4sLQQ"),
        )
    ),
    case("a descriptor of what the local header says in part", "zip-descriptor", zipped(sized(SIZE)), GOOD),
    case("a descriptor of another size", "zip-local-differs zip-descriptor", zipped(sized(SIZE + 1)), GOOD),
    case("a descriptor before another member", "zip-descriptor", zipped(described(), B), GOOD),
    case(
        "a descriptor that lies",
        "zip-descriptor zip-descriptor-differs",
        zipped(Member(flags=8, descriptor=b"PK\7\x08" + bytes(12))),
        GOOD,
    ),
    case("a descriptor that is missing", "zip-descriptor zip-descriptor-differs", zipped(Member(flags=8)), GOOD),
    case(
        "far more than a descriptor",
        "zip-descriptor zip-descriptor-differs zip-gap",
        zipped(Member(flags=8, descriptor=bytes(30))),
        GOOD,
    ),
    *(
        case(
            f"a descriptor of {sentence}",
            f"zip-descriptor zip-descriptor-differs {more}",
            zipped(replace(described(), descriptor=described().descriptor + bytes(extra)), B),
            GOOD,
        )
        for sentence, extra, more in (
            ("eight bytes too many", 8, ""),
            ("nine bytes too many", 9, "zip-gap"),
        )
    ),
    case("a descriptor nobody announced", "zip-gap", zipped(Member(descriptor=described().descriptor)), GOOD),
    case(
        "a descriptor announced in one place",
        "zip-local-differs zip-descriptor",
        zipped(Member(local={"flags": 8}, descriptor=described(Member().content).descriptor)),
        GOOD,
    ),
)

CONTENT_CASES = (
    case("a wrong CRC", "zip-crc", zipped(Member(both={"crc": 1})), GOOD),
    case("a wrong CRC of stored data", "zip-crc", zipped(Member(method=0, both={"crc": 1})), zipped(STORED)),
    case("a size below the data", "zip-size", zipped(Member(both={"size": SIZE - 1})), GOOD),
    case("a size above the data", "zip-size", zipped(Member(both={"size": SIZE + 1})), GOOD),
    case("a size of zero", "zip-size", zipped(Member(both={"size": 0})), zipped(Member(content=b""))),
    case("stored data larger than declared", "zip-size", zipped(Member(method=0, both={"size": 9})), zipped(STORED)),
    case("stored data smaller than declared", "zip-size", zipped(Member(method=0, both={"size": 99})), zipped(STORED)),
    case("data that is not deflated", "zip-deflate", zipped(Member(data=b"\xff" * 30)), GOOD),
    case("a stream without end", "zip-deflate", zipped(Member(data=Member().packed[:-1])), GOOD),
    case("two streams", "zip-stream-suffix", zipped(Member(data=Member().packed * 2)), GOOD),
    case("bytes after the stream", "zip-stream-suffix", zipped(Member(data=Member().packed + b"\0")), GOOD),
    case("no data at all", "zip-deflate", zipped(Member(data=b"")), zipped(Member(content=b""))),
)

MODE_CASES = (
    case(
        "a directory with data",
        "entry-directory-data",
        zipped(Member(name=b"d/", mode=0o40755)),
        zipped(Member(name=b"d")),
    ),
    case(
        "a slash on a file's mode",
        "zip-kind-differs",
        zipped(Member(name=b"d/", content=b"")),
        zipped(Member(name=b"d/", content=b"", mode=0o40755)),
    ),
    case("no slash on a directory's mode", "zip-kind-differs", zipped(Member(mode=0o40755)), GOOD),
    case("a pipe", "entry-device", zipped(Member(mode=0o10644)), GOOD),
    *(
        case(f"a file that is a {what} for MS-DOS", "zip-kind-differs", zipped(Member(mode=mode, dos=dos)), good)
        for mode in (0, 0o100644)
        for what, dos, good in (
            ("volume label", 0x08, zipped(Member(dos=0x27))),
            ("device", 0x40, zipped(Member(dos=0xA7))),
            ("folder", 0x10, zipped(Member(name=b"d/", content=b"", mode=0o40755, dos=0x10))),
        )
    ),
    case("a device", "entry-device", zipped(Member(mode=0o20644)), GOOD),
    case("a socket", "entry-device", zipped(Member(mode=0o140644)), GOOD),
)

BOMB = Member(content=bytes(3 << 20))
LONG = b"d/" * 65 + b"a"
CAP_CASES = (
    case("too many members", "cap-members", TWO, GOOD, lambda: small(zip_members=1)),
    case("too much work", "cap-steps", TWO, GOOD, lambda: small(steps=33)),
    case("too many bytes", "cap-unpacked", zipped(Member(content=bytes(100))), GOOD, lambda: small(unpacked_bytes=99)),
    case("too many from too few", "cap-ratio", zipped(BOMB), GOOD, lambda: small(ratio_free_bytes=1 << 20)),
    case("a name of 60,000 bytes", "cap-name", zipped(Member(name=b"n" * 60_000)), zipped(Member(name=b"n" * 255))),
    case("a path of 65 levels", "cap-depth", zipped(Member(name=LONG)), zipped(Member(name=LONG[2:]))),
    case("too large a directory", "cap-directory", TWO, GOOD, lambda: small(directory_bytes=80)),
    case(
        "a directory of one byte too many",
        "cap-directory",
        zipped(Member(name=Member().name + b"x")),
        GOOD,
        lambda: small(directory_bytes=46 + len(Member().name)),
    ),
    case(
        "too many faults",
        "cap-damage zip-crc",
        zipped(*[Member(name=b"%d" % n, both={"crc": 1}) for n in range(9)]),
        GOOD,
        lambda: small(damages=3),
    ),
)

# What walk would take for something else, read as the zip that it must be.
ASKED_FOR_A_ZIP = (
    case("nothing for a zip", "empty", b"", GOOD),
    case("text for a zip", "not-a-zip", b"Not found\n", GOOD),
    case("zeros for a zip", "not-a-zip", bytes(100_000), GOOD),
    case("a tar for other readers", "two-formats", zipped(with_tar_header(), B), zipped(Member(name=b"a.py"), B)),
    case("a gzip for a zip", "not-a-zip", b"\x1f\x8b\x08" + bytes(50), GOOD),
)

ZIP_CASES = (
    *END_CASES, *ZIP64_CASES, *HEADER_CASES, *LAYOUT_CASES, *CONTENT_CASES, *MODE_CASES, *CAP_CASES,
)  # fmt: skip
