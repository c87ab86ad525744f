"""The session `extraction`: what passes the gate is unpacked to the same files by everything that unpacks it.

Wheels: Python's zipfile, pip, uv (installed), Info-ZIP's unzip, libarchive's bsdtar, 7-Zip. Sdists: Python's tarfile
(filter `data`), pip, GNU tar, bsdtar, 7-Zip. Compared are paths, kinds, bytes and whether a file is executable, as far
as the tool sets that. A tool that refuses or warns of what passes is a difference, too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tests.fuzz.archive_inputs import a_tar, a_zip
from tests.fuzz.made import in_memory
from tests.fuzz.variants import a_written_sdist, a_written_wheel
from tests.fuzz.worker import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fuzz.made import Made

    Tree = dict[str, "Unpacked"]
    Tool = Callable[[Path, Path], None]

_SECONDS = 30
_ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "TZ": "UTC"}
_UV_EVERY = 32  # inputs of which uv installs one: it takes twice as long as all others together
# GNU tar warns of the pax keywords of other programs, of which none changes what it unpacks.
_TAR_OPTIONS = ("--no-same-owner", "--warning=no-unknown-keyword")
_OF_INSTALLERS = (".lock", "INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json", "uv_build.json")


class Unpacked(NamedTuple):
    """One file: its kind (`-` regular, `l` link, `d` folder), content, and the x bit of its owner (None: not set)."""

    kind: str
    content: bytes
    executable: bool | None


class RefusedError(Exception):
    """A tool has refused, or warned."""


@dataclass
class Tally:
    """What a run has seen."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


