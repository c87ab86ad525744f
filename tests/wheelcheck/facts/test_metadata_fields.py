from __future__ import annotations

from email.utils import parseaddr

import pytest

from wheelcheck.facts.headers import headers_of
from wheelcheck.facts.metadata_fields import _address_of, field_problems

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


@pytest.mark.parametrize(
    ("version", "from_git"),
    [
        ("2.1.1.dev3+g71901257f", True),
        ("2.1.1.dev3+g71901257f.d20261128", True),
        ("1.0+d20261128", True),
        ("1.0+3.g7190125.dirty", True),
        ("0.0.0.post4.dev0+7190abc", True),
        ("1.0+cu121", False),
        ("1.0+20261128", False),
        ("1.0+ubuntu1", False),
    ],
)
def test_a_local_version_is_refused_and_one_of_a_commit_is_told_from_others(version: str, *, from_git: bool) -> None:
    headers = headers_of(f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n")
    (problem,) = field_problems(headers)
    assert problem.startswith(f"the version '{version}' is a local one, which PyPI refuses")
    assert problem.endswith(": git gave it to a commit that has no tag, or changes") is from_git
