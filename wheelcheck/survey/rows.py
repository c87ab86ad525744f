"""The file of a survey: JSON Lines, one row per finding and one per artifact, which a later run continues.

The first row says what the file is. Each artifact follows as the rows of its findings and then its own row, which
closes it: what an interrupted run has left behind the last such row is written again.
"""

from __future__ import annotations

import json
import os

from wheelcheck.inputs import UnreachableError
from wheelcheck.survey.scratch import Known
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = 2
_HEADER = {"type": "survey", "schema": SCHEMA}
_KEY = ("sha256", "file", "rules")
Row = dict[str, Any]


def of_artifact(answer: Row) -> Iterator[Row]:
    """Yield the rows of the findings, then that of the artifact, from what a worker answers.

    Bytes of a name that are no UTF-8 are lone surrogates in Python, which few readers of JSON accept: they are escaped.
    """
    answer = _plain(answer)
    key = {name: answer[name] for name in _KEY}
    for finding in answer["findings"]:
        yield {"type": "finding", **key, **finding}
    fields = {name: value for name, value in answer.items() if name not in (*_KEY, "findings")}
    yield {"type": "artifact", **key, **fields}


def read(output: Path) -> Iterator[Row]:
    """Yield the complete rows of a survey. Raises UnreachableError if the file is none, OSError if it is unreadable."""
    with output.open("rb") as lines:
        for number, line in enumerate(lines):
            row = _row(line)
            if row is None and line.endswith(b"\n"):
                raise UnreachableError(f"{output} is not a survey: line {number + 1} is no row of one")
            if not number and row != _HEADER:
                raise UnreachableError(f"{output} is not a survey of schema {SCHEMA}: name another file")
            if row is not None:
                yield row


def continued(output: Path, rules: str) -> Known:
    """Return what a survey holds by this rule set, and cut off what is unfinished; begin a new one."""
    known = Known(rules)
    if output.exists() and not output.is_file():  # a pipe would be waited for
        raise UnreachableError(f"{output} is no regular file; a survey needs one, to go on from where it ended")
    if not output.exists() or not output.stat().st_size:
        output.write_bytes(line_of(_HEADER))
        return known
    end = place = 0
    for row in read(output):
        place += len(line_of(row))
        if row["type"] != "finding":
            end = place
        if row["type"] == "artifact" and row["sha256"] and row["rules"] == rules:
            known.add(row["sha256"], row["file"], row["verdict"])
    os.truncate(output, end)
    return known


def line_of(row: Row) -> bytes:
    """Return a row as a line of ASCII."""
    return f"{json.dumps(row)}\n".encode("ascii")


def _plain(value: Any) -> Any:  # noqa: ANN401  # of JSON
    """Return a value with the escape of every lone surrogate in its place."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _row(line: bytes) -> Row | None:
    """Return the row that a line holds; None for one that is cut off or has not the bytes that we write."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and "type" in row and line_of(row) == line else None
