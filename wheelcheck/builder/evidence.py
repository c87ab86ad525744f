"""The evidence of a job: which files it built and proved, by their SHA-256, as an in-toto statement for each CPU.

`build sdist` states the sdist, `build smoke` and `build roundtrip` add what they proved to the wheels of their CPU. A
statement is about files as they are: one that was built again since loses what was proven of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from wheelcheck.builder import sources
from wheelcheck.builder.run import BuildError
from wheelcheck.config import Config
from wheelcheck.facts.evidence import Statement, read_folder, render
from wheelcheck.facts.file_names import parse_file_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wheelcheck.config.builder import Settings

FOLDER = "evidence"  # below the builder's own folder


def record(
    settings: Settings, files: Iterable[Path], proof: str = "", cpu: str = "", *, emulated: bool = False
) -> Path:
    """Add a proof of these files to the statement about them on a CPU (none: the sdist), and return that file.

    Only the proofs of equal bytes from equal sources are kept. Statements about files that are no longer in `dist/` are
    deleted.
    """
    digests = {file.name: _digest(file) for file in files}
    place = settings.folder / FOLDER / f"{cpu or 'sdist'}-{_digest_of(' '.join(sorted(digests)))[:8]}.json"
    source, (name, *_) = source_hash(settings.project), [*digests, ""]
    about = parse_file_name(name)
    proofs = (proof,) if proof else ()
    made = Statement(place.name, digests, about.project, about.version, source, "", cpu, emulated, proofs)
    if (before := _before(place)) and (before.subjects, before.source) == (digests, source):
        was_emulated = before.emulated and bool(before.proofs)
        made = replace(made, proofs=tuple(dict.fromkeys((*before.proofs, *proofs))), emulated=emulated or was_emulated)
    place.parent.mkdir(parents=True, exist_ok=True)
    for old in read_folder(place.parent):
        if not all((settings.dist / file).exists() for file in old.subjects):
            (place.parent / old.file).unlink()
    place.write_text(render(made), "utf-8")
    return place


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


def require(settings: Settings, files: Sequence[Path]) -> tuple[str, ...]:
    """Compare files of `dist/` with the evidence, and its sources with those here; return one line per statement.

    Raises BuildError for files that are not proven as they are, and for evidence from other sources.
    """
    from wheelcheck.engine import examine  # noqa: PLC0415  # a build needs no rule; this comparison does

    folder = settings.folder / FOLDER
    if not folder.is_dir():
        raise BuildError(folder, "there is no evidence of what was tested", "hand over evidence/*.json of every job")
    expected = replace(Config(), evidence=str(folder), proofs=settings.release.proofs, select=("WC72",))
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
    return tuple(f"proven: {', '.join(sorted(one.subjects))} ({_said(one)})" for one in statements)


def _said(statement: Statement) -> str:
    machine = f" on {'an emulated ' if statement.emulated else ''}{statement.cpu}" if statement.cpu else ""
    return f"{', '.join(statement.proofs) or 'built'}{machine}"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
