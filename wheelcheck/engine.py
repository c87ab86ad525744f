"""From paths to a report: find the artifacts, read them, run every rule that applies."""

from __future__ import annotations

import os
from collections import deque
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from time import perf_counter

from wheelcheck.config import Config, ConfigError
from wheelcheck.facts import Artifact, Release, Sdist, Wheel
from wheelcheck.facts.collect import collect
from wheelcheck.facts.repeats import Shared
from wheelcheck.ignored import set_aside
from wheelcheck.inputs import find_files
from wheelcheck.records import replace
from wheelcheck.results import Gap, Judgement, Report, Skip
from wheelcheck.rules import SEVERITIES, LimitReachedError
from wheelcheck.rules.catalogue import all_rules, impact_rank, known_codes, wheel_rules
from wheelcheck.rules.configuration import Configuration
from wheelcheck.severities import cannot_fail, weigh
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    from wheelcheck.facts.evidence import Statement
    from wheelcheck.facts.progress import Meter, Progress
    from wheelcheck.rules import Finding, Rule

    class JudgeAll(Protocol):
        """Judges the artifacts of a release alone, one after the other, as `judge_files` does."""

        def __call__(
            self, files: Sequence[Path], config: Config, meter: Meter | None, /, *, hashed: bool
        ) -> Iterable[Judgement]:
            """Yield what the selected rules say of each file, in order."""


_THREADS = 4  # at most; each keeps up to 8 MiB of a member, and more than there are CPUs wait for each other
MOST_FINDINGS = 10_000  # of one rule in one artifact: more are a limit that was reached
MOST_TEXT = 4 * 2**20  # characters of those of all rules in one, likewise: they may name what is kilobytes long
_CONTAINER = "container"  # the family of rules that judge an archive which cannot be opened
_NAMED = 3  # files that a sentence names before it counts the rest


def examine(  # noqa: PLR0913  # what is judged, against what, and three ways to go about it
    paths: Sequence[Path],
    config: Config | None = None,
    progress: Callable[[Progress], None] | None = None,
    instead: Mapping[Path, Path] | None = None,
    *,
    hashed: bool = True,
    judge_all: JudgeAll | None = None,
) -> Report:
    """Read the artifacts at `paths` and judge them, one by one and as a release.

    Bad content becomes findings. What cannot be read, and any internal error, becomes a gap and never a pass.
    Raises ConfigError for a configuration about rules that do not exist.
    `progress` is called by the threads that read. `instead` maps an artifact to the file that is judged in its place.
    Without `hashed`, the hashes of the files may be empty: they take a second pass over their bytes.
    `judge_all` is who judges the artifacts; without it, threads of this process read them.
    """
    config = config or Config()
    _require_known(config)
    files = find_files(paths)
    gaps = [Gap(str(path), "", why) for path, why in files.unusable]
    judged = [(instead or {}).get(file, file) for file in files.artifacts]
    meter = _meter(judged, progress) if progress else None
    names = {file.name for file in judged}
    hashed = hashed or bool(config.evidence) or len(names) < len(judged)
    judgements = list(_kept((judge_all or judge_files)(judged, config, meter, hashed=hashed), len(judged)))
    if not judgements and not gaps:
        gaps.append(Gap("", "", f"no wheel and no sdist among the given paths{_instead(files.other)}"))
    return merge(judgements, config, files.other, gaps)


def _kept(judgements: Iterable[Judgement], count: int) -> Iterator[Judgement]:
    """Yield what is kept of the judgement of each of so many artifacts; a single one is bounded by itself."""
    if count <= 1:
        yield from judgements
        return
    from wheelcheck.kept import Room  # noqa: PLC0415  # one file needs none

    yield from map(Room(_order).keep, judgements)


def _meter(files: Sequence[Path], progress: Callable[[Progress], None]) -> Meter:
    from wheelcheck.facts.progress import Meter  # noqa: PLC0415  # only a terminal asks

    return Meter.over(files, progress)


def judge_files(files: Sequence[Path], config: Config, meter: Meter | None, *, hashed: bool) -> Iterator[Judgement]:
    """Yield what the selected rules say of each artifact alone, in order; they know each other's members."""
    if len(files) <= 1:
        yield from (judge(file, config, meter, hashed=hashed) for file in files)
        return
    from wheelcheck.turn import new_turn  # noqa: PLC0415  # one file needs no threads

    turn = new_turn()
    read = partial(_collect, meter=meter, shared=Shared(turn=turn), hashed=hashed)
    for outcome in _collect_all(files, read):
        with turn or nullcontext():
            judgement = _judge_read(outcome, config)
        yield judgement


def judge(path: Path, config: Config | None = None, meter: Meter | None = None, *, hashed: bool = True) -> Judgement:
    """Read one artifact and apply every selected rule that judges it alone. What cannot be read is a gap."""
    return _judge_read(_collect(path, meter, None, hashed=hashed), config or Config())


