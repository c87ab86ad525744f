"""Whether a step of a build must run: what it depends on and what it made are compared with its last success.

    build/wheelcheck/done/<step>.json

A record holds hashes and no values, because a variable of the environment may be secret. It has the inputs from before
the step ran, so a source that changes meanwhile makes the step run again.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wheelcheck.builder.run import Log

FOLDER = "done"  # below the builder's own folder
Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step made: files, and rows of text where it found something out.

    One that is not `lasting`, such as a test that failed, is not recorded.
    """

    files: tuple[Path, ...]
    rows: Rows = ()
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a build: its name in messages, the file of its record, what it depends on.

    `inputs` maps names that a message can use to values. With `fresh` the step runs in any case.
    """

    name: str
    file: Path
    inputs: Mapping[str, str]
    log: Log
    fresh: bool = False

    def outcome(self, make: Callable[[], Outcome], invalid: Callable[[Outcome], str] = lambda _: "") -> Outcome:
        """Return the outcome of the last success if nothing has changed since; otherwise that of `make`, run now.

        `invalid` returns what else speaks against the last outcome, as half a sentence; empty if nothing does.
        """
        digests = {name: _digest(value) for name, value in self.inputs.items()}
        if not self.fresh and (record := _read(self.file)):
            last = record.outcome(self.file.parent)
            why = _changed(record, digests, self.file.parent) or invalid(last)
            if not why:
                self.log(f"up to date: {self.name} (--fresh runs it again)")
                return last
            self.log(f"{self.name}: runs again, because {why}")
        self.file.unlink(missing_ok=True)
        made = make()
        if made.lasting:
            _write(self.file, _Record.of(digests, made, self.file.parent))
        return made


@dataclass(frozen=True, slots=True)
class _Record:
    """The digests of what a step depended on and of the files it made, by their path from the record's folder."""

    inputs: dict[str, str]
    outputs: dict[str, str]
    rows: Rows

    @classmethod
    def of(cls, digests: dict[str, str], made: Outcome, folder: Path) -> _Record:
        outputs = {os.path.relpath(file, folder): content_hash(file) for file in made.files}
        return cls(digests, outputs, made.rows)

    def outcome(self, folder: Path) -> Outcome:
        return Outcome(tuple(_place(name, folder) for name in self.outputs), self.rows)


def content_hash(file: Path) -> str:
    """Return the hexadecimal SHA-256 of a file, empty if there is none."""
    return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _changed(record: _Record, digests: Mapping[str, str], folder: Path) -> str:
    """Return the first difference between a record and the present, as half a sentence; empty if there is none."""
    different = (name for name in {**record.inputs, **digests} if record.inputs.get(name) != digests.get(name))
    if name := next(different, ""):
        return f"the {name} changed"
    for name, content in record.outputs.items():
        file = _place(name, folder)
        if (now := content_hash(file)) != content:
            return f"{file.name} {'is no longer what the step made' if now else 'is gone'}"
    return ""


def _place(name: str, folder: Path) -> Path:
    return Path(os.path.normpath(folder / name))


def _read(file: Path) -> _Record | None:
    """Return the record in a file, None without one that can be read: then the step runs."""
    try:
        table = json.loads(file.read_text("utf-8"))
        rows = tuple(tuple(map(str, row)) for row in table["rows"])
        return _Record(dict(table["inputs"]), dict(table["outputs"]), rows)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(file: Path, record: _Record) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(record), indent=2) + "\n", "utf-8")
    partial.replace(file)


def _digest(value: str) -> str:
    return sha256(value.encode(errors="surrogateescape")).hexdigest()
