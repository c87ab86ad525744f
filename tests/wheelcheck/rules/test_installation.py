from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, member, wheel
from tests.support.native_files import library
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe

PACKAGE = (File("demo/__init__.py"), File("demo/cli.py"))
DATA = "demo-1.0.data"
FOLDER = "demo-1.0.dist-info"
ENTRY_POINTS = f"{FOLDER}/entry_points.txt"


def holding(*paths: str, tags: str = "py3-none-any") -> WheelRecipe:
    return a_wheel(
        tags, *PACKAGE, *(File(path) for path in paths), *([] if tags.endswith("any") else [library("x86_64")])
    )


def placed(sentence: str, bad: tuple[str, ...], good: tuple[str, ...], found: str, at: str, *also: str) -> Twins:
    return Twins("WC227", sentence, holding(*bad), holding(*good), found, (at,), also=also)


def started(text: str, *scripts: str, tags: str = "py3-none-any") -> WheelRecipe:
    files = (File(path, b"#!python\n", EXECUTABLE) for path in scripts)
    native = [] if tags.endswith("any") else [library("x86_64")]
    return a_wheel(tags, *PACKAGE, *files, *native, dist_info={"entry_points.txt": text.encode()})


def commanded(sentence: str, bad: WheelRecipe, good: WheelRecipe, found: str) -> Twins:
    return Twins("WC228", sentence, bad, good, found, (ENTRY_POINTS,))


ONE = "[console_scripts]\nx = demo.cli:run\n"


