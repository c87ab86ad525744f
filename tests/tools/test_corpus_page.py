from __future__ import annotations

from tests.support.corpus_labels import CLEAN, DEFECT, POPULAR_SDIST, POPULAR_TRAP, POPULAR_WHEEL, TRAP, code, judged
from tests.support.corpus_labels import finding as found
from tools.corpus_judging import judge
from tools.corpus_page import MEASURES, WARNINGS, measures, page, warnings
from wheelcheck.rules.catalogue import find


def test_each_aim_is_measured_over_the_releases_it_is_about() -> None:
    warned = [
        judge(label, "pass", [found("WC206", "warning"), found("WC711", "note")])
        for label in (POPULAR_WHEEL, POPULAR_SDIST, POPULAR_TRAP, CLEAN)
    ]
    quiet = [judged(POPULAR_WHEEL, verdict="pass")] * 2
    items = [judged(DEFECT, code("wrong-arch")), judged(DEFECT), judged(TRAP, code("wrong-arch")), *warned, *quiet]
    assert measures([*items, judged(CLEAN, "WC999")]) == [
        MEASURES,
        ("defects found with the right kind", "2", "1", "50 %", "100 %"),
        ("sound releases with an error", "6", "1", "16.7 %", "0 %"),
        ("traps with an error", "2", "1", "50 %", "at most 2 %"),
        ("popular sound wheels with a warning", "3", "1", "33.3 %", "at most 3 %"),
        ("popular sound sdists with a warning", "1", "1", "100 %", "at most 5 %"),
        ("popular traps with a warning", "1", "1", "100 %", ""),
    ]


def test_a_measure_of_nothing_has_no_share() -> None:
    assert all(row[1:4] == ("0", "0", "") for row in measures([])[1:])


def test_warnings_are_counted_by_rule_with_its_sentence() -> None:
    items = [judge(label, "pass", [found("WC206", "warning")]) for label in (POPULAR_WHEEL, POPULAR_SDIST, CLEAN)]
    rule = find("WC206")
    assert rule is not None
    assert warnings(items) == [WARNINGS, ("WC206", "1", "1", rule.summary)]


def test_the_page_holds_the_date_the_warned_releases_and_every_disagreement() -> None:
    items = [judge(POPULAR_WHEEL, "pass", [found("WC206", "warning")]), judged(DEFECT, verdict="pass")]
    text = page(items, [ValueError("p-9.whl: gone")], "2026-01-02")
    assert "Written on 2026-01-02." in text
    assert f"- {POPULAR_WHEEL.filename}: WC206\n" in text
    assert "missed wrong-arch: p-1.whl (verdict pass, found nothing)\nnot obtained: p-9.whl: gone\n" in text


def test_a_page_without_disagreement_says_so() -> None:
    assert page([judged(CLEAN, verdict="pass")], [], "2026-01-02").endswith("\nNowhere.\n")
