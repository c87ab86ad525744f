"""The documentation as its readers meet it: pages, code blocks, commands and links."""

from __future__ import annotations

import re
import shlex
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in [*sorted(ROOT.glob("docs/**/*.md")), *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING"))]
}
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(wheelcheck [^`]+)`(?!`)")
_COMMAND = re.compile(r"(?:\$ )?(?:uvx )?wheelcheck (.+)")
_LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$", re.MULTILINE)
# What stands for a value in running text, and a value that it may stand for.
_MEANT = {"CODE": "WC301", "STEP": "sdist", "FILE": "demo-1.0.tar.gz", "MESSAGES": "messages.json", "A": "a", "B": "b"}


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: its page, its language and its text."""

    page: str
    language: str
    text: str

    @property
    def head(self) -> str:
        """The comment in its first line, which says what file it is."""
        return self.text.partition("\n")[0].removeprefix("#").strip() if self.text.startswith("#") else ""


def blocks(*languages: str) -> list[Block]:
    """Return the code blocks of all pages in some languages."""
    found = ((page, match) for page, text in PAGES.items() for match in _BLOCK.finditer(text))
    return [Block(page, match[2], textwrap.dedent(match[3])) for page, match in found if match[2] in languages]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command line of wheelcheck that a page shows, and the words after `wheelcheck`."""
    consoles = blocks("console")
    for page, text in PAGES.items():
        shown = [line for block in consoles if block.page == page for line in block.text.splitlines()]
        for line in [*shown, *_INLINE.findall(text)]:
            called = _COMMAND.fullmatch(line)
            if called and "…" not in line:
                yield page, [_MEANT.get(word, word) for word in shlex.split(called[1], comments=True)]


def links() -> Iterator[tuple[str, str]]:
    """Yield the page and the address of each link, outside code."""
    for page, text in PAGES.items():
        prose = re.sub(r"`[^`\n]*`", "", _BLOCK.sub("", text))
        for match in _LINK.finditer(prose):
            yield page, match[1] or match[2]
