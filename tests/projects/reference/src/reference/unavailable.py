"""What is raised where this machine cannot do something, as opposed to doing it wrongly."""

from __future__ import annotations

import platform
from pathlib import Path

_KERNELS_CPU = Path("/proc/sys/kernel/arch")  # since Linux 6.1


class Unavailable(RuntimeError):
    """This machine, kernel or container lacks a capability; `capability` names it, `reason` says what was refused."""

    def __init__(self, capability: str, reason: str) -> None:
        super().__init__(f"{capability} is not available here: {reason}{emulation()}")
        self.capability = capability
        self.reason = reason


def emulation() -> str:
    """Return a remark where the CPU is emulated, else nothing: programs are told not the one the kernel runs on."""
    here, kernels = platform.machine(), _KERNELS_CPU.read_text().strip() if _KERNELS_CPU.exists() else ""
    return f" ({here} is emulated on {kernels})" if kernels and kernels != here else ""
