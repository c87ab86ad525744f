"""Run a command that may not do everything: system calls denied, resources limited, files kept, no new privileges."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from reference import guard
from reference.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A new interpreter, not a fork of this one: code between fork and exec is unsafe in a process with threads.
_ENTER = """
import json, sys
told = json.loads(sys.argv[1])
sys.path[:] = told["modules"]
from reference.sandbox import enter
enter(told, sys.argv[2:])
"""


@dataclass(frozen=True)
class Policy:
    """What a sandbox takes away: names of system calls (`guard.NETWORK`, …), and limits by `resource.RLIMIT_…`.

    With `writable` nothing can be written but these files, what is beneath these folders, and `/dev/null`.
    """

    deny: tuple[str, ...] = guard.NETWORK + guard.INTRUSION
    limits: Mapping[int, guard.Limit] = field(default_factory=dict)
    writable: tuple[str, ...] | None = None

    def apply(self) -> None:
        """Put it on this thread and its children, for ever. Raises as the functions of `guard` do."""
        for resource, limit in self.limits.items():
            guard.set_limit(resource, limit)
        if self.writable is not None:
            guard.confine_writes((*self.writable, os.devnull))
        guard.deny_calls(self.deny)


def sandbox(
    command: Sequence[str], policy: Policy | None = None, *, capture_output: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `command` under a policy; without one it gets no network and no way into other processes.

    Raises ValueError for an unknown system call, Unavailable where this machine cannot hold the policy, OSError where a
    limit is refused, a path is not there or the command cannot be started.
    """
    policy = policy or Policy()
    for name in policy.deny:
        guard.call_number(name)
    for path in policy.writable or ():
        Path(path).stat()
    with tempfile.TemporaryDirectory() as folder:
        failure = Path(folder) / "failure.json"
        argv = [sys.executable, "-I", "-c", _ENTER, _packed(policy, failure), *command]
        done = subprocess.run(argv, check=False, text=True, capture_output=capture_output)
        if failure.exists() and failure.stat().st_size:
            _raise_told(json.loads(failure.read_text()))
        return done


def enter(told: dict[str, Any], command: list[str]) -> NoReturn:
    """Become `command` under the policy; runs in the new interpreter, and tells its parent why it could not."""
    limits = {resource: guard.Limit(*limit) for resource, limit in told["limits"]}
    writable = None if told["writable"] is None else tuple(told["writable"])
    with Path(told["failure"]).open("w") as told_there:  # while files can be written; the command does not get it
        try:
            Policy(tuple(told["deny"]), limits, writable).apply()
            os.execvp(command[0], command)
        except Unavailable as problem:
            failure: dict[str, object] = {"capability": problem.capability, "reason": problem.reason}
        except OSError as problem:
            failure = {"errno": problem.errno, "what": command[0]}
        json.dump(failure, told_there)
    raise SystemExit(1)


def _packed(policy: Policy, failure: Path) -> str:
    limits = [(resource, (limit.soft, limit.hard)) for resource, limit in policy.limits.items()]
    told = {"modules": sys.path, "deny": policy.deny, "limits": limits, "writable": policy.writable}
    return json.dumps({**told, "failure": str(failure)})


def _raise_told(failure: dict[str, Any]) -> NoReturn:
    if "errno" in failure:
        raise OSError(failure["errno"], os.strerror(failure["errno"]), failure["what"])
    raise Unavailable(**failure)
