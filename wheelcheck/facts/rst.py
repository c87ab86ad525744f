"""What docutils surely refuses in a reStructuredText, as PyPI runs it: without files, raw HTML or Sphinx.

PyPI stops at the first warning (readme_renderer, `halt_level: 2`). This is no parser of the whole language: what it
does not follow, it leaves alone.
"""

from __future__ import annotations

import unicodedata

from wheelcheck.patterns import regex
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# docutils' own, with the names that it has for others; Sphinx has more, and PyPI does not run Sphinx.
_DIRECTIVES = frozenset(
    (
        *("admonition", "attention", "caution", "class", "code", "code-block", "compound", "container"),
        *("contents", "csv-table", "danger", "date", "default-role", "epigraph", "error", "figure", "footer"),
        *("header", "highlights", "hint", "image", "important", "line-block", "list-table", "math", "meta"),
        *("note", "parsed-literal", "pull-quote", "replace", "restructuredtext-test-directive", "role"),
        *("rst-class", "rubric", "section-numbering", "sectnum", "sidebar", "sourcecode", "table"),
        *("target-notes", "tip", "title", "topic", "unicode", "warning"),
    )
)
_SWITCHED_OFF = frozenset({"raw", "include"})
_ROLES = frozenset(
    (
        *("ab", "abbreviation", "ac", "acronym", "anonymous-reference", "citation-reference", "code", "emphasis"),
        *("footnote-reference", "i", "index", "literal", "math", "named-reference", "pep", "pep-reference"),
        *("restructuredtext-unimplemented-role", "rfc", "rfc-reference", "strong", "sub", "subscript"),
        *("substitution-reference", "sup", "superscript", "t", "target", "title", "title-reference", "uri"),
        *("uri-reference", "url", "raw"),
    )
)
_TEXT_BODIES = frozenset(
    (
        *("admonition", "attention", "caution", "compound", "container", "danger", "epigraph", "error"),
        *("highlights", "hint", "important", "note", "pull-quote", "sidebar", "tip", "topic", "warning"),
    )
)
_DIRECTIVE = regex(r"\.\.[ ]+(?:\|[^|\n]+\|[ ]+)?([A-Za-z0-9]+(?:[-._+:][A-Za-z0-9]+)*)[ ]?::(?:[ ]|$)")
_SUBSTITUTION = regex(r"\.\.[ ]+\|([^|\n]+)\|[ ]+\S")
_NEW_ROLE = regex(r"\.\.[ ]+role::[ ]*([A-Za-z0-9._+:-]+)")
_UNDERLINE = regex(r"([!-/:-@[-`{-~])\1*[ ]*")
_BULLET = regex(r"(?:[-+*\u2022]|\(?(?:\d+|[A-Za-z]|#)[.)])[ ]+")
_ITEM = regex(rf"{_BULLET.pattern}|[\u2023\u2043][ ]|\(?[ivxlcdmIVXLCDM]+[.)][ ]|:[^:\s][^:]*:(?:[ ]|$)|--?\w|/\w")
_QUOTED = r"(?<=\"``)\"|(?<='``)'|(?<=\(``)\)|(?<=\[``)\]|(?<=\{``)\}|(?<=<``)>"  # docutils opens nothing there
_OPENS = regex(rf"(?<![^\s'\"(\[{{<:/-])``(?=[^\s`])(?!{_QUOTED})")
_CLOSES = regex(r"(?<!\s)``(?!\w)")
_ROLE = regex(r"(?<![^\s'\"(\[{</-]):([A-Za-z0-9]+(?:[-._+:][A-Za-z0-9]+)*):`(?![\s`])[^`]*[^\s`]`(?![\w`])")
_REPLACED = regex(r"(?<![^\s'\"(\[{</:-])\|(?![\s|])([^|\n`*]*[^\s|`*])\|(?![\w|`*])")
_SIMPLE_TABLE = regex(r"=+(?:[ ]+=+)+[ ]*")
_FEW = 20  # blank lines in front of a literal block
_SHORTEST_UNDERLINE = 4  # docutils takes a shorter one for text


@dataclass(slots=True)
class _Document:
    """What a document defines, and its blocks of text with the line in which each begins."""

    roles: set[str]
    substitutions: set[str]
    blocks: list[tuple[int, str]] = field(default_factory=list)


def problems(text: str) -> Iterator[tuple[int, str]]:
    """Yield what docutils refuses, and the line that it is in, the first of which is 1."""
    lines = [line.expandtabs(8).rstrip() for line in text.splitlines()]
    document = _Document(
        roles={found[1].lower() for line in lines if (found := _NEW_ROLE.match(line.lstrip()))},
        substitutions={_normal(found[1]) for line in lines if (found := _SUBSTITUTION.search(line))},
    )
    yield from _blocks(lines, document)
    for number, block in document.blocks:
        for place, problem in _inline(block, document):
            yield number + block.count("\n", 0, place), problem


