"""What a rule is: a generator of hits over one kind of facts, named by the sentence that must hold."""

from __future__ import annotations

import re

from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wheelcheck.config.fields import Severity

__all__ = [
    "FIXES",
    "SEVERITIES",
    "Finding",
    "Fix",
    "Hit",
    "LimitReachedError",
    "Rule",
    "SeverityChange",
    "UndeclaredSeverityError",
    "rule",
]
Subject = TypeVar("Subject")
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")  # from bad to good
Fix = Literal["mode", "record", "tags", "purelib", "floor"]

# What `wheelcheck check --fix` does about the findings of a rule that declares it (`fix=`).
FIXES: dict[Fix, str] = {
    "mode": "gives the file mode 0755 if it must be executable or has an exec bit, otherwise 0644",
    "record": "writes RECORD again, from the bytes of the files that are in the wheel",
    "tags": "writes the tags of the file name into WHEEL",
    "purelib": "writes Root-Is-Purelib by the content: false with native code, true without it for any platform",
    "floor": "raises the platform tag to what the binaries need, in the file name and in WHEEL",
}

_LONGEST = 8_000  # characters of a message
_LABELS = ("Source:", "Remedy:")  # begin the last parts of a docstring


class UndeclaredSeverityError(ValueError):
    """A rule yielded a hit with a severity that its declaration does not list."""


class LimitReachedError(Exception):
    """A rule does not judge all of its subject, because that is too much; the text says what, and the limit.

    It is raised last: what was found before holds, and the engine reports the rest as not verified.
    """


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where the rule does not hold: the member (empty: the whole artifact) and what was found there.

    `severity` is one of those the rule declares, its first where none is given; `artifact` names the file for rules
    about a whole release. Hits of one `cause` are one line in a report for people, even where their messages differ in
    a detail such as a size; without one, the message is the cause. `fixable` is false where the fix
    that the rule declares cannot be proven right for this hit.
    """

    path: str
    message: str
    severity: Severity | None = None
    artifact: str = ""
    cause: str = ""
    fixable: bool = True


@dataclass(frozen=True, slots=True)
class SeverityChange:
    """That a finding has another severity than its rule gave it: which it was before, and why it was changed."""

    before: Severity
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A hit with everything a report needs."""

    code: str
    name: str
    severity: Severity
    artifact: str
    path: str
    message: str
    cause: str = ""  # what it has in common with others, where the message says more; else empty
    severity_change: SeverityChange | None = None
    fix: Fix | None = None  # what `--fix` does about it, unless the wheel as a whole must not be rewritten

    @property
    def length(self) -> int:
        """How many characters its path and its texts have."""
        return len(self.path) + len(self.message) + len(self.cause)


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A rule: stable code, the facts it judges, the severities it can find and the function that judges.

    The first of `severities` is that of a hit that names none. A rule that judges `absence` finds that something is not
    there, so it needs the whole list of members.
    """

    code: str
    on: type[Subject]
    severities: tuple[Severity, ...]
    judge: Callable[[Subject], Iterator[Hit]]
    needs: Callable[[Subject], str] | None = None  # says why the rule cannot judge; empty text: it can
    fix: Fix | None = None
    absence: bool = False

    @property
    def severity(self) -> Severity:
        """The severity of most hits: the first that is declared."""
        return self.severities[0]

    @property
    def name(self) -> str:
        """The function's name with hyphens: the sentence that must hold."""
        return self.judge.__name__.replace("_", "-")

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self._text.partition("\n")[0]

    @property
    def explanation(self) -> str:
        """The rest of the docstring: why it matters, the incident, the remedy."""
        return self._text.partition("\n")[2].strip()

    @property
    def _text(self) -> str:
        """The docstring, read from the source where `python -OO` has removed it; empty text without the source."""
        if text := self.judge.__doc__:
            first, *rest = text.expandtabs().splitlines()
            margin = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
            return "\n".join([first.strip(), *(line[margin:] for line in rest)]).strip()
        import ast  # noqa: PLC0415  # slow to import
        import inspect  # noqa: PLC0415
        import textwrap  # noqa: PLC0415

        try:
            source = textwrap.dedent(inspect.getsource(self.judge))
        except OSError:
            return ""
        function = ast.parse(source).body[0]
        return (ast.get_docstring(function) or "") if isinstance(function, ast.FunctionDef) else ""

    @property
    def why(self) -> str:
        """The explanation without its source and its remedy."""
        return re.split(r"(?m)^(?:Source|Remedy):", self.explanation)[0].strip()

    @property
    def source(self) -> str:
        """The specification or incident that the rule comes from."""
        return self._part("Source")

    @property
    def remedy(self) -> str:
        """What the reader should do."""
        return self._part("Remedy")

    @property
    def fixable(self) -> str:
        """What `--fix` does about its findings; empty if it does nothing."""
        return f"`wheelcheck check --fix` {FIXES[self.fix]}." if self.fix else ""

    def _part(self, label: str) -> str:
        words: list[str] = []
        is_inside = False
        for line in self.explanation.splitlines():
            if line.startswith(_LABELS):
                is_inside = line.startswith(f"{label}:")
            words += line.removeprefix(f"{label}:").split() if is_inside else ()
        return " ".join(words)

    @property
    def module(self) -> str:
        """The family: the last part of the module the rule stands in."""
        return self.judge.__module__.rpartition(".")[2]

    def findings(self, subject: Subject, artifact: str) -> Iterator[Finding]:
        """Yield what the rule finds in a subject; `artifact` is its file name, empty for a whole release.

        Raises UndeclaredSeverityError, and whatever a rule with a bug raises.
        """
        for hit in self.judge(subject):
            severity = hit.severity or self.severity
            if severity not in self.severities:
                raise UndeclaredSeverityError(f"{self.code} does not declare the severity {severity!r}")
            where = (hit.artifact or artifact, hit.path)
            fix = self.fix if hit.fixable else None
            message, cause = _cut(hit.message), _cut(hit.cause)
            yield Finding(self.code, self.name, severity, *where, message, cause, fix=fix)


def _cut(text: str) -> str:
    """Return a text with its end left out where it is longer than anybody reads: a name may have megabytes."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def listed(names: Sequence[str], shown: int, between: str = ", ", word: str = "and") -> str:
    """Return the first names, and how many there are besides: one more is named as well, and not counted."""
    if len(names) <= shown + 1:
        return between.join(names)
    return f"{between.join(names[:shown])} {word} {len(names) - shown} others"


def rule(  # noqa: PLR0913  # what a rule declares of itself
    code: str,
    on: type[Subject],
    severity: Severity | tuple[Severity, ...] = "error",
    needs: Callable[[Subject], str] | None = None,
    fix: Fix | None = None,
    *,
    absence: bool = False,
) -> Callable[[Callable[[Subject], Iterator[Hit]]], Rule[Subject]]:
    """Make a generator function over `on` the rule `code`.

    `severity` is the one severity of its hits, or all that it can yield, the usual one first. `needs` is asked about
    each subject: it returns the reason why the rule cannot judge that one, or empty text. A reason becomes a skip of
    the report, so no rule counts as run where it judged nothing. `fix` is what `--fix` does about its hits. A rule that
    judges `absence` is not applied where a limit ended the reading of the members.
    """
    severities: tuple[Severity, ...] = (severity,) if isinstance(severity, str) else severity

    def make(judge: Callable[[Subject], Iterator[Hit]]) -> Rule[Subject]:
        return Rule(code, on, severities, judge, needs, fix, absence)

    return make
