"""WC601 and WC606 to WC610: an sdist is source that can be built, and holds no prebuilt binary."""

from __future__ import annotations

import posixpath
import re
from itertools import islice
from pathlib import PurePosixPath

from wheelcheck.counting import counted
from wheelcheck.facts import Sdist
from wheelcheck.facts.dist_info import is_utf_8, metadata_version
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.facts.fit import code_platforms, describe, native_slices
from wheelcheck.facts.requirements import LONGEST, is_requirement
from wheelcheck.facts.text_limits import REQUIREMENTS_CAP
from wheelcheck.facts.toml import table, texts
from wheelcheck.patterns import regex
from wheelcheck.platforms import hints
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.platforms.usual import canonicalize_name
from wheelcheck.rules import Hit, LimitReachedError, rule
from wheelcheck.rules.names import identity_hits
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wheelcheck.config.fields import Severity
    from wheelcheck.facts import Member

_BACKEND = regex(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?::[^\W\d]\w*(?:\.[^\W\d]\w*)*)?")
_CLOSED = frozenset({"7z", "rar", "zst", "cab", "xar", "rpm", "cpio", "deb", "lzma", "lz", "lz4", "Z", "squashfs"})
_BUILD_TREE = regex(
    r"(?:^|/)(?:site-packages|dist-packages|_skbuild|\.?v?env|\.tox|\.nox|node_modules|target/(?:[^/]+/)?(?:release|debug)"
    r"|build/(?:lib|temp|bdist)\.[^/]+)/",
    re.IGNORECASE,
)
# What a build leaves beside an example; elsewhere such folders may hold anything.
_EXAMPLE_BUILD = regex(
    r"(?:^|/)(?:_?build|builddir|build[-_][^/]+|cmake-build-[^/]+|CMakeFiles|target|out|obj|dist|debug|release|zig-out"
    r"|\.?zig-cache|bazel-[^/]+|DerivedData|\.libs)/",
    re.IGNORECASE,
)


@rule("WC601", on=Sdist, severity=("error", "warning"))
def an_sdist_holds_no_prebuilt_binary(sdist: Sdist) -> Iterator[Hit]:
    """An sdist, and every archive inside it, is free of compiled executables, libraries and extension modules.

    A prebuilt binary in an sdist is installed on every CPU. roar-cli 0.2.10 and 0.2.11 shipped six x86_64 executables
    at 0644 this way: "Exec format error" on aarch64. An extension module, a virtual environment, a build tree and code
    for a single CPU, of one system or of several, are errors. Objects, import libraries, vendored Windows SDKs, and
    payload for several CPUs or with its one platform in its path (`attach_linux_amd64.so`) are usually there on
    purpose, so they are warnings, as is what a build left beside an example. Test data is not judged, unless it is an
    extension module, and archives of test data are not opened. Launcher stubs for Windows (setuptools' `cli-64.exe`,
    distlib's `t64.exe`) are raw material of installers and are not judged either; one with anything appended is.

    Source: the source distribution format (PyPA). Content decides, never the suffix.
    Remedy: exclude build output (`exclude`, `.gitignore`, MANIFEST.in); maturin's `include` with `format = "wheel"`
    still ships a file in the sdist.
    """
    natives = [member for member in sdist.natives if not (_is_test_data(member) or _is_launcher(member))]
    several = _are_for_several_cpus(natives)
    has_import_library = any(member.binary and member.binary.format == "ar" for member in sdist.natives)
    for member in natives:
        own = member.linked and not several and _is_own_code(member, has_import_library=has_import_library)
        wrong = own or _is_build_output(member)
        what = describe(native_slices(member)) or member.binary.format  # type: ignore[union-attr]  # natives have one
        found = f"is a prebuilt {what} {_kind(member)}"
        hit = f"{found} of {counted(member.size, 'byte')}: an sdist ships source only"
        yield Hit(member.path, hit, severity=None if wrong else "warning", cause=f"{found}: an sdist ships source only")


def _kind(member: Member) -> str:
    return "/".join(dict.fromkeys(slice_.kind for slice_ in member.slices))


