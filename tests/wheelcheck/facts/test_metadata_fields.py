from __future__ import annotations

from email.utils import parseaddr

import pytest

from wheelcheck.facts.metadata_fields import _address_of

NAMES = ("", "A ", "A Name ", "A. Name ", '"A. Name" ', '"A, Inc."', "A-B ", "(A) ", "A", "Ä ", '"A" B ')
ADDRESSES = ("a@b.org", "a.b@c-d.example.org", "a+b@c.org", "a@b", "a b@c.org", "", "<a@b.org>", "a..b@c.org")


@pytest.mark.parametrize("more", ["", ", ", ","])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("address", ADDRESSES)
def test_the_first_address_of_a_contact_is_the_one_that_the_email_parser_finds(
    name: str, address: str, more: str
) -> None:
    text = f"{name}<{address}>" + (f"{more}B <b@c.org>" if more else "")
    assert _address_of(text) == parseaddr(text)[1]
    assert _address_of(address) == parseaddr(address)[1]
