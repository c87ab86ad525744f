"""The one way a stage of the bench stops."""

from __future__ import annotations


class BenchError(Exception):
    """Something is not as it must be: what it is about, what was found, what was expected and how to mend it."""

    def __init__(self, subject: object, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"{subject}: found {found}; expected {expected}; {remedy}")
