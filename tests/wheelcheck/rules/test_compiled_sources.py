from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, an_sdist
from tests.support.twins import ERROR, WARNING, Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe
    from wheelcheck.config.fields import Severity

SETUP = (
    "from setuptools import Extension, setup\n"
    "setup(ext_modules=[Extension('demo._core', ['src/core.c'], include_dirs=['src'])])\n"
)
CORE = '#include <Python.h>\n#include "tables.h"\nint demo(void) { return N; }\n'
SOURCE = "demo-1.0/src/core.c"


def extension(core: str, *headers: str, setup: str = SETUP) -> SdistRecipe:
    """An sdist of one C extension, with these headers below src/."""
    files = [File(f"src/{header}", b"#define N 3\n") for header in headers]
    return an_sdist(File("setup.py", setup.encode()), File("src/core.c", core.encode()), *files)


def listing(listed: str, *files: str, script: str = "", **contents: str) -> SdistRecipe:
    """An sdist whose setup.py passes these arguments to Extension, with files that are empty or have a content."""
    text = f"from setuptools import Extension, setup\n{script}setup(ext_modules=[Extension('demo._core', {listed})])\n"
    written = [File(path, content.encode()) for path, content in {"setup.py": text, **contents}.items()]
    return an_sdist(*written, *(File(path, b"\n") for path in files))


