"""What cargo says of a project's crates: their programs, features, and whether they are extension modules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from functools import cached_property
from pathlib import Path

from wheelcheck.config.files import ConfigError
from wheelcheck.init.project import UnknownError
from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BINDINGS = ("pyo3", "pyo3-ffi")  # what makes an extension module of a crate, in the order in which maturin asks
OTHER_BINDINGS = frozenset({"cpython", "python3-sys", "uniffi"})
_LIMIT = 60.0  # seconds for `cargo metadata`, which reads manifests only
_ABI3 = regex(r"abi3(?:-py3(\d+))?")
_ABI3T = regex(r"abi3t(?:-py3\d+)?")


@dataclass(frozen=True)
class Workspace:
    """The crates that one Cargo.toml gives. `named` is the crate of that file, None for a virtual workspace."""

    manifest: Path
    root: Path
    crates: tuple[Crate, ...]
    default: tuple[Crate, ...]  # what cargo builds where nothing is asked for

    @classmethod
    def read(cls, manifest: Path) -> Workspace:
        """Ask cargo. Raises ConfigError if it is not installed or cannot read the manifests."""
        found = _metadata(manifest)
        crates = {data["id"]: Crate.of(data) for data in found["packages"]}
        members = found.get("workspace_default_members", found["workspace_members"])
        default = tuple(crates[one] for one in members if one in crates)
        return cls(manifest, Path(found["workspace_root"]), tuple(crates.values()), default)

    @property
    def named(self) -> Crate | None:
        """The crate of the manifest itself."""
        return next((one for one in self.crates if one.manifest.resolve() == self.manifest.resolve()), None)

    def outside(self, folder: Path) -> Path | None:
        """Return something that a build of the named crate reads outside a folder: the workspace, a path dependency."""
        top = folder.resolve()
        needed = [self.manifest, self.root]
        waiting = [self.named] if self.named else list(self.default)
        seen: set[str] = set()
        while waiting:
            crate = waiting.pop()
            if crate.name not in seen:
                seen.add(crate.name)
                needed += crate.path_dependencies
                waiting += [other for other in self.crates if other.manifest.parent in crate.path_dependencies]
        return next((path for path in needed if not path.resolve().is_relative_to(top)), None)

    def features_of(self, crate: Crate, name: str, chosen: Iterable[str]) -> frozenset[str] | None:
        """Return the features of the dependency `name`, as one build of `crate` turns them on; None without it.

        Cargo builds a dependency once with all features that any crate of the build wants, so those that crates of
        the same workspace ask for count if the crate depends on them.
        """
        found: set[str] = set()
        is_needed = False
        seen: set[str] = set()
        waiting = [(crate, frozenset(chosen))]
        while waiting:
            one, features = waiting.pop()
            if one.name in seen:
                continue
            seen.add(one.name)
            wanted = one.features_for(name, features)
            is_needed = is_needed or wanted is not None
            found |= wanted or frozenset()
            waiting += [(other, other.defaults) for other in self.crates if other.name in one.needs(features)]
        return frozenset(found) if is_needed else None


@dataclass(frozen=True)
class Crate:
    """One package: its features as Cargo.toml declares them, its dependencies and targets as cargo prints them."""

    name: str
    manifest: Path
    declared: Mapping[str, list[str]]
    dependencies: tuple[dict[str, Any], ...]
    path_dependencies: tuple[Path, ...]  # for building and for testing: cargo reads the manifests of all
    targets: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, data: dict[str, Any]) -> Crate:
        """Return the crate of one package that cargo prints."""
        needs = tuple(need for need in data["dependencies"] if need["kind"] is None)
        paths = tuple(Path(need["path"]) for need in data["dependencies"] if need.get("path"))
        return cls(data["name"], Path(data["manifest_path"]), data["features"], needs, paths, tuple(data["targets"]))

    @cached_property
    def defaults(self) -> frozenset[str]:
        """The features that are on unless somebody turns the default ones off."""
        return self.enabled(["default"])

    def enabled(self, chosen: Iterable[str]) -> frozenset[str]:
        """Return chosen features and everything that they turn on, as Cargo.toml spells it."""
        found: set[str] = set()
        waiting = list(chosen)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.declared.get(one, [])
        return frozenset(found)

    def features_for(self, name: str, features: Iterable[str]) -> frozenset[str] | None:
        """Return the features that this crate turns on in a dependency; None if it does not depend on it."""
        found: set[str] = set()
        is_needed = False
        for need in self.dependencies:
            called = need["rename"] or need["name"]
            if need["name"] == name and self._is_needed(need, features):
                is_needed = True
                found |= {*need["features"], *_given(called, features)}
        return frozenset(found) if is_needed else None

    def needs(self, features: Iterable[str]) -> set[str]:
        """Return the names of the crates that this one is built with."""
        return {need["name"] for need in self.dependencies if self._is_needed(need, features)}

    def programs(self, features: Iterable[str]) -> list[str]:
        """Return the programs that cargo builds with these features."""
        on = set(features)
        return [
            target["name"]
            for target in self.targets
            if "bin" in target["kind"] and on.issuperset(target.get("required-features", ()))
        ]

    @property
    def libraries(self) -> list[dict[str, Any]]:
        """The targets that are shared libraries with a C interface."""
        return [target for target in self.targets if "cdylib" in target["crate_types"]]

    @property
    def library(self) -> str:
        """The name under which the crate's library would be imported."""
        found = next((one["name"] for one in self.targets if {"lib", "cdylib", "rlib"} & {*one["kind"]}), self.name)
        return str(found).replace("-", "_")

    def is_freestanding(self, program: str) -> bool:
        """Return whether a program is made for no operating system (`#![no_main]`), as eBPF programs are."""
        source = next((Path(one["src_path"]) for one in self.targets if one["name"] == program), None)
        text = source.read_text("utf-8", "replace") if source and source.is_file() else ""
        return re.search(r"^[^\S\n]*#!\[(?:cfg_attr\(.*)?no_main", text, re.MULTILINE) is not None

    @staticmethod
    def _is_needed(need: dict[str, Any], features: Iterable[str]) -> bool:
        called = need["rename"] or need["name"]
        named = {called, f"dep:{called}"}
        return not need["optional"] or any(one in named or one.startswith(f"{called}/") for one in features)


