"""WC227 to WC229: each file and each command that an installer makes of a wheel comes from one place in it."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath

from wheelcheck.archive.names import fold
from wheelcheck.facts import Wheel
from wheelcheck.facts.dist_info import GROUPS, without_wrapper_suffix
from wheelcheck.facts.file_names import installed_path
from wheelcheck.patterns import regex
from wheelcheck.rules import Hit, rule
from wheelcheck.rules.container import keeps_names_apart
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Where interpreters look for modules below the prefix: CPython on Linux and macOS, Debian's, PyPy, CPython on Windows.
_SITE_PACKAGES = regex(
    r"data/(?:lib(?:64)?/(?:python3(?:\.[0-9]+t?)?|pypy3\.[0-9]+)/|lib/)(?:site|dist)-packages/", re.IGNORECASE
)
_COMMANDS = regex(r"(?:scripts|data/bin|data/Scripts)/([^/]+)")
_LAUNCHERS = ("-script.py", "-script.pyw")  # beside the `.exe` that setuptools writes for an entry point
_OF_INSTALLERS = frozenset({"installer", "requested", "direct_url.json"})


def _in_data(path: str) -> str:
    """Return where a member is below the .data folder; empty for a member outside of it."""
    if ".data/" not in path:
        return ""
    top, _, rest = path.partition("/")
    return rest if top.endswith(".data") else ""


def _place(path: str) -> str:
    """Return where a member is installed: in site-packages, or `scripts/x` and the like with a slash before it."""
    inside = _in_data(path)
    if inside.startswith(("purelib/", "platlib/")) or not inside:
        return installed_path(path)
    if found := _SITE_PACKAGES.match(inside):
        return inside[found.end() :]
    found = _COMMANDS.fullmatch(inside)
    return f"/scripts/{found[1]}" if found else f"/{inside}"


@rule("WC227", on=Wheel)
def every_file_is_installed_at_a_place_of_its_own(wheel: Wheel) -> Iterator[Hit]:
    """No two members of the wheel are installed as one file, and nothing below .data goes into a .dist-info folder.

    Installers put `NAME.data/purelib/demo/__init__.py` over `demo/__init__.py`: the module that was audited is not the
    one that runs. Of one file in both `purelib` and `platlib` pip keeps the first and uv the second. The same holds for
    `data/lib/python3.12/site-packages`, and for METADATA and entry points, whose audited text is then replaced. pip
    stops where a file and a folder have one place. Names that differ only in case are one place, those of folders too,
    except in a wheel whose every tag is for Linux or Android.

    Source: the binary distribution format (PyPA), "Spread"; tried with pip 23.2 and uv 0.13.9.
    Remedy: ship each file once; let the build backend make the .data folder.
    """
    if not any(_in_data(member.path) for member in wheel.members):
        return
    same = str if keeps_names_apart(wheel) else fold
    places: dict[str, list[str]] = defaultdict(list)
    for member in wheel.members:
        if member.kind != "directory":
            places[same(_place(member.path))].append(member.path)
    folders = {same(folder) for folder in wheel.folders}
    yield from _other_spellings(wheel, same)
    for place, paths in places.items():
        moved = [path for path in paths if _in_data(path)]
        others = [path for path in paths if path not in moved]
        for path in moved if others else moved[1:]:
            yield Hit(path, f"is installed over {(others or moved)[0]}, expected one member for each installed file")
        if moved and ".dist-info/" in place.lower() and not others:
            yield Hit(moved[0], "is installed into .dist-info, where only the wheel's own metadata belongs")
        if moved and place in folders:
            yield Hit(moved[0], "is installed as a file where other members need a folder")
        in_the_way = next((places[above] for above in _above(place) if above in places), []) if moved else []
        if in_the_way and not any(map(_in_data, in_the_way)):
            yield Hit(moved[0], f"needs a folder where {in_the_way[0]} is installed as a file")


def _other_spellings(wheel: Wheel, same: Callable[[str], str]) -> Iterator[Hit]:
    """Yield the members of .data that go into a folder which other members spell differently."""
    spelled: dict[str, str] = {}
    for member in wheel.members:
        if not _in_data(member.path):
            spelled.update((same(folder), folder) for folder in _above(member.path))
    for member in wheel.members:
        place = _place(member.path) if _in_data(member.path) else "/"
        for folder in _above(place) if not place.startswith("/") else ():
            other = spelled.setdefault(same(folder), folder)
            if other != folder:
                yield Hit(
                    member.path,
                    f"is installed into {folder}, which is the same folder as {other} where case does not matter",
                )
                break


def _above(place: str) -> Iterator[str]:
    """Yield the folders that a place lies in."""
    at = place.find("/", 1)
    while at > 0:
        yield place[:at]
        at = place.find("/", at + 1)


@rule("WC228", on=Wheel)
def every_command_has_a_name_of_its_own(wheel: Wheel) -> Iterator[Hit]:
    """No two scripts and entry points become one command.

    Of an entry point and a script of one name pip and uv install the entry point, and the script is missing; of a
    console and a GUI script of one name the last one written wins. `Foo` and `foo` are one file on macOS and Windows,
    so both are an error too, except in a wheel whose every tag is for Linux or Android. `foo-script.py` beside the
    entry point `foo` is the launcher that setuptools wrote for it: installers leave it out, and nothing is lost.

    Source: entry points specification (PyPA), "Use for scripts"; pip's `is_entrypoint_wrapper`; tried with pip 23.2 and
    uv 0.13.9.
    Remedy: give each command a name of its own; of a script and an entry point keep the entry point.
    """
    same = str if keeps_names_apart(wheel) else fold
    commands: dict[str, list[str]] = defaultdict(list)
    for group in sorted(GROUPS):
        for name in wheel.dist_info.entry_points.get(group, {}):
            commands[same(name)].append(f"{name} of {group}")
    for member in wheel.members if commands else ():
        found = _COMMANDS.fullmatch(_in_data(member.path))
        if not found or member.kind != "file" or found[1].endswith(_LAUNCHERS):
            continue
        if rivals := commands.get(same(without_wrapper_suffix(found[1]))):
            rivals.append(member.path)
    path = wheel.dist_info.path("entry_points.txt")
    for sources in commands.values():
        if len(sources) > 1:
            yield Hit(path, f"found {' and '.join(sources[:3])}, which are one command; expected one of them")


@rule("WC229", on=Wheel)
def the_wheel_leaves_to_installers_what_is_theirs(wheel: Wheel) -> Iterator[Hit]:
    """The .dist-info folder has no INSTALLER, REQUESTED or direct_url.json, which installers write when they install.

    `direct_url.json` makes `pip freeze` name a URL in place of the version, and must not be there where a wheel is
    installed by name and version. INSTALLER and REQUESTED say who installed the package and whether the user asked for
    it: other tools decide by them what they may remove.

    Source: recording installed projects (PyPA), PEP 376, PEP 610.
    Remedy: build from the sources, and not from an installed package.
    """
    for member in wheel.members:
        folder, _, name = installed_path(member.path).rpartition("/")
        if name.lower() not in _OF_INSTALLERS or member.kind != "file":
            continue
        if "/" not in folder and folder.lower().endswith(".dist-info"):
            yield Hit(member.path, f"found {PurePosixPath(member.path).name}, which only an installer may write")
