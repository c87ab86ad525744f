from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import elf, macho, member, wheel
from tests.support.reports import every_mark, finding, hostile
from wheelcheck.binary.model import VersionNeed
from wheelcheck.report.wording import RULE_PAGES
from wheelcheck.results import Report

if TYPE_CHECKING:
    from tests.support.chromium import Page, Show


pytestmark = pytest.mark.posix  # Chromium gets its pipes from a shell


REPORTS = pytest.mark.parametrize(
    "report", [Report(), every_mark(), hostile()], ids=["nothing", "every mark", "hostile"]
)


@REPORTS
def test_the_console_is_silent_and_nothing_else_is_requested(show: Show, report: Report) -> None:
    page = show(report)
    assert page.complaints == []
    assert [address.rpartition("/")[2] for address in page.requests] == ["report.html"]


def test_the_console_reports_a_script_that_the_policy_forbids(show: Show) -> None:
    page = show(every_mark())
    page.ask(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 1'}))"
    )
    assert page.ask("document.title").startswith("FAIL")
    assert any("Content Security Policy" in complaint for complaint in page.complaints)


def test_the_grid_is_the_first_thing_below_the_verdict(show: Show) -> None:
    page = show(every_mark())
    assert page.ask("[...document.querySelectorAll('main table')].slice(0, 3).map(e => e.className).join()") == (
        "grid,floors,floors"
    )
    assert page.ask("document.querySelectorAll('.grid tbody tr').length") == 3
    assert page.ask("document.querySelector('.grid').getBoundingClientRect().top < innerHeight / 2")


def test_every_cell_is_reached_by_tab_and_enter_jumps_to_what_was_found(show: Show) -> None:
    page = show(every_mark())
    cells = page.ask("document.querySelectorAll('.grid a').length")
    reached = []
    for _ in range(cells):
        page.press("Tab")
        reached.append(page.ask("document.activeElement.className"))
    assert reached == [
        "cell pass",
        "cell fail",
        "cell warn",
        "cell unverified",
        "cell extra",
        "cell missing",
        "cell pass",
    ]
    page.ask("document.querySelector('.cell.fail').focus()")
    page.press("Enter")
    assert page.ask("document.activeElement.id === location.hash.slice(1)")
    assert page.ask("document.querySelector(':target th').textContent").startswith(
        "demo-1.0-cp311-cp311-manylinux_2_17_aarch64.whl"
    )
    page.ask("document.querySelector(':target .chip').focus()")
    page.press("Enter")
    assert page.ask("document.querySelector(':target h3').textContent").startswith("errorWC301")


def test_the_focused_cell_is_outlined_and_has_a_name_for_screen_readers(show: Show) -> None:
    page = show(every_mark())
    page.press("Tab")
    assert page.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert page.ask("document.activeElement.textContent") == "✔cp311-cp311, Linux x86_64: sound"


def test_a_filter_hides_its_severity_without_a_mouse(show: Show) -> None:
    page = show(every_mark())
    seen = (
        "[...document.querySelectorAll('.finding')].filter(e => e.checkVisibility())"
        ".map(e => e.className.slice(16)).join()"
    )
    assert page.ask(seen) == "error,error,error,warning"
    page.ask("document.getElementById('show-error').focus()")
    page.press("Space")
    assert page.ask(seen) == "warning"
    page.press("Space")
    assert page.ask(seen) == "error,error,error,warning"


def test_without_its_script_the_page_filters_and_jumps_all_the_same(show: Show, tab: Page) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page = show(every_mark())
        page.ask("document.getElementById('show-error').click()")
        page.ask("document.querySelector('.cell.warn').click()")
        seen = page.ask("[...document.querySelectorAll('.finding')].filter(e => e.checkVisibility()).length")
        assert (seen, page.ask("document.querySelectorAll('button').length")) == (1, 0)
        assert page.ask("document.querySelector(':target th').textContent").startswith("demo-1.0-cp311-cp311-macosx")
        assert page.ask("document.querySelectorAll('.toolbar').length") == 0
        assert page.complaints == []
    finally:
        tab.call("Emulation.setScriptExecutionDisabled", value=False)


