"""The reports, and where each of them goes.

| format | for | module |
|---|---|---|
| text | people at a terminal or reading a log | `text` |
| json | programs; `schema/report-1.json` describes it | `json` |
| sarif | code scanning and editors | `sarif` |
| github | annotations on a pull request; the step summary comes from here too | `github` |
| junit | test result viewers | `junit` |
| html | people who judge a release; one page that loads nothing | `html` |

Each of these modules has `render(report)`. `grid` is the release as a table, which text, github and html draw;
`wording` holds the words and limits that all formats share. `diff` prints `wheelcheck inspect` and `wheelcheck diff`.

A report goes to a file (`FORMAT=FILE`), which is written whole or not at all, or to standard output (`FORMAT=-`). All
formats but text are UTF-8 wherever they go, because they declare it or their readers assume it.
"""

from __future__ import annotations

import codecs
import errno
import os
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from io import StringIO, TextIOWrapper
from pathlib import Path

from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO, Literal, TextIO

    from wheelcheck.results import Report

WITH_HASHES = ("json", "sarif", "html")  # which say the hash of each file
FORMATS = ("text", "json", "sarif", "github", "junit", "html")
STDOUT = "-"
PATIENCE = 5.0  # seconds in which whoever reads a named pipe has opened it
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
_ON_WINDOWS = os.name == "nt"
_DEGRADE = "wheelcheck-degrade"  # the name of our error handler for encodings
_SIGNS = {"…": "...", "→": "->"}
_ARTIFACTS = (".whl", ".tar.gz", ".zip")
_TEXT_WIDTH = 120  # columns of a text report in a file


@dataclass(frozen=True, slots=True)
class Output:
    """One report to write: its format, and the file; `-` is standard output."""

    format: str
    file: str


def parse(value: str) -> Output:
    """Return the output that `FORMAT=FILE` names. Raises ValueError, which says what was expected."""
    form, equals, file = value.partition("=")
    if form not in FORMATS or not equals or not file:
        raise ValueError(
            f"found {value!r}, expected FORMAT=FILE with one of {', '.join(FORMATS)}; - is standard output"
        )
    return Output(form, file)


def check(outputs: list[Output], inputs: Iterable[str | Path] = ()) -> str:
    """Return why the outputs cannot all be written; empty text if they can.

    No report replaces another one, one of the `inputs`, or any file that is named like a wheel or an sdist, however the
    path is spelled and whatever links lead there.
    """
    read = {_place(path) for path in inputs}
    taken: set[str] = set()
    for output in outputs:
        place = output.file if output.file == STDOUT else _place(output.file)
        if place in taken:
            where = "standard output" if place == STDOUT else output.file
            return f"two reports go to {where}, expected one"
        if place in read or place.endswith(_ARTIFACTS):
            return f"the {output.format} report would replace {output.file}, which is an input; choose another file"
        taken.add(place)
    return ""


def _place(path: str | Path) -> str:
    """Return where a file really is, in one spelling."""
    return os.path.normcase(os.path.realpath(path))


def render(report: Report, form: str) -> str:
    """Return the report in this format, text without colour."""
    if form != "text":
        return str(import_module(f"wheelcheck.report.{form}").render(report))
    from wheelcheck.report import text  # noqa: PLC0415  # no other format needs it
    from wheelcheck.report.lines import console_for  # noqa: PLC0415

    text.render(report, console_for(file := StringIO(), _TEXT_WIDTH))
    return file.getvalue()


def write_to(stream: BinaryIO, report: Report, form: str) -> None:
    """Write the report to a stream of bytes as UTF-8. Raises OSError where the stream takes no more."""
    rest = memoryview(_encoded(render(report, form)))
    while rest:  # an unbuffered stream (python -u) may take a part only, and None where it would block
        written = stream.write(rest)
        if not written:
            raise BlockingIOError(None, "the stream takes no more")
        rest = rest[written:]
    stream.flush()


def show(report: Report, form: str, stdout: TextIO | None, *, verbosity: int = 0) -> list[str]:
    """Print the report on standard output; return a sentence if that failed.

    Text is printed in the terminal's width, colours and encoding, with escapes for what the encoding lacks; a
    `verbosity` below 0 shortens it, one above 0 extends it. Every other format is UTF-8 whatever encoding the stream
    has. Raises BrokenPipeError, or rich's SystemExit, where the reader has left.
    """

    @broken_pipe_named()
    def deliver() -> None:
        if stdout is None or not _is_open(stdout):
            raise OSError(None, "it is closed")
        if form == "text":
            _show_text(report, stdout, verbosity=verbosity)
        elif hasattr(stdout, "buffer"):
            stdout.flush()
            write_to(stdout.buffer, report, form)
        else:  # a stream of text alone, such as a notebook's
            stdout.write(render(report, form))

    return _guarded(deliver, f"{form} report", "standard output", BrokenPipeError)


