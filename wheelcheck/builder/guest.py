"""The first process of an emulated machine: runs the commands that it finds, and prints the outcomes on the console.

`kernel` puts this file into the initramfs as /init. The Python of that machine runs it: standard library only.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

from wheelcheck.typed import Any

HOME = Path("/wheelcheck")
MARK = "wheelcheck-outcome:"  # before each outcome on the console
_LONGEST = 1 << 18  # bytes of output that are kept of one command, the last ones
_POWER_OFF = 0x4321FEDC
_MOUNTED = {
    "/proc": "proc",
    "/sys": "sysfs",
    "/dev": "devtmpfs",
    "/dev/pts": "devpts",
    "/dev/shm": "tmpfs",  # noqa: S108  # a mount point
    "/sys/fs/bpf": "bpf",
    "/sys/kernel/tracing": "tracefs",
}
_C = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Run all commands, whatever comes of each, and switch the machine off."""
    if os.getpid() != 1:
        sys.exit("this is the first process of an emulated machine, which it switches off")
    try:
        _prepare()
        for command in json.loads((HOME / "commands.json").read_text("utf-8")):
            _say(ran(command))
    except BaseException:  # noqa: BLE001  # the first process must not end
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os.sync()
        _C.reboot(_POWER_OFF)


def _prepare() -> None:
    for place, kind in _MOUNTED.items():
        Path(place).mkdir(parents=True, exist_ok=True)
        _C.mount(kind.encode(), place.encode(), kind.encode(), 0, None)
    for module in sorted(HOME.glob("*.ko")):
        code = module.read_bytes()
        _C.init_module(code, ctypes.c_ulong(len(code)), b"")
    subprocess.run(("ip", "link", "set", "lo", "up"), check=False)  # noqa: S607  # the only one there


def ran(command: dict[str, Any]) -> dict[str, Any]:
    """Run a command; return its status and its output, or why there are none."""
    try:
        child = subprocess.Popen(  # noqa: S603  # what the caller was asked to run
            command["argv"],
            cwd=command["cwd"],
            env=command["env"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as problem:
        return {"problem": str(problem)}
    with child:
        try:
            output, _ = child.communicate(timeout=command["seconds"])
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return {"overdue": True}
    return {"status": child.returncode, "output": base64.b64encode(output[-_LONGEST:]).decode()}


def _say(outcome: dict[str, Any]) -> None:
    sys.stdout.write(f"\n{MARK}{json.dumps(outcome)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
