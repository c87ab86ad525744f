"""Writes `[tool.wheelcheck]` for a project that was surveyed: what was found, and which machines a release serves."""

from __future__ import annotations

import json
import re

from wheelcheck.config.files import OWN
from wheelcheck.init import cibuildwheel
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.config import Payload
    from wheelcheck.init.survey import Survey

_OLDEST_GLIBC = (2, 17)  # what manylinux2014 and Rust's standard library ask for


def configuration(found: Survey) -> str:
    """Return the tables of a project, with the CPUs that most releases serve.

    They are `[tool.wheelcheck]`, or a whole wheelcheck.toml above the project or instead of a pyproject.toml.
    """
    names = ", ".join(json.dumps(name) for name in found.compiled.python)
    lines = [
        "[tool.wheelcheck]",
        f'glibc = "{_glibc(found)}"',
        f"architectures = {json.dumps(cibuildwheel.PROPOSED)}",
        f"python = [{names}]",
        "sdist = true",
    ]
    tables = ["\n".join(lines), *(_payload(one) for one in found.payload), *_build(found), _smoke(found)]
    text = "\n\n".join(tables) + "\n"
    return _alone(text) if found.configuration == OWN else text


def _alone(text: str) -> str:
    """Return the tables as a file of their own writes them."""
    return text.removeprefix("[tool.wheelcheck]\n").replace("[tool.wheelcheck.", "[")


def _glibc(found: Survey) -> str:
    """Return the floor that the project names itself (maturin's `compatibility`, an image), else the oldest one."""
    named = str(found.project.tool("maturin").get("compatibility", ""))
    if own := re.fullmatch(r"manylinux_2_(\d+)", named):
        return f"2.{own[1]}"
    major, minor = max(_OLDEST_GLIBC, cibuildwheel.floor(found.project))
    return f"{major}.{minor}"


def _payload(one: Payload) -> str:
    fields = {"name": one.name, "kind": one.kind, "path": one.path}
    if one.from_backend:
        fields["from"] = "backend"
    else:
        fields |= {"package": one.package} | ({"workspace": one.workspace} if one.workspace else {})
    return "\n".join(["[[tool.wheelcheck.payload]]", *(f"{key} = {json.dumps(text)}" for key, text in fields.items())])


def _build(found: Survey) -> Iterator[str]:
    built = found.compiled
    lines = []
    if found.home != found.project.folder:
        place = found.project.folder.relative_to(found.home).as_posix()
        lines.append(f"directory = {json.dumps(place)} # of the Python project")
    if found.workspace != ".":
        lines.append(f"workspace = {json.dumps(found.workspace)}")
    if built.features:
        lines.append(f"features = {json.dumps(list(built.features))}")
    if not built.default_features:
        lines.append("default-features = false")
    if built.payload_only:
        lines.append('wheel = "payload" # the backend only says the metadata')
    if built.settings:
        told = ", ".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in built.settings)
        lines.append(f"config-settings = {{ {told} }}")
    if built.environment:
        told = ", ".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in built.environment)
        lines.append(f"environment = {{ {told} }}")
    if lines:
        yield "\n".join(["[tool.wheelcheck.build]", *lines])


def _smoke(found: Survey) -> str:
    """Return smoke tests that start what is there; only the project knows what proves that it works."""
    lines = ["[tool.wheelcheck.smoke]"]
    programs = [one.name for one in found.payload if one.kind == "executable"]
    if programs:
        shown = f"{programs[0]} works, not only that it starts"
        if programs[1:]:
            shown = f"{', '.join(programs[:-1])} and {programs[-1]} work, not only that they start"
        lines.append(f"# Add commands that prove that {shown}.")
    lines.append("commands = [")
    if found.package:
        code = json.dumps(f"import {found.package}; print('imported')")
        lines.append(f'  {{ run = ["python", "-c", {code}], expect = "imported" }},')
    else:
        lines += [f'  {{ run = [{json.dumps(name)}, "--version"], expect = "[0-9]" }},' for name in programs]
    return "\n".join([*lines, "]"])
