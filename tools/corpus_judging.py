"""Reads lists of labelled releases, and compares the gate's findings with the labels.

The kinds of a label are the list's own names for what is wrong with a release; KINDS maps them to codes of the gate.
Only errors count as agreement or disagreement. Warnings are counted separately, because they never decide a verdict.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# The kinds that the lists in tests/corpus use. A kind without codes is one that no rule judges yet.
KINDS: dict[str, tuple[str, ...]] = {
    "symlink": ("WC110",),
    "wheel-tag-mismatch": ("WC205",),
    "purelib-true": ("WC206",),
    "wrong-arch": ("WC301",),
    "wrong-arch-clr": ("WC301",),
    "not-executable": ("WC302",),
    "exec-noifreg": ("WC302",),
    "not-executable-scripts": ("WC302",),
    "native-in-any": ("WC303",),
    "no-native-in-platform-wheel": ("WC304",),
    "not-binary": ("WC305",),
    "soabi-triplet": ("WC306",),
    "soabi-python": ("WC306",),
    "soabi-in-generic": ("WC306",),
    "missing-slice": ("WC307",),
    "foreign-os": ("WC308",),
    "static-lib-arch": ("WC309",),
    "glibc-floor": ("WC401",),
    "glibcxx-floor": ("WC410",),
    "glibc-in-musl": ("WC402",),
    "macos-floor": ("WC501",),
    "sdist-prebuilt": ("WC601",),
    "manifest-outside-sdist": ("WC603",),
    "dead-script": ("WC222",),
    "record-mismatch": ("WC212",),
    "damaged-member": ("WC106",),
    "builder-dylib": ("WC502",),
    "dll-not-bundled": ("WC505",),
    "licence-twice": ("WC231",),
    "metadata-refused": ("WC230",),
    "module-missing": ("WC245",),
    "symbol-newer-than-floor": ("WC421",),
    "module-for-one-python": ("WC437",),
    "named-file-missing": ("WC623",),
}
OBSCURE = "obscure"


@dataclass(frozen=True, slots=True)
class Label:
    """One line of a list: a release and what is known about it.

    `expected` kinds must be found, `soft` ones may be found, `traps` look like a fault but are none. `complete` is
    false if the release may have faults beyond its label, so that a further finding proves nothing. The category is
    `defect`, `clean`, `trap`, or `unlabelled` for a plain list of names. `popularity` is `popular-native`,
    `popular-tricky`, `pure`, `obscure`, or empty if the project is not classified. `basis` says how the label was
    established, `note` what was found in the bytes. `sha256` identifies the file whose bytes were labelled.
    """

    project: str
    filename: str
    category: str = "unlabelled"
    expected: tuple[str, ...] = ()
    soft: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    complete: bool = False
    popularity: str = ""
    basis: str = ""
    note: str = ""
    sha256: str = ""

    @property
    def popular(self) -> bool:
        """True if the list says that the project is widely used."""
        return self.popularity not in ("", OBSCURE)

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind the label mentions."""
        return frozenset((*self.expected, *self.soft, *self.traps))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of comparing the gate's findings on one release with its label.

    `right` and `missed` are expected kinds; `wrong` are codes that the label rules out; `unjudged` are codes that an
    incomplete label says nothing about.
    """

    label: Label
    verdict: str
    right: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def agrees(self) -> bool:
        """True if nothing was missed and nothing wrongly flagged."""
        return not (self.missed or self.wrong)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes found at error severity, sorted, without duplicates."""
        return error_codes(self.findings)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The codes found at warning severity, sorted, without duplicates."""
        return codes_at("warning", self.findings)


def read_labels(path: Path) -> tuple[Label, ...]:
    """Read a JSON Lines list. Only `project` and `filename` are required; unknown kinds raise a ValueError."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(_label(json.loads(line)) for line in lines if line.strip())


def _label(row: dict[str, Any]) -> Label:
    unknown = sorted({*row.get("expected", ()), *row.get("soft", ()), *row.get("traps", ())} - set(KINDS))
    if unknown:
        raise ValueError(f"{row['filename']}: unknown kind {', '.join(unknown)}: add it to KINDS with its codes")
    return Label(
        project=row["project"],
        filename=row["filename"],
        category=row.get("category", "unlabelled"),
        expected=tuple(row.get("expected", ())),
        soft=tuple(row.get("soft", ())),
        traps=tuple(row.get("traps", ())),
        complete=bool(row.get("complete", False)),
        **{name: row.get(name, "") for name in ("popularity", "basis", "note", "sha256")},
    )


def error_codes(findings: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Return the codes of findings at error severity, sorted, without duplicates."""
    return codes_at("error", findings)


def codes_at(severity: str, findings: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Return the codes of findings at one severity, sorted, without duplicates."""
    return tuple(sorted({item["code"] for item in findings if item["severity"] == severity}))


def codes_of(kinds: Iterable[str]) -> frozenset[str]:
    """Return every code that means one of these kinds."""
    return frozenset(code for kind in kinds for code in KINDS[kind])


def judge(label: Label, verdict: str, findings: Iterable[dict[str, Any]]) -> Judgement:
    """Compare the gate's result for one release with its label.

    A code is wrong if it belongs to no expected or soft kind, and the label is complete or names the code's kind as a
    trap. A verdict other than pass or fail is wrong for a release that has no expected fault.
    """
    kept = tuple(findings)
    codes = frozenset(error_codes(kept))
    right = tuple(kind for kind in label.expected if codes & codes_of([kind]))
    surplus = codes - codes_of((*label.expected, *label.soft))
    wrong = surplus if label.complete else surplus & codes_of(label.traps)
    odd = {verdict} if verdict not in ("pass", "fail") and not label.expected else set()
    return Judgement(
        label,
        verdict,
        right=right,
        missed=tuple(kind for kind in label.expected if kind not in right),
        wrong=tuple(sorted(wrong | odd)),
        unjudged=tuple(sorted(surplus - wrong)),
        findings=kept,
    )
