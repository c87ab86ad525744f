"""Draw the text report of a published release as an SVG, for README and the site.

    python -m tools.picture [RELEASE] [--output FILE]

The release is fetched and judged now, and its report is drawn as `wheelcheck check` prints it on a dark terminal.
"""

from __future__ import annotations

import argparse
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from wheelcheck import check, inputs
from wheelcheck.report import text

if TYPE_CHECKING:
    from wheelcheck.results import Report

ROOT = Path(__file__).resolve().parent.parent
RELEASE = "swig==4.1.1"  # sound but for two wheels for macOS: one screen shows all that a report has
_WIDTH = 120  # columns
# rich's own frame loads a font from a third party. This one has no buttons, takes the reader's fonts, and scales.
_FRAME = """\
<svg viewBox="-8 -25 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<style>
.{unique_id}-matrix {{
  font: {char_height}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre;
}}
{styles}
</style>
<defs>
{lines}
</defs>
<rect x="-8" y="-25" width="{width}" height="{height}" rx="8" fill="#17191e"/>
<g class="{unique_id}-matrix">
{backgrounds}
{matrix}
</g>
</svg>
"""
_ANSI = ("1f2329", "ff7b72", "7ee787", "e3b341", "79c0ff", "d2a8ff", "76e3ea", "d7dce2")
_COLOURS = [tuple(bytes.fromhex(colour)) for colour in _ANSI]
_THEME = TerminalTheme((23, 25, 30), (215, 220, 226), [(red, green, blue) for red, green, blue in _COLOURS])


def drawn(report: Report, command: str) -> str:
    """Return the report that a command prints, as an SVG that loads nothing. Lines wrap as a terminal wraps them."""
    terminal = _console(record=False)
    with terminal.capture() as printed:
        text.render(report, terminal)
    picture = _console(record=True)
    picture.print(f"$ {command}\n", style="dim", markup=False)
    picture.print(Text.from_ansi(printed.get()))
    return picture.export_svg(theme=_THEME, code_format=_FRAME)


def _console(*, record: bool) -> Console:
    return Console(
        record=record,
        file=StringIO(),
        width=_WIDTH,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        legacy_windows=False,
    )


def main(arguments: list[str] | None = None) -> int:
    """Fetch and judge the release, and write the picture of its report."""
    parser = argparse.ArgumentParser(prog="python -m tools.picture", description="Draw the report of a release.")
    parser.add_argument("release", nargs="?", default=RELEASE, help="NAME==VERSION (%(default)s)")
    parser.add_argument("--output", type=Path, help="the file to write (docs/assets/NAME.svg)")
    options = parser.parse_args(arguments)
    output = options.output or ROOT / "docs" / "assets" / f"{options.release.partition('==')[0]}.svg"
    report = check(inputs.resolve([f"pypi:{options.release}"]))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(drawn(report, f"uvx wheelcheck check pypi:{options.release}"), "utf-8")
    print(f"wrote {output}: {report.verdict}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
