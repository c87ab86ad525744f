from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, an_sdist, member, wheel
from tests.support.native_files import dll, library
from tests.support.twins import Silent, Twins, judge
from wheelcheck.facts import Wheel
from wheelcheck.facts.collect import collect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe

FOLDER = "demo-1.0.dist-info"
METADATA = f"{FOLDER}/METADATA"
ENTRY_POINTS = f"{FOLDER}/entry_points.txt"
ANY, CLI = "py3-none-any", (File("demo/__init__.py"), File("demo/cli.py"))


def described(*lines: str, version: str = "2.1", files: tuple[File, ...] = ()) -> WheelRecipe:
    """A wheel whose METADATA has these further lines."""
    text = "\n".join((f"Metadata-Version: {version}", "Name: demo", "Version: 1.0", *lines, ""))
    return a_wheel(X86_64, library("x86_64"), *files, dist_info={"METADATA": text.encode("utf-8", "surrogateescape")})


def in_version(version: str, *lines: str) -> Wheel:
    """The facts of a wheel whose METADATA is of a version that no tool writes yet."""
    text = "\n".join((f"Metadata-Version: {version}", "Name: demo", "Version: 1.0", *lines, ""))
    folder = tuple(member(f"{FOLDER}/{name}") for name in ("METADATA", "WHEEL", "RECORD"))
    return wheel(X86_64, *folder, texts={METADATA: text})


LONG = "1" * 5000
DEEP = "(" * 4000 + "os_name == 'a'" + ")" * 4000


def in_metadata(sentence: str, bad: str, good: str, found: str) -> Twins:
    return Twins("WC220", sentence, described(bad), described(good), found, (METADATA,))