def _with_zipfile(file: Path, target: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        if archive.testzip() is not None:
            raise RefusedError("a bad CRC")
        archive.extractall(target)  # noqa: S202 - into a folder of its own, after the gate has passed it


def _with_tarfile(file: Path, target: Path) -> None:
    with tarfile.open(file) as archive:
        archive.extractall(target, filter="data")


def _with_pip(file: Path, target: Path) -> None:
    unpacking = import_module("pip._internal.utils.unpacking")
    if file.suffix == ".whl":
        unpacking.unzip_file(str(file), str(target), flatten=False)
    else:
        unpacking.untar_file(str(file), str(target))  # without the folder that all is in


def _with_uv(file: Path, target: Path) -> None:
    options = ("--no-deps", "--no-index", "--no-config", "--offline", "--quiet", "--no-cache", "--link-mode=copy")
    _run("uv", "pip", "install", *options, "--python", sys.executable, "--target", str(target), str(file))


def _with_7z(file: Path, target: Path) -> None:
    _run("7z", "x", "-y", "-snld", f"-o{target}", str(file))
    for inner in target.glob("*.tar") if file.suffix == ".gz" else ():
        _run("7z", "x", "-y", "-snld", f"-o{target}", str(inner))
        inner.unlink()


WHEEL_TOOLS: dict[str, Tool] = {
    "zipfile": _with_zipfile,
    "pip": _with_pip,
    "unzip": lambda file, target: _run("unzip", "-qq", "-o", str(file), "-d", str(target)),
    "bsdtar": lambda file, target: _run("bsdtar", "-xf", str(file), "-C", str(target), "--no-same-owner"),
    "7z": _with_7z,
    "uv": _with_uv,
}
SDIST_TOOLS: dict[str, Tool] = {
    "tarfile": _with_tarfile,
    "pip": _with_pip,
    "tar": lambda file, target: _run("tar", "-xf", str(file), "-C", str(target), *_TAR_OPTIONS),
    "bsdtar": WHEEL_TOOLS["bsdtar"],
    "7z": _with_7z,
}
_WITHOUT_MODES = ("zipfile", "uv", "7z", "pip")  # pip heeds x bits only beside a file type; rules go by that


def _run(*command: str) -> None:
    done = subprocess.run(
        command, env=_ENVIRONMENT, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=_SECONDS
    )
    if done.returncode or done.stderr.strip():
        said = (done.stderr + done.stdout).decode("utf-8", "replace").strip().splitlines()
        raise RefusedError(f"ended with {done.returncode}: {' '.join(said)[:200]}")


def available(tools: dict[str, Tool]) -> dict[str, Tool]:
    """Return the tools that this machine has."""
    inside = ("zipfile", "tarfile", "pip")
    return {name: tool for name, tool in tools.items() if name in inside or shutil.which(name)}


def tree(target: Path, *, with_modes: bool) -> Tree:
    """Return what is below a folder; folders count only if they are empty."""
    found: Tree = {}
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if path.is_symlink():
            found[name] = Unpacked("l", str(path.readlink()).encode(), None)
        elif path.is_file():
            found[name] = Unpacked("-", path.read_bytes(), bool(path.stat().st_mode & 0o100) if with_modes else None)
        elif path.is_dir() and not any(path.iterdir()):
            found[name] = Unpacked("d", b"", None)
    return found


def compare(made: Made, folder: Path, tally: Tally, number: int) -> None:
    """Judge one input, and unpack it with every tool if it passes."""
    report = judge(made, folder)
    tally.counts["inputs"] += 1
    if report is None or report.verdict != "pass":
        return
    tally.counts["pass"] += 1
    file = folder / made.file
    file.write_bytes(made.content)
    tools = available(WHEEL_TOOLS if file.suffix == ".whl" else SDIST_TOOLS)
    if number % _UV_EVERY:
        tools.pop("uv", None)
    try:
        trees = {name: _unpacked(name, tool, file) for name, tool in tools.items()}
    except Exception as problem:  # noqa: BLE001 - whatever a tool says against an input that passes
        tally.differences.append(f"{number}: {made.done}: refused: {type(problem).__name__}: {problem}")
        return
    tally.counts["unpacked"] += len(trees)
    tally.differences += [f"{number}: {made.done}: {what}" for what in differences(trees)]


def _unpacked(name: str, tool: Tool, file: Path) -> Tree:
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        target = Path(folder)
        try:
            tool(file, target)
        except Exception as problem:
            raise RefusedError(f"{name}: {problem}") from problem
        found = tree(target, with_modes=name not in _WITHOUT_MODES)
    if name == "pip" and file.suffix == ".gz":  # it leaves out the folder that all is in
        top = file.name.removesuffix(".tar.gz")
        return {f"{top}/{path}": unpacked for path, unpacked in found.items()}
    return found


def differences(trees: dict[str, Tree]) -> Iterator[str]:
    """Yield how each tree differs from the first one; uv has installed, so that metadata of installers is left out."""
    (first, expected), *others = trees.items()
    executable = {name: {path: each.executable for path, each in found.items()} for name, found in trees.items()}
    for name, found in others:
        wanted, here = (_installed(each) if name == "uv" else each for each in (expected, found))
        for path in sorted(wanted.keys() | here.keys()):
            one, other = wanted.get(path), here.get(path)
            if one is None or other is None or one[:2] != other[:2]:
                yield f"{path!r}: {first} {_shown(one)}, {name} {_shown(other)}"
                break
    modes = [found for name, found in executable.items() if name not in _WITHOUT_MODES]
    for path in sorted({path for found in modes for path in found}):
        if len({found.get(path) for found in modes}) > 1:
            yield f"{path!r}: executable for some of {', '.join(name for name in trees if name not in _WITHOUT_MODES)}"


def _installed(found: Tree) -> Tree:
    return {
        path: each
        for path, each in found.items()
        if ".data/" not in path and each.kind == "-" and path.rpartition("/")[2] not in _OF_INSTALLERS
    }


def _shown(unpacked: Unpacked | None) -> str:
    return "has nothing" if unpacked is None else f"has {unpacked.kind}, {len(unpacked.content)} bytes"


def inputs(word: str, numbers: range) -> Iterator[tuple[int, Made]]:
    """Yield inputs, each made from the seed word and its number alone: mostly sound ones, written in unusual ways."""
    for number in numbers:
        words = Random(f"extraction {word} {number}")  # noqa: S311 - a fuzzer's choices
        is_wheel = words.random() < 0.6
        written, changed = (a_written_wheel, a_zip) if is_wheel else (a_written_sdist, a_tar)
        yield number, written(words) if words.random() < 0.6 else changed(words, is_bad=False)


def run(word: str, numbers: range, seconds: float) -> int:
    """Run the session, print what differs, and return the exit code: 1 for a difference, 2 if nothing was compared."""
    absent = {*WHEEL_TOOLS, *SDIST_TOOLS} - {*available(WHEEL_TOOLS), *available(SDIST_TOOLS)}
    if absent:
        print(f"not here, so not compared: {', '.join(sorted(absent))}")
    tally, until = Tally(), time.monotonic() + seconds
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        for number, made in inputs(word, numbers):
            known = len(tally.differences)
            compare(made, Path(folder), tally, number)
            for line in tally.differences[known:]:
                print(f"extraction {word} {line}", flush=True)
            if time.monotonic() > until:
                break
    print(", ".join(f"{name} {count}" for name, count in tally.counts.items()))
    print(f"differences: {len(tally.differences)}")
    return 1 if tally.differences else 2 * (not tally.counts["unpacked"])
