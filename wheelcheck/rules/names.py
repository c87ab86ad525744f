"""WC201 to WC207 and WC209: file name, WHEEL, METADATA and the .dist-info folder agree."""

from __future__ import annotations

import re

from wheelcheck.facts import Sdist, Wheel
from wheelcheck.facts.dist_info import header_problems, names_the_wheel
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.platforms.published import is_asked_for_wherever
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.platforms.usual import canonicalize_name
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.config.fields import Severity
    from wheelcheck.facts.file_names import FileName
    from wheelcheck.facts.headers import Headers
    from wheelcheck.platforms.tags import Platform
    from wheelcheck.platforms.wheel_tags import WheelTag

_PYTHON_2 = ("py2", "cp2", "pp2")
_MOST_PAIRS = 100_000  # of Tag lines and tags of the file name; a sound wheel has under a hundred
_REQUIRED = ("METADATA", "WHEEL", "RECORD")


@rule("WC201", on=Wheel)
def wheel_file_name_is_valid(wheel: Wheel) -> Iterator[Hit]:
    """The wheel's file name has a project, a version and tags that can be read.

    Installers choose a wheel by its file name only; one whose name they cannot read is never installed.

    Source: the binary distribution format (PyPA), file name convention.
    Remedy: let the build backend name the file.
    """
    if wheel.name.error:
        yield Hit("", f"{wheel.name.error}; expected NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl")


@rule("WC202", on=Sdist, severity=("error", "warning"))
def sdist_file_name_is_valid(sdist: Sdist) -> Iterator[Hit]:
    """The sdist's file name has a project and a version that can be read, and ends in .tar.gz.

    Before PEP 625 many sdists were zip files, which installers still accept; so a zip file is a warning.

    Source: PEP 625.
    Remedy: let the build backend name the file.
    """
    if sdist.name.error:
        yield Hit("", f"{sdist.name.error}; expected NAME-VERSION.tar.gz")
    elif not sdist.file.endswith(".tar.gz"):
        yield Hit("", "found a zip file, expected NAME-VERSION.tar.gz", severity="warning")


@rule("WC203", on=Wheel, absence=True)
def the_wheel_has_its_one_dist_info_folder(wheel: Wheel) -> Iterator[Hit]:
    """There is exactly one .dist-info folder, named for the file name's project and version, with its three files.

    An installer that finds no such folder, or two, cannot tell what it installs.

    Source: the binary distribution format (PyPA), PEP 491.
    Remedy: build the wheel with a build backend; rename with `wheel tags` or `wheel pack`, never by hand.
    """
    found = wheel.dist_info_folders
    if len(found) != 1:
        yield Hit("", f"found {', '.join(found) or 'no .dist-info folder'}, expected exactly one")
    for folder in found:
        if not wheel.name.error and not names_the_wheel(folder, wheel.name):
            yield Hit(folder, f"found {folder}, expected the folder of {wheel.name.project} {wheel.name.version}")
    paths = {member.path for member in wheel.members}
    for file in _REQUIRED if found else ():
        if wheel.dist_info.path(file) not in paths and file not in wheel.dist_info.texts:
            yield Hit(wheel.dist_info.folder, f"found no {file}, expected one")


@rule("WC204", on=Wheel)
def the_wheel_version_is_known(wheel: Wheel) -> Iterator[Hit]:
    """WHEEL can be read, and names once version 1.x of the format, the only one that installers read.

    Of two versions pip takes the first and other readers the last. A byte that is not UTF-8, or a line that is no
    header, ends the reading for pip.

    Source: the binary distribution format (PyPA): a greater major version must be refused.
    Remedy: build with a current backend.
    """
    if (text := wheel.dist_info.texts.get("WHEEL")) is None:
        return
    path, headers = wheel.dist_info.path("WHEEL"), wheel.dist_info.wheel
    yield from (Hit(path, problem) for problem in header_problems(text, headers))
    versions = [str(version).strip() for version in headers.get_all("Wheel-Version", [])]
    if len(versions) != 1 or not re.fullmatch(r"1\.[0-9]{1,9}", versions[0]):
        yield Hit(path, f"found Wheel-Version {' and '.join(versions) or 'none'}, expected 1.x once")


@rule("WC205", on=Wheel, severity=("error", "warning"), fix="tags")
def the_tags_in_wheel_are_those_of_the_file_name(wheel: Wheel) -> Iterator[Hit]:
    """The Tag lines of WHEEL, expanded, are exactly the tags of the file name.

    A wheel that was renamed by hand keeps its old Tag lines, and tools that repack it, such as `wheel tags`, restore
    the old name. pyfury 0.10.3's manylinux1 file says linux_x86_64 inside.

    `pip check` compares the Tag lines with the tags that the machine asks for. Where each machine that installs the
    file by its name asks for one of the lines as well, as for linux_x86_64 in a manylinux file or for a line more than
    the file name has, that check passes, and this is a warning; no pip for Python 2 has the check. Otherwise, as for
    cp311 in a cp312 file, pip calls the installed package "not supported on this platform", and this is an error; so is
    a WHEEL without Tag lines.

    Source: the binary distribution format (PyPA); `pip check` of pip 26.3 and `uv pip check` of uv 0.13.9, both tried.
    Remedy: retag with `wheel tags --platform-tag …`, which writes both.
    """
    inside, outside = wheel.dist_info.tags, frozenset(wheel.name.tags)
    if wheel.name.error or "WHEEL" not in wheel.dist_info.texts or inside == outside:
        return
    path = wheel.dist_info.path("WHEEL")
    severity: Severity | None = "warning" if _is_checked(inside, outside) else None
    missing, extra = sorted(outside - inside), sorted(inside - outside)
    if missing and extra:
        message = f"found Tag {_spell(extra[0])}, expected {_spell(missing[0])} as the file name says"
    elif missing:
        message = f"found no Tag line for {_spell(missing[0])}, expected one as the file name says"
    else:
        message = f"found Tag {_spell(extra[0])}, expected only the file name's tags"
    yield Hit(path, message, severity=severity)


