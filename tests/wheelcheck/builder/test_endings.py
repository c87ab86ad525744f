"""What is excused and what is not, in the words of Python and of glibc's loader."""

from __future__ import annotations

import pytest

from wheelcheck.builder import endings
from wheelcheck.builder.run import BuildError, Outcome
from wheelcheck.platforms.arch import find

PYTHON = "ImportError: {}: cannot open shared object file: No such file or directory"
LOADER = (
    "/bin/tool: error while loading shared libraries: {}: cannot open shared object file: No such file or directory"
)


@pytest.mark.parametrize("said", [PYTHON, LOADER])
@pytest.mark.parametrize("cpu", ["x86_64", "aarch64", "riscv64"])
def test_a_library_that_the_tag_lets_a_wheel_expect_is_the_machines_lack(said: str, cpu: str) -> None:
    assert "this machine lacks libGL.so.1" in endings.excuse(said.format("libGL.so.1"), set(), find(cpu))
    for own in ("libown.so.3", "/tmp/venv/demo/_native.abi3.so", "libssl.so.1.1"):  # noqa: S108  # of a message
        assert not endings.excuse(said.format(own), set(), find(cpu))


@pytest.mark.parametrize(("module", "why"), [("numpy.core", "it needs numpy"), ("demo.absent", ""), ("demo", "")])
def test_a_module_of_another_package_is_no_fault_and_one_of_its_own_is(module: str, why: str) -> None:
    said = endings.excuse(f"Traceback …\nModuleNotFoundError: No module named '{module}'\n", {"demo"}, find("x86_64"))
    assert said.startswith(why)
    assert bool(said) == bool(why)


def test_only_the_last_line_is_a_reason() -> None:
    assert not endings.excuse(f"{PYTHON.format('libGL.so.1')}\nbut that was handled\n", set(), find("x86_64"))


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (Outcome(3, "\n".join(map(str, range(20)))), "exit status 3: 12\n13\n14\n15\n16\n17\n18\n19"),
        (Outcome(-11, " \n"), "killed by signal 11"),
        (BuildError("python -c SCRIPT x", "hung", "wait"), "python -c … x: hung; wait"),
    ],
)
def test_the_end_is_told_in_a_few_lines(ended: Outcome | BuildError, words: str) -> None:
    assert endings.how(ended, "SCRIPT") == words


@pytest.mark.parametrize(
    ("outcome", "broken"),
    [
        (Outcome(-4, ""), True),
        (Outcome(139, ""), True),
        (Outcome(127, "sh: not found"), True),
        (Outcome(1, "Traceback (most recent call last):\n"), True),
        (Outcome(1, LOADER), True),
        (Outcome(2, "unknown option --version"), False),
    ],
)
def test_a_program_that_could_not_run_is_not_one_that_refuses_an_option(outcome: Outcome, *, broken: bool) -> None:
    assert endings.is_broken(outcome) == broken
