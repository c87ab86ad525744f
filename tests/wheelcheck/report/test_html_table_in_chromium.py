from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, elf, macho, member, wheel
from wheelcheck.results import Report

if TYPE_CHECKING:
    from tests.support.chromium import Page, Show

pytestmark = pytest.mark.posix  # Chromium gets its pipes from a shell


def test_the_binaries_are_sorted_by_any_column_and_back(show: Show) -> None:
    natives = [replace(member(f"{size}.so", elf("x86_64")), size=size) for size in (900, 10_000, 2_000)]
    page = show(Report((wheel(X86_64, *natives),)))
    sizes = "[...document.querySelectorAll('.binaries td[data-label=size]')].map(e => e.textContent).join(' ')"
    assert page.ask(sizes) == "900 10,000 2,000"
    page.ask("document.querySelectorAll('.binaries th button')[7].focus()")
    page.press("Enter")
    assert page.ask(sizes) == "900 2,000 10,000"
    page.press("Enter")
    assert page.ask(sizes) == "10,000 2,000 900"
    assert page.ask("document.querySelectorAll('.binaries th')[7].ariaSort") == "descending"


SHOWN = (
    "[...document.querySelectorAll('.binaries tbody tr')].filter(e => e.checkVisibility())"
    ".map(e => e.cells[1].textContent).join()"
)


def many_binaries() -> Report:
    names = [f"demo/{name}" for name in ("json.so", "xml.so", "json_tool", "data/tool")]
    natives = [member(name, elf("x86_64", "library" if name.endswith(".so") else "executable")) for name in names]
    dylib = member("demo/json.dylib", macho("aarch64", minimum_os=(11, 0, 0)))
    return Report((wheel(X86_64, *natives), wheel("cp311-cp311-macosx_11_0_arm64", dylib)))


def type_into(page: Page, text: str) -> None:
    page.ask("document.querySelector('.toolbar input').focus(); document.querySelector('.toolbar input').select()")
    page.call("Input.insertText", text=text)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("json", "demo/json.so,demo/json_tool,demo/json.dylib"),
        ("JSON  library", "demo/json.so,demo/json.dylib"),
        ("macos json", "demo/json.dylib"),
        ("nothing like it", ""),
        (" ", "demo/json.so,demo/xml.so,demo/json_tool,demo/data/tool,demo/json.dylib"),
    ],
)
def test_a_search_shows_the_rows_with_every_word(show: Show, words: str, found: str) -> None:
    page = show(many_binaries())
    type_into(page, words)
    assert page.ask(SHOWN) == found
    number = len(found.split(",")) if found else 0
    assert page.ask("document.querySelector('.toolbar output').textContent") == f"{number} of 5"
    assert page.complaints == []


def test_a_choice_and_a_search_and_a_sort_hold_together(show: Show) -> None:
    page = show(many_binaries())
    page.ask(
        "(() => { const e = document.querySelector('select[aria-label=kind]'); e.value = 'executable';"
        "e.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    assert page.ask(SHOWN) == "demo/json_tool,demo/data/tool"
    page.ask("document.querySelectorAll('.binaries th button')[1].click()")
    assert page.ask(SHOWN) == "demo/data/tool,demo/json_tool"
    type_into(page, "json")
    assert page.ask(SHOWN) == "demo/json_tool"


def test_a_choice_with_one_value_is_not_offered(show: Show) -> None:
    page = show(Report((wheel(X86_64, member("a.so", elf("x86_64"))),)))
    assert page.ask("document.querySelectorAll('.toolbar select').length") == 0
    assert page.ask("document.querySelectorAll('.toolbar input').length") == 1


def test_the_search_and_the_head_of_the_table_stay_in_sight(show: Show) -> None:
    natives = [member(f"{number}.so", elf("x86_64")) for number in range(300)]
    page = show(Report((wheel(X86_64, *natives),)))
    page.ask("document.querySelector('.tall').scrollTop = 4000")
    page.ask("document.querySelector('.searchable').scrollIntoView()")
    assert page.ask("document.querySelector('.tall').scrollTop") == 4000
    assert page.ask("document.querySelector('.toolbar').getBoundingClientRect().top >= 0")
    top = "document.querySelector('{}').getBoundingClientRect().top"
    assert page.ask(f"{top.format('.binaries th')} - {top.format('.tall')}") <= 1
    assert page.ask("document.documentElement.scrollHeight") < 5_000
