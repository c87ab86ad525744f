"""Tars and gzips that a careful reader refuses, each beside one that it must accept."""

from __future__ import annotations

from tests.support.archive_cases import Case, case
from tests.support.gzip_cases import GZIP_CASES
from tests.support.tars import BLOCK, END, GNU, V7, gz, header, long_name, member, padded, pax, record, sdist, tar
from wheelcheck.archive import Budget

GOOD = sdist()
FILE = member()
TWO = sdist(FILE, member(b"pkg-1/a.py"))
UNNAMED = member(b"")  # only an extended header names it
LINK = member(b"pkg-1/link", b"", b"2", link=b"setup.py")
BLANK_LINK = member(b"pkg-1/link", b"", b"2")
LINKED = sdist(FILE, LINK)
HARD = sdist(FILE, member(b"pkg-1/hard", b"", b"1", link=b"pkg-1/setup.py"))
DIRECTORY = member(b"pkg-1/", b"", b"5")
PATH = pax(record("path", "pkg-1/setupé.py"))  # a name that FILE's block holds but for what is not ASCII
PAXED = sdist(PATH, FILE)
LONG = b"pkg-1/" + b"n" * 200 + b".py"
LONG_PATH = pax(record("path", LONG))
LONGED = sdist(long_name(LONG + b"\0"), FILE)
LONG_LINK = long_name(b"pkg-1/setup.py\0", b"K")
NON_ASCII = ("pkg-1/" + "é" * 60 + ".py").encode()
CUT = NON_ASCII[:99]  # inside a character, as GNU tar cuts


def number_case(name: str, field: bytes) -> Case:
    return case(name, "tar-number", sdist(header(size=field), padded(b"12345678")), GOOD)


# Of the 504 bytes after eight, one that is not zero.
PADDINGS = {
    "at the beginning of": b"x" + bytes(503),
    "amid": bytes(252) + b"x" + bytes(251),
    "at the end of": bytes(503) + b"x",
}


def pax_with_tail() -> bytes:
    return pax(record("comment", "x"))[:-1] + b"x"


BLOCK_CASES = (
    case("a wrong checksum", "tar-checksum", sdist(header(checksum=b"000000\0 ")), GOOD),
    case("a checksum of no digits", "tar-checksum", sdist(header(checksum=b"       \0")), GOOD),
    case("text instead of a second header", "tar-checksum", sdist(FILE, b"x" * BLOCK), TWO),
    case("cut in a header", "tar-truncated", gz(tar()[:100]), GOOD),
    case("cut in a second header", "tar-truncated", gz(tar(FILE, FILE)[: 2 * BLOCK + 100]), TWO),
    case("cut in a member", "tar-truncated", gz(tar()[: BLOCK + 3]), GOOD),
    case("cut in the padding of a member", "tar-truncated", gz(tar()[: BLOCK + 100]), GOOD),
    case("no end", "tar-no-end", sdist(end=b""), GOOD),
    case("one block of end", "tar-no-end", sdist(end=bytes(BLOCK)), GOOD),
    case("a block of zeros in the middle", "tar-no-end tar-data-after-end", sdist(FILE, bytes(BLOCK), FILE), GOOD),
    case("data after the end", "tar-data-after-end", sdist(end=END + b"x" * BLOCK), sdist(end=END + bytes(20 * BLOCK))),
    case("an archive after the end", "tar-data-after-end", sdist(FILE, END, FILE), GOOD),
    case("no members", "tar-no-members tar-extension-order", sdist(pax(record("comment", "x"), kind=b"g")), GOOD),
    case("an unknown magic", "tar-magic", sdist(header(magic=b"ustar 01")), sdist(header(magic=GNU))),
    case("bytes after a name", "tar-hidden", sdist(header(b"setup.py\0hidden")), sdist(header(magic=V7))),
    case("bytes after a user", "tar-hidden", sdist(header(user=b"a\0hidden")), sdist(header(user=b"a"))),
    case("a device that is no number", "tar-number", sdist(header(device=b"one")), sdist(header(device=b"0000001\0"))),
    case("bytes after a link", "tar-hidden", sdist(FILE, header(b"l", 0, b"2", link=b"pkg-1/setup.py\0b")), LINKED),
    case("bytes after a prefix", "tar-hidden", sdist(header(prefix=b"pkg\0hidden")), sdist(header(prefix=b"pkg"))),
    case("bytes at the end of a header", "tar-hidden", sdist(header(tail=b"hidden")), GOOD),
    case("bytes after the data", "tar-padding", sdist(header(size=8), padded(b"setup()\n", b"x")), GOOD),
    *(
        case(f"a byte {where} the padding", "tar-padding", sdist(header(size=8), b"setup()\n" + filler), GOOD)
        for where, filler in PADDINGS.items()
    ),
    case("a byte in the padding of an extended header", "tar-padding", gz(tar(pax_with_tail(), FILE)), TWO),
    number_case("a size with an underscore", b"000000000_10"),
    number_case("a negative size", b"-0000000010\0"),
    number_case("a size of digits after a NUL", b"10\x0010\0\0\0\0\0\0\0"),
    number_case("a size of digit 8", b"00000000008\0"),
    number_case("a negative base-256 size", b"\xff" * 11 + b"\x08"),
    case("a mode that is no number", "tar-number", sdist(header(mode=b"rw-r--r-")), GOOD),
    case(
        "a user that is no number",
        "tar-number",
        sdist(header(uid=b"somebody")),
        sdist(header(uid=b"\x80\0\0\0\xff\xff\xff\xfe")),
    ),
    case(
        "a group in a pax header that no system has",
        "tar-pax-record",
        sdist(pax(record("gid", "4294967295")), FILE),
        sdist(pax(record("gid", "4294967294")), FILE),
    ),
    case("a user that no system has", "tar-number", sdist(header(uid=b"\x80\0\0\0\xff\xff\xff\xff")), GOOD),
    case(
        "a time that is no number",
        "tar-number",
        sdist(header(mtime=b"yesterday\0\0\0")),
        sdist(header(mtime=b"\xff" * 12)),
    ),
)

