"""Names that an archive's member must not have, each beside one that it may."""

from __future__ import annotations

from tests.support.archive_cases import case
from tests.support.zips import named, zipped

# Each name with the flaws it has, beside one that differs as little as it can and has none.
NAMES = (
    ("../x", "name-parent", "..x/x"),
    ("a/../../b", "name-parent", "a/..a/..a/b"),
    ("a/..", "name-parent", "a/..a"),
    ("/etc/passwd", "name-absolute", "etc/passwd"),
    ("//host/share", "name-drive name-absolute name-component", "host/share"),
    ("\\\\host\\share", "name-drive name-absolute name-backslash", "host/share"),
    ("C:/x", "name-drive name-colon", "C/x"),
    ("c:x", "name-drive name-colon", "c.x"),
    ("a\\b", "name-backslash", "a/b"),
    ("a\0b", "name-control", "a0b"),
    ("a\nb", "name-control", "anb"),
    ("a\x1b[31mb", "name-control", "a[31mb"),
    ("a\x7fb", "name-control", "a~b"),
    ("a\x85b", "name-control", "a\u00a1b"),
    ("a\u2028b", "name-control", "a\u2027b"),
    ("a\u202eyp.exe", "name-bidi", "a\u2030yp.exe"),
    ("a\u2066b", "name-bidi", "a\u2070b"),
    ("a\uff0fb", "name-compatibility", "a\uff10b"),
    ("\u2025/b", "name-compatibility", "\u2026b/b"),
    ("a\uff3cb", "name-compatibility", "a\uff3db"),
    ("a\uff1ab", "name-compatibility", "a\uff11b"),
    ("\u2024/b", "name-compatibility", "\u2023/b"),
    ("./x", "name-component", "x/x"),
    ("a//b", "name-component", "a/b"),
    ("a/./b", "name-component", "a/.b/b"),
    (".", "name-component", ".a"),
    ("a/b.", "name-trailing", "a/b.b"),
    ("a /b", "name-trailing", "a /b".replace(" ", "_")),
    ("a/...", "name-trailing", "a/...a"),
    ("a/b:c", "name-colon", "a/b;c"),
    ("a/aux.c", "name-reserved", "a/auxx.c"),
    ("NUL", "name-reserved", "NULL"),
    ("com1/x", "name-reserved", "com0/x"),
    ("COM\u00b9", "name-reserved", "COM\u2074"),
    ("a/con .txt", "name-reserved", "a/cony .txt"),
    ("a/CONIN$", "name-reserved", "a/CONIN"),
    ("conout$.log", "name-reserved", "conout$log"),
    ("lpt9 /x", "name-reserved name-trailing", "lpt9_/x"),
    *((f"a/b{char}c", "name-wildcard", "a/b'c") for char in '*?"<>|'),
    *(
        (f"a/b{char}c", "name-invisible", "a/b_c")
        for char in (
            *(
                "\u00ad",
                "\u034f",
                "\u115f",
                "\u1160",
                "\u17b4",
                "\u180e",
                "\u200b",
                "\u200c",
                "\u200d",
                "\u2060",
                "\u2800",
            ),
            *("\u3164", "\ufe0f", "\ufeff", "\uffa0", "\ue000", "\uffff", "\ufdd0", "\U0001fffe", "\U000e0041"),
            *("\U000e0101", "\U00100000", "\u0378"),
        )
    ),
    ("a/b\u00a0", "name-invisible", "a/b\u00a0c"),
    ("a\u3000/b", "name-invisible", "a\u3000b/b"),
    ("a/b\ufe0f.png", "name-invisible", "a/\u2764\ufe0f.png"),
    ("a/\U0001f468\u200d\U0001f469.png", "name-joined", "a/\U0001f468\U0001f469.png"),
    ("a/\u2764\ufe0f\u200d\U0001f525.png", "name-joined", "a/\u2764\ufe0f\U0001f525.png"),
    ("a/\U0001f468\u200d.png", "name-invisible", "a/\U0001f468.png"),
    ("a/\U0001f468\u200d\u200d\U0001f469.png", "name-invisible", "a/\U0001f468_\U0001f469.png"),
    ("d/" + "n" * 256, "name-long", "d/" + "n" * 255),
    ("d/" + "\u00e9" * 128, "name-long", "d/" + "\u00e9" * 127),
    ("\U0001f600" * 64, "name-long", "\U0001f600" * 63),
    ("d/" + "n" * 256 + "/x", "name-long", "d" * 200 + "/" + "n" * 255 + "/x"),
)

COLLISIONS = (
    case(
        "case",
        "name-case-collision",
        zipped(named("a/B.py"), named("a/b.py")),
        zipped(named("a/B.py"), named("a/c.py")),
    ),
    case(
        "case of a folder",
        "name-case-collision",
        zipped(named("a/Sub/x.py"), named("a/sub/y.py")),
        zipped(named("a/Sub/x.py"), named("a/Sub/y.py")),
    ),
    case(
        "case of a folder of many",
        "name-case-collision",
        zipped(*(named(f"{top}/{number}.py") for number, top in enumerate(("a", "A", "a", "A")))),
        zipped(*(named(f"{top}/{number}.py") for number, top in enumerate(("a", "b", "a", "b")))),
    ),
    case(
        "case of a folder of folders",
        "name-case-collision",
        zipped(named("A/b/x.py"), named("a/c/y.py")),
        zipped(named("A/b/x.py"), named("A/c/y.py")),
    ),
    case(
        "a folder that is listed",
        "name-case-collision",
        zipped(named("A/", content=b"", mode=0o040755), named("a/b")),
        zipped(named("a/", content=b"", mode=0o040755), named("a/b")),
    ),
    case(
        "a file and a folder", "name-case-collision", zipped(named("A"), named("a/b")), zipped(named("A"), named("ab"))
    ),
    case(
        "form of a folder",
        "name-unicode-collision",
        zipped(named("\u00e9/a"), named("e\u0301/b")),
        zipped(named("\u00e9/a"), named("\u00e9/b")),
    ),
    case(
        "sharp s",
        "name-unicode-collision",
        zipped(named("stra\u00dfe"), named("STRASSE")),
        zipped(named("stra\u00dfe")),
    ),
    case(
        "composed",
        "name-unicode-collision",
        zipped(named("\u00e9"), named("e\u0301")),
        zipped(named("\u00e9"), named("e")),
    ),
    case("ligature", "name-unicode-collision", zipped(named("\ufb01x"), named("fix")), zipped(named("\ufb01x"))),
    case(
        "file over directory",
        "name-below-file",
        zipped(named("a"), named("a/b")),
        zipped(named("a/", content=b""), named("a/b")),
    ),
    case(
        "below a file, with names between",
        "name-below-file",
        zipped(named("a"), named("a b"), named("a-b"), named("a.c"), named("a/b")),
        zipped(named("a0"), named("a b"), named("a-b"), named("a.c"), named("a/b")),
    ),
    case(
        "a folder's folder below a file",
        "name-below-file",
        zipped(named("a"), named("a/b/c/d")),
        zipped(named("a"), named("ab/b/c/d")),
    ),
    case("below a file that comes later", "name-below-file", zipped(named("a/b"), named("a")), zipped(named("a/b"))),
    case(
        "below a link",
        "name-below-file",
        zipped(named("a", mode=0o120777), named("a/b")),
        zipped(named("a", mode=0o120777), named("ab")),
    ),
)
