"""Settings for cibuildwheel: one wheel per interpreter, in a container no newer than the floor, checked by the gate.

Every setting that decides which wheels are built, in which container and with which check, is derived from
`[tool.wheelcheck]`; a project keeps the rest of `[tool.cibuildwheel]` (its tests, environment, build frontend).
cibuildwheel 4 runs `audit-command` on this machine for each wheel before it copies the wheel out of the container, and
stops if the command fails.
"""

from __future__ import annotations

import configparser
import json
import re
import shlex
import sys
from dataclasses import asdict
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path

import wheelcheck
from wheelcheck.builder.run import BuildError
from wheelcheck.config import ConfigError
from wheelcheck.facts.toml import parse_toml, table, tables
from wheelcheck.patterns import regex
from wheelcheck.platforms.tags import LEGACY_MANYLINUX
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wheelcheck.builder.toolchain import Target
    from wheelcheck.builder.wheel import Pair
    from wheelcheck.config import Config
    from wheelcheck.config.builder import Settings
    from wheelcheck.platforms.arch import Arch, Glibc

OURS = regex(r"audit-command|audit-requires|repair-wheel-command")
_IMAGE = regex(r"manylinux-.+-image")
OLDEST_PYTHON = 10  # wheelcheck adds the payload with the interpreter of the wheel, and supports Python 3.10 and later
_PYTHON = "tool.wheelcheck.python for cibuildwheel"
_BRACES = regex(r"\{([^{}]*)\}")
_MANYLINUX = regex(r"manylinux(?:_(?P<major>\d+)_(?P<minor>\d+)|(?P<year>1|2010|2014))")


def identifiers(pairs: Iterable[Pair]) -> dict[str, Pair]:
    """Return cibuildwheel's name for each configured interpreter, without the platform, with its Python and ABI.

    Raises BuildError if there is none, or one that cannot run wheelcheck in the container. (`py3-none` needs none.)
    """
    wanted: dict[str, Pair] = {}
    for python, abi in pairs:
        name = abi if abi.startswith("cp") else python
        if name in wanted and abi != "none":
            problem = f"{'-'.join(wanted[name])} and {python}-{abi} would both be built by {name}"
            raise BuildError(_PYTHON, problem, "keep one of them: abi3 already covers the other")
        wanted |= {name: (python, abi)} if abi != "none" else {}
    names = [name for name in wanted if not re.fullmatch(r"cp3\d+t?", name) or _minor(name) < OLDEST_PYTHON]
    if names or not wanted:
        problem = (
            f"{', '.join(names) or 'nothing'} cannot be built in its containers, only cp3{OLDEST_PYTHON} and later"
        )
        raise BuildError(_PYTHON, problem, "list such interpreters; `wheelcheck build wheels` builds py3-none")
    return wanted


def image(target: Target, base: Mapping[str, str], pinned: Mapping[str, str]) -> str:
    """Return the image to build in: the newest manylinux image that is no newer than the floor, or the one in `base`.

    Raises BuildError for an image whose name says that its glibc is newer than the floor: its wheels would need it.
    """
    variable = image_variable(target.arch)
    own = base.get(variable, "")
    wanted = f"glibc {target.floor[0]}.{target.floor[1]} or older"
    floors = {name: floor for name in pinned if (floor := floor_of(name)) and floor <= target.floor}
    if not own and not floors:
        known = ", ".join(sorted(pinned)) or "none at all"
        problem = f"it has no image with {wanted} for {target.arch.name} (known: {known})"
        raise BuildError("cibuildwheel", problem, f"raise tool.wheelcheck.glibc, or set {variable}")
    floor = floor_of(own)
    if floor and floor > target.floor:
        problem = f"the image {own} has glibc {floor[0]}.{floor[1]}, but {wanted} is needed"
        raise BuildError(variable, problem, "raise tool.wheelcheck.glibc, or choose an older image")
    return own or max(floors, key=lambda name: floors[name])


def image_variable(row: Arch) -> str:
    """Return the variable that names the image for a CPU."""
    return f"CIBW_MANYLINUX_{row.name.upper()}_IMAGE"


def own_images(pyproject: dict[str, Any]) -> dict[str, str]:
    """Return the images that `[tool.cibuildwheel]` names, each as the variable that would name it."""
    settings = table(table(pyproject, "tool"), "cibuildwheel")
    both = {**settings, **table(settings, "linux")}
    named = {key: one for key, one in both.items() if _IMAGE.fullmatch(key) and isinstance(one, str)}
    return {f"CIBW_{key.upper().replace('-', '_')}": one for key, one in named.items()}


def floor_of(name: str) -> Glibc | None:
    """Return the glibc version that an image's name implies, None if it implies none."""
    found = _MANYLINUX.search(name)
    if not found:
        return None
    if found["year"]:
        return floor_of(LEGACY_MANYLINUX[f"manylinux{found['year']}"])
    return int(found["major"]), int(found["minor"])


def pinned_images(row: Arch) -> dict[str, str]:
    """Return the images the installed cibuildwheel knows for a CPU. Raises BuildError if it is not installed."""
    spec = find_spec("cibuildwheel")
    if spec is None or not spec.origin:
        raise BuildError("cibuildwheel", "it is not installed in this Python", "install wheelcheck[cibuildwheel]")
    parser = configparser.ConfigParser()
    parser.read(Path(spec.origin).parent / "resources" / "pinned_docker_images.cfg", "utf-8")
    return dict(parser[row.name]) if row.name in parser else {}


