"""The turn of the threads that read a release: who has it, who gives it up, and how often that happens."""

from __future__ import annotations

import sys
from _thread import allocate_lock
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tests.support.zips import Member, zipped
from wheelcheck import turn as turns
from wheelcheck.engine import examine
from wheelcheck.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ("demo-1.0-py3-none-any.whl", "demo-1.0-1-py3-none-any.whl")
LARGE = bytes(range(256)) * 4_096  # a mebibyte
TIMEOUT = 60  # seconds until a thread that waits for ever is a failure


def test_one_thread_at_a_time_has_the_turn() -> None:
    turn, inside, most = Turn(), [0], [0]

    def work() -> None:
        for _ in range(200):
            with turn:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: work(), range(4)))
    assert (inside, most) == ([0], [1])


def test_another_thread_goes_on_while_the_turn_is_given_up() -> None:
    turn, went_on = Turn(), Event()

    def other() -> None:
        with turn:
            went_on.set()

    with ThreadPoolExecutor(1) as pool, turn:
        waiting = pool.submit(other)
        assert not went_on.wait(0.1)
        with turn.given_up:
            assert went_on.wait(TIMEOUT)
        waiting.result(TIMEOUT)


def test_an_error_while_the_turn_is_given_up_leaves_it_to_the_next_thread() -> None:
    turn = Turn()
    with pytest.raises(ValueError, match="broken"), turn, turn.given_up:
        raise ValueError("broken")

    def other() -> bool:
        with turn:
            return True

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(other).result(TIMEOUT)


@pytest.mark.parametrize(("has_lock", "is_needed"), [(None, True), (lambda: True, True), (lambda: False, False)])
def test_threads_take_no_turns_where_the_interpreter_has_no_lock(
    has_lock: Callable[[], bool] | None, *, is_needed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_lock is None:
        monkeypatch.delattr(sys, "_is_gil_enabled", raising=False)
    else:
        monkeypatch.setattr(sys, "_is_gil_enabled", has_lock, raising=False)
    assert isinstance(turns.new_turn(), Turn) is is_needed
    for name in NAMES:
        (tmp_path / name).write_bytes(zipped(Member(name=b"demo/large.bin", content=LARGE)))
    report = examine([tmp_path])
    assert [member.path for wheel in report.artifacts for member in wheel.members] == ["demo/large.bin"] * 2


class CountedLock:
    """A lock that counts how often it was taken."""

    taken = 0

    def __init__(self) -> None:
        self._lock = allocate_lock()

    def acquire(self) -> None:
        self._lock.acquire()
        CountedLock.taken += 1

    def release(self) -> None:
        self._lock.release()


@pytest.mark.parametrize(("small", "large"), [(5, 0), (500, 0), (5, 3)])
def test_a_turn_is_taken_for_each_file_and_large_member_and_not_for_small_ones(
    small: int, large: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "allocate_lock", CountedLock)
    monkeypatch.setattr(CountedLock, "taken", 0)
    for which, name in enumerate(NAMES):
        members = [Member(name=b"demo/%d.py" % n, content=b"n = %d, %d\n" % (which, n)) for n in range(small)]
        members += [Member(name=b"demo/%d.bin" % n, content=b"%d%d" % (which, n) + LARGE) for n in range(large)]
        (tmp_path / name).write_bytes(zipped(*members))
    report = examine([tmp_path])
    assert [len(wheel.members) for wheel in report.artifacts] == [small + large] * 2
    assert CountedLock.taken == len(NAMES) * (1 + large + 1)  # to read it, for each large member again, to judge it
