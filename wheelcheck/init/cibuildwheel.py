"""What `[tool.cibuildwheel]` says of a project's wheels: which Pythons, what a build is told and needs installed."""

from __future__ import annotations

import re
import shlex

from wheelcheck.builder.cibuildwheel import floor_of, image_variable, own_images, patterns, require_ours, selects
from wheelcheck.config.files import text_of
from wheelcheck.facts import toml
from wheelcheck.patterns import regex
from wheelcheck.platforms.arch import find
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.init.project import Project
    from wheelcheck.platforms.arch import Glibc

PROPOSED = ("x86_64", "aarch64")  # the CPUs that most releases serve
_SELECTS = regex(r"\bcp[\d{\[]")  # a pattern that tells one Python from another
_OTHERS = regex(r"\b[pg]p\d")  # PyPy and GraalPy, which the builder cannot build for
# Variables of compilers, which the builder sets itself, and of cibuildwheel's own machinery or other systems.
_NOT_TOLD = regex(
    r"CC|CXX|AR|LD|LDSHARED|RANLIB|NM|STRIP|PATH|LD_LIBRARY_PATH|PKG_CONFIG\w*|CIBW_\w+|PIP_\w+|UV_\w+|MACOSX\w+|ARCHFLAGS"
)


def selected(project: Project, promised: tuple[str, ...]) -> tuple[str, ...]:
    """Return the interpreters and ABIs that cibuildwheel builds for, or `promised` if the project does not set it up.

    These are what Requires-Python allows, with and without the GIL, but for what `build` and `skip` leave out; a
    stable ABI in `promised` stays. Raises UnknownError if they select none that the builder builds for, or another
    interpreter than CPython.
    """
    build, skip = (patterns(project.document, key) for key in ("build", "skip"))
    if any(_OTHERS.search(pattern) for pattern in build):
        raise _undecided(project, "build", "selects other interpreters than CPython")
    stable = tuple(one for one in promised if one.endswith("-abi3"))
    tells_apart = any(_SELECTS.search(pattern) for pattern in (*build, *skip))
    if not project.tool("cibuildwheel") or (stable and not tells_apart):
        return promised
    each = tuple(one for one in promised if one not in stable) if stable else project.supported_pythons
    names = {one: f"{one.rpartition('-')[2]}-manylinux_x86_64" for one in each}
    found = [one for one, name in names.items() if selects(project.document, name)]
    if not found and not stable:
        raise _undecided(project, "build", "selects none that the builder builds for")
    return (*found, *stable)


def environment(project: Project) -> tuple[tuple[str, str], ...]:
    """Return the variables that builds of the project for Linux are given, such as one that switches compiling on."""
    settings = project.tool("cibuildwheel")
    told: dict[str, str] = {}
    for part in (settings, toml.table(settings, "linux")):
        told |= dict(_variables(part.get("environment")))
    return tuple((name, text) for name, text in told.items() if not _NOT_TOLD.fullmatch(name) and _is_plain(text))


def prepares_containers(project: Project) -> bool:
    """Return whether something is done in the containers before a build, such as to install a library."""
    settings = project.tool("cibuildwheel")
    parts = (settings, toml.table(settings, "linux"))
    return any(part.get(key) for part in parts for key in ("before-all", "before-build"))


def floor(project: Project) -> Glibc:
    """Return the newest glibc of the images for the CPUs that init proposes, (0, 0) if the project names none."""
    wanted = {image_variable(find(name)) for name in PROPOSED}
    named = (floor_of(image) for key, image in own_images(project.document).items() if key in wanted)
    return max((one for one in named if one), default=(0, 0))


def require_buildable(project: Project) -> None:
    """Raise ConfigError if the builder could not run cibuildwheel, because the project decides what it decides."""
    if prepares_containers(project):
        require_ours(text_of(project.file), str(project.file))


def _undecided(project: Project, key: str, why: str) -> Exception:
    fix = "write [tool.wheelcheck] yourself, with python = [...]"
    return project.unknown(f"which Pythons to build for, because tool.cibuildwheel.{key} {why}", fix)


def _variables(value: object) -> Iterator[tuple[str, str]]:
    """Yield the variables of a table, or of words such as NAME="a value"."""
    if isinstance(value, dict):
        yield from ((name, text) for name, text in value.items() if isinstance(text, str))
    elif isinstance(value, str):
        yield from ((name, text) for word in _words(value) for name, _, text in [word.partition("=")] if name)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quotation mark without another
        return []


def _is_plain(text: str) -> bool:
    """Return whether a value is what it says: nothing is replaced in it by a shell or by cibuildwheel."""
    return not re.search(r"[$`{}\n]", text)
