"""The evidence of a job: which files it built and proved, by their SHA-256, as an in-toto statement for each file.

`build sdist` and `build cibuildwheel` state what they built; `build smoke`, `build roundtrip` and the trials in the
containers of cibuildwheel add what they proved. A statement is about a file as it is: one that was built again since,
or that failed a trial, loses what was proven of it.
"""

from __future__ import annotations

import hashlib

from wheelcheck.builder import sources
from wheelcheck.builder.run import BuildError
from wheelcheck.config import Config
from wheelcheck.facts.evidence import Statement, read_folder, render
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.records import replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wheelcheck.config.builder import Settings

FOLDER = "evidence"  # below the builder's own folder


def record(settings: Settings, file: Path, proof: str = "", cpu: str = "", *, emulated: bool = False) -> Path:
    """Add a proof of a file to the statement about it on a CPU (none: the sdist), and return that statement's file.

    Only the proofs of equal bytes from equal sources are kept. Statements about files that are no longer in `dist/`, or
    that are not as they are there, are deleted.
    """
    subjects, source = {file.name: _digest(file)}, source_hash(settings.project)
    place = _place(settings, file, cpu)
    about = parse_file_name(file.name)
    proofs = (proof,) if proof else ()
    made = Statement(place.name, subjects, about.project, about.version, source, "", cpu, emulated, proofs)
    if (before := _before(place)) and (before.subjects, before.source) == (subjects, source):
        was_emulated = before.emulated and bool(before.proofs)
        made = replace(made, proofs=tuple(dict.fromkeys((*before.proofs, *proofs))), emulated=emulated or was_emulated)
    place.parent.mkdir(parents=True, exist_ok=True)
    _delete_outdated(settings, place.parent)
    place.write_text(render(made), "utf-8")
    return place


def withdraw(settings: Settings, file: Path, cpu: str) -> None:
    """Delete what was proven of a file on a CPU: it has failed there."""
    _place(settings, file, cpu).unlink(missing_ok=True)


def _place(settings: Settings, file: Path, cpu: str) -> Path:
    return settings.folder / FOLDER / f"{cpu or 'sdist'}-{_digest_of(file.name)[:8]}.json"


def _delete_outdated(settings: Settings, folder: Path) -> None:
    for old in read_folder(folder):
        files = ((settings.dist / name, digest) for name, digest in old.subjects.items())
        if not all(file.is_file() and _digest(file) == digest for file, digest in files):
            (folder / old.file).unlink()


def _before(place: Path) -> Statement | None:
    """Return the statement that was recorded before, if it can be used."""
    if not place.parent.is_dir():
        return None
    return next((one for one in read_folder(place.parent) if one.file == place.name and not one.problem), None)


def source_hash(project: Path) -> str:
    """Return one hash of all source files: paths, and content by SHA-256. Equal in every checkout of one commit."""
    total = hashlib.sha256()
    for file in sources.files(project):
        content = project / file
        digest = f"link {content.readlink()}" if content.is_symlink() else _digest(content)
        total.update(f"{file.as_posix()}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def require(settings: Settings, files: Sequence[Path]) -> tuple[Statement, ...]:
    """Compare files of `dist/` with the evidence, and its sources with those here; return the statements about them.

    Raises BuildError for files that are not proven as they are, and for evidence from other sources.
    """
    from wheelcheck.engine import examine  # noqa: PLC0415  # a build needs no rule; this comparison does

    folder = settings.folder / FOLDER
    if not folder.is_dir():
        raise BuildError(folder, "there is no evidence of what was tested", "hand over evidence/*.json of every job")
    expected = replace(
        Config(),
        evidence=str(folder),
        proofs=settings.release.proofs,
        native_proofs=settings.release.native_proofs,
        select=("WC72",),
    )
    report = examine(files, expected)
    found = [finding for finding in report.findings if finding.severity == "error"]
    problems = [f"{finding.artifact}: {finding.message}".removeprefix(": ") for finding in found]
    if problems or report.gaps:
        why = "; ".join([*problems, *(gap.why for gap in report.gaps)][:3])
        raise BuildError(settings.dist, why, "build and test all files again from one commit")
    given, here = {file.name for file in files}, source_hash(settings.project)
    statements = [one for one in read_folder(folder) if not given.isdisjoint(one.subjects)]
    for statement in statements:
        if statement.source != here:
            problem = f"it is about the sources {statement.source[:12]}, and here are {here[:12]}"
            raise BuildError(folder / statement.file, problem, "verify with the commit that was built")
    return tuple(statements)


def line(statement: Statement) -> str:
    """Return what a statement says, in words."""
    machine = f" on {'an emulated ' if statement.emulated else ''}{statement.cpu}" if statement.cpu else ""
    return f"proven: {', '.join(sorted(statement.subjects))} ({', '.join(statement.proofs) or 'built'}{machine})"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
