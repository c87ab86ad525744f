"""A browser for the tests of the HTML report, started once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.chromium import Page, Show, chromium
from wheelcheck.report import html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelcheck.results import Report


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def show(tab: Page, tmp_path: Path) -> Show:
    """Return a function that opens a report in a window of some width."""

    def open_report(report: Report, width: int = 1280) -> Page:
        file = tmp_path / "report.html"
        file.write_text(html.render(report), "utf-8")
        tab.media()
        tab.open(file, width)
        return tab

    return open_report
