"""The tables that ship as JSON are read as the standard library reads them, with and without CPython's own scanner."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wheelcheck.platforms import data

TABLES = sorted(Path(data.__file__).parent.glob("*.json"))


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.name)
def test_a_table_is_read_as_json_reads_it(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = json.loads(table.read_bytes())
    assert data.load(table.name) == expected
    monkeypatch.setattr(data, "make_scanner", None)
    assert data.load(table.name) == expected


def test_every_kind_of_value_is_read_as_json_reads_it() -> None:
    text = '{"a": [1, -2.5, 1e3, true, false, null], "b": {"\\u00e9\\n": "ü"}}'
    assert data.parsed(text.encode()) == json.loads(text)
