"""The schema that ships says what the code accepts: the same keys, and of every table the same verdict."""

from __future__ import annotations

import json
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from wheelcheck.builder.install import EMULATION_LACKS
from wheelcheck.config import KEYS, PayloadKind, builder
from wheelcheck.config.fields import OWN, SHARED, ConfigError, read

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCHEMA: dict[str, Any] = json.loads((files("wheelcheck.config") / "schema" / "config-1.json").read_text("utf-8"))
README = Path(__file__).parents[3] / "README.md"
REFERENCE = Path(__file__).parents[2] / "projects" / "reference"
VALIDATOR = Draft202012Validator(SCHEMA)

OBJECT = 'payload = [{ name = "a", path = "b", kind = "object", '
PROGRAM = 'payload = [{ name = "a", path = "b", kind = "executable"'
SMOKE = 'smoke.commands = [{ run = ["a"], expect = "b"'


def faults(document: object) -> list[str]:
    return [f"{fault.json_path}: {fault.message}" for fault in VALIDATOR.iter_errors(document)]


def load(folder: Path, text: str) -> builder.Settings:
    """Read the text as a wheelcheck.toml by the gate and by the bench."""
    (folder / OWN).write_text(text, "utf-8")
    return builder.load(folder)


# --- the same keys ---


def test_the_schema_is_one_of_the_2020_12_draft() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"].endswith(":1")


PROPERTIES = SCHEMA["properties"]


@pytest.mark.parametrize(
    ("table", "known"),
    [
        (SCHEMA, KEYS[""]),
        (PROPERTIES["wheels"]["items"], KEYS["wheels"]),
        (SCHEMA["$defs"]["payload"], KEYS["payload"]),
        (PROPERTIES["ignore"]["items"], KEYS["ignore"]),
        (PROPERTIES["build"], builder.BUILD_KEYS),
        (PROPERTIES["smoke"], builder.SMOKE_KEYS),
        (SCHEMA["$defs"]["command"], builder.COMMAND_KEYS),
    ],
    ids=["top", "wheels", "payload", "ignore", "build", "smoke", "command"],
)
def test_the_keys_of_a_table_are_those_of_the_code_and_no_other(table: dict[str, Any], known: tuple[str, ...]) -> None:
    assert set(table["properties"]) == set(known)
    assert table["additionalProperties"] is False


def test_every_table_of_the_code_has_its_row_above() -> None:
    assert set(KEYS) == {"", "wheels", "payload", "ignore"}
    assert {name for name in vars(builder) if name.endswith("_KEYS")} == {"BUILD_KEYS", "SMOKE_KEYS", "COMMAND_KEYS"}


def test_the_words_to_choose_from_are_the_code_s() -> None:
    defined = SCHEMA["$defs"]
    assert defined["payload"]["properties"]["kind"]["enum"] == list(get_args(PayloadKind))
    assert defined["command"]["properties"]["needs"]["items"]["enum"] == list(EMULATION_LACKS)


# --- the same verdict ---


def test_the_settings_of_the_reference_project_are_what_the_schema_says() -> None:
    table, place = read(REFERENCE / SHARED)
    assert faults(table) == []
    assert {"payload", "build", "smoke"} <= set(table)
    assert str(place).endswith("pyproject.toml: tool.wheelcheck")


