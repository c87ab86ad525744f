"""What init makes of maturin projects: each layout has one right configuration, or something that nobody can know."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.init_files import Layout
from tests.support.layouts import crate, pyproject, write
from wheelcheck.config import ConfigError, builder
from wheelcheck.facts import toml
from wheelcheck.init import plan, workflows
from wheelcheck.init.survey import survey

if TYPE_CHECKING:
    from pathlib import Path

EACH = ("cp311", "cp312", "cp313", "cp314", "cp315")
CIBUILDWHEELS = (*EACH, "cp314-cp314t", "cp315-cp315t")  # what it builds without being told
PYO3 = 'pyo3 = "0.29"\n'
ABI3 = 'pyo3 = { version = "0.29", features = ["abi3-py312"] }\n'
LIB = {"src/lib.rs": ""}
MAIN = {"src/main.rs": "fn main() {}"}
SCRIPT = {"name": "demo", "kind": "executable", "path": ".data/scripts/demo", "package": "demo"}
OF_BACKEND = {"name": "demo", "kind": "executable", "path": ".data/scripts/demo", "from": "backend"}
ALONE: dict[str, object] = {"wheel": "payload"}


def project(settings: str, manifest: str, more: dict[str, str] | None = None, said: str = "") -> dict[str, str]:
    """Return a maturin project: `[tool.maturin]`, the crate at its root, more files, more of `[project]`."""
    text = pyproject("maturin", more=f"{said}[tool.maturin]\n{settings}")
    return {"pyproject.toml": text, "Cargo.toml": manifest, **(LIB if more is None else more)}


def extension(
    dependencies: str, settings: str = "", more: dict[str, str] | None = None, said: str = ""
) -> dict[str, str]:
    return project(settings, crate("demo", "cdylib", dependencies), more, said)


def below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{path}": text for path, text in files.items()}


FEATURES = "[features]\ndefault = []\nlimited = ['pyo3/abi3-py311']\nwide = ['limited']\n"
OPTIONAL = "pyo3 = { version = '0.29', optional = true, features = ['abi3-py312'] }\n"
SPLIT = "{ feature = 'pyo3/abi3-py311', python-version = '>=3.11' }"
WORKSPACE = '[workspace]\nresolver = "2"\nmembers = ["py", "user"]\n'
MEMBERS = {
    **below("py", {"Cargo.toml": crate("demo", "cdylib", PYO3), **LIB}),
    **below("user", {"Cargo.toml": crate("user", "", ABI3), **MAIN}),
}
SHARED = {
    **below("py", {"Cargo.toml": crate("demo", "cdylib", PYO3 + 'user = { path = "../user" }\n'), **LIB}),
    **below("user", {"Cargo.toml": crate("user", "rlib", ABI3), **LIB}),
}
FREE = 'classifiers = ["Programming Language :: Python :: 3.14", "Programming Language :: Python :: Free Threading"]\n'
LATER = 'classifiers = ["Programming Language :: Python :: 3.15", "Programming Language :: Python :: 3.16"]\n'

LAYOUTS = {
    "pyo3 for each Python": Layout(extension(PYO3), EACH, package="demo", each=True),
    "pyo3 for the Pythons of the classifiers that are released": Layout(
        extension(PYO3, said=LATER), ("cp315",), package="demo", each=True
    ),
    "pyo3 without the GIL too": Layout(
        extension(PYO3, said=FREE), ("cp314", "cp314-cp314t"), package="demo", each=True
    ),
    "pyo3 for the stable ABI": Layout(extension(ABI3), ("cp312-abi3",), package="demo"),
    "pyo3-ffi for the stable ABI": Layout(
        extension("pyo3-ffi = { version = '0.29', features = ['abi3-py311'] }\n"), ("cp311-abi3",), package="demo"
    ),
    "the stable ABI of the Python that builds": Layout(
        extension("pyo3 = { version = '0.29', features = ['abi3'] }\n"), ("cp311-abi3",), package="demo", each=True
    ),
    "the stable ABI by maturin's features": Layout(
        extension(PYO3, "features = ['pyo3/abi3-py313', 'pyo3/extension-module']\n"), ("cp313-abi3",), package="demo"
    ),
    "the stable ABI by a feature of the crate that turns on another": Layout(
        project("features = ['wide']\n", crate("demo", "cdylib", PYO3) + FEATURES), ("cp311-abi3",), package="demo"
    ),
    "a feature of the stable ABI that nobody turns on": Layout(
        project("", crate("demo", "cdylib", PYO3) + FEATURES), EACH, package="demo", each=True
    ),
    "a default feature that maturin turns off": Layout(
        project("no-default-features = true\n", crate("demo", "cdylib", PYO3) + FEATURES.replace("= []", "= ['wide']")),
        EACH,
        package="demo",
        each=True,
    ),
    "the stable ABI of another crate of the workspace": Layout(
        project("manifest-path = 'py/Cargo.toml'\n", WORKSPACE, MEMBERS), EACH, package="demo", each=True
    ),
    "the stable ABI of a crate that is built with it": Layout(
        project("manifest-path = 'py/Cargo.toml'\n", WORKSPACE, SHARED), ("cp312-abi3",), package="demo"
    ),
    "a crate in rust/, as maturin finds it": Layout(
        {
            "pyproject.toml": pyproject("maturin"),
            **below("rust", {"Cargo.toml": crate("demo", "cdylib", ABI3), **LIB}),
            "src/demo/__init__.py": "",
        },
        ("cp312-abi3",),
        package="demo",
    ),
    "a module inside a package, with a test crate over the root crate": Layout(
        {
            **extension(ABI3, "module-name = 'other._native'\npython-source = 'python'\n"),
            "python/other/__init__.py": "",
            "tests/Cargo.toml": '[workspace]\nmembers = ["../fixture"]\n',
        },
        ("cp312-abi3",),
        package="other",
    ),
    "a module inside a package of a namespace": Layout(
        {
            **extension(ABI3, "module-name = 'space.other._native'\npython-source = 'python'\n"),
            "python/space/other/__init__.py": "",
        },
        ("cp312-abi3",),
        package="space.other",
    ),
    "a module that is alone in a namespace": Layout(
        {
            **extension(ABI3, "module-name = 'space._native'\npython-source = 'python'\n"),
            "python/space/py.typed": "",
        },
        ("cp312-abi3",),
        package="space._native",
    ),
    "programs beside the module are no payload": Layout(
        {**extension(ABI3), **MAIN, "examples/show.rs": "fn main() {}"}, ("cp312-abi3",), package="demo"
    ),
    "pyo3 named as bindings and the crate pinned to a toolchain that is not installed": Layout(
        extension(ABI3, "bindings = 'pyo3'\n", {**LIB, "rust-toolchain.toml": '[toolchain]\nchannel = "1.2.3"\n'}),
        ("cp312-abi3",),
        package="demo",
    ),
    "a program": Layout(project("bindings = 'bin'\n", crate("demo"), MAIN), payload=(SCRIPT,), build=ALONE),
    "a program that maturin finds itself": Layout(project("", crate("demo"), MAIN), payload=(SCRIPT,), build=ALONE),
    "a program by features, and a library for Python that it does not use": Layout(
        project(
            "bindings = 'bin'\nno-default-features = true\nfeatures = ['cli']\n",
            crate("demo", "cdylib", OPTIONAL) + "[features]\ndefault = ['pyo3']\ncli = []\n",
            {**LIB, **MAIN},
        ),
        payload=(SCRIPT,),
        build={**ALONE, "features": ["cli"], "default-features": False},
    ),
    "only the programs that are listed or need no feature": Layout(
        project(
            "bindings = 'bin'\n[[tool.maturin.targets]]\nname = 'demo'\n",
            crate("demo")
            + "[[bin]]\nname = 'demo'\npath = 'src/main.rs'\n[[bin]]\nname = 'more'\npath = 'src/main.rs'\n",
            MAIN,
        ),
        payload=(SCRIPT,),
        build=ALONE,
    ),
    "a program that needs a feature": Layout(
        project(
            "bindings = 'bin'\n",
            crate("demo")
            + "[features]\nextra = []\n[[bin]]\nname = 'demo'\npath = 'src/main.rs'\n"
            + "[[bin]]\nname = 'more'\npath = 'src/main.rs'\nrequired-features = ['extra']\n",
            MAIN,
        ),
        payload=(SCRIPT,),
        build=ALONE,
    ),
    "a program in a workspace, as uv and ruff have it": Layout(
        {
            **project(
                "bindings = 'bin'\nmanifest-path = 'crates/demo/Cargo.toml'\npython-source = 'python'\n",
                '[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n',
                below("crates/demo", {"Cargo.toml": crate("demo"), **MAIN}),
            ),
            "python/demo/__init__.py": "",
            **below("crates/dev", {"Cargo.toml": crate("dev"), **MAIN}),
        },
        payload=(OF_BACKEND,),
        package="demo",
    ),
    "a program in a workspace, alone": Layout(
        project(
            "bindings = 'bin'\nmanifest-path = 'crates/demo/Cargo.toml'\n",
            '[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n',
            below("crates/demo", {"Cargo.toml": crate("demo"), **MAIN}),
        ),
        payload=(SCRIPT,),
        build=ALONE,
    ),
    "abi3t": Layout(
        extension("pyo3 = { version = '0.29', features = ['abi3t-py315'] }\n"), unknown="turns on pyo3's abi3t"
    ),
    "features by Python": Layout(
        extension(PYO3, f"features = [{SPLIT}]\n"), unknown="tool.maturin.features depends on the Python"
    ),
    "cffi": Layout(extension(""), unknown="where maturin puts the library that it builds with bindings = 'cffi'"),
    "uniffi": Layout(extension('uniffi = "0.28"\n'), unknown="with bindings = 'uniffi'"),
    "a program with Python inside": Layout(
        project("", crate("demo", "", PYO3), MAIN), unknown="which Pythons the program of the crate demo runs with"
    ),
    "a program with data": Layout(
        project("bindings = 'bin'\ndata = 'data'\n", crate("demo"), MAIN),
        unknown="a wheel of programs and tool.maturin.data",
    ),
    "files that something else makes": Layout(
        extension(ABI3, "include = [{ path = 'demo/bin/*', format = 'wheel' }]\n"),
        unknown="what makes the files of tool.maturin.include 'demo/bin/*', which do not exist",
    ),
    "a workspace without a package": Layout(
        project("", WORKSPACE, MEMBERS), unknown="which crate maturin builds, because Cargo.toml is a workspace"
    ),
    "no crate": Layout({"pyproject.toml": pyproject("maturin")}, unknown="where the crate is: there is no Cargo.toml"),
    "a crate that cargo cannot read": Layout(
        extension("nonsense"), unknown="cargo cannot read it: error: key with no value"
    ),
    "a project whose cibuildwheel selects Pythons, as contourpy has it": Layout(
        extension(PYO3, "[tool.cibuildwheel]\nbuild = 'cp{312,313t}-* pp311-*'\n"),
        unknown="because tool.cibuildwheel.build selects other interpreters than CPython",
    ),
    "a project whose cibuildwheel selects systems": Layout(
        extension(PYO3, "[tool.cibuildwheel]\nskip = '*-musllinux_*'\n"), CIBUILDWHEELS, package="demo", each=True
    ),
    "a project that releases one Python": Layout(
        extension(PYO3, "[tool.cibuildwheel]\nbuild = 'cp312-*'\n"), ("cp312",), package="demo", each=True
    ),
    "a project that releases some Pythons, some without the GIL": Layout(
        extension(PYO3, "[tool.cibuildwheel]\nbuild = ['cp31{3,4}-*', 'cp314t-*']\n"),
        ("cp313", "cp314", "cp314-cp314t"),
        package="demo",
        each=True,
    ),
    "a project that leaves some Pythons out": Layout(
        extension(PYO3, "[tool.cibuildwheel]\nskip = ['cp31?t-* cp311-*', 'cp315-* *_s390x']\n"),
        ("cp312", "cp313", "cp314"),
        package="demo",
        each=True,
    ),
    "a project that selects for Linux alone, beside other systems": Layout(
        extension(
            PYO3,
            "[tool.cibuildwheel]\nskip = '*-win32'\n"
            "[tool.cibuildwheel.linux]\nskip = 'cp312-* cp31?t-* *_i686'\narchs = ['auto']\n",
        ),
        ("cp311", "cp313", "cp314", "cp315"),
        package="demo",
        each=True,
    ),
    "a project that releases only what is too old": Layout(
        extension(PYO3, "[tool.cibuildwheel]\nbuild = 'cp38-*'\n"),
        unknown="because tool.cibuildwheel.build selects none that the builder builds for",
    ),
    "a project that tells its builds something": Layout(
        extension(
            PYO3,
            "[tool.cibuildwheel]\nenvironment = \"PATH=$PATH:/x CC=gcc DEMO_FAST='1 2'\"\n"
            '[tool.cibuildwheel.linux.environment]\nDEMO_TLS = "1"\n',
        ),
        CIBUILDWHEELS,
        build={"environment": {"DEMO_FAST": "1 2", "DEMO_TLS": "1"}},
        package="demo",
        each=True,
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_maturin_project_gets_the_configuration_that_is_right_for_it(tmp_path: Path, layout: Layout) -> None:
    layout.require_written(tmp_path)


ABOVE = '[workspace]\nresolver = "2"\nmembers = ["py"]\n'


ABOVE_IT = {
    "the crate": extension(ABI3, "manifest-path = '../Cargo.toml'\n"),
    "a dependency, as tokenizers has it": extension(ABI3 + "core = { path = '../core' }\n"),
    "the workspace": extension(ABI3) | {"../Cargo.toml": ABOVE},
}


@pytest.fixture(params=list(ABOVE_IT.values()), ids=list(ABOVE_IT))
def below_its_crates(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A Python project below what its crate needs."""
    around = {
        "Cargo.toml": crate("demo", "cdylib", ABI3),
        "core/Cargo.toml": crate("core", "rlib"),
        "core/src/lib.rs": "",
    }
    write(tmp_path, {**around, **LIB})
    return write(tmp_path / "py", {**request.param, "rust-toolchain.toml": '[toolchain]\nchannel = "1.80"\n'})


def test_what_is_outside_the_repository_cannot_be_in_an_sdist(below_its_crates: Path) -> None:
    (below_its_crates / ".git").mkdir()
    said = (
        r"how an sdist could contain the crate's workspace or dependency .*, which is outside the repository; move it"
    )
    with pytest.raises(ConfigError, match=said):
        survey(below_its_crates)


def test_what_is_above_the_project_is_built_from_the_root_of_the_repository(below_its_crates: Path) -> None:
    top = below_its_crates.parent
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    for change in plan.builder(survey(below_its_crates)):
        assert change.added
        change.write()
    found = builder.load(top)
    assert found.release.wheels[0].python == "cp312"
    assert toml.parse_toml((top / "wheelcheck.toml").read_text())["build"] == {"directory": "py"}
    assert (top / "noxfile.py").is_file()
    text = (top / workflows.WHEELS).read_text()
    assert "defaults:" not in text
    assert "run: rustup toolchain install\n        working-directory: py\n" in text  # where the backend calls cargo
