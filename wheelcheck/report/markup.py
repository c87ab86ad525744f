"""The few pieces of HTML that every part of the page is made of."""

from __future__ import annotations

import html
import re

from wheelcheck.report.safe import shown


def escaped(text: str) -> str:
    """Return text as HTML that shows it: inert in content and in quoted attributes alike."""
    return html.escape(shown(text))


def breakable(text: str) -> str:
    """Return a path or a tag as HTML that breaks where a reader would break it."""
    return re.sub(r"(?<=[/_-])(?=[^/_-])", "<wbr>", escaped(text))


def coded(text: str) -> str:
    """Return the text of a docstring as HTML, its code spans as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escaped(text))


def tag(name: str, content: str, classes: str = "") -> str:
    """Return an element around finished HTML."""
    return f'<{name} class="{classes}">{content}</{name}>' if classes else f"<{name}>{content}</{name}>"


def heading(anchor: str, text: str) -> str:
    """Return the heading of a section of the page."""
    return f'<h2 id="{anchor}">{escaped(text)}</h2>'
