from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel
from tests.support.native_files import LIBRARY, MODULE, extension, library
from tests.support.twins import Silent, Twins, judge
from wheelcheck.facts.collect import collect
from wheelcheck.records import replace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe

PURE = "py3-none-any"
MIB = 2**20
PRIVATE = ("/home/x/sh", "/Users/x/sh", "/root/x", "/tmp/x", "/opt/x", "/build/x", "/builds/x", "/project/x", "/io/x")  # noqa: S108  # only a text
SCRIPT = "demo-1.0.data/scripts/tool"
POINTS = "demo-1.0.dist-info/entry_points.txt"


def script(line: str, tags: str = PURE, path: str = SCRIPT) -> WheelRecipe:
    return a_wheel(tags, File("demo/__init__.py"), File(path, f"{line}\nprint(1)\n".encode(), EXECUTABLE))


def starting(reference: str, source: str, path: str = "demo/cli.py", group: str = "console_scripts") -> WheelRecipe:
    points = f"[{group}]\ntool = {reference}\n".encode()
    files = (File("demo/__init__.py"), File(path, source.encode()))
    return a_wheel(PURE, *files, dist_info={"entry_points.txt": points})


def with_debug(*flags: str) -> WheelRecipe:
    shape = ("-shared", "-fPIC", "-nostdlib", *flags)
    made = File(LIBRARY, lambda: native.compile_c(native.PLAIN_C, "x86_64-linux-gnu.2.17", *shape, name="libdebug.so"))
    return a_wheel(X86_64, made)


def large(path: str, number: int, size: int = 2 * MIB) -> File:
    """A library with a table of so many bytes that holds this number."""
    source = f"char table[{size}] = {{{number}}};\n"
    shape = ("-shared", "-fPIC", "-nostdlib", "-s")
    return File(path, lambda: native.compile_c(source, "x86_64-linux-gnu.2.17", *shape, name="liblarge.so"))


