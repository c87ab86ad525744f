"""Limits a process puts on itself; the Rust library `guard` is loaded with ctypes."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from functools import cache

from reference.bundled import bundled


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
    """Tell whether privileges were given up."""
    return bool(_checked(_library().guard_privileges_forbidden()))


def read_limit(resource: int) -> Limit:
    """Return the limit of a `resource.RLIMIT_…`. Raises OSError for one the kernel does not know."""
    limit = _Limit()
    _checked(_library().guard_read_limit(resource, ctypes.byref(limit)))
    return Limit(limit.soft, limit.hard)


def set_limit(resource: int, limit: Limit) -> None:
    """Set the limit of a `resource.RLIMIT_…`. Raises OSError where the kernel refuses."""
    _checked(_library().guard_set_limit(resource, ctypes.byref(_Limit(limit.soft, limit.hard))))


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(str(bundled("lib/libguard.so")))


def _checked(answer: int) -> int:
    if answer < 0:
        raise OSError(-answer, os.strerror(-answer))
    return answer
