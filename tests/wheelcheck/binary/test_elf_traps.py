"""Three files that mislead or exhaust readers which trust section headers and counts (docs/design.md, decisions).

Each is read in a process of its own, whose parent reads its resource use: a limit of 128 MB is asserted, a time limit
is the alarm that ends the child.
"""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from tests.support.elf_traps import decoy, endless, huge_names, needs_2_34, overlapping_names, sectionless
from wheelcheck.binary import read_binary
from wheelcheck.binary.elf_dynamic import STRINGS_LIMIT
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from pathlib import Path

READ = """
import json, signal, sys
signal.alarm(20)
from wheelcheck.binary import read_binary
from wheelcheck.source import Bytes
with open(sys.argv[1], "rb") as file:
    binary = read_binary("x", Bytes(file.read()))
print(json.dumps({
    "kinds": [damage.kind for damage in binary.damage],
    "versions": [need.version for slice_ in binary.slices for need in slice_.versions],
    "dynamic": all(slice_.dynamic for slice_ in binary.slices),
}))
"""
# A parent of its own: what wait4 says of a child includes the memory of the process that forked it.
MEASURE = """
import json, os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdout=subprocess.PIPE)
said = child.stdout.read()
_, status, usage = os.wait4(child.pid, 0)
print(json.dumps({"status": status, "kilobytes": usage.ru_maxrss, "said": json.loads(said or "null")}))
"""


def measured(content: bytes, folder: Path) -> dict[str, Any]:
    """Read a file in a child and return what it found, having asserted that it ended well and stayed small."""
    (folder / "x").write_bytes(content)
    command = [sys.executable, "-c", MEASURE, READ, str(folder / "x")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    report = json.loads(done.stdout)
    assert report["status"] == 0
    assert report["kilobytes"] < 128 * 1024
    found: dict[str, Any] = report["said"]
    return found


def newest(versions: list[str]) -> tuple[int, ...]:
    return max(tuple(map(int, version.removeprefix("GLIBC_").split("."))) for version in versions)


def pyelftools_versions(content: bytes) -> list[str]:
    sections = (part for part in ELFFile(BytesIO(content)).iter_sections() if isinstance(part, GNUVerNeedSection))
    return [str(need.name) for part in sections for _, needs in part.iter_versions() for need in needs]


@pytest.mark.posix
def test_352_bytes_that_keep_pyelftools_busy_for_ever_are_read_at_once(tmp_path: Path) -> None:
    content = endless()
    assert len(content) == 352
    (part,) = (part for part in ELFFile(BytesIO(content)).iter_sections() if isinstance(part, GNUVerNeedSection))
    assert len(list(islice(part.iter_versions(), 5000))) == 5000
    found = measured(content, tmp_path)
    assert found["kinds"] == ["elf-segment", "elf-dynamic"]


@pytest.mark.posix
def test_300_kilobytes_that_cost_pyelftools_gigabytes_reach_a_cap_in_little_memory(tmp_path: Path) -> None:
    content = huge_names()
    assert len(content) < 320_000
    (part,) = (part for part in ELFFile(BytesIO(content)).iter_segments() if isinstance(part, DynamicSegment))
    tags: Any = islice((tag for tag in part.iter_tags() if tag.entry.d_tag == "DT_NEEDED"), 1, 3)
    assert [len(tag.needed) for tag in tags] == [140_000, 140_000]
    found = measured(content, tmp_path)
    assert set(found["kinds"]) == {"elf-limit"}
    assert not found["dynamic"]


@pytest.mark.parametrize("count", [500, 1_000])
def test_names_that_overlap_do_not_take_more_memory_than_all_names_may(count: int) -> None:
    binary = read_binary("x.so", Bytes(overlapping_names(count)))
    assert binary is not None
    limit = f"strings of more than {STRINGS_LIMIT} bytes in the dynamic segment"
    assert [damage.why for damage in binary.damage if damage.kind == "elf-limit" and limit in damage.why] != []
    assert sum(map(len, set(binary.slices[0].needed))) <= STRINGS_LIMIT


@pytest.mark.posix
def test_the_good_twin_of_the_traps_needs_glibc_2_34_in_everyones_eyes(tmp_path: Path) -> None:
    found = measured(needs_2_34(), tmp_path)
    assert newest(found["versions"]) == newest(pyelftools_versions(needs_2_34())) == (2, 34)
    assert found["kinds"] == []


@pytest.mark.posix
@pytest.mark.parametrize(("trap", "fooled"), [(sectionless, []), (decoy, ["GLIBC_2.5"])], ids=["removed", "decoy"])
def test_a_library_that_needs_glibc_2_34_does_so_whatever_its_section_headers_say(
    trap: Any,  # noqa: ANN401 - a maker of bytes
    fooled: list[str],
    tmp_path: Path,
) -> None:
    assert pyelftools_versions(trap()) == fooled
    found = measured(trap(), tmp_path)
    assert newest(found["versions"]) == (2, 34)
    assert (found["kinds"], found["dynamic"]) == ([], True)


@pytest.mark.parametrize("trap", [sectionless, decoy])
def test_reading_a_trap_in_this_process_gives_the_same_as_its_good_twin(trap: Any) -> None:  # noqa: ANN401
    assert read_binary("x", Bytes(trap())) == read_binary("x", Bytes(needs_2_34()))
