"""A command line without options, read without argparse.

Most are `wheelcheck check FILE…`, and to import argparse and build the parser is a tenth of what a small check costs.
The `add_arguments` of the command is asked here as there, so that no option is declared twice. What has an option,
or may be wrong, is left to argparse.
"""

from __future__ import annotations

from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_DEFAULTS = {"store_true": False, "store_false": True}


class _NotPlainError(Exception):
    """Only argparse can read such a command line."""


class _Defaults:
    """Takes the place of a parser where arguments are added, and keeps what holds if no option is given."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._files: tuple[str, str, Callable[[str], Any]] | None = None

    def add_argument(self, *names: str, action: str = "store", **said: Any) -> None:
        """Keep the default of an option, or which argument takes the words."""
        if not names[0].startswith("-"):
            self._take_words(names[0], said)
        elif said.get("required"):
            raise _NotPlainError
        else:
            default, convert = said.get("default", _DEFAULTS.get(action)), said.get("type")
            name = said.get("dest") or next((each for each in names if each.startswith("--")), names[0])
            value = convert(default) if convert and isinstance(default, str) else default
            self.values.setdefault(name.lstrip("-").replace("-", "_"), value)

    def add_argument_group(self, *_: str) -> _Defaults:
        """Return this; a group is a headline of the help."""
        return self

    add_mutually_exclusive_group = add_argument_group

    def set_defaults(self, **values: Any) -> None:
        """Keep what holds for every use of the command."""
        self.values |= values

    def add_subparsers(self, **_: Any) -> None:
        """Refuse: a step has options of its own."""
        raise _NotPlainError

    def read(self, words: list[str]) -> SimpleNamespace:
        """Return the arguments."""
        if self._files is None:
            raise _NotPlainError
        name, nargs, convert = self._files
        if not words and nargs == "+":
            raise _NotPlainError
        try:
            return SimpleNamespace(**self.values, **{name: [convert(word) for word in words]})
        except Exception as problem:  # argparse says what is wrong with a word
            raise _NotPlainError from problem

    def _take_words(self, name: str, said: dict[str, Any]) -> None:
        if self._files or said.get("nargs") not in ("*", "+"):
            raise _NotPlainError
        self._files = name, said["nargs"], said.get("type", str)


def read(words: list[str], add_arguments: Callable[[Any], None]) -> SimpleNamespace | None:
    """Return the arguments of a command; None if argparse has to read them."""
    if any(not word or word.startswith("-") for word in words):
        return None
    defaults = _Defaults()
    try:
        add_arguments(defaults)
        return defaults.read(words)
    except _NotPlainError:
        return None
