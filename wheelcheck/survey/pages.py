"""A survey as a folder of HTML pages: from the one of `page` to lists of artifacts, and to a page for each of them.

Each page has the style of the report on one release, and loads nothing.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b

from wheelcheck import __version__
from wheelcheck.counting import counted
from wheelcheck.inputs import UnreachableError
from wheelcheck.patterns import regex
from wheelcheck.report.html import document
from wheelcheck.report.html_elements import breakable, element, heading
from wheelcheck.report.wording import VERDICTS, page, sized
from wheelcheck.rules import SEVERITIES
from wheelcheck.survey import rows as survey_rows
from wheelcheck.survey.page import Totals, judged, key_of, listed, overview, platforms, year
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from wheelcheck.report.html_elements import Content
    from wheelcheck.survey.rows import Row

_PARTS = {"verdicts": "Verdict", "rules": "Rule", "platforms": "Platform", "years": "Year of the file"}
_LISTED = 500  # artifacts on one page
_PLAIN = regex(r"[A-Za-z0-9_]+( [A-Za-z0-9_]+)*")
Part = tuple[str, str]  # such as ("rules", "WC301")


@dataclass
class _List:
    """The artifacts of a part: how many, and the first of them."""

    number: int = 0
    first: list[Row] = field(default_factory=list)


def require_own(folder: Path) -> None:
    """Raise UnreachableError if a folder holds anything but the pages of an earlier survey."""
    try:
        others = {entry.name for entry in folder.iterdir()} - {"index.html", "artifacts", *_PARTS}
    except FileNotFoundError:
        return
    except OSError as problem:
        raise UnreachableError(f"--report pages={folder}: {problem.strerror}; name a folder") from problem
    if others:
        raise UnreachableError(f"--report pages={folder}: the folder holds {min(others)}; name a new or empty one")


def write(survey: Path, folder: Path, rules: str) -> None:
    """Write the pages about the rows of one rule set. An artifact without any finding has none. Raises OSError."""
    found, lists, links = Totals(), defaultdict[Part, _List](_List), dict[Part, str]()
    for row, findings in judged(survey_rows.read(survey), rules):
        found.add(row, findings)
        if findings or row["verdict"] != "pass":
            _save(folder / _place(row), _artifact_page(row, findings))
            for part in _parts(row, findings):
                lists[part].number += 1
                lists[part].first += [row] if len(lists[part].first) < _LISTED else []
    for part, artifacts in lists.items():
        links[part] = f"{part[0]}/{_file_name(part[1])}.html"
        _save(folder / links[part], _list_page(part, artifacts))
    links |= {("artifacts", key_of(row)): _place(row) for row, _ in found.shown}
    _save(folder / "index.html", overview(found, rules, links))


def _save(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, "utf-8", "backslashreplace", "\n")


def _parts(row: Row, findings: list[Row]) -> Iterator[Part]:
    """Yield the lists that an artifact stands in."""
    yield "verdicts", VERDICTS[row["verdict"]]
    yield "years", year(row)
    yield from (("platforms", platform) for platform in platforms(row))
    yield from (("rules", code) for code in {finding["code"] for finding in findings})


def _place(row: Row) -> str:
    key = key_of(row)
    return f"artifacts/{key[:2]}/{key}.html"


def _file_name(name: str) -> str:
    """Return a name for a file; text from archives may be none."""
    if _PLAIN.fullmatch(name) and len(name) <= 80:
        return name.replace(" ", "-")
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _list_page(part: Part, artifacts: _List) -> str:
    kind, name = part
    title = f"{_PARTS[kind]}: {name}"
    number = counted(artifacts.number, "artifact")
    if kind == "rules":
        rule = element("a", "what it says", href=page(name), rel="noreferrer")
        about = element("p", f"{number} with findings of this rule (", rule, ")")
    else:
        about = element("p", f"{number} with findings or not verified")
    rows = (_list_row(row) for row in sorted(artifacts.first, key=lambda row: row["file"]))
    more = artifacts.number - len(artifacts.first)
    rest = [element("p", f"{more} more are in the survey's file.", class_="none")] if more else []
    table = element("table", element("tbody", *rows), class_="largest")
    return document(title, _whole("../index.html", [title], [about], [element("div", table, class_="card"), *rest]))


def _list_row(row: Row) -> Element:
    found = [counted(row["counts"][severity], severity) for severity in SEVERITIES if row["counts"][severity]]
    return element(
        "tr",
        element("td", element("span", VERDICTS[row["verdict"]], class_=f"chip {row['verdict']}")),
        element("th", element("a", *breakable(row["file"]), href=f"../{_place(row)}"), scope="row"),
        element("td", ", ".join(found), class_="number"),
    )


def _artifact_page(row: Row, findings: list[Row]) -> str:
    stamp = element("span", VERDICTS[row["verdict"]], class_=f"chip {row['verdict']}")
    terms = {
        "project": f"{row['project']} {row['version']}".strip(),
        "platforms": ", ".join(row["platforms"]),
        "to download": sized(row["bytes"]),
        "date of the file": row["modified"],
        "SHA-256": row["sha256"],
        "from": row["source"],
        "rule set": row["rules"],
    }
    facts = (
        element("div", element("dt", name), element("dd", *breakable(value))) for name, value in terms.items() if value
    )
    command = f"wheelcheck check {shlex.quote(row['source'])}"
    content = (
        heading("findings", "Findings"),
        element("div", listed(row, findings), class_="card"),
        element("p", "The whole report: ", element("code", command)),
    )
    about = (element("p", stamp), element("dl", *facts))
    return document(row["file"], _whole("../../index.html", breakable(row["file"]), about, content))


def _whole(
    index: str, title: Iterable[Content], about: Iterable[Element], content: Iterable[Element]
) -> Iterator[Element]:
    back = element("p", element("a", "Survey", href=index))
    yield element("header", back, element("h1", *title), *about)
    yield element("main", *content)
    yield element("footer", f"wheelcheck {__version__}")
