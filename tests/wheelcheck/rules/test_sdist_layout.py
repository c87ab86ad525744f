from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.artifacts import File, an_sdist
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path


TOP = "demo-1.0"


SETUP = File("setup.py", b"from setuptools import setup\nsetup()\n")
BUILD = File("pyproject.toml", b'[build-system]\nrequires = ["hatchling"]\n')
TOOLS_ONLY = File("pyproject.toml", b"[tool.black]\nline-length = 100\n")
LOCAL = "requires = []\nbuild-backend = 'x'\nbackend-path = "
NO_TOML = File("pyproject.toml", b"<<<<<<< HEAD\n")


def of_project(backend: str, path: list[str]) -> File:
    """Return a pyproject.toml with a backend that comes with the project."""
    text = f"[build-system]\nrequires = ['x']\nbuild-backend = '{backend}'\nbackend-path = {path}\n"
    return File("pyproject.toml", text.encode())


POST = b"Metadata-Version: 2.2\nName: demo\nVersion: 1.0-3\n"
BEHIND_ONE: Any = {"project": "demo-1.0", "version": "3"}
INFO = b"Metadata-Version: 2.2\nName: demo\nVersion: 1.0\n"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC606",
            "nothing says how to build it",
            an_sdist(without=("pyproject.toml",)),
            an_sdist(BUILD),
            "found no pyproject.toml, expected one with [build-system]",
        ),
        Twins(
            "WC606",
            "a folder named pyproject.toml says nothing",
            an_sdist(File("pyproject.toml", b"", stat.S_IFDIR | 0o755)),
            an_sdist(BUILD),
            "found no pyproject.toml, expected one with [build-system]",
        ),
        Twins(
            "WC606",
            "a setup.py alone is built with whatever setuptools is current",
            an_sdist(SETUP, without=("pyproject.toml",)),
            an_sdist(SETUP, BUILD),
            "found no pyproject.toml",
            severity="note",
        ),
        Twins(
            "WC606",
            "a pyproject.toml for tools alone",
            an_sdist(SETUP, TOOLS_ONLY),
            an_sdist(SETUP, BUILD),
            "found no [build-system] requires",
            (f"{TOP}/pyproject.toml",),
            severity="note",
        ),
        *(
            Twins(
                "WC606",
                f"a pyproject.toml of {empty!r}, unlike a list of requirements",
                an_sdist(File("pyproject.toml", empty)),
                an_sdist(File("pyproject.toml", b'[build-system]\nrequires = ["x"]\n')),
                "found no [build-system] requires",
                (f"{TOP}/pyproject.toml",),
                severity="note",
            )
            for empty in (b"", b"\n", b"# later\n\n", b"\t # later\n#\n", b" \n")
        ),
        *(
            Twins(
                "WC606",
                f"pip refuses {bad}",
                an_sdist(*more, File("pyproject.toml", f"[build-system]\n{bad}\n".encode())),
                an_sdist(*more, File("pyproject.toml", f"[build-system]\n{good}\n".encode())),
                found,
                (f"{TOP}/pyproject.toml",),
            )
            for more in ((File("demo/x.py"),), (SETUP, File("demo/x.py")))
            for bad, good, found in (
                ('requires = "setuptools"', 'requires = ["setuptools"]', "requires that is no list of text"),
                ('requires = ["setuptools", 1]', 'requires = ["setuptools", "x"]', "requires that is no list of text"),
                ('build-backend = "x"', 'requires = ["x"]\nbuild-backend = "x"', "found no [build-system] requires"),
                ('requires = ["set up"]', "requires = [\"setup; python_version > '3'\"]", "requirement 'set up'"),
                ('requires = ["x=>1"]', 'requires = ["x>=1", "y @ file:///y.whl"]', "invalid requirement 'x=>1'"),
                (f"{LOCAL}['lost']", f"{LOCAL}['demo']", "found backend-path 'lost', expected a folder of the sdist"),
                (f"{LOCAL}['.', '../x']", f"{LOCAL}['.', './demo/']", "found backend-path '../x'"),
                (f"{LOCAL}['/demo']", f"{LOCAL}['./demo']", "found backend-path '/demo'"),
            )
        ),
        *(
            Twins(
                "WC606",
                f"no front end calls {bad}",
                an_sdist(File("pyproject.toml", f"[build-system]\nrequires = ['a']\n{bad}\n".encode())),
                an_sdist(File("pyproject.toml", f"[build-system]\nrequires = ['a']\n{good}\n".encode())),
                found,
                (f"{TOP}/pyproject.toml",),
            )
            for bad, good, found in (
                ("build-backend = 3", 'build-backend = "a"', "found build-backend '3'"),
                ('build-backend = ""', 'build-backend = "a.b"', "found build-backend ''"),
                ('build-backend = "a b:c"', 'build-backend = "a.b:c.d"', "found build-backend 'a b:c'"),
                ('backend-path = "."', "backend-path = []", "found a backend-path that is no list"),
                ("backend-path = [1]", "backend-path = []", "found a backend-path that is no list"),
            )
        ),
        *(
            Twins(
                "WC606",
                f"nothing brings the backend, for {bad!r}",
                an_sdist(SETUP, File("pyproject.toml", f"[build-system]\nrequires = []\n{bad}".encode())),
                an_sdist(SETUP, File("pyproject.toml", f"[build-system]\nrequires = ['x']\n{bad}".encode())),
                f"found an empty [build-system] requires, expected what brings {module}",
                (f"{TOP}/pyproject.toml",),
            )
            for bad, module in (
                ("build-backend = 'hatchling.build'", "hatchling.build"),
                ("build-backend = 'pdm.backend'\nbackend-path = []", "pdm.backend"),
                ("build-backend = 'flit_core.buildapi:x'", "flit_core.buildapi"),
                ("", "setuptools.build_meta"),
            )
        ),
        *(
            Twins(
                "WC606",
                f"{name!r} in {path} is not {bad}",
                an_sdist(of_project(name, path), *(File(each, b"") for each in (bad, "demo/x.py"))),
                an_sdist(of_project(name, path), *(File(each, b"") for each in (good, "demo/x.py"))),
                f"found no module {name.partition(':')[0]} in backend-path ",
                (f"{TOP}/pyproject.toml",),
            )
            for name, path, bad, good in (
                ("own", ["."], "demo/own.py", "own.py"),
                ("own:call", ["demo"], "own.py", "demo/own.py"),
                ("own", ["demo", "."], "other.py", "own.abi3.so"),
                ("own.main", ["demo"], "demo/own/mainly.py", "demo/own/main.py"),
                ("own.main", ["./demo/"], "demo/own/__init__.py", "demo/own/main/__init__.py"),
                ("own.main", ["demo"], "demo/own.txt", "demo/own/main/more/x.py"),
                ("setuptools.build_meta", ["."], "setuptools.md", "setuptools/build_meta.py"),
            )
        ),
        Silent(
            "WC606",
            "the code of a package may bring the rest of it",
            an_sdist(of_project("own.main", ["."]), File("own/__init__.py", b"__path__.append('demo')\n")),
        ),
        Twins(
            "WC606",
            "a pyproject.toml that cannot be read beside a setup.py, which pip does not fall back to",
            an_sdist(SETUP, NO_TOML),
            an_sdist(SETUP, BUILD),
            "found a file that is no TOML",
            (f"{TOP}/pyproject.toml",),
        ),
        Twins(
            "WC606",
            "a pyproject.toml with a comment that is not UTF-8",
            an_sdist(File("pyproject.toml", b'[build-system]\nrequires = ["x"]\n# caf\xe9\n')),
            an_sdist(File("pyproject.toml", b'[build-system]\nrequires = ["x"]\n# caf\xc3\xa9\n')),
            "found a file that is no TOML",
            (f"{TOP}/pyproject.toml",),
        ),
        Twins(
            "WC606",
            "a pyproject.toml that cannot be read",
            an_sdist(NO_TOML),
            an_sdist(BUILD),
            "found a file that is no TOML",
            (f"{TOP}/pyproject.toml",),
        ),
        Twins(
            "WC607",
            "no PKG-INFO",
            an_sdist(without=("PKG-INFO",)),
            an_sdist(File("PKG-INFO", INFO)),
            "found no demo-1.0/PKG-INFO, expected one",
        ),
        Twins(
            "WC607",
            "PKG-INFO of another version",
            an_sdist(File("PKG-INFO", INFO.replace(b"1.0", b"1.1"))),
            an_sdist(File("PKG-INFO", INFO)),
            "found Version '1.1', expected '1.0'",
            (f"{TOP}/PKG-INFO",),
        ),
        Twins(
            "WC607",
            "a post release in a file name of before PEP 625",
            an_sdist(File("PKG-INFO", POST.replace(b"1.0-3", b"1.0-4")), **BEHIND_ONE),
            an_sdist(File("PKG-INFO", POST), **BEHIND_ONE),
            "as the file name says",
            ("demo-1.0-3/PKG-INFO",),
            everywhere=("WC609",),
        ),
        Twins(
            "WC608",
            "a second top folder",
            an_sdist(beside=(File("other/x.py"),)),
            an_sdist(File("other/x.py")),
            "found 2 top folders (demo-1.0, other), expected one",
        ),
        Twins(
            "WC608",
            "more top folders than are named",
            an_sdist(beside=tuple(File(f"{name}/x.py") for name in "zyxwv")),
            an_sdist(*(File(f"{name}/x.py") for name in "zyxwv")),
            "found 6 top folders (demo-1.0, v, w, x), expected one",
        ),
        Twins(
            "WC608",
            "a top folder of another version",
            an_sdist(file="demo-1.1.tar.gz"),
            an_sdist(file="demo-1.0.tar.gz"),
            "found top folder demo-1.0, expected demo-1.1",
            (TOP,),
            also=("WC607",),
        ),
        Twins(
            "WC609",
            "a name that PyPI refuses",
            an_sdist(File("PKG-INFO", INFO), file="Demo-1.0.tar.gz"),
            an_sdist(File("PKG-INFO", INFO), file="demo-1.0.tar.gz"),
            "found Demo, expected demo",
        ),
        Twins(
            "WC609",
            "metadata from before the rule",
            an_sdist(file="Demo-1.0.tar.gz"),
            an_sdist(file="demo-1.0.tar.gz"),
            "found Demo, expected demo",
            severity="warning",
        ),
    ],
    ids=str,
)
def test_an_sdist_has_the_name_metadata_and_layout_of_the_format(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
