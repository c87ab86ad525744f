from __future__ import annotations

import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, SdistRecipe, WheelRecipe, a_release, a_wheel, an_sdist, member, sdist
from tests.support.native_files import library
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = "demo-1.0/pyproject.toml"
WHEEL = "demo-1.0-py3-none-any.whl"


def built_by(backend: str, *files: str, more: str = "") -> SdistRecipe:
    """An sdist with empty files at these paths."""
    text = f'[build-system]\nrequires = ["x"]\nbuild-backend = "{backend}"\n{more}'
    return an_sdist(File("pyproject.toml", text.encode()), *(File(path, b"\n") for path in files))


def manifest(sentence: str, bad: SdistRecipe, good: SdistRecipe, found: str) -> Twins:
    return Twins("WC612", sentence, bad, good, found, (PYPROJECT,))


PURE = a_wheel("py3-none-any", File("demo/__init__.py"), File("demo/py.typed"), File("demo/_version.py"))
PYO3 = b"""from .demo import *

__doc__ = demo.__doc__
if hasattr(demo, "__all__"):
    __all__ = demo.__all__"""
CFFI = b"""__all__ = ["lib", "ffi"]

import os
from .ffi import ffi

lib = ffi.dlopen(os.path.join(os.path.dirname(__file__), 'libdemo.so'))
del os
"""


def around_a_crate(init: bytes, *more: File, native: str = "demo/demo.so") -> WheelRecipe:
    """A wheel of a crate without a Python package: its module, and what maturin writes beside it."""
    own = (File("demo/__init__.py", init), File("demo/__init__.pyi"), File("demo/py.typed"))
    return a_wheel("py3-none-manylinux_2_17_x86_64", *own, library("x86_64", native), *more)


CRATE = an_sdist(File("Cargo.toml"), File("src/lib.rs"))


KEY = b"-----BEGIN PRIVATE KEY-----\nMIIB\n"