def stable_since(features: Iterable[str], place: object, oldest: int) -> int | None:
    """Return the oldest minor version of Python whose stable ABI these features of pyo3 ask for; None if they do not.

    pyo3's `abi3` alone takes the ABI of the Python that builds, so the oldest that the project supports. Raises
    UnknownError for abi3t, the stable ABI without the GIL: which wheels a project builds for it, it does not say.
    """
    names = list(features)
    if any(_ABI3T.fullmatch(one) for one in names):
        what = "which wheels to build, because the crate turns on pyo3's abi3t, the stable ABI without the GIL"
        raise UnknownError(place, what, "write tool.wheelcheck.python yourself")
    found = [match for one in names if (match := _ABI3.fullmatch(one))]
    versions = [int(match[1]) for match in found if match[1]]
    return max(versions) if versions else oldest if found else None


def _given(called: str, features: Iterable[str]) -> set[str]:
    """Return what features such as `pyo3/abi3` and `pyo3?/abi3` turn on in a dependency."""
    pairs = (one.partition("/") for one in features if "/" in one)
    return {feature for name, _, feature in pairs if name.removesuffix("?") == called}


def _metadata(manifest: Path) -> dict[str, Any]:
    """Return what `cargo metadata` prints.

    It runs in an empty folder, so that rustup does not fetch the toolchain that the project pins: for reading manifests
    any will do.
    """
    cargo = shutil.which("cargo")
    if cargo is None:
        problem = "cargo is not installed, and init asks it about the crates"
        raise ConfigError(f"{manifest}: {problem}; install Rust (rustup.rs)")
    words = [cargo, "metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path", str(manifest)]
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(  # noqa: S603  (words, no shell)
                words, cwd=folder, capture_output=True, text=True, check=False, timeout=_LIMIT
            )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{manifest}: cargo metadata did not end within {_LIMIT:.0f} s; run it by hand") from None
    if done.returncode:
        raise ConfigError(f"{manifest}: cargo cannot read it: {_reason(done.stderr)}; `cargo metadata` says more")
    return dict(json.loads(done.stdout))


def _reason(text: str) -> str:
    """Return the innermost cause of cargo's error as one line; rustup's and cargo's frames say nothing more."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("warning", " " * 6))]
    first = next((line for line in lines if line.startswith("error")), lines[0] if lines else "it does not say why")
    cause = text.rpartition("Caused by:")[2].strip().splitlines() if "Caused by:" in text else []
    return " ".join([first, *(f"({cause[0].strip()})" for _ in cause[:1])])