def _blocks(lines: list[str], document: _Document) -> Iterator[tuple[int, str]]:
    """Yield the problems of whole lines; put each block of text into the document."""
    block: list[str] = []
    skip: int | None = None  # lines with more indentation than this are no text
    markup: int | None = None  # the indentation of the explicit markup in whose lines we are
    for index, line in enumerate([*lines, ""]):
        indent, text = _indent(line), line.strip()
        is_inside = markup is not None and (not line or indent > markup)
        starts_markup = _is_markup(text) and (not block or (markup is not None and not is_inside))
        if line and markup == indent and not starts_markup and lines[index - 1]:
            yield index + 1, "there is no blank line behind the explicit markup (`..`) above"
        markup = markup if is_inside else None
        if line and skip is not None and indent <= skip:
            skip = None
        if skip is not None:
            continue
        goes_on = block and line and not _BULLET.match(text) and _goes_on(block, indent)
        if block and (starts_markup or not goes_on):
            yield from _close(lines, index - len(block), block, document)
            skip = None if line else literal_after(block, index, lines)
            block = []
        if starts_markup:
            skip, markup = indent if _hides_its_body(text) else None, indent
            if problem := _directive_problem(text):
                yield index + 1, problem
        elif line:
            block.append(line)


def _goes_on(block: list[str], indent: int) -> bool:
    """Return whether a line is of the paragraph above: indented alike, or more if it is the second of a list's item."""
    is_second = len(block) == 1 and _ITEM.match(block[0].lstrip()) is not None
    return indent == _indent(block[-1]) or (is_second and indent > _indent(block[0]))


def _is_markup(text: str) -> bool:
    """Return whether a line begins explicit markup: a directive, a target, a footnote, a comment."""
    return text.startswith((".. ", "__ ")) or text in ("..", "__")


def literal_after(block: list[str], index: int, lines: list[str]) -> int | None:
    """Return the indentation that a paragraph's literal block exceeds; a block of quoted lines has none of its own."""
    if not block[-1].endswith("::"):
        return None
    first = next((line for line in lines[index : index + _FEW] if line), "")
    is_quoted = _indent(first) == _indent(block[-1]) and not first.lstrip()[:1].isalnum()
    return _indent(block[-1]) - is_quoted


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _hides_its_body(text: str) -> bool:
    """Return whether the body of an explicit markup block is no text, or is not followed here."""
    found = _DIRECTIVE.match(text)
    return not (found and found[1].lower() in _TEXT_BODIES)


def _directive_problem(text: str) -> str:
    found = _DIRECTIVE.match(text)
    if not found:
        return ""
    name = found[1].lower()
    if name in _SWITCHED_OFF:
        return f"PyPI has the directive {name} switched off"
    return "" if name in _DIRECTIVES else f"the directive {found[1]} is not one of docutils"


def _close(lines: list[str], start: int, block: list[str], document: _Document) -> Iterator[tuple[int, str]]:
    """Take a finished block as text, unless it is a table or a doctest; yield what is wrong with a title."""
    first = block[0].lstrip()
    if _SIMPLE_TABLE.fullmatch(first) or first.startswith(("+-", "+=", ">>> ", "| ")) or first == "|":
        return
    if len(block) > 1 and _UNDERLINE.fullmatch(block[1]) and not _UNDERLINE.fullmatch(block[0]):
        width = _width(block[0])
        if _SHORTEST_UNDERLINE <= len(block[1]) < width and not (start and lines[start - 1].strip()):
            yield start + 2, f"the title is {width} wide and its underline {len(block[1])}"
        block = block[:1] if len(block[1]) >= _SHORTEST_UNDERLINE else block
    document.blocks.append((start + 1, "\n".join(block)))


def _width(title: str) -> int:
    """Return how many columns a title takes, as docutils counts them."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in title)
    return len(title) + wide - sum(bool(unicodedata.combining(character)) for character in title)


def _inline(block: str, document: _Document) -> Iterator[tuple[int, str]]:
    """Yield where a block of text has markup that docutils refuses, and what is wrong with it."""
    text, unclosed = _without_literals(block)
    if unclosed is not None:
        yield unclosed, "nothing closes the literal that `` opens"
        return
    if text.count("`") % 2 == 0:
        for found in _ROLE.finditer(text):
            if found[1].lower() not in _ROLES | document.roles:
                yield found.start(), f"the role {found[1]} is not one of docutils"
    for found in _REPLACED.finditer(text) if "`" not in text else ():
        if _normal(found[1]) not in document.substitutions:
            yield found.start(), f"nothing defines the substitution |{found[1]}|"


def _without_literals(block: str) -> tuple[str, int | None]:
    """Return the text with `x` in place of each literal, and where one begins that nothing closes."""
    text, place = list(block), 0
    while opening := _OPENS.search(block, place):
        closing = _CLOSES.search(block, opening.end() + 1)
        if not closing:
            return block, opening.start()
        place = closing.end()
        text[opening.start() : place] = "x" * (place - opening.start())
    return "".join(text), None


def _normal(name: str) -> str:
    return " ".join(name.split()).lower()
