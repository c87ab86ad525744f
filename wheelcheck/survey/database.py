"""The rows of a survey as the two tables of a DuckDB file, or as one Parquet file, for questions in SQL.

Needs the extra `survey`.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from importlib import import_module

from wheelcheck.inputs import UnreachableError
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
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
_ALL = {"type": "VARCHAR", **TABLES["artifacts"], **TABLES["findings"]}


def require() -> None:
    """Raise UnreachableError if DuckDB is not installed: better before the survey than after it."""
    try:
        import_module("duckdb")
    except ImportError as problem:
        raise UnreachableError(
            "--report duckdb= and parquet= need DuckDB: pip install 'wheelcheck[survey]'"
        ) from problem


def write(survey: Path, database: Path) -> None:
    """Write the tables of a survey, a row per artifact and per finding; those that are there already are replaced.

    Raises OSError if the database cannot be written, or is none.
    """
    with _connected(database) as connection:
        for table, columns in TABLES.items():
            described = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"CREATE OR REPLACE TABLE {table} ({described})")
            connection.execute(f"INSERT INTO {table} {_rows(columns)}", [str(survey), table.removesuffix("s")])


def write_parquet(survey: Path, file: Path) -> None:
    """Write the rows of a survey as one Parquet file; `type` says which are artifacts, and which findings.

    Raises OSError if the file cannot be written.
    """
    with _connected(file, ":memory:") as connection:
        query = f"{_rows(_ALL)} OR type = ?"
        connection.sql(query, params=[str(survey), "artifact", "finding"]).write_parquet(str(file), compression="zstd")


@contextmanager
def _connected(file: Path, database: str = "") -> Iterator[Any]:
    """Connect to a database, for writing a file. Raises OSError where that fails."""
    duckdb = import_module("duckdb")
    try:
        with closing(duckdb.connect(database or str(file))) as connection:
            yield connection
    except duckdb.Error as problem:
        raise OSError(None, f"the tables cannot be written to {file}: {problem}") from problem


def _rows(columns: dict[str, str]) -> str:
    """Return the query for columns of the rows of one type: parameters are file and type. All names are ours."""
    names = ", ".join(f'"{name}"' for name in columns)
    kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in {"type": "VARCHAR", **columns}.items())
    return f"SELECT {names} FROM read_json(?, format = 'newline_delimited', columns = {{{kinds}}}) WHERE type = ?"  # noqa: S608
