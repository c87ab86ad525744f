"""What a wheel installs that can be run on a machine: modules to import and programs to start, read from its facts."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from wheelcheck.facts.file_names import DATA, installed_path
from wheelcheck.platforms import suffixes
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.model import Slice
    from wheelcheck.builder.install import Machine
    from wheelcheck.facts import Member, Wheel
    from wheelcheck.platforms.arch import Arch

_DATA_FOLDER = re.compile(r"[^/]+\.data/")


def modules(wheel: Wheel, machine: Machine) -> tuple[str, ...]:
    """Return the dotted names of the top-level modules and of every extension module for a machine's Python, sorted."""
    alone = _is_for_it_alone(wheel, machine.arch)
    return tuple(sorted({name for member in wheel.members if (name := _module(member, machine, alone))}))


def programs(wheel: Wheel, machine: Machine) -> tuple[str, ...]:
    """Return the programs in the form that `Installation.place` takes, sorted.

    They are the console entry points, the files in `.data/scripts`, and the Linux executables for the machine's CPU.
    """
    entry_points = wheel.dist_info.entry_points.get("console_scripts", {}) if machine.python else ()
    named = {f"{DATA}scripts/{name}" for name in entry_points if PurePosixPath(name).name == name}
    return tuple(sorted(named | {path for member in wheel.members if (path := _program(member, machine))}))


def foreign_scripts(wheel: Wheel, machine: Machine) -> dict[str, tuple[str, ...]]:
    """Return the native programs in `.data/scripts` of a wheel for one CPU that are for other CPUs, and for which.

    They must not be started: a machine that emulates a CPU runs programs for its own as well.
    """
    found = {}
    for member in wheel.members if _is_for_it_alone(wheel, machine.arch) else ():
        path = _DATA_FOLDER.sub(DATA, member.path, count=1)
        if path.startswith(f"{DATA}scripts/") and member.binary and not _slices(member, machine.arch):
            arches = (name for slice_ in member.slices for name in slice_.arches)
            found[PurePosixPath(path).name] = tuple(sorted(set(arches)))
    return found


def _is_for_it_alone(wheel: Wheel, arch: Arch) -> bool:
    return {cpu for platform in wheel.platforms for cpu in platform.arches} == {arch.name}


def _module(member: Member, machine: Machine, alone: bool) -> str:  # noqa: FBT001  # whether the wheel is for it
    place = PurePosixPath(installed_path(member.path))
    if member.kind != "file" or place.parts[0].endswith((".dist-info", ".data")):
        return ""
    is_looked_for = alone and _is_looked_for(place.name, machine.arch)
    is_native = member.linked or is_looked_for
    name = _extension_module(member, place, machine, is_looked_for) if is_native else _top_level(place)
    return name if all(part.isidentifier() for part in name.split(".")) else ""


def _is_looked_for(name: str, arch: Arch) -> bool:
    """Return whether Pythons of a CPU look for an extension module of this name, whatever is in it."""
    parsed = suffixes.parse_module_name(name)
    cpu = parsed.platform.partition("-linux-")[0] if parsed else ""
    return name.endswith(".so") and bool(suffixes.module_of(name)) and (not cpu or cpu in arch.multiarch)


def _top_level(place: PurePosixPath) -> str:
    if place.suffix != ".py" or len(place.parts) > 2 or place.stem == "__main__":
        return ""
    if len(place.parts) == 1:
        return place.stem
    return place.parts[0] if place.stem == "__init__" else ""


def _extension_module(member: Member, place: PurePosixPath, machine: Machine, is_looked_for: bool) -> str:  # noqa: FBT001
    """Return the module's name, empty if a machine's Python does not import it or it is for another CPU.

    If `is_looked_for`, the wheel is for that CPU alone, so that what the file holds is an error and no reason.
    """
    parsed = suffixes.parse_module_name(place.name)
    if parsed and not suffixes.is_imported_by(parsed, "cp{}{}".format(*machine.version)):
        return ""
    slices, module = _slices(member, machine.arch), suffixes.module_of(place.name)
    plain = suffixes.module_for_any_version(place.name)  # most files named x.so are libraries
    if not module and any(f"PyInit_{plain}" in slice_.exports for slice_ in slices):
        module = plain
    if not module or not (slices or is_looked_for):
        return ""
    return ".".join((*place.parent.parts, *([] if module == "__init__" else [module])))


def _program(member: Member, machine: Machine) -> str:
    path = _DATA_FOLDER.sub(DATA, member.path, count=1)
    is_native = any(slice_.kind == "executable" for slice_ in _slices(member, machine.arch))
    if path.startswith(f"{DATA}scripts/") and member.kind == "file":
        return path if is_native or (machine.python and not member.binary) else ""
    return path if is_native and member.pip_installs_executable else ""


def _slices(member: Member, arch: Arch) -> tuple[Slice, ...]:
    return tuple(slice_ for slice_ in member.slices if arch.name in slice_.arches and slice_.system == "linux")
