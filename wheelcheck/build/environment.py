"""Environments in which the outer world cannot change what is built.

A cargo started by a cargo (nox under `cargo xtask`, a build script, cargo-zigbuild itself) inherits variables that
silently override the toolchain pin, the linker and the target folder. Pure functions over mappings.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What cargo, rustup, cargo-zigbuild and cc-rs read, apart from where they live (CARGO_HOME, RUSTUP_HOME, CARGO_NET_*).
_LEAKING = re.compile(
    r"""
    CARGO | __CARGO_.* | MAKEFLAGS | MFLAGS | CARGO_(?:MAKEFLAGS|INCREMENTAL|PRIMARY_PACKAGE|CRATE_NAME)
    | CARGO_(?:BUILD|TARGET|PROFILE|MANIFEST|PKG|BIN|CFG|FEATURE|ZIGBUILD|UNSTABLE|ENCODED)_.*
    | RUSTUP_TOOLCHAIN | RUSTUP_TOOLCHAIN_SOURCE
    | RUSTC | RUSTC_.* | RUSTDOC | RUSTFLAGS | RUSTDOCFLAGS
    | (?:CC|CXX|AR|RANLIB|NM|CFLAGS|CXXFLAGS|CPPFLAGS|LDFLAGS|ARFLAGS|BINDGEN_EXTRA_CLANG_ARGS)_.+
    | (?:HOST|TARGET)_(?:CC|CXX|AR|RANLIB|CFLAGS|CXXFLAGS)
    | CMAKE_TOOLCHAIN_FILE_.+ | PKG_CONFIG_SYSROOT_DIR_.+
    """,
    re.VERBOSE,
)


def scrubbed(base: Mapping[str, str], keep: Iterable[str] = ()) -> dict[str, str]:
    """Return `base` without what a surrounding cargo leaves there; names in `keep` stay by the project's own choice."""
    kept = frozenset(keep)
    return {name: value for name, value in base.items() if name in kept or not _LEAKING.fullmatch(name)}


def for_cargo(base: Mapping[str, str], keep: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment of every cargo: scrubbed, with this interpreter's cargo-zigbuild and zig found first."""
    env = scrubbed(base, keep)
    env["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), *filter(None, [base.get("PATH")])])
    env["CARGO_ZIGBUILD_PYTHON_PATH"] = sys.executable
    return env


def for_backend(base: Mapping[str, str], compiler: Mapping[str, str], keep: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment of a PEP 517 build: scrubbed, compiling with `compiler`, blind to other Python paths."""
    # a backend that asks git for the version must not write to the index of the work tree it was copied from
    env = {**scrubbed(base, keep), **compiler, "GIT_OPTIONAL_LOCKS": "0"}
    for name in ("PYTHONPATH", "PYTHONHOME", "ARCHFLAGS", "CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH"):
        env.pop(name, None)
    return env


def for_installed(base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an installed wheel's trial: none of the caller's Python settings, no user site."""
    env = {name: value for name, value in base.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**env, "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1"}
