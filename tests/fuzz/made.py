"""One input of a session, and what all sessions change alike: numbers in binary structures, lines in text."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
PER_INPUT = 64  # pieces in an input of the lane of readers
CONTROL = 16  # every so many inputs is one that is bad for certain

HOSTILE = (
    "../x", "/etc/passwd", "a\\b", "C:x", "con.txt", "a b", "é", "e\u0301", "\u200b", "\u202e", "\x00", "\x1b[31m",
    "%s", "${x}", "<b>", "::error::", "-" * 300, "9" * 400, "1e400", "nan", "-1", "0", "[", "]", "{", "}", '"',
    "'''", "\\", "=", ":", ";", ",", "\t", "\r", "\ufeff", "\U0001f600", "\udc80",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A file to judge.

    `is_bad` is true for a control, which must not pass; `config` is a wheelcheck.toml beside it; `changed` is how many
    changed files are inside: together they share the cost of a wheel.
    """

    file: str
    content: bytes
    done: str
    is_bad: bool = False
    config: bytes | None = None
    changed: int = 1


class Read(NamedTuple):
    """What became of one piece: whether readers got beyond its first structure, and whether they found it faulty."""

    is_reached: bool
    is_faulty: bool


@dataclass(frozen=True)
class Pieces:
    """One input: files or sets of texts, and what was done to each; `is_bad` is true for controls, all faulty."""

    each: tuple[Any, ...]
    done: tuple[str, ...]
    is_bad: bool = False


def in_memory() -> Path | None:
    """Return where files are kept in memory; None where this system has no such place."""
    return _IN_MEMORY if _IN_MEMORY.is_dir() else None


def bounds(own: int, bits: int, words: Random) -> int:
    """Return a number that a field of this width may be read wrongly with: at a bound, or beside its own."""
    most = (1 << bits) - 1
    others = (
        0,
        1,
        2,
        3,
        most,
        most - 1,
        most >> 1,
        own ^ 1 << words.randrange(bits),
        own + 1,
        own - 1,
        own * 2,
        own // 2,
    )
    return (words.choice(others) if words.random() < 0.8 else words.getrandbits(bits)) & most


def a_word(content: bytearray, regions: Sequence[tuple[int, int]], words: Random, order: str = "<") -> str:
    """Change one aligned number in one of these regions (start, end), and say which."""
    start, end = words.choice(regions)
    end = min(end, len(content))
    size, code = words.choice(((1, "B"), (2, "H"), (4, "I"), (4, "I"), (8, "Q")))
    if end - start < size:
        return "nothing"
    at = start + words.randrange((end - start) // size) * size
    own = struct.unpack_from(order + code, content, at)[0]
    value = bounds(own, 8 * size, words)
    struct.pack_into(order + code, content, at, value)
    return f"{size} bytes at {at:#x}: {own:#x} -> {value:#x}"


def noise(content: bytes, words: Random) -> tuple[bytes, str]:
    """Change some bytes anywhere, cut the content, or put something into it."""
    changed = bytearray(content)
    at = words.randrange(len(changed) + 1)
    how = words.choice(("bytes", "bytes", "cut", "insert", "repeat"))
    if how == "bytes":
        for _ in range(words.choice((1, 1, 2, 8))):
            if changed:
                changed[words.randrange(len(changed))] = words.choice((0, 255, words.randrange(256)))
    elif how == "cut":
        del changed[at : at + words.choice((1, 4, 512, len(changed)))]
    else:
        piece = bytes(words.choice((1, 16, 512))) if how == "insert" else bytes(changed[at : at + 700])
        changed[at:at] = piece
    return bytes(changed), f"{how} at {at:#x}"


def text(own: str, tokens: Sequence[str], words: Random) -> str:
    """Change one line of a text: leave it out, double it, move it, or put a token into it."""
    lines = own.splitlines(keepends=True) or [""]
    at = words.randrange(len(lines))
    token = words.choice(HOSTILE if words.random() < 0.4 else tokens)
    how = words.randrange(8)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(words.randrange(len(lines) + 1), lines[at] * words.choice((1, 1, 2, 400)))
    elif how == 2:
        lines.insert(words.randrange(len(lines)), lines.pop(at))
    elif how == 3:
        lines.insert(at, f"{token}\n")
    elif how == 4:
        lines[at] = words.choice(
            (lines[at].upper(), lines[at].strip(), f" {lines[at]}", lines[at].replace("\n", "\r\n"))
        )
    else:
        line = lines[at]
        place = words.randrange(len(line) + 1)
        lines[at] = line[:place] + token + line[place + words.choice((0, 0, 1, len(token), 999)) :]
    return "".join(lines)


def encoded(own: str, words: Random) -> bytes:
    """Return the bytes of a text, now and then in an encoding that nobody expects."""
    codec = words.choice(("utf-8",) * 12 + ("utf-16", "latin-1", "utf-8-sig"))
    return own.encode(codec, "surrogateescape" if codec == "utf-8" else "replace")


def pieces_of_texts(
    words: Random, own: dict[str, str], change: Callable[[dict[str, str], Random], list[str]]
) -> Pieces:
    """Return sets of these texts, each changed in some way."""
    each, done = [], []
    for _ in range(PER_INPUT):
        texts = dict(own)
        done.append(", ".join(change(texts, words)))
        each.append({name: encoded(text_, words) for name, text_ in texts.items()})
    return Pieces(tuple(each), tuple(done))
