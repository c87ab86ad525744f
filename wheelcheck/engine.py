"""From paths to a report: find the artifacts, read them, run every rule that applies."""

from __future__ import annotations

import difflib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from wheelcheck.config import Config, ConfigError
from wheelcheck.facts import Artifact, Release, Sdist, Wheel
from wheelcheck.facts.collect import Meter, Progress, collect
from wheelcheck.facts.evidence import read_folder
from wheelcheck.facts.repeats import Shared
from wheelcheck.ignored import set_aside
from wheelcheck.inputs import find_files
from wheelcheck.rules.catalogue import all_rules, impact_rank
from wheelcheck.rules.configuration import Configuration
from wheelcheck.severities import cannot_fail, weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from wheelcheck.facts.evidence import Statement
    from wheelcheck.rules import Finding, Rule

Verdict = Literal["pass", "fail", "unverified"]
_THREADS = 4
_CONTAINER = "container"  # the family of rules that judge an archive which cannot be opened
_NAMED = 3  # files that a sentence names before it counts the rest


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """Something that was not examined, and why. A release with a gap is not verified."""

    artifact: str
    path: str
    why: str
    rule: str = ""  # the code of the rule that raised an error, if that is the reason


@dataclass(frozen=True, slots=True, order=True)
class Skip:
    """A rule that judged nothing in one artifact, or in this run if `artifact` is empty, and why."""

    code: str
    why: str
    artifact: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """How a report came about. `configuration` is the file that held, empty for none; `date` is ISO 8601 in UTC."""

    configuration: str = ""
    command: str = ""
    date: str = ""


@dataclass(frozen=True, repr=False)
class Report:
    """What was examined and what was found.

    `rules` are the codes of the rules that judged something. `skips` holds the rules that did not, and the artifacts
    that a rule could not judge. `seconds` says how long each rule took, by artifact (empty: the release) and code.
    """

    artifacts: tuple[Artifact, ...] = ()
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    rules: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    config: Config = field(default_factory=Config)  # what was expected
    ignored: tuple[tuple[Finding, str], ...] = ()  # findings that the configuration ignores, and the reason
    run: Run = field(default_factory=Run, compare=False)
    seconds: Mapping[tuple[str, str], float] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        """Return one line: a whole release is megabytes."""
        found = ", ".join(f"{severity}s={self.count(severity)}" for severity in ("error", "warning", "note"))
        return f"<Report {self.verdict}: artifacts={len(self.artifacts)}, {found}, gaps={len(self.gaps)}>"

    @property
    def verdict(self) -> Verdict:
        """Fail if there is an error; otherwise unverified if something or everything was not examined; else pass."""
        if any(finding.severity == "error" for finding in self.findings):
            return "fail"
        return "unverified" if self.gaps or not self.artifacts else "pass"

    def count(self, severity: str) -> int:
        """Return how many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)


def examine(
    paths: Sequence[Path],
    config: Config | None = None,
    progress: Callable[[Progress], None] | None = None,
    instead: Mapping[Path, Path] | None = None,
) -> Report:
    """Read the artifacts at `paths` and judge them, one by one and as a release.

    Bad content becomes findings. What cannot be read, and any internal error, becomes a gap and never a pass.
    Raises ConfigError for a configuration about rules that do not exist.
    `progress` is called by the threads that read. `instead` maps an artifact to the file that is judged in its place.
    """
    config = config or Config()
    _require_known(config)
    files = find_files(paths)
    gaps = [Gap(str(path), "", why) for path, why in files.unusable]
    artifacts: list[Artifact] = []
    judged = [(instead or {}).get(file, file) for file in files.artifacts]
    meter = Meter.over(judged, progress) if progress else None
    for outcome in _collect_all(judged, meter, Shared() if len(judged) > 1 else None):
        (gaps if isinstance(outcome, Gap) else artifacts).append(outcome)  # type: ignore[arg-type]  # each goes where it belongs
    if not artifacts and not gaps:
        gaps.append(Gap("", "", f"no wheel and no sdist among the given paths{_instead(files.other)}"))
    if not artifacts:
        return Report(gaps=tuple(sorted(gaps)), config=config)  # no rule says more about what is not there
    return _judge(artifacts, files.other, gaps, config, _evidence(config, gaps))


def _evidence(config: Config, gaps: list[Gap]) -> tuple[Statement, ...] | None:
    """Return the statements that the configuration asks for; None if it asks for none."""
    if not config.evidence:
        return None
    try:
        return read_folder(Path(config.evidence))
    except OSError as problem:
        gaps.append(Gap("", "", f"the evidence in {config.evidence} cannot be read: {problem.strerror or problem}"))
        return ()


def _require_known(config: Config) -> None:
    """Raise ConfigError for an entry about a rule that does not exist: it would silently do nothing."""
    codes = [rule.code for rule in all_rules()]
    for name, entries in (("ignore", config.ignores), ("severity", config.severities)):
        for entry in entries:
            if entry.code not in codes:
                near = difflib.get_close_matches(entry.code, codes, 1, 0)[0]
                raise ConfigError(f"{name}: {entry.code} is not the code of a rule; did you mean {near}?")


def _instead(names: tuple[str, ...]) -> str:
    """Return which files are there instead, as the end of a sentence."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f", only {', '.join(names[:_NAMED])}{more}" if names else ""


def _collect_all(files: Iterable[Path], meter: Meter | None, shared: Shared | None) -> Iterator[Artifact | Gap]:
    """Yield the content of each file, in order. A caller that stops early waits only for the reads in progress."""
    pool = ThreadPoolExecutor(_THREADS)
    try:
        yield from pool.map(lambda file: _collect(file, meter, shared), files)
    finally:
        pool.shutdown(cancel_futures=True)


