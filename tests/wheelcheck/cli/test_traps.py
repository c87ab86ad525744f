from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import elf_traps as traps
from tests.support import native
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.commandline import environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# --- traps ---

# Runs a command and says how it ended and how much memory it had; a parent that is small, for a child begins as it.
MEASURE = """
import json, os, sys
child = os.fork()
if not child:
    out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
    os.dup2(out, 1)
    os.execv(sys.executable, [sys.executable, "-m", "wheelcheck", "check", sys.argv[2], "--format", "json"])
_, status, usage = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss]))
"""


def _measured(folder: Path, wheel: Path) -> tuple[int, int, dict[str, Any]]:
    """Return the exit code, the peak memory in kB and the report."""
    measured = [sys.executable, "-S", "-c", MEASURE, str(folder / "report.json"), str(wheel)]
    done = subprocess.run(measured, cwd=folder, capture_output=True, check=True, timeout=60, env=environment())
    code, memory = json.loads(done.stdout)
    return code, memory, json.loads((folder / "report.json").read_bytes())


@pytest.mark.posix
@pytest.mark.parametrize(
    ("make", "code", "rules"),
    [
        (traps.endless, 1, {"WC305"}),
        (traps.sectionless, 1, {"WC401"}),
        (traps.decoy, 1, {"WC401"}),
        (traps.needs_2_34, 1, {"WC401"}),
        (native.library, 0, set()),
    ],
)
def test_a_trap_in_a_wheel_gets_the_right_answer_in_little_memory(
    tmp_path: Path, make: Callable[[], bytes], code: int, rules: set[str]
) -> None:
    wheel = a_wheel(X86_64, File("demo/libtrap.so", make)).write(tmp_path)
    found, memory, report = _measured(tmp_path, wheel)
    assert (found, {hit["code"] for hit in report["findings"] if hit["severity"] == "error"}) == (code, rules)
    assert memory < 128 * 1024


@pytest.mark.posix
def test_the_300_kilobyte_trap_in_a_wheel_is_not_verified_in_little_memory(tmp_path: Path) -> None:
    wheel = a_wheel(X86_64, File("demo/libtrap.so", traps.huge_names)).write(tmp_path)
    code, memory, report = _measured(tmp_path, wheel)
    assert (code, report["verdict"]) == (2, "unverified")
    assert {gap["path"] for gap in report["gaps"]} == {"demo/libtrap.so"}
    assert memory < 128 * 1024