TYPE_CASES = (
    *(
        case(f"type flag {kind!r}", "tar-type", sdist(FILE, member(b"pkg-1/x", b"12345678", kind)), TWO)
        for kind in (b"7", b"A", b"D", b"M", b"N", b"V", b"X")
    ),
    case("an old GNU sparse file", "tar-sparse", sdist(FILE, member(b"pkg-1/x", b"", b"S", magic=GNU)), TWO),
    case("a pax sparse file", "tar-sparse", sdist(pax(record("GNU.sparse.major", "1")), FILE), GOOD),
    case("a character device", "entry-device", sdist(FILE, member(b"pkg-1/x", b"", b"3")), TWO),
    case("a block device", "entry-device", sdist(FILE, member(b"pkg-1/x", b"", b"4")), TWO),
    case("a pipe", "entry-device", sdist(FILE, member(b"pkg-1/x", b"", b"6")), TWO),
    case(
        "a header hidden in a directory",
        "tar-type-data",
        sdist(header(b"pkg-1/", 1024, b"5"), FILE),
        sdist(DIRECTORY, FILE),
    ),
    case(
        "a header hidden in a link",
        "tar-type-data",
        sdist(header(b"pkg-1/l", 1024, b"2", link=b"setup.py"), FILE),
        LINKED,
    ),
    case("data on a hard link", "tar-type-data", sdist(FILE, header(b"h", 8, b"1", link=b"pkg-1/setup.py")), HARD),
    case("a name twice", "tar-duplicate-name", sdist(FILE, FILE), TWO),
    case("a link upwards", "tar-link-outside", sdist(FILE, member(b"pkg-1/l", b"", b"2", link=b"../../etc")), LINKED),
    case(
        "a link to the root",
        "tar-link-outside",
        sdist(FILE, member(b"pkg-1/l", b"", b"2", link=b"/etc/passwd")),
        LINKED,
    ),
    case("a link to nowhere", "tar-link-outside", sdist(FILE, member(b"pkg-1/l", b"", b"2")), LINKED),
    case("a hard link upwards", "tar-link-outside", sdist(FILE, member(b"pkg-1/h", b"", b"1", link=b"../x")), HARD),
    case(
        "a hard link to nothing", "tar-link-missing", sdist(FILE, member(b"pkg-1/h", b"", b"1", link=b"pkg-1/x")), HARD
    ),
    case(
        "a hard link to a directory", "tar-link-missing", sdist(DIRECTORY, member(b"h", b"", b"1", link=b"pkg-1")), HARD
    ),
    case(
        "a link that turns back behind another",
        "tar-link-chain",
        sdist(FILE, member(b"pkg-1/s", b"", b"2", link=b"."), member(b"pkg-1/t", b"", b"2", link=b"s/../x")),
        sdist(FILE, member(b"pkg-1/s", b"", b"2", link=b"."), member(b"pkg-1/t", b"", b"2", link=b"s/./setup.py")),
    ),
    case("a member below a link", "name-below-file", sdist(FILE, LINK, member(b"pkg-1/link/x")), LINKED),
)

