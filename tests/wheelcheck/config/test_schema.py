"""The schema that ships says what the code accepts: the same keys, and of every table the same verdict."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import schemas
from tests.support.checkout import ROOT
from wheelcheck.config import builder, fields
from wheelcheck.config.files import OWN, SHARED, ConfigError, read

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jsonschema import Draft202012Validator

SCHEMA: dict[str, Any] = json.loads((files("wheelcheck.config") / "schema" / "config-1.json").read_text("utf-8"))
PAGE = ROOT / "docs" / "checking.md"
REFERENCE = ROOT / "tests" / "projects" / "reference"

OBJECT = 'payload = [{ name = "a", path = "b", kind = "object", '
PROGRAM = 'payload = [{ name = "a", path = "b", kind = "executable"'
SMOKE = 'smoke.commands = [{ run = ["a"], expect = "b"'


@cache
def validator() -> Draft202012Validator:
    return schemas.draft2020(SCHEMA)


def faults(document: object) -> list[str]:
    return schemas.faults(validator(), document)


def load(folder: Path, text: str) -> builder.Settings:
    """Read the text as a wheelcheck.toml by the gate and by the builder."""
    (folder / OWN).write_text(text, "utf-8")
    return builder.load(folder)


# --- what ships ---


def test_the_schema_is_one_of_the_2020_12_draft() -> None:
    assert validator().schema == SCHEMA
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == "urn:wheelcheck:config:1"


def test_the_schema_that_ships_is_what_the_rows_say() -> None:
    assert json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n" == fields.generate()


def tables_of(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every table that a schema describes, itself first."""
    yield schema
    for value in schema["properties"].values():
        inner = value.get("items", value)
        if "properties" in inner:
            yield from tables_of(inner)


def test_every_table_of_the_schema_takes_its_own_keys_only_and_says_what_each_is_for() -> None:
    tables = list(tables_of(SCHEMA))
    assert [list(table["properties"]) for table in tables][1:] == [
        ["python", "platforms"],
        [
            *("name", "kind", "path", "package", "workspace", "source"),
            *("command", "directory", "environment", "from", "target"),
        ],
        ["code", "reason", "path", "artifact"],
        ["code", "level", "reason", "path", "artifact"],
        ["folder", "proofs", "native"],
        ["package", "path", "kind"],
        [
            *("workspace", "keep-environment", "features", "default-features", "wheel"),
            *("config-settings", "environment", "directory", "accept-warnings"),
        ],
        ["commands"],
        ["run", "expect", "status", "needs"],
    ]
    assert {table["additionalProperties"] for table in tables} == {False}
    assert [key for table in tables for key, value in table["properties"].items() if not value["description"]] == []


# --- the same verdict ---


def test_the_settings_of_the_reference_project_are_what_the_schema_says() -> None:
    table, place = read(REFERENCE / SHARED)
    assert faults(table) == []
    assert {"payload", "build", "smoke"} <= set(table)
    assert str(place).endswith("pyproject.toml: tool.wheelcheck")


