from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import site
from wheelcheck.report.wording import page
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = "https://fonts.example.org/x"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("index.html", f'<link rel="stylesheet" href="{ELSEWHERE}">'),
        ("index.html", f'<link rel="preconnect" href="{ELSEWHERE}">'),
        ("index.html", f'<script src="{ELSEWHERE}"></script>'),
        ("index.html", f'<img src="{ELSEWHERE}" alt="">'),
        ("index.html", '<script src="//fonts.example.org/x"></script>'),
        ("index.html", f"<style>@import '{ELSEWHERE}';</style>"),
        ("index.html", f'<p style="background: url({ELSEWHERE})">'),
        ("style.css", f'@font-face {{ src: url("{ELSEWHERE}") }}'),
        ("picture.svg", f"<svg><style>@font-face {{ src: url({ELSEWHERE}) }}</style></svg>"),
    ],
)
def test_what_a_browser_loads_from_elsewhere_is_found(name: str, text: str) -> None:
    assert [address.removeprefix("https:") for address in site.from_elsewhere(name, text)] == [
        "//fonts.example.org/x",
    ]


@pytest.mark.parametrize(
    "text",
    [
        f'<a href="{ELSEWHERE}">a link that a reader may follow</a>',
        f'<link rel="canonical" href="{ELSEWHERE}">',
        '<script src="../_static/search.js"></script>',
        '<img src="data:image/png;base64,AAAA" alt="">',
        f"<p>{ELSEWHERE}</p>",
    ],
)
def test_what_a_browser_does_not_load_or_loads_from_the_site_is_no_fault(text: str) -> None:
    assert site.from_elsewhere("index.html", text) == []


def written(folder: Path) -> Path:
    for rule in all_rules():
        place = folder / "rules" / rule.code
        place.mkdir(parents=True)
        (place / "index.html").write_text("<h1>a rule</h1>")
    return folder


def test_a_site_with_all_pages_that_loads_nothing_from_elsewhere_has_no_fault(tmp_path: Path) -> None:
    assert list(site.faults(written(tmp_path))) == []


def test_a_missing_page_of_a_rule_and_a_page_that_loads_from_elsewhere_are_named(tmp_path: Path) -> None:
    (written(tmp_path) / "rules" / "WC301" / "index.html").unlink()
    (tmp_path / "index.html").write_text(f'<script src="{ELSEWHERE}"></script>')
    missing, loading = site.faults(tmp_path)
    assert missing == f"{page('WC301')}: reports lead there, and the site has no such page"
    assert loading == f"index.html: loads {ELSEWHERE}; a page must load nothing from elsewhere"
