"""HTML as a tree of elements: text can only be text, because nothing here puts markup together from strings."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from wheelcheck.report.wording import shown
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    Content = Element | str


class Shown(str):
    """Text to which `shown` has been applied: a part of it must not be cut again."""

    __slots__ = ()


def element(name: str, /, *content: Content, **attributes: str) -> Element:
    """Return an element with these attributes, around text and other elements.

    All text and all values are made harmless by `shown`. An attribute's name is written as Python allows it: `class_`,
    `data_label`. One without a value is left out, except those that HTML has no value for, such as `checked`.
    """
    made = ET.Element(name)
    for key, value in attributes.items():
        attribute = key.rstrip("_").replace("_", "-")
        if value or attribute in ("checked", "data-label"):
            made.set(attribute, shown(value))
    for part in content:
        append(made, part)
    return made


def append(parent: Element, part: Content) -> None:
    """Append an element or text; the empty text adds nothing."""
    if not isinstance(part, str):
        parent.append(part)
        return
    text = part if isinstance(part, Shown) else shown(part)
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def own(name: str, content: str) -> Element:
    """Return a `style` or `script` element with content of ours, which HTML takes as it is, without escapes."""
    made = ET.Element(name)
    made.text = content
    return made


def heading(anchor: str, text: str) -> Element:
    """Return the heading of a section of the page."""
    return element("h2", text, id=anchor)


def breakable(text: str) -> list[Content]:
    """Return a path or a tag that may break after a slash, hyphen or underscore."""
    first, *others = map(Shown, re.split(r"(?<=[/_-])(?=[^/_-])", shown(text)))
    return [first, *(part for other in others for part in (element("wbr"), other))]


def coded(text: str) -> list[Content]:
    """Return the text of a docstring with its code spans as elements."""
    parts = map(Shown, re.split("`([^`]+)`", shown(text)))
    return [element("code", part) if number % 2 else part for number, part in enumerate(parts)]


def serialized(root: Element) -> str:
    """Return an element as HTML."""
    text = ET.tostring(root, "unicode", method="html")
    return text.replace("</wbr>", "")  # Python 3.10 does not know that wbr has no end tag; text holds no "<"


def details(summary: str, *content: Content, **attributes: str) -> Element:
    """Return what is folded until the reader opens it; on paper it is open."""
    return element("details", element("summary", summary), *content, **attributes)


def share(part: float, whole: float) -> str:
    """Return a place on a drawing that is as wide as its column, such as `12.50%`; nothing is outside."""
    return f"{100 * min(max(part / whole, 0), 1) if whole else 0:.2f}%"
