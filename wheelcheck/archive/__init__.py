"""Strict, bounded readers of wheels and sdists: the only openers of inputs."""

from __future__ import annotations