PAX_CASES = (
    *(
        case(f"a record like {body!r}", "tar-pax-record", sdist(member(b"x", body, b"x"), FILE), PAXED)
        for body in (
            *(b"path=a\n", b"8 path=a\n", b"011 path=a\n", b"99 path=a\n", b"10 path=ab", b"7 path\n", b"6 =ab\n"),
            *(b"-8 a=b\n", b"12 pa\0th=ab\n", b"99999999999999999999 a=b\n", b" 10 path=a\n", b"3 \n", b"1 a=b\n"),
        )
    ),
    case("no path at all", "tar-pax-record name-empty", sdist(pax(record("path", "")), UNNAMED), PAXED),
    case(
        "a negative size",
        "tar-pax-record",
        sdist(pax(record("size", "-8")), FILE),
        sdist(pax(record("size", "8")), FILE),
    ),
    case("a size of 2**63 in words", "tar-pax-record", sdist(pax(record("size", "many")), FILE), GOOD),
    case(
        "another size",
        "tar-pax-conflict tar-padding",
        sdist(pax(record("size", "4")), FILE),
        sdist(pax(record("size", "8")), FILE),
    ),
    case("a size of 2**63", "tar-pax-conflict tar-truncated", sdist(pax(record("size", str(2**63))), FILE), GOOD),
    case("two paths", "tar-pax-duplicate", sdist(pax(record("path", "a"), record("path", "b")), UNNAMED), PAXED),
    case("a path upwards", "name-parent", sdist(pax(record("path", "../x")), UNNAMED), PAXED),
    case("a path upwards below a harmless one", "name-parent", sdist(LONG_PATH, member(b"../x")), PAXED),
    case("an absolute path below a harmless one", "name-absolute", sdist(LONG_PATH, member(b"/x")), PAXED),
    case("a path that is not UTF-8", "name-encoding", sdist(pax(record("path", b"\xe9.py")), UNNAMED), PAXED),
    case(
        "a link that is not UTF-8",
        "name-encoding tar-link-dangling",
        sdist(FILE, pax(record("linkpath", b"\xe9")), BLANK_LINK),
        sdist(FILE, pax(record("linkpath", "setup.py")), BLANK_LINK),
    ),
    case("another charset", "tar-pax-charset", sdist(pax(record("hdrcharset", "BINARY")), FILE), GOOD),
    case(
        "the charset by its name",
        "tar-pax-charset",
        sdist(pax(record("hdrcharset", "UTF-8")), FILE),
        sdist(pax(record("hdrcharset", "ISO-IR 10646 2000 UTF-8")), FILE),
    ),
    *(
        case(
            f"a global {key}",
            "tar-pax-global",
            sdist(pax(record(key, value), kind=b"g"), FILE),
            sdist(pax(record("comment", "a commit"), kind=b"g"), FILE),
        )
        for key, value in (("path", "a"), ("linkpath", "a"), ("size", "1"), ("charset", "x"))
    ),
    case("two extended headers", "tar-extension-order", sdist(PATH, PATH, FILE), PAXED),
    case(
        "an extended header before a global one",
        "tar-extension-order",
        sdist(PATH, pax(record("comment", "x"), kind=b"g"), FILE),
        sdist(pax(record("comment", "x"), kind=b"g"), PATH, FILE),
    ),
    case("an extended header of nothing", "tar-extension-order", sdist(FILE, PATH), PAXED),
    case(
        "a global header of nothing",
        "tar-extension-order",
        sdist(FILE, pax(record("comment", "x"), kind=b"g")),
        sdist(pax(record("comment", "x"), kind=b"g"), FILE),
    ),
    case(
        "a long name and an extended header", "tar-extension-order", sdist(long_name(LONG + b"\0"), PATH, FILE), LONGED
    ),
    case(
        "an extended header and a long name", "tar-extension-order", sdist(PATH, long_name(LONG + b"\0"), FILE), LONGED
    ),
    case("two long names", "tar-extension-order", sdist(long_name(b"a\0"), long_name(b"b\0"), UNNAMED), LONGED),
    case("a long name without NUL", "tar-gnu-long", sdist(long_name(LONG), FILE), LONGED),
    case("a long name with more behind it", "tar-gnu-long", sdist(long_name(LONG + b"\0x\0"), FILE), LONGED),
    case("an empty long name", "tar-gnu-long name-empty", sdist(long_name(b"\0"), UNNAMED), LONGED),
    case("a long name that is not UTF-8", "name-encoding", sdist(long_name(b"\xe9\0"), UNNAMED), LONGED),
    case("a long name upwards", "name-parent", sdist(long_name(b"../x\0"), UNNAMED), LONGED),
    case(
        "a long link to nothing",
        "tar-link-missing",
        sdist(FILE, long_name(b"x\0", b"K"), member(b"h", b"", b"1")),
        sdist(FILE, LONG_LINK, long_name(LONG + b"\0"), member(b"h", b"", b"1")),
    ),
    case("a name that is not UTF-8", "name-encoding", sdist(member(b"\xe9.py")), sdist(member("é.py".encode()))),
    case("a prefix without a name", "name-empty", sdist(member(b"", b"", b"5", prefix=b"pkg-1")), sdist(DIRECTORY)),
    case(
        "an absolute prefix", "name-absolute", sdist(member(b"x", prefix=b"/pkg")), sdist(member(b"x", prefix=b"pkg"))
    ),
    case(
        "a slash after a file's name", "name-component", sdist(member(b"pkg-1/")), sdist(member(b"pkg-1/", b"", b"\0"))
    ),
)

