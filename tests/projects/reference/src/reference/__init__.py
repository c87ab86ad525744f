"""What a command does and costs, what it may do, and what this package was compiled for."""

from __future__ import annotations

from reference.checkpoint import Checkpoint, Thread, checkpoint
from reference.guard import (
    INTRUSION,
    NETWORK,
    Limit,
    call_number,
    confine_writes,
    deny_calls,
    forbid_privileges,
    privileges_forbidden,
    read_limit,
    set_limit,
)
from reference.machine import Machine, machine
from reference.objects import BpfObject, bpf_object
from reference.packets import Packets, count_packets, veth_pair
from reference.sandbox import Policy, sandbox
from reference.tally import Tally, run
from reference.trace import Backend, File, Process, Report, trace
from reference.unavailable import Unavailable

__all__ = [
    "INTRUSION",
    "NETWORK",
    "Backend",
    "BpfObject",
    "Checkpoint",
    "File",
    "Limit",
    "Machine",
    "Packets",
    "Policy",
    "Process",
    "Report",
    "Tally",
    "Thread",
    "Unavailable",
    "bpf_object",
    "call_number",
    "checkpoint",
    "confine_writes",
    "count_packets",
    "deny_calls",
    "forbid_privileges",
    "machine",
    "privileges_forbidden",
    "read_limit",
    "run",
    "sandbox",
    "set_limit",
    "trace",
    "veth_pair",
]
