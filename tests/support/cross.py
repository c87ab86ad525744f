"""The other CPU of the tests: aarch64 on x86_64, x86_64 elsewhere; what `tools/roots.py` installs for it, if it did.

A test that lacks it is skipped with the reason on a machine of one's own, and fails in CI.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from wheelcheck.builder import architectures, install
from wheelcheck.builder.toolchain import host
from wheelcheck.platforms.arch import Arch, find

OTHER = find("aarch64" if host().name == "x86_64" else "x86_64")
INSTALL = "run `python3 -m tools.roots cross`"
RUSTCS = ("rustc", "/usr/bin/rustc")  # rustup's, and the distribution's


def lacking(reason: str) -> NoReturn:
    if architectures.in_ci(os.environ):
        pytest.fail(f"{reason}: {INSTALL}")
    pytest.skip(f"{reason}: {INSTALL}")


def has_std(rustc: str, row: Arch) -> bool:
    command = [rustc, "--print", "target-libdir", "--target", row.rust_triple]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0 and any(Path(done.stdout.strip()).glob("libstd-*.rlib"))


@cache
def rustc_for_other() -> str:
    """Return a compiler with the standard library of both CPUs, empty where there is none."""
    return next((rustc for rustc in RUSTCS if has_std(rustc, OTHER) and has_std(rustc, host())), "")


def machine_for_other(base: dict[str, str]) -> install.Machine:
    try:
        return install.of(OTHER, base)
    except install.NotHereError as reason:
        lacking(str(reason))
