"""What proved a release: statements of the in-toto Attestation Framework, one for each job that built and tested files.

A statement lists files by SHA-256 (`subject`) and says in its predicate what was proven about them, where, and from
which sources. `actions/attest` signs such a predicate. A statement that is not signed proves that the bytes are those
that were tested, and nothing against somebody who can change both.

Source: in-toto Statement v1.
"""

from __future__ import annotations

from wheelcheck.patterns import regex
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://wheelcheck.github.io/wheelcheck/evidence/v1"
RELEASE = "https://wheelcheck.github.io/wheelcheck/release/v1"  # what `actions/attest` signs for all files together
_DIGEST = regex(r"[0-9a-f]{64}")
_MOST_BYTES = 2**20  # of one statement
_MOST_FILES = 1000
_MOST_IN_ALL = 16 * 2**20  # bytes of all that are read


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `subjects` maps file names to SHA-256; `problem` says why it cannot be used, else empty.

    `cpu` is the machine that ran the proofs (empty for none), `emulated` whether it was an emulated one. `source` is
    the hash of the sources, and `commit` the revision that was checked out, if that is known.
    """

    file: str
    subjects: Mapping[str, str] = field(default_factory=dict)
    project: str = ""
    version: str = ""
    source: str = ""
    commit: str = ""
    cpu: str = ""
    emulated: bool = False
    proofs: tuple[str, ...] = ()
    problem: str = ""


def read_folder(folder: Path) -> tuple[Statement, ...]:
    """Read every `*.json` of a folder. Raises OSError if the folder cannot be listed."""
    files = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    found: list[Statement] = []
    room = _MOST_IN_ALL
    for path in files:
        room -= _size(path)
        if len(found) == _MOST_FILES or room < 0:
            most = f"{_MOST_FILES:,} statements and {_MOST_IN_ALL:,} bytes of them"
            return (*found, Statement(path.name, problem=f"and what is behind it is not read: more than {most}"))
        found.append(_read(path))
    return tuple(found)


def _size(path: Path) -> int:
    """Return how many bytes are read of a file."""
    try:
        size = path.stat().st_size
    except OSError:
        return 0
    return size if size <= _MOST_BYTES else 0


def _read(path: Path) -> Statement:
    try:
        if path.stat().st_size > _MOST_BYTES or not path.is_file():
            return Statement(path.name, problem=f"is no file of at most {_MOST_BYTES} bytes")
        import json  # noqa: PLC0415  # slow to import

        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return Statement(path.name, problem=f"cannot be read as JSON: {str(error).partition(chr(10))[0]}")
    return parse(path.name, document)


def parse(file: str, document: object) -> Statement:
    """Return the statement that a JSON document is. Never raises."""
    if not isinstance(document, dict) or document.get("_type") != STATEMENT:
        return Statement(file, problem=f"is no in-toto statement: expected _type {STATEMENT}")
    if document.get("predicateType") != PREDICATE:
        return Statement(file, problem=f"has another predicate, expected {PREDICATE}")
    predicate, subjects = document.get("predicate"), dict(_subjects(document.get("subject")))
    if not subjects or not isinstance(predicate, dict):
        return Statement(file, problem="names no file with a SHA-256, or has no predicate")
    builder = predicate.get("builder")
    machine: dict[str, Any] = builder if isinstance(builder, dict) else {}
    proofs = predicate.get("proofs")
    return Statement(
        file,
        subjects,
        project=_text(predicate, "project"),
        version=_text(predicate, "version"),
        source=_text(predicate, "source"),
        commit=_text(predicate, "commit"),
        cpu=_text(machine, "cpu"),
        emulated=machine.get("emulated") is not False,
        proofs=tuple(one for one in proofs if isinstance(one, str)) if isinstance(proofs, list) else (),
    )


def _subjects(subjects: object) -> Iterator[tuple[str, str]]:
    for subject in subjects if isinstance(subjects, list) else ():
        digest = subject.get("digest") if isinstance(subject, dict) else None
        found = digest.get("sha256") if isinstance(digest, dict) else None
        if isinstance(found, str) and _DIGEST.fullmatch(found) and isinstance(subject.get("name"), str):
            yield subject["name"], found


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def render(statement: Statement) -> str:
    """Return a statement as the text of its file."""
    import json  # noqa: PLC0415  # as above

    return json.dumps(_document(statement), indent=2) + "\n"


def release_predicate(statements: Iterable[Statement], handed_over: Mapping[str, str]) -> str:
    """Return the predicate (type RELEASE) about a release: every statement, and files by SHA-256 that need none."""
    documents = [_document(one) for one in statements]
    about = {name: documents[0]["predicate"][name] for name in ("project", "version", "source")}
    subjects = _rendered_subjects(handed_over)
    import json  # noqa: PLC0415  # as above

    return json.dumps({**about, "statements": documents, "handedOver": subjects}, indent=2) + "\n"


def _document(statement: Statement) -> dict[str, Any]:
    predicate = {
        "project": statement.project,
        "version": statement.version,
        "source": statement.source,
        "commit": statement.commit,
        "builder": {"cpu": statement.cpu, "emulated": statement.emulated},
        "proofs": list(statement.proofs),
    }
    subjects = _rendered_subjects(statement.subjects)
    return {"_type": STATEMENT, "subject": subjects, "predicateType": PREDICATE, "predicate": predicate}


def _rendered_subjects(digests: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(digests.items())]