def test_the_example_of_the_readme_is_what_schema_and_code_take(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    table = tomllib.loads(example)["tool"]["wheelcheck"]
    assert faults(table) == []
    assert {"wheels", "payload", "ignore"} <= set(table)
    (tmp_path / SHARED).write_text(example, "utf-8")
    assert len(builder.load(tmp_path).release.wheels) == 4


GOOD = (
    'glibc = "2.17"',
    'glibc = "2.5"\narchitectures = ["x86_64", "arm64"]\npython = ["cp311", "cp310-abi3", "pp311-pypy311_pp73"]',
    "sdist = false",
    'wheels = [{ python = ["py3-none"], platforms = ["win_amd64", "macosx_11_0_arm64"] }]',
    f"{PROGRAM} }}]",
    f'{PROGRAM}, package = "c", workspace = "d" }}]',
    f'{OBJECT} source = "c.bpf.c" }}]',
    f'{OBJECT} package = "c", workspace = "d", target = "bpfel-unknown-none" }}]',
    'ignore = [{ code = "WC301", reason = "a cross compiler" }]',
    'ignore = [{ code = "WC301", reason = "a", path = "a/*", artifact = "*-any.whl" }]',
    'build = { workspace = "rust", keep-environment = ["RUSTC"] }',
    'build = { features = ["x", "crate/y"], default-features = false, wheel = "payload" }',
    'build = { default-features = true, wheel = "backend" }',
    f'{SMOKE}, status = -1, needs = ["ptrace"] }}]',
    f"build = {{}}\n{SMOKE} }}]",
)
BAD = (
    "glib = '2.17'",
    "glibc = 2.17",
    "glibc = '2'",
    "glibc = '2.017'",
    "architectures = 'x86_64'",
    "architectures = [64]",
    "python = 'cp311'",
    "python = ['3.11']",
    "python = ['cp313t']",
    "python = ['-none']",
    "sdist = 'yes'",
    "wheels = 3",
    "wheels = [3]",
    'wheels = [{ python = ["cp311"] }]',
    'wheels = [{ python = ["cp311"], platforms = [] }]',
    'wheels = [{ python = ["cp311"], platforms = ["a.b"] }]',
    'wheels = [{ python = ["x"], platforms = ["win32"] }]',
    'wheels = [{ python = ["cp311"], platforms = ["win32"], abi = "x" }]',
    'payload = [{ name = "a", path = "b" }]',
    'payload = [{ name = "", path = "b", kind = "library" }]',
    'payload = [{ name = "a", path = "b", kind = "exe" }]',
    f'{PROGRAM}, source = "c.c" }}]',
    f'{PROGRAM}, target = "x" }}]',
    f"{PROGRAM}, mode = 3 }}]",
    f"{PROGRAM}, package = 3 }}]",
    f'{OBJECT} source = "c.c", package = "d" }}]',
    f'{OBJECT} source = "c.c", workspace = "d" }}]',
    f'{OBJECT} source = "" }}]',
    'ignore = [{ code = "WC301" }]',
    'ignore = [{ reason = "because" }]',
    'ignore = [{ code = "WC301", reason = " " }]',
    'ignore = [{ code = 301, reason = "a" }]',
    'ignore = [{ code = "WC301", reason = "a", paths = "*" }]',
    "build = 'rust'",
    "build = { workspaces = 'rust' }",
    "build = { workspace = 3 }",
    "build = { keep-environment = 'RUSTC' }",
    "build = { features = 'x' }",
    "build = { default-features = 'no' }",
    "build = { wheel = 'metadata' }",
    "build = { wheel = ['payload'] }",
    "smoke = []",
    "smoke = { command = [] }",
    "smoke.commands = 1",
    "smoke.commands = [1]",
    'smoke.commands = [{ run = ["a"] }]',
    'smoke.commands = [{ run = [], expect = "b" }]',
    'smoke.commands = [{ run = ["a"], expect = "" }]',
    f"{SMOKE}, status = '0' }}]",
    f"{SMOKE}, status = true }}]",
    f'{SMOKE}, needs = ["root"] }}]',
    f"{SMOKE}, expects = 'x' }}]",
)
# What takes the CPU table, a regular expression engine or the project's folder to see.
BEYOND = (
    "architectures = ['vax']",
    "build = { workspace = '../other' }",
    'smoke.commands = [{ run = ["a"], expect = "(" }]',
)


@pytest.mark.parametrize("text", GOOD)
def test_what_the_code_takes_the_schema_takes(tmp_path: Path, text: str) -> None:
    assert faults(tomllib.loads(text)) == []
    assert load(tmp_path, text).project == tmp_path.resolve()


@pytest.mark.parametrize("text", BAD)
def test_what_the_schema_refuses_the_code_refuses(tmp_path: Path, text: str) -> None:
    assert faults(tomllib.loads(text)) != []
    with pytest.raises(ConfigError):
        load(tmp_path, text)


@pytest.mark.parametrize("text", BEYOND)
def test_what_only_the_code_can_refuse_is_little(tmp_path: Path, text: str) -> None:
    assert faults(tomllib.loads(text)) == []
    with pytest.raises(ConfigError):
        load(tmp_path, text)


def test_every_key_of_the_schema_says_what_it_is_for() -> None:
    tables = [SCHEMA, *(PROPERTIES[key] for key in ("build",)), *SCHEMA["$defs"].values()]
    silent = [
        key
        for table in tables
        for key, value in table.get("properties", {}).items()
        if not {"description", "properties"} & set(value)
    ]
    assert silent == []
