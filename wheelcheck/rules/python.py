"""WC306: the interpreters that the tags name find the extension modules."""

from __future__ import annotations

from pathlib import PurePosixPath

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import without_readable_tags
from wheelcheck.patterns import regex
from wheelcheck.platforms.hints import is_test_data
from wheelcheck.platforms.suffixes import (
    is_extension_module,
    is_found_without_version,
    is_imported_by,
    is_imported_on,
    is_spelled_for,
    lacks_its_platform,
    module_for_any_version,
    parse_module_name,
    version_of,
)
from wheelcheck.records import dataclass
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Member
    from wheelcheck.platforms.suffixes import ModuleName

_CPYTHON_ABI = regex(r"cp\d+[a-z]*")
_STABLE_ABIS = ("abi3", "abi3t")
_WITHOUT_FLAGS = (3, 8)  # since then no release build of CPython has a flag but t
_PYPY_ABI = regex(r"pypy(\d+)_pp\d+")


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
    modules = [member for member in wheel.natives if member.linked and not is_test_data(member.path)]
    judged = [(member, *_problem_of(member.path, wheel, pythons)) for member in modules]
    imported = {_place(member.path, module) for member, module, problem in judged if module and not problem}
    for member, module, problem in judged:
        if problem:
            found = _place(member.path, module) in imported
            yield from _judge(member, problem, wheel, found=found)


def _place(path: str, module: str) -> tuple[str, str]:
    return str(PurePosixPath(path).parent), module


@dataclass(frozen=True, slots=True)
class _Problem:
    """What is wrong with the name of a module, and which interpreters therefore do not look for it (`who`)."""

    what: str
    who: str
    kind: Literal["version", "platform", "stable"] = "version"


def _judge(member: Member, problem: _Problem, wheel: Wheel, *, found: bool) -> Iterator[Hit]:
    """Judge a name; `found` says that the same module is there under a name that the tags import."""
    if found and problem.kind == "stable":
        return
    loaded_by_path = problem.kind == "version" and any(tag.abi == "none" for tag in wheel.name.tags)
    if found or loaded_by_path:
        yield Hit(member.path, f"is {problem.what}, which {problem.who} does not import", severity="warning")
    else:
        yield Hit(member.path, f"is {problem.what}, expected a suffix that {problem.who} imports")


def _problem_of(path: str, wheel: Wheel, pythons: set[str]) -> tuple[str, _Problem | None]:
    """Return the module that a file is by its name, if any, and what is wrong with the name."""
    if name := parse_module_name(path):
        return name.module, (
            _other_spelling(path, name, wheel, pythons)
            or _other_platform(name, wheel)
            or _other_interpreter(name, wheel, pythons)
        )
    module = module_for_any_version(path)
    if not module or any(is_found_without_version(path, pythons, platform) for platform in wheel.platforms):
        return module, None
    if not is_extension_module(path):
        return "", None
    return module, _Problem(f"named {PurePosixPath(path).name}", f"{_joined(pythons)} on {_platforms(wheel)}")


def _other_spelling(path: str, name: ModuleName, wheel: Wheel, pythons: set[str]) -> _Problem | None:
    file = PurePosixPath(path).name
    if name.style and all(lacks_its_platform(name, platform) for platform in wheel.platforms):
        return _Problem(f"named without platform ({file})", _joined(pythons))
    if any(is_spelled_for(name, platform) for platform in wheel.platforms):
        return None
    return _Problem(f"named {file}", f"{_joined(pythons)} on {_platforms(wheel)}")


def _other_platform(name: ModuleName, wheel: Wheel) -> _Problem | None:
    if not name.platform or name.style == "graalpy":
        return None
    if any(is_imported_on(name.platform, platform) for platform in wheel.platforms):
        return None
    return _Problem(f"named for {name.platform}", f"Python on {_platforms(wheel)}", "platform")


def _other_interpreter(name: ModuleName, wheel: Wheel, pythons: set[str]) -> _Problem | None:
    if name.is_stable:
        serves_all = all(is_imported_by(name, python) for python in pythons if python.startswith("cp"))
        return None if serves_all else _Problem("named for CPython 3.15 or newer", _joined(pythons), "stable")
    if name.interpreter in pythons:
        if all(tag.abi in _STABLE_ABIS for tag in wheel.name.tags):
            return _Problem(f"named for {name.interpreter} alone", "every later CPython")
        return _other_build(name, wheel)
    if not any(python.startswith(("cp", "pp")) for python in pythons) or _is_for_graalpy(name, pythons):
        return None
    return _Problem(f"named for {name.interpreter}", _joined(pythons))


def _is_for_graalpy(name: ModuleName, pythons: set[str]) -> bool:
    return name.style == "graalpy" and any(python.startswith("graalpy") for python in pythons)


def _other_build(name: ModuleName, wheel: Wheel) -> _Problem | None:
    """Say why the ABI tags exclude a module built with or without the GIL, for debugging or with a flag of old."""
    abis = {tag.abi for tag in wheel.name.tags if tag.python == name.interpreter}
    if not abis or not all(_CPYTHON_ABI.fullmatch(abi) for abi in abis):
        return None
    if not any(abi.endswith("t") == name.free_threaded for abi in abis):
        return _Problem(f"named for {'a free-threaded' if name.free_threaded else 'a GIL'} build", _joined(abis))
    known = set("t" if version_of(name.interpreter) >= _WITHOUT_FLAGS else "tmu").union(*(abi[2:] for abi in abis))
    flags = "".join(flag for flag in name.flags if flag not in known)
    return _Problem(f"named with flag {flags}", _joined(abis)) if flags else None


def _pythons(wheel: Wheel) -> set[str]:
    """Return the interpreters of the tags, and the PyPys of the ABI tags.

    Before 2020 the Python tag held PyPy's own version, as in pp373-pypy36_pp73.
    """
    pypys = (_PYPY_ABI.fullmatch(tag.abi) for tag in wheel.name.tags if tag.abi.startswith("pypy"))
    return {tag.python for tag in wheel.name.tags} | {f"pp{match[1]}" for match in pypys if match}


def _platforms(wheel: Wheel) -> str:
    return ".".join(wheel.name.platforms)


def _joined(names: set[str]) -> str:
    return ".".join(sorted(names))
