from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.checkout import ROOT
from tools import picture, site
from wheelcheck import check

if TYPE_CHECKING:
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> str:
    """Return the lines of a picture as text."""
    lines: dict[str, str] = {}
    for text in ET.fromstring(svg).iter(f"{SVG}text"):  # noqa: S314  # our own
        lines[text.get("y", "")] = lines.get(text.get("y", ""), "") + (text.text or "")
    return "\n".join(lines.values()).replace("\xa0", " ")


def test_the_picture_shows_command_findings_and_verdict_and_loads_nothing(tmp_path: Path) -> None:
    report = check(a_wheel(X86_64, File("demo/native.so", b"\x7fELF")).write(tmp_path))
    svg = picture.drawn(report, "uvx wheelcheck check dist")
    shown = words(svg)
    assert shown.startswith("$ uvx wheelcheck check dist\n")
    assert "demo/native.so" in shown
    assert "FAIL" in shown
    assert site.from_elsewhere("picture.svg", svg) == []


def test_the_picture_of_the_readme_is_one_of_the_release_that_it_names() -> None:
    shown = words((ROOT / "docs/assets/swig.svg").read_text("utf-8"))
    assert shown.startswith(f"$ uvx wheelcheck check pypi:{picture.RELEASE}\n")
    assert f"pypi:{picture.RELEASE}" in (ROOT / "README.md").read_text("utf-8")
