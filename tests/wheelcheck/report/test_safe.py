from __future__ import annotations

import pytest

from tests.support.reports import HOSTILE, finding
from wheelcheck import report
from wheelcheck.report.wording import LONGEST, safe, shown
from wheelcheck.results import Report


@pytest.mark.parametrize(
    "text", ["demo/native.so", "a b", "naïve/日本語.so", "std::string", "a ::error::", "## [x]", "C:\\x", "#[error]"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\r", "a\\nb\\r"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("::error::x", "\\x3a:error::x"),
        ("  ::error::x", "  \\x3a:error::x"),
        ("a ##[error]x ##[debug]", "a #\\x23[error]x #\\x23[debug]"),
    ],
)
def test_what_a_terminal_or_a_ci_log_would_obey_is_escaped(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_safe_text_is_one_printable_line_and_stays_so(text: str) -> None:
    assert safe(text).isprintable()
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize(
    ("length", "end"),
    [(LONGEST, "xx"), (LONGEST + 1, "x… and 1 more character"), (10**6, "… and 998000 more characters")],
)
def test_text_that_is_too_long_to_read_is_cut_and_counted(length: int, end: str) -> None:
    assert shown("x" * length).endswith(end)
    assert shown("x" * length).count("x") == min(length, LONGEST)


@pytest.mark.parametrize("form", ["text", "github", "junit", "html"])
def test_no_single_text_fills_a_report_for_people(form: str) -> None:
    endless = finding("a.whl", "p" * 10**6, "m" * 10**6)
    assert len(report.render(Report(findings=(endless,)), form)) < 40_000
