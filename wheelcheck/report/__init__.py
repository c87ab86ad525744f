"""Reports: one module a format, each a function from a Report to text."""

from __future__ import annotations

CAP = 10_000  # findings a machine-readable report lists; the rest is counted
