"""What the command lines of several commands share: hints, `--config`, and reading what they name."""

from __future__ import annotations

from pathlib import Path

from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from wheelcheck.facts import Artifact


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a question for the known word that is most like another one; empty text if none is."""
    import difflib  # noqa: PLC0415  # slow to import

    near = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""


def positive(text: str) -> int:
    """Return the number that an argument gives. Raises ArgumentTypeError unless it is whole and above 0."""
    if not text.isdecimal() or not int(text):
        raise refusal(f"found {text!r}, expected a whole number above 0")
    return int(text)


def given(text: str) -> str:
    """Return what an argument gives. Raises ArgumentTypeError for empty text: a variable that was never set."""
    if not text:
        raise refusal("found nothing, expected a value; is a variable empty?")
    return text


def refusal(why: str) -> Exception:
    """Return what the type of an argument raises, for argparse to print."""
    from argparse import ArgumentTypeError  # noqa: PLC0415  # only a wrong call needs it

    return ArgumentTypeError(why)


def add_config(parser: argparse._ActionsContainer) -> argparse._MutuallyExclusiveGroup:
    """Add `--config`, the same for every command that reads the configuration; return its group."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="a wheelcheck.toml, or a TOML file with [tool.wheelcheck]"
        " (default: the one of the current folder or of the files, searched up to the root of the repository)",
    )
    return group


def add_index_and_format(parser: argparse.ArgumentParser) -> None:
    """Add `--index-url` and `--format`, the same for the commands that show artifacts."""
    parser.add_argument("--index-url", default="", metavar="URL", help="the simple index that pypi: asks")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")


def read_artifacts(argument: str, index_url: str = "") -> list[Artifact]:
    """Read what an argument stands for: one file whatever its name, the artifacts of a folder, or a published release.

    Raises UnreachableError if there is none, or one cannot be read or is not an archive.
    """
    from wheelcheck.inputs import UnreachableError, find_files, resolve  # noqa: PLC0415  # as below

    paths = resolve([argument], index_url)
    if len(paths) == 1 and not paths[0].is_dir():
        return [read_artifact(paths[0])]
    files = find_files(paths)
    if not files.artifacts:
        raise UnreachableError(f"{argument} holds no wheel and no sdist")
    return [read_artifact(path) for path in files.artifacts]


def read_artifact(path: Path) -> Artifact:
    """Read a wheel or an sdist. Raises UnreachableError if the file cannot be read or is not an archive."""
    from wheelcheck.archive.formats import CONTENT  # noqa: PLC0415  # the command line starts without the readers
    from wheelcheck.facts.collect import collect  # noqa: PLC0415
    from wheelcheck.inputs import UnreachableError, why_no_file  # noqa: PLC0415

    if why := why_no_file(path):
        raise UnreachableError(f"{path}: {why}")
    try:
        artifact = collect(path)
    except OSError as problem:
        raise UnreachableError(f"{path}: cannot be read: {problem.strerror or problem}") from problem
    if not artifact.members and artifact.damage:
        raise UnreachableError(f"{path} is not a wheel or an sdist: {artifact.damage[0].why}")
    if [member.path for member in artifact.members] == [CONTENT]:
        raise UnreachableError(f"{path} is not a wheel or an sdist: a compressed file that is no archive")
    return artifact
