"""Limits a process puts on itself; the Rust library `guard` is loaded with ctypes."""

from __future__ import annotations

import ctypes
import errno
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from reference.bundled import bundled
from reference.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

# Every way to a network; a call that this CPU lacks needs no denying.
NETWORK = ("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "io_uring_setup")
# Every way to look into, or to become, another process's world.
INTRUSION = ("ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "unshare", "setns", "bpf")


@dataclass(frozen=True)
class Limit:
    """How much of a resource a process may use: what holds now, and how far it may raise it."""

    soft: int
    hard: int


class _Limit(ctypes.Structure):
    _fields_ = (("soft", ctypes.c_uint64), ("hard", ctypes.c_uint64))


def forbid_privileges() -> None:
    """Give up for ever what setuid programs grant (PR_SET_NO_NEW_PRIVS), for this thread and its children."""
    _checked(_library().guard_forbid_privileges())


def privileges_forbidden() -> bool:
    """Return whether privileges were given up."""
    return bool(_checked(_library().guard_privileges_forbidden()))


def read_limit(resource: int) -> Limit:
    """Return the limit of a `resource.RLIMIT_…`. Raises OSError for one the kernel does not know."""
    limit = _Limit()
    _checked(_library().guard_read_limit(resource, ctypes.byref(limit)))
    return Limit(limit.soft, limit.hard)


def set_limit(resource: int, limit: Limit) -> None:
    """Set the limit of a `resource.RLIMIT_…`. Raises OSError where the kernel refuses."""
    _checked(_library().guard_set_limit(resource, ctypes.byref(_Limit(limit.soft, limit.hard))))


def call_number(name: str) -> int | None:
    """Return the number of a system call on this CPU, None where it has no such call (aarch64 and `open`).

    Raises ValueError for a name that the library does not know.
    """
    answer: int = _library().guard_call_number(name.encode())
    if answer == -errno.EINVAL:
        raise ValueError(f"{name!r} is no system call that can be denied")
    return None if answer == -errno.ENOSYS else answer


def deny_calls(names: Iterable[str]) -> None:
    """Let this thread and its children get EPERM, for ever, for these system calls (seccomp); privileges go too.

    Raises ValueError for an unknown name and Unavailable where the kernel takes no filter.
    """
    numbers = [number for name in names if (number := call_number(name)) is not None]
    try:
        _checked(_library().guard_deny_calls((ctypes.c_uint32 * len(numbers))(*numbers), len(numbers)))
    except OSError as problem:
        raise Unavailable("seccomp", str(problem)) from problem


def confine_writes(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Let this thread and its children write beneath these files and folders alone, for ever (Landlock).

    Reading stays as it is, and so do files that are open already; privileges go. Raises OSError for a path that is not
    there, and Unavailable where the kernel cannot keep all writes away (before Linux 6.2, or where Landlock is off).
    """
    names = [os.fsencode(path) for path in paths]
    try:
        _checked(_library().guard_confine_writes((ctypes.c_char_p * len(names))(*names), len(names)))
    except OSError as problem:
        if problem.errno != errno.EOPNOTSUPP:
            raise
        raise Unavailable("landlock", "this kernel has none, or one from before Linux 6.2") from problem


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(bundled("lib/libguard.so")))
    library.guard_call_number.argtypes = [ctypes.c_char_p]
    library.guard_confine_writes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_size_t]
    library.guard_deny_calls.argtypes = [ctypes.POINTER(ctypes.c_uint32), ctypes.c_size_t]
    for function in (library.guard_read_limit, library.guard_set_limit):
        function.argtypes = [ctypes.c_int, ctypes.POINTER(_Limit)]
    return library


def _checked(answer: int) -> int:
    if answer < 0:
        raise OSError(-answer, os.strerror(-answer))
    return answer
