from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import INPUTS
from tests.support.native import native
from wheelcheck.builder import containers, in_container, stage
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.cli import main as check
from wheelcheck.config import Payload
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from pathlib import Path

TARGET = Target(find("aarch64"), (2, 17))
FINISHED = "demo-1.0-cp311-cp311-manylinux2014_aarch64.manylinux_2_17_aarch64.whl"
DATE = (2020, 1, 2, 3, 4, 6)
CP311 = "cp311-manylinux_aarch64"
EXTENSION = "demo/_ext.cpython-311-aarch64-linux-gnu.so"


def plan(**changes: object) -> in_container.Plan:
    facts = {
        "arch": "aarch64",
        "floor": (2, 17),
        "source": INPUTS.digest,
        "date": DATE,
        "pairs": {"cp311": ("cp311", "cp311")},
        "inventories": {FINISHED: {"sboms/x.json": "{}"}},
        **changes,
    }
    return in_container.Plan(**facts)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the builder prepares: a stage and a plan; beside them a wheel as auditwheel leaves it."""
    (tmp_path / "tool").write_bytes(native("aarch64"))
    payload = Payload("tool", "executable", "demo/bin/tool", "tool")
    stage.stage({payload: tmp_path / "tool"}, TARGET, INPUTS, tmp_path / "stage")
    plan().write(tmp_path)
    repaired(tmp_path)
    (tmp_path / "out").mkdir()
    return tmp_path


def repaired(folder: Path, tags: str = "cp311-cp311-manylinux_2_5_aarch64", extension: bytes = b"") -> Path:
    wheel = folder / f"demo-1.0-{tags}.whl"
    texts = {
        "METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(EXTENSION, extension or native("aarch64", "library"))
        for file, text in texts.items():
            archive.writestr(f"demo-1.0.dist-info/{file}", text)
    return wheel


def wheel_in(folder: Path) -> Path:
    return next(folder.glob("*.whl"))


def test_a_plan_is_read_as_it_was_written(folder: Path) -> None:
    assert in_container.read(folder) == plan()


def test_the_finished_wheel_has_payload_inventory_date_and_the_tag_of_the_floor(folder: Path) -> None:
    finished = in_container.finish(wheel_in(folder), folder, CP311, folder / "out")
    assert finished == folder / "out" / FINISHED
    with zipfile.ZipFile(finished) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        assert archive.read("demo/bin/tool") == native("aarch64")
        assert archive.read("demo-1.0.dist-info/sboms/x.json") == b"{}"
    assert infos["demo/bin/tool"].external_attr >> 16 == 0o100755
    assert {info.date_time for info in infos.values()} == {DATE}
    assert check(["check", "--no-config", str(finished)]) == 0


@pytest.mark.parametrize(
    ("tags", "extension", "message"),
    [
        ("cp312-cp312-linux_aarch64", b"", "the backend built for cp312-cp312, the configuration asks for cp311-cp311"),
        ("cp311-cp311-linux_aarch64", native("x86_64", "library"), "it is code for x86_64, not for aarch64"),
        (
            "cp311-cp311-linux_aarch64",
            native("aarch64", "library", (2, 28), "newer"),
            "it needs glibc 2.26, above the floor 2.17",
        ),
    ],
)
def test_a_wheel_of_another_python_cpu_or_floor_is_refused(
    folder: Path, tags: str, extension: bytes, message: str
) -> None:
    wheel_in(folder).unlink()
    with pytest.raises(BuildError, match=message):
        in_container.finish(repaired(folder, tags, extension), folder, CP311, folder / "out")


@pytest.mark.parametrize("identifier", ["", "cp312-manylinux_aarch64"])
def test_an_interpreter_that_is_not_planned_is_refused(folder: Path, identifier: str) -> None:
    with pytest.raises(BuildError, match="is not planned, only cp311"):
        in_container.finish(wheel_in(folder), folder, identifier, folder / "out")


def test_a_payload_that_was_swapped_on_its_way_into_the_container_is_refused(folder: Path) -> None:
    (folder / "stage" / "tree" / "demo" / "bin" / "tool").write_bytes(native("x86_64"))
    with pytest.raises(BuildError, match="it is code for x86_64"):
        in_container.finish(wheel_in(folder), folder, CP311, folder / "out")


def test_a_wheel_without_an_inventory_of_its_name_is_refused_unless_there_are_none(folder: Path) -> None:
    plan(inventories={"other.whl": {}}).write(folder)
    with pytest.raises(BuildError, match=r"no such wheel is planned, only other\.whl"):
        in_container.finish(wheel_in(folder), folder, CP311, folder / "out")
    plan(inventories={}).write(folder)
    assert in_container.finish(wheel_in(folder), folder, CP311, folder / "out").name == FINISHED


@pytest.mark.parametrize("text", [None, "", "[]", "{}", json.dumps({"floor": 3, "date": []})])
def test_a_plan_that_cannot_be_read_is_an_error(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "plan.json").write_text(text)
    with pytest.raises(BuildError, match="the plan cannot be read"):
        in_container.read(tmp_path)


def test_it_runs_as_a_program_only_from_the_copies(folder: Path) -> None:
    containers.copy_tools(folder / "tools")
    words = [sys.executable, "-I", "-c", _FROM_COPIES, str(folder / "tools"), str(wheel_in(folder)), str(folder)]
    done = subprocess.run([*words, str(folder / "out"), CP311], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{folder / 'out' / FINISHED}\n"), done.stderr
    assert {path.name for path in (folder / "tools").iterdir()} == {"wheelcheck", "elftools", "packaging"}


# No site-packages: what the container does not have must not be found here either.
_FROM_COPIES = """
import sys
sys.path = [path for path in sys.path if "site-packages" not in path]
sys.path.insert(0, sys.argv[1])
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in str(finder).lower()]
from wheelcheck.builder import in_container
assert not {"tomllib", "rich"} & set(sys.modules), "the oldest Python of a container has neither"
assert in_container.__file__.startswith(sys.argv[1]), in_container.__file__
sys.exit(in_container.main(sys.argv[2:5], sys.argv[5]))
"""


def test_a_refusal_is_printed_with_the_status_that_stops_cibuildwheel(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(wheel_in(folder)), str(folder), str(folder / "out")]
    assert in_container.main(words, CP311) == 0
    assert in_container.main(words, "cp312-manylinux_aarch64") == 1
    assert "error: CIBUILDWHEEL_BUILD_IDENTIFIER: '" in capsys.readouterr().err
