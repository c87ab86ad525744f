"""The order of a test run, what is measured of it, and when it counts.

In CI, a run that executed no test fails. Files with tests that build projects come first, so that with several
processes the longest file is not the last one to start.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

import wheelcheck

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXECUTED = ("passed", "failed", "error", "xfailed", "xpassed")


def _count(session: pytest.Session, *outcomes: str) -> int:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    return sum(len(reporter.stats.get(outcome, ())) for outcome in outcomes) if reporter else 0


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Collect without measuring coverage and without looking for garbage: half the time, in each process.

    What is run on import is measured before. What is alive after the collection stays so, and is not looked at again.
    """
    measured = sys.modules.get("coverage") and sys.modules["coverage"].Coverage.current()
    if session.config.pluginmanager.hasplugin("dsession"):  # of pytest-xdist: other processes collect
        return (yield)
    gc.disable()
    if measured:
        _import_all()
        measured.stop()
    try:
        return (yield)
    finally:
        if measured:
            measured.start()
        gc.enable()
        gc.freeze()


def _import_all() -> None:
    for module in pkgutil.walk_packages(wheelcheck.__path__, "wheelcheck."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):  # an extra that is not for this Python
                importlib.import_module(module.name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    building = {item.path for item in items if item.get_closest_marker("network")}
    items.sort(key=lambda item: item.path not in building)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    worker = hasattr(session.config, "workerinput")  # of pytest-xdist: the process that started it counts
    if os.environ.get("CI") and not worker and not _count(session, *_EXECUTED):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    stats = terminalreporter.stats
    executed = sum(len(stats.get(outcome, ())) for outcome in _EXECUTED)
    terminalreporter.line(f"executed {executed}, skipped {len(stats.get('skipped', ()))}")
