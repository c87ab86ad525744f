"""Write the files that are generated from the code: the pages of rules, CPUs and settings, and the JSON Schema.

`python -m tools.docs` writes them; with `--check` it changes nothing, names each file that is out of date and exits 1.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelcheck.config import fields
from wheelcheck.config.fields import SETTINGS
from wheelcheck.config.shapes import Table, Tables
from wheelcheck.platforms.arch import ARCHES
from wheelcheck.rules.catalogue import FAMILIES, all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.config.shapes import Field
    from wheelcheck.platforms.arch import Arch
    from wheelcheck.rules import Rule

ROOT = Path(__file__).resolve().parent.parent
GENERATED = "<!-- Written by tools/docs.py; `nox -s docs` writes it again. -->\n"
RULES = "docs/rules"
_LABELS = ("Source:", "Remedy:")

_RULES = """\
# Rules

{generated}
Each rule's name is the sentence that must hold. `wheelcheck explain CODE` prints the text of a rule's page.
An *error* harms an installer, a loader or a user; a *warning* is legal but risky; a *note* is worth knowing.
"""
# GitHub shows it as it is, the site as the pages below "Rules" in its navigation.
_RULE_PAGES = """\
```{toctree}
:hidden:
:glob:

WC*
```
"""
_RULE = """\
# {rule.code} {rule.name}

