"""WC61x: an sdist is named, described and laid out so that it can be built."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelcheck.facts import Sdist
from wheelcheck.facts.cargo_manifests import parse_toml, texts
from wheelcheck.facts.cargo_workspaces import orphans, unlocked
from wheelcheck.facts.dist_info import headers_of
from wheelcheck.platforms import hints
from wheelcheck.rules import Hit, rule
from wheelcheck.rules.names import identity_hits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.rules import Severity

# Crates there are for people and for testing; nothing that is shipped is built from them.
_ASIDE = frozenset({"doc", "docs", "example", "examples", "fuzz", "benches", "benchmarks"})


def _top(sdist: Sdist) -> str:
    """Return the sdist's top folder; the first of several."""
    return min((member.path.partition("/")[0] for member in sdist.members), default="")


def _is_aside(path: str) -> bool:
    return hints.is_fixture(path) or not _ASIDE.isdisjoint(PurePosixPath(path).parts)


@rule("WC604", on=Sdist, severity=("error", "warning"))
def every_crate_belongs_to_its_workspace(sdist: Sdist) -> Iterator[Hit]:
    """Each Cargo package below a workspace is one of its members, excluded from it, or a workspace of its own.

    cargo refuses to build any other: "current package believes it's in a workspace when it's not". roar-cli's sdists
    from 0.3.0 to 0.4.7 ship the crates of all five executables, but the rewritten workspace lists its extension
    module's crates alone, so none of the executables can be built. A package without an executable or C library is a
    warning.

    Source: the Cargo book, "Workspaces".
    Remedy: list the packages under `[workspace] members`; maturin rewrites the list to what the extension module needs,
    so give the executables a workspace of their own (an empty `[workspace]` table, or a second one).
    """
    for orphan in orphans(sdist):
        if not _is_aside(orphan.manifest):
            gives = f" gives {', '.join(orphan.programs)} and" if orphan.programs else ""
            message = (
                f"the package{gives} is no member of {orphan.workspace}, expected it among the workspace's members"
            )
            yield Hit(orphan.manifest, message, severity=None if orphan.programs else "warning")


@rule("WC605", on=Sdist, severity="warning")
def the_lock_file_holds_every_package_of_its_workspace(sdist: Sdist) -> Iterator[Hit]:
    """Cargo.lock lists each package of its workspace at the version its manifest has.

    `cargo build --locked` refuses otherwise, and a build without it resolves other dependencies than were tested.

    Source: the Cargo book, "Cargo.toml vs Cargo.lock".
    Remedy: `cargo update --workspace` after a version change, and commit Cargo.lock.
    """
    for entry in unlocked(sdist):
        if not _is_aside(entry.manifest):
            yield Hit(entry.lock, f"found no {entry.found}, expected it as {entry.manifest} says")


@rule("WC606", on=Sdist, severity=("error", "warning"))
def the_sdist_says_how_it_is_built(sdist: Sdist) -> Iterator[Hit]:
    """There is a pyproject.toml with [build-system] requires, or at least the setup.py of old.

    Without either nothing can be built. With a setup.py alone the build gets whatever setuptools is current: a warning.

    Source: PEP 517, PEP 518; the source distribution format requires pyproject.toml.
    Remedy: add `[build-system] requires = …` and `build-backend = …`, and include pyproject.toml in the sdist.
    """
    top = _top(sdist)
    text = sdist.texts.get(f"{top}/pyproject.toml")
    old = f"{top}/setup.py" in sdist.texts
    if text is None and sdist.members and sdist.is_read_whole:
        yield Hit("", "found no pyproject.toml, expected one with [build-system]", severity="warning" if old else None)
    elif text is not None and not texts(parse_toml(text).get("build-system"), "requires"):
        found = "no [build-system] requires" if parse_toml(text) else "a file that is no TOML"
        severity: Severity | None = "warning" if old or parse_toml(text) else None
        yield Hit(f"{top}/pyproject.toml", f"found {found}, expected the build's requirements", severity=severity)


@rule("WC607", on=Sdist)
def pkg_info_names_this_project_and_version(sdist: Sdist) -> Iterator[Hit]:
    """PKG-INFO lies in the top folder, and its Name and Version are the file name's.

    Source: PEP 643, the source distribution format (PyPA).
    Remedy: let the build backend make the sdist.
    """
    path = f"{_top(sdist)}/PKG-INFO"
    text = sdist.texts.get(path)
    if text is None and sdist.members and sdist.is_read_whole:
        yield Hit("", f"found no {path}, expected one")
    elif text is not None and not sdist.name.error:
        yield from identity_hits(path, text, sdist.name.project, sdist.name.version)


@rule("WC608", on=Sdist)
def the_sdist_has_its_one_top_folder(sdist: Sdist) -> Iterator[Hit]:
    """Everything lies in one folder, named as the file is without `.tar.gz`.

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
    """The project's part of the file name is normalised: lower case, words joined by one underscore.

    PyPI refuses others since 2024. For metadata older than 2.2, from before the rule, this is a warning.

    Source: PEP 625.
    Remedy: build with a current backend (setuptools 69.3 or newer).
    """
    spelled = sdist.file.rpartition("-")[0]
    expected = re.sub(r"[-_.]+", "_", spelled).lower()
    if sdist.name.error or spelled == expected:
        return
    version = str(headers_of(sdist.texts.get(f"{_top(sdist)}/PKG-INFO", "")).get("Metadata-Version", "1.0"))
    modern = version not in ("1.0", "1.1", "1.2", "2.0", "2.1")
    yield Hit("", f"found {spelled}, expected {expected}", severity=None if modern else "warning")
