"""Build the documentation site with Sphinx, warnings as errors, and check what the builder does not.

    python -m tools.site [--output FOLDER]

Sphinx checks that every page is reached, that every internal link and anchor exists, and that the sources have no other
fault. Here: the pages of the rules have the addresses that reports print, and no page loads anything from elsewhere.
Exits 1 with a line for each fault.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.report.wording import SITE, page
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
# What makes a browser load something as soon as it shows a page; links that a reader may click are not among it.
_LOADS = {"href": ("link",), "src": (), "srcset": (), "poster": (), "data": ("object",), "action": ("form",)}
_NOT_LOADED = {"canonical", "alternate", "author", "license", "next", "prev", "search", "index"}  # `rel` of <link>
_IN_CSS = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s]+)""")
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


class _Loaded(HTMLParser):
    """Collects the addresses that a browser loads with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what this element loads; a <link> does so by its `rel`."""
        if tag == "link" and set((dict(attrs).get("rel") or "").split()) & _NOT_LOADED:
            return
        for name, value in attrs:
            if name == "style":
                self.addresses += _IN_CSS.findall(value or "")
            elif name in _LOADS and (not _LOADS[name] or tag in _LOADS[name]):
                self.addresses.append(value or "")


def from_elsewhere(name: str, text: str) -> list[str]:
    """Return the addresses on other hosts that a page or a style sheet, by its file name, loads when it is shown."""
    if name.endswith(".css"):
        loaded = _IN_CSS.findall(text)
    else:
        parser = _Loaded()
        parser.feed(text)
        loaded = parser.addresses + _IN_CSS.findall("".join(re.findall(r"(?s)<style.*?</style>", text)))
    return [address for address in loaded if _ELSEWHERE.match(address)]


def faults(site: Path) -> Iterator[str]:
    """Yield what is wrong with the built site."""
    for rule in all_rules():
        file = site / page(rule.code).removeprefix(SITE) / "index.html"
        if not file.is_file():
            yield f"{page(rule.code)}: reports lead there, and the site has no such page"
    for file in sorted(path for path in site.rglob("*") if path.suffix in {".html", ".css", ".svg"}):
        for address in from_elsewhere(file.name, file.read_text("utf-8")):
            yield f"{file.relative_to(site)}: loads {address}; a page must load nothing from elsewhere"


def main(arguments: list[str] | None = None) -> int:
    """Build the site and return 1 if something is wrong with it."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description="Build and check the documentation site.")
    parser.add_argument("--output", type=Path, default=ROOT / ".cache" / "site", help="its folder (%(default)s)")
    site = parser.parse_args(arguments).output
    # dirhtml gives every page an address without `.html`; -E reads all pages, so that every warning is seen again.
    words = ("sphinx", "-b", "dirhtml", "-E", "-q", "-W", "--keep-going", "-n")
    if subprocess.run([sys.executable, "-m", *words, str(ROOT / "docs"), str(site)], check=False).returncode:
        return 1
    found = list(faults(site))
    print("\n".join(found) or f"{sum(1 for _ in site.rglob('*.html'))} pages in {site}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