KIND_CASES = (
    case("a prefix in a GNU header", "tar-hidden", sdist(header(magic=GNU, prefix=b"d")), sdist(header(prefix=b"d"))),
    case("a prefix in an old header", "tar-hidden", sdist(header(magic=V7, prefix=b"d")), sdist(header(magic=V7))),
    case(
        "a directory by its name, a file by its extended header",
        "tar-type",
        sdist(LONG_PATH, member(b"pkg-1/", b"", b"\0")),
        sdist(pax(record("path", LONG + b"/")), member(b"pkg-1/", b"", b"\0")),
    ),
    case(
        "a file by its name, a directory by its extended header",
        "name-component",
        sdist(pax(record("path", LONG + b"/")), member(b"pkg-1", b"", b"\0")),
        sdist(LONG_PATH, member(b"pkg-1", b"", b"\0")),
    ),
)


def link_case(name: str, kinds: str, links: dict[str, str], good: dict[str, str]) -> Case:
    """Return a case of symbolic links, path → target, beside a file and a folder with a file."""
    hostile, twin = (
        sdist(FILE, member(b"pkg-1/sub/x"), *(member(path.encode(), b"", b"2", link=to.encode()) for path, to in each))
        for each in (links.items(), good.items())
    )
    return case(name, kinds, hostile, twin)


