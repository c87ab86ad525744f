from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import File, an_sdist
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe
    from wheelcheck.facts import Sdist

TOP = "demo-1.0"
CRATE = '[package]\nname = "demo"\nversion = "1.0.0"\nedition = "2021"\n'
SETUP = "from setuptools import setup\nfrom setuptools_rust import RustExtension\n"


def crates(*manifests: tuple[str, str], **texts: str) -> Sdist:
    """The facts of an sdist with these Cargo manifests and build files."""
    files = {f"{TOP}/{path}": text for path, text in (*manifests, *texts.items())}
    return artifacts.sdist(*(artifacts.member(path) for path in files), texts=files)


def cargo(sentence: str, bad: Sdist, good: Sdist, found: str, at: str = "Cargo.toml") -> Twins:
    return Twins("WC603", sentence, bad, good, found, (f"{TOP}/{at}",))


def depending(path: str, table: str = "dependencies") -> str:
    return f'{CRATE}[{table}]\ncore = {{ path = "{path}" }}\n'


def maturin(path: str) -> str:
    return f'[tool.maturin]\nmanifest-path = "{path}"\n'


def setuptools_rust(path: str) -> str:
    return f'{SETUP}setup(rust_extensions=[RustExtension("demo.x", path="{path}")])\n'


def setuptools_rust_sdist(path: str) -> SdistRecipe:
    """A real sdist with one crate in `rust/` and a setup.py that names it by this path."""
    lock = b'version = 4\n\n[[package]]\nname = "demo"\nversion = "1.0.0"\n'
    crate = (File("rust/Cargo.toml", CRATE.encode()), File("rust/Cargo.lock", lock), File("rust/src/lib.rs", b"//\n"))
    system = b'[build-system]\nrequires = ["setuptools", "setuptools-rust"]\nbuild-backend = "setuptools.build_meta"\n'
    return an_sdist(*crate, File("setup.py", setuptools_rust(path).encode()), File("pyproject.toml", system))


