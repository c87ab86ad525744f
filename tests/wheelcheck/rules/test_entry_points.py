from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import dll, extension, library
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe


FOLDER = "demo-1.0.dist-info"
ENTRY_POINTS = f"{FOLDER}/entry_points.txt"
ANY, CLI = "py3-none-any", (File("demo/__init__.py"), File("demo/cli.py"))
COMPILED = extension("demo.cpython-311-x86_64-linux-gnu.so", "PyInit_demo")


def entering(text: str, *files: File) -> WheelRecipe:
    package = (File("demo/__init__.py"), File("demo/cli.py"))
    return a_wheel(X86_64, library("x86_64"), *package, *files, dist_info={"entry_points.txt": text.encode()})


def script(reference: str, *files: File) -> WheelRecipe:
    return entering(f"[console_scripts]\ndemo = {reference}\n", *files)


def requiring(name: str, *files: File) -> WheelRecipe:
    """A pure wheel with a script that requires another distribution, and has only these files."""
    metadata = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: {name}\n".encode()
    points = b"[console_scripts]\ndemo = demo.cli:run\n"
    return a_wheel("py3-none-any", *files, dist_info={"METADATA": metadata, "entry_points.txt": points})


def named(bad: str, good: str, why: str, group: str = "console_scripts") -> Twins:
    """A script of a name that some installer refuses, and one of a name that looks like it."""
    wrong, right = (entering(f"[{group}]\n{name} = demo.cli:run\n") for name in (bad, good))
    return Twins("WC222", f"the name {bad}", wrong, right, f"the script {bad!r} {why}", (ENTRY_POINTS,))


@pytest.mark.parametrize(
    ("reference", "word"),
    [
        ("demo.cli:class", "class"),
        ("demo.cli:run.is", "is"),
        ("demo.import.cli:run", "import"),
        ("demo.cli:None", "None"),
    ],
)
def test_no_launcher_can_write_a_keyword(reference: str, word: str, tmp_path: Path) -> None:
    module = reference.partition(":")[0].replace(".", "/")
    bad = script(reference, *([File(f"{module}.py")] if module != "demo/cli" else []))
    found = f"found demo = {reference!r}, expected no keyword of Python: {word!r} ends in a SyntaxError"
    Twins("WC222", "a keyword", bad, script("demo.cli:run"), found, (ENTRY_POINTS,)).assert_holds(tmp_path)