LINK_CASES = (
    link_case("a link to what holds the top", "tar-link-outside", {"pkg-1/a": ".."}, {"pkg-1/a": "sub/.."}),
    link_case("a link that leaves the top and comes back", "tar-link-outside", {"pkg-1/a": "../pkg-1/setup.py"}, {}),
    link_case(
        "a deeper link that leaves the top",
        "tar-link-outside",
        {"pkg-1/sub/a": "../../pkg-1/setup.py"},
        {"pkg-1/sub/a": "../setup.py"},
    ),
    case(
        "a link from one of two tops into the other, and back",
        "tar-link-dangling",
        sdist(FILE, member(b"two/a", b"", b"2", link=b"../pkg-1/x")),
        sdist(FILE, member(b"two/a", b"", b"2", link=b"../pkg-1/setup.py")),
    ),
    link_case("a link to nothing", "tar-link-dangling", {"pkg-1/a": "setup.cfg"}, {"pkg-1/a": "setup.py"}),
    case("a link alone", "tar-link-dangling", sdist(member(b"a", b"", b"2", link=b"b")), GOOD),
    link_case("a link to no folder", "tar-link-dangling", {"pkg-1/a": "su"}, {"pkg-1/a": "sub"}),
    link_case(
        "a link through nothing", "tar-link-dangling", {"pkg-1/a": "no/../setup.py"}, {"pkg-1/a": "sub/../setup.py"}
    ),
    link_case(
        "a link up through nothing deeper down",
        "tar-link-dangling",
        {"pkg-1/sub/a": "../sub/no/../../setup.py"},
        {"pkg-1/sub/a": "../sub/../setup.py"},
    ),
    link_case(
        "a link to nothing behind another",
        "tar-link-dangling",
        {"pkg-1/a": "b/y", "pkg-1/b": "sub"},
        {"pkg-1/a": "b/x", "pkg-1/b": "sub"},
    ),
    link_case(
        "a link to nothing two folders behind another",
        "tar-link-dangling",
        {"pkg-1/a": "b/sub/y", "pkg-1/b": "."},
        {"pkg-1/a": "b/sub/x", "pkg-1/b": "."},
    ),
    link_case("a link to itself", "tar-link-loop", {"pkg-1/a": "a"}, {"pkg-1/a": "."}),
    link_case("a link below itself", "tar-link-loop", {"pkg-1/a": "a/b"}, {"pkg-1/a": "sub/x"}),
    link_case("two links", "tar-link-loop", {"pkg-1/a": "b", "pkg-1/b": "a"}, {"pkg-1/a": "b", "pkg-1/b": "sub/x"}),
    link_case(
        "a link into two links",
        "tar-link-loop",
        {"pkg-1/c": "a/x", "pkg-1/a": "b", "pkg-1/b": "a"},
        {"pkg-1/c": "a/x", "pkg-1/a": "b", "pkg-1/b": "sub"},
    ),
    link_case(
        "links that lead ever deeper",
        "tar-link-loop tar-link-dangling",
        {f"pkg-1/{n}": f"{n + 1}/{n + 1}" for n in range(70)},
        {f"pkg-1/{n}": f"{n + 1}" for n in range(70)} | {"pkg-1/70": "sub"},
    ),
    case(
        "a hard link to a later file",
        "tar-link-missing",
        sdist(member(b"pkg-1/hard", b"", b"1", link=b"pkg-1/setup.py"), FILE),
        HARD,
    ),
    case("a hard link to itself", "tar-link-missing", sdist(FILE, member(b"h", b"", b"1", link=b"h")), HARD),
    link_case(
        "a link to a file as if it were a folder", "tar-link-dangling", {"pkg-1/a": "setup.py/"}, {"pkg-1/a": "sub/"}
    ),
    link_case(
        "a link to a link to a file as if it were a folder",
        "tar-link-dangling",
        {"pkg-1/b": "setup.py", "pkg-1/a": "b/"},
        {"pkg-1/b": "sub", "pkg-1/a": "b/"},
    ),
    case(
        "a link to no folder that holds folders",
        "tar-link-dangling",
        sdist(FILE, member(b"pkg-1/deep/er/x"), member(b"pkg-1/a", b"", b"2", link=b"dee")),
        sdist(FILE, member(b"pkg-1/deep/er/x"), member(b"pkg-1/a", b"", b"2", link=b"deep")),
    ),
    case(
        "a link past a hard link",
        "tar-link-dangling",
        sdist(
            FILE,
            member(b"pkg-1/hard", b"", b"1", link=b"pkg-1/setup.py"),
            member(b"pkg-1/a", b"", b"2", link=b"hard/../setup.py"),
        ),
        sdist(FILE, member(b"pkg-1/sub/x"), member(b"pkg-1/a", b"", b"2", link=b"sub/../setup.py")),
    ),
    link_case("a link past a file", "tar-link-dangling", {"pkg-1/a": "setup.py/../sub"}, {"pkg-1/a": "sub/../sub"}),
    *(
        case(
            f"a hard link of mode {mode.decode()} to a file of 0000644",
            "tar-link-mode",
            sdist(FILE, header(b"pkg-1/hard", 0, b"1", link=b"pkg-1/setup.py", mode=mode)),
            HARD,
        )
        for mode in (b"0000755\0", b"0004644\0", b"0000600\0")
    ),
    case(
        "a hard link of another mode to a hard link",
        "tar-link-mode",
        sdist(
            FILE,
            member(b"pkg-1/hard", b"", b"1", link=b"pkg-1/setup.py"),
            header(b"pkg-1/two", 0, b"1", link=b"pkg-1/hard", mode=b"0002755\0"),
        ),
        sdist(
            FILE,
            member(b"pkg-1/hard", b"", b"1", link=b"pkg-1/setup.py"),
            member(b"pkg-1/two", b"", b"1", link=b"pkg-1/hard"),
        ),
    ),
    case(
        "a hard link to a symbolic one",
        "tar-link-missing",
        sdist(FILE, LINK, member(b"pkg-1/h", b"", b"1", link=b"pkg-1/link")),
        HARD,
    ),
)