{generated}
*{severities}, about the {subject}, family [{family}](index.md#{family})*

{summary}

{explanation}
{fixable}
## Accepting a finding

Where it is right on purpose, the [configuration](../configuration.md) says so, with a reason that the reports repeat:

```toml
[[tool.wheelcheck.ignore]]
code = "{rule.code}"
path = "*"  # which members; a glob whose `*` crosses slashes
reason = "why this is right here"
```
"""

_ARCHITECTURES = """\
# Architectures

{generated}
Everything here is derived from the rows of `wheelcheck/platforms/arch.py`; a new CPU needs one new row there.
"""

_CONFIGURATION = """\
# Configuration

{generated}
wheelcheck reads the table `[tool.wheelcheck]` of `pyproject.toml`, or a `wheelcheck.toml` beside it, where the whole
file is the table: there, write `[build]` for `[tool.wheelcheck.build]`. Both at once is an error. In an error message,
`payload #2` is the second entry of the array `payload`.

`wheelcheck/config/schema/config-1.json` says the same to editors as a JSON Schema. With wheelcheck installed,
[validate-pyproject](https://validate-pyproject.readthedocs.io) checks the table too.
"""
_READERS = {
    "gate": "Read by the gate, `wheelcheck check`, and by the builder.",
    "builder": "Read only by the builder, `wheelcheck build`.",
}


def markdown(text: str) -> str:
    """Return plain text as Markdown that shows it unchanged, except code spans, with its labels as paragraphs."""
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


@cache
def rules_page() -> str:
    """Return docs/rules/index.md: for each family what it is about, and a table of its rules."""
    families = (part for name in FAMILIES for part in _family(name))
    return "\n".join([_RULES.format(generated=GENERATED), *families, _RULE_PAGES])


def _family(name: str) -> Iterator[str]:
    about = import_module(f"wheelcheck.rules.{name}").__doc__ or ""
    yield f"## {name.capitalize()}\n\n{markdown(about.strip())}\n"
    yield table(("code", "name", "severity", "about"), [_row(rule) for rule in all_rules() if rule.module == name])


def _row(rule: Rule[Any]) -> tuple[str, ...]:
    return f"[{rule.code}]({rule.code}.md)", rule.name, ", ".join(rule.severities), markdown(rule.summary)


def rule_page(rule: Rule[Any]) -> str:
    """Return the page about one rule, whose address on the site holds its code only."""
    return _RULE.format(
        generated=GENERATED,
        rule=rule,
        severities=" or ".join(rule.severities),
        subject=rule.on.__name__.lower(),
        family=rule.module,
        summary=markdown(rule.summary),
        explanation=markdown(rule.explanation),
        fixable=f"\n**Fixable:** {markdown(rule.fixable)}\n" if rule.fixable else "",
    )


def architectures_page() -> str:
    """Return docs/architectures.md: what is derived from each row of the CPU table."""
    names = ("CPU", "also called", "Rust")
    head = (*names, "oldest tag that can be built", "loaders (glibc, musl)", "macOS", "Windows", "runner")
    return f"{_ARCHITECTURES.format(generated=GENERATED)}\n{table(head, [_arch_row(row) for row in ARCHES])}"


def _arch_row(row: Arch) -> tuple[str, ...]:
    rust = (row.rust_triple, row.musl_triple) if row.rust else ()
    loaders = (row.glibc_loader, row.musl_loader)
    tag = row.manylinux_tag(row.oldest_build) if row.oldest_build else ""
    return (
        *(_code(row.name), _code(*row.aliases), _code(*rust), _code(tag), _code(*loaders)),
        *(_code(row.macos), _code(row.windows), _code(row.runner)),
    )


def _code(*texts: str) -> str:
    return " ".join(f"`{text}`" for text in texts if text)


def configuration_page(settings: Table = SETTINGS) -> str:
    """Return docs/configuration.md: a section per table, with every key, its type, default, meaning and an example."""
    return "\n".join([_CONFIGURATION.format(generated=GENERATED), *_sections(settings, "[tool.wheelcheck]", "gate")])


def _sections(settings: Table, header: str, part: str) -> Iterator[str]:
    """Yield the section of a table, then those of the tables in it."""
    yield f"## `{header}`\n\n{_READERS[part]}\n"
    yield table(("key", "type", "default", "meaning", "example"), [_setting(field) for field in settings.fields])
    name = header.strip("[]")
    for field in settings.fields:
        inner = part if part == "builder" else field.part
        if isinstance(field.shape, Table):
            yield from _sections(field.shape, f"[{name}.{field.key}]", inner)
        if isinstance(field.shape, Tables):
            yield from _sections(field.shape.table, f"[[{name}.{field.key}]]", inner)


def _setting(field: Field) -> tuple[str, ...]:
    default = field.unset or (_code(json.dumps(field.default)) if field.default is not None else "")
    limits = [f"Only with `{field.only_for[0]} = {json.dumps(field.only_for[1])}`."] if field.only_for else []
    limits += [f"Only with {_code(field.needs)}."] if field.needs else []
    limits += [f"Not together with {', '.join(map(_code, field.excludes))}."] if field.excludes else []
    meaning = " ".join([field.sentence, *limits])
    example = f"{field.key} = {field.example}"
    return _code(field.key), field.shape.words, "required" if field.required else default, meaning, _code(example)


@cache
def pages() -> dict[str, str]:
    """Return the text of every generated file by its path in the repository."""
    return {
        f"{RULES}/index.md": rules_page(),
        **{f"{RULES}/{rule.code}.md": rule_page(rule) for rule in all_rules()},
        "docs/architectures.md": architectures_page(),
        "docs/configuration.md": configuration_page(),
        f"wheelcheck/config/schema/{fields.FILE}": fields.generate(),
    }


def stale(root: Path) -> list[str]:
    """Return the files below `root` that are missing or out of date, and the pages of rules that no longer exist."""
    wanted = pages()
    there = [path.relative_to(root).as_posix() for path in sorted((root / RULES).glob("*.md"))]
    old = [name for name, text in wanted.items() if not _says(root / name, text)]
    return old + [name for name in there if name not in wanted]


def _says(page: Path, text: str) -> bool:
    return page.is_file() and page.read_text("utf-8") == text


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with `--check` name those that are out of date and return 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description="Write or check the generated files.")
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if a file is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder of the repository (%(default)s)")
    options = parser.parse_args(arguments)
    old = stale(options.root)
    for name in old:
        if options.check:
            print(f"{options.root / name}: out of date, `nox -s docs` writes it again")
        else:
            print(_renew(options.root, name))
    return int(options.check and bool(old))


def _renew(root: Path, name: str) -> str:
    """Write a file, or remove it where nothing belongs into it any more; return what was done."""
    text = pages().get(name)
    if text is None:
        (root / name).unlink()
        return f"removed {name}"
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, "utf-8")
    return f"wrote {name}"


if __name__ == "__main__":
    sys.exit(main())
