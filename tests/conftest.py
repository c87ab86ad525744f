"""The order of a test run, and when it counts.

In CI, a run that executed no test fails. Files with tests that build projects come first, so that with several
processes the longest file is not the last one to start.
"""

from __future__ import annotations

import os

import pytest

_EXECUTED = ("passed", "failed", "error", "xfailed", "xpassed")


def _count(session: pytest.Session, *outcomes: str) -> int:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    return sum(len(reporter.stats.get(outcome, ())) for outcome in outcomes) if reporter else 0


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