def merge(
    judgements: Iterable[Judgement],
    config: Config | None = None,
    other_files: tuple[str, ...] = (),
    gaps: Iterable[Gap] = (),
) -> Report:
    """Judge a release by what the rules say of each artifact: apply the rules about releases, and the configuration.

    The order of the judgements does not matter. Raises ConfigError for a configuration about rules that do not exist.
    """
    config = config or Config()
    _require_known(config)
    given = sorted(judgements, key=_place)
    found = {*gaps, *(gap for each in given for gap in each.gaps if not gap.rule or config.runs(gap.rule))}
    release = Release(
        tuple(each.artifact for each in given if isinstance(each.artifact, Wheel)),
        tuple(each.artifact for each in given if isinstance(each.artifact, Sdist)),
        config,
        other_files,
    )
    if not release.artifacts:
        found = found or {Gap("", "", "no artifact is given")}
        return Report(gaps=tuple(sorted(found)), config=config)  # no rule says more about what is not there
    late: list[Gap] = []
    return _weighed(given, replace(release, evidence=_evidence(config, late)), config, [*found, *late])


def _place(judgement: Judgement) -> tuple[bool, str, str]:
    """Return the place of an artifact in a report: wheels before sdists, by file name."""
    artifact = judgement.artifact
    return (isinstance(artifact, Sdist), artifact.file, artifact.sha256) if artifact else (False, "", "")


def _judge_read(outcome: Artifact | Gap, config: Config) -> Judgement:
    """Return what the selected rules say of an artifact that was read, or why it was not."""
    if isinstance(outcome, Gap):
        return Judgement(gaps=(outcome,))
    said = _apply(_selected(config, has_sdist=isinstance(outcome, Sdist)), outcome, outcome.file)
    if isinstance(outcome, Wheel):
        outcome.forget()
    return replace(said, artifact=outcome, gaps=(*said.gaps, *_caps(outcome)))


def _selected(config: Config, *, has_sdist: bool) -> list[Rule[Any]]:
    return [rule for rule in (all_rules() if has_sdist else wheel_rules()) if config.runs(rule.code)]


def _evidence(config: Config, gaps: list[Gap]) -> tuple[Statement, ...] | None:
    """Return the statements that the configuration asks for; None if it asks for none."""
    if not config.evidence:
        return None
    from wheelcheck.facts.evidence import read_folder  # noqa: PLC0415  # few runs ask for evidence

    try:
        return read_folder(Path(config.evidence))
    except OSError as problem:
        gaps.append(Gap("", "", f"the evidence in {config.evidence} cannot be read: {problem.strerror or problem}"))
        return ()


def _require_known(config: Config) -> None:
    """Raise ConfigError for an entry about a rule that does not exist: it would silently do nothing."""
    codes = known_codes()
    for name, entries in (("ignore", config.ignores), ("severity", config.severities)):
        for entry in entries:
            if entry.code not in codes:
                import difflib  # noqa: PLC0415  # slow to import

                near = difflib.get_close_matches(entry.code, codes, 1, 0)[0]
                raise ConfigError(f"{name}: {entry.code} is not the code of a rule; did you mean {near}?")


