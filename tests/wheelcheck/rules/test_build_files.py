from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, SdistRecipe, an_sdist
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

CMAKE, MESON = "scikit_build_core.build", "mesonpy"
LISTS, BUILD = "CMakeLists.txt", "meson.build"


def built_by(backend: str, text: str, *beside: str, more: str = "", others: tuple[File, ...] = ()) -> SdistRecipe:
    """Return an sdist whose first build file has this text, with empty build files beside it."""
    first = BUILD if backend == MESON else LISTS
    system = f"[build-system]\nrequires = ['x']\nbuild-backend = '{backend}'\n{more}"
    files = (File("pyproject.toml", system.encode()), File(first, text.encode()), *others)
    return an_sdist(*files, *(File(path, b"\n") for path in beside))


MISSING = {
    "a submodule that is empty": (CMAKE, "project(demo)\nadd_subdirectory(extern/pybind11)\n", "extern/pybind11"),
    "an argument in quotation marks": (CMAKE, 'ADD_SUBDIRECTORY( "src" EXCLUDE_FROM_ALL)\n', "src"),
    "a path from the folder of the file": (CMAKE, "add_subdirectory(${CMAKE_CURRENT_SOURCE_DIR}/src/)\n", "src"),
    "what stands behind a condition": (CMAKE, "if(WIN32)\n  set(x 1)\nendif()\nadd_subdirectory(\n  src)\n", "src"),
    "what stands behind a comment": (CMAKE, "#[==[\nif(\n]==]\nadd_subdirectory(src)\n", "src"),
    "what stands behind a module of CMake": (CMAKE, "include(GNUInstallDirs)\nadd_subdirectory(src)\n", "src"),
    "a folder of Meson": (MESON, "project('demo', 'c')\nsubdir('src')\n", "src"),
    "what stands behind a condition of Meson": (MESON, "if true\n  x = 1\nendif\nsubdir('src/core')\n", "src/core"),
}
SILENT = {
    "a condition": (CMAKE, "if(BUILD_TESTS)\n  add_subdirectory(src)\nendif()\n"),
    "a function": (CMAKE, "function(add)\nadd_subdirectory(src)\nendfunction()\n"),
    "a path with a variable": (CMAKE, "add_subdirectory(${X}/src)\nadd_subdirectory(src/${X})\n"),
    "a comment": (CMAKE, "# add_subdirectory(src)\n#[[\nadd_subdirectory(src)\n]]\n"),
    "a comment without end": (CMAKE, "#[[\nadd_subdirectory(src)\n"),
    "what stands behind a return": (CMAKE, "if(NOT SKBUILD)\n  return()\nendif()\nadd_subdirectory(src)\n"),
    "what a command may fetch": (CMAKE, "execute_process(COMMAND git clone x src)\nadd_subdirectory(src)\n"),
    "what an included file may fetch": (CMAKE, "include(cmake/fetch.cmake)\nadd_subdirectory(src)\n"),
    "a folder outside": (CMAKE, "add_subdirectory(../src x)\nadd_subdirectory(/src x)\n"),
    "a condition of Meson": (MESON, "if get_option('x')\n  subdir('src')\nendif\n"),
    "an option of Meson": (MESON, "subdir('src', if_found: x)\n"),
    "a text of Meson": (MESON, "x = '''\nsubdir('src')\n'''\n"),
    "what stands behind an end of Meson": (MESON, "if x\n  subdir_done()\nendif\nsubdir('src')\n"),
    "a backend that uses neither": ("setuptools.build_meta", "add_subdirectory(src)\n"),
}


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins(
                "WC628",
                sentence,
                built_by(backend, text),
                built_by(backend, text, f"{folder}/{BUILD if backend == MESON else LISTS}"),
                f"enters {folder}, which has no {BUILD if backend == MESON else LISTS} in the sdist",
                (f"demo-1.0/{BUILD if backend == MESON else LISTS}",),
            )
            for sentence, (backend, text, folder) in MISSING.items()
        ),
        Twins(
            "WC628",
            "a folder of a folder, from where the configuration says",
            built_by(
                CMAKE,
                "add_subdirectory(x)\n",
                more="[tool.scikit-build]\ncmake.source-dir = 'cpp'\n",
                others=(
                    File("cpp/CMakeLists.txt", b"add_subdirectory(lib)\n"),
                    File("cpp/lib/CMakeLists.txt", b"add_subdirectory(a)\n"),
                ),
            ),
            built_by(
                CMAKE,
                "add_subdirectory(x)\n",
                more="[tool.scikit-build]\ncmake.source-dir = 'cpp'\n",
                others=(File("cpp/CMakeLists.txt", b"add_subdirectory(lib)\n"), File("cpp/lib/CMakeLists.txt", b"\n")),
            ),
            "enters a, which has no CMakeLists.txt in the sdist",
            ("demo-1.0/cpp/lib/CMakeLists.txt",),
        ),
        Silent(
            "WC628",
            "folders that enter each other",
            built_by(CMAKE, "add_subdirectory(a)\n", others=(File("a/CMakeLists.txt", b"add_subdirectory(../a x)\n"),)),
        ),
        *(Silent("WC628", sentence, built_by(backend, text)) for sentence, (backend, text) in SILENT.items()),
    ],
    ids=str,
)
def test_the_build_finds_the_folders_that_it_enters(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