def _is_build_output(member: Member) -> bool:
    """Return whether the file can only come from a build or an installation: no project keeps it as an input."""
    stem = PurePosixPath(member.path).name.partition(".")[0]
    importable = is_extension_module(member.path) and stem.isidentifier()
    return member.linked and (importable or bool(_BUILD_TREE.search(member.path)))


def _is_test_data(member: Member) -> bool:
    """Return whether the file is test data, or lies among examples and is no leftover of building them."""
    if _is_build_output(member) or not hints.is_specimen(member.path):
        return False
    return hints.is_fixture(member.path) or not _EXAMPLE_BUILD.search(member.path)


def _is_launcher(member: Member) -> bool:
    """Return whether the file is a launcher stub that installers copy, and not part of a virtual environment."""
    slices = native_slices(member)
    return bool(slices) and all(slice_.launcher for slice_ in slices) and not _is_build_output(member)


def _are_for_several_cpus(natives: list[Member]) -> bool:
    """Return whether the linked files are payload to choose from: for several platforms, and several CPUs among them.

    One CPU's code for several systems is no choice on any other CPU, and a universal file is for one platform.
    """
    linked = [member for member in natives if member.linked and not hints.is_specimen(member.path)]
    platforms = {code_platforms(member) for member in linked if native_slices(member)}
    cpus = {arches for platform in platforms for _, arches in platform}
    return len(platforms) > 1 and len(cpus) > 1


def _is_own_code(member: Member, *, has_import_library: bool) -> bool:
    """Return whether the file is the project's own build output.

    It is not where its path names the platform it is for, nor among examples, nor where it is a DLL of a vendored SDK,
    which comes with an import library.
    """
    slices = native_slices(member)
    if hints.is_specimen(member.path):
        return False
    if not slices or slices[0].system != "windows":
        return not all(hints.names_platform(member.path, slice_) for slice_ in slices)
    return not any(hints.names_cpu(member.path, slice_) for slice_ in slices) and not has_import_library


@rule("WC606", on=Sdist, severity=("error", "note"))
def the_sdist_says_how_it_is_built(sdist: Sdist) -> Iterator[Hit]:
    """There is a pyproject.toml with [build-system] requires, or at least a setup.py.

    Without either, nothing can be built. With only a setup.py, or without [build-system], the build uses whatever
    setuptools is current, as every fifth sdist of a well-known project has it: a note. What pip refuses is an error,
    with or without a setup.py: TOML that cannot be read, a [build-system] without requires, requires that is no list of
    requirements, a build-backend that is no name of a module, and a backend-path that is no list or not in the sdist.

    So is a backend that no build can import ("Cannot import build backend"): nothing brings one where requires is an
    empty list and no backend-path is given, and one of the project must be where backend-path says. What else brings a
    module is not known: a requirement may bring a backend of another name by its own requirements.

    Source: PEP 517, PEP 518 (pip's pyproject.py and pyproject_hooks); the source distribution format requires
    pyproject.toml.
    Remedy: add `[build-system] requires = …` and `build-backend = …`, and include pyproject.toml in the sdist.
    """
    there, old = (f"{sdist.top}/{name}" in sdist.texts for name in ("pyproject.toml", "setup.py"))
    if not there and sdist.members and sdist.is_read_whole:
        yield Hit("", "found no pyproject.toml, expected one with [build-system]", severity="note" if old else None)
    elif there:
        path = f"{sdist.top}/pyproject.toml"
        for found, severity in _build_system_problems(sdist, sdist.texts[path]):
            yield Hit(path, f"found {found}, expected a [build-system] that front ends accept", severity=severity)
        if missing := _missing_backend_path(sdist):
            yield Hit(path, f"found backend-path {missing!r}, expected a folder of the sdist")
        elif missing := _missing_backend(sdist):
            yield Hit(path, missing)


def _build_system_problems(sdist: Sdist, text: str) -> Iterator[tuple[str, Severity | None]]:
    """Yield what is wrong with [build-system] requires, and how bad it is."""
    system = table(sdist.pyproject, "build-system")
    if not sdist.pyproject and not _says_nothing(text):
        yield "a file that is no TOML", None
    elif "build-system" not in sdist.pyproject:
        yield "no [build-system] requires", "note"
    elif "requires" not in system:
        yield "no [build-system] requires", None
    else:
        requires = system["requires"]
        if not isinstance(requires, list) or not all(isinstance(each, str) for each in requires):
            yield "[build-system] requires that is no list of text", None
        else:
            different = islice(dict.fromkeys(requires), REQUIREMENTS_CAP)
            yield from (
                (f"the invalid requirement {each[:80]!r}", None) for each in different if not is_requirement(each)
            )
        yield from _backend_problems(system)
        _require_readable(texts(system, "requires"))


