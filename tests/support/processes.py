"""Which processes a piece of code starts, by Python's own audit event, so that no program has to be wrapped."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_WATCHING: list[list[tuple[str, ...]]] = []  # an audit hook stays forever, so there is one, for whoever watches
_QUESTIONS = {("rustc", "-vV"), ("cargo", "-V")}


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen" and _WATCHING:
        for watcher in _WATCHING:
            watcher.append(tuple(map(str, arguments[1])))


sys.addaudithook(_hook)


@contextmanager
def started() -> Iterator[list[tuple[str, ...]]]:
    """Watch for the command lines of all processes that this process starts, until the end of the block."""
    commands: list[tuple[str, ...]] = []
    _WATCHING.append(commands)
    try:
        yield commands
    finally:
        _WATCHING.remove(commands)


def at_work(commands: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the commands without those that only ask: git, the version of a tool, what a Python says of itself."""
    return [command for command in commands if not _asks(command)]


def _asks(command: tuple[str, ...]) -> bool:
    name = PurePath(command[0]).name
    return name == "git" or (name, *command[1:]) in _QUESTIONS or command[1:3] == ("-I", "-c")
