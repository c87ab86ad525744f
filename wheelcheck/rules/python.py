"""WC306: the interpreters that the tags name find the extension modules."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import without_readable_tags
from wheelcheck.platforms.suffixes import (
    is_imported_by,
    is_imported_on,
    lacks_its_platform,
    module_for_any_version,
    parse_module_name,
)
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.platforms.suffixes import ModuleName

_CPYTHON_ABI = re.compile(r"cp\d+[a-z]*")
_PYPY_ABI = re.compile(r"pypy(\d+)_pp\d+")


@rule("WC306", on=Wheel, severity=("error", "warning"), needs=without_readable_tags)
def extension_modules_are_named_for_their_platform(wheel: Wheel) -> Iterator[Hit]:
    """An extension module's file name carries the suffix of an interpreter that the tags name.

    Python imports only file names that end in its own EXT_SUFFIX. pykeepass-rs 0.1.15's armv7l wheel names its module
    `cpython-38-x86_64-linux-gnu.so`: the code is for the right CPU, but no armv7l Python ever finds it. A module for
    another version that lies beside the right one is a warning.

    `x.cpython-312.so`, `x.cp312.pyd` and `x.abi3.pyd` lack their platform: since 3.5 no CPython on Linux, macOS or
    Windows looks for such a name, only one on a Unix whose triplet it does not know. Where no tag names an ABI, a
    program may load the file by its path, so that is a warning. `x.abi3-x86_64-linux-gnu.so` is
    a name that CPython 3.15 was the first to look for: in a cp39-abi3 wheel the import fails on every older one.

    Source: PEP 3149 and `sysconfig.get_config_var("EXT_SUFFIX")`; pyo3 and setuptools-rust name by the build host
    unless told the target.
    Remedy: set the cross target's sysconfig for the build (`PYO3_CROSS_LIB_DIR`, `_PYTHON_SYSCONFIGDATA_NAME`).
    """
    if wheel.is_any:
        return
    pythons = _pythons(wheel)
    imported = _imported(wheel, pythons)
    for member in wheel.natives:
        name = parse_module_name(member.path) if member.linked else None
        if name:
            found = (str(PurePosixPath(member.path).parent), name.module) in imported
            yield from _judge(member.path, name, wheel, pythons, found=found)


def _judge(path: str, name: ModuleName, wheel: Wheel, pythons: set[str], *, found: bool) -> Iterator[Hit]:
    """Judge one module's name; `found` says that the same module is there under a name that the tags import."""
    if all(lacks_its_platform(name, platform) for platform in wheel.platforms):
        message = f"named without platform ({PurePosixPath(path).name}), which no {_joined(pythons)} imports"
        by_path = all(tag.abi == "none" for tag in wheel.name.tags)
        yield Hit(path, message, severity="warning" if found or by_path else None)
    elif name.platform and (problem := _other_platform(name, wheel)):
        yield Hit(path, problem)
    elif name.is_stable:
        if not found and not _serves_all(name, pythons):
            yield Hit(path, f"named for CPython 3.15 or newer, expected a suffix that {_joined(pythons)} imports")
    elif name.interpreter in pythons:
        if problem := _other_threading(name, wheel):
            yield Hit(path, problem)
    elif any(python.startswith(("cp", "pp")) for python in pythons):
        yield _other_version(path, name, pythons, stale=_serves_later_versions(wheel) or found)


def _serves_all(name: ModuleName, pythons: set[str]) -> bool:
    """Return whether every CPython of the tags looks for the name."""
    return all(is_imported_by(name, python) for python in pythons if python.startswith("cp"))


def _other_version(path: str, name: ModuleName, pythons: set[str], *, stale: bool) -> Hit:
    """Say that a module is for another version: an error unless another file serves the tags and this one is stale."""
    if stale:
        return Hit(path, f"named for {name.interpreter}, which {_joined(pythons)} does not import", severity="warning")
    return Hit(path, f"named for {name.interpreter}, expected a suffix that {_joined(pythons)} imports")


def _imported(wheel: Wheel, pythons: set[str]) -> set[tuple[str, str]]:
    """Return folder and name of every module that is there under a name that the tags' interpreters import."""
    found = set()
    for member in wheel.natives:
        name = parse_module_name(member.path)
        ours = name and name.platform and any(is_imported_by(name, python) for python in pythons)
        module = name.module if name and ours else module_for_any_version(member.path)
        if module:
            found.add((str(PurePosixPath(member.path).parent), module))
    return found


def _other_platform(name: ModuleName, wheel: Wheel) -> str:
    if any(is_imported_on(name.platform, platform) for platform in wheel.platforms):
        return ""
    return f"named for {name.platform}, expected a suffix that Python on {'.'.join(wheel.name.platforms)} imports"


def _other_threading(name: ModuleName, wheel: Wheel) -> str:
    """Say why the ABI tags exclude a module built with or without the GIL; empty text where they do not."""
    abis = {tag.abi for tag in wheel.name.tags if tag.python == name.interpreter}
    if not abis or not all(_CPYTHON_ABI.fullmatch(abi) for abi in abis):
        return ""
    if any(abi.endswith("t") == name.free_threaded for abi in abis):
        return ""
    build = "a free-threaded" if name.free_threaded else "a GIL"
    return f"named for {build} build, expected a suffix that {_joined(abis)} imports"


def _pythons(wheel: Wheel) -> set[str]:
    """Return the interpreters of the tags, and the PyPys of the ABI tags.

    Before 2020 the Python tag held PyPy's own version, as in pp373-pypy36_pp73.
    """
    pypys = (_PYPY_ABI.fullmatch(tag.abi) for tag in wheel.name.tags)
    return {tag.python for tag in wheel.name.tags} | {f"pp{match[1]}" for match in pypys if match}


def _serves_later_versions(wheel: Wheel) -> bool:
    return any(tag.abi in ("abi3", "none") for tag in wheel.name.tags)


def _joined(names: set[str]) -> str:
    return ".".join(sorted(names))