def _require_readable(requires: list[str]) -> None:
    """Raise LimitReachedError for requirements that are too many or too long to be parsed."""
    if len(set(requires)) > REQUIREMENTS_CAP:
        raise LimitReachedError(f"[build-system] requires more than {REQUIREMENTS_CAP:,} distributions")
    if max(map(len, requires), default=0) > LONGEST:
        raise LimitReachedError(f"[build-system] has a requirement of more than {LONGEST:,} characters")


def _backend_problems(system: Mapping[str, object]) -> Iterator[tuple[str, Severity | None]]:
    """Yield why no front end can call the backend that [build-system] names."""
    backend, path = system.get("build-backend", "setuptools.build_meta"), system.get("backend-path", [])
    if not isinstance(backend, str) or not _BACKEND.fullmatch(backend):
        yield f"build-backend {str(backend)[:80]!r}, which is no module or module:object", None
    if not isinstance(path, list) or not all(isinstance(each, str) for each in path):
        yield "a backend-path that is no list of folders", None


def _missing_backend_path(sdist: Sdist) -> str:
    """Return an entry of backend-path that is no folder of the sdist; empty where all are."""
    entries = texts(table(sdist.pyproject, "build-system"), "backend-path") if sdist.is_read_whole else ()
    for entry in dict.fromkeys(entries):
        place = posixpath.normpath(posixpath.join(sdist.top, entry))
        if place not in sdist.folders or not f"{place}/".startswith(f"{sdist.top}/"):
            return entry
    return ""


def _missing_backend(sdist: Sdist) -> str:
    """Say why no build can import its backend; empty text where one may."""
    system = table(sdist.pyproject, "build-system")
    backend = system.get("build-backend", "setuptools.build_meta:__legacy__")
    if not isinstance(backend, str) or not _BACKEND.fullmatch(backend):
        return ""
    module, folders = backend.partition(":")[0], texts(system, "backend-path")
    if system.get("requires") == [] and not folders:
        return f"found an empty [build-system] requires, expected what brings {module}"
    places = [posixpath.normpath(posixpath.join(sdist.top, folder)) for folder in dict.fromkeys(folders)]
    if not sdist.is_read_whole or not places or _has_module(sdist, places, module):
        return ""
    return f"found no module {module} in backend-path {', '.join(map(repr, folders[:4]))}, expected the build-backend"


def _has_module(sdist: Sdist, places: list[str], module: str) -> bool:
    """Return whether a folder has a module, as far as no code of a package above it decides that."""
    split = (member.path.rpartition("/") for member in sdist.members)
    found = {f"{folder}/{name.partition('.')[0]}" for folder, _, name in split}  # whatever the suffix of a module is
    found |= sdist.folders
    code = {member.path for member in sdist.members if member.size and member.path.endswith(".py")}
    return any(_leads_to(f"{place}/", module.split("."), found, code) for place in places)


def _leads_to(place: str, parts: list[str], found: set[str], code: set[str]) -> bool:
    for part in parts:
        path = place + part
        if path not in found:
            return False
        if not code.isdisjoint((f"{path}.py", f"{path}/__init__.py")):
            return True
        place = f"{path}/"
    return True


def _says_nothing(text: str) -> bool:
    """Return whether a TOML document is empty but for comments."""
    return is_utf_8(text) and all(line.lstrip().startswith("#") for line in text.splitlines() if line.strip())


