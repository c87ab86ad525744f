from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import pytest
import reference

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_limit_set_in_a_process_holds_there(python: Callable[[str], str]) -> None:
    code = (
        "import reference, resource; reference.set_limit(resource.RLIMIT_NOFILE, reference.Limit(64, 128));"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    assert python(code) == "(64, 128)"


def test_a_limit_is_read_as_the_kernel_has_it() -> None:
    limit = reference.read_limit(resource.RLIMIT_NOFILE)
    assert (limit.soft, limit.hard) == resource.getrlimit(resource.RLIMIT_NOFILE)


def test_an_unknown_resource_is_an_error() -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        reference.read_limit(999)


def test_privileges_once_given_up_are_gone_for_the_children_too(python: Callable[[str], str]) -> None:
    code = (
        "import reference; before = reference.privileges_forbidden(); reference.forbid_privileges();"
        "import subprocess; status = subprocess.run(['grep', 'NoNewPrivs', '/proc/self/status'], capture_output=True);"
        "print(before, reference.privileges_forbidden(), status.stdout.split()[-1])"
    )
    assert python(code) == "False True b'1'"


def test_a_system_call_has_the_number_of_this_cpu_or_none() -> None:
    numbers = {"x86_64": (257, 2), "aarch64": (56, None)}
    expected = numbers[reference.machine().cpu]
    assert (reference.call_number("openat"), reference.call_number("open")) == expected


def test_a_misspelt_system_call_is_an_error_and_not_one_that_this_cpu_lacks() -> None:
    with pytest.raises(ValueError, match="'opne' is no system call"):
        reference.call_number("opne")


@pytest.mark.usefixtures("seccomp")
def test_a_process_denies_itself_a_call_for_ever(python: Callable[[str], str]) -> None:
    code = """
import reference, socket
socket.socket().close()
reference.deny_calls(["socket"])
try:
    socket.socket()
except PermissionError as refused:
    print(refused.strerror, reference.privileges_forbidden())
"""
    assert python(code) == "Operation not permitted True"
