"""Plain headers are read as Python's email parser reads them, and all others by that parser."""

from __future__ import annotations

import random
from email.parser import HeaderParser

from wheelcheck.facts import headers

LINES = (
    *(
        "Name: a",
        "name:b",
        "Version:  1 ",
        " goes on",
        "\tgoes on",
        "Empty:",
        "Empty: ",
        "",
        " ",
        "no header",
        ": none",
    ),
    *("A b: c", "From me", "X\u00e9: y", "Y: \u00e9\u2028z", "Z: \x00\x0c", "Q: a:b", "R: c\r", "S: \ufffd"),
)
WEIGHTS = (9, 9, 9, 5, 3, 3, 3, 2, *[1] * (len(LINES) - 8))


def test_every_text_has_the_headers_that_the_email_parser_finds() -> None:
    chance = random.Random("headers")  # noqa: S311  # no secret
    plain = 0
    for _ in range(1500):
        lines = chance.choices(LINES, WEIGHTS, k=chance.randint(0, 6))
        text = "\n".join(lines) + chance.choice(("", "\n", "\n\n", "\n\nbody\n\nmore", "\r\n\r\nbody"))
        ours, theirs = headers.headers_of(text), HeaderParser().parsestr(text)
        assert list(zip(ours, map(ours.get, ours), strict=True)) == [(name, theirs.get(name)) for name in theirs.keys()]  # noqa: SIM118
        assert [ours.get_all(name) for name in ours] == [theirs.get_all(name) for name in theirs.keys()]  # noqa: SIM118
        assert (ours.body, ours.has_defects) == (theirs.get_payload(), bool(theirs.defects))
        plain += headers.plain_headers(text) is not None
    assert plain > 300


def test_names_are_found_in_any_case_and_what_is_missing_is_the_default() -> None:
    found = headers.headers_of("Name: a\nNAME: b\n")
    assert (found.get("nAME"), found.get_all("name")) == ("a", ["a", "b"])
    assert (found.get("Version"), found.get("Version", ""), found.get_all("Version", ["x"])) == (None, "", ["x"])