def test_the_examples_of_the_documentation_are_what_schema_and_code_take(tmp_path: Path) -> None:
    must_be_there, may_be_there = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    example = must_be_there + may_be_there
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
    f'{PROGRAM}, command = ["make", "OUT={{output}}"] }}]',
    f'{PROGRAM}, command = ["cp", "x", "{{output}}"], directory = "d", environment = {{ A = "" }} }}]',
    f'{OBJECT} command = ["clang", "-o", "{{output}}"] }}]',
    f'{PROGRAM}, from = "backend" }}]',
    'outputs = [{ package = "a", path = "b/c.o", kind = "object" }]\nbuild = { directory = "python" }',
    'build = { accept-warnings = ["^a.b"] }',
    'ignore = [{ code = "WC301", reason = "a cross compiler" }]',
    'strict = true\nseverity = [{ code = "WC302", level = "warning", reason = "the launcher sets it" }]',
    'severity = [{ code = "WC302", level = "error", reason = "a", path = "a/*", artifact = "*-any.whl" }]',
    'ignore = [{ code = "WC301", reason = "a", path = "a/*", artifact = "*-any.whl" }]',
    'build = { workspace = "rust", keep-environment = ["RUSTC"] }',
    'build = { features = ["x", "crate/y"], default-features = false, wheel = "payload" }',
    'build = { default-features = true, wheel = "backend" }',
    'build = { config-settings = { "--build-option" = "--py-limited-api=cp310", setup-args = ["-Da=b", "-Dc=d"] } }',
    'build = { config-settings = {}, environment = { WITH_TLS = "1", EMPTY = "" } }',
    f'{SMOKE}, status = -1, needs = ["ptrace"] }}]',
    f"build = {{}}\n{SMOKE} }}]",
)
BAD = (
    'outputs = [{ package = "a", path = "/b", kind = "object" }]',
    'outputs = [{ path = "b", kind = "object" }]',
    'build = { accept-warnings = [""] }',
    f"{PROGRAM}, command = [] }}]",
    f'{PROGRAM}, command = "make {{output}}" }}]',
    f'{PROGRAM}, command = ["make"] }}]',
    f'{PROGRAM}, command = ["make", "{{output}}"], package = "c" }}]',
    f'{PROGRAM}, command = ["make", "{{output}}"], from = "backend" }}]',
    f'{PROGRAM}, directory = "d" }}]',
    f"{PROGRAM}, environment = {{}} }}]",
    f'{PROGRAM}, from = "cargo" }}]',
    f'{PROGRAM}, from = "backend", package = "c" }}]',
    f'{OBJECT} source = "c.bpf.c", from = "backend" }}]',
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
    'severity = [{ code = "WC302", reason = "a" }]',
    'severity = [{ code = "WC302", level = "warning" }]',
    'severity = [{ code = "WC302", level = "off", reason = "a" }]',
    'strict = "yes"',
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
    "build = { config-settings = 'x' }",
    "build = { config-settings = { x = 1 } }",
    "build = { config-settings = { x = ['y', 1] } }",
    "build = { environment = ['A=1'] }",
    "build = { environment = { A = 1 } }",
    "build = { environment = { A = ['1'] } }",
    "build = { workspace = '' }",
    "build = { workspace = '/rust' }",
    "build = { workspace = 'rust\\crate' }",
    "build = { features = [''] }",
    'payload = [{ name = "a", path = "b\\\\c", kind = "library" }]',
    'payload = [{ name = "a", path = "/b", kind = "library" }]',
    'payload = [{ name = "a", path = "C:/b", kind = "library" }]',
    'payload = [{ name = "a", path = "../b", kind = "library" }]',
    'ignore = [{ code = "WC3*", reason = "a" }]',
    "architectures = ['']",
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
# What only the CPU table, a regular expression engine, the other entries or the project's folder can tell.
BEYOND = (
    "architectures = ['vax']",
    "build = { workspace = '../other' }",
    f"{PROGRAM} }}, {{ name = 'c', path = 'b', kind = 'library' }}]",
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
def test_what_only_the_code_can_refuse_is_listed(tmp_path: Path, text: str) -> None:
    assert faults(tomllib.loads(text)) == []
    with pytest.raises(ConfigError):
        load(tmp_path, text)


# --- validate-pyproject ---


@pytest.fixture
def validated(tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run validate-pyproject over a table, with the entry point of this checkout as an installed wheelcheck has it."""
    entry_points = tomllib.loads((ROOT / SHARED).read_text("utf-8"))["project"]["entry-points"]
    lines = [
        line for group, points in entry_points.items() for line in (f"[{group}]", *map(" = ".join, points.items()))
    ]
    (tmp_path / "wheelcheck_here-1.dist-info").mkdir()
    (tmp_path / "wheelcheck_here-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: wheelcheck-here\n")
    (tmp_path / "wheelcheck_here-1.dist-info" / "entry_points.txt").write_text("\n".join(lines))

    def run(table: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / SHARED).write_text(f"[tool.wheelcheck]\n{table}", "utf-8")
        words = [sys.executable, "-m", "validate_pyproject", str(tmp_path / SHARED), "-E", "wheelcheck"]
        path = os.pathsep.join([str(tmp_path), str(ROOT)])
        return subprocess.run(
            words, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
        )

    return run


def test_validate_pyproject_takes_what_wheelcheck_takes_and_names_the_key_that_it_refuses(
    validated: Callable[[str], subprocess.CompletedProcess[str]],
) -> None:
    pytest.importorskip("validate_pyproject", reason="validate-pyproject is not installed")
    good = validated('glibc = "2.28"\nignore = [{ code = "WC301", reason = "a cross compiler" }]\n')
    assert good.returncode == 0, good.stderr
    bad = validated('glibc = "2.28"\nignore = [{ code = "WC301" }]\n')
    assert bad.returncode != 0
    assert "tool.wheelcheck.ignore[0]` must contain ['reason']" in bad.stdout + bad.stderr


@pytest.mark.parametrize(("texts", "accepted"), [(GOOD, True), (BAD, False)], ids=["good", "bad"])
def test_the_draft_that_validate_pyproject_uses_gives_the_same_verdict(texts: tuple[str, ...], accepted: bool) -> None:  # noqa: FBT001
    schema = fields.for_validate_pyproject("wheelcheck")
    validator = schemas.draft7(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert [text for text in texts if validator.is_valid(tomllib.loads(text)) is not accepted] == []