FAR = "sub/" * 40 + "x"  # a link that no block can hold
FAR_FILE = pax(record("path", f"pkg-1/{FAR}")) + member(f"pkg-1/{FAR}".encode()[:99])
REPLACED_CASES = (
    case("another path", "tar-pax-conflict", sdist(pax(record("path", "pkg-1/a.py")), FILE), PAXED),
    case("another path beyond ASCII", "tar-pax-conflict", sdist(pax(record("path", "pkg-1/é.py")), FILE), PAXED),
    case(
        "a name that is no writer's placeholder",
        "tar-pax-conflict",
        sdist(pax(record("path", "pkg-1/é.py")), member(b"pkg-1/PaxHeaders/0")),
        sdist(pax(record("path", "pkg-1/é.py")), member(b"PaxHeaders/0")),
    ),
    case("another long name", "tar-pax-conflict", sdist(long_name(b"pkg-1/a.py\0"), FILE), LONGED),
    case(
        "another link",
        "tar-pax-conflict",
        sdist(FILE, pax(record("linkpath", "setup.py")), member(b"pkg-1/l", b"", b"2", link=b"a.py")),
        sdist(FILE, pax(record("linkpath", "setup.py")), LINK),
    ),
    case(
        "a link upwards below a harmless one",
        "tar-pax-conflict tar-link-outside",
        sdist(FILE, pax(record("linkpath", "setup.py")), member(b"pkg-1/l", b"", b"2", link=b"../../evil")),
        sdist(FILE, pax(record("linkpath", "setup.py")), LINK),
    ),
    case(
        "a link upwards below a long one",
        "tar-link-outside",
        sdist(FAR_FILE, pax(record("linkpath", FAR)), member(b"pkg-1/l", b"", b"2", link=b"../../evil")),
        sdist(FAR_FILE, pax(record("linkpath", FAR)), member(b"pkg-1/l", b"", b"2", link=FAR[:99].encode())),
    ),
    case(
        "a hard link upwards below a harmless one",
        "tar-pax-conflict tar-link-outside",
        sdist(FILE, pax(record("linkpath", "pkg-1/setup.py")), member(b"h", b"", b"1", link=b"../evil")),
        HARD,
    ),
    case(
        "a name cut inside a character",
        "name-encoding",
        sdist(member(CUT)),
        sdist(long_name(NON_ASCII + b"\0"), member(CUT)),
    ),
    case(
        "a name cut inside a character below a link's record",
        "name-encoding",
        sdist(FILE, pax(record("linkpath", "pkg-1/setup.py")), member(CUT, b"", b"1")),
        sdist(FILE, pax(record("path", NON_ASCII), record("linkpath", "pkg-1/setup.py")), member(CUT, b"", b"1")),
    ),
    case(
        "a link cut inside a character",
        "name-encoding tar-link-dangling",
        sdist(member(b"pkg-1/x"), member(b"pkg-1/l", b"", b"2", link=CUT)),
        sdist(
            long_name(NON_ASCII + b"\0"),
            member(CUT),
            long_name(NON_ASCII + b"\0", b"K"),
            member(b"hard", b"", b"1", link=CUT),
        ),
    ),
    case(
        "an extended header of a name that is cut",
        "name-encoding",
        sdist(member(CUT)),
        sdist(member(CUT, record("path", NON_ASCII), b"x"), member(CUT)),
    ),
    *(
        case(f"a file of other bytes by {key}", "tar-sparse", sdist(pax(record(key, "1")), FILE), PAXED)
        for key in ("SUN.holesdata", "SCHILY.realsize", "SCHILY.offset", "GNU.volume.size", "GNU.volume.offset")
    ),
    *(
        case(f"{key} {bad}", "tar-pax-record", sdist(pax(record(key, bad)), FILE), sdist(pax(record(key, good)), FILE))
        for key, bad, good in (
            *(("mtime", bad, "1700000000.25") for bad in ("nan", "inf", "1e300", "yesterday", "")),
            *(("atime", "nan", "-1.5"), ("uid", "-1", "4294967294"), ("gid", "root", "0")),
        )
    ),
    case(
        "a global mtime nan",
        "tar-pax-record",
        sdist(pax(record("mtime", "nan"), kind=b"g"), FILE),
        sdist(pax(record("mtime", "1.5"), kind=b"g"), FILE),
    ),
    *(
        case(
            f"{bad} of {'all members' if kind == b'g' else 'a member'}",
            "tar-privileges",
            sdist(pax(record(bad, "x"), kind=kind), FILE),
            sdist(pax(record(good, "x"), kind=kind), FILE),
        )
        for bad, good in (
            ("SCHILY.xattr.security.capability", "SCHILY.xattr.security.selinux"),
            ("LIBARCHIVE.xattr.security.capability", "LIBARCHIVE.xattr.com.apple.provenance"),
            ("LIBARCHIVE.xattr.security%2Ecapability", "LIBARCHIVE.xattr.user%2Ecapability"),
            ("LIBARCHIVE.xattr.%73ecurity.capability", "SCHILY.xattr.%73ecurity.capability"),
            ("SCHILY.xattr.trusted.overlay.opaque", "SCHILY.xattr.user.note"),
            ("SCHILY.acl.access", "SCHILY.ino"),
            ("SCHILY.acl.default", "SCHILY.dev"),
            ("SCHILY.fflags", "SCHILY.nlink"),
            ("MSWINDOWS.rawsd", "LIBARCHIVE.creationtime"),
        )
        for kind in (b"x", b"g")
    ),
    case(
        "a time before all systems",
        "tar-number",
        sdist(header(mtime=b"\xff" + b"\1" * 11)),
        sdist(header(mtime=b"\xff" * 5 + b"\1" * 7)),
    ),
    case(
        "a time beyond all systems",
        "tar-number",
        sdist(header(mtime=b"\x80" + b"\1" * 11)),
        sdist(header(mtime=b"\x80" + bytes(6) + b"\1" * 5)),
    ),
)

