from __future__ import annotations

import os

import pytest

from tests.support import cross
from wheelcheck.builder.toolchain import host
from wheelcheck.platforms.arch import find


def test_a_test_that_lacks_what_can_be_installed_is_skipped_outside_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no std: run `python3 -m tools.roots cross`"):
        cross.lacking("no std")


def test_in_ci_it_fails_for_there_it_was_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"no std: run `python3 -m tools.roots cross`"):
        cross.lacking("no std")


def test_a_machine_without_an_emulator_is_such_a_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="install qemu-user-static"):
        cross.machine_for_other(dict(os.environ))


@pytest.mark.parametrize(("rustc", "expected"), [("rustc", True), ("/nonexistent/rustc", False), ("false", False)])
def test_a_compiler_has_a_std_if_its_files_exist(rustc: str, *, expected: bool) -> None:
    assert cross.has_std(rustc, host()) is expected
    assert not cross.has_std(rustc, find("s390x"))