def in_pkg_info(line: str) -> File:
    return File("PKG-INFO", f"Metadata-Version: 2.2\nName: demo\nVersion: 1.0\n{line}\n".encode())


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC220",
            "a requirement of an sdist whose version is none",
            an_sdist(in_pkg_info("Requires-Dist: other ==2010i")),
            an_sdist(in_pkg_info("Requires-Dist: other ==2010")),
            "found Requires-Dist 'other ==2010i'",
            ("demo-1.0/PKG-INFO",),
        ),
        in_metadata(
            "a requirement that no installer can parse",
            "Requires-Dist: numpy (>1.0",
            "Requires-Dist: numpy (>1.0)",
            "found Requires-Dist 'numpy (>1.0'",
        ),
        in_metadata(
            "a Python specifier that is none",
            "Requires-Python: 3.8+",
            "Requires-Python: >=3.8",
            "found Requires-Python '3.8+', expected a version specifier",
        ),
        *(
            in_metadata(why, f"{field}: {value}", f"{field}: {good}", f"found {field}")
            for why, field, value, good in (
                ("a requirement with more digits than a number can have", "Requires-Dist", f"x=={LONG}", "x==1"),
                ("a requirement in too many parentheses", "Requires-Dist", f"x; {DEEP}", "x; (os_name == 'a')"),
                ("a Python version with more digits than a number can have", "Requires-Python", f">={LONG}", ">=3"),
            )
        ),
        in_metadata(
            "a letter and a byte that is not UTF-8",
            "Author: \u00e9\udcff",
            "Author: \u00e9",
            "bytes that are not UTF-8",
        ),
        in_metadata(
            "a space before the colon", "Requires-Dist : x", "Requires-Dist: x", "found the line 'Requires-Dist : x'"
        ),
        in_metadata(
            "a line without a colon", "Requires-Dist x", "Requires-Dist: x", "found the line 'Requires-Dist x' among"
        ),
        in_metadata("bytes that are not UTF-8", "Author: \udce9", "Author: \u00e9", "found bytes that are not UTF-8"),
        *(
            in_metadata(
                f"a {char!r}, where some readers end the line and others go on",
                f"Summary: one{char}Requires-Dist: other",
                "Summary: one  Requires-Dist: other",
                "found a control character in",
            )
            for char in ("\0", "\r", "\v", "\f", "\x1c", "\x85", "\u2028")
        ),
        *(
            in_metadata(
                f"a {char!r} in the text of a licence",
                f"License: one{char}Requires-Dist: other",
                f"License: one\n        {char}        \n        {char}Part 1: two{char}",
                "found a control character in",
            )
            for char in ("\v", "\f", "\x1c", "\x85")
        ),
        Twins(
            "WC220",
            "a version of the metadata that nobody knows",
            described(version="3.0"),
            described(version="2.4"),
            "found Metadata-Version 3.0, expected one of",
            (METADATA,),
        ),
        Twins(
            "WC221",
            "a field that came later than the version declared",
            described("License-Expression: MIT", version="2.3"),
            described("License-Expression: MIT", version="2.4"),
            "found license-expression in Metadata-Version 2.3, expected 2.4 or newer",
            (METADATA,),
        ),
        Twins(
            "WC221",
            "a field of an sdist that came later than the version declared",
            an_sdist(in_pkg_info("License-Expression: MIT")),
            an_sdist(in_pkg_info("Dynamic: License")),
            "found license-expression in Metadata-Version 2.2, expected 2.4 or newer",
            ("demo-1.0/PKG-INFO",),
        ),
        Twins(
            "WC221",
            "Dynamic came with 2.2",
            described("Dynamic: License", version="2.1"),
            described("Dynamic: License", version="2.2"),
            "found dynamic in Metadata-Version 2.1",
            (METADATA,),
        ),
        Twins(
            "WC221",
            "2.10 is newer than 2.4",
            described("License-Expression: MIT", version="2.3"),
            in_version("2.10", "License-Expression: MIT"),
            "found license-expression",
            (METADATA,),
        ),
        Twins(
            "WC223",
            "2.10 is newer than 2.4, so its licence files are promised",
            in_version("2.10", "License-File: LICENSE"),
            in_version("1.10", "License-File: LICENSE"),
            "found License-File 'LICENSE'",
            (METADATA,),
        ),
        Twins(
            "WC223",
            "a licence that is declared and not there",
            described("License-File: LICENSE", version="2.4"),
            described("License-File: LICENSE", version="2.4", files=(File(f"{FOLDER}/licenses/LICENSE"),)),
            "found License-File 'LICENSE', which is not in demo-1.0.dist-info/licenses",
            (METADATA,),
        ),
    ],
    ids=str,
)
def test_metadata_can_be_read_and_is_true(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def entering(text: str, *files: File) -> WheelRecipe:
    package = (File("demo/__init__.py"), File("demo/cli.py"))
    return a_wheel(X86_64, library("x86_64"), *package, *files, dist_info={"entry_points.txt": text.encode()})


def script(reference: str, *files: File) -> WheelRecipe:
    return entering(f"[console_scripts]\ndemo = {reference}\n", *files)


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
        Silent("WC221", "an old version without new fields", described(version="1.0")),
        Silent("WC223", "before 2.4 the field had no fixed place", described("License-File: COPYING", version="2.3")),
    ],
    ids=str,
)
def test_what_the_specifications_allow_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def laid_out(path: str) -> WheelRecipe:
    return a_wheel(X86_64, library("x86_64"), File(path))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC224",
            "a scheme that no installer knows",
            laid_out("demo-1.0.data/bin/tool.txt"),
            laid_out("demo-1.0.data/scripts/tool.txt"),
            "found bin, expected one of data, headers, platlib, purelib, scripts as a folder",
            ("demo-1.0.data/bin/tool.txt",),
        ),
        Twins(
            "WC224",
            "a file in place of .data",
            laid_out("demo-1.0.data"),
            laid_out("demo-1.0.txt"),
            "found a file, expected a folder",
            ("demo-1.0.data",),
        ),
        Twins(
            "WC224",
            "a folder that is .data where file names have no case",
            laid_out("demo-1.0.DATA/data/more.txt"),
            laid_out("demo-1.0.data/data/more.txt"),
            "found demo-1.0.DATA, expected demo-1.0.data",
            ("demo-1.0.DATA",),
        ),
        Twins(
            "WC224",
            "the file that makes an environment",
            laid_out("demo-1.0.data/data/Pyvenv.cfg"),
            laid_out("demo-1.0.data/data/share/pyvenv.cfg"),
            "found the file that makes a folder a virtual environment",
            ("demo-1.0.data/data/Pyvenv.cfg",),
        ),
        Twins(
            "WC224",
            "a file directly in .data",
            laid_out("demo-1.0.data/data"),
            laid_out("demo-1.0.data/data/data"),
            "found data, expected one of",
            ("demo-1.0.data/data",),
        ),
        Twins(
            "WC224",
            "a .data folder of another project, which uv does not install",
            laid_out("other-1.0.data/scripts/tool.txt"),
            laid_out("demo-1.0.data/scripts/tool.txt"),
            "found other-1.0.data, expected demo-1.0.data",
            ("other-1.0.data",),
        ),
        Twins(
            "WC224",
            "uv takes the case of its name literally",
            laid_out("Demo-1.0.data/purelib/more.py"),
            a_wheel(
                X86_64,
                library("x86_64"),
                File("Demo-1.0.data/purelib/more.py"),
                project="Demo",
                file=f"demo-1.0-{X86_64}.whl",
            ),
            "found Demo-1.0.data, expected demo-1.0.data",
            ("Demo-1.0.data",),
        ),
        Twins(
            "WC224",
            "a folder among the scripts",
            laid_out("demo-1.0.data/scripts/more/tool.txt"),
            laid_out("demo-1.0.data/data/more/tool.txt"),
            "found a folder in scripts, expected files only",
            ("demo-1.0.data/scripts/more/tool.txt",),
        ),
        Twins(
            "WC224",
            "uv refuses even an empty folder there",
            wheel(X86_64, member("demo-1.0.data/scripts/more", b"", kind="directory")),
            wheel(X86_64, member("demo-1.0.data/scripts", b"", kind="directory")),
            "found a folder in scripts, expected files only",
            ("demo-1.0.data/scripts/more",),
        ),
        *(
            Twins(
                "WC224",
                f"{bad} in place of the interpreter",
                a_wheel(X86_64, library("x86_64"), File(f"demo-1.0.data/{bad}", b"#!python\n", EXECUTABLE)),
                a_wheel(X86_64, library("x86_64"), File(f"demo-1.0.data/{good}", b"#!python\n", EXECUTABLE)),
                "which is the interpreter's",
                (f"demo-1.0.data/{bad}",),
            )
            for bad, good in (
                ("scripts/python", "scripts/python-demo"),
                ("scripts/python3.12.exe", "scripts/python312.exe"),
                ("scripts/PythonW", "scripts/PythonX"),
                ("data/bin/python3", "data/share/python3"),
                ("data/Scripts/python.exe", "data/etc/python.exe"),
            )
        ),
        Twins(
            "WC225",
            "a build that found no package",
            a_wheel("py3-none-any"),
            a_wheel("py3-none-any", File("demo/__init__.py")),
            "found nothing but .dist-info",
        ),
        Twins(
            "WC225",
            "only a wheel that requires others may be empty",
            a_wheel("py3-none-any"),
            a_wheel(
                "py3-none-any",
                dist_info={"METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: numpy\n"},
            ),
            "found nothing but .dist-info",
        ),
        Twins(
            "WC226",
            "bytecode of the build machine's Python",
            laid_out("demo/__pycache__/x.cpython-311.pyc"),
            laid_out("demo/cache/x.cpython-311.pyc"),
            "is compiled bytecode, which one version of Python alone reads",
            ("demo/__pycache__/x.cpython-311.pyc",),
            severity="warning",
        ),
        Twins(
            "WC226",
            "bytecode beside its source",
            a_wheel(X86_64, library("x86_64"), File("demo/x.py"), File("demo/x.pyc")),
            a_wheel(X86_64, library("x86_64"), File("demo/y.py"), File("demo/x.pyc")),
            "is compiled bytecode",
            ("demo/x.pyc",),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_the_wheel_holds_what_an_installer_can_place(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def test_each_file_of_the_data_folder_is_judged_whatever_lies_before_it() -> None:
    data = "demo-1.0.data"
    for before in ("demo/__init__.py", "demo/x.data", "demo.database/x"):
        subject = wheel(X86_64, member(before), member(f"{data}/other/x"))
        assert [hit.path for hit in judge(subject, "WC224")] == [f"{data}/other/x"]
    subject = wheel(X86_64, member(data, kind="directory"), member(f"{data}/scripts/a/b"), member(f"{data}/other/x"))
    assert [hit.path for hit in judge(subject, "WC224")] == [f"{data}/scripts/a/b", f"{data}/other/x"]


@pytest.mark.parametrize("name", ["other-1.0.data", "demo-1.0.DATA"])
def test_a_data_folder_of_another_name_is_told_once_however_many_files_it_has(name: str, tmp_path: Path) -> None:
    files = (File(f"{name}/data/{number}.txt") for number in range(3))
    facts = collect(a_wheel("py3-none-any", *files).write(tmp_path))
    assert isinstance(facts, Wheel)
    assert [found.path for found in judge(facts, "WC224")] == [name]
