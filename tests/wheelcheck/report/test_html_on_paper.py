from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.reports import every_mark, real

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.chromium import Page, Show

pytestmark = pytest.mark.posix  # Chromium gets its pipes from a shell


def test_the_page_prints_without_its_filters_and_with_everything_else(show: Show, tmp_path: Path) -> None:
    page = show(real(tmp_path))
    page.media("print")
    assert not page.ask("document.querySelector('.filter').checkVisibility()")
    assert page.ask("[...document.querySelectorAll('.finding')].every(e => e.checkVisibility())")
    assert page.pdf().startswith(b"%PDF-")


HIDDEN = "[...document.querySelectorAll('details > :not(summary)')].filter(e => !e.checkVisibility()).length"


@pytest.mark.parametrize("script", [True, False])
def test_what_is_folded_on_the_screen_is_open_on_paper(show: Show, tab: Page, *, script: bool) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=not script)
    try:
        page = show(every_mark())
        assert page.ask(HIDDEN) > 0
        page.media("print")
        assert page.ask(HIDDEN) == 0
    finally:
        tab.call("Emulation.setScriptExecutionDisabled", value=False)


def test_printing_leaves_the_page_as_folded_as_it_was(show: Show) -> None:
    page = show(every_mark())
    page.ask("document.querySelector('details').open = true")
    before = page.ask("document.querySelectorAll('details[open]').length")
    page.pdf()
    assert page.ask("document.querySelectorAll('details[open]').length") == before


def test_a_heading_stays_with_what_follows_it_on_paper(show: Show) -> None:
    page = show(every_mark())
    page.media("print")
    for name in ("h2", "h3", "caption", "thead"):
        assert page.ask(f"getComputedStyle(document.querySelector('{name}')).breakAfter") == "avoid"
    for name in ("main tr", ".found > li", "aside"):
        assert page.ask(f"getComputedStyle(document.querySelector('{name}')).breakInside") == "avoid"
    assert page.ask("getComputedStyle(document.querySelector('.tall')).maxHeight") == "none"