def _instead(names: tuple[str, ...]) -> str:
    """Return which files are there instead, as the end of a sentence."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f", only {', '.join(names[:_NAMED])}{more}" if names else ""


def _collect_all(files: Sequence[Path], read: Callable[[Path], Artifact | Gap]) -> Iterator[Artifact | Gap]:
    """Yield what `read` makes of each file, in order. A caller that stops early waits for reads in progress only."""
    from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415  # slow to import

    count = min(_THREADS, os.cpu_count() or 1)
    pool, waiting = ThreadPoolExecutor(count), deque[Future[Artifact | Gap]]()
    try:
        for file in files:  # what is read and not judged yet takes memory, so there is one for each thread
            waiting.append(pool.submit(read, file))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _collect(file: Path, meter: Meter | None, shared: Shared | None, *, hashed: bool) -> Artifact | Gap:
    try:
        return collect(file, partial(meter.advance, file) if meter else None, shared, hashed=hashed)
    except OSError as problem:
        return Gap(file.name, "", f"cannot be read: {problem.strerror or problem}")
    except Exception as problem:  # noqa: BLE001  # an internal error must become "could not verify", not a pass
        return Gap(file.name, "", f"reading {_stopped(problem)}")
    finally:
        if meter:
            meter.finish(file)


def _stopped(problem: Exception) -> str:
    return f"stopped at an internal error: {type(problem).__name__}: {problem}"


def _weighed(given: list[Judgement], release: Release, config: Config, gaps: list[Gap]) -> Report:
    """Apply the rules about releases and about the configuration, and weigh all that was found."""
    selected = _selected(config, has_sdist=bool(release.sdists))
    releases = release.split() if config.each else (release,)
    last = [rule for rule in selected if rule.on is Configuration]
    others = [rule for rule in selected if rule.on is not Configuration]
    whole = [_apply(others, each, "") for each in releases]
    said = [*given, *whole]
    weighed = weigh(config, {found for each in said for found in each.findings if config.runs(found.code)})
    kept, ignored = set_aside(config.ignores, sorted(weighed.findings, key=_order))
    late = _apply(last, Configuration(config, ignored.unused, weighed.stale(config)), "")
    ran = _ran(others, said)
    gaps = [*gaps, *(gap for each in (*whole, late) for gap in each.gaps), *_switched_off(config, ran)]
    skips = [Skip(code, "it is not selected") for code in known_codes() if not config.runs(code)]
    absent = {code for code in known_codes() if config.runs(code)} - {rule.code for rule in selected}
    return Report(
        artifacts=release.artifacts,
        findings=tuple(sorted([*kept, *weigh(config, late.findings).findings], key=_order)),
        gaps=tuple(sorted(set(gaps))),
        rules=(*ran, *_ran(last, [late])),
        skips=(*_skipped(others, said, release, absent), *skips, *_skipped(last, [late], release)),
        config=config,
        ignored=ignored.findings,
        seconds={place: spent for each in (*said, late) for place, spent in each.seconds.items()},
    )


def _ran(rules: Iterable[Rule[Any]], said: Iterable[Judgement]) -> list[str]:
    """Return the codes of the rules that judged something, in their order."""
    codes = frozenset[str]().union(*(each.ran for each in said))
    return [rule.code for rule in rules if rule.code in codes]


def _skipped(
    rules: Iterable[Rule[Any]], said: Iterable[Judgement], release: Release, absent: Iterable[str] = ()
) -> list[Skip]:
    """Return what each rule could not judge and why, by code. `absent` are rules about sdists, where there is none."""
    by_code: dict[str, list[Skip]] = {}
    for each in said:
        for skip in each.skips:
            by_code.setdefault(skip.code, []).append(skip)
    kinds = {Release, Configuration, *map(type, release.artifacts)}
    skips = [Skip(code, f"no {Sdist.__name__.lower()} is given") for code in absent]
    for rule in rules:
        skips += by_code.get(rule.code, ())
        if not any(issubclass(kind, rule.on) for kind in kinds):
            skips.append(Skip(rule.code, f"no {rule.on.__name__.lower()} is given"))
    return sorted(skips, key=lambda skip: skip.code)


def _apply(rules: Iterable[Rule[Any]], subject: object, name: str) -> Judgement:
    """Run the rules that judge such a subject; `name` is the file of an artifact, empty for anything else."""
    findings: set[Finding] = set()
    ran: list[str] = []
    skips: list[Skip] = []
    gaps: list[Gap] = []
    seconds: dict[tuple[str, str], float] = {}
    room = MOST_TEXT
    for rule in rules:
        if not isinstance(subject, rule.on):
            continue
        if why := _why_not(rule, subject, name, gaps):
            skips.append(Skip(rule.code, why, name))
            continue
        start = perf_counter()
        found = list(_run(rule, subject, name, gaps, room))
        findings.update(found)
        room -= sum(finding.length for finding in found)
        seconds[name, rule.code] = perf_counter() - start
        ran.append(rule.code)
    return Judgement(None, frozenset(findings), tuple(gaps), frozenset(ran), tuple(skips), seconds)


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
    if rule.absence and isinstance(subject, (Artifact, Release)) and not subject.is_listed_whole:
        return "a limit ended the reading, so nothing is known to be missing"
    try:
        return rule.needs(subject) if rule.needs else ""
    except Exception as problem:  # noqa: BLE001  # as in _collect: a rule that breaks has not judged
        gaps.append(Gap(artifact, "", f"{rule.code} {_stopped(problem)}", rule.code))
        return _stopped(problem)


def _caps(artifact: Artifact) -> Iterator[Gap]:
    for damage in artifact.damage:
        if damage.cap:
            yield Gap(artifact.file, damage.path, f"{damage.kind}: {damage.why}")


def _run(rule: Rule[Any], subject: object, artifact: str, gaps: list[Gap], room: int) -> Iterator[Finding]:
    """Yield what a rule finds, including what it found before it raised an error.

    They are at most MOST_FINDINGS, of `room` characters, but at least one.
    """
    try:
        for number, finding in enumerate(rule.findings(subject, artifact)):
            if number == MOST_FINDINGS or (number and room < 0):
                most = f"{MOST_FINDINGS:,} faults" if room >= 0 else f"{MOST_TEXT:,} characters of faults"
                gaps.append(Gap(artifact, "", f"{rule.code} found more than {most}; the rest is not listed", rule.code))
                return
            room -= finding.length
            yield finding
    except LimitReachedError as limit:
        gaps.append(Gap(artifact, "", f"{rule.code} did not judge everything: {limit}", rule.code))
    except Exception as problem:  # noqa: BLE001  # as in _collect: a rule that breaks has not judged
        gaps.append(Gap(artifact, "", f"{rule.code} {_stopped(problem)}", rule.code))


def _order(finding: Finding) -> tuple[str, int, int, str, str, str]:
    """Return the place of a finding: by artifact, the worst first, and of equals what stops most users."""
    rank = SEVERITIES.index(finding.severity)
    return finding.artifact, rank, impact_rank(finding.code), finding.code, finding.path, finding.message
