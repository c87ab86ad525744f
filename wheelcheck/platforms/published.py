"""Which wheel tags PyPI accepts and installers ask for: a wheel whose tags lack either is never installed from there.

PyPI checks platform tags alone, against a list (warehouse, `_valid_platform_tag` in forklift/legacy.py, read in August
2026). Installers compute the tags of the interpreter they run under (packaging, tags.py, _manylinux.py, _musllinux.py;
uv and pip agree) and take a file that has one of them.
"""

from __future__ import annotations

from wheelcheck.patterns import regex
from wheelcheck.platforms import arch
from wheelcheck.platforms.tags import LEGACY_MANYLINUX
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.platforms.tags import Platform

# Accepted as they stand. `linux_` is for the ARM boards that have, or had, no manylinux of their own.
_ACCEPTED = frozenset({"any", "win_ia64", "linux_armv6l", "linux_armv7l"})
_LEGACY_CPUS = {
    "manylinux1": ("x86_64", "i686"),
    "manylinux2010": ("x86_64", "i686"),
    "manylinux2014": ("x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "s390x"),
}
_MACOS_MAJORS = (10, 11, 12, 13, 14, 15, 26)  # Apple went from 15 to 26
_MACOS_GROUPS = arch.MACOS_GROUPS.keys() - {"fat32"}
_ANDROID_ABIS = (*arch.ANDROID_ABIS, "x86_64")
_FORMS = {
    "android": regex(rf"android_[0-9]+_(?:{'|'.join(_ANDROID_ABIS)})"),
    "ios": regex(r"ios_[0-9]+_[0-9]+_(?:arm64|x86_64)_(?:iphoneos|iphonesimulator)"),
    "pyemscripten": regex(r"pyemscripten_[0-9]+_[0-9]+_wasm32"),
    "manylinux": regex(r"manylinux(?:1|2010|2014|_[0-9]+_[0-9]+)_[a-z]\w*"),
    "musllinux": regex(r"musllinux_[0-9]+_[0-9]+_[a-z]\w*"),
    "macosx": regex(r"macosx_[0-9]+_[0-9]+_[a-z]\w*"),
}

# The minor versions of CPython 3 that PyPI's users run: the oldest that wheelcheck supports to the newest that is
# released (3.15.0 in October 2026, PEP 790; cibuildwheel 4.3 builds it without `enable = ["cpython-prerelease"]`).
CPYTHONS = range(10, 16)
_OF_CPYTHON = frozenset(f"cp3{minor}" for minor in CPYTHONS)

_LEADING_ZERO = regex(r"_0[0-9]")
_NO_VERSION = regex(r"(?:py|cp|pp)(?![23](?:0|[1-9][0-9]*)?\Z)")  # of interpreters that do not exist
_INTERPRETER = regex(r"(?P<word>py|cp|pp|ip|jy|graalpy|pyston|rustpython)(?P<version>[0-9]{1,9})")
_CPYTHON_ABI = regex(r"cp(?P<version>[0-9]{1,9})(?P<threads>t?)d?(?P<old>m?u?)")
_ABIS = {"pp": regex(r"pypy\w+|pp_?[0-9]+"), "graalpy": regex(r"graalpy\w+")}
_ANY_ABI = regex(r"\w+")


def is_taken_by_pypi(platform: Platform) -> bool:
    """Return whether PyPI accepts an upload with this platform tag."""
    tag, family = platform.tag, platform.family
    if tag in _ACCEPTED:
        return True
    if family == "win":
        return any("win" in row.pypi and row.windows == tag for row in arch.ARCHES)
    if family not in _FORMS or not _FORMS[family].fullmatch(tag):
        return False
    if family == "macosx":
        return _is_macos_taken_by_pypi(platform)
    if (legacy := tag.partition("_")[0]) in LEGACY_MANYLINUX and not set(platform.arches) & {*_LEGACY_CPUS[legacy]}:
        return False
    return family == "pyemscripten" or _has_cpu(platform, "pypi")


def _is_macos_taken_by_pypi(platform: Platform) -> bool:
    """Return whether the version is one that Apple released, spelled as PyPI does, and the CPU or group is known."""
    (major, minor), group = platform.floor, platform.tag.split("_", 3)[3]
    is_known = _has_cpu(platform, "pypi") and (group in _MACOS_GROUPS or group not in arch.MACOS_GROUPS)
    return is_known and major in _MACOS_MAJORS and (major == 10 or minor == 0)


def _has_cpu(platform: Platform, world: str) -> bool:
    """Return whether each CPU of the tag is one for which `pypi` takes, or `pip` looks for, tags of this family."""
    rows = [arch.find(name) for name in platform.arches]
    return bool(rows) and all(platform.family in getattr(row, world) for row in rows)


def is_looked_for(platform: Platform) -> bool:
    """Return whether an installer on some machine asks for the platform tag; True for a system that is not known."""
    if platform.floor and _LEADING_ZERO.search(platform.tag):
        return False
    judge = _ASKED.get(platform.family)
    return judge is None or judge(platform)


def _manylinux(platform: Platform) -> bool:
    """Return whether glibc is as old as 2.5 for Intel's CPUs, 2.17 for others, and not 3, which does not exist."""
    oldest = (2, 5) if set(platform.arches) <= {"x86_64", "i686"} else (2, 17)
    return _has_cpu(platform, "pip") and oldest <= platform.floor < (3,)


def _musllinux(platform: Platform) -> bool:
    """Return whether musl is of version 1, the only one."""
    return _has_cpu(platform, "pip") and platform.floor[:1] == (1,)


def _macosx(platform: Platform) -> bool:
    """Return whether the tag is of 10.4 to 10.16, or of N.0 from 11 on, as every one for Apple silicon alone is."""
    if platform.floor >= (11,):
        return platform.floor[1:] == (0,)
    return (10, 4) <= platform.floor <= (10, 16) and platform.arches != ("aarch64",)


def _ios(platform: Platform) -> bool:
    """Return whether the version is 12.0 or newer with a minor of 9 at most; no device is an Intel machine."""
    is_device = platform.tag.endswith("_iphoneos")
    return platform.floor >= (12,) and platform.floor[1:] <= (9,) and not (is_device and platform.arches == ("x86_64",))


def _android(platform: Platform) -> bool:
    """Return whether the API level is 16 or newer."""
    return platform.floor >= (16,)


_ASKED = {"manylinux": _manylinux, "musllinux": _musllinux, "macosx": _macosx, "ios": _ios, "android": _android}


def is_asked_for(python: str, abi: str) -> bool:
    """Return whether some interpreter asks for an interpreter tag together with an ABI tag.

    CPython X.Y asks for cpXY with its own ABI, abi3 (abi3t without the GIL) and none, for older cpXZ with abi3 alone,
    and every interpreter for `py` tags with none. There is no cp315t, no Python 4, and cp3 lacks the version.
    """
    if python in _OF_CPYTHON and abi in (python, "abi3", "none"):  # nearly every one
        return True
    found = _INTERPRETER.fullmatch(python)
    if not found or _NO_VERSION.match(python) or (found["word"] == "cp" and len(found["version"]) == 1):
        return False
    if abi == "none":
        return True
    if found["word"] == "cp":
        return _is_of_cpython(found["version"], abi)
    return found["word"] != "py" and _ABIS.get(found["word"], _ANY_ABI).fullmatch(abi) is not None


def is_interpreter(tag: str) -> bool:
    """Return whether some interpreter has this name: that of its tag, or of its ABI without the GIL, such as cp313t."""
    python = tag.removesuffix("t")
    return is_asked_for(python, "none" if python == tag else tag)


def _is_of_cpython(version: str, abi: str) -> bool:
    """Return whether an ABI tag is one of this CPython's: flags m and u ended with 3.8 and 3.3, t came with 3.13."""
    number = int(version[0]), int(version[1:])
    if abi in ("abi3", "abi3t"):
        return number >= (3, 2)
    found = _CPYTHON_ABI.fullmatch(abi)
    if not found or found["version"] != version:
        return False
    return not (found["threads"] and number < (3, 13)) and not (found["old"] and number >= (3, 8))


def is_asked_for_wherever(wide: tuple[str, str, Platform], narrow: tuple[str, str, Platform]) -> bool:
    """Return whether every machine that asks for the narrow tag asks for the wide one too.

    A tag is interpreter, ABI and platform. `pip check` compares the tags in WHEEL with those the machine asks for.
    """
    return _serves_interpreter(wide[:2], narrow[:2]) and _serves_platform(wide[2], narrow[2])


def _serves_platform(wide: Platform, narrow: Platform) -> bool:
    """Return whether systems of the narrow tag ask for the wide one: any, an older floor, linux_ for manylinux."""
    if wide.is_any or wide.tag == narrow.tag:
        return True
    same_variant = wide.tag.rpartition("_")[2] == narrow.tag.rpartition("_")[2] or wide.system != "ios"
    same_system = wide.system == narrow.system and wide.libc in ("", narrow.libc) and same_variant
    has_cpus = bool(narrow.arches) and {*narrow.arches} <= {*wide.arches}
    return same_system and has_cpus and wide.floor <= narrow.floor and is_looked_for(wide)


def _serves_interpreter(wide: tuple[str, str], narrow: tuple[str, str]) -> bool:
    """Return whether interpreters of the narrow pair ask for the wide one: none for any ABI, abi3 and py for later."""
    (wide_python, wide_abi), (python, abi) = wide, narrow
    if wide == narrow or (wide_python == python and wide_abi == "none"):
        return True
    found, other = _INTERPRETER.fullmatch(wide_python), _INTERPRETER.fullmatch(python)
    if not found or not other or not _is_later(other["version"], found["version"]):
        return False
    if found["word"] == "py":
        return wide_abi == "none"
    own = _CPYTHON_ABI.fullmatch(abi)
    has_gil = abi == "abi3" or (own is not None and not own["threads"])
    return found["word"] == other["word"] == "cp" and wide_abi == "abi3" and has_gil


def _is_later(version: str, since: str) -> bool:
    """Return whether an interpreter version is the same or a later one of the same major version; 3 is before 3.0."""
    return version[:1] == since[:1] and int(version[1:] or -1) >= int(since[1:] or -1)
