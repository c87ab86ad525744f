from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, a_release, a_wheel, an_sdist
from tests.support.twins import Silent, Twins
from wheelcheck.facts.c_sources import local_includes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe
    from wheelcheck.rules import Severity

SETUP = (
    "from setuptools import Extension, setup\n"
    "setup(ext_modules=[Extension('demo._core', ['src/core.c'], include_dirs=['src'])])\n"
)
CORE = '#include <Python.h>\n#include "tables.h"\nint demo(void) { return N; }\n'
SOURCE = "demo-1.0/src/core.c"
PYPROJECT = "demo-1.0/pyproject.toml"
WHEEL = "demo-1.0-py3-none-any.whl"


def extension(core: str, *headers: str, setup: str = SETUP) -> SdistRecipe:
    """An sdist of one C extension, with these headers below src/."""
    files = [File(f"src/{header}", b"#define N 3\n") for header in headers]
    return an_sdist(File("setup.py", setup.encode()), File("src/core.c", core.encode()), *files)


def built_by(backend: str, *files: str, more: str = "") -> SdistRecipe:
    """An sdist with empty files at these paths."""
    text = f'[build-system]\nrequires = ["x"]\nbuild-backend = "{backend}"\n{more}'
    return an_sdist(File("pyproject.toml", text.encode()), *(File(path, b"\n") for path in files))


def manifest(sentence: str, bad: SdistRecipe, good: SdistRecipe, found: str) -> Twins:
    return Twins("WC612", sentence, bad, good, found, (PYPROJECT,))


def includes(sentence: str, good: SdistRecipe) -> Silent:
    return Silent("WC611", sentence, good)


