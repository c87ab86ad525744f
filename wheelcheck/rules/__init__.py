"""What a rule is: a generator of hits over one kind of facts, named by the sentence that must hold."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from wheelcheck.facts import Artifact, Release, Sdist, Wheel
from wheelcheck.ignored import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


Severity = Literal["error", "warning", "note"]
Subject = TypeVar("Subject", Artifact, Wheel, Sdist, Release, Ledger)


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where the rule does not hold: the member (empty: the whole artifact) and what was found there.

    `severity` overrides the rule's own where a case is legal but risky; `artifact` names the file for rules about
    a whole release.
    """

    path: str
    message: str
    severity: Severity | None = None
    artifact: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A hit with everything a report needs."""

    code: str
    name: str
    severity: Severity
    artifact: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A rule: stable code, the facts it judges, its severity and the function that judges."""

    code: str
    on: type[Subject]
    severity: Severity
    judge: Callable[[Subject], Iterator[Hit]]
    needs: Callable[[Subject], str] | None = None  # says why the rule cannot judge; empty text: it can

    @property
    def name(self) -> str:
        """The function's name with hyphens: the sentence that must hold."""
        return self.judge.__name__.replace("_", "-")

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return inspect.getdoc(self.judge).partition("\n")[0]  # type: ignore[union-attr]  # a test holds this

    @property
    def explanation(self) -> str:
        """The rest of the docstring: why it matters, the incident, the remedy."""
        return inspect.getdoc(self.judge).partition("\n")[2].strip()  # type: ignore[union-attr]  # a test holds this

    @property
    def module(self) -> str:
        """The family: the last part of the module the rule stands in."""
        return self.judge.__module__.rpartition(".")[2]


def rule(
    code: str, on: type[Subject], severity: Severity = "error", needs: Callable[[Subject], str] | None = None
) -> Callable[[Callable[[Subject], Iterator[Hit]]], Rule[Subject]]:
    """Make a generator function over `on` the rule `code`.

    `needs` returns the reason why there is nothing to judge, or empty text; a reason is reported, never swallowed.
    """

    def make(judge: Callable[[Subject], Iterator[Hit]]) -> Rule[Subject]:
        return Rule(code, on, severity, judge, needs)

    return make
