"""What init makes of projects of other build backends, and of crates that no backend builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.init_files import Layout
from tests.support.layouts import crate, pyproject
from tests.support.native import native

if TYPE_CHECKING:
    from pathlib import Path

EACH = ("cp311", "cp312", "cp313", "cp314", "cp315")
PACKAGE = {"src/demo/__init__.py": "TOOL = 'bin/tool'\n"}
MAIN = "fn main() {}"
TOOL = {"name": "tool", "kind": "executable", "path": "demo/bin/tool", "package": "tool"}


def project(backend: str, said: str = "", more: dict[str, str] | None = None) -> dict[str, str]:
    return {"pyproject.toml": pyproject(backend, more=said), **PACKAGE, **(more or {})}


def cmake(wheel: str, more: str = "") -> dict[str, str]:
    return project("scikit_build_core.build", f"[tool.scikit-build]\n{wheel}\n{more}", {"CMakeLists.txt": ""})


def meson(build: str, said: str = "") -> dict[str, str]:
    return project("mesonpy", said, {"meson.build": build})


def hatch(files: dict[str, str], said: str = "") -> dict[str, str]:
    return project("hatchling.build", said, files)


def program(folder: str, name: str = "tool", source: str = MAIN) -> dict[str, str]:
    return {f"{folder}/Cargo.toml": crate(name), f"{folder}/src/main.rs": source}


LIBEXEC = "from pathlib import Path\nTOOL = Path(__file__).parent / 'libexec' / 'tool'\n"
JOINED = "import os\nTOOL = os.path.join(os.path.dirname(__file__), '_bin', 'tool')\n"
DEEP = "from importlib import resources\nTOOL = resources.files('demo').joinpath('native/bin', 'tool')\n"
EBPF = "#![no_std]\n#![no_main]\n"
WORKSPACE = '[workspace]\nresolver = "2"\nmembers = ["tool", "test-runner", "xtask", "probe"]\n{}'
MODULE = "pybind11_add_module(_x x.cpp)\n"
INSTALLED = "add_executable(tool tool.c)\ninstall(TARGETS tool RUNTIME DESTINATION demo/bin)\n"
OVERRIDE = "[[tool.scikit-build.overrides]]\nif.{}\nwheel.py-api = ''\n"


def workspace(default: str = "", probe: str = MAIN) -> dict[str, str]:
    crates = {name: program(f"rust/{name}", name) for name in ("tool", "test-runner", "xtask")}
    files = {path: text for crate_ in crates.values() for path, text in crate_.items()}
    return {"rust/Cargo.toml": WORKSPACE.format(default), **files, **program("rust/probe", "probe", probe)}


LAYOUTS = {
    "scikit-build-core": Layout(cmake(""), EACH, package="demo", each=True),
    "scikit-build-core for the stable ABI": Layout(cmake("wheel.py-api = 'cp311'"), ("cp311-abi3",), package="demo"),
    "scikit-build-core for the stable ABI since a later Python": Layout(
        cmake("wheel.py-api = 'cp313'"), ("cp311", "cp312", "cp313-abi3"), package="demo", each=True
    ),
    "scikit-build-core with a setting for PyPy": Layout(
        cmake("wheel.py-api = 'cp311'", OVERRIDE.format("implementation-name = 'pypy'")),
        ("cp311-abi3",),
        package="demo",
    ),
    "scikit-build-core with a setting for some": Layout(
        cmake("wheel.py-api = 'cp311'", OVERRIDE.format("python-version = '>=3.14'")),
        unknown="which wheels to build, because tool.scikit-build.overrides changes them",
    ),
    "scikit-build-core for abi3t, as argon2-cffi-bindings has it": Layout(
        cmake("wheel.py-api = 'cp311.cp315t'"),
        unknown="which wheels tool.scikit-build.wheel.py-api = 'cp311.cp315t' gives",
    ),
    "scikit-build-core with programs, as ninja has them": Layout(
        cmake("wheel.py-api = 'py3'"), unknown="which programs or libraries CMakeLists.txt installs into the wheel"
    ),
    "scikit-build-core with a program beside a module": Layout(
        cmake("", "") | {"CMakeLists.txt": "install(TARGETS tool DESTINATION ${SKBUILD_SCRIPTS_DIR})\n"},
        unknown="which programs CMakeLists.txt installs into the wheel",
    ),
    "scikit-build-core with a program alone": Layout(
        cmake("") | {"CMakeLists.txt": "add_executable (tool tool.c)\ninstall(TARGETS tool DESTINATION demo)\n"},
        unknown="which programs CMakeLists.txt installs into the wheel",
    ),
    "scikit-build-core with a module and a program for its tests": Layout(
        cmake("") | {"CMakeLists.txt": "add_executable(t t.c)\nPython_add_library(_x MODULE x.c)\n"},
        EACH,
        package="demo",
        each=True,
    ),
    "scikit-build-core with a module and an installed program": Layout(
        cmake("") | {"CMakeLists.txt": MODULE + "add_executable(t t.c)\ninstall(TARGETS t DESTINATION demo/bin)\n"},
        unknown="which programs CMakeLists.txt installs into the wheel",
    ),
    "scikit-build-core with an installed library, as spglib has it": Layout(
        cmake("") | {"CMakeLists.txt": MODULE + "add_library(sym)\ninstall(TARGETS sym LIBRARY DESTINATION .)\n"},
        unknown="whether CMakeLists.txt installs shared libraries into the wheel",
    ),
    "scikit-build-core with an installed library that is static": Layout(
        cmake("") | {"CMakeLists.txt": MODULE + "add_library(sym STATIC s.c)\ninstall(TARGETS sym DESTINATION .)\n"},
        EACH,
        package="demo",
        each=True,
    ),
    "scikit-build-core with a program in a folder that CMake adds": Layout(
        cmake("") | {"CMakeLists.txt": f"{MODULE}add_subdirectory(tools)\n", "tools/CMakeLists.txt": INSTALLED},
        unknown="which programs CMakeLists.txt installs into the wheel",
    ),
    "scikit-build-core with a program that CMake keeps out of the wheel": Layout(
        cmake("")
        | {
            "CMakeLists.txt": f"{MODULE}add_subdirectory(lib EXCLUDE_FROM_ALL)\nadd_subdirectory(../above)\n",
            "lib/CMakeLists.txt": INSTALLED,
            "other/CMakeLists.txt": INSTALLED,
        },
        EACH,
        package="demo",
        each=True,
    ),
    "scikit-build-core with CMake below the root, as spglib has it": Layout(
        cmake("cmake.source-dir = 'python'") | {"CMakeLists.txt": MODULE, "python/CMakeLists.txt": INSTALLED},
        unknown="which programs CMakeLists.txt installs into the wheel",
    ),
    "scikit-build-core with folders that add each other": Layout(
        cmake("")
        | {
            "CMakeLists.txt": "add_subdirectory(${CMAKE_CURRENT_SOURCE_DIR}/src)\n",
            "src/CMakeLists.txt": f"{MODULE}add_subdirectory(..)\n",
        },
        EACH,
        package="demo",
        each=True,
    ),
    "scikit-build-core with a module alone, without a package": Layout(
        {
            "pyproject.toml": pyproject("scikit_build_core.build"),
            "CMakeLists.txt": "nanobind_add_module(demo NB_STATIC demo.cpp)\ninstall(TARGETS demo DESTINATION .)\n",
        },
        EACH,
        package="demo",
        each=True,
    ),
    "scikit-build-core without CMake": Layout(cmake("wheel.cmake = false"), unknown="no part of it is native"),
    "a package whose folder is spelled as the project is": Layout(
        {
            "pyproject.toml": pyproject("scikit_build_core.build", "Levenshtein"),
            "src/Levenshtein/__init__.py": "",
            "src/rapidfuzz/__init__.py": "",
        },
        EACH,
        package="Levenshtein",
        each=True,
    ),
    "meson-python": Layout(meson("py.extension_module('_x', 'x.c')"), EACH, package="demo", each=True),
    "meson-python with the limited API": Layout(
        meson("py.extension_module('_x', 'x.c')", "[tool.meson-python]\nlimited-api = true\n"),
        ("cp311-abi3",),
        package="demo",
        each=True,
    ),
    "meson-python with a module alone, without a package, as siphash24 has it": Layout(
        {"pyproject.toml": pyproject("mesonpy"), "meson.build": "py.extension_module(\n  'demo',\n  pyx)\n"},
        EACH,
        package="demo",
        each=True,
    ),
    "meson-python with a module and an installed program": Layout(
        meson("py.extension_module('_x', 'x.c')\nexecutable('t', files('t.c'), install : true)\n"),
        unknown="which of the programs that meson.build makes are in the wheel",
    ),
    "meson-python with a module and a program for its tests": Layout(
        meson("t = executable('t', files('t.c'))\npy.extension_module('_x', 'x.c', install: true)\n"),
        EACH,
        package="demo",
        each=True,
    ),
    "meson-python with a program": Layout(
        meson("executable('tool', 'x.c')"), unknown="which of the files that meson.build makes are in the wheel"
    ),
    "meson-python without anything": Layout(meson("# extension_module('x')"), unknown="no part of it is native"),
    "hatchling alone": Layout(
        hatch({}), unknown="no part of it is native, so there is nothing for the builder to build"
    ),
    "hatchling and a crate": Layout(
        hatch(program("rust")), payload=(TOOL,), build={"workspace": "rust"}, package="demo"
    ),
    "hatchling and a crate at the root": Layout(
        hatch({"Cargo.toml": crate("tool"), "src/main.rs": MAIN}), payload=(TOOL,), package="demo"
    ),
    "a program where the code looks for it": Layout(
        hatch({**program("rust"), "src/demo/__init__.py": LIBEXEC}),
        payload=({**TOOL, "path": "demo/libexec/tool"},),
        build={"workspace": "rust"},
        package="demo",
    ),
    "a program beside a module that looks for it": Layout(
        hatch({**program("rust"), "src/demo/run/__init__.py": JOINED}),
        payload=({**TOOL, "path": "demo/run/_bin/tool"},),
        build={"workspace": "rust"},
        package="demo",
    ),
    "a program among the resources of the package": Layout(
        hatch({**program("rust"), "src/demo/run/__init__.py": DEEP}),
        payload=({**TOOL, "path": "demo/native/bin/tool"},),
        build={"workspace": "rust"},
        package="demo",
    ),
    "a program that is looked for in two places": Layout(
        hatch({**program("rust"), "src/demo/__init__.py": LIBEXEC + JOINED}),
        unknown="where tool belongs: the code looks for it in demo/_bin and in demo/libexec",
    ),
    "two workspaces": Layout(
        hatch(
            {**program("rust"), **program("sidecar", "helper"), "src/demo/__init__.py": "NEEDED = ['tool', 'helper']\n"}
        ),
        payload=(
            TOOL,
            {
                "name": "helper",
                "kind": "executable",
                "path": "demo/bin/helper",
                "package": "helper",
                "workspace": "sidecar",
            },
        ),
        build={"workspace": "rust"},
        package="demo",
    ),
    "one of several programs, as the code names it": Layout(
        hatch({**program("rust"), **program("codegen", "api-codegen"), "src/demo/__init__.py": LIBEXEC}),
        payload=({**TOOL, "path": "demo/libexec/tool"},),
        build={"workspace": "rust"},
        package="demo",
    ),
    "several programs that no code names": Layout(
        hatch({**program("rust"), **program("codegen", "api-codegen"), "src/demo/__init__.py": ""}),
        unknown="whether the wheel needs what the crates give (api-codegen, tool): the code of the package does not",
    ),
    "neither test programs nor tasks, and only what cargo builds by default": Layout(
        hatch(workspace('default-members = ["tool", "test-runner", "xtask"]\n', EBPF)),
        payload=(TOOL,),
        build={"workspace": "rust"},
        package="demo",
    ),
    "a program for the kernel": Layout(
        hatch(workspace("", EBPF)), unknown="what the program probe is for: it runs on no operating system"
    ),
    "two crates that give the same program": Layout(
        hatch({**program("a"), **program("b")}), unknown="which of the crates tool and tool gives demo/bin/tool"
    ),
    "an extension module that nobody builds": Layout(
        hatch({"rust/Cargo.toml": crate("demo-native", "cdylib", 'pyo3 = "0.29"\n'), "rust/src/lib.rs": ""}),
        unknown="who builds the extension module of the crate demo-native (pyo3): not hatchling.build",
    ),
    "a workspace of the tests": Layout(
        hatch({**program("tests/fixture"), **program("vendor/lib", "lib")}), unknown="no part of it is native"
    ),
    "a Go program that hatchling packs": Layout(
        hatch(
            {"main.go": "package main", "go.mod": "module demo\n"},
            "[tool.hatch.build.targets.wheel]\nartifacts = ['src/demo/bin/*']\n",
        ),
        unknown="what makes the files 'src/demo/bin/*' that hatchling packs; declare them in",
    ),
    "a Go program that nothing packs": Layout(
        hatch({"main.go": "package main", "go.mod": "module demo\n"}),
        unknown="what is built from go.mod, which hatchling.build does not build; if it is for the wheel, declare it",
    ),
    "a C program below a project of uv": Layout(
        project("uv_build", more={"native/tool/CMakeLists.txt": "add_executable(tool tool.c)\n"}),
        unknown="what is built from native/tool/CMakeLists.txt, which uv_build does not build",
    ),
    "other languages in tests and in what others wrote": Layout(
        hatch({"tests/go.mod": "module demo\n", "third_party/zlib/CMakeLists.txt": ""}),
        unknown="no part of it is native",
    ),
    "a library for browsers": Layout(
        hatch(
            {
                **program("rust"),
                "web/Cargo.toml": crate("web", "cdylib", 'wasm-bindgen = "0.2"\n'),
                "web/src/lib.rs": "",
            }
        ),
        payload=(TOOL,),
        build={"workspace": "rust"},
        package="demo",
    ),
    "a program that is called as the project is": Layout(
        hatch({**program("rust", "demo"), "src/demo/__init__.py": ""}),
        payload=({"name": "demo", "kind": "executable", "path": "demo/bin/demo", "package": "demo"},),
        build={"workspace": "rust"},
        package="demo",
    ),
    "a program that is not for the package": Layout(
        hatch({**program("server", "server")}),
        unknown="whether the wheel needs what the crates give (server): the code of the package does not name it",
    ),
    "a build hook of hatchling": Layout(
        hatch({}, "[tool.hatch.build.targets.wheel.hooks.custom]\n"),
        unknown="what the build hook custom of hatchling builds",
    ),
    "a build hook of hatchling that compiles modules": Layout(
        hatch({}, "[tool.hatch.build.hooks.cython]\n"), EACH, package="demo", each=True
    ),
    "a build hook of hatchling that is off where nobody asks for it, as black has it": Layout(
        hatch({}, "[tool.hatch.build.targets.wheel.hooks.mypyc]\nenable-by-default = false\n"),
        EACH,
        build={"environment": {"HATCH_BUILD_HOOKS_ENABLE": "1"}},
        package="demo",
        each=True,
    ),
    "a version hook of hatchling": Layout(
        hatch(program("rust"), "[tool.hatch.build.hooks.vcs]\nversion-file = '_v.py'\n"),
        payload=(TOOL,),
        build={"workspace": "rust"},
        package="demo",
    ),
    "poetry": Layout(project("poetry.core.masonry.api"), unknown="no part of it is native"),
    "poetry with a build script": Layout(
        project("poetry.core.masonry.api", "[tool.poetry.build]\nscript = 'build.py'\n"), unknown="the build script"
    ),
    "pdm with a hook": Layout(project("pdm.backend", more={"pdm_build.py": ""}), unknown="what the build hook of pdm"),
    "uv_build and a crate": Layout(
        project("uv_build", more=program("rust")), payload=(TOOL,), build={"workspace": "rust"}, package="demo"
    ),
    "a backend that nobody knows": Layout(
        project("enscons.api"), unknown="what the build backend enscons.api builds; write [tool.wheelcheck] yourself"
    ),
    "a backend of its own": Layout(
        {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "mine"\nbackend-path = ["."]\n'},
        unknown="what the project's own build backend mine builds",
    ),
    "no package that could be imported": Layout(
        {
            "pyproject.toml": pyproject("mesonpy"),
            "meson.build": "extension_module()",
            "a/__init__.py": "",
            "b/__init__.py": "",
        },
        unknown="which package to import, for the smoke test (there is a, b, and the project is demo)",
    ),
    "no Python that is released": Layout(
        {
            "pyproject.toml": pyproject("mesonpy").replace(">=3.11", ">=3.16"),
            "meson.build": "extension_module()",
            **PACKAGE,
        },
        unknown="because Requires-Python and the classifiers allow none that is released",
    ),
    "a pyproject.toml that is no TOML": Layout({"pyproject.toml": "[project\n"}, unknown="it is not TOML"),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_project_gets_the_configuration_that_is_right_for_it(tmp_path: Path, layout: Layout) -> None:
    layout.require_written(tmp_path)


@pytest.mark.parametrize("backend", ["hatchling.build", "setuptools.build_meta", "flit_core.buildapi"])
def test_native_code_that_a_backend_packs_and_does_not_build_is_not_overlooked(tmp_path: Path, backend: str) -> None:
    (tmp_path / "src" / "demo" / "lib").mkdir(parents=True)
    (tmp_path / "src" / "demo" / "lib" / "prebuilt").write_bytes(native("x86_64"))
    said = "what makes demo/lib/prebuilt, which the build backend packs and does not build"
    Layout(project(backend), unknown=said).require_written(tmp_path)
