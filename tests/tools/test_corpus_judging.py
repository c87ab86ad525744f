from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.corpus_labels import CLEAN, DEFECT, PLAIN, TRAP, code, finding, judged
from tools.corpus_judging import KINDS, Label, codes_of, error_codes, judge, read_labels
from wheelcheck.rules.catalogue import all_rules

CORPUS = Path(__file__).parents[1] / "corpus"


@pytest.mark.parametrize(
    ("kinds", "right", "missed", "wrong"),
    [
        (("wrong-arch",), ("wrong-arch",), (), ()),
        ((), (), ("wrong-arch",), ()),
        (("wrong-arch", "soabi-in-generic"), ("wrong-arch",), (), ()),
        (("soabi-in-generic",), (), ("wrong-arch",), ()),
        (("wrong-arch", "symlink"), ("wrong-arch",), (), ("symlink",)),
        (("symlink",), (), ("wrong-arch",), ("symlink",)),
    ],
)
def test_only_a_defect_and_soft_kinds_may_be_found(
    kinds: tuple[str, ...], right: tuple[str, ...], missed: tuple[str, ...], wrong: tuple[str, ...]
) -> None:
    result = judged(DEFECT, *map(code, kinds))
    assert (result.right, result.missed, result.wrong) == (right, missed, tuple(map(code, wrong)))
    assert result.agrees is not (missed or wrong != ())


@pytest.mark.parametrize("kind", [kind for kind, codes in KINDS.items() if codes])
def test_any_code_of_a_kind_finds_it(kind: str) -> None:
    label = Label("p", "p-1.whl", "defect", expected=(kind,), complete=True)
    for each in KINDS[kind]:
        assert judged(label, each).right == (kind,)
    assert judged(label, "WC999").missed == (kind,)


@pytest.mark.parametrize(
    ("label", "found", "wrong", "unjudged"),
    [
        (CLEAN, "WC999", ("WC999",), ()),
        (TRAP, code("wrong-arch"), (code("wrong-arch"),), ()),
        (TRAP, "WC999", (), ("WC999",)),
        (PLAIN, "WC999", (), ("WC999",)),
    ],
)
def test_a_surplus_code_is_wrong_only_if_the_label_rules_it_out(
    label: Label, found: str, wrong: tuple[str, ...], unjudged: tuple[str, ...]
) -> None:
    result = judged(label, found)
    assert (result.wrong, result.unjudged) == (wrong, unjudged)
    assert judged(label, verdict="pass").agrees


@pytest.mark.parametrize("severity", ["warning", "note"])
def test_only_errors_are_weighed(severity: str) -> None:
    assert judge(CLEAN, "pass", [finding("WC999", severity)]).agrees
    assert not judge(CLEAN, "fail", [finding("WC999", "error")]).agrees
    assert judge(DEFECT, "pass", [finding(code("wrong-arch"), severity)]).missed == ("wrong-arch",)


@pytest.mark.parametrize("verdict", ["unverified", "no report"])
def test_a_release_without_fault_must_get_a_verdict(verdict: str) -> None:
    assert judged(CLEAN, verdict=verdict).wrong == (verdict,)
    assert judged(PLAIN, verdict=verdict).wrong == (verdict,)
    assert judged(DEFECT, code("wrong-arch"), verdict=verdict).agrees


def test_every_code_of_a_kind_is_one_of_the_gates() -> None:
    assert codes_of(KINDS) <= {rule.code for rule in all_rules()}


def test_codes_are_listed_once_and_sorted() -> None:
    assert error_codes([finding("WC2"), finding("WC1"), finding("WC2"), finding("WC0", "note")]) == ("WC1", "WC2")
    assert judged(DEFECT, "WC302", "WC301", "WC302").codes == ("WC301", "WC302")
    assert codes_of(["symlink", "missing-slice"]) == {*KINDS["symlink"], *KINDS["missing-slice"]}


def test_a_plain_list_of_names_is_unlabelled(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps({"project": "p", "filename": "p-1.whl"}) + "\n\n", encoding="utf-8")
    assert read_labels(path) == (PLAIN,)


def test_a_kind_without_codes_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    row = {"project": "p", "filename": "p-1.whl", "category": "trap", "traps": ["wrong-colour"]}
    path.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(ValueError, match=r"p-1\.whl: unknown kind wrong-colour"):
        read_labels(path)
    path.write_text(json.dumps({**row, "traps": ["wrong-arch"]}), encoding="utf-8")
    assert read_labels(path) == (TRAP,)


LISTS = {"releases.jsonl": 245, "survey.jsonl": 169, "named.jsonl": 43}


@pytest.mark.parametrize("name", LISTS)
def test_the_lists_in_the_repository_are_sound(name: str) -> None:
    labels = read_labels(CORPUS / name)
    assert len({label.filename for label in labels}) == len(labels) == LISTS[name]
    for label in labels:
        assert (label.category == "defect") == bool(label.expected), label.filename
        assert label.category in ("defect", "trap", "clean"), label.filename
        assert not set(label.expected) & set(label.traps), label.filename
        assert label.basis, label.filename
        assert re.fullmatch("[0-9a-f]{64}", label.sha256), label.filename
        assert label.note or label.category == "clean", label.filename


def test_no_release_is_listed_twice() -> None:
    names = [label.filename for name in LISTS for label in read_labels(CORPUS / name)]
    assert len(names) == len(set(names))


def test_every_release_of_the_survey_says_how_popular_its_project_is() -> None:
    found = {label.popularity for label in read_labels(CORPUS / "survey.jsonl")}
    assert found == {"popular-native", "popular-tricky", "pure", "obscure"}


@pytest.mark.parametrize(
    ("popularity", "popular"), [("popular-native", True), ("pure", True), ("obscure", False), ("", False)]
)
def test_a_project_is_popular_if_the_list_says_so(popularity: str, popular: bool) -> None:  # noqa: FBT001
    assert Label("p", "p-1.whl", popularity=popularity).popular is popular


def test_warnings_are_listed_apart_from_errors() -> None:
    found = [finding("WC2", "warning"), finding("WC1", "warning"), finding("WC2", "warning"), finding("WC3")]
    assert judge(CLEAN, "fail", found).warnings == ("WC1", "WC2")
    assert judge(CLEAN, "fail", found).codes == ("WC3",)