def _collect(file: Path, meter: Meter | None, shared: Shared | None) -> Artifact | Gap:
    try:
        return collect(file, partial(meter.advance, file) if meter else None, shared)
    except OSError as problem:
        return Gap(file.name, "", f"cannot be read: {problem.strerror or problem}")
    except Exception as problem:  # noqa: BLE001  # an internal error must become "could not verify", not a pass
        return Gap(file.name, "", f"reading {_stopped(problem)}")
    finally:
        if meter:
            meter.finish(file)


def _stopped(problem: Exception) -> str:
    return f"stopped at an internal error: {type(problem).__name__}: {problem}"


def _judge(
    artifacts: list[Artifact],
    other_files: tuple[str, ...],
    gaps: list[Gap],
    config: Config,
    evidence: tuple[Statement, ...] | None,
) -> Report:
    wheels = tuple(artifact for artifact in artifacts if isinstance(artifact, Wheel))
    sdists = tuple(artifact for artifact in artifacts if isinstance(artifact, Sdist))
    release = Release(wheels, sdists, config, other_files, evidence)
    releases = release.split() if config.each else (release,)
    subjects = [*((artifact, artifact.file) for artifact in release.artifacts), *((each, "") for each in releases)]
    seconds: dict[tuple[str, str], float] = {}
    selected = [rule for rule in all_rules() if config.runs(rule.code)]
    findings, ran, skips = _apply([rule for rule in selected if rule.on is not Configuration], subjects, gaps, seconds)
    gaps.extend(_caps(artifacts))
    gaps.extend(_switched_off(config, ran))
    weighed = weigh(config, findings)
    kept, ignored = set_aside(config.ignores, sorted(weighed.findings, key=_order))
    configuration = [(Configuration(config, ignored.unused, weighed.stale(config)), "")]
    skips += [Skip(rule.code, "it is not selected") for rule in all_rules() if rule not in selected]
    last = [rule for rule in selected if rule.on is Configuration]
    late, ran_late, skips_late = _apply(last, configuration, gaps, seconds)
    return Report(
        artifacts=release.artifacts,
        findings=tuple(sorted([*kept, *weigh(config, late).findings], key=_order)),
        gaps=tuple(sorted(set(gaps))),
        rules=(*ran, *ran_late),
        skips=(*skips, *skips_late),
        config=config,
        ignored=ignored.findings,
        seconds=seconds,
    )


def _apply(
    rules: Iterable[Rule[Any]],
    subjects: Sequence[tuple[object, str]],
    gaps: list[Gap],
    seconds: dict[tuple[str, str], float],
) -> tuple[set[Finding], list[str], list[Skip]]:
    """Run each rule on its subjects; return the findings, the codes that ran, and what could not run."""
    findings: set[Finding] = set()
    ran: list[str] = []
    skips: list[Skip] = []
    for rule in rules:
        given = [(subject, name) for subject, name in subjects if isinstance(subject, rule.on)]
        whys = [_why_not(rule, subject, name, gaps) for subject, name in given]
        skips += [Skip(rule.code, why, name) for why, (_, name) in zip(whys, given, strict=True) if why]
        judged = [each for why, each in zip(whys, given, strict=True) if not why]
        for subject, name in judged:
            start = perf_counter()
            findings.update(_run(rule, subject, name, gaps))
            seconds[name, rule.code] = perf_counter() - start
        ran += [rule.code] if judged else []
        skips += [] if given else [Skip(rule.code, f"no {rule.on.__name__.lower()} is given")]
    return findings, ran, skips


def _switched_off(config: Config, ran: list[str]) -> Iterator[Gap]:
    """Yield a gap if no rule ran, or none that can make the release fail: then nothing was judged."""
    if not ran:
        yield Gap("", "", "none of the selected rules had anything to judge")
    elif cannot_fail(config).issuperset(ran):
        how = "ignores or lowers" if config.severities else "ignores"
        yield Gap("", "", f"the configuration {how} every rule that ran")


def _why_not(rule: Rule[Any], subject: object, artifact: str, gaps: list[Gap]) -> str:
    """Return why a rule cannot judge a subject; empty if it can."""
    if isinstance(subject, Artifact) and not subject.is_opened and rule.module != _CONTAINER:
        return "the container cannot be opened, so nothing is known of its content"
    try:
        return rule.needs(subject) if rule.needs else ""
    except Exception as problem:  # noqa: BLE001  # as in _collect: a rule that breaks has not judged
        gaps.append(Gap(artifact, "", f"{rule.code} {_stopped(problem)}", rule.code))
        return _stopped(problem)


def _caps(artifacts: list[Artifact]) -> Iterator[Gap]:
    for artifact in artifacts:
        for damage in artifact.damage:
            if damage.cap:
                yield Gap(artifact.file, damage.path, f"{damage.kind}: {damage.why}")


def _run(rule: Rule[Any], subject: object, artifact: str, gaps: list[Gap]) -> Iterator[Finding]:
    """Yield what a rule finds, including what it found before it raised an error."""
    try:
        yield from rule.findings(subject, artifact)
    except Exception as problem:  # noqa: BLE001  # as in _collect: a rule that breaks has not judged
        gaps.append(Gap(artifact, "", f"{rule.code} {_stopped(problem)}", rule.code))


def _order(finding: Finding) -> tuple[str, int, int, str, str, str]:
    """Return the place of a finding: by artifact, the worst first, and of equals what stops most users."""
    rank = ("error", "warning", "note").index(finding.severity)
    return finding.artifact, rank, impact_rank(finding.code), finding.code, finding.path, finding.message
