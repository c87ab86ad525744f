from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, member, wheel
from tests.support.native_files import library
from tests.support.twins import Twins, judge
from wheelcheck.facts import Wheel
from wheelcheck.facts.collect import collect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe


FOLDER = "demo-1.0.dist-info"
METADATA = f"{FOLDER}/METADATA"


def laid_out(path: str) -> WheelRecipe:
    return a_wheel(X86_64, library("x86_64"), File(path))


def requiring(name: str, *files: File) -> WheelRecipe:
    """A pure wheel that requires another distribution, and has only these files."""
    metadata = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: {name}\n".encode()
    return a_wheel("py3-none-any", *files, dist_info={"METADATA": metadata})


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
            "a wheel that only requires others",
            requiring("numpy"),
            requiring("numpy", File("demo.py")),
            "installs nothing but what it requires",
            severity="note",
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
