"""What is raised where this machine cannot do something, as opposed to doing it wrongly."""

from __future__ import annotations


class Unavailable(RuntimeError):
    """This machine, kernel or container lacks a capability; `capability` names it, `reason` says what was refused."""

    def __init__(self, capability: str, reason: str) -> None:
        super().__init__(f"{capability} is not available here: {reason}")
        self.capability = capability
        self.reason = reason
