"""What a command costs, what this process may do, and what this package was compiled for."""

from __future__ import annotations

from reference.guard import Limit, forbid_privileges, privileges_forbidden, read_limit, set_limit
from reference.machine import Machine, machine
from reference.tally import Tally, run

__all__ = [
    "Limit",
    "Machine",
    "Tally",
    "forbid_privileges",
    "machine",
    "privileges_forbidden",
    "read_limit",
    "run",
    "set_limit",
]