@contextmanager
def broken_pipe_named() -> Iterator[None]:
    """Raise BrokenPipeError where Windows raises OSError with EINVAL for a pipe whose reader has left."""
    try:
        yield
    except OSError as problem:
        if _ON_WINDOWS and problem.errno == errno.EINVAL:
            raise BrokenPipeError(errno.EPIPE, "nobody reads the pipe any more") from problem
        raise


def write(report: Report, outputs: list[Output]) -> list[str]:
    """Write the reports that go to files; return a sentence for each that could not be written."""
    problems = []
    for output in outputs:
        if output.file != STDOUT:
            problems += _guarded(partial(_write_file, report, output), f"{output.format} report", output.file)
    return problems


def append_step_summary(report: Report, environment: Mapping[str, str]) -> list[str]:
    """Append the Markdown summary to the file that GITHUB_STEP_SUMMARY names; return a sentence if that failed."""
    file = environment.get(STEP_SUMMARY)
    if not file:
        return []

    def append() -> None:
        from wheelcheck.report import github  # noqa: PLC0415  # only GitHub's runner needs it

        content = _encoded(github.summary(report))
        with _opened(Path(file), "ab") as summary:
            summary.write(content)

    return _guarded(append, "step summary", file)


def degrade(stdout: TextIO | None) -> None:
    """Let a stream write what its encoding lacks: our own signs as ASCII, other characters as escapes."""
    if isinstance(stdout, TextIOWrapper) and _is_open(stdout):
        stdout.reconfigure(errors=_DEGRADE)


def _degraded(problem: UnicodeError) -> tuple[str, int]:
    """Return what stands for the first character that cannot be encoded (an error handler, as `codecs` defines it)."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    char = problem.object[problem.start]
    return _SIGNS.get(char) or char.encode("ascii", "backslashreplace").decode("ascii"), problem.start + 1


codecs.register_error(_DEGRADE, _degraded)


def _show_text(report: Report, stdout: TextIO, *, verbosity: int) -> None:
    from wheelcheck.report import text  # noqa: PLC0415  # no other format needs it
    from wheelcheck.report.lines import console_for  # noqa: PLC0415

    degrade(stdout)
    text.render(report, console_for(stdout), verbosity=verbosity)
    stdout.flush()


def _is_open(stdout: TextIO) -> bool:
    try:
        return not stdout.closed
    except ValueError:  # its buffer was detached
        return False


def _write_file(report: Report, output: Output) -> None:
    path, content = Path(output.file), _encoded(render(report, output.format))
    if path.exists() and not path.is_file():  # what /dev/fd/63 resolves to has no path
        with _opened(path, "wb") as stream:
            stream.write(content)
    else:
        _replace(path.resolve(), content)


def _guarded(deliver: Callable[[], None], what: str, where: str, *passed_on: type[Exception]) -> list[str]:
    """Return a sentence where `deliver` fails: a full disk or a bug of ours in one report loses no verdict."""
    try:
        deliver()
    except passed_on:
        raise
    except OSError as problem:
        return [f"the {what} cannot be written to {where}: {problem.strerror or problem}"]
    except Exception as problem:  # noqa: BLE001  # a bug of ours in one report must not lose verdict and others
        return [f"the {what} stopped at an internal error: {type(problem).__name__}: {problem}"]
    return []


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the whole new one."""
    import tempfile  # noqa: PLC0415  # slow to import

    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _opened(path: Path, mode: Literal["ab", "wb"]) -> BinaryIO:
    """Open what is written directly, as pipes and devices are; to open a pipe that nobody reads takes for ever."""
    if not path.is_fifo():
        return path.open(mode)
    import time  # noqa: PLC0415  # few reports go to a pipe

    until = time.monotonic() + PATIENCE
    while (handle := _read_pipe(path)) is None:
        if time.monotonic() > until:
            raise OSError(errno.ENXIO, f"nobody has read this pipe for {PATIENCE:.0f} seconds")
        time.sleep(0.05)
    os.set_blocking(handle, True)
    return os.fdopen(handle, mode)


def _read_pipe(path: Path) -> int | None:
    """Return a handle to write to a pipe; None if nobody reads it. Raises OSError."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as problem:
        if problem.errno != errno.ENXIO:
            raise
        return None


def _umask() -> int:
    """Return the process's umask: a temporary file is private, a report is as readable as any other file."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
