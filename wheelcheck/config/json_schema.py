"""The configuration as a JSON Schema, for editors and for validate-pyproject."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from wheelcheck.config.fields import SETTINGS

FILE = "config-1.json"
_DRAFT_07 = "http://json-schema.org/draft-07/schema#"  # the only one that validate-pyproject takes


def generate() -> str:
    """Return the text of the schema file that ships, written by `python -m tools.docs`.

    The number in its `$id` grows when a key changes its meaning or is removed; a new key does not change it.
    """
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wheelcheck:config:1",
        "title": "Configuration of wheelcheck: [tool.wheelcheck] in pyproject.toml, or the whole of wheelcheck.toml",
        "description": "Version 1. The version grows when a key changes its meaning or is removed. Names of CPUs, "
        "regular expressions, duplicates and folders are checked by wheelcheck itself.",
        **SETTINGS.schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def for_validate_pyproject(_tool: str) -> dict[str, Any]:
    """Return the schema of `[tool.$tool]` in draft 7: the entry point for `validate_pyproject.tool_schema`."""
    text = (resources.files("wheelcheck.config") / "schema" / FILE).read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return {**schema, "$schema": _DRAFT_07}
