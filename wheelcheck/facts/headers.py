"""The headers of core metadata and WHEEL, as the email parser of Python reads them.

Importing it costs a small wheel's check a tenth of its time, and nearly all headers are plain: a name, a colon and
printable text on each line. The parser is asked about any others.
"""

from __future__ import annotations

from wheelcheck.typed import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Headers:
    """Names and values in their order, and the text behind them; `has_defects` if not all of them are headers."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = (), body: str = "", *, has_defects: bool = False) -> None:
        self._pairs = tuple(pairs)
        self._by_name: dict[str, list[str]] = {}
        for name, value in self._pairs:
            self._by_name.setdefault(name.lower(), []).append(value)
        self.body = body
        self.has_defects = has_defects

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._pairs)

    def __getitem__(self, name: str) -> str | None:
        return self.get(name)

    @overload
    def get(self, name: str) -> str | None: ...

    @overload
    def get(self, name: str, default: str) -> str: ...

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of a name, in whatever case."""
        found = self._by_name.get(name.lower())
        return found[0] if found else default

    def get_all(self, name: str, default: list[str] | None = None) -> list[str]:
        """Return all values of a name, in whatever case; `default`, or none, if there is no such header."""
        return self._by_name.get(name.lower()) or (default or [])


def headers_of(text: str) -> Headers:
    """Return the headers of core metadata (PKG-INFO, METADATA) or WHEEL; never raises.

    A byte that is not UTF-8 becomes U+FFFD: the email parser cannot turn a value with both such a byte and another
    letter beyond ASCII into text.
    """
    sound = text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return plain_headers(sound) or _parsed(sound)


def plain_headers(text: str) -> Headers | None:
    """Return plain headers; None for others."""
    head, _, body = text.partition("\n\n")
    if not head or head[0] == "\n" or "\r" in text:
        return None
    pairs: list[tuple[str, str]] = []
    for line in head.removesuffix("\n").split("\n"):
        if line[:1] in (" ", "\t"):
            if not pairs or not pairs[-1][1]:  # versions of the parser differ on a value that begins with its end
                return None
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}\n{line}")
            continue
        name, colon, value = line.partition(":")
        if not (colon and name.isascii() and name.isprintable() and " " not in name and name):
            return None
        pairs.append((name, value.lstrip(" \t")))
    return Headers(pairs, body)


def _parsed(text: str) -> Headers:
    from email.parser import HeaderParser  # noqa: PLC0415  # slow to import

    found = HeaderParser().parsestr(text)
    pairs = ((name, str(value)) for name, value in found.items())
    return Headers(pairs, str(found.get_payload()), has_defects=bool(found.defects))
