"""The parser of every command line that has options."""

from __future__ import annotations

import argparse
import re

from wheelcheck.cli.options import suggestion
from wheelcheck.credentials import without_credentials
from wheelcheck.patterns import regex
from wheelcheck.report.wording import safe
from wheelcheck.typed import Any, NoReturn

_CHOICE = regex(r"(?s)invalid choice: '(?P<word>.*)' \(choose from (?P<choices>.*)\)")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are two lines and suggest what was meant.

    They repeat no control character and no password of what was not understood. Options are never abbreviated.
    """

    def __init__(self, **settings: Any) -> None:  # argparse's own
        super().__init__(**{"allow_abbrev": False, **settings})

    def format_help(self) -> str:
        """Return the help; examples at its end keep their lines."""
        if "\n" in (self.epilog or ""):
            self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Print what was wrong with the call, and exit with 2."""
        if found := _CHOICE.search(message):
            choices = re.findall(r"[\w.-]+", found["choices"])
            hint = suggestion(found["word"], choices) or f"; there is {', '.join(choices)}"
            message = f"{message[: found.start()].replace('argument COMMAND: ', '')}there is no {found['word']!r}{hint}"
        self.exit(2, f"wheelcheck: {safe(without_credentials(message))}\n`{self.prog} --help` lists what there is.\n")

    def refuse(self, unknown: list[str]) -> NoReturn:
        """Say that these arguments are not understood, and exit with 2."""
        options = [option for action in self._actions for option in action.option_strings]
        self.error(f"unrecognized arguments: {' '.join(unknown)}{suggestion(unknown[0].partition('=')[0], options)}")