PURE = a_wheel("py3-none-any", File("demo/__init__.py"), File("demo/py.typed"), File("demo/_version.py"))
KEY = b"-----BEGIN PRIVATE KEY-----\nMIIB\n"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC611",
            "a header of the project that the sdist lacks",
            extension(CORE),
            extension(CORE, "tables.h"),
            'includes "tables.h", which is not in the sdist',
            (SOURCE,),
        ),
        Twins(
            "WC611",
            "a header that a header of the sdist includes",
            an_sdist(
                File("setup.py", SETUP.encode()),
                File("src/core.c", b'#include "a.h"\n'),
                File("src/a.h", b'#ifndef A\n#define A\n#include "b.h"\n#endif\n'),
            ),
            an_sdist(
                File("setup.py", SETUP.encode()),
                File("src/core.c", b'#include "a.h"\n'),
                File("src/a.h", b'#ifndef A\n#define A\n#include "b.h"\n#endif\n'),
                File("src/b.h", b"\n"),
            ),
            'includes "b.h"',
            ("demo-1.0/src/a.h",),
        ),
        Twins(
            "WC611",
            "a header that a library of the system may bring",
            extension(CORE, setup=SETUP.replace("['src'])", "['src'], libraries=['demo'])")),
            extension(CORE, "tables.h", setup=SETUP.replace("['src'])", "['src'], libraries=['demo'])")),
            'includes "tables.h"',
            (SOURCE,),
            "warning",
        ),
        includes("a header of CPython in quotation marks", extension('#include "Python.h"\n')),
        includes("a header of the system", extension('#include "stdint.h"\n#include "windows.h"\n')),
        includes("a header of another package", extension('#include "numpy/arrayobject.h"\n')),
        includes("a header for one system only", extension('#ifdef __sun\n#include "sun_only.h"\n#endif\n')),
        includes("a header in another folder of the sdist", extension('#include "x.h"\n', "deep/x.h")),
        includes("a header that a template becomes", extension('#include "config.h"\n', "config.h.in")),
        includes(
            "a source that nothing compiles by its name",
            an_sdist(
                File("setup.py", b"from setuptools import setup\nsetup()\n"), File("old/x.c", b'#include "y.h"\n')
            ),
        ),
        manifest(
            "maturin and a crate in a folder that nothing names",
            built_by("maturin", "rust/Cargo.toml"),
            built_by("maturin", "rust/Cargo.toml", more='[tool.maturin]\nmanifest-path = "rust/Cargo.toml"\n'),
            "maturin looks for Cargo.toml, which is not in the sdist",
        ),
        manifest(
            "meson-python without meson.build",
            built_by("mesonpy", "demo/meson.build"),
            built_by("mesonpy", "meson.build"),
            "looks for meson.build",
        ),
        manifest(
            "scikit-build-core with another source folder",
            built_by(
                "scikit_build_core.build", "CMakeLists.txt", more='[tool.scikit-build]\ncmake.source-dir = "cpp"\n'
            ),
            built_by(
                "scikit_build_core.build", "cpp/CMakeLists.txt", more='[tool.scikit-build]\ncmake.source-dir = "cpp"\n'
            ),
            "looks for cpp/CMakeLists.txt",
        ),
        Twins(
            "WC613",
            "a source that git-lfs has not fetched",
            an_sdist(File("src/model.bin", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")),
            an_sdist(File("src/model.bin", b"version 1\n")),
            "is a Git LFS pointer",
            ("demo-1.0/src/model.bin",),
        ),
        Twins(
            "WC614",
            "a marker that only the wheel has",
            a_release(PURE, an_sdist(File("src/demo/__init__.py"))),
            a_release(PURE, an_sdist(File("src/demo/__init__.py"), File("src/demo/py.typed"))),
            "demo-1.0.tar.gz lacks demo/py.typed, which the wheel has",
            (WHEEL,),
            "note",
        ),
        Twins(
            "WC615",
            "a private key",
            an_sdist(File("deploy.pem", KEY)),
            an_sdist(File("tests/deploy.pem", KEY)),
            "holds a password or private key",
            ("demo-1.0/deploy.pem",),
        ),
        Twins(
            "WC615",
            "logins of an index",
            an_sdist(File(".pypirc", b"[pypi]\npassword = x\n")),
            an_sdist(File("docs/pypirc.md", b"[pypi]\n")),
            "holds a password or private key",
            ("demo-1.0/.pypirc",),
        ),
        Twins(
            "WC615",
            "the folder of git",
            an_sdist(File(".git/config", b"[core]\n"), File(".git/HEAD", b"ref\n")),
            an_sdist(File(".github/x.yml", b"\n")),
            ".git is of no use in an sdist",
            ("demo-1.0/.git/",),
            "note",
        ),
    ],
    ids=str,
)
def test_what_a_build_needs(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def test_includes_are_read_in_linear_time_and_outside_of_conditions() -> None:
    text = (
        b'#include "a.h"\n#if X\n#include "b.h"\n#else\n#include "c.h"\n#endif\n # include "d.h" // e\n#include <f.h>\n'
    )
    assert local_includes(text) == ("a.h", "d.h")
    assert local_includes(b'#pragma once\n#ifndef G\n#define G\n#include "g.h"\n#endif\n') == ("g.h",)
    assert local_includes(b"#if " * 100_000) == ()


def listing(sources: str, *files: str, script: str = "") -> SdistRecipe:
    """An sdist whose setup.py passes these arguments to Extension, with these files."""
    text = f"from setuptools import Extension, setup\n{script}setup(ext_modules=[Extension('demo._core', {sources})])\n"
    return an_sdist(File("setup.py", text.encode()), *(File(path, b"\n") for path in files))


def configured(*files: str) -> SdistRecipe:
    module = '[[tool.setuptools.ext-modules]]\nname = "demo._core"\nsources = ["src/core.c", "src/more.c"]\n'
    return built_by("setuptools.build_meta", *files, more=module)


def lacks(sentence: str, bad: SdistRecipe, good: SdistRecipe, path: str, severity: Severity = "error") -> Twins:
    found = "is listed as a source of an extension module, and is not in the sdist"
    return Twins("WC621", sentence, bad, good, found, (f"demo-1.0/{path}",), severity)


@pytest.mark.parametrize(
    "row",
    [
        lacks("a source", listing("['src/core.c']"), listing("['src/core.c']", "src/core.c"), "src/core.c"),
        lacks(
            "one of several",
            listing("sources=['a.c', 'b.cpp'], language='c++'", "a.c"),
            listing("sources=['a.c', 'b.cpp'], language='c++'", "a.c", "b.cpp"),
            "b.cpp",
        ),
        lacks(
            "a module in pyproject.toml", configured("src/core.c"), configured("src/core.c", "src/more.c"), "src/more.c"
        ),
        lacks(
            "what a script may decide not to build",
            listing("['win.c']", script="import sys\nif sys.platform == 'win32':\n    pass\n"),
            listing("['win.c']", "win.c"),
            "win.c",
            "warning",
        ),
        *(
            Silent("WC621", sentence, recipe)
            for sentence, recipe in {
                "C that Cython makes": listing("['src/core.c']", "src/core.pyx"),
                "Cython of which the C is there": listing("['src/core.pyx']", "src/core.c"),
                "a source from a template": listing("['src/core.c']", "src/core.c.in"),
                "names that are computed": listing("[name + '.c']"),
                "a list that is made elsewhere": listing("SOURCES + ['b.c']"),
                "the call of another function": listing("[]", script="Other('x', ['a.c'])\n"),
            }.items()
        ),
    ],
    ids=str,
)
def test_every_listed_source_is_there(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def naming(backend: str, more: str, *files: str) -> SdistRecipe:
    files = (*files, "Cargo.toml") if backend == "maturin" else files
    return built_by(backend, *files, more=f'[project]\nname = "demo"\nversion = "1.0"\n{more}')


HATCHLING, SETUPTOOLS, FLIT = "hatchling.build", "setuptools.build_meta", "flit_core.buildapi"
HOOKS = "[tool.hatch.build.targets.wheel.hooks.custom]\n"
NAMED = {
    "a readme": (HATCHLING, 'readme = "README.md"\n', "README.md", "project.readme names README.md", "error"),
    "a readme as a table": (FLIT, 'readme = {file = "a.rst"}\n', "a.rst", "project.readme names a.rst", "error"),
    "a readme that setuptools does without": (SETUPTOOLS, 'readme = "R.md"\n', "R.md", "names R.md", "warning"),
    "a licence": (FLIT, 'license = {file = "LICENSE"}\n', "LICENSE", "project.license names LICENSE", "error"),
    "a licence file": (FLIT, 'license-files = ["COPYING"]\n', "COPYING", "license-files names COPYING", "error"),
    "a version": (HATCHLING, '[tool.hatch.version]\npath = "v.py"\n', "v.py", "tool.hatch.version.path names", "error"),
    "a build hook": (HATCHLING, HOOKS, "hatch_build.py", "hooks.custom names hatch_build.py", "error"),
    "a file to include": (
        HATCHLING,
        '[tool.hatch.build.force-include]\n"x.txt" = "a"\n',
        "x.txt",
        "names x.txt",
        "error",
    ),
    "requirements": (
        SETUPTOOLS,
        '[tool.setuptools.dynamic]\ndependencies = {file = ["requirements.txt"]}\n',
        "requirements.txt",
        "tool.setuptools.dynamic.dependencies names requirements.txt",
        "warning",
    ),
    "a folder of packages": (
        SETUPTOOLS,
        '[tool.setuptools]\npackage-dir = {"" = "src"}\n',
        "src/demo/__init__.py",
        "tool.setuptools.package-dir names src",
        "error",
    ),
    "a folder of maturin": (
        "maturin",
        '[tool.maturin]\npython-source = "python"\n',
        "python/demo/__init__.py",
        "tool.maturin.python-source names python",
        "error",
    ),
}


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins("WC623", sentence, naming(*row[:2]), naming(*row[:3]), row[3], (PYPROJECT,), row[4])  # type: ignore[arg-type]
            for sentence, row in NAMED.items()
        ),
        Silent("WC623", "a pattern of licence files", naming(FLIT, 'license-files = ["LICEN[CS]E*"]\n')),
        Silent(
            "WC623", "a licence file that hatchling does without", naming(HATCHLING, 'license-files = ["LICENSE"]\n')
        ),
        Silent("WC623", "a version from git", naming(HATCHLING, '[tool.hatch.version]\nsource = "vcs"\npath = "v"\n')),
    ],
    ids=str,
)
def test_every_file_that_pyproject_names_is_there(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
