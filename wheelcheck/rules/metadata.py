"""WC220 to WC226: METADATA, entry_points.txt and the .data folder can be used, and what they name is in the wheel."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from keyword import iskeyword

from wheelcheck.counting import dotted
from wheelcheck.facts import Artifact, Sdist, Wheel
from wheelcheck.facts.dist_info import (
    GROUPS,
    header_problems,
    is_reserved,
    is_utf_8,
    metadata_version,
    script_name_problem,
)
from wheelcheck.facts.file_names import installed_path
from wheelcheck.facts.headers import Headers
from wheelcheck.patterns import regex
from wheelcheck.platforms.paths import parts_of
from wheelcheck.platforms.usual import canonicalize_name, is_specifier, plain_requirement
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from wheelcheck.facts.dist_info import NameProblem

_SCHEMES = frozenset({"purelib", "platlib", "headers", "scripts", "data"})
_ENVIRONMENT = "data/pyvenv.cfg"
_SCRIPT_FOLDERS = frozenset({("scripts",), ("data", "bin"), ("data", "Scripts")})  # below .data: installed as programs
_DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_REFERENCE = regex(rf"(?P<module>{_DOTTED})(?:\s*:\s*(?P<attribute>{_DOTTED}))?\s*(?:\[.*\])?")
_KNOWN_METADATA = ("1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5")
# Not License-File: setuptools wrote one of its own into 2.1 for years, and PyPI took it.
_NEWER_FIELDS = {
    "license-expression": (2, 4),
    "dynamic": (2, 2),
    "import-name": (2, 5),
    "import-namespace": (2, 5),
}


@rule("WC220", on=Artifact)
def metadata_can_be_read(artifact: Artifact) -> Iterator[Hit]:
    """METADATA or PKG-INFO is UTF-8, of a known version, and its requirements and Python specifier can be parsed.

    An installer that cannot parse Requires-Dist or Requires-Python either refuses the file or ignores the field. The
    wheel that is built from an sdist has the same requirement, and pip refuses it then.

    A line without a colon, or with a space before it (`Requires-Dist : x`), is no header. Python's parser ends the
    headers there, so that pip never sees what follows; other readers go on and see other requirements.

    Source: core metadata specification (PyPA), PEP 440, PEP 508.
    Remedy: fix the field in pyproject.toml and build again.
    """
    path, text, headers = core_metadata(artifact)
    if text is None:
        return
    yield from (Hit(path, problem) for problem in header_problems(text, headers))
    version = str(headers.get("Metadata-Version", "none")).strip()
    if version not in _KNOWN_METADATA:
        yield Hit(path, f"found Metadata-Version {version}, expected one of {', '.join(_KNOWN_METADATA)}")
    for value in headers.get_all("Requires-Dist", []):
        if problem := _requirement_problem(str(value)):
            yield Hit(path, f"found Requires-Dist {str(value)!r}: {problem}")
    for value in headers.get_all("Requires-Python", []):
        if not is_specifier(str(value)):
            yield Hit(path, f"found Requires-Python {str(value)!r}, expected a version specifier")


def core_metadata(artifact: Artifact) -> tuple[str, str | None, Headers]:
    """Return the path, the text (None if it is missing) and the headers of METADATA or PKG-INFO."""
    if isinstance(artifact, Sdist):
        path = f"{artifact.top}/PKG-INFO"
        return path, artifact.texts.get(path), artifact.pkg_info
    if isinstance(artifact, Wheel):
        info = artifact.dist_info
        return info.path("METADATA"), info.texts.get("METADATA"), info.metadata
    return "", None, Headers()


@lru_cache(maxsize=256)
def _requirement_problem(value: str) -> str:
    if plain_requirement(value):
        return ""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  # slow to import

    try:
        hash(Requirement(value).specifier)  # reads the versions, too
    except InvalidRequirement as problem:
        return str(problem).partition("\n")[0]
    except (ValueError, RecursionError):
        return "expected a requirement: it has a number or a nesting that is too long"
    return ""


@rule("WC221", on=Artifact)
def metadata_holds_no_field_newer_than_its_version(artifact: Artifact) -> Iterator[Hit]:
    """Every field of METADATA or PKG-INFO exists in the version it declares.

    twine and PyPI refuse an upload whose fields are newer than its Metadata-Version. License-File is taken, because
    setuptools wrote it for years before 2.4.

    Source: core metadata specification (PyPA): 2.2 Dynamic, 2.4 License-Expression, 2.5 Import-Name.
    Remedy: update the build backend.
    """
    path, _, headers = core_metadata(artifact)
    version = metadata_version(headers)
    for field in sorted({name.lower() for name in headers} & _NEWER_FIELDS.keys()):
        if version < _NEWER_FIELDS[field]:
            found, expected = map(dotted, (version, _NEWER_FIELDS[field]))
            yield Hit(path, f"found {field} in Metadata-Version {found}, expected {expected} or newer")


@rule("WC222", on=Wheel, severity=("error", "warning"), absence=True)
def every_entry_point_exists(wheel: Wheel) -> Iterator[Hit]:
    """The entry points can be parsed, and each script has a name and a module that can be installed and started.

    A script whose module is missing is installed and ends in ModuleNotFoundError. The module may belong to another
    distribution, or be created by an extension module; where that is possible, this is a warning. It is an error where
    the package is in the wheel, and where it has the name of a wheel that brings no code at all and requires no
    distribution of that name: trackers 2.5.0 was its metadata and one script (roboflow/trackers issue 474).

    These are errors:

    - A name that is a path (`../t`, `..`, `/abs`, `C:t`, backslashes) writes outside the folder of scripts: pip refuses
      `../t` and `/abs` since 26.1.2, uv as well, and older installers need not. pip makes a folder of `sub/t`, where no
      command is found, and uv fails.
    - PyPI refuses every name with other characters than letters, digits, `.`, `_` and `-`, and a file that is not
      UTF-8.
    - uv refuses the names of interpreters (`python`, `python3.12`, `pythonw`); with pip such a script replaces the
      environment's interpreter.
    - No file can have a name of more than 255 characters, the launcher's `.exe` included; and where Windows may install
      the wheel, none the name of a device with any suffix: `nul`, and `con.py`, whose launcher is `con.exe`.
    - pip and uv refuse a script without an attribute (`t = module`), which is valid in other groups. pip finds no
      attribute behind a space (`t = module: main`), and a launcher cannot write a keyword (`t = module:class`).
    - configparser puts what is in a group DEFAULT into every group, pip and importlib.metadata do not: readers see
      different scripts. They differ as well where a line is continued, where it ends in a character that is no line
      feed, and over a comment that begins with a semicolon, which pip fails on ("Pair missing 1 required positional
      argument").

    Source: entry points specification (PyPA); pip's `_raise_for_invalid_entrypoint`, uv's `reserved_script_name`,
    warehouse's `validate_entrypoints`; each tried with pip 26.3 and uv 0.13.9.
    Remedy: correct [project.scripts], or include the module.
    """
    path = wheel.dist_info.path("entry_points.txt")
    if not is_utf_8(wheel.dist_info.texts.get("entry_points.txt", "")):
        yield Hit(path, "found bytes that are not UTF-8")
    if problem := wheel.dist_info.entry_points_problem:
        yield Hit(path, problem)
    if _CONTROL.search(wheel.dist_info.texts.get("entry_points.txt", "")):
        yield Hit(path, "found a control character, expected printable text")
    if "DEFAULT" in wheel.dist_info.entry_points:
        yield Hit(path, "found the group DEFAULT, whose entries some readers put into every group; expected none")
    paths = sorted({installed_path(member.path) for member in wheel.members})
    has_code = bool(wheel.natives) or any(path.endswith((".py", ".pth")) for path in paths)
    has_devices = any(platform.system in ("windows", "any") for platform in wheel.platforms)
    for group, entries in wheel.dist_info.entry_points.items():
        for name, reference in entries.items():
            found = _REFERENCE.fullmatch(reference.strip())
            if group in GROUPS and (problem := _script_problem(name, found, has_devices=has_devices)):
                yield Hit(path, problem)
            elif not found:
                yield Hit(path, f"found {name} = {reference!r}, expected module:attribute")
            elif group in GROUPS and not _is_there(found["module"], paths):
                may_be = _may_bring(found["module"].partition(".")[0], paths, wheel, has_code=has_code)
                message = f"{name} starts {found['module']}, which is not in the wheel"
                yield Hit(path, message, severity="warning" if may_be else None)


_CONTROL = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAME_PROBLEMS: dict[NameProblem, str] = {
    "a path": "is a path, which leads out of the folder of scripts; expected a plain name",
    "characters": "has characters that PyPI refuses; expected letters, digits, '.', '_' and '-'",
    "reserved": "is the name of an interpreter: uv refuses it, pip overwrites the environment's own",
    "too long": "is longer than the name of any file can be",
    "a device": "is a device on Windows, where no file can have this name with any suffix",
}


def _script_problem(name: str, reference: re.Match[str] | None, *, has_devices: bool) -> str:
    """Say why no installer makes this script; empty text where it can, or where the reference is none at all."""
    if (problem := script_name_problem(name)) and (has_devices or problem != "a device"):
        return f"the script {name!r} {_NAME_PROBLEMS[problem]}"
    if reference and not reference["attribute"]:
        return f"found {name} = {reference['module']!r}, expected module:attribute: pip and uv refuse it without one"
    if reference and (word := _keyword_of(reference)):
        return f"found {name} = {reference[0]!r}, expected no keyword of Python: {word!r} ends in a SyntaxError"
    if reference and f"{reference['module']}:{reference['attribute']}" not in reference[0]:
        return f"found {name} = {reference[0]!r}, expected module:attribute without spaces: pip refuses it"
    return ""


def _keyword_of(reference: re.Match[str]) -> str:
    """Return the part of a reference that no launcher can import or call by name; empty text if all can be."""
    parts = f"{reference['module']}.{reference['attribute'] or ''}".split(".")
    return next((part for part in parts if iskeyword(part)), "")


def _may_bring(package: str, paths: list[str], wheel: Wheel, *, has_code: bool) -> bool:
    """Return whether another distribution, or other code of the wheel, may bring a module of a package.

    None does where the wheel has the package, or is called like it and has no code at all. A distribution that it
    requires may, if its name begins as the package's, as ansible-core brings what ansible starts.
    """
    if _is_there(f"{package}.__init__", paths):
        return False
    is_named = canonicalize_name(package) == canonicalize_name(wheel.name.project)
    return has_code or not is_named or bool(wheel.required.beginning_as((package,)))


def _is_there(module: str, paths: list[str]) -> bool:
    """Return whether a module or a package of this name is among the sorted paths."""
    base = module.replace(".", "/")
    return any(_begins(f"{base}{separator}", paths) for separator in "/.")


def _begins(start: str, paths: list[str]) -> bool:
    """Return whether one of the sorted paths begins so."""
    place = bisect_left(paths, start)
    return place < len(paths) and paths[place].startswith(start)


@rule("WC223", on=Artifact, absence=True)
def every_declared_licence_file_is_there(artifact: Artifact) -> Iterator[Hit]:
    """Each License-File of metadata 2.4 is in a wheel's .dist-info/licenses, or in the top folder of an sdist.

    PyPI refuses an sdist without the file, after the wheels of the release may be published. In a wheel a licence check
    finds the field but not the file.

    Source: PEP 639; PyPI's upload checks (warehouse, forklift/legacy.py).
    Remedy: include the file, or correct `license-files`.
    """
    path, text, headers = core_metadata(artifact)
    if text is None or metadata_version(headers) < (2, 4):
        return
    folder = f"{path.rpartition('/')[0]}/licenses" if isinstance(artifact, Wheel) else path.rpartition("/")[0]
    paths = {member.path for member in artifact.members}
    for value in dict.fromkeys(str(value).strip() for value in headers.get_all("License-File", [])):
        if f"{folder}/{value}" not in paths:
            yield Hit(path, f"found License-File {value!r}, which is not in {folder}")


@rule("WC224", on=Wheel)
def installers_can_place_the_data_folder(wheel: Wheel) -> Iterator[Hit]:
    """The .data folder is named like .dist-info, and each file is in an installation scheme, scripts without folders.

    An installer does not know where to put anything else; pip and uv stop with an error. pip installs a .data folder
    of any name, `other-1.0.data/scripts/x` too; uv copies it as it is into site-packages, and the script is missing.
    `demo-1.0.DATA` is that folder where file names have no case.
    uv refuses a folder in `scripts`, where no command is found, and a script with the name of an interpreter, whether
    from `scripts`, `data/bin` or `data/Scripts`; with pip that one replaces the interpreter of the environment. So does
    `data/pyvenv.cfg`, with both: the environment then belongs to another Python, or to none.

    Source: the binary distribution format (PyPA): {distribution}-{version}.data with purelib, platlib, headers,
    scripts, data; each tried with pip 26.3 and uv 0.13.9.
    Remedy: let the build backend lay out data files.
    """
    own = f"{wheel.dist_info.folder.removesuffix('.dist-info')}.data"
    told: set[str] = set()  # each folder once: a finding per file of a large one would reach the limit
    for member in wheel.members:
        if ".data" not in member.path.lower():
            continue
        top, *parts = parts_of(member.path)
        if not top.lower().endswith(".data"):
            continue
        if not parts and member.kind == "file":
            yield Hit(top, "found a file, expected a folder: pip and uv take it for the folder of the schemes")
        if not parts:
            continue
        if top != own and wheel.dist_info.folder and top not in told:
            told.add(top)
            yield Hit(top, f"found {top}, expected {own}: uv does not install what is in it")
        if problem := _place_problem(parts, is_folder=member.kind == "directory"):
            yield Hit(member.path, problem)


def _place_problem(parts: list[str], *, is_folder: bool) -> str:
    """Say why an installer cannot put a member where its path below .data says; empty text where it can."""
    scheme, name = parts[0], parts[-1]
    if scheme not in _SCHEMES or (len(parts) == 1 and not is_folder):
        return f"found {scheme}, expected one of {', '.join(sorted(_SCHEMES))} as a folder"
    if not is_folder and "/".join(parts).lower() == _ENVIRONMENT:
        return "found the file that makes a folder a virtual environment: installers replace the environment's own"
    if scheme == "scripts" and len(parts) > 2 - is_folder:
        return "found a folder in scripts, expected files only: uv refuses it, and no command in it is found"
    is_script = tuple(parts[:-1]) in _SCRIPT_FOLDERS
    if is_script and not is_folder and is_reserved(name):
        return f"found {name}, which is the interpreter's: uv refuses it, pip overwrites the environment's own"
    return ""


@rule("WC225", on=Wheel, severity=("error", "note"), absence=True)
def the_wheel_installs_something(wheel: Wheel) -> Iterator[Hit]:
    """There is more in the wheel than its .dist-info folder, unless it only requires other packages.

    A build that finds no package does not fail. This is the most common mistake after a change of the folder layout. A
    wheel that requires other packages may be meant so (jupyter), which is a note: cpnet 0.0.18 was not, and `import
    cpnet` failed for everybody (skojaku/core-periphery-detection issue 18).

    Source: setuptools' and hatchling's package discovery.
    Remedy: tell the backend where the package is (`packages`, `where = ["src"]`).
    """
    own = [m for m in wheel.members if m.kind != "directory" and ".dist-info/" not in m.path]
    if not wheel.members or own:
        return
    if wheel.dist_info.metadata.get("Requires-Dist"):
        yield Hit("", "installs nothing but what it requires: right for a meta package alone", severity="note")
    else:
        yield Hit("", "found nothing but .dist-info, expected a package, a script or data")


@rule("WC226", on=Wheel, severity="warning")
def no_compiled_bytecode_is_shipped(wheel: Wheel) -> Iterator[Hit]:
    """The wheel holds no __pycache__ and no .pyc file beside its source.

    Bytecode is valid for one Python version and one timestamp, and installers compile it themselves.

    Source: the binary distribution format (PyPA) leaves bytecode to the installer.
    Remedy: exclude `__pycache__` and `*.pyc`.
    """
    paths = {member.path for member in wheel.members}
    for member in wheel.members:
        cached = "__pycache__/" in member.path and member.kind != "directory"
        if cached or (member.path.endswith(".pyc") and member.path[:-1] in paths):
            yield Hit(member.path, "is compiled bytecode, which one version of Python alone reads")
