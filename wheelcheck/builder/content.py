"""What a wheel installs that can be run on a machine: modules to import and programs to start, read from its facts."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.facts.file_names import DATA, installed_path
from wheelcheck.platforms import suffixes

if TYPE_CHECKING:
    from wheelcheck.binary.model import Slice
    from wheelcheck.builder.install import Machine
    from wheelcheck.facts import Member, Wheel
    from wheelcheck.platforms.arch import Arch

_DATA_FOLDER = re.compile(r"[^/]+\.data/")


def modules(wheel: Wheel, machine: Machine) -> tuple[str, ...]:
    """Return the dotted names of the top-level modules and of every extension module for a machine's Python, sorted."""
    return tuple(sorted({name for member in wheel.members if (name := _module(member, machine))}))


def programs(wheel: Wheel, machine: Machine) -> tuple[str, ...]:
    """Return the programs in the form that `Installation.place` takes, sorted.

    They are the console entry points, the files in `.data/scripts`, and the Linux executables for the machine's CPU.
    """
    entry_points = wheel.dist_info.entry_points.get("console_scripts", {}) if machine.python else ()
    named = {f"{DATA}scripts/{name}" for name in entry_points if PurePosixPath(name).name == name}
    return tuple(sorted(named | {path for member in wheel.members if (path := _program(member, machine))}))


def _module(member: Member, machine: Machine) -> str:
    place = PurePosixPath(installed_path(member.path))
    if member.kind != "file" or place.parts[0].endswith((".dist-info", ".data")):
        return ""
    name = _extension_module(member, place, machine) if member.linked else _top_level(place)
    return name if all(part.isidentifier() for part in name.split(".")) else ""


def _top_level(place: PurePosixPath) -> str:
    if place.suffix != ".py" or len(place.parts) > 2 or place.stem == "__main__":
        return ""
    if len(place.parts) == 1:
        return place.stem
    return place.parts[0] if place.stem == "__init__" else ""


def _extension_module(member: Member, place: PurePosixPath, machine: Machine) -> str:
    parsed = suffixes.parse_module_name(place.name)
    if parsed and not suffixes.is_imported_by(parsed, "cp{}{}".format(*machine.version)):
        return ""
    slices, module = _slices(member, machine.arch), suffixes.module_of(place.name)
    plain = suffixes.module_for_any_version(place.name)  # most files named x.so are libraries
    if not module and any(f"PyInit_{plain}" in slice_.exports for slice_ in slices):
        module = plain
    if not module or not slices:
        return ""
    return ".".join((*place.parent.parts, *([] if module == "__init__" else [module])))


def _program(member: Member, machine: Machine) -> str:
    path = _DATA_FOLDER.sub(DATA, member.path, count=1)
    is_native = any(slice_.kind == "executable" for slice_ in _slices(member, machine.arch))
    if path.startswith(f"{DATA}scripts/") and member.kind == "file":
        return path if is_native or (machine.python and not member.binary) else ""
    return path if is_native and member.pip_installs_executable else ""


def _slices(member: Member, arch: Arch) -> tuple[Slice, ...]:
    slices = member.binary.slices if member.binary else ()
    return tuple(slice_ for slice_ in slices if arch.name in slice_.arches and slice_.system == "linux")
