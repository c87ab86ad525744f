"""The release gate and build bench for Python packages that ship native binaries."""

from __future__ import annotations

__version__ = "0.1.0"