def _is_checked(inside: frozenset[WheelTag], outside: frozenset[WheelTag]) -> bool:
    """Return whether every machine that asks for a tag of the file name asks for a Tag line, too.

    Lines that stand for more tags than are expanded are never asked for: no machine has the time to expand them.
    """
    if not inside or any(not tag.abi and tag.python.count("-") == 2 for tag in inside):
        return False
    missing = {tag for tag in outside - inside if not tag.python.startswith(_PYTHON_2)}
    if len(inside) * len(missing) > _MOST_PAIRS:
        return False
    lines = [_parsed(tag) for tag in inside]
    return all(any(is_asked_for_wherever(line, _parsed(tag)) for line in lines) for tag in missing)


def _parsed(tag: WheelTag) -> tuple[str, str, Platform]:
    return tag.python, tag.abi, parse_platform(tag.platform)


def _spell(tag: WheelTag) -> str:
    return "-".join(part for part in (tag.python, tag.abi, tag.platform) if part)


@rule("WC206", on=Wheel, severity="note", fix="purelib")
def root_is_purelib_is_true_only_without_native_code(wheel: Wheel) -> Iterator[Hit]:
    """A wheel for one platform with native code says `Root-Is-Purelib: false`.

    Where platlib and purelib are different folders (lib64 and lib on Fedora and RHEL), native code lands in the wrong
    one. It can be imported from there all the same, and 16 of 23 warnings on the wheels of well-known projects were
    this one, so it is a note.

    Source: the binary distribution format (PyPA).
    Remedy: declare the wheel impure: `root_is_pure = False` (setuptools), `pure_python = False` (hatchling's hook).
    """
    pure = str(wheel.dist_info.wheel.get("Root-Is-Purelib", "")).strip().lower()
    if pure == "true" and not wheel.is_any and any(member.linked for member in wheel.natives):
        yield Hit(wheel.dist_info.path("WHEEL"), "found Root-Is-Purelib: true, expected false: it has native code")


@rule("WC209", on=Wheel, fix="purelib")
def root_is_purelib_is_true_or_false(wheel: Wheel) -> Iterator[Hit]:
    """WHEEL says once whether the files belong into purelib: `Root-Is-Purelib: true` or `false`.

    For `True` pip takes purelib and uv takes platlib, for `true` with a space after it the other way round: one wheel,
    two places. A field that is missing, empty, twice or another word is invalid: pip and uv take platlib, the
    specification does not say so. None of 356 wheels measured has one of these. `False`, which one of them has, is
    platlib for both and is accepted.

    Source: the binary distribution format (PyPA); tried with pip 26.3 and uv 0.13.9 where the two folders differ.
    Remedy: build with a current backend.
    """
    if "WHEEL" not in wheel.dist_info.texts:
        return
    values = [str(value) for value in wheel.dist_info.wheel.get_all("Root-Is-Purelib", [])]
    if len(values) != 1 or not (values[0] == "true" or values[0].strip().lower() == "false"):
        found = " and ".join(repr(value) for value in values) or "none"
        yield Hit(
            wheel.dist_info.path("WHEEL"),
            f"found Root-Is-Purelib {found}, expected true or false once",
            fixable=root_is_purelib(wheel) is not None,
        )


def root_is_purelib(wheel: Wheel) -> bool | None:
    """Return what Root-Is-Purelib must be by the content of the wheel; None if the content does not show it."""
    if wheel.is_any:
        return None if any(member.linked for member in wheel.natives) else True
    return False if any(member.linked for member in wheel.natives) else None


@rule("WC207", on=Wheel)
def metadata_names_this_project_and_version(wheel: Wheel) -> Iterator[Hit]:
    """METADATA's Name and Version are those of the file name, each given once.

    pip refuses a wheel whose metadata names another version than its file name.

    Source: core metadata specification (PyPA).
    Remedy: build the wheel again at the right version; never rename a finished file.
    """
    if "METADATA" in wheel.dist_info.texts and not wheel.name.error:
        yield from identity_hits(wheel.dist_info.path("METADATA"), wheel.dist_info.metadata, wheel.name)


def identity_hits(path: str, headers: Headers, name: FileName) -> Iterator[Hit]:
    """Compare the Name and Version of core metadata with a file name's."""
    for key, expected in (("Name", name.project), ("Version", name.version)):
        values = [str(value).strip() for value in headers.get_all(key, [])]
        if len(values) != 1:
            yield Hit(path, f"found {len(values)} {key} fields, expected one")
        elif _canonical(key, values[0]) != _canonical(key, expected):
            yield Hit(path, f"found {key} {values[0]!r}, expected {expected!r} as the file name says")


def _canonical(key: str, value: str) -> str:
    """Return what is equal for equal names or versions."""
    return canonicalize_name(value) if key == "Name" else canonical_version(value)