SILENT_SOURCES = {
    "a star import": "from other import *\n",
    "a module that answers for any name": "def __getattr__(name):\n    return print\n",
    "a name bound in a branch": "try:\n    from fast import main\nexcept ImportError:\n    main = print\n",
    "a module that is no Python 3": "print 'hello'\n",
    "a class": "class main:\n    pass\n",
    "a module that replaces itself": "import sys\nsys.modules[__name__] = object()\n",
    "exec": "exec('def main(): pass')\n",
    "a name that a match statement binds": "match print:\n    case main:\n        pass\n",
}
APP = "class App:\n    def run(self):\n        return 0\n"
OPEN_CLASSES = {
    "a method of the class above": "class App(dict):\n    pass\n",
    "a method that is assigned later": f"{APP}App.start = App.run\n",
    "a class of which there are two": "if print:\n    class App: pass\nelse:\n    class App: start = print\n",
    "a class that a decorator makes": f"import click\n@click.group\n{APP}",
    "an object": "App = print\n",
}


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins(
                "WC240",
                f"a script for {line}",
                script(line),
                script("#!python"),
                "exists only on the machine",
                (SCRIPT,),
            )
            for line in ("#!/home/builder/venv/bin/python3", "#!/opt/python/cp312-cp312/bin/python", "#!/tmp/x/sh -e")
        ),
        *(
            Silent("WC240", f"{line} is on every system", script(line))
            for line in (
                "#!/usr/bin/env python3",
                "#!/bin/sh",
                "#!/usr/bin/python",
                "#!/bin/python3",
                "#!/usr/bin/perl -w",
            )
        ),
        *(
            Silent("WC240", f"installers replace {line}", script(line))
            for line in ("#!python", "#!pythonw", "#!python3 -E", "#!")
        ),
        *(
            Twins(
                "WC240",
                f"installers leave {line} as it is",
                script(line),
                script("#!python -E"),
                f"its first line names {line[2:].split()[0]!r}, which installers do not replace",
                (SCRIPT,),
            )
            for line in ("#! python -E", "#!env python3", "#!Python", '#!"python"', "#!../bin/python")
        ),
        *(
            Twins(
                "WC240", f"{line} is somebody's", script(f"#!{line}"), script("#!python"), f"{line!r}, which", (SCRIPT,)
            )
            for line in (*PRIVATE, "/usr/local/bin/python3.11", "/nix/store/x/bin/python")
        ),
        Silent("WC240", "a program of a system that the tag does not name", script("#!/usr/bin/ruby")),
        *(
            Silent("WC240", f"{path} is no script that installers place", script("#!/home/b/bin/python3", path=path))
            for path in ("demo/scripts/tool", "demo-1.0.data/purelib/tool", "x/scripts/tool")
        ),
        Silent("WC240", "a program that begins with no #!", script("/home/b/bin/python3")),
        Silent("WC240", "Windows does not read the line", script("#!/home/b/bin/python3", "py3-none-win_amd64")),
        Twins(
            "WC241",
            "a script whose function is named otherwise",
            starting("demo.cli:main", "def run():\n    return 0\n"),
            starting("demo.cli:main", "def main():\n    return 0\n"),
            "tool starts main of demo.cli, which defines no such name",
            (POINTS,),
            "warning",
        ),
        Twins(
            "WC241",
            "a function of the package itself",
            starting("demo.cli:main", "", "demo/cli/__init__.py"),
            starting("demo.cli:main", "main = print\n", "demo/cli/__init__.py"),
            "defines no such name",
            (POINTS,),
            "warning",
        ),
        Twins(
            "WC241",
            "a function inside of another",
            starting("demo.cli:main", "def run():\n    def main():\n        return 0\n    return main()\n"),
            starting("demo.cli:main", "def run():\n    global main\n    main = print\nrun()\n"),
            "tool starts main of demo.cli, which defines no such name",
            (POINTS,),
            "warning",
        ),
        Twins(
            "WC241",
            "a method that its class does not have",
            starting("demo.cli:App.start", APP),
            starting("demo.cli:App.run", APP),
            "tool starts App.start of demo.cli, which defines no such name",
            (POINTS,),
            "warning",
        ),
        *(Silent("WC241", sentence, starting("demo.cli:App.start", text)) for sentence, text in OPEN_CLASSES.items()),
        *(Silent("WC241", sentence, starting("demo.cli:main", text)) for sentence, text in SILENT_SOURCES.items()),
        Silent("WC241", "an attribute that is a module of the package", starting("demo:cli", "")),
        Silent("WC241", "an attribute of a module of the package", starting("demo:cli.main", "main = print\n")),
        Silent("WC241", "an attribute that is a package", starting("demo:cli", "", "demo/cli/__init__.py")),
        Silent("WC241", "an attribute that is a folder", starting("demo:cli", "", "demo/cli/x.py")),
        Twins(
            "WC241",
            "a name that is part of a module's",
            starting("demo:cl", ""),
            starting("demo:cli", ""),
            "tool starts cl of demo, which defines no such name",
            (POINTS,),
            "warning",
        ),
        Twins(
            "WC241",
            "a program with windows",
            starting("demo.cli:main", "", group="gui_scripts"),
            starting("demo.cli:main", "main = print\n", group="gui_scripts"),
            "tool starts main of demo.cli, which defines no such name",
            (POINTS,),
            "warning",
        ),
        Twins(
            "WC242",
            "tests beside the package",
            a_wheel(PURE, File("demo/__init__.py"), File("tests/__init__.py")),
            a_wheel(PURE, File("demo/__init__.py"), File("demo/tests/__init__.py")),
            "installs tests at the top of site-packages",
            ("tests",),
            "note",
        ),
        *(
            Twins(
                "WC242",
                f"{file} beside the package",
                a_wheel(PURE, File("demo/__init__.py"), File(file)),
                a_wheel(PURE, File("demo/__init__.py"), File(f"demo/{file}")),
                f"installs {top} at the top of site-packages",
                (top,),
                "note",
            )
            for file, top in {
                **{each: each for each in ("setup.py", "conftest.py", "noxfile.py", "tasks.py", "pyproject.toml")},
                **{f"{each}/x.py": each for each in ("test", "Testing", "docs", "examples", "benchmarks")},
                "demo-1.0.data/purelib/setup.py": "setup.py",
                "demo-1.0.data/platlib/doc/conf.py": "doc",
            }.items()
        ),
        Silent("WC242", "a file that is named as a folder", a_wheel(PURE, File("demo/__init__.py"), File("tests"))),
        Twins(
            "WC243",
            "a library under two names",
            a_wheel(X86_64, large("demo/libfoo.so", 1), large("demo/libfoo.so.1", 1)),
            a_wheel(X86_64, large("demo/libfoo.so", 1), large("demo/libfoo.so.1", 2)),
            "has the same 2.0 MiB as demo/libfoo.so, 2 copies in all",
            ("demo/libfoo.so.1",),
            "note",
        ),
        Twins(
            "WC243",
            "a library under three names",
            a_wheel(X86_64, *(large(f"demo/libfoo.so{end}", 1) for end in ("", ".1", ".1.2"))),
            a_wheel(X86_64, *(large(f"demo/libfoo.so{end}", 1, MIB // 2) for end in ("", ".1", ".1.2"))),
            "has the same 2.0 MiB as demo/libfoo.so, 3 copies in all",
            ("demo/libfoo.so.1",),
            "note",
        ),
        Twins(
            "WC244",
            "a library with its debug information",
            with_debug("-g"),
            with_debug("-g", "-s"),
            "of debug information",
            (LIBRARY,),
            "note",
        ),
    ],
    ids=str,
)
def test_what_is_installed(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


NATIVE = File("demo/__init__.py", b"from ._x import go\n")


def running(
    sentence: str, files: dict[str, str], absent: tuple[str, str], start: str, scripts: dict[str, bytes] | None = None
) -> Twins:
    """A package whose file imports what is not there, and one that has it: `absent` is that file and what it wants."""
    path, wanted = absent
    members = tuple(File(name, text.encode()) for name, text in files.items())
    bad, good = (
        a_wheel(PURE, *members, *more, dist_info=scripts or {}) for more in ((), (File(wanted, b"Picker = go = 1\n"),))
    )
    module = wanted.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    return Twins(
        "WC245", sentence, bad, good, f"imports {module}, which the wheel does not have: {start} fails", (path,)
    )


def package(source: str, *files: str, init: str = "demo/__init__.py") -> WheelRecipe:
    return a_wheel(PURE, File(init, source.encode()), *(File(path, b"go = run = 1\n") for path in files))


SPREAD = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


def requiring(line: str) -> WheelRecipe:
    """A pure wheel with a requirement, whose package imports a module that it does not have."""
    text = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: {line}\n"
    return a_wheel(PURE, File("demo/__init__.py", b"from .core import go\n"), dist_info={"METADATA": text.encode()})


def imports(sentence: str, source: str, file: str, module: str, init: str = "demo/__init__.py") -> Twins:
    bad, good = package(source, init=init), package(source, file, init=init)
    return Twins("WC245", sentence, bad, good, f"imports {module}, which the wheel does not have", (init,))


PIPES = {"entry_points.txt": b"[console_scripts]\npipes = demo.cli:main\n"}
DEEP = {
    "demo/__init__.py": "from .a import go\n",
    "demo/a/__init__.py": "from ..b import go\n",
    "demo/b.py": '"""Go."""\nimport os\nimport demo.c.d\n\ndef go(): ...\n',
    "demo/c/__init__.py": "",
    "demo/c/d.py": "from . import e\n",
}
RUNNING: tuple[tuple[str, dict[str, str], tuple[str, str], str, dict[str, bytes]], ...] = (
    ("what a module of it imports", DEEP, ("demo/c/d.py", "demo/c/e.py"), "`import demo`", {}),
    (
        "what a package above the module imports",
        {"demo/__init__.py": "import demo.a.b\n", "demo/a/__init__.py": "from .c import go\n", "demo/a/b.py": ""},
        ("demo/a/__init__.py", "demo/a/c.py"),
        "`import demo`",
        {},
    ),
    (
        "what a command imports",
        {"demo/__init__.py": "", "demo/cli.py": "from .picker import Picker\n\ndef main(): ...\n"},
        ("demo/cli.py", "demo/picker/__init__.py"),
        "the command pipes",
        PIPES,
    ),
    (
        "what a command imports by its name",
        {"demo/__init__.py": "import os\n", "demo/cli.py": "from demo import (  # ours\n    picker\n)\n"},
        ("demo/cli.py", "demo/picker.py"),
        "the command pipes",
        PIPES,
    ),
    (
        "what the package imports when it is run",
        {"demo/__init__.py": "", "demo/__main__.py": "import demo.cli\n"},
        ("demo/__main__.py", "demo/cli.py"),
        "`python -m demo`",
        {},
    ),
)
# What runs in any case, of which something that is not there may be brought, made or left out.
NOT_SURE: dict[str, dict[str, str]] = {
    "a module that a test alone imports": {"demo/__init__.py": "", "demo/checks.py": "from .data import x\n"},
    "a module that only a branch imports": {
        "demo/__init__.py": "try:\n    from .a import go\nexcept ImportError:\n    go = print\n",
        "demo/a.py": "from .fast import go\n",
    },
    "a name that the package takes from elsewhere": {
        "demo/__init__.py": "from os import path as core\nfrom .a import go\n",
        "demo/a.py": "from . import core\n",
        "demo/b.py": "",
    },
    "a module that another of them makes": {
        "demo/__init__.py": "from . import a\n",
        "demo/a.py": "import sys\nsys.modules['demo.b'] = sys\nfrom demo.b import path\n",
    },
    "a package above the top": {"demo/__init__.py": "from .a import go\n", "demo/a.py": "from ...b import go\n"},
}
MANY_NAMES = "from . import (\n" + "    __name__,\n" * 500 + "    core,\n)\n"
FOLDER = File("demo/_x/__init__.py")
VENDOR = File("demo/vendor/__init__.py")
COMPILED = "demo/_x/__init__.cpython-311-x86_64-linux-gnu.so"
MAKERS = (
    (
        "an extension module of cffi",
        "from demo._x.lib import go\n",
        "demo._x.lib",
        (FOLDER,),
        (extension(MODULE, "PyInit__x"),),
    ),
    ("a compiled __init__", "from ._x.lib import go\n", "demo._x.lib", (FOLDER,), (extension(COMPILED, "PyInit__x"),)),
    ("six", "from .vendor.six.moves import x\n", "demo.vendor.six.moves", (VENDOR,), (File("demo/vendor/six.py"),)),
    (
        "code, not data",
        "from ._x.lib import go\n",
        "demo._x.lib",
        (File("demo/_x.json"),),
        (extension(MODULE, "PyInit__x"),),
    ),
    (
        "the module, not a package",
        "import demo._x.a\n",
        "demo._x.a",
        (FOLDER, extension(MODULE, "PyInit__x")),
        (extension(MODULE, "PyInit__x"),),
    ),
)


@pytest.mark.parametrize(
    "row",
    [
        imports("a module beside it", "from .core import go\n", "demo/core.py", "demo.core"),
        imports("a package below it", "from .core import (\n    go,\n)\n", "demo/core/__init__.py", "demo.core"),
        imports("a module among many names", MANY_NAMES, "demo/core.py", "demo.core"),
        imports("a module of a long package", "a = 1\n" * 200_000 + "import demo.core\n", "demo/core.py", "demo.core"),
        imports("a deeper module", "from .core.fast import go\n", "demo/core/fast.py", "demo.core.fast"),
        imports("a module by its name", "from . import core, __name__ as x\n", "demo/core.py", "demo.core"),
        imports("itself by its full name", "from demo.core import go\n", "demo/core.py", "demo.core"),
        imports("a module and nothing of it", "import os, demo.core\n", "demo/core.pyc", "demo.core"),
        imports(
            "a module that .data installs", "from .core import go\n", "demo-1.0.data/purelib/demo/core.py", "demo.core"
        ),
        imports(
            "from a package in .data",
            "from .core import go\n",
            "demo/core.py",
            "demo.core",
            "demo-1.0.data/purelib/demo/__init__.py",
        ),
        Twins(
            "WC245",
            "an extension module that was never built",
            a_wheel(X86_64, NATIVE, library("x86_64")),
            a_wheel(X86_64, NATIVE, extension(MODULE, "PyInit__x")),
            "imports demo._x, which the wheel does not have: `import demo` fails",
            ("demo/__init__.py",),
        ),
        Twins(
            "WC246",
            "a package beside an extension module of its name",
            a_wheel(X86_64, extension(MODULE, "PyInit__x"), File("demo/_x/__init__.py")),
            a_wheel(X86_64, extension(MODULE, "PyInit__x"), File("demo/_x/__init__.pyi")),
            "is never loaded: Python takes the package demo/_x",
            (MODULE,),
            "warning",
        ),
        *(
            Twins(
                "WC246",
                f"a package beside an extension module in {where}",
                a_wheel(X86_64, extension(f"{folder}_x.abi3.so", "PyInit__x"), File(f"{folder}_x/__init__.py")),
                a_wheel(X86_64, extension(f"{folder}_x.abi3.so", "PyInit__x"), File(f"{beside}_x/__init__.py")),
                f"takes the package {folder}_x for this name",
                (f"{folder}_x.abi3.so",),
                "warning",
            )
            for where, folder, beside in (
                ("a folder with a dot in its name", "demo.d/", "demo/"),
                ("no folder", "", "demo/"),
                ("a folder of a folder", "demo/a/", "a/"),
            )
        ),
        *(
            Silent("WC245", sentence, package(source))
            for sentence, source in {
                "an import that may fail": "try:\n    from .fast import go\nexcept ImportError:\n    go = print\n",
                "an import in a function": "def go():\n    from .core import run\n    run()\n",
                "an example in a description": '"""A package.\n\nfrom .core import go\n"""\n',
                "a name that the file binds": "def core():\n    pass\n\nfrom . import core\n",
                "a module that has any name": "def __getattr__(name):\n    return 1\n\nfrom . import core\n",
                "a package in several folders": f"{SPREAD}from .core import go\n",
                "another distribution": "from demo_core import go\nimport numpy\n",
                "a name that begins alike": "from demonstration.core import go\n",
            }.items()
        ),
        *(running(*row) for row in RUNNING),
        *(
            Silent("WC245", sentence, a_wheel(PURE, *(File(path, text.encode()) for path, text in files.items())))
            for sentence, files in NOT_SURE.items()
        ),
        Silent(
            "WC245",
            "what loads a plug-in imports",
            a_wheel(
                PURE,
                File("demo/__init__.py"),
                File("demo/cli.py", b"from .picker import x\n"),
                dist_info={"entry_points.txt": b"[pytest11]\ndemo = demo.cli:main\n"},
            ),
        ),
        Silent("WC245", "another distribution of its name that it requires", requiring("demo-core==1.0")),
        Twins(
            "WC245",
            "another distribution of its name, in an extra alone",
            requiring('demo-core==1.0; extra == "fast"'),
            requiring("demo_core[fast]; python_version > '3.8'"),
            "imports demo.core, which the wheel does not have",
            ("demo/__init__.py",),
        ),
        *(
            Twins(
                "WC245",
                f"a module that {sentence} makes",
                a_wheel(X86_64, File("demo/__init__.py", source.encode()), *beside, library("x86_64")),
                a_wheel(X86_64, File("demo/__init__.py", source.encode()), *maker, library("x86_64")),
                f"imports {module}, which the wheel does not have",
                ("demo/__init__.py",),
            )
            for sentence, source, module, beside, maker in MAKERS
        ),
        *(
            Silent("WC245", f"what {maker} may make below itself", package("from .a.b.c.d import go\n", maker))
            for maker in ("demo/a.py", "demo/a/b.py", "demo/a/b/c.py")
        ),
        Silent("WC245", "a folder without __init__.py", package("from .core.fast import go\n", "demo/core/fast.py")),
    ],
    ids=str,
)
def test_what_a_package_imports_is_there(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def test_only_packages_at_the_top_and_the_modules_that_entry_points_name_are_kept(tmp_path: Path) -> None:
    points = {"entry_points.txt": b"[console_scripts]\ntool = demo.cli:main\n"}
    files = (File("demo/__init__.py"), File("demo/cli.py"), File("demo/other.py"), File("demo/sub/__init__.py"))
    made = collect(a_wheel(PURE, *files, dist_info=points).write(tmp_path))
    assert [path for path in sorted(made.texts) if path.endswith(".py")] == ["demo/__init__.py", "demo/cli.py"]


def test_packages_are_kept_up_to_a_limit(tmp_path: Path) -> None:
    files = (File(f"p{number}/__init__.py", b"\n" * 2**20) for number in range(8))
    made = collect(a_wheel(PURE, *files).write(tmp_path))
    assert (len([path for path in made.texts if path.endswith(".py")]), made.damage) == (4, ())


KIB = "holds {} KiB of debug information, of {} KiB"


@pytest.mark.parametrize(
    ("debug", "size", "path", "said"),
    [
        (2048, 4096, LIBRARY, [KIB.format(2, 4)]),
        (205, 4096, LIBRARY, [KIB.format(0, 4)]),
        (204, 4096, LIBRARY, []),
        (MIB + 1, 1024 * MIB, LIBRARY, [KIB.format(1024, 1024 * 1024)]),
        (MIB, 1024 * MIB, LIBRARY, []),
        (2048, 4096, "demo/tests/data/libx.so", []),
    ],
)
def test_debug_information_is_a_twentieth_at_most_and_a_megabyte(
    debug: int, size: int, path: str, said: list[str]
) -> None:
    member = replace(artifacts.member(path, artifacts.elf("x86_64", debug_size=debug)), size=size)
    assert [hit.message for hit in judge(artifacts.wheel(X86_64, member), "WC244")] == said


def test_debug_information_of_all_slices_counts_and_an_object_is_not_asked() -> None:
    for kind, said in (("library", [KIB.format(2, 4)]), ("object", [])):
        both = artifacts.macho("x86_64", "aarch64", kind=kind, debug_size=1024)  # type: ignore[arg-type]  # a kind
        found = judge(artifacts.wheel(X86_64, artifacts.member("demo/x", both)), "WC244")
        assert [hit.message for hit in found] == said