def test_hostile_names_are_inert(show: Show) -> None:
    page = show(hostile())
    assert page.ask("document.title") == "FAIL: demo 1.0"
    assert page.ask("document.querySelectorAll('img, iframe, main script, main style').length") == 0
    links = page.ask("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert all(link.startswith(("#", RULE_PAGES)) for link in links)
    assert "<img src=x onerror=" in page.ask("document.body.innerText")


@REPORTS
@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_no_width_scrolls_sideways(show: Show, report: Report, width: int) -> None:
    page = show(report, width)
    assert page.ask("document.documentElement.scrollWidth") == width
    assert page.ask(
        "[...document.querySelectorAll('h1, h2, h3, p, li')].every(e => e.getBoundingClientRect().right <= innerWidth)"
    )


def long_names() -> Report:
    pythons = ".".join(f"py{minor}" for minor in range(27, 60))
    needs = (VersionNeed("libc.so.6", "GLIBC_2.39"),)
    natives = [member(f"demo/{'very_' * at}long/module.so", elf("x86_64", versions=needs)) for at in (1, 9, 30)]
    dylib = member("demo/y.dylib", macho("aarch64", minimum_os=(26, 1)))
    made = [wheel(f"{pythons}-none-{tag}", *natives) for tag in ("manylinux_2_17_x86_64", "win_amd64")]
    report = Report((*made, wheel(f"{pythons}-none-macosx_10_9_universal2", dylib)))
    return replace(report, findings=tuple(finding(each.file, "a" * 300, "found " + "b" * 300) for each in made))


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_long_names_push_nothing_out_of_sight(show: Show, width: int) -> None:
    page = show(long_names(), width)
    assert page.ask("document.documentElement.scrollWidth") == width
    shown = (
        "[...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && !e.closest('.scroll, .hidden'))"
    )
    assert page.ask(f"{shown}.filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML)") == []
    cells = "[...document.querySelectorAll('.floors :is(th, td):not(.track), .artifacts td')]"
    assert page.ask(f"{cells}.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML)") == []
    edges = page.ask(
        "['.release', '.grid tbody th', '.grid tbody td'].map(e => document.querySelector(e).getBoundingClientRect())"
        ".map(e => [e.left, e.right])"
    )
    (_, end), (_, head), (cell, _) = edges
    assert head <= cell < end - 20


def test_a_phone_gets_binaries_as_cards(show: Show) -> None:
    page = show(every_mark(), 375)
    assert page.ask("getComputedStyle(document.querySelector('.binaries tr')).display") == "block"
    assert page.ask("document.querySelector('.binaries').getBoundingClientRect().right <= innerWidth")
    assert (
        show(every_mark(), 1280).ask("getComputedStyle(document.querySelector('.binaries tr')).display") == "table-row"
    )


# The elements with less contrast than WCAG 2 demands at level AA.
CONTRAST = """
(() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map((v) => v / 255)
      .map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = (e) => {
    const own = getComputedStyle(e).backgroundColor;
    return own.startsWith('rgba(') && own.endsWith(', 0)') ? ground(e.parentElement) : own;
  };
  const of = (e) => {
    const [high, low] = [light(getComputedStyle(e).color), light(ground(e))].sort((a, b) => b - a);
    return (high + .05) / (low + .05);
  };
  const all = [...document.querySelectorAll(
    'h1, h2, h3, h4, p, a, b, small, th, td, dt, dd, label, li, summary, caption, input, select, output, .stamp, .badge'
  )];
  return all.filter((e) => of(e) < 4.5).map((e) => `${e.outerHTML.slice(0, 60)} ${of(e)}`);
})()
"""


@pytest.mark.parametrize(("media", "scheme"), [("", "light"), ("", "dark"), ("print", "light"), ("print", "dark")])
def test_every_text_has_enough_contrast(show: Show, media: str, scheme: str) -> None:
    page = show(every_mark())
    page.media(media, scheme)
    assert page.ask(CONTRAST) == []


def test_light_and_dark_follow_the_reader_s_setting_and_paper_is_white(show: Show) -> None:
    page = show(every_mark())
    grounds = []
    for media, scheme in (("", "light"), ("", "dark"), ("print", "dark")):
        page.media(media, scheme)
        grounds.append(page.ask("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(246, 247, 249)", "rgb(16, 19, 24)", "rgb(255, 255, 255)"]


def test_a_wide_window_is_used(show: Show) -> None:
    page = show(every_mark(), 1920)
    for name in (".finding", ".card:has(.artifacts)", ".searchable"):
        assert page.ask(f"document.querySelector('{name}').getBoundingClientRect().width") > 1700
    remedy, found = (f"document.querySelector('.finding {name}').getBoundingClientRect()" for name in ("aside", "ol"))
    assert page.ask(f"{remedy}.left >= {found}.right && {remedy}.top === {found}.top")
    narrow = show(every_mark(), 390)
    assert narrow.ask(f"{remedy}.top >= {found}.bottom")