HUGE = b"%011o\0" % (1 << 30)
CAP_CASES = (
    case("too many members", "cap-members", TWO, GOOD, lambda: Budget(tar_members=1)),
    case("too much work", "cap-steps", TWO, GOOD, lambda: Budget(steps=51)),
    case("too many bytes", "cap-unpacked", TWO, GOOD, lambda: Budget(unpacked_bytes=2_100)),
    case(
        "too many from too few",
        "cap-ratio",
        sdist(member(b"x", bytes(3 << 20))),
        GOOD,
        lambda: Budget(ratio_free_bytes=1 << 20),
    ),
    case("a long name of 1 GiB", "cap-pax", sdist(header(b"L", HUGE, b"L"), FILE), LONGED),
    case("an extended header of 1 GiB", "cap-pax", sdist(header(b"x", HUGE, b"x"), FILE), PAXED),
    case(
        "extended headers of 1 kB in all",
        "cap-pax",
        sdist(PATH, FILE, PATH, member(b"x")),
        PAXED,
        lambda: Budget(extended_bytes=30),
    ),
    case("a long name of 2,000 bytes", "cap-name", sdist(long_name(b"n" * 2000 + b"\0"), FILE), LONGED),
    case("a path of 2,000 bytes", "cap-name", sdist(pax(record("path", "n" * 2000)), FILE), PAXED),
    case("a path of 65 levels", "cap-depth", sdist(pax(record("path", "d/" * 65 + "a")), FILE), PAXED),
    case("a link of 65 levels", "cap-depth", sdist(FILE, pax(record("linkpath", "d/" * 65 + "a")), LINK), LINKED),
)

TAR_CASES = (
    *BLOCK_CASES, *TYPE_CASES, *LINK_CASES, *PAX_CASES, *REPLACED_CASES, *KIND_CASES, *GZIP_CASES, *CAP_CASES,
)  # fmt: skip
