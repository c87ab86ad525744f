from __future__ import annotations

from email.utils import parseaddr

import pytest

from wheelcheck.facts.metadata_fields import _address_of

NAMES = ("", "A ", "A Name ", "A. Name ", '"A. Name" ', '"A, Inc."', "A-B ", "(A) ", "A", "Ä ", '"A" B ')
ADDRESSES = ("a@b.org", "a.b@c-d.example.org", "a+b@c.org", "a@b", "a b@c.org", "", "<a@b.org>", "a..b@c.org")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("address", ADDRESSES)
def test_the_address_of_a_contact_is_the_one_that_the_email_parser_finds(name: str, address: str) -> None:
    for text in (address, f"{name}<{address}>"):
        assert _address_of(text) == parseaddr(text)[1]


@pytest.mark.parametrize("between", [", ", ","])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("address", ADDRESSES)
def test_of_several_contacts_the_first_is_judged_or_none(name: str, address: str, between: str) -> None:
    """Whatever Python runs the check: before 3.13 its parser finds the first, and since then none."""
    assert _address_of(f"{name}<{address}>{between}B <b@c.org>") in ("", address)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("A <a@b.org>, B <b@c.org>", "a@b.org"),
        ('"A. Name, Inc." <a@b.org>, B <b@c.org>', "a@b.org"),
        ("Ä <a@b.org>, B <b@c.org>", ""),
        ("A, Inc. <a@b.org>", ""),
        ("A <a@b.org> <b@c.org>", ""),
        ("<<a@b.org>>", ""),
        ("A <a b@c.org>", "a b@c.org"),
        ("A Name", "A"),
    ],
)
def test_the_address_does_not_depend_on_the_python_that_asks(text: str, address: str) -> None:
    assert _address_of(text) == address
