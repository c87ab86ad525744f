"""WC72x: every file of the release is, to the byte, one that a job built and tested on its own CPU."""

from __future__ import annotations

from collections import defaultdict

from wheelcheck.facts import Release, Wheel
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.platforms.usual import canonicalize_name
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Artifact
    from wheelcheck.facts.evidence import Statement

_BRIEF = 12  # digits of a hash in a message


def _without_evidence(release: Release) -> str:
    return "" if release.evidence is not None else "no evidence is asked for (--evidence)"


@rule("WC720", on=Release, needs=_without_evidence)
def every_file_of_the_release_has_been_proven_as_it_is(release: Release) -> Iterator[Hit]:
    """A statement of the evidence names every wheel and sdist with the SHA-256 that it has now.

    A wheel can be exchanged between the job that tests it and the job that publishes it, with a RECORD that fits. So
    each job states the hash of what it proved, and a file with another hash, or without any statement, is not released.

    Source: in-toto Attestation Framework, Statement v1; SLSA, "Verifying artifacts".
    Remedy: run the job again that builds the file, and hand over its evidence together with the file.
    """
    stated = _stated(release)
    for artifact in release.artifacts:
        hashes = stated.get(artifact.file, {})
        if not hashes:
            yield Hit("", "no statement of the evidence names this file", artifact=artifact.file)
        elif artifact.sha256 not in hashes:
            where = ", ".join(sorted(hashes.values())[:2])
            found = f"has SHA-256 {artifact.sha256[:_BRIEF]}…, but {where} proved {min(hashes)[:_BRIEF]}…"
            yield Hit("", f"{found}: it was changed since", artifact=artifact.file)


@rule("WC721", on=Release, needs=_without_evidence)
def the_evidence_is_about_one_source_of_this_release(release: Release) -> Iterator[Hit]:
    """All statements that count name the same sources and the project and version of the files.

    Otherwise wheels of two commits are released together: the bundle of one CPU was left over from another run.

    Source: in-toto Attestation Framework; the release workflow's own handover.
    Remedy: build all files from one commit, and delete old evidence.
    """
    ours = _that_count(release)
    sources: dict[str, list[str]] = defaultdict(list)
    for statement in ours:
        sources[statement.source].append(statement.file)
    if len(sources) > 1 or "" in sources:
        listed = "; ".join(f"{', '.join(files)}: {_source(source)}" for source, files in sorted(sources.items()))
        yield Hit("", f"the evidence is not of one source: {listed}")
    given = {(artifact.file, artifact.sha256): artifact for artifact in release.artifacts}
    for statement in ours:
        for subject in statement.subjects.items():
            if subject in given and not _is_of(statement, given[subject]):
                about = f"{statement.project} {statement.version}".strip() or "no project"
                yield Hit("", f"{statement.file} is evidence about {about}", artifact=subject[0])


@rule("WC722", on=Release, needs=_without_evidence)
def every_wheel_has_been_tried_on_its_own_cpu(release: Release) -> Iterator[Hit]:
    """What the configuration demands of the evidence was proven of each file, of a wheel on a machine with its CPU.

    `proofs` in the table `evidence` lists what is demanded. A run on another CPU proves nothing about a native wheel;
    an emulated CPU counts unless `native` is set. A wheel without native code may be tried anywhere, and an sdist needs
    only a statement.

    Source: PEP 425; wheels that were built for a CPU that nobody had.
    Remedy: run the smoke test on that CPU (`wheelcheck build smoke --arch …`), on a runner or emulated.
    """
    demanded, native = release.expected.proofs, release.expected.native_proofs
    about: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for statement in release.evidence or ():
        for subject in statement.subjects.items():
            about[subject].append(statement)
    for wheel in release.wheels:
        proven = about[wheel.file, wheel.sha256]
        for cpu in _cpus(wheel):
            there = [one for one in proven if (not cpu or one.cpu == cpu) and not (native and one.emulated)]
            if missing := sorted(set(demanded) - {proof for one in there for proof in one.proofs}):
                place = f" on {cpu}{' itself' if native else ''}" if cpu else ""
                lacking = " and ".join(map(repr, missing))
                yield Hit("", f"the evidence lacks {lacking} for this wheel{place}", artifact=wheel.file)


@rule("WC723", on=Release, severity=("error", "warning"), needs=_without_evidence)
def every_statement_can_be_used(release: Release) -> Iterator[Hit]:
    """Each file of the evidence is a statement that can be read, and no two of them differ about one file.

    A statement about a file that is not among those given is a warning: the file was lost on the way, or the statement
    is old.

    Source: in-toto Statement v1.
    Remedy: delete the folder before the jobs hand over their evidence.
    """
    for statement in release.evidence or ():
        if statement.problem:
            yield Hit("", f"{statement.file} {statement.problem}")
    given = {artifact.file for artifact in release.artifacts}
    for name, hashes in sorted(_stated(release).items()):
        if len(hashes) > 1:
            yield Hit("", f"the evidence has {len(hashes)} different hashes of {name}: {', '.join(hashes.values())}")
        elif name not in given:
            yield Hit("", f"{next(iter(hashes.values()))} is about {name}, which is not given", "warning")


def _stated(release: Release) -> dict[str, dict[str, str]]:
    """Return the hashes that are stated of each file, and the statement of each."""
    stated: dict[str, dict[str, str]] = defaultdict(dict)
    for statement in release.evidence or ():
        for name, digest in statement.subjects.items():
            stated[name].setdefault(digest, statement.file)
    return stated


def _that_count(release: Release) -> list[Statement]:
    """Return the statements that prove one of the files as it is."""
    given = {(artifact.file, artifact.sha256) for artifact in release.artifacts}
    return [one for one in release.evidence or () if not given.isdisjoint(one.subjects.items())]


def _is_of(statement: Statement, artifact: Artifact) -> bool:
    same = canonical_version(statement.version) == canonical_version(artifact.name.version)
    return canonicalize_name(statement.project) == artifact.name.project and same


def _cpus(wheel: Wheel) -> tuple[str, ...]:
    """Return the CPUs that a wheel promises to run on; one empty name if it promises none in particular."""
    return tuple(sorted({cpu for platform in wheel.platforms for cpu in platform.arches})) or ("",)


def _source(source: str) -> str:
    return f"source {source[:_BRIEF]}" if source else "no source"