DEEP = "lib/skia/vello/Cargo.toml"
CORE = ("core/Cargo.toml", CRATE)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC603",
            "a crate beside the Python project, as sandlock 0.9.0's",
            setuptools_rust_sdist("../rust/Cargo.toml"),
            setuptools_rust_sdist("rust/Cargo.toml"),
            "the manifest path '../rust/Cargo.toml' leaves the sdist",
            (f"{TOP}/setup.py",),
        ),
        Twins(
            "WC603",
            "a dependency of a crate deep inside, which nothing says that cargo builds",
            crates((DEEP, depending("core"))),
            crates((DEEP, depending("core")), ("lib/skia/vello/core/Cargo.toml", CRATE)),
            "the manifest path 'core' is not in the sdist",
            (f"{TOP}/{DEEP}",),
            "warning",
        ),
        Twins(
            "WC603",
            "a dependency of a crate deep inside, and a build in Rust",
            crates((DEEP, depending("core")), ("setup.py", "from setuptools_rust import RustExtension\n")),
            crates(
                (DEEP, depending("core")),
                ("lib/skia/vello/core/Cargo.toml", CRATE),
                ("setup.py", "from setuptools_rust import RustExtension\n"),
            ),
            "the manifest path 'core' is not in the sdist",
            (f"{TOP}/{DEEP}",),
        ),
        *(
            Twins(
                "WC603",
                f"a dependency of a crate deep inside, and {name} with Rust",
                crates((DEEP, depending("core")), (name, text)),
                crates((DEEP, depending("core")), ("lib/skia/vello/core/Cargo.toml", CRATE), (name, text)),
                "the manifest path 'core' is not in the sdist",
                (f"{TOP}/{DEEP}",),
            )
            for name, text in (
                (
                    "pyproject.toml",
                    "[build-system]\nrequires = ['setuptools-rust']\nbuild-backend = 'setuptools.build_meta'\n",
                ),
                ("setup.cfg", "[options]\nsetup_requires = setuptools-rust\n"),
            )
        ),
        Twins(
            "WC603",
            "a dependency of a crate near the top, whatever the build says",
            crates(("src/rust/Cargo.toml", depending("core"))),
            crates(("src/rust/Cargo.toml", depending("core")), ("src/rust/core/Cargo.toml", CRATE)),
            "the manifest path 'core' is not in the sdist",
            (f"{TOP}/src/rust/Cargo.toml",),
        ),
        cargo(
            "a dependency above the sdist",
            crates(("Cargo.toml", depending("../core"))),
            crates(("Cargo.toml", depending("core")), CORE),
            "the manifest path '../core' leaves the sdist, expected it at core/Cargo.toml",
        ),
        cargo(
            "a dependency that was not put in",
            crates(("Cargo.toml", depending("core"))),
            crates(("Cargo.toml", depending("core")), CORE),
            "the manifest path 'core' is not in the sdist, expected it at demo-1.0/core/Cargo.toml",
        ),
        cargo(
            "a build dependency",
            crates(("Cargo.toml", depending("core", "build-dependencies"))),
            crates(("Cargo.toml", depending("core", "build-dependencies")), CORE),
            "is not in the sdist",
        ),
        cargo(
            "a dependency for one platform",
            crates(("Cargo.toml", depending("core", "target.'cfg(unix)'.dependencies"))),
            crates(("Cargo.toml", depending("core", "target.'cfg(unix)'.dependencies")), CORE),
            "is not in the sdist",
        ),
        cargo(
            "a workspace member",
            crates(("Cargo.toml", '[workspace]\nmembers = ["core"]\n')),
            crates(("Cargo.toml", '[workspace]\nmembers = ["core"]\n'), CORE),
            "the manifest path 'core' is not in the sdist",
        ),
        cargo(
            "maturin's manifest-path",
            crates(("pyproject.toml", maturin("../crates/demo/Cargo.toml"))),
            crates(("pyproject.toml", maturin("core/Cargo.toml")), CORE),
            "the manifest path '../crates/demo/Cargo.toml' leaves the sdist",
            "pyproject.toml",
        ),
        cargo(
            "an extension of setuptools-rust",
            crates(("setup.py", setuptools_rust("../crates/sandlock-ffi/Cargo.toml"))),
            crates(("setup.py", setuptools_rust("core/Cargo.toml")), CORE),
            "the manifest path '../crates/sandlock-ffi/Cargo.toml' leaves the sdist",
            "setup.py",
        ),
        cargo(
            "an extension of setuptools-rust in pyproject.toml",
            crates(("pyproject.toml", '[[tool.setuptools-rust.bins]]\ntarget = "t"\npath = "rust/Cargo.toml"\n')),
            crates(("pyproject.toml", '[[tool.setuptools-rust.bins]]\ntarget = "t"\npath = "core/Cargo.toml"\n'), CORE),
            "the manifest path 'rust/Cargo.toml' is not in the sdist",
            "pyproject.toml",
        ),
    ],
    ids=str,
)
def test_every_cargo_manifest_resolves_inside_the_sdist(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC603",
            "a glob names what is there",
            crates(("Cargo.toml", '[workspace]\nmembers = ["crates/*"]\n'), ("crates/a/Cargo.toml", CRATE)),
        ),
        Silent(
            "WC603", "a registry's crate has no path", crates(("Cargo.toml", f'{CRATE}[dependencies]\nlibc = "0.2"\n'))
        ),
        Silent(
            "WC603",
            "an extension that names no path",
            crates(("pyproject.toml", '[[tool.setuptools-rust.ext-modules]]\ntarget = "demo.x"\n')),
        ),
        Silent("WC603", "a fixture's manifest", crates(("tests/data/Cargo.toml", depending("../../../gone")))),
        Silent("WC603", "what is no TOML points nowhere", crates(("Cargo.toml", "= 1\n"))),
        Silent("WC603", "what is no Python points nowhere", crates(("setup.py", "def (\n"))),
        Silent(
            "WC603",
            "a path that is computed is not guessed",
            crates(("setup.py", f"{SETUP}RustExtension('x', path=p)\n")),
        ),
        Silent(
            "WC603", "another call's path", crates(("setup.py", "import os\nos.path.join('..', path='../x')\nf()()\n"))
        ),
    ],
    ids=str,
)
def test_what_is_not_a_path_to_a_manifest_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
