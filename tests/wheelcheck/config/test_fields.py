"""The rows of the configuration: what follows from one, and that each is complete."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.schemas import draft2020
from tools import docs
from wheelcheck.builder.install import EMULATION_LACKS
from wheelcheck.config.fields import KERNEL_NEEDS, SETTINGS
from wheelcheck.config.files import ConfigError, Place
from wheelcheck.config.shapes import Choice, Field, ListOf, Table, Tables

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Place(Path("a.toml"))
COLOURS = ListOf(Choice(("red", "blue", "green")), "colours")
COLOUR = Field("log-colours", COLOURS, "The colours of the log.", '["red", "blue"]', default=["red"])


def rows(table: Table = SETTINGS, inside: str = "") -> Iterator[tuple[str, Field]]:
    """Yield every row with the dotted name of its key."""
    for field in table.fields:
        yield f"{inside}{field.key}", field
        inner = field.shape.table if isinstance(field.shape, Tables) else field.shape
        if isinstance(inner, Table):
            yield from rows(inner, f"{inside}{field.key}.")


ROWS = [pytest.param(field, id=name) for name, field in rows()]


@pytest.fixture
def longer() -> Table:
    """The settings with one row more, and no other edit."""
    return replace(SETTINGS, fields=(*SETTINGS.fields, COLOUR))


@pytest.mark.parametrize(
    ("table", "colours"), [({}, ("red",)), ({"log-colours": ["green"]}, ("green",)), ({"log-colours": []}, ())]
)
def test_a_new_key_needs_only_a_row_to_be_read(longer: Table, table: dict[str, Any], colours: tuple[str, ...]) -> None:
    assert longer.read(table, HERE)["log_colours"] == colours


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"log-colour": []}, "a.toml: unknown key 'log-colour'; did you mean 'log-colours'?"),
        ({"zzz": []}, "a.toml: unknown key 'zzz'; the keys are glibc, .*, log-colours"),
        (
            {"log-colours": "red"},
            "a.toml: log-colours must be an array of colours, not 'red'; write for example log-col",
        ),
        ({"log-colours": ["pink"]}, 'log-colours #1 must be "red", "blue" or "green", not .pink.; write for example'),
    ],
)
def test_a_new_key_needs_only_a_row_to_be_checked(longer: Table, table: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        longer.read(table, HERE)


def test_a_new_key_needs_only_a_row_to_be_in_the_schema_and_on_the_page(longer: Table) -> None:
    assert longer.schema()["properties"]["log-colours"] == {
        "description": "The colours of the log.",
        "default": ["red"],
        "type": "array",
        "items": {"enum": ["red", "blue", "green"]},
    }
    row = '| `log-colours` | array of colours | `["red"]` | The colours of the log. | `log-colours = ["red", "blue"]` |'
    assert row in docs.configuration_page(longer).splitlines()
    assert row not in docs.configuration_page()


@pytest.mark.parametrize("field", ROWS)
def test_the_example_of_a_row_is_taken_by_parser_and_schema(field: Field) -> None:
    table = tomllib.loads(f"{field.key} = {field.example}")
    field.read(table, HERE)
    draft2020(field.schema()).validate(table[field.key])


@pytest.mark.parametrize("field", ROWS)
def test_a_row_is_required_or_says_what_holds_without_it(field: Field) -> None:
    assert field.required + (field.default is not None) + bool(field.unset) == 1
    assert field.required or field.default is None or draft2020(field.schema()).is_valid(field.default)


@pytest.mark.parametrize("field", ROWS)
def test_a_row_says_what_its_key_is_for_in_a_sentence(field: Field) -> None:
    assert field.sentence[0].isupper()
    assert field.sentence.endswith(".")


def test_no_key_of_a_table_is_declared_twice() -> None:
    names = [name for name, _ in rows()]
    assert len(names) == len(set(names))


def test_what_an_emulator_lacks_is_what_a_smoke_command_can_need() -> None:
    assert set(EMULATION_LACKS) <= set(KERNEL_NEEDS)


def test_reading_the_settings_loads_neither_builder_nor_gate() -> None:
    program = "import sys, wheelcheck.config.builder; print(*sorted(name for name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    parts = {name.split(".")[1] for name in loaded if name.startswith("wheelcheck.")}
    assert parts == {"config", "counting", "inputs", "patterns", "platforms", "records", "toml_document", "typed"}
