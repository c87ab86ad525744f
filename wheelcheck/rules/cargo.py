"""WC603 to WC605, WC620, WC622 and WC625: cargo can build the sdist: manifests, lock file and sources are there."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from wheelcheck.facts import Sdist
from wheelcheck.facts.cargo_manifests import has_unread_globs, references
from wheelcheck.facts.cargo_sources import missing_sources
from wheelcheck.facts.cargo_workspaces import missing_targets, orphans, unlocked, unused
from wheelcheck.patterns import regex
from wheelcheck.platforms import hints
from wheelcheck.rules import Hit, LimitReachedError, listed, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.config.fields import Severity

# Crates in these folders are documentation or tests; nothing that is shipped is built from them.
_ASIDE = frozenset({"doc", "docs", "example", "examples", "fuzz", "benches", "benchmarks"})
_SHOWN = 4  # packages in one finding
_RUST = regex(r"cargo|rust|maturin", re.IGNORECASE)
_DEEP = 4  # folders above a manifest, the top of the sdist included: nearer ones are the project's own


def _is_aside(path: str) -> bool:
    return hints.is_fixture(path) or not _ASIDE.isdisjoint(PurePosixPath(path).parts)


def _of_others(path: str, sdist: Sdist) -> Severity | None:
    """Return "warning" for a manifest deep in an sdist whose build says nothing of Rust, otherwise None.

    A library in C that the project brings along may have crates that nobody builds (Skia in skia-pathops).
    """
    texts = (sdist.texts.get(f"{sdist.top}/{name}", "") for name in ("setup.py", "pyproject.toml", "setup.cfg"))
    return "warning" if path.count("/") >= _DEEP and not any(map(_RUST.search, texts)) else None


@rule("WC603", on=Sdist, severity=("error", "warning"))
def every_cargo_manifest_resolves_inside_the_sdist(sdist: Sdist) -> Iterator[Hit]:
    """Each Cargo manifest that the build names is in the sdist: path dependencies, workspace members, extensions.

    cargo loads every path dependency and workspace member before it builds anything. One that is missing, or that lies
    above the sdist's top folder, makes the whole sdist unbuildable. sandlock 0.5.0 to 0.9.0 refer to
    `../crates/sandlock-ffi/Cargo.toml`. A manifest deep inside an sdist whose setup.py and pyproject.toml say nothing
    of Rust may belong to a library that is brought along and built without cargo: a warning.

    Source: the Cargo book, "Path dependencies" and "Workspaces"; setuptools-rust's `path`, maturin's `manifest-path`.
    Remedy: keep the crates below the folder of pyproject.toml and include them in the sdist.
    """
    paths = {member.path for member in sdist.members}
    tops = {path.partition("/")[0] for path in paths}
    for reference in references(sdist) if sdist.is_read_whole else ():
        leaves = reference.target.partition("/")[0] not in tops
        if hints.is_fixture(reference.origin) or (not leaves and reference.target in paths):
            continue
        problem = "leaves the sdist" if leaves else "is not in the sdist"
        message = f"the manifest path {reference.spelled!r} {problem}, expected it at {reference.target}"
        yield Hit(reference.origin, message, _of_others(reference.origin, sdist))
    if has_unread_globs(sdist):
        raise LimitReachedError("a workspace names its members by more or deeper patterns than are looked at")


@rule("WC604", on=Sdist, severity=("error", "warning"))
def every_crate_belongs_to_its_workspace(sdist: Sdist) -> Iterator[Hit]:
    """Each Cargo package below a workspace is one of its members, excluded from it, or a workspace of its own.

    cargo refuses to build any other: "current package believes it's in a workspace when it's not". roar-cli's sdists
    from 0.3.0 to 0.4.7 ship the crates of all five executables, but the rewritten workspace lists only the extension
    module's crates, so none of the executables can be built. A package without an executable or a C library is a
    warning, and so is one deep inside an sdist whose setup.py and pyproject.toml say nothing of Rust.

    Source: the Cargo book, "Workspaces".
    Remedy: list the packages under `[workspace] members`. maturin reduces that list to what the extension module needs,
    so give the executables a workspace of their own (an empty `[workspace]` table, or a second one).
    """
    for orphan in orphans(sdist):
        if not _is_aside(orphan.manifest):
            built = ", ".join(orphan.programs) or "this package"
            message = f"cargo refuses to build {built}: {orphan.workspace} does not list the package among its members"
            severity = _of_others(orphan.manifest, sdist) if orphan.programs else "warning"
            yield Hit(orphan.manifest, message, severity)


@rule("WC605", on=Sdist, severity="warning")
def the_lock_file_holds_every_package_of_its_workspace(sdist: Sdist) -> Iterator[Hit]:
    """Cargo.lock lists each package of its workspace at the version its manifest has, and what these depend on.

    Otherwise `cargo build --locked` refuses to build, and a build without `--locked` may use other versions of the
    dependencies than were tested.

    Source: the Cargo book, "Cargo.toml vs Cargo.lock".
    Remedy: `cargo update --workspace` after a version change, and commit Cargo.lock.
    """
    for entry in unlocked(sdist):
        if not _is_aside(entry.manifest):
            yield Hit(entry.lock, f"lacks {entry.found}, which {entry.manifest} declares")


@rule("WC620", on=Sdist, severity="note")
def the_lock_file_holds_nothing_that_its_workspace_does_not_need(sdist: Sdist) -> Iterator[Hit]:
    """Every package in Cargo.lock is needed by a package of its workspace.

    A backend that leaves crates out of the sdist leaves their entries in Cargo.lock. `cargo build --locked` then ends
    in "cannot update the lock file … because --locked was passed"; without `--locked` cargo takes them out.

    Source: the Cargo book, "Cargo.toml vs Cargo.lock", and `cargo build`, `--locked`.
    Remedy: build the sdist from a workspace that has only the crates of this package, or do not pass `--locked`.
    """
    for lock, packages in unused(sdist):
        if not _is_aside(lock):
            yield Hit(lock, f"lists {listed(packages, _SHOWN)}, which nothing here needs")


@rule("WC622", on=Sdist, severity=("error", "warning"), absence=True)
def cargo_finds_the_source_of_every_target(sdist: Sdist) -> Iterator[Hit]:
    """The source of each library, program and build script that a Cargo.toml declares is in the sdist.

    cargo refuses the manifest otherwise ("can't find library `demo`, rename file to `src/lib.rs` or specify lib.path"),
    and with it the whole workspace, or the compiler finds no file. Judged are the packages that cargo loads, and what
    they declare in [lib], [[bin]] and `build`. It is a warning for a package deep inside an sdist whose setup.py and
    pyproject.toml say nothing of Rust.

    Source: the Cargo book, "Cargo Targets".
    Remedy: have the file in the sdist (`include` of the backend and of Cargo.toml), or correct `path`.
    """
    for manifest, target, source in missing_targets(sdist):
        if not _is_aside(manifest):
            message = f"declares {target}, whose source {source} is not in the sdist"
            yield Hit(manifest, message, _of_others(manifest, sdist))


@rule("WC625", on=Sdist, severity=("error", "warning"))
def every_file_that_a_crate_is_compiled_from_is_in_the_sdist(sdist: Sdist) -> Iterator[Hit]:
    """The modules of a crate that are files of their own, and the files that it includes by a path, are in the sdist.

    rustc ends with "file not found for module `tables`", or "couldn't read `README.md`" for
    `#![doc = include_str!("../README.md")]`. A file that git ignores, or that lies outside of the crate, is missing
    although every build from the checkout works. Judged are the crates that the build backend builds and those that
    they need by path, from the first source of the library on, and of these sources only what is compiled whatever the
    target and the features are: nothing after `#[cfg(…)]` or inside macros. Where a build script may write sources, it
    is a warning.

    Source: the Rust reference, "Modules"; the documentation of `include_str!`.
    Remedy: have the file in the sdist, and if it is generated, write it to OUT_DIR.
    """
    for source, spelled, expected, is_certain in missing_sources(sdist) if sdist.is_read_whole else ():
        yield Hit(source, f"{spelled}, and {expected} is not in the sdist", None if is_certain else "warning")