def includes(sentence: str, good: SdistRecipe) -> Silent:
    return Silent("WC611", sentence, good)


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
            "a header that a long source includes at its beginning",
            extension(f"{CORE}{'x' * 2**20}"),
            extension(f"{CORE}{'x' * 2**20}", "tables.h"),
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
        Twins(
            "WC611",
            "a header in a folder of headers that is there",
            extension('#include "sub/a.h"\n', "sub/other.h"),
            extension('#include "sub/a.h"\n', "sub/a.h"),
            'includes "sub/a.h"',
            (SOURCE,),
        ),
        Twins(
            "WC611",
            "a header above the source",
            listing("['src/core.c']", **{"src/core.c": '#include "../shared/a.h"\n'}),
            listing("['src/core.c']", "shared/a.h", **{"src/core.c": '#include "../shared/a.h"\n'}),
            'includes "../shared/a.h"',
            (SOURCE,),
        ),
        Twins(
            "WC611",
            "a header above a folder that the compiler is told to look in",
            listing("['src/deep/core.c']", "elsewhere/b.h", **{"src/deep/core.c": '#include "../shared/a.h"\n'}),
            listing("['src/deep/core.c']", "elsewhere/shared/a.h", **{"src/deep/core.c": '#include "../shared/a.h"\n'}),
            'includes "../shared/a.h"',
            ("demo-1.0/src/deep/core.c",),
        ),
        Twins(
            "WC611",
            "sources of more words than are read",
            an_sdist(*(File(f"src/{number}.c", b"#if\n" * 200_000) for number in range(6))),
            an_sdist(*(File(f"src/{number}.c", b"#if\n" * 20_000) for number in range(6))),
            "the sources have too many words",
            severity="note",
        ),
        includes("a header below many folders", extension('#include "../a/b/c/d.h"\n', "deep/a/b/c/d.h")),
        includes("a header above the whole project", extension('#include "../../../a.h"\n')),
        includes("a header of CPython in quotation marks", extension('#include "Python.h"\n')),
        includes("a header of C++, as Cython writes it", extension('#include "ios"\n#include "stdexcept"\n')),
        includes("a header of the system", extension('#include "stdint.h"\n#include "windows.h"\n')),
        Twins(
            "WC611",
            "a header in a folder that is not there",
            extension('#include "sub/a.h"\n'),
            extension('#include "sub/a.h"\n', "sub/a.h"),
            'includes "sub/a.h"',
            (SOURCE,),
            "warning",
        ),
        includes(
            "a header of another package",
            extension('#include "numpy/arrayobject.h"\n', setup=SETUP.replace("'src'", "numpy.get_include()")),
        ),
        includes("a header of the system in a folder", extension('#include "sys/types.h"\n')),
        includes("a header for one system only", extension('#ifdef __sun\n#include "sun_only.h"\n#endif\n')),
        includes("a header in another folder of the sdist", extension('#include "x.h"\n', "deep/x.h")),
        includes("a header that a template becomes", extension('#include "config.h"\n', "config.h.in")),
        includes(
            "a source that nothing compiles by its name",
            an_sdist(
                File("setup.py", b"from setuptools import setup\nsetup()\n"), File("old/x.c", b'#include "y.h"\n')
            ),
        ),
    ],
    ids=str,
)
def test_every_header_of_an_extension_is_there(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def configured(*files: str) -> SdistRecipe:
    module = '[[tool.setuptools.ext-modules]]\nname = "demo._core"\nsources = ["src/core.c", "src/more.c"]\n'
    text = f'[build-system]\nrequires = ["x"]\nbuild-backend = "setuptools.build_meta"\n{module}'
    return an_sdist(File("pyproject.toml", text.encode()), *(File(path, b"\n") for path in files))


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
            "note",
        ),
        *(
            Silent("WC621", sentence, recipe)
            for sentence, recipe in {
                "C that Cython makes": listing("['src/core.c']", "src/core.pyx"),
                "Cython of which the C is there": listing("['src/core.pyx']", "src/core.c"),
                "a source from a template": listing("['src/core.c']", "src/core.c.in"),
                "a pattern for Cython": listing("['src/*.pyx']", "src/core.pyx"),
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


CYTHON = "from setuptools import setup\nfrom Cython.Build import cythonize\nsetup(ext_modules=cythonize([{}]))\n"


SYSTEM = '[build-system]\nrequires = ["setuptools", "cython"]\nbuild-backend = "setuptools.build_meta"\n'


def building(named: str, script: str = CYTHON) -> tuple[File, ...]:
    """A setup.py that names Cython sources, and what its build requires."""
    return File("setup.py", script.format(named).encode()), File("pyproject.toml", SYSTEM.encode())


def cython(source: str, *files: str, named: str = "'demo/core.pyx'", script: str = CYTHON) -> SdistRecipe:
    """An sdist of a package with one Cython module, and with more files."""
    fixed = [*building(named, script), File("demo/core.pyx", source.encode())]
    return an_sdist(*fixed, File("demo/__init__.py", b"\n"), *(File(path, b"\n") for path in files))


def cython_of(name: str, text: str, *files: str) -> SdistRecipe:
    """An sdist in which one file says that Cython compiles a module, which includes another file."""
    setup = File("setup.py", b"from setuptools import setup\nsetup()\n")
    fixed = [setup, File(name, text.encode()), File("demo/core.pyx", b'include "x.pxi"\n')]
    written = {each.path: each for each in (*fixed, File("demo/__init__.py", b"\n"))}
    return an_sdist(*written.values(), *(File(path, b"\n") for path in files))


def needs(sentence: str, source: str, file: str, found: str, *also: str, severity: Severity = "error") -> Twins:
    bad, good = cython(source, *also), cython(source, file, *also)
    return Twins("WC624", sentence, bad, good, found, ("demo-1.0/demo/core.pyx",), severity)


@pytest.mark.parametrize(
    "row",
    [
        needs("a file to include", 'include "x.pxi"\n', "demo/x.pxi", 'includes "x.pxi", and demo-1.0/demo/x.pxi'),
        needs("a file to include from the top", 'include "demo/x.pxi"\n', "demo/x.pxi", 'includes "demo/x.pxi"'),
        needs(
            "a file to include from another folder", 'include "sub/x.pxi"\n', "src/sub/x.pxi", 'includes "sub/x.pxi"'
        ),
        needs(
            "a file of a name that stands elsewhere, too",
            'include "x.pxi"\n',
            "demo/x.pxi",
            'includes "x.pxi"',
            "other/x.pxi",
        ),
        *(
            Twins(
                "WC624",
                f"{name} alone says that Cython compiles it",
                cython_of(name, text),
                cython_of(name, text, "demo/x.pxi"),
                'includes "x.pxi"',
                ("demo-1.0/demo/core.pyx",),
            )
            for name, text in (
                (
                    "setup.py",
                    "from setuptools import setup\nsetup(setup_requires=['Cython'], scripts=['demo/core.pyx'])\n",
                ),
                ("setup.cfg", "[options]\nsetup_requires = Cython\n[demo]\nsources = 'demo/core.pyx'\n"),
                (
                    "pyproject.toml",
                    f"{SYSTEM}\n[[tool.setuptools.ext-modules]]\nname = 'd'\nsources = ['demo/core.pyx']\n",
                ),
            )
        ),
        needs("declarations", "from .x cimport y\n", "demo/x.pxd", "cimports .x, and demo-1.0/demo/x.pxd is not"),
        needs("declarations of a package", "from .x cimport y\n", "demo/x/__init__.pxd", "cimports .x"),
        needs("declarations by name", "from . cimport a, x as z\n", "demo/x.pxd", "cimports .x", "demo/a.pxd"),
        needs("declarations of a deeper module", "from .x.y cimport z\n", "demo/x/y.pxd", "cimports .x.y"),
        needs(
            "a file of which the C is there",
            'include "x.pxi"\n',
            "demo/x.pxi",
            "includes",
            "demo/core.c",
            severity="warning",
        ),
        *(
            needs(
                f"a file of which the {suffix} is there",
                'include "x.pxi"\n',
                "demo/x.pxi",
                "x.pxi",
                path,
                severity=each,
            )
            for suffix, path, each in (
                ("C++", "demo/core.cpp", WARNING),
                ("C of another", "demo/other.c", ERROR),
                ("C elsewhere", "core.c", ERROR),
            )
        ),
        *(
            Twins(
                "WC624",
                f"a file that setup.py {sentence}",
                cython('include "x.pxi"\n', script=f"{CYTHON}# {text}\n"),
                cython('include "x.pxi"\n', "demo/x.pxi", script=f"{CYTHON}# {text}\n"),
                "includes",
                ("demo-1.0/demo/core.pyx",),
                severity,
            )
            for sentence, text, severity in (("names", "makes x.pxi", WARNING), ("does not name", "makes y.pxi", ERROR))
        ),
        needs(
            "declarations of the package above", "from ..x cimport y\n", "x.pxd", "cimports ..x, and demo-1.0/x.pxd is"
        ),
        Twins(
            "WC624",
            "what the declarations of a module take",
            an_sdist(
                *building("'demo/*.pyx'"),
                File("demo/core.pyx", b"\n"),
                File("demo/core.pxd", b"from .x cimport y\n"),
            ),
            an_sdist(
                *building("'demo/*.pyx'"),
                File("demo/core.pyx", b"\n"),
                File("demo/core.pxd", b"from .x cimport y\n"),
                File("demo/x.pxd", b"\n"),
            ),
            "cimports .x",
            ("demo-1.0/demo/core.pxd",),
        ),
        Twins(
            "WC624",
            "a file that setup.py may write",
            cython('include "x.pxi"\n', script=f"import subprocess\n{CYTHON}"),
            cython('include "x.pxi"\n', "demo/x.pxi", script=f"import subprocess\n{CYTHON}"),
            "includes",
            ("demo-1.0/demo/core.pyx",),
            "warning",
        ),
        *(
            Silent("WC624", sentence, recipe)
            for sentence, recipe in {
                "a template of a file to include": cython('include "x.pxi"\n', "demo/x.pxi.in"),
                "a file for one system only": cython('IF UNAME_SYSNAME == "Windows":\n    include "win.pxi"\n'),
                "a module of another package": cython("from libc.math cimport sin\ncimport numpy as np\n"),
                "what the package may declare": cython("from . cimport x\n", "demo/__init__.pxd"),
                "a package of Python": cython("from .x cimport y\n", "demo/x/__init__.py"),
                "a package of Cython": cython("from .x cimport y\n", "demo/x/__init__.pyx"),
                "a module that nothing compiles": cython("from .x cimport y\n", named="'demo/other.pyx'"),
                "an import of Python": cython("from .x import y\n"),
            }.items()
        ),
    ],
    ids=str,
)
def test_every_file_that_cython_reads_is_there(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


CRATE = '[package]\nname = "demo"\nversion = "1.0.0"\nedition = "2021"\n'
MATURIN = b'[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n'


WRITES_A = {"build.rs": 'fn main() { std::fs::write("src/a.rs", "").unwrap() }\n'}
NEEDS_A = '[dependencies]\na = {path = "a"}\n'
A = {"a/Cargo.toml": CRATE.replace("demo", "a"), "a/src/lib.rs": "mod b;\n"}


def crate(library: str, *files: str, more: str = "", **contents: str) -> SdistRecipe:
    """An sdist of one crate that maturin builds, with files that are empty or have a content."""
    texts = {"Cargo.toml": CRATE + more, "src/lib.rs": library, **contents}
    written = [File(path, content.encode()) for path, content in texts.items()]
    return an_sdist(File("pyproject.toml", MATURIN), *written, *(File(path, b"\n") for path in files))


TAKEN = {
    "a module": ("mod tables;\n", "src/tables.rs", "says `mod tables;`, and demo-1.0/src/tables.rs is not"),
    "a module in a folder": ("pub mod a;\n", "src/a/mod.rs", "says `mod a;`"),
    "a module with attributes": ("#[allow(dead_code)]\npub(crate) mod a;\n", "src/a.rs", "says `mod a;`"),
    "the description": ('#![doc = include_str!("../README.md")]\n', "README.md", 'includes "../README.md"'),
    "data in a function": ('pub fn f() -> &\'static [u8] { include_bytes!("a.bin") }\n', "src/a.bin", "includes"),
}


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins("WC625", sentence, crate(source), crate(source, file), found, ("demo-1.0/src/lib.rs",))
            for sentence, (source, file, found) in TAKEN.items()
        ),
        Twins(
            "WC625",
            "a module of a module",
            crate("mod a;\n", "src/b.rs", **{"src/a.rs": "mod b;\n"}),
            crate("mod a;\n", "src/a/b.rs", **{"src/a.rs": "mod b;\n"}),
            "says `mod b;`, and demo-1.0/src/a/b.rs is not",
            ("demo-1.0/src/a.rs",),
        ),
        Twins(
            "WC625",
            "a module of a crate that is needed by path",
            crate("", more=NEEDS_A, **A),
            crate("", "a/src/b.rs", more=NEEDS_A, **A),
            "says `mod b;`",
            ("demo-1.0/a/src/lib.rs",),
        ),
        Silent(
            "WC625",
            "a crate that only some builds need",
            crate("", more=NEEDS_A.replace("}", ", optional = true}"), **A),
        ),
        Twins(
            "WC625",
            "a module that the build script may write",
            crate("mod a;\n", **WRITES_A),
            crate("mod a;\n", "src/a.rs", **WRITES_A),
            "says `mod a;`",
            ("demo-1.0/src/lib.rs",),
            "warning",
        ),
        *(
            Silent("WC625", sentence, recipe)
            for sentence, recipe in {
                "a module for one system": crate("#[cfg(windows)]\nmod win;\n"),
                "data of tests": crate('#[cfg(test)]\nmod tests { const A: &str = include_str!("a"); }\n'),
                "a module at another path": crate('#[path = "other.rs"]\nmod a;\n', "src/other.rs"),
                "a macro that decides": crate("cfg_if::cfg_if! { if #[cfg(unix)] { mod a; } else { mod b; } }\n"),
                "a comment and a string": crate('/* mod a; /* */ mod b; */ // mod c;\nconst D: &str = "mod d;";\n'),
                "a file of the build": crate('include!(concat!(env!("OUT_DIR"), "/a.rs"));\n'),
                "a source that no target has": crate("", "src/a.rs"),
            }.items()
        ),
    ],
    ids=str,
)
def test_every_file_that_a_crate_is_compiled_from_is_there(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(("source", "file"), [(source, file) for source, file, _ in TAKEN.values()], ids=list(TAKEN))
def test_cargo_itself_refuses_a_crate_without_that_file(tmp_path: Path, source: str, file: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text(CRATE)
    (tmp_path / "src" / "lib.rs").write_text(source)
    command = ["cargo", "check", "--offline", "--quiet"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
