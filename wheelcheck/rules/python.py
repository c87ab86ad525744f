"""WC306: the interpreters that the tags name find the extension modules."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import without_readable_tags
from wheelcheck.platforms.suffixes import is_imported_on, module_for_any_version, parse_module_name
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
        if not name:
            continue
        if problem := _other_platform(name, wheel):
            yield Hit(member.path, problem)
        elif name.interpreter in pythons:
            if problem := _other_threading(name, wheel):
                yield Hit(member.path, problem)
        elif any(python.startswith(("cp", "pp")) for python in pythons):
            place = (str(PurePosixPath(member.path).parent), name.module)
            yield _other_version(member.path, name, pythons, stale=_serves_later_versions(wheel) or place in imported)


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
        module = name.module if name and name.interpreter in pythons else module_for_any_version(member.path)
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