@pytest.mark.parametrize(
    "row",
    [
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
        manifest(
            "maturin without a crate",
            built_by("maturin", "demo/lib.rs"),
            built_by("maturin", "Cargo.toml"),
            "maturin looks for Cargo.toml",
        ),
        manifest(
            "scikit-build-core that is told to run CMake",
            built_by("scikit_build_core.build", more="[tool.scikit-build]\nwheel.cmake = true\n"),
            built_by("scikit_build_core.build", more="[tool.scikit-build]\nwheel.cmake = false\n"),
            "looks for CMakeLists.txt",
        ),
        manifest(
            "scikit-build-core whose experiments say nothing about it",
            built_by("scikit_build_core.build", more="[tool.experimental]\nx = 1\n"),
            built_by("scikit_build_core.build", more="[tool.scikit-build]\nexperimental = true\n"),
            "looks for CMakeLists.txt",
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
            "WC614",
            "a package that only looks like what maturin writes",
            a_release(around_a_crate(PYO3 + b"\nx = 1\n"), CRATE),
            a_release(around_a_crate(PYO3), CRATE),
            "lacks demo/__init__.py, demo/__init__.pyi, demo/py.typed, which the wheel has",
            ("demo-1.0-py3-none-manylinux_2_17_x86_64.whl",),
            "note",
        ),
        *(
            Silent(
                "WC614",
                f"the package that maturin writes around a crate with {bindings}",
                a_release(around_a_crate(text, File(more, b"x = 1\n"), native="demo/libdemo.so"), CRATE),
            )
            for bindings, text, more in (
                ("CFFI", CFFI, "demo/ffi.py"),
                ("UniFFI", b"from .bindings import *  # NOQA\n", "demo/bindings.py"),
            )
        ),
        Twins(
            "WC615",
            "a private key",
            an_sdist(File("deploy.pem", KEY)),
            an_sdist(File("tests/deploy.pem", KEY)),
            "holds a password or private key",
            ("demo-1.0/deploy.pem",),
        ),
        *(
            Silent("WC615", f"a private key in {folder}", an_sdist(File(f"{folder}/x/key.pem", KEY)))
            for folder in ("src/greentest", "examples", "docs/samples")
        ),
        Silent(
            "WC615",
            "a folder that has nothing in it",
            sdist(*(member(f"demo-1.0/{name}", kind="directory") for name in (".git/hooks", "x/node_modules/y"))),
        ),
        Silent("WC615", "a certificate", an_sdist(File("ca.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n"))),
        Silent("WC615", "a text about private keys", an_sdist(File("notes.txt", KEY))),
        Twins(
            "WC615",
            "a private key under its other suffix",
            an_sdist(File("deploy.key", KEY)),
            an_sdist(File("deploy.key", b"text\n")),
            "holds a password or private key",
            ("demo-1.0/deploy.key",),
        ),
        Twins(
            "WC615",
            "logins of an index",
            an_sdist(File(".pypirc", b"[pypi]\npassword = x\n")),
            an_sdist(File(".pypirc", b"[pypi]\nrepository = x\n")),
            "holds a password or private key",
            ("demo-1.0/.pypirc",),
        ),
        Twins(
            "WC615",
            "a list of indexes that is too long to be seen whole",
            an_sdist(File(".pypirc", b"[pypi]\nrepository = x\n" * 99)),
            an_sdist(File("docs/pypirc.md", b"[pypi]\npassword = x\n" * 99)),
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


SETUP = "from setuptools import setup\nimport os, sys, distutils.util\n{}\nsetup(name='demo', version='1.0')\n"
SCRIPT = "demo-1.0/setup.py"
MODERN, LEGACY = "setuptools.build_meta", "setuptools.build_meta:__legacy__"


OWN_BACKEND = (
    b"[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\nbackend-path = ['.']\n"
)


def importing(code: str, *requires: str, backend: str = MODERN, beside: tuple[str, ...] = ()) -> SdistRecipe:
    """An sdist whose setup.py has this code; with the old backend and no requirement it has no pyproject.toml."""
    system = f"[build-system]\nrequires = {['setuptools', *requires]}\nbuild-backend = '{backend}'\n".encode()
    others = (File(path, b"x = 1\n") for path in beside)
    script = File("setup.py", SETUP.format(code).encode())
    if backend == LEGACY and not requires:
        return an_sdist(script, *others, without=("pyproject.toml",))
    return an_sdist(script, File("pyproject.toml", system), *others)


def fails(sentence: str, bad: SdistRecipe, good: SdistRecipe, found: str) -> Twins:
    return Twins("WC626", sentence, bad, good, f"imports {found}", ("demo-1.0/setup.py",))


NUMPY = "import numpy as np"
UNBROUGHT = fails("a library", importing(NUMPY), importing(NUMPY, "numpy>=2"), "numpy, which no requirement of")
BESIDE = fails(
    "a module beside setup.py",
    importing("from helper import x", beside=("helper.py",)),
    importing("from helper import x", beside=("helper.py",), backend=LEGACY),
    "helper from its own folder, where setuptools.build_meta does not look",
)


@pytest.mark.parametrize(
    "row",
    [
        UNBROUGHT,
        BESIDE,
        fails(
            "a library of an old project",
            importing("from Cython.Build import cythonize", backend=LEGACY),
            importing("from Cython.Build import cythonize", "Cython ; python_version > '3'", backend=LEGACY),
            "Cython, which no requirement of",
        ),
        fails(
            "a module that is not in the sdist",
            importing("import versioneer", backend=LEGACY),
            importing("import versioneer", backend=LEGACY, beside=("versioneer/__init__.py",)),
            "versioneer, which no requirement of",
        ),
        *(
            Silent("WC626", sentence, recipe)
            for sentence, recipe in {
                "a backend beside setup.py that may bring anything": an_sdist(
                    File("setup.py", SETUP.format(NUMPY).encode()),
                    File("pyproject.toml", OWN_BACKEND),
                    File("setuptools/build_meta.py"),
                ),
                "an import that may fail": importing("try:\n    import numpy\nexcept ImportError:\n    pass"),
                "an import in a function": importing("def f():\n    import numpy"),
                "a text": importing('"""\nimport numpy\n"""'),
                "copies that setuptools has": importing("from packaging.version import Version\nimport wheel"),
                "modules of some versions of Python": importing("import imp\nimport tomllib"),
                "a folder that is put on the path": importing(
                    "sys.path.insert(0, '.')\nfrom helper import x", beside=("helper.py",)
                ),
                "what a requirement may bring": importing(NUMPY, "scikit-build"),
                "the script that another backend has beside it": importing(NUMPY, backend="poetry.core.masonry.api"),
            }.items()
        ),
    ],
    ids=str,
)
def test_what_setup_py_imports_is_there(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize("row", [UNBROUGHT, BESIDE], ids=str)
def test_setuptools_itself_fails_where_the_rule_says_so(row: Twins, tmp_path: Path) -> None:
    assert isinstance(row.bad, SdistRecipe)
    assert isinstance(row.good, SdistRecipe)
    assert "ModuleNotFoundError" in asked(row.bad, tmp_path / "bad")
    assert asked(row.good, tmp_path / "good") == ""


def test_setuptools_offers_the_copies_that_it_has(tmp_path: Path) -> None:
    sdist = importing("import packaging, jaraco.functools, tomli, wheel, zipp, platformdirs, backports, more_itertools")
    assert asked(sdist, tmp_path / "copies") == ""


def asked(recipe: SdistRecipe, folder: Path) -> str:
    """Ask setuptools what a build requires, where what the sdist requires is there; return its error."""
    folder.mkdir()
    with tarfile.open(recipe.write(folder)) as archive:
        archive.extractall(folder, filter="data")
    project, environment = folder / "demo-1.0", folder / "environment"
    environment.mkdir()
    system = project / "pyproject.toml"
    text = system.read_text() if system.exists() else LEGACY
    if "numpy" in text:
        (environment / "numpy.py").touch()
    backend = "build_meta.__legacy__" if LEGACY in text else "build_meta"
    code = f"import sys; from setuptools import build_meta; sys.path.append({str(environment)!r}); "
    command = [sys.executable, "-I", "-c", f"{code}{backend}.get_requires_for_build_wheel()"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False).stderr


HERE = "here = os.path.dirname(os.path.abspath(__file__))\n"
READ = "def read(name, encoding='utf-8'):\n    with open(os.path.join(os.path.dirname(__file__), name)) as file:\n"
READ += "        return file.read()\n"


def reading(code: str, *beside: str) -> SdistRecipe:
    """An sdist whose setup.py has this code, with these files beside it."""
    return importing(code, beside=beside)


OPENED = {
    "a literal": ("x = open('notes.txt').read()", "notes.txt"),
    "a file of the package that is executed": ("exec(open('demo/_about.py').read())", "demo/_about.py"),
    "a path from the folder of setup.py on": (
        f"{HERE}with open(os.path.join(here, 'doc', 'x.md'), encoding='utf-8') as f:\n    x = f.read()",
        "doc/x.md",
    ),
    "a path joined by an operator": (
        "from pathlib import Path\nx = (Path(__file__).resolve().parent / 'notes.txt').read_text(encoding='utf-8')",
        "notes.txt",
    ),
    "what a function of setup.py is given": (f"{READ}x = read('notes.txt', encoding='ascii')", "notes.txt"),
    "an argument of a call over several lines": (
        "x = dict(\n    a=1,\n    b=open('notes.txt', 'rb'),  # c\n)",
        "notes.txt",
    ),
    "the second file of one statement": (
        "with open('setup.py') as f, \\\n        open('notes.txt') as g:\n    pass",
        "notes.txt",
    ),
    "what a loop goes through": ("for line in open('notes.txt'):\n    pass", "notes.txt"),
    "what brackets go through": ("x = [each for each in open('notes.txt') if each.strip()]", "notes.txt"),
    "what a function goes through": (
        (
            "def lines(name):\n    all_of_it = (each.strip() for each in open(name))\n"
            "    return [each for each in all_of_it if each]\nx = lines('notes.txt')"
        ),
        "notes.txt",
    ),
    "what a function makes a path of": (
        (
            "def read(name, *more):\n    path = os.path.join(os.path.dirname(__file__), name)\n"
            "    with open(path) as file:\n        return file.read()\nx = read('notes.txt')"
        ),
        "notes.txt",
    ),
    "what a function gives to another": (
        (
            f"{READ}def lines(name):\n    found = []\n    for line in read(name).split():\n        if line:\n"
            "            found.append(line)\n    return found\nx = lines('notes.txt')[0]"
        ),
        "notes.txt",
    ),
    "a function in one line": ("def read(name): return open(name).read()\nx = read('notes.txt')", "notes.txt"),
    "a function that chooses afterwards": (
        (
            "def read(name):\n    with open(name) as file:\n        if file.readable():\n            return 1\n"
            "x = read('notes.txt')"
        ),
        "notes.txt",
    ),
    "a file opened by io": ("import io\nx = io.open('notes.txt')", "notes.txt"),
}
READING = [
    Twins("WC627", sentence, reading(code), reading(code, name), f"reads {name}, which is not in the sdist", (SCRIPT,))
    for sentence, (code, name) in OPENED.items()
]


@pytest.mark.parametrize(
    "row",
    [
        *READING,
        *(
            Silent("WC627", sentence, recipe)
            for sentence, recipe in {
                "a condition": reading("if os.path.exists('notes.txt'):\n    x = open('notes.txt').read()"),
                "an alternative": reading("x = open('notes.txt').read() if os.path.exists('notes.txt') else ''"),
                "a condition in brackets": reading(
                    "x = [open(each) for each in ('notes.txt',) if os.path.exists(each)]"
                ),
                "files for each of several": reading("x = [open('notes.txt') for each in ()]"),
                "a loop in a loop": reading("x = [b for a in () for b in open('notes.txt')]"),
                "a function that chooses": reading(
                    "def read(name):\n    return open(name) if os.path.exists(name) else ''\nx = read('notes.txt')"
                ),
                "a function that reads in a loop": reading(
                    "def read(name):\n    for each in ():\n        open(name)\nx = read('notes.txt')"
                ),
                "a function that is defined again": reading(
                    "def read(name):\n    open(name)\ndef read(name):\n    return name\nx = read('notes.txt')"
                ),
                "an attempt": reading("try:\n    x = open('notes.txt').read()\nexcept OSError:\n    x = ''"),
                "a function that is not called": reading("def f():\n    return open('notes.txt')"),
                "a function that looks first": reading(
                    "def read(name):\n    if not os.path.exists(name):\n        return ''\n"
                    "    return open(name).read()\nx = read('notes.txt')"
                ),
                "a file that it writes": reading("open('notes.txt', mode='w').close()\nx = open('notes.txt').read()"),
                "a path that is computed": reading(
                    "x = 'notes'\ntry:\n    y = open(x + '.txt')\nexcept OSError:\n    y = x"
                ),
                "a text": reading('"""\nopen("notes.txt")\n"""'),
                "a comment": reading("# open('notes.txt')"),
                "another folder": importing(
                    "os.chdir('demo')\nx = open('notes.txt').read()", beside=("demo/notes.txt",)
                ),
                "the script that another backend has beside it": importing(
                    "x = open('notes.txt').read()", backend="poetry.core.masonry.api"
                ),
            }.items()
        ),
    ],
    ids=str,
)
def test_what_setup_py_reads_is_there(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize("row", READING, ids=str)
def test_setuptools_itself_does_not_find_what_the_rule_misses(row: Twins, tmp_path: Path) -> None:
    assert isinstance(row.bad, SdistRecipe)
    assert isinstance(row.good, SdistRecipe)
    assert "FileNotFoundError" in asked(row.bad, tmp_path / "bad")
    assert asked(row.good, tmp_path / "good") == ""