def variables(target: Target, names: Iterable[str], chosen_image: str, gate: Path) -> dict[str, str]:
    """Return the settings as environment variables, which outrank every file. `gate` is the gate's configuration."""
    tag = target.arch.manylinux_tag(target.floor)
    repaired = "/tmp/repaired"  # noqa: S108  (a folder of the container)
    inside = "PYTHONPATH={project}/tools python -m wheelcheck.builder.in_container"
    repair = (
        f"rm -rf {repaired}",
        f"auditwheel repair --plat {tag} --wheel-dir {repaired} {{wheel}}",
        f"{inside} {repaired}/*.whl {{project}} {{dest_dir}}",
    )
    here = Path(wheelcheck.__file__).parent.parent
    check = (sys.executable, "-m", "wheelcheck", "check", "--config", str(gate))
    return {
        "CIBW_BUILD": " ".join(f"{name}-manylinux_{target.arch.name}" for name in names),
        "CIBW_SKIP": "",
        "CIBW_ARCHS": target.arch.name,
        image_variable(target.arch): chosen_image,
        "CIBW_REPAIR_WHEEL_COMMAND": " && ".join(repair),
        "CIBW_AUDIT_REQUIRES": "",
        "CIBW_AUDIT_COMMAND": f"PYTHONPATH={shlex.quote(str(here))} {shlex.join(check)} {{wheel}}",
    }


def for_backend(settings: Settings) -> dict[str, str]:
    """Return the variables by which the backend in the container gets its config-settings and environment, if any."""
    told = " ".join(shlex.quote(f"{name}={one}") for name, values in settings.config_settings for one in values)
    set_there = " ".join(f"{name}={shlex.quote(value)}" for name, value in settings.environment)
    added = "environment: append" if set_there else ""  # to [tool.cibuildwheel.environment], which would be ignored
    found = {"CIBW_CONFIG_SETTINGS": told, "CIBW_ENVIRONMENT": set_there, "CIBW_INHERIT": added}
    return {name: text for name, text in found.items() if text}


def patterns(pyproject: dict[str, Any], key: str) -> list[str]:
    """Return what `build` or `skip` of `[tool.cibuildwheel]` selects on Linux, without braces: one pattern for each."""
    settings = table(table(pyproject, "tool"), "cibuildwheel")
    value = table(settings, "linux").get(key, settings.get(key))
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [one for text in texts if isinstance(text, str) for word in text.split() for one in _expanded(word)]


def selects(pyproject: dict[str, Any], identifier: str) -> bool:
    """Return whether `build` and `skip` of a project select a wheel, such as `cp312-manylinux_x86_64`."""
    is_built = _matches(identifier, patterns(pyproject, "build") or ["*"])
    return is_built and not _matches(identifier, patterns(pyproject, "skip"))


def require_selected(pyproject: str, where: str, identifier: str) -> None:
    """Raise ConfigError if a project leaves out a wheel that it promises too: one of the two would be ignored."""
    if not selects(parse_toml(pyproject), identifier):
        problem = f"build or skip of tool.cibuildwheel leaves out {identifier}, but [tool.wheelcheck] promises it"
        raise ConfigError(f"{where}: {problem}; make them agree")


def require_ours(pyproject: str, where: str) -> None:
    """Raise ConfigError if a project sets what is derived here: one of the two would be ignored.

    `build`, `skip` and `archs` select wheels for other systems too, and which are built here is said on every run.
    """
    settings = table(table(parse_toml(pyproject), "tool"), "cibuildwheel")
    overrides = [(".overrides", part) for part in tables(settings, "overrides")]
    for name, part in (("", settings), (".linux", table(settings, "linux")), *overrides):
        if mine := next(
            (key for key in part if OURS.fullmatch(key) or (name == ".overrides" and _IMAGE.fullmatch(key))), ""
        ):
            problem = f"tool.cibuildwheel{name}.{mine} is set, but wheelcheck derives it from [tool.wheelcheck]"
            raise ConfigError(f"{where}: {problem}; remove it")


def gate_configuration(config: Config) -> str:
    """Return `[tool.wheelcheck]` for checking a single wheel: its payload and what is ignored, no expected wheels."""
    lines = ["[tool.wheelcheck]", f'glibc = "{config.glibc[0]}.{config.glibc[1]}"']
    for payload in config.payload:
        facts = {"name": payload.name, "kind": payload.kind, "path": payload.path}
        lines += ["[[tool.wheelcheck.payload]]", *_assignments(facts)]
    for ignore in config.ignores:
        lines += ["[[tool.wheelcheck.ignore]]", *_assignments(asdict(ignore))]
    return "\n".join([*lines, ""])


def _assignments(facts: Mapping[str, str]) -> list[str]:
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]


def _expanded(pattern: str) -> Iterator[str]:
    """Yield a pattern once for each alternative in its first braces, and so on for the rest."""
    found = _BRACES.search(pattern)
    if not found:
        yield pattern
        return
    for one in found[1].split(","):
        yield from _expanded(f"{pattern[: found.start()]}{one}{pattern[found.end() :]}")


def _matches(name: str, wanted: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in wanted)


def _minor(name: str) -> int:
    return int(name.removeprefix("cp3").removesuffix("t"))