@rule("WC607", on=Sdist)
def pkg_info_names_this_project_and_version(sdist: Sdist) -> Iterator[Hit]:
    """PKG-INFO is in the top folder, and its Name and Version are those of the file name.

    The file name ends in the version behind the last hyphen, or behind the one before it if that makes a post release
    (`keystone-engine-0.9.1-3`), which is what installers look for.

    Source: PEP 643, the source distribution format (PyPA).
    Remedy: let the build backend make the sdist.
    """
    path = f"{sdist.top}/PKG-INFO"
    there = path in sdist.texts
    if not there and sdist.members and sdist.is_read_whole:
        yield Hit("", f"found no {path}, expected one")
    elif there and not sdist.name.error and not _is_post_release(sdist):
        yield from identity_hits(path, sdist.pkg_info, sdist.name)


def _is_post_release(sdist: Sdist) -> bool:
    """Return whether the file name has the project of PKG-INFO and its version in the form N-M (PEP 440)."""
    before, _, number = sdist.file.removesuffix(".tar.gz").removesuffix(".zip").rpartition("-")
    project, _, version = before.rpartition("-")
    names, versions = sdist.pkg_info.get_all("Name", []), sdist.pkg_info.get_all("Version", [])
    if not (number.isdecimal() and len(names) == len(versions) == 1):
        return False
    is_same = canonical_version(f"{version}-{number}") == canonical_version(str(versions[0]).strip())
    return is_same and canonicalize_name(project) == canonicalize_name(str(names[0]).strip())


@rule("WC608", on=Sdist)
def the_sdist_has_its_one_top_folder(sdist: Sdist) -> Iterator[Hit]:
    """Everything is in one folder, which has the name of the file without `.tar.gz`.

    Source: PEP 517 ("a single top-level folder {name}-{version}"), PEP 625.
    Remedy: let the build backend make the sdist.
    """
    tops = sorted({member.path.partition("/")[0] for member in sdist.members})
    if len(tops) > 1:
        yield Hit("", f"found {len(tops)} top folders ({', '.join(tops[:4])}), expected one")
    expected = sdist.file.removesuffix(".tar.gz").removesuffix(".zip")
    if len(tops) == 1 and canonicalize_name(tops[0]) != canonicalize_name(expected):
        yield Hit(tops[0], f"found top folder {tops[0]}, expected {expected}")


@rule("WC609", on=Sdist, severity=("error", "warning"))
def the_sdist_name_is_normalised(sdist: Sdist) -> Iterator[Hit]:
    """The project's part of the file name is normalised: lower case, with single underscores between words.

    PyPI has refused other names since 2024. For metadata older than 2.2, which is from before that, this is a warning.

    Source: PEP 625.
    Remedy: build with a current backend (setuptools 69.3 or newer).
    """
    spelled = sdist.file.rpartition("-")[0]
    expected = re.sub(r"[-_.]+", "_", spelled).lower()
    if sdist.name.error or spelled == expected:
        return
    modern = metadata_version(sdist.pkg_info) >= (2, 2)
    yield Hit("", f"found {spelled}, expected {expected}", severity=None if modern else "warning")


@rule("WC610", on=Sdist, severity=("warning", "error"))
def every_archive_in_the_sdist_can_be_opened(sdist: Sdist) -> Iterator[Hit]:
    """Every archive inside the sdist is a whole zip or tar, so that its content can be judged.

    A prebuilt binary in a 7z, RAR, Zstandard or Debian archive would not be found: a warning. The same holds for an
    archive that is damaged, has data after its end or members that are encrypted, but it is an error. A build that
    unpacks it fails or gets what this check did not see, and no build needs one that it does not unpack. None of 58
    released sdists has such an archive. In a folder `docs` or `doc` at the top it is a warning, because no build
    unpacks a drawing (emcee 3.1.6 has one of Pixelmator). Bytes before a zip, as in a zipapp, are no damage. Nor is a
    folder whose mode says something else: its content was looked at. Test data is not judged.

    Source: wheelcheck opens what Python's standard library can decompress.
    Remedy: ship sources as files; where an archive must be, make it a zip or a tar.gz.
    """
    for member in sdist.members:
        if member.archive in _CLOSED and not hints.is_specimen(member.path):
            yield Hit(member.path, f"found a {member.archive} archive that was not opened, expected a zip or a tar")
    for path, damage in sdist.unread.items():
        message = f"{damage.kind}: {damage.why}; so not all of this archive was examined"
        is_document = path.split("/")[1:2] in (["doc"], ["docs"])
        yield Hit(path, message, severity="warning" if is_document else "error")
