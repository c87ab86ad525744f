from __future__ import annotations

import resource
import subprocess
import sys

import pytest
import reference


def test_a_command_that_ends_has_an_exit_status_and_a_cost() -> None:
    tally = reference.run([sys.executable, "-c", "x = bytearray(50_000_000); raise SystemExit(3)"])
    assert (tally.exit_status, tally.signal) == (3, None)
    assert tally.max_rss_kib > 48_000
    assert tally.minor_faults > 0
    assert tally.wall_seconds > 0


def test_a_command_that_is_killed_has_a_signal() -> None:
    tally = reference.run(["sh", "-c", "kill -9 $$"])
    assert (tally.exit_status, tally.signal) == (None, 9)


def test_a_command_that_does_not_exist_cannot_be_tallied() -> None:
    with pytest.raises(OSError, match="no-such-command"):
        reference.run(["no-such-command"])


def test_a_limit_set_in_a_process_holds_there() -> None:
    code = (
        "import reference, resource; reference.set_limit(resource.RLIMIT_NOFILE, reference.Limit(64, 128));"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    assert _python(code) == "(64, 128)"


def test_a_limit_is_read_as_the_kernel_has_it() -> None:
    limit = reference.read_limit(resource.RLIMIT_NOFILE)
    assert (limit.soft, limit.hard) == resource.getrlimit(resource.RLIMIT_NOFILE)


def test_an_unknown_resource_is_an_error() -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        reference.read_limit(999)


def test_privileges_once_given_up_are_gone_for_the_children_too() -> None:
    code = (
        "import reference; before = reference.privileges_forbidden(); reference.forbid_privileges();"
        "import subprocess; status = subprocess.run(['grep', 'NoNewPrivs', '/proc/self/status'], capture_output=True);"
        "print(before, reference.privileges_forbidden(), status.stdout.split()[-1])"
    )
    assert _python(code) == "False True b'1'"


def test_the_extension_module_knows_its_floor() -> None:
    found = reference.machine()
    assert found.floor == "2.17"
    assert [int(part) for part in found.running.split(".")] >= [2, 17]


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
