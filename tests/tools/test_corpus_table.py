from __future__ import annotations

from tests.support.corpus_labels import CLEAN, DEFECT, PLAIN, TRAP, code, finding, judged
from tools.corpus_judging import Label, judge
from tools.corpus_table import HEAD, aligned, markdown, names, table


def test_each_kind_of_defect_has_a_row_of_found_and_missed() -> None:
    found, missed = judged(DEFECT, code("wrong-arch")), judged(DEFECT)
    assert table([found, missed, found]) == [
        HEAD,
        ("defect", "wrong-arch", "3", "2", "1", "0"),
        ("all", "", "3", "2", "1", "0"),
    ]


def test_a_wrong_flag_on_a_defect_counts_under_the_kind_it_claims() -> None:
    item = judged(DEFECT, code("wrong-arch"), code("symlink"), "WC999")
    assert table([item]) == [
        HEAD,
        ("defect", "symlink", "0", "0", "0", "1"),
        ("defect", "wrong-arch", "1", "1", "0", "0"),
        ("defect", "(no kind)", "", "", "", "1"),
        ("all", "", "1", "0", "0", "1"),
    ]


def test_traps_and_clean_releases_are_right_without_errors() -> None:
    other = Label("p", "p-2.whl", "trap", traps=("symlink",), complete=True)
    items = [judged(TRAP), judged(TRAP, code("wrong-arch")), judged(other), judged(CLEAN), judged(CLEAN, "WC999")]
    assert table(items)[1:] == [
        ("trap", "symlink", "1", "1", "", "0"),
        ("trap", "wrong-arch", "2", "1", "", "1"),
        ("clean", "", "2", "1", "", "1"),
        ("all", "", "5", "3", "0", "2"),
    ]


def test_an_empty_measurement_has_totals_of_nothing() -> None:
    assert table([]) == [HEAD, ("all", "", "0", "0", "0", "0")]


def test_every_disagreement_is_named_with_what_was_found() -> None:
    assert list(names([judged(DEFECT, verdict="pass")])) == [
        "missed wrong-arch: p-1.whl (verdict pass, found nothing)",
    ]
    assert list(names([judged(CLEAN, "WC999")])) == [
        "wrongly flagged WC999: p-1.whl",
        "    p/x.so: WC999 of p/x.so",
    ]
    assert list(names([judged(PLAIN, "WC999")])) == ["unjudged WC999: p-1.whl (its label is not complete)"]


def test_agreement_is_not_named() -> None:
    assert list(names([judged(DEFECT, code("wrong-arch")), judged(CLEAN), judged(TRAP)])) == []


def test_many_findings_of_one_code_are_cut_with_a_count() -> None:
    found = [finding("WC999", path=f"p/{number}.so") for number in range(5)]
    lines = list(names([judge(CLEAN, "fail", found)]))
    assert lines[1:] == [*(f"    p/{number}.so: WC999 of p/{number}.so" for number in range(3)), "    and 2 more"]
    assert list(names([judge(CLEAN, "fail", found[:3])]))[1:] == lines[1:4]


def test_a_finding_about_the_whole_archive_says_so() -> None:
    assert "    (archive): WC999 of " in list(names([judge(CLEAN, "fail", [finding("WC999", path="")])]))


def test_columns_line_up_and_no_line_ends_in_spaces() -> None:
    assert list(aligned([("a", "kind"), ("longer", "")])) == ["a       kind", "longer"]


def test_a_markdown_table_has_a_head_and_a_rule() -> None:
    assert list(markdown([("a", "b"), ("1", "2")])) == ["| a | b |", "|---|---|", "| 1 | 2 |"]
