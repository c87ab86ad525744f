"""A command line of files and flags is read to the same arguments as argparse reads it to, or left to argparse."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from wheelcheck import cli
from wheelcheck.cli import plain
from wheelcheck.cli.parser import Parser

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

WORDS: list[list[str]] = [
    ["a.whl"],
    ["a.whl", "b c", "pypi:x==1", "dist/*", "uv.lock", "."],
    [],
    ["--no-config", "a.whl"],
    ["a.whl", "b.whl", "--strict", "--each"],
    ["--fix", "a.whl", "b.whl", "--statistics"],
    ["-q"],
    ["--verbose", "--no-progress", "a.whl"],
    ["--strict", "--strict", "a.whl"],
]


def _adding(name: str) -> Callable[[Any], None]:
    found: Callable[[Any], None] = import_module(f"wheelcheck.cli.{name}").add_arguments
    return found


@pytest.mark.parametrize("name", cli.COMMANDS)
@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_what_is_read_is_what_argparse_reads(name: str, words: list[str]) -> None:
    found = plain.read(words, _adding(name))
    if found is not None:
        parser = Parser()
        _adding(name)(parser)
        assert vars(found) == vars(parser.parse_args(words))


@pytest.mark.parametrize("name", ["check", "inspect", "smoke"])
def test_files_alone_need_no_argparse(name: str) -> None:
    assert plain.read(["a.whl", "b.whl"], _adding(name)) is not None


@pytest.mark.parametrize("words", WORDS[3:], ids=" ".join)
def test_flags_need_no_argparse(words: list[str]) -> None:
    assert plain.read(words, _adding("check")) is not None


@pytest.mark.parametrize("word", ["", "-", "--", "-vv", "--stric", "--fix-to=x", "--config", "--no-such-option", "-h"])
def test_any_other_word_is_left_to_argparse(word: str) -> None:
    assert plain.read(["a.whl", word], _adding("check")) is None


@pytest.mark.parametrize("words", [["--fix", "--fix-diff"], ["-q", "-v"], ["a.whl", "--strict", "b.whl"]], ids=" ".join)
def test_what_argparse_refuses_is_left_to_it(words: list[str]) -> None:
    assert plain.read(words, _adding("check")) is None
    with pytest.raises(SystemExit):
        cli.main(["check", *words])


@pytest.mark.parametrize("name", ["build", "diff", "explain", "init", "survey", "completion"])
def test_a_command_that_takes_more_than_files_is_left_to_argparse(name: str) -> None:
    assert plain.read(["a.whl"], _adding(name)) is None


def test_a_command_without_the_files_that_it_needs_is_left_to_argparse() -> None:
    assert plain.read([], _adding("inspect")) is None
    assert plain.read([], _adding("check")) is not None


def test_a_word_that_its_argument_refuses_is_left_to_argparse() -> None:
    def add(parser: ArgumentParser) -> None:
        parser.add_argument("numbers", nargs="*", type=int)

    assert plain.read(["1", "2"], add) is not None
    assert plain.read(["1", "two"], add) is None
