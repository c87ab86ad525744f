"""The arguments of `wheelcheck check`."""

from __future__ import annotations

from wheelcheck import report as reports
from wheelcheck.cli import lock_files
from wheelcheck.cli.options import add_config, given, positive, refusal, suggestion
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
examples:
  wheelcheck check                              the release in dist/
  wheelcheck check --report html=report.html    the same, and a page to look at
  wheelcheck check --each wheelhouse/*.whl      wheels that are no complete release
  wheelcheck check pypi:swig==4.1.1             what somebody has published
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what to check, what is expected, what counts, and what is printed."""
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "paths",
        nargs="*",
        type=_path,
        default=[],
        metavar="PATH",
        help="a wheel, an sdist, a folder, or pypi:NAME==VERSION (default: dist)",
    )
    parser.add_argument(
        "--index-url", default="", metavar="URL", help="the simple index that pypi: asks (default: $PIP_INDEX_URL)"
    )
    parser.add_argument(
        "--if-present", action="store_true", help="leave out paths where nothing is; pass if that is all of them"
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=positive,
        default=1,
        metavar="N",
        help="judge artifacts in N processes (default: 1)",
    )
    lock_files.add_arguments(parser)
    _add_expectations(parser.add_argument_group("what is expected"))
    _add_severities(parser.add_argument_group("what counts"))
    _add_output(parser.add_argument_group("output"))


def _add_expectations(group: argparse._ArgumentGroup) -> None:
    add_config(group).add_argument("--no-config", action="store_true", help="use no configuration")
    cpu, python = (
        "the wheels of one CPU only, as built on one host",
        "the wheels that one Python builds only, such as cp311",
    )
    group.add_argument("--architecture", type=given, metavar="CPU", help=f"expect {cpu}")
    group.add_argument("--interpreter", type=given, metavar="TAG", help=f"expect {python}")
    evidence = "refuse a file that no statement in DIR proves as it is"
    group.add_argument("--evidence", type=given, metavar="DIR", help=evidence)
    group.add_argument("--each", action="store_true", help="check single artifacts: no file is missed, none is extra")


def _add_severities(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--strict", action="store_true", help="make an error of every warning")
    select, ignore = "run only these rules: codes or beginnings such as WC3, with commas", "do not run these rules"
    group.add_argument("--select", action="extend", type=_codes, default=[], metavar="CODES", help=select)
    group.add_argument("--ignore", action="extend", type=_codes, default=[], metavar="CODES", help=ignore)
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 even if errors are found")


def _add_output(group: argparse._ArgumentGroup) -> None:
    formats = ", ".join(reports.FORMATS)
    group.add_argument("--format", choices=reports.FORMATS, help="the report on standard output (default: text)")
    group.add_argument(
        "--report",
        action="append",
        default=[],
        type=_output,
        metavar="FORMAT=FILE",
        help=f"also write a report, any number of times: {formats}; - is standard output",
    )
    loudness = group.add_mutually_exclusive_group()
    quiet, verbose = "print errors and the verdict only", "also print floors, large files and what no rule judged"
    loudness.add_argument("-q", "--quiet", dest="verbosity", action="store_const", const=-1, default=0, help=quiet)
    loudness.add_argument("-v", "--verbose", dest="verbosity", action="store_const", const=1, help=verbose)
    group.add_argument("--statistics", action="store_true", help="count the findings of each rule at the end")
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")
    group.add_argument("--no-progress", action="store_true", help="show no progress bar")


def _codes(value: str) -> list[str]:
    """Return the beginnings of codes in a list with commas; each must be that of a rule."""
    from wheelcheck.rules.catalogue import all_rules, matching  # noqa: PLC0415  # only these options need the rules

    codes = [code.strip().upper() for code in value.split(",")]
    for code in codes:
        if not matching(code or "?"):
            raise refusal(f"no rule is called {code!r}{suggestion(code, [r.code for r in all_rules()])}")
    return codes


def _path(value: str) -> str:
    """Refuse the empty path, which would mean the current folder: a variable that was never set."""
    if not value:
        raise refusal("found an empty path, expected a file or a folder")
    return value


def _output(value: str) -> reports.Output:
    try:
        return reports.parse(value)
    except ValueError as problem:
        raise refusal(str(problem)) from problem
