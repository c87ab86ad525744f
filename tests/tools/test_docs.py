from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.checkout import ROOT
from tools import docs
from wheelcheck.facts import Wheel
from wheelcheck.platforms.arch import ARCHES
from wheelcheck.rules import Hit, Rule, rule
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@rule("WC999", on=Wheel, severity="warning")
def every_name_is_plain(wheel: Wheel) -> Iterator[Hit]:
    """Names such as *.so or `*.so` are <plain>.

    Why `__init__` and __init__ matter.
    Source: nowhere.
    Remedy: none.
    """
    yield Hit("", str(wheel.name))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("every *.so and every *.pyd", r"every \*.so and every \*.pyd"),
        ("`*.so` and `__init__` stay", "`*.so` and `__init__` stay"),
        ("__init__ is a name", r"\_\_init__ is a name"),
        ("snake_case is one word", "snake_case is one word"),
        ("a <stem> is no tag", r"a \<stem> is no tag"),
        ("why\nSource: here", "why\n\n**Source:** here"),
        ("why\n\nRemedy: fix: it", "why\n\n**Remedy:** fix: it"),
        ("Source: a\nRemedy: b", "\n**Source:** a\n\n**Remedy:** b"),
    ],
)
def test_a_docstring_is_shown_as_it_was_written(text: str, shown: str) -> None:
    assert docs.markdown(text) == shown


def test_the_page_of_a_rule_holds_code_name_severity_subject_and_both_parts_of_the_docstring() -> None:
    page = docs.rule_page(every_name_is_plain)
    assert page.startswith("# WC999 every-name-is-plain\n")
    assert "*warning, about the wheel, family [test_docs](index.md#test_docs)*\n" in page
    assert (
        "Names such as \\*.so or `*.so` are \\<plain>.\n\n"
        "Why `__init__` and \\_\\_init__ matter.\n\n**Source:** nowhere.\n\n**Remedy:** none.\n"
    ) in page


def test_every_rule_has_one_row_that_links_to_its_page() -> None:
    links = re.findall(r"^\| \[(WC\d+)\]\((\S+)\)", docs.rules_page(), re.MULTILINE)
    assert sorted(code for code, _ in links) == [item.code for item in all_rules()]
    assert [page for code, page in links if f"# {code} " not in docs.pages()[f"{docs.RULES}/{page}"]] == []


@pytest.mark.parametrize("item", all_rules(), ids=lambda item: item.code)
def test_a_rule_stands_under_its_family_and_leads_back_to_it(item: Rule[Any]) -> None:
    before, _, _ = docs.rules_page().partition(f"| [{item.code}]")
    family = re.findall(r"^## (.+)$", before, re.MULTILINE)[-1].lower()
    assert f"](index.md#{family})" in docs.rule_page(item)


@pytest.mark.parametrize("row", ARCHES, ids=lambda row: row.name)
def test_every_cpu_has_a_row_with_what_is_derived_from_it(row: object) -> None:
    wanted = next(one for one in ARCHES if one is row)
    line = next(line for line in docs.architectures_page().splitlines() if line.startswith(f"| `{wanted.name}` |"))
    for name in (*wanted.aliases, wanted.glibc_loader, wanted.runner, wanted.rust and wanted.rust_triple):
        assert not name or f"`{name}`" in line


def test_every_table_of_the_configuration_has_a_section_that_says_who_reads_it() -> None:
    sections = re.split(r"^## ", docs.configuration_page(), flags=re.MULTILINE)[1:]
    readers = {section.partition("\n")[0]: "only by the builder" in section for section in sections}
    assert readers == {
        "`[tool.wheelcheck]`": False,
        "`[[tool.wheelcheck.wheels]]`": False,
        "`[[tool.wheelcheck.payload]]`": False,
        "`[[tool.wheelcheck.ignore]]`": False,
        "`[[tool.wheelcheck.severity]]`": False,
        "`[tool.wheelcheck.evidence]`": False,
        "`[[tool.wheelcheck.outputs]]`": True,
        "`[tool.wheelcheck.build]`": True,
        "`[tool.wheelcheck.smoke]`": True,
        "`[[tool.wheelcheck.smoke.commands]]`": True,
    }


def test_a_setting_is_shown_with_all_that_limits_it() -> None:
    rows = docs.configuration_page().splitlines()
    source, directory = (next(row for row in rows if row.startswith(f"| `{key}` |")) for key in ("source", "directory"))
    assert 'Only with `kind = "object"`. Not together with `package`, `workspace`, `target`, `command`' in source
    assert "Only with `command`." in directory


def test_a_table_has_as_many_columns_in_every_line() -> None:
    for name, page in docs.pages().items():
        for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
            assert len({line.count(" | ") for line in block.splitlines()}) == 1, name


def test_what_was_written_is_up_to_date(tmp_path: Path) -> None:
    assert docs.main(["--root", str(tmp_path)]) == 0
    written = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(written) == sorted(docs.pages())
    assert docs.main(["--check", "--root", str(tmp_path)]) == 0


def test_a_page_that_differs_or_is_missing_is_named_and_not_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / docs.RULES).mkdir(parents=True)
    (tmp_path / "docs/rules/index.md").write_text(docs.rules_page() + "by hand\n", "utf-8")
    assert docs.main(["--check", "--root", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"{tmp_path / 'docs/rules/index.md'}: out of date" in said
    assert f"{tmp_path / 'docs/architectures.md'}: out of date" in said
    assert f"{tmp_path / 'wheelcheck/config/schema/config-1.json'}: out of date" in said
    assert (tmp_path / "docs/rules/index.md").read_text("utf-8").endswith("by hand\n")
    assert not (tmp_path / "docs/architectures.md").exists()


def test_only_what_is_out_of_date_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs.main(["--root", str(tmp_path)])
    (tmp_path / "docs/rules/index.md").write_text("old", "utf-8")
    capsys.readouterr()
    docs.main(["--root", str(tmp_path)])
    assert capsys.readouterr().out == "wrote docs/rules/index.md\n"


def test_the_page_of_a_rule_that_is_gone_goes_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs.main(["--root", str(tmp_path)])
    gone = tmp_path / docs.RULES / "WC000.md"
    gone.write_text("# WC000\n", "utf-8")
    assert docs.main(["--check", "--root", str(tmp_path)]) == 1
    assert docs.main(["--root", str(tmp_path)]) == 0
    assert "removed docs/rules/WC000.md\n" in capsys.readouterr().out
    assert not gone.exists()


def test_the_pages_of_this_checkout_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.docs", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
