from __future__ import annotations

from tests.support.checkout import ROOT
from wheelcheck.facts import toml
from wheelcheck.report.wording import SITE, page


def test_the_package_index_leads_to_the_same_documentation_as_the_reports() -> None:
    project = toml.parse_toml((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["urls"]["Documentation"] == SITE


def test_the_address_of_a_rules_page_holds_its_code_and_not_its_name() -> None:
    assert page("WC301") == "https://wheelcheck.github.io/wheelcheck/rules/WC301/"
