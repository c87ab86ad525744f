from __future__ import annotations

import pytest

from wheelcheck.credentials import split_credentials, without_credentials


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("https://ci:token@host/simple/", "https://host/simple/"),
        ("https://token@host/simple/", "https://host/simple/"),
        ("https://:token@host/simple/", "https://host/simple/"),
        ("https://ci:to@ken@host/", "https://host/"),
        ("https://ci:@[::1]:8080/x", "https://[::1]:8080/x"),
        ("https:/ci:token@host/x.whl", "https:/host/x.whl"),
        ("403 for url: http://a:b@one/ then http://c:d@two/", "403 for url: http://one/ then http://two/"),
        ("'http://a:b@one/'", "'http://one/'"),
        ("git+ssh://git@host/repository", "git+ssh://host/repository"),
        ("https://host/@scope/package", "https://host/@scope/package"),
        ("https://host/?mail=a@b", "https://host/?mail=a@b"),
        ("someone@example.invalid", "someone@example.invalid"),
        ("pypi:demo==1.0", "pypi:demo==1.0"),
    ],
)
def test_only_the_user_info_of_urls_is_left_out(text: str, printed: str) -> None:
    assert without_credentials(text) == printed


@pytest.mark.parametrize(
    ("url", "address", "login"),
    [
        ("https://ci:a%2Fb%40c@host/simple/", "https://host/simple/", ("ci", "a/b@c")),
        ("https://token@host/", "https://host/", ("token", "")),
        ("https://:token@host/", "https://host/", ("", "token")),
        ("https://host/@x/", "https://host/@x/", None),
        ("nonsense", "nonsense", None),
        ("http://ci:x@[::/", "http://[::/", ("ci", "x")),
    ],
)
def test_a_url_is_taken_apart_into_address_and_login(url: str, address: str, login: tuple[str, str] | None) -> None:
    assert split_credentials(url) == (address, login)


def test_a_line_of_a_megabyte_is_read_in_time_that_grows_with_it() -> None:
    """Logs of builds have such lines. Looked at from each letter on, this one takes half an hour."""
    line = f"{'A' * 2**20}@"
    assert without_credentials(line) == line
    assert without_credentials(f"{line} https://ci:token@host/") == f"{line} https://host/"
