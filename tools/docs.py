"""Write the pages of docs/ that the code already says: the rule catalogue and the CPU table.

`python -m tools.docs` writes them; with `--check` it changes nothing, names each page that is out of date and exits 1.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelcheck.platforms.arch import ARCHES
from wheelcheck.rules.catalogue import FAMILIES, all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from wheelcheck.platforms.arch import Arch
    from wheelcheck.rules import Rule

DOCS = Path(__file__).resolve().parent.parent / "docs"
GENERATED = "<!-- Written by tools/docs.py; `nox -s docs` writes it again. -->\n"
_LABELS = ("Source:", "Remedy:")

_RULES = """\
# Rules

{generated}
Each rule's name is the sentence that must hold. `wheelcheck explain CODE` prints the same text.
An *error* harms an installer, a loader or a user; a *warning* is legal but risky; a *note* is worth knowing.
"""

_ARCHITECTURES = """\
# Architectures

{generated}
Everything here is derived from the rows of `wheelcheck/arch.py`; a new CPU is a new row there and nothing else.
"""


def markdown(text: str) -> str:
    """Return plain text as Markdown that shows it unchanged, code spans aside, with its labels as paragraphs."""
    lines = [f"\n**{line.replace(':', ':**', 1)}" if line.startswith(_LABELS) else line for line in text.splitlines()]
    slices = re.split(r"(`[^`]*`)", "\n".join(lines))
    return "".join(slice_ if slice_.startswith("`") else _escaped(slice_) for slice_ in slices).replace(
        "\n\n\n", "\n\n"
    )


def _escaped(text: str) -> str:
    """Keep `*.so`, `<stem>` and `__init__` from becoming emphasis or HTML; the labels' own stars stay."""
    return re.sub(r"(?<![*\w])\*(?!\*)|<|(?<!\w)_+(?=\w)", lambda match: "\\" + "\\".join(match[0]), text)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def rules_page() -> str:
    """Return docs/rules.md: one table of all rules, then every rule's docstring under its family."""
    parts = [_RULES.format(generated=GENERATED), table(("code", "name", "severity", "about"), _overview())]
    for family in FAMILIES:
        parts += _family(family)
    return "\n".join(parts)


def _overview() -> list[tuple[str, ...]]:
    return [(_link(rule), rule.name, ", ".join(rule.severities), markdown(rule.summary)) for rule in all_rules()]


def _link(rule: Rule[Any]) -> str:
    return f"[{rule.code}](#{rule.code.lower()}-{rule.name})"


def _family(family: ModuleType) -> Iterator[str]:
    name = family.__name__.rpartition(".")[2]
    yield f"## {name.capitalize()}\n\n{markdown((family.__doc__ or '').strip())}\n"
    for rule in all_rules():
        if rule.module == name:
            yield rule_section(rule)


def rule_section(rule: Rule[Any]) -> str:
    """Return what the catalogue says of one rule."""
    return (
        f"### {rule.code} {rule.name}\n\n"
        f"*{' or '.join(rule.severities)}, about the {rule.on.__name__.lower()}*\n\n"
        f"{markdown(rule.summary)}\n\n{markdown(rule.explanation)}\n"
    )


def architectures_page() -> str:
    """Return docs/architectures.md: what is derived from every row of the CPU table."""
    head = ("CPU", "also called", "Rust", "oldest manylinux tag", "loaders (glibc, musl)", "macOS", "Windows", "runner")
    return f"{_ARCHITECTURES.format(generated=GENERATED)}\n{table(head, [_arch_row(row) for row in ARCHES])}"


def _arch_row(row: Arch) -> tuple[str, ...]:
    rust = (row.rust_triple, row.musl_triple) if row.rust else ()
    loaders = (row.glibc_loader, row.musl_loader)
    tag = row.manylinux_tag(row.lowest_glibc) if row.glibc_loader else ""
    return (
        *(_code(row.name), _code(*row.aliases), _code(*rust), _code(tag), _code(*loaders)),
        *(_code(row.macos), _code(row.windows), _code(row.runner)),
    )


def _code(*texts: str) -> str:
    return " ".join(f"`{text}`" for text in texts if text)


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    return {"rules.md": rules_page(), "architectures.md": architectures_page()}


def stale(docs: Path) -> list[str]:
    """Name the pages in `docs` that are missing or differ from what the code says."""
    return [name for name, text in pages().items() if not _says(docs / name, text)]


def _says(page: Path, text: str) -> bool:
    return page.is_file() and page.read_text("utf-8") == text


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or with `--check` say which are out of date and return 1 if any is."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description="Write or check the generated pages.")
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if a page is out of date")
    parser.add_argument("--docs", type=Path, default=DOCS, help="the folder of the pages (%(default)s)")
    options = parser.parse_args(arguments)
    old = stale(options.docs)
    for name in old:
        print(
            f"{options.docs / name}: out of date, `nox -s docs` writes it again" if options.check else f"wrote {name}"
        )
        if not options.check:
            (options.docs / name).write_text(pages()[name], "utf-8")
    return int(options.check and bool(old))


if __name__ == "__main__":
    sys.exit(main())
