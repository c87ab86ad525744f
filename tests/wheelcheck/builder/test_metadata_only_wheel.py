from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import hatch_probe
from wheelcheck.builder import backend, interpreters
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# A backend that would leave a mark if it were asked to build, and prepares what the rest of the row says.
BACKEND = """
from pathlib import Path
def build_wheel(folder, config_settings=None, metadata_directory=None):
    raise SystemExit("asked to compile")
"""
PREPARES = """
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = Path(folder, "probe-1.0.dist-info")
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: probe\\nVersion: 1.0\\n")
    {more}
    return info.name
"""
WHEEL = '(info / "WHEEL").write_text("Wheel-Version: 1.0\\nTag: {tag}\\n")'
IN_TREE = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'


def project(folder: Path, backend: str) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(IN_TREE)
    (folder / "own.py").write_text(backend)
    return folder


def prepared(tree: Path, folder: Path, env: Mapping[str, str]) -> Path:
    """Return the wheel of metadata that the backend of `tree` gives in an environment, in `folder/out`."""
    python = interpreters.find(("py3", "none"), os.environ)
    environment = backend.Environment(folder / "environment", os.environ, print)
    environment.make(python)
    return backend.Request(tree, environment, env, {}).metadata_only_wheel(folder / "out")


def prepares(more: str) -> str:
    return BACKEND + PREPARES.format(more=more)


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("py3-none-linux_x86_64", "probe-1.0-py3-none-linux_x86_64.whl"),
        ("py2.py3-none-any", "probe-1.0-py2.py3-none-any.whl"),
        ("py2-none-any\\nTag: py3-none-any", "probe-1.0-py2.py3-none-any.whl"),
    ],
)
def test_the_backend_gives_its_metadata_and_is_not_asked_to_compile(tmp_path: Path, tag: str, name: str) -> None:
    tree = project(tmp_path / "tree", prepares(WHEEL.format(tag=tag)))
    wheel = prepared(tree, tmp_path, os.environ)
    assert wheel == tmp_path / "out" / name
    with zipfile.ZipFile(wheel) as archive:
        assert archive.namelist() == ["probe-1.0.dist-info/METADATA", "probe-1.0.dist-info/WHEEL"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (BACKEND, 'its build backend has no prepare_metadata_for_build_wheel; remove wheel = "payload"'),
        (prepares("pass"), "no WHEEL file with a Tag"),
        (prepares('(info / "WHEEL").write_text("Wheel-Version: 1.0\\n")'), "no WHEEL file with a Tag"),
        (prepares('raise SystemExit("it says why")'), "it says why"),
    ],
    ids=["no hook", "no WHEEL", "no Tag", "a failure"],
)
def test_a_backend_that_cannot_is_an_error_that_says_why(tmp_path: Path, source: str, message: str) -> None:
    tree = project(tmp_path / "tree", source)
    with pytest.raises(BuildError, match=message):
        prepared(tree, tmp_path, os.environ)


def test_the_backend_runs_in_the_environment_it_is_given(tmp_path: Path) -> None:
    reads = 'import os; assert os.environ["WANTED"] == "1" and "UNWANTED" not in os.environ\n    '
    tree = project(tmp_path / "tree", prepares(reads + WHEEL.format(tag="py3-none-any")))
    os.environ["UNWANTED"] = "1"
    try:
        env = {name: value for name, value in os.environ.items() if name != "UNWANTED"}
        assert prepared(tree, tmp_path, {**env, "WANTED": "1"}).is_file()
    finally:
        del os.environ["UNWANTED"]


def test_a_requirement_that_cannot_be_had_is_an_error_that_names_it(tmp_path: Path) -> None:
    tree = project(tmp_path / "tree", prepares("pass"))
    table = (tree / "pyproject.toml").read_text()
    (tree / "pyproject.toml").write_text(table.replace("[]", '["./no-such-folder"]', 1))
    with pytest.raises(BuildError, match="no-such-folder"):
        prepared(tree, tmp_path, os.environ)


@pytest.mark.network
@pytest.mark.parametrize(
    ("wheel", "held"), [("payload", ["probe/bin/probe"]), ("backend", ["probe/__init__.py", "probe/bin/probe"])]
)
def test_a_wheel_of_payload_holds_no_file_of_the_backend(tmp_path: Path, wheel: str, held: list[str]) -> None:
    folder = hatch_probe(tmp_path / "p", more=f'[tool.wheelcheck.build]\nwheel = "{wheel}"\n')
    if wheel == "payload":  # hatchling, as it is, prepares no WHEEL
        table = (folder / "pyproject.toml").read_text()
        table = table.replace('"hatchling.build"', '"own"\nbackend-path = ["."]')
        (folder / "pyproject.toml").write_text(table)
        (folder / "own.py").write_text(
            "from hatchling.build import build_sdist\n" + prepares(WHEEL.format(tag="py3-none-any"))
        )
    build = Build.of(folder)
    build.build()
    build.sdist()
    (built,) = build.wheels()
    with zipfile.ZipFile(built) as archive:
        assert [name for name in archive.namelist() if ".dist-info/" not in name] == held
