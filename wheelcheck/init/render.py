"""What a project gets: the text of its configuration, its sessions and its workflows, from templates that ship."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.config import Payload
    from wheelcheck.init.survey import Survey

REQUIREMENT = "wheelcheck[build]"
_PAYLOAD = """
[[tool.wheelcheck.payload]]
name = {name}
package = {package}
kind = {kind}
path = {path}
"""
_HEAD = '"""The sessions of this project."""\n\nfrom __future__ import annotations\n\n'
_IMPORTS = "import platform\nimport shutil\n\nimport nox\n\n"


def configuration(found: Survey) -> str:
    """Return `[tool.wheelcheck]` for a project: what is known of it, and the floor and CPUs most releases promise."""
    names = ", ".join(json.dumps(name) for name in found.python)
    lines = [
        "[tool.wheelcheck]",
        'glibc = "2.17"',
        'architectures = ["x86_64", "aarch64"]',
        f"python = [{names}]",
        "sdist = true",
    ]
    payload = "".join(_table(one) for one in found.payload)
    build = f"\n[tool.wheelcheck.build]\nworkspace = {json.dumps(found.workspace)}\n" if found.workspace else ""
    return "\n".join(lines) + "\n" + payload + build + _smoke(found)


def sessions(*, new: bool) -> str:
    """Return the sessions: a whole noxfile where there is none, else a section for the end of one."""
    section = _IMPORTS + template("noxfile.txt").replace("@REQUIREMENT@", REQUIREMENT)
    return _HEAD + section if new else section


def workflows(dist: str = "dist") -> dict[str, str]:
    """Return the files of .github by their path; `dist` is where finished artifacts lie in the repository."""
    return {
        ".github/workflows/wheels.yml": template("wheels.yml").replace("@DIST@", dist),
        ".github/workflows/release.yml": template("release.yml"),
        ".github/actions/build-binaries/action.yml": template("build-binaries.yml"),
    }


def ignored() -> str:
    """Return what git is to leave out: what the bench writes must not look like a source."""
    return "/build/wheelcheck/\n/dist/\n/parcels/\n"


def template(name: str) -> str:
    """Return a template that ships."""
    return (resources.files("wheelcheck.init") / "templates" / name).read_text("utf-8")


def _table(one: Payload) -> str:
    fields = {key: json.dumps(getattr(one, key)) for key in ("name", "package", "kind", "path")}
    return _PAYLOAD.format(**fields)


def _smoke(found: Survey) -> str:
    """Return trials of the installed wheel. They only import: what proves a program is for the project to say."""
    code = json.dumps(f"import {found.package}; print('imported')")
    programs = [one.name for one in found.payload if one.kind == "executable"]
    advice = f"# Say here what proves that {', '.join(programs)} work, not only that they start.\n" if programs else ""
    run = f'{{ run = ["python", "-c", {code}], expect = "imported" }}'
    return f"\n[tool.wheelcheck.smoke]\n{advice}commands = [\n  {run},\n]\n"
