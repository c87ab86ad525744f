from __future__ import annotations

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


@pytest.mark.usefixtures("failing_exec")
def test_a_command_that_does_not_exist_cannot_be_tallied() -> None:
    with pytest.raises(OSError, match="no-such-command"):
        reference.run(["no-such-command"])