PATH, REFUSED, RESERVED = "is a path", "has characters that PyPI refuses", "is the name of an interpreter"
NAMES = [
    ("../t", "..t", PATH),
    ("..", "...", PATH),
    (".", ".t", PATH),
    ("/usr/t", "usr.t", PATH),
    ("sub/t", "sub-t", PATH),
    ("..\\t", "t", PATH),
    ("C:t", "C-t", PATH),
    ("C:\\t", "C", PATH),
    ("../t", "t", PATH, "gui_scripts"),
    ("two words", "two_words", REFUSED),
    ("t;id", "t.id", REFUSED),
    ("python", "python-demo", RESERVED),
    ("python3", "python4", RESERVED),
    ("Python3.12", "python2.7", RESERVED),
    ("python3.14t", "python3.x", RESERVED),
    ("pythonw", "pythonx", RESERVED, "gui_scripts"),
    ("pypy3", "pypy4", RESERVED),
    ("graalpy", "graal", RESERVED),
    ("python.py", "python.sh", RESERVED),
    ("x" * 252, "x" * 251, "is longer than the name of any file"),
]


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC222",
            "a script whose module is not in the wheel",
            script("demo.main:run"),
            script("demo.cli:run"),
            "demo starts demo.main, which is not in the wheel",
            (ENTRY_POINTS,),
        ),
        Twins(
            "WC222",
            "a module of another distribution is possible",
            script("other.cli:run"),
            script("demo.cli:run"),
            "demo starts other.cli",
            (ENTRY_POINTS,),
            severity="warning",
        ),
        Twins(
            "WC222",
            "a script of a wheel that lost its package",
            requiring("numpy"),
            requiring("numpy", *CLI),
            "demo starts demo.cli, which is not in the wheel",
            (ENTRY_POINTS,),
        ),
        *(
            Twins(
                "WC222",
                f"a script of a package that {sentence}",
                requiring(name, *files),
                requiring(name, *CLI),
                "demo starts demo.cli, which is not in the wheel",
                (ENTRY_POINTS,),
                severity="warning",
            )
            for sentence, name, files in (
                ("a distribution of its name may bring", "demo-core", ()),
                ("a file beside it may lead to", "numpy", (File("demo.pth"),)),
                ("another module may make", "numpy", (File("other.py"),)),
            )
        ),
        Twins(
            "WC222",
            "a script of a module that a compiled one may make",
            a_wheel(X86_64, COMPILED, dist_info={"entry_points.txt": b"[console_scripts]\ndemo = demo.cli:run\n"}),
            a_wheel(X86_64, COMPILED, dist_info={"entry_points.txt": b"[console_scripts]\ndemo = demo:run\n"}),
            "demo starts demo.cli, which is not in the wheel",
            (ENTRY_POINTS,),
            severity="warning",
        ),
        Twins(
            "WC222",
            "a reference that is none",
            script("demo/cli.py"),
            script("demo.cli:run"),
            "found demo = 'demo/cli.py', expected module:attribute",
            (ENTRY_POINTS,),
        ),
        Twins(
            "WC222",
            "a file that is no INI",
            entering("demo = demo.cli:run\n"),
            entering("[console_scripts]\ndemo = demo.cli:run\n"),
            "found no INI file",
            (ENTRY_POINTS,),
        ),
        Twins(
            "WC222",
            "a comment that is not UTF-8",
            a_wheel(X86_64, library("x86_64"), dist_info={"entry_points.txt": b"# caf\xe9\n"}),
            a_wheel(X86_64, library("x86_64"), dist_info={"entry_points.txt": b"# caf\xc3\xa9\n"}),
            "found bytes that are not UTF-8",
            (ENTRY_POINTS,),
        ),
        Twins(
            "WC222",
            "one script twice",
            entering("[console_scripts]\ndemo = demo.cli:run\ndemo = demo.cli:main\n"),
            entering("[console_scripts]\ndemo = demo.cli:run\nDemo = demo.cli:main\n"),
            "found no INI file",
            (ENTRY_POINTS,),
        ),
        *(named(*row) for row in NAMES),
        *(
            Twins(
                "WC222",
                f"the name {bad} where Windows may install it",
                a_wheel(ANY, *CLI, dist_info={"entry_points.txt": f"[{group}]\n{bad} = demo.cli:run\n".encode()}),
                a_wheel(ANY, *CLI, dist_info={"entry_points.txt": f"[{group}]\n{good} = demo.cli:run\n".encode()}),
                f"the script {bad!r} is a device on Windows",
                (ENTRY_POINTS,),
            )
            for bad, good, group in (
                ("con", "cons", "console_scripts"),
                ("nul.py", "null.py", "console_scripts"),
                ("AUX.tar.gz", "aux2", "console_scripts"),
                ("lpt1", "lpt10", "gui_scripts"),
            )
        ),
        Twins(
            "WC222",
            "the name of a device, which is a name like any other on Linux",
            a_wheel(ANY, *CLI, dist_info={"entry_points.txt": b"[console_scripts]\nprn = demo.cli:run\n"}),
            entering("[console_scripts]\nprn = demo.cli:run\n"),
            "the script 'prn' is a device on Windows",
            (ENTRY_POINTS,),
        ),
        *(
            Twins(
                "WC222",
                f"the name of a device under {tags}",
                a_wheel(tags, *CLI, native, dist_info={"entry_points.txt": b"[console_scripts]\nprn = demo.cli:run\n"}),
                a_wheel(tags, *CLI, native, dist_info={"entry_points.txt": b"[console_scripts]\nrn = demo.cli:run\n"}),
                "the script 'prn' is a device on Windows",
                (ENTRY_POINTS,),
            )
            for tags, native in (("py3-none-win_amd64", dll("x86_64")), ("py3-none-win_arm64", dll("aarch64")))
        ),
        Twins(
            "WC222",
            "a group that some readers put into every group",
            entering("[DEFAULT]\ny = demo.cli:run\n[console_scripts]\nx = demo.cli:run\n"),
            entering("[defaults]\ny = demo.cli:run\n[console_scripts]\nx = demo.cli:run\n"),
            "found the group DEFAULT",
            (ENTRY_POINTS,),
        ),
        Twins(
            "WC222",
            "a control character in a group that is no script's",
            entering("[demo.plugins]\na\x1b[31m = demo.cli:run\n"),
            entering("[demo.plugins]\na[31m = demo.cli:run\n"),
            "found a control character",
            (ENTRY_POINTS,),
        ),
        Twins(
            "WC222",
            "a script without an attribute, which pip and uv refuse",
            script("demo.cli"),
            entering("[demo.plugins]\ndemo = demo.cli\n"),
            "found demo = 'demo.cli', expected module:attribute",
            (ENTRY_POINTS,),
        ),
        Twins(
            "WC222",
            "extras are no attribute",
            script("demo.cli [fast]"),
            script("demo.cli:run [fast]"),
            "expected module:attribute: pip and uv refuse it",
            (ENTRY_POINTS,),
        ),
        Twins(
            "WC222",
            "pip finds no attribute behind a space",
            script("demo.cli: run"),
            entering("[console_scripts]\ndemo = demo.cli:run\n[demo.plugins]\ndemo = demo.cli : run\n"),
            "found demo = 'demo.cli: run', expected module:attribute without spaces",
            (ENTRY_POINTS,),
        ),
        *(
            Twins(
                "WC222",
                f"pip and configparser read {why} differently",
                entering(bad),
                entering(good),
                said,
                (ENTRY_POINTS,),
            )
            for why, bad, good, said in (
                (
                    "a comment behind a semicolon",
                    "[console_scripts]\n; ours\nrun = demo.cli:run\n",
                    "[console_scripts]\n# ours\nrun = demo.cli:run\n",
                    "found the line '; ours'",
                ),
                (
                    "an entry behind a carriage return",
                    "[console_scripts]\rrun = demo.cli:run\n",
                    "[console_scripts]\r\nrun = demo.cli:run\r\n",
                    "found the line 'run = demo.cli:run'",
                ),
                (
                    "an entry behind a line separator",
                    "[demo.plugins]\u2028run = demo.cli:run\n",
                    "[demo.plugins]\nrun = demo.cli:run\n",
                    "found the line 'run = demo.cli:run'",
                ),
                (
                    "extras on a line of their own",
                    "[demo.plugins]\nrun = demo.cli:run\n  [fast]\n",
                    "[demo.plugins]\nrun = demo.cli:run [fast]\n",
                    "found the line 'run = demo.cli:run'",
                ),
            )
        ),
    ],
    ids=str,
)
def test_every_entry_point_exists(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC222", "extras and attributes of attributes", script("demo.cli:App.run [fast]")),
        Silent("WC222", "a plug-in of another package's group", entering("[pytest11]\ndemo = other.plugin\n")),
        Silent("WC222", "a plug-in may have any name", entering("[demo.plugins]\na/b python = demo.cli:run\n")),
        Silent("WC222", "an extension module", script("demo.native:run", library("x86_64", "demo/native.abi3.so"))),
        Silent(
            "WC222", "a package in .data/purelib", script("more.cli:run", File("demo-1.0.data/purelib/more/cli.py"))
        ),
        Silent("WC222", "a keyword in what no launcher imports", entering("[demo.plugins]\na = demo.cli:class\n")),
        Silent("WC222", "a name that begins like a keyword", script("demo.cli:classes")),
    ],
    ids=str,
)
def test_an_entry_point_that_the_specification_allows_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