@pytest.mark.parametrize(
    "row",
    [
        *(
            placed(
                f"a module that {where} replaces",
                (f"{DATA}/{where}/demo/__init__.py",),
                (f"{DATA}/{where}/demo/other.py",),
                "is installed over demo/__init__.py",
                f"{DATA}/{where}/demo/__init__.py",
            )
            for where in (
                *("purelib", "platlib", "data/lib/python3.12/site-packages", "data/lib64/python3.13t/site-packages"),
                *("data/Lib/site-packages", "data/lib/python3.11/dist-packages", "data/lib/site-packages"),
                *("data/lib/python3/dist-packages", "data/lib/pypy3.10/site-packages"),
            )
        ),
        placed(
            "a folder in place of a module",
            (f"{DATA}/purelib/demo/__init__.py/more.txt",),
            (f"{DATA}/purelib/demo/more/more.txt",),
            "needs a folder where demo/__init__.py is installed as a file",
            f"{DATA}/purelib/demo/__init__.py/more.txt",
        ),
        placed(
            "one file in purelib and platlib",
            (f"{DATA}/platlib/demo/q.py", f"{DATA}/purelib/demo/q.py"),
            (f"{DATA}/platlib/demo/q.py", f"{DATA}/purelib/demo/r.py"),
            f"is installed over {DATA}/platlib/demo/q.py",
            f"{DATA}/purelib/demo/q.py",
        ),
        placed(
            "one script in two folders",
            (f"{DATA}/scripts/x.txt", f"{DATA}/data/bin/x.txt"),
            (f"{DATA}/scripts/x.txt", f"{DATA}/data/bin/y.txt"),
            f"is installed over {DATA}/scripts/x.txt",
            f"{DATA}/data/bin/x.txt",
        ),
        placed(
            "METADATA that is replaced",
            (f"{DATA}/purelib/{FOLDER}/METADATA",),
            (f"{DATA}/purelib/demo/METADATA",),
            f"is installed over {FOLDER}/METADATA",
            f"{DATA}/purelib/{FOLDER}/METADATA",
        ),
        placed(
            "entry points that come late",
            (f"{DATA}/platlib/{FOLDER}/entry_points.txt",),
            (f"{DATA}/platlib/demo/entry_points.txt",),
            "is installed into .dist-info",
            f"{DATA}/platlib/{FOLDER}/entry_points.txt",
        ),
        placed(
            "a module of another case, which is one file on macOS and Windows",
            (f"{DATA}/purelib/demo/CLI.py",),
            (f"{DATA}/purelib/demo/CLIP.py",),
            "is installed over demo/cli.py",
            f"{DATA}/purelib/demo/CLI.py",
        ),
        placed(
            "a folder that is spelled otherwise",
            (f"{DATA}/purelib/Demo/clip.py",),
            (f"{DATA}/purelib/demos/clip.py",),
            "is installed into Demo, which is the same folder as demo where case does not matter",
            f"{DATA}/purelib/Demo/clip.py",
        ),
        placed(
            "a file where a folder is needed",
            (f"{DATA}/purelib/demo",),
            (f"{DATA}/purelib/demo.txt",),
            "is installed as a file where other members need a folder",
            f"{DATA}/purelib/demo",
        ),
    ],
    ids=str,
)
def test_every_file_is_installed_at_a_place_of_its_own(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        commanded(
            "an entry point and a script",
            started(ONE, f"{DATA}/scripts/x"),
            started(ONE, f"{DATA}/scripts/y"),
            f"found x of console_scripts and {DATA}/scripts/x, which are one command",
        ),
        commanded(
            "an entry point and a script below data",
            started(ONE, f"{DATA}/data/bin/x"),
            started(ONE, f"{DATA}/data/share/x"),
            "which are one command",
        ),
        commanded(
            "a program that installers take for the launcher of an entry point",
            started(ONE, f"{DATA}/scripts/x.exe"),
            started(ONE, f"{DATA}/scripts/y.exe"),
            "which are one command",
        ),
        commanded(
            "a console and a GUI script",
            started(f"{ONE}[gui_scripts]\nx = demo.cli:show\n"),
            started(f"{ONE}[gui_scripts]\ny = demo.cli:show\n"),
            "found x of console_scripts and x of gui_scripts",
        ),
        commanded(
            "names that are one file on macOS and Windows",
            started(f"{ONE}X = demo.cli:run\n"),
            started(f"{ONE}Y = demo.cli:run\n"),
            "found x of console_scripts and X of console_scripts",
        ),
    ],
    ids=str,
)
def test_every_command_has_a_name_of_its_own(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins(
                "WC229",
                f"{name}, which says how the package was installed",
                holding(f"{FOLDER}/{name}"),
                holding(f"demo/vendored-2.0.dist-info/{name}"),
                f"found {name}, which only an installer may write",
                (f"{FOLDER}/{name}",),
            )
            for name in ("INSTALLER", "REQUESTED", "direct_url.json", "installer")
        ),
        Twins(
            "WC229",
            "one that reaches the folder by way of .data",
            holding(f"{DATA}/purelib/{FOLDER}/INSTALLER"),
            holding(f"{DATA}/purelib/demo/INSTALLER"),
            "found INSTALLER",
            (f"{DATA}/purelib/{FOLDER}/INSTALLER",),
            also=("WC227",),
        ),
    ],
    ids=str,
)
def test_the_wheel_leaves_to_installers_what_is_theirs(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC227",
            "cases that Linux keeps apart",
            holding(f"{DATA}/purelib/demo/CLI.py", tags=X86_64),
            everywhere=("WC104",),
        ),
        Silent(
            "WC227",
            "folders that Linux keeps apart",
            holding(f"{DATA}/purelib/Demo/clip.py", tags=X86_64),
            everywhere=("WC104",),
        ),
        Silent(
            "WC227", "folders that are listed", wheel("py3-none-any", member(f"{DATA}/purelib/demo", kind="directory"))
        ),
        Silent("WC228", "cases that Linux keeps apart", started(f"{ONE}X = demo.cli:run\n", tags=X86_64)),
        *(
            Silent(
                "WC228", f"the {name} that setuptools writes for an entry point", started(ONE, f"{DATA}/scripts/{name}")
            )
            for name in ("x-script.py", "x-script.pyw")
        ),
        Silent("WC228", "a plug-in named like a command", started(f"{ONE}[demo.plugins]\nx = demo.cli:run\n")),
    ],
    ids=str,
)
def test_what_becomes_two_files_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
