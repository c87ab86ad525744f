"""`wheelcheck survey`: judge any number of artifacts, one by one, into a file that a later run continues."""

from __future__ import annotations

import argparse
import io
import os
import sys
from itertools import chain
from pathlib import Path

from wheelcheck.cli import lock_files
from wheelcheck.cli.exit_codes import PASS, UNVERIFIED, say
from wheelcheck.cli.options import positive
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPORTS = ("html", "pages", "duckdb", "parquet")
_VERDICTS = ("pass", "fail", "unverified")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="a wheel, an sdist, a folder, a pattern, pylock.toml, uv.lock, or NAME==VERSION",
    )
    parser.add_argument("--files-from", metavar="LIST", help="a file with a SOURCE on each line, - for standard input")
    parser.add_argument("--index-url", default="", metavar="URL", help="the simple index that NAME==VERSION asks")
    lock_files.add_arguments(parser)
    _add_work(parser.add_argument_group("work"))
    _add_output(parser.add_argument_group("output"))
    parser.set_defaults(run=_run)


def _add_work(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--jobs", type=positive, metavar="N", help="processes at a time (default: one for each CPU)")
    group.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="judge on the workers of this Dask scheduler instead"
    )
    group.add_argument(
        "--timeout", type=positive, default=600, metavar="SECONDS", help="the most for one artifact (default: 600)"
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="FILE",
        help="the JSON Lines to write; what is in them already is not judged again",
    )
    group.add_argument(
        "--report",
        action="append",
        default=[],
        type=_report,
        metavar="FORMAT=FILE",
        help="also write what the output holds: html=FILE, pages=FOLDER (one per artifact), duckdb= or parquet=FILE",
    )


def _run(arguments: argparse.Namespace) -> int:
    """Return 0 if every artifact was judged, whatever its verdict; 2 if one could not be verified, or there is none."""
    from wheelcheck import survey  # noqa: PLC0415  # --help starts without it
    from wheelcheck.counting import counted  # noqa: PLC0415
    from wheelcheck.survey.progress import Progress  # noqa: PLC0415
    from wheelcheck.survey.scratch import Sources  # noqa: PLC0415

    _require_reports(arguments)
    if arguments.report and not (arguments.sources or arguments.files_from or arguments.requirement):
        return _write_all(arguments)
    files = Sources(_paths(arguments), say)
    if not files.number:
        say("no wheel and no sdist among the given sources")
        return UNVERIFIED
    progress = Progress(sys.stderr or io.StringIO(), files.number, files.size)
    where = arguments.scheduler
    try:
        with survey.on_cluster(where) if where else survey.here(arguments.jobs or os.cpu_count() or 1) as crew:
            verdicts = survey.survey(files, arguments.output, crew, arguments.timeout, progress)
    except KeyboardInterrupt:
        judged = counted(progress.verdicts.total(), "file")
        say(f"interrupted, {judged} judged; the same command goes on with the others")
        return UNVERIFIED
    _write_all(arguments)
    counts = ", ".join(f"{verdicts[each]} {each}" for each in _VERDICTS)
    say(f"{counted(files.number, 'file')}: {counts}, {progress.verdicts.total()} of them judged now")
    return UNVERIFIED if verdicts["unverified"] or files.unusable else PASS


def _paths(arguments: argparse.Namespace) -> Iterator[Path]:
    """Yield the files and folders that the sources stand for. Raises UnreachableError, OSError for a list."""
    from wheelcheck.inputs import is_release, resolve  # noqa: PLC0415  # --help starts without it

    locks = list(arguments.requirement)
    for given in chain(arguments.sources, _listed(arguments.files_from)):
        if lock_files.is_lock_file(given):
            locks.append(given)
        else:
            named = is_release(given) and not Path(given).exists()
            yield from resolve([f"pypi:{given}" if named else given], arguments.index_url)
    yield from lock_files.fetched(locks, arguments)


def _require_reports(arguments: argparse.Namespace) -> None:
    """Raise UnreachableError for a report that could not be written: better before the survey than after it."""
    from wheelcheck.inputs import UnreachableError  # noqa: PLC0415  # --help starts without it
    from wheelcheck.report import Output, check  # noqa: PLC0415
    from wheelcheck.survey import database, pages  # noqa: PLC0415

    outputs = [Output(form, str(file)) for form, file in arguments.report]
    read = (arguments.output, arguments.files_from, *arguments.requirement, *arguments.sources)
    if problem := check(outputs, filter(None, read)):
        raise UnreachableError(problem)
    for form, file in arguments.report:
        if form == "pages":
            pages.require_own(file)
        elif form != "html":
            database.require()


def _write_all(arguments: argparse.Namespace) -> int:
    """Write the reports on what the output holds, and return 0. Raises UnreachableError for no survey, OSError."""
    from wheelcheck.survey import rows  # noqa: PLC0415  # --help starts without it

    next(rows.read(arguments.output), None)
    for form, file in arguments.report:
        _write(form, arguments.output, file)
    return PASS


def _write(form: str, output: Path, file: Path) -> None:
    """Write what a survey holds in another format. Raises OSError."""
    from wheelcheck.survey import database, page, pages  # noqa: PLC0415  # few runs need them
    from wheelcheck.survey.worker import rule_set  # noqa: PLC0415

    if form == "duckdb":
        database.write(output, file)
    elif form == "parquet":
        database.write_parquet(output, file)
    elif form == "pages":
        pages.write(output, file, rule_set())
    else:
        file.write_text(page.render(output, rule_set()), "utf-8", "backslashreplace", "\n")


def _report(text: str) -> tuple[str, Path]:
    form, _, file = text.partition("=")
    if form not in _REPORTS or not file or file == "-":
        expected = ", ".join(f"{each}={'FOLDER' if each == 'pages' else 'FILE'}" for each in _REPORTS)
        raise argparse.ArgumentTypeError(f"found {text!r}, expected one of {expected}")
    return form, Path(file)


def _listed(name: str | None) -> Iterator[str]:
    """Yield the sources that a list names. Raises OSError if it cannot be read."""
    if name == "-":
        yield from filter(None, map(str.strip, sys.stdin))
    elif name is not None:
        with Path(name).open(encoding="utf-8", errors="surrogateescape") as lines:
            yield from filter(None, map(str.strip, lines))
