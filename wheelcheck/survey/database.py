"""The rows of a survey as the two tables of a DuckDB file, for questions in SQL. Needs the extra `survey`."""

from __future__ import annotations

from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING

from wheelcheck.inputs import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

_KEY = {"sha256": "VARCHAR", "file": "VARCHAR", "rules": "VARCHAR"}
TABLES = {
    "artifacts": {
        **_KEY,
        "source": "VARCHAR",
        "project": "VARCHAR",
        "version": "VARCHAR",
        "platforms": "VARCHAR[]",
        "bytes": "BIGINT",
        "modified": "VARCHAR",
        "verdict": "VARCHAR",
        "counts": "STRUCT(error BIGINT, warning BIGINT, note BIGINT)",
        "gaps": "VARCHAR[]",
        "findings_omitted": "BIGINT",
    },
    "findings": {
        **_KEY,
        "code": "VARCHAR",
        "name": "VARCHAR",
        "severity": "VARCHAR",
        "path": "VARCHAR",
        "message": "VARCHAR",
    },
}


def require() -> None:
    """Raise UnreachableError if DuckDB is not installed: better before the survey than after it."""
    try:
        import_module("duckdb")
    except ImportError as problem:
        raise UnreachableError("--report duckdb= needs DuckDB: pip install 'wheelcheck[survey]'") from problem


def write(survey: Path, database: Path) -> None:
    """Write the tables of a survey, a row per artifact and per finding; those that are there already are replaced.

    Raises OSError if the database cannot be written, or is none.
    """
    duckdb = import_module("duckdb")
    try:
        with closing(duckdb.connect(str(database))) as connection:
            for table, columns in TABLES.items():
                described = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
                connection.execute(f"CREATE OR REPLACE TABLE {table} ({described})")
                connection.execute(*_filling(survey, table, columns))
    except duckdb.Error as problem:
        raise OSError(None, f"the tables cannot be written to {database}: {problem}") from problem


def _filling(survey: Path, table: str, columns: dict[str, str]) -> tuple[str, list[str]]:
    """Return the statement that copies the rows of one type, and its parameters. All names are ours."""
    names = ", ".join(f'"{name}"' for name in columns)
    kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in {"type": "VARCHAR", **columns}.items())
    rows = f"read_json(?, format = 'newline_delimited', columns = {{{kinds}}})"
    return f"INSERT INTO {table} SELECT {names} FROM {rows} WHERE type = ?", [str(survey), table.removesuffix("s")]  # noqa: S608
