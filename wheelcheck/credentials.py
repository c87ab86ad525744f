"""User names and passwords in URLs: taken out of what is printed, and sent to the host they are meant for only.

A private index is named as `https://USER:TOKEN@HOST/simple/`, in PIP_INDEX_URL or `--index-url`. CI logs are often
public, and a token in one of them is a token lost.
"""

from __future__ import annotations

from wheelcheck.patterns import regex

# The user info of RFC 3986, section 3.2.1, up to the last @ of the authority; `Path` makes one slash of two.
_AUTHORITY = r"(?P<slashes>:/{1,2})(?P<user_info>[^/?#\s'\"<>]*)@"
_URL = regex(rf"[A-Za-z][A-Za-z0-9+.-]*{_AUTHORITY}")
_USER_INFO = regex(rf"(?<=[A-Za-z0-9+.-]){_AUTHORITY}")  # not from each letter of a long word on: that takes its square


def without_credentials(text: str) -> str:
    """Return the text with the user info taken out of every URL in it."""
    return _USER_INFO.sub(r"\g<slashes>", text) if "@" in text else text


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """Return a URL without its user info, and the user name and password that it held, decoded; None without any."""
    found = _URL.match(url)
    if not found:
        return url, None
    user, _, password = found["user_info"].partition(":")
    from urllib.parse import unquote  # noqa: PLC0415  # slow to import

    return without_credentials(url), (unquote(user), unquote(password))
