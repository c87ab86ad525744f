"""The tests' other CPU: aarch64 on x86_64, x86_64 on any other. `tools/roots.py` installs what it needs.

A test that lacks what it needs is skipped with the reason; in CI it fails, because everything is installed there.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from wheelcheck.builder import architectures
from wheelcheck.builder import install as installation
from wheelcheck.builder.toolchain import host
from wheelcheck.platforms.arch import Arch, find

OTHER = find("aarch64" if host().name == "x86_64" else "x86_64")
INSTALL = "run `python3 -m tools.roots cross`"
RUSTCS = ("rustc", "/usr/bin/rustc")  # rustup's, and the distribution's


def lacking(reason: str, install: str = INSTALL) -> NoReturn:
    if architectures.in_ci(os.environ):
        pytest.fail(f"{reason}: {install}")
    pytest.skip(f"{reason}: {install}")


def has_std(rustc: str, row: Arch) -> bool:
    command = [rustc, "--print", "target-libdir", "--target", row.rust_triple]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0 and any(Path(done.stdout.strip()).glob("libstd-*.rlib"))


@cache
def rustc_for_other() -> str:
    """Return a compiler with the standard library of both CPUs, empty if there is none."""
    return next((rustc for rustc in RUSTCS if has_std(rustc, OTHER) and has_std(rustc, host())), "")


def machine_for_other(base: dict[str, str]) -> installation.Machine:
    try:
        return installation.of(OTHER, base)
    except installation.NotHereError as reason:
        lacking(str(reason))
