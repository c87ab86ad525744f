from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.fuzz import extraction
from tests.fuzz.extraction import RefusedError, Tally, Unpacked, compare, differences, inputs
from tests.fuzz.made import Made

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.posix
WHOLE = Unpacked("-", b"1", executable=True)


def test_what_passes_is_unpacked_to_the_same_files_by_all_that_unpack_it(tmp_path: Path) -> None:
    tally = Tally()
    for number, made in inputs("tests", range(1, 25)):
        compare(made, tmp_path, tally, number)
    assert tally.differences == []
    assert tally.counts["unpacked"] >= 2 * tally.counts["pass"] > 10


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"a": WHOLE}, []),
        ({"a": WHOLE._replace(content=b"2")}, ["'a': zipfile has -, 1 bytes, unzip has -, 1 bytes"]),
        ({"a": WHOLE._replace(kind="l")}, ["'a': zipfile has -, 1 bytes, unzip has l, 1 bytes"]),
        ({"a": WHOLE._replace(executable=False)}, ["'a': executable for some of unzip, bsdtar"]),
        ({}, ["'a': zipfile has -, 1 bytes, unzip has nothing", "'a': executable for some of unzip, bsdtar"]),
    ],
)
def test_each_way_in_which_trees_can_differ_is_seen(other: dict[str, Unpacked], expected: list[str]) -> None:
    without, whole = {"a": WHOLE._replace(executable=None)}, {"a": WHOLE}
    found = list(differences({"zipfile": without, "unzip": other, "bsdtar": whole}))
    assert sorted({line for line in found if not line.endswith("bsdtar has -, 1 bytes")}) == sorted(expected)


@pytest.mark.parametrize("name", [*extraction.available(extraction.WHEEL_TOOLS)])
def test_a_tool_that_refuses_is_noted(name: str, tmp_path: Path) -> None:
    file = tmp_path / "demo-1.0-py3-none-any.whl"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"x" * 4000)
    content = bytearray(buffer.getvalue())
    content[40] ^= 1  # in the data: the CRC-32 is another one
    file.write_bytes(content)
    with pytest.raises(RefusedError, match=f"^{name}: "):
        extraction._unpacked(name, extraction.WHEEL_TOOLS[name], file)  # noqa: SLF001 - one tool of many


def test_what_the_gate_refuses_is_not_unpacked(tmp_path: Path) -> None:
    tally = Tally()
    compare(Made("demo-1.0-py3-none-any.whl", b"no zip", ""), tmp_path, tally, 0)
    assert tally.counts == {"inputs": 1}
