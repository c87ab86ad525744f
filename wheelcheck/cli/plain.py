"""A command line of files and plain flags, read without argparse.

Most are `wheelcheck check FILE…`, and to import argparse and build the parser is a tenth of what a small check costs.
The `add_arguments` of the command is asked here as there, so that no option is declared twice. What has an option with
a value, or may be wrong, is left to argparse.
"""

from __future__ import annotations

from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_FLAGS = {"store_true": True, "store_false": False, "store_const": None}  # the actions, and what they store


class _NotPlainError(Exception):
    """Only argparse can read such a command line."""


class _Arguments:
    """Takes the place of a parser where arguments are added: keeps what holds without options, and the flags."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._flags: dict[str, tuple[str, Any]] = {}
        self._exclusive: set[str] = set()  # flags that are alternatives to others
        self._files: tuple[str, str, Callable[[str], Any]] | None = None

    def add_argument(self, *names: str, action: str = "store", **said: Any) -> None:
        """Keep the default and the flags of an option, or which argument takes the files."""
        if not names[0].startswith("-"):
            self._take_files(names[0], said)
        elif said.get("required"):
            raise _NotPlainError
        else:
            flag, convert = _FLAGS.get(action), said.get("type")
            default = said.get("default", None if flag is None else not flag)
            name = said.get("dest") or next((each for each in names if each.startswith("--")), names[0])
            name = name.lstrip("-").replace("-", "_")
            self._values.setdefault(name, convert(default) if convert and isinstance(default, str) else default)
            if action in _FLAGS:
                self._flags |= dict.fromkeys(names, (name, said.get("const", flag)))

    def add_argument_group(self, *_: str) -> _Arguments:
        """Return this; a group is a headline of the help."""
        return self

    def add_mutually_exclusive_group(self) -> _Alternatives:
        """Return what takes options of which one may be given."""
        return _Alternatives(self)

    def add_alternative(self, *names: str, **said: Any) -> None:
        """Add an option that must not stand beside another one."""
        self.add_argument(*names, **said)
        self._exclusive.update(names)

    def set_defaults(self, **values: Any) -> None:
        """Keep what holds for every use of the command."""
        self._values |= values

    def add_subparsers(self, **_: Any) -> None:
        """Refuse: a step has options of its own."""
        raise _NotPlainError

    def read(self, words: list[str]) -> SimpleNamespace:
        """Return what the words say: flags, and the files beside each other."""
        given = [word for word in words if word.startswith("-")]
        files = [word for word in words if not word.startswith("-")]
        at = words.index(files[0]) if files else 0
        is_plain = set(given) <= self._flags.keys() and words[at : at + len(files)] == files and "" not in files
        if self._files is None or not is_plain or len(self._exclusive.intersection(given)) > 1:
            raise _NotPlainError
        name, nargs, convert = self._files
        if not files and nargs == "+":
            raise _NotPlainError
        try:
            found = {name: [convert(file) for file in files]}
        except Exception as problem:  # argparse says what is wrong with a word
            raise _NotPlainError from problem
        return SimpleNamespace(**(self._values | found | dict(self._flags[word] for word in given)))

    def _take_files(self, name: str, said: dict[str, Any]) -> None:
        if self._files or said.get("nargs") not in ("*", "+"):
            raise _NotPlainError
        self._files = name, said["nargs"], said.get("type", str)


class _Alternatives:
    def __init__(self, arguments: _Arguments) -> None:
        self.add_argument = arguments.add_alternative


def read(words: list[str], add_arguments: Callable[[Any], None]) -> SimpleNamespace | None:
    """Return the arguments of a command; None if argparse has to read them."""
    arguments = _Arguments()
    try:
        add_arguments(arguments)
        return arguments.read(words)
    except _NotPlainError:
        return None
