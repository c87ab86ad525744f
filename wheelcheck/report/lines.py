"""Lines of a text report with their styles, and where they go: to a terminal by rich, to a pipe or a file as they are.

Importing rich is a tenth of a small wheel's check, and a log has no colours, no width and no links.
"""

from __future__ import annotations

import os
import sys

from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console
    from rich.text import Text

    Part = str | tuple[str, str]

# Variables by which rich makes a terminal of a file, or a file of a terminal.
_FORCING = ("FORCE_COLOR", "TTY_COMPATIBLE")


class Line:
    """Text in parts of their own styles; `style` is that of the whole line. Styles are rich's, by name."""

    __slots__ = ("parts", "style")

    def __init__(self, text: str = "", style: str = "") -> None:
        self.parts: list[tuple[str, str]] = [(text, "")]
        self.style = style

    @classmethod
    def of(cls, *parts: Part, style: str = "") -> Line:
        """Return the line of these parts, each a text or a text with its style."""
        line = cls("", style)
        line.parts = [(part, "") if isinstance(part, str) else part for part in parts]
        return line

    def append(self, text: str, style: str = "") -> None:
        """Add a part at the end."""
        self.parts.append((text, style))

    def __str__(self) -> str:
        return "".join(text for text, _ in self.parts)

    def rich(self) -> Text:
        """Return the line as rich prints it."""
        from rich.text import Text  # noqa: PLC0415  # slow to import

        return Text.assemble(*self.parts, style=self.style)


class Plain:
    """A console without colours that prints lines as they are: to a pipe or a file."""

    is_terminal = False

    def __init__(self, file: TextIO, width: int | None = None) -> None:
        self.file, self._width = file, width

    def print(self, line: str = "") -> None:
        """Print a line."""
        self.file.write(f"{line}\n")

    @property
    def has_unicode(self) -> bool:
        """Whether the file's encoding is one of Unicode's."""
        return (getattr(self.file, "encoding", "") or "utf-8").lower().startswith("utf")

    @property
    def columns(self) -> int:
        """The width that a table may have: that which was given, that of a terminal beside the pipe, or 80."""
        given = os.environ.get("COLUMNS", "")
        found = int(given) if given.isdecimal() else 0
        return self._width or found or next(filter(None, map(_columns_of, range(3))), 80)

    def rich(self) -> Console:
        """Return rich's console for the same file."""
        from rich.console import Console  # noqa: PLC0415  # slow to import

        return Console(
            file=self.file, width=self._width, highlight=False, color_system="auto" if not self._width else None
        )


def _columns_of(stream: int) -> int:
    """Return the width of the terminal that a standard stream is; 0 if it is none."""
    try:
        return os.get_terminal_size(stream).columns
    except (AttributeError, ValueError, OSError):
        return 0


def say(console: Plain | Console, line: Line) -> None:
    """Print one line, however long: a terminal wraps it, and a log keeps it whole."""
    if isinstance(console, Plain):
        console.print(str(line))
    else:
        console.print(line.rich(), soft_wrap=True)


def console_for(file: TextIO, width: int | None = None) -> Plain | Console:
    """Return what prints a report to a file: without colour if it has a `width`, or is no terminal for rich."""
    plain = Plain(file, width)
    return plain if _is_plain(file) else plain.rich()


def _is_plain(file: TextIO) -> bool:
    """Return whether rich, too, would print text alone. Notebooks and terminals are left to it."""
    if "IPython" in sys.modules or any(os.environ.get(name) is not None for name in _FORCING):
        return False
    try:
        return not file.isatty()
    except ValueError:  # it is closed
        return True
