"""The extension module, and from an sdist the native files of `[[tool.wheelcheck.payload]]` too.

`wheelcheck build` makes those for its own glibc floor and adds them to the wheel; `REFERENCE_PAYLOAD` says so, and
nothing is built here. `pip install` of an sdist builds them with cargo, for this machine: without a Rust toolchain the
installation fails, because a package without its programs would only fail later.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["wheelcheck"]
ADDED_LATER = os.environ.get("REFERENCE_PAYLOAD") == "added"
# A C compiler for the kernel's machine: clang, or zig from the package index, which setuptools installs if it must.
CLANG = shutil.which("clang")
BPF_COMPILER = (
    [CLANG, "-target", "bpfel"] if CLANG else [sys.executable, "-m", "ziglang", "cc", "-target", "bpfel-freestanding"]
)
NO_RUST = """
reference: there is no `cargo` on PATH, and without it this sdist cannot be installed: its programs are written in Rust.
Install Rust 1.79 or newer (https://rustup.rs), or install a wheel instead of the sdist.
"""


class BuildNative(build_ext):
    """Builds the extension module, then the payload beside it."""

    def run(self) -> None:
        """Build everything into the folder of the package; fail if a part of it cannot be built."""
        super().run()
        if not ADDED_LATER:
            place = ROOT / "src" if self.inplace else Path(self.build_lib)
            for payload in CONFIGURATION["payload"]:
                install(payload, place / payload["path"], Path(self.build_temp).absolute())


def install(payload: dict[str, str], place: Path, scratch: Path) -> None:
    """Build one payload and put it where the wheel has it, with the mode that it has there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if payload["kind"] == "object":
        subprocess.run([*BPF_COMPILER, "-O2", "-g", "-c", payload["source"], "-o", place], cwd=ROOT, check=True)
    else:
        shutil.copyfile(built_by_cargo(payload, scratch / "cargo"), place)
    place.chmod(0o755 if payload["kind"] == "executable" else 0o644)


def built_by_cargo(payload: dict[str, str], target: Path) -> Path:
    """Return the program or library that cargo says it built for a payload."""
    if not shutil.which("cargo"):
        raise SystemExit(NO_RUST)
    words = ["cargo", "build", "--release", "--locked", "--message-format=json-render-diagnostics"]
    words += ["--package", payload["package"], "--target-dir", str(target)]
    workspace = ROOT / CONFIGURATION["build"]["workspace"]
    said = subprocess.run(words, cwd=workspace, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = (json.loads(line) for line in said.splitlines())
    built = [one for one in messages if one.get("target", {}).get("name") == payload["name"] and "filenames" in one]
    return Path(built[-1]["executable"] or built[-1]["filenames"][0])


setup(
    ext_modules=[Extension("reference._machine", ["src/reference/_machine.c"], py_limited_api=True)],
    cmdclass={"build_ext": BuildNative},
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
    setup_requires=[] if CLANG or ADDED_LATER else ["ziglang"],
)
