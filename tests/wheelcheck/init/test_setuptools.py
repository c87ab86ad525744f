"""What init makes of setuptools projects, whose setup.py it reads and never runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.init_files import Layout
from tests.support.layouts import crate, pyproject

if TYPE_CHECKING:
    from pathlib import Path

EACH = ("cp311", "cp312", "cp313", "cp314", "cp315")
PACKAGE = {"src/demo/__init__.py": ""}
EXTENSION = 'Extension("demo._x", ["x.c"])'
LIMITED = 'Extension("demo._x", ["x.c"], py_limited_api=True)'
TAGGED = "[tool.distutils.bdist_wheel]\npy-limited-api = 'cp311'\n"
RUST = {"Cargo.toml": crate("native", "cdylib", 'pyo3 = "0.29"\n'), "src/lib.rs": ""}
RUST_ABI3 = {
    "Cargo.toml": crate("native", "cdylib", "pyo3 = { version = '0.29', features = ['abi3-py312'] }\n"),
    "src/lib.rs": "",
}
TABLE = "[[tool.setuptools-rust.ext-modules]]\ntarget = 'demo._native'\n"
TOOL = {"name": "sentry-cli", "kind": "executable", "path": ".data/scripts/sentry-cli", "from": "backend"}
TWO_CRATES = {
    f"{name}/{file}": text for name in "ab" for file, text in (("Cargo.toml", crate(name)), ("src/main.rs", ""))
}
NEITHER = "if not os.environ.get('A') and not os.environ.get('B'):"
OWN_TAG = """\
class bdist_wheel(_bdist_wheel):
    def get_tag(self):
        _, _, plat = super().get_tag()
        return 'py3', 'none', plat
"""


def script(text: str, said: str = "") -> dict[str, str]:
    """Return a project with a setup.py, and more of pyproject.toml."""
    head = "import os\nfrom setuptools import Extension, setup\n"
    return {"pyproject.toml": pyproject("setuptools.build_meta", more=said), "setup.py": head + text, **PACKAGE}


def table(said: str) -> dict[str, str]:
    return {"pyproject.toml": pyproject("setuptools.build_meta", more=said), **PACKAGE}


def cffi(source: str) -> dict[str, str]:
    builder = f"from cffi import FFI\nffi = FFI()\nffi.set_source('demo._x', {source})\n"
    return {**script("setup(cffi_modules=['build_x.py:ffi'])\n"), "build_x.py": builder}


SPEEDUPS = f"""
modules = [{EXTENSION}]
def run_setup(binary):
    setup(cmdclass={{"build_ext": build_ext}}, ext_modules=modules if binary else [])
run_setup(True)
"""
OPT_OUT = f"""
modules = []
if not os.environ.get("PURE"):
    modules.append({EXTENSION})
setup(ext_modules=modules)
"""
OPT_IN = OPT_OUT.replace("not os", "os")
KEYWORDS = f"kwargs = dict(name='demo', ext_modules=[{EXTENSION}])\nsetup(**kwargs)\n"
ADDED = f"kwargs = {{}}\nkwargs['long_description'] = open('x').read()\nsetup(ext_modules=[{EXTENSION}], **kwargs)\n"
EITHER = f"""
commands = dict(test=mine)
def run_setup(binary):
    if binary:
        kw = dict(ext_modules=[{EXTENSION}], cmdclass=dict(commands, build_ext=build_ext))
    else:
        kw = dict(cmdclass=commands)
    setup(**kw)
run_setup(True)
"""
ALONE = f"""\
from setuptools import Extension, setup
setup(name="demo", python_requires=">=3.13", ext_modules=[{EXTENSION}])
"""
CONFIGURED = "[metadata]\nname = demo\n[options]\npython_requires = >=3.14\n"

LAYOUTS = {
    "an extension in setup.py": Layout(script(f"setup(ext_modules=[{EXTENSION}])"), EACH, package="demo", each=True),
    "an extension beside the package, as xxhash has it": Layout(
        script("setup(ext_modules=[Extension('_demo', ['x.c'])])"), EACH, package="demo", each=True
    ),
    "an extension of a package in a namespace": Layout(
        {
            "pyproject.toml": pyproject("setuptools.build_meta"),
            "setup.py": f"from setuptools import *\nsetup(ext_modules=[{EXTENSION.replace('demo.', 'space.demo.')}])",
            "src/space/demo/__init__.py": "",
        },
        EACH,
        package="space.demo",
        each=True,
    ),
    "an extension in a variable": Layout(
        script(f"modules = [{EXTENSION}]\nsetup(ext_modules=modules)"), EACH, package="demo", each=True
    ),
    "Cython": Layout(
        script("from Cython.Build import cythonize\nsetup(ext_modules=cythonize('src/demo/*.pyx'))"),
        EACH,
        package="demo",
        each=True,
    ),
    "mypyc": Layout(
        script("from mypyc.build import mypycify\nsetup(ext_modules=mypycify(['src/demo/a.py']))"),
        EACH,
        package="demo",
        each=True,
    ),
    "a setup() in a function, as markupsafe has it": Layout(script(SPEEDUPS), EACH, package="demo", each=True),
    "an extension unless a variable is set, as msgpack has it": Layout(
        script(OPT_OUT), EACH, package="demo", each=True
    ),
    "arguments in a dict": Layout(script(KEYWORDS), EACH, package="demo", each=True),
    "arguments in a dict that is added to": Layout(script(ADDED), EACH, package="demo", each=True),
    "arguments in one of two dicts": Layout(script(EITHER), EACH, package="demo", each=True),
    "a dict that is a parameter": Layout(
        script(f"def run(kw):\n    setup(ext_modules=[{EXTENSION}], **kw)\nrun({{}})"),
        unknown="what setup() makes of its ** in line 4",
    ),
    "a dict that is updated": Layout(
        script("kw = {}\nkw.update(load())\nsetup(**kw)"), unknown="what setup() makes of its ** in line 5"
    ),
    "a dict with a key that is computed": Layout(
        script("kw = {}\nkw[key()] = 1\nsetup(**kw)"), unknown="what setup() makes of its ** in line 5"
    ),
    "a dict made of itself": Layout(
        script("kw = dict(x)\nkw = dict(kw, name='demo')\nsetup(**kw)"), unknown="what setup() makes of its ** in line"
    ),
    "a dict that says what nobody knows": Layout(
        script("kw = {}\nkw['build_golang'] = {}\nsetup(**kw)"),
        unknown="what setup() makes of its argument build_golang",
    ),
    "setup.py alone": Layout({"setup.py": ALONE, **PACKAGE}, ("cp313", "cp314", "cp315"), package="demo", each=True),
    "setup.cfg with a setup.py": Layout(
        {"setup.cfg": CONFIGURED, "setup.py": f"from setuptools import *\nsetup(ext_modules=[{EXTENSION}])", **PACKAGE},
        ("cp314", "cp315"),
        package="demo",
        each=True,
    ),
    "ext-modules of pyproject.toml": Layout(
        table("[[tool.setuptools.ext-modules]]\nname = 'demo._x'\nsources = ['x.c']\n"), EACH, package="demo", each=True
    ),
    "ext-modules of pyproject.toml for the stable ABI": Layout(
        table(f"[[tool.setuptools.ext-modules]]\nname = 'demo._x'\npy-limited-api = true\n{TAGGED}"),
        ("cp311-abi3",),
        package="demo",
    ),
    "the stable ABI, tagged in pyproject.toml": Layout(
        script(f"setup(ext_modules=[{LIMITED}])", TAGGED), ("cp311-abi3",), package="demo"
    ),
    "the stable ABI, tagged in setup.py": Layout(
        script(f"setup(ext_modules=[{LIMITED}], options={{'bdist_wheel': {{'py_limited_api': 'cp312'}}}})"),
        ("cp312-abi3",),
        package="demo",
    ),
    "the stable ABI, tagged in setup.cfg": Layout(
        {**script(f"setup(ext_modules=[{LIMITED}])"), "setup.cfg": "[bdist_wheel]\npy_limited_api = cp311\n"},
        ("cp311-abi3",),
        package="demo",
    ),
    "CFFI with C": Layout(cffi("'int f(void);'"), EACH, package="demo", each=True),
    "CFFI with C and a tag": Layout(
        {**cffi("'int f(void);'"), "setup.cfg": "[bdist_wheel]\npy_limited_api = cp311\n"},
        ("cp311-abi3",),
        package="demo",
    ),
    "CFFI without C": Layout(cffi("None"), unknown="no part of it is native"),
    "setuptools-rust in pyproject.toml": Layout(table(TABLE) | RUST, EACH, package="demo", each=True),
    "setuptools-rust in setup.py": Layout(
        script("setup(rust_extensions=[RustExtension('demo._native', binding=Binding.PyO3)])") | RUST,
        EACH,
        package="demo",
        each=True,
    ),
    "setuptools-rust for the stable ABI, tagged": Layout(
        table(f"{TABLE}py-limited-api = true\n{TAGGED}") | RUST_ABI3, ("cp311-abi3",), package="demo"
    ),
    "setuptools-rust for the stable ABI by a setting, as bcrypt has it": Layout(
        table(f"{TABLE}py-limited-api = 'auto'\n") | RUST_ABI3,
        ("cp312-abi3",),
        build={"config-settings": {"--build-option": "--py-limited-api=cp312"}},
        package="demo",
    ),
    "setuptools-rust for the stable ABI of all Pythons that are promised": Layout(
        {
            **table(f"{TABLE}py-limited-api = 'auto'\n"),
            "pyproject.toml": pyproject("setuptools.build_meta", more=TABLE).replace(">=3.11", ">= 3.8"),
            **RUST,
            "Cargo.toml": crate("native", "cdylib", "pyo3 = { version = '0.26', features = ['abi3'] }\n"),
        },
        ("cp38-abi3",),
        build={"config-settings": {"--build-option": "--py-limited-api=cp38"}},
        package="demo",
    ),
    "a program by setuptools-rust with a tag of its own, as sentry-cli has it": Layout(
        {
            "setup.py": f"{OWN_TAG}setup(name='sentry_cli', rust_extensions=[RustBin('sentry-cli')],"
            " cmdclass={'bdist_wheel': bdist_wheel})",
            "Cargo.toml": crate("sentry-cli"),
            "src/main.rs": "fn main() {}",
        },
        payload=(TOOL,),
    ),
    "a program by setuptools-rust with setuptools' tag": Layout(
        table("[[tool.setuptools-rust.bins]]\ntarget = 'tool'\n"),
        unknown="how the wheels are tagged: setuptools tags wheels with programs for one Python",
    ),
    "no extension": Layout(script("setup()"), unknown="no part of it is native, so there is nothing for the builder"),
    "an extension if a variable is set": Layout(
        script(OPT_IN), unknown="whether the extension modules are built: line"
    ),
    "an extension for one system": Layout(
        script(f"m = []\nif sys.platform == 'win32':\n    m.append({EXTENSION})\nsetup(ext_modules=m)"),
        unknown="whether the extension modules are built: line 4 asks the system or the user",
    ),
    "an extension unless Python is PyPy": Layout(
        script(f"m = []\nif python_implementation() == 'CPython':\n    m.append({EXTENSION})\nsetup(ext_modules=m)"),
        EACH,
        package="demo",
        each=True,
    ),
    "an extension of somebody else's making": Layout(
        script("from x import modules\nsetup(ext_modules=modules())"),
        unknown="which extension modules line 4 gives setup()",
    ),
    "arguments from elsewhere": Layout(script("setup(**load())"), unknown="what setup() makes of its ** in line 3"),
    "an argument of a plugin": Layout(
        script("setup(build_golang={'root': 'x'})"), unknown="what setup() makes of its argument build_golang in line 3"
    ),
    "a command that tags the wheel": Layout(
        script(f"setup(ext_modules=[{EXTENSION}], cmdclass={{'bdist_wheel': mine}})"),
        unknown="how its own command bdist_wheel tags the wheels",
    ),
    "a command that compiles": Layout(
        script("import subprocess\nsetup(cmdclass={'build_py': mine})"), unknown="what its own command build_py builds"
    ),
    "a command that fetches a program": Layout(
        script("from urllib.request import urlopen\nclass mine: ...\nsetup(cmdclass={'install': mine})"),
        unknown="what its own command install builds",
    ),
    "a command of a module beside setup.py that compiles": Layout(
        {**script("from helpers import mine\nsetup(cmdclass={'build': mine})"), "helpers.py": "import subprocess\n"},
        unknown="what its own command build builds",
    ),
    "a command of a package beside setup.py that fetches": Layout(
        {
            **script("import helpers.build as own\nsetup(cmdclass=dict(build=own.Build))"),
            "helpers/build/make.py": "import requests\n",
        },
        unknown="what its own command build builds",
    ),
    "a command of a module beside setup.py that only copies": Layout(
        {
            **script("from helpers import mine\nsetup(cmdclass={'build_py': mine})"),
            "helpers.py": "import shutil\n",
            "other.py": "import subprocess\n",
        },
        unknown="no part of it is native",
    ),
    "a build command of pyproject.toml": Layout(
        table("[tool.setuptools.cmdclass]\nbuild = 'helpers.build'\n"),
        unknown="what the command build of tool.setuptools.cmdclass builds",
    ),
    "a bdist_wheel of pyproject.toml beside an extension": Layout(
        script(f"setup(ext_modules=[{EXTENSION}])", "[tool.setuptools.cmdclass]\nbdist_wheel = 'helpers.wheel'\n"),
        unknown="what the command bdist_wheel of tool.setuptools.cmdclass builds",
    ),
    "a command of pyproject.toml that builds nothing": Layout(
        script(f"setup(ext_modules=[{EXTENSION}])", "[tool.setuptools.cmdclass]\nlint = 'helpers.lint'\n"),
        EACH,
        package="demo",
        each=True,
    ),
    "a build_ext of its own without an extension": Layout(
        script("setup(cmdclass={'build_ext': mine})"), unknown="what its own command build_ext builds"
    ),
    "the stable ABI and no tag": Layout(
        script(f"setup(ext_modules=[{LIMITED}])"), unknown="no tag says since when; set tool.distutils.bdist_wheel"
    ),
    "the stable ABI for some": Layout(
        script(f"setup(ext_modules=[{LIMITED}, {EXTENSION}])"),
        unknown="only some extension modules have py_limited_api",
    ),
    "the stable ABI by a variable": Layout(
        script("x = {'py_limited_api': True}\nsetup(ext_modules=[Extension('a', ['a.c'], **x)])"),
        unknown="whether the extension modules are for the stable ABI",
    ),
    "a crate outside the project, as sandlock has it": Layout(
        table(f"{TABLE}path = '../crates/ffi/Cargo.toml'\n"), unknown="which is outside the project; move it"
    ),
    "a library of setuptools-rust that is no module": Layout(
        table(f"{TABLE}binding = 'NoBinding'\n") | RUST, unknown="where setuptools-rust puts a library or program"
    ),
    "a tag of the project's own beside an extension": Layout(
        script(f"{OWN_TAG}setup(ext_modules=[{EXTENSION}], cmdclass={{'bdist_wheel': bdist_wheel}})"),
        unknown="which wheels to build: bdist_wheel of setup.py tags them all py3-none",
    ),
    "a tag, and an extension that is not for the stable ABI": Layout(
        script(f"setup(ext_modules=[{EXTENSION}])", TAGGED),
        unknown="they are tagged cp311-abi3, but not every extension module has py_limited_api",
    ),
    "a tag that is none": Layout(
        script(f"setup(ext_modules=[{LIMITED}], options={{'bdist_wheel': {{'py_limited_api': '3.11'}}}})"),
        unknown="what py_limited_api = '3.11' means; write it as",
    ),
    "crates for the stable ABI beside an extension that is not": Layout(
        script(f"setup(ext_modules=[{EXTENSION}])", f"{TABLE}py-limited-api = 'auto'\n") | RUST_ABI3,
        unknown="which wheels to build: only the crates are for the stable ABI",
    ),
    "a crate that is not there": Layout(
        table(f"{TABLE}path = 'rust/Cargo.toml'\n"), unknown="where the crate is: there is no rust/Cargo.toml"
    ),
    "a workspace where a crate should be": Layout(
        table(TABLE) | {"Cargo.toml": "[workspace]\nmembers = ['a', 'b']\n", **TWO_CRATES},
        unknown="is a workspace without a package; name the crate",
    ),
    "commands of versioneer": Layout(
        script(f"setup(ext_modules=[{EXTENSION}], cmdclass=versioneer.get_cmdclass())"), EACH, package="demo", each=True
    ),
    "commands from elsewhere": Layout(
        script(f"setup(ext_modules=[{EXTENSION}], cmdclass=commands)"), unknown="which commands cmdclass in line 3"
    ),
    "a command whose name is computed": Layout(
        script(f"setup(ext_modules=[{EXTENSION}], cmdclass={{name: mine}})"),
        unknown="which commands cmdclass in line 3",
    ),
    "an extension that nobody builds": Layout(
        script(f"x = {EXTENSION}\nsetup()"), unknown="who builds the extension module of line 3"
    ),
    "no extension, said outright": Layout(
        script("setup(ext_modules=None)"), unknown="no part of it is native, so there is nothing for the builder"
    ),
    "an extension unless two variables are set": Layout(
        script(f"m = []\n{NEITHER}\n    m.append({EXTENSION})\nsetup(ext_modules=m)"),
        EACH,
        package="demo",
        each=True,
    ),
    "an extension if one of two variables is set": Layout(
        script(f"m = []\nif os.environ.get('A') or VERSION > 3:\n    m.append({EXTENSION})\nsetup(ext_modules=m)"),
        unknown="whether the extension modules are built: line 4",
    ),
    "modules of CFFI from elsewhere": Layout(
        script("setup(cffi_modules=find())"), unknown="which modules line 3 gives to cffi_modules"
    ),
    "modules of CFFI whose file is not there": Layout(
        script("setup(cffi_modules=['build_x.py:ffi'])"), unknown="whether build_x.py compiles anything"
    ),
    "no crate, said outright": Layout(
        script("setup(rust_extensions=[])"), unknown="no part of it is native, so there is nothing for the builder"
    ),
    "crates from elsewhere": Layout(
        script("setup(rust_extensions=find())"), unknown="which crates rust_extensions names"
    ),
    "a crate whose place is computed": Layout(
        script("setup(rust_extensions=[RustExtension('demo._x', find())])") | RUST,
        unknown="the path of the crate in line 3",
    ),
    "a crate whose features are computed": Layout(
        script("setup(rust_extensions=[RustExtension('demo._x', features=find())])") | RUST,
        unknown="the features of the crate in line 3",
    ),
    "a crate with a feature that makes it one for the stable ABI": Layout(
        script("setup(rust_extensions=[RustExtension('demo._x', features=['stable'])])")
        | {
            **RUST,
            "Cargo.toml": crate("native", "cdylib", "pyo3 = '0.29'\n[features]\nstable = ['pyo3/abi3-py312']\n"),
        },
        ("cp312-abi3",),
        build={"config-settings": {"--build-option": "--py-limited-api=cp312"}},
        package="demo",
    ),
    "a setup.py that is no Python": Layout(script("setup("), unknown="setup.py: it is not Python"),
    "a setup.py without setup()": Layout(script("print()"), unknown="what it builds, because it never calls setup()"),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_setuptools_project_gets_the_configuration_that_is_right_for_it(tmp_path: Path, layout: Layout) -> None:
    layout.require_written(tmp_path)


COMPUTED = f"""\
import time
from setuptools import Extension, setup
OLDEST = (3, 13)
{{}}
setup(name="demo", python_requires=">=%d.%d" % OLDEST, ext_modules=[{EXTENSION}])
"""


@pytest.mark.network
def test_the_backend_is_asked_what_setup_py_computes(tmp_path: Path) -> None:
    files = {"setup.py": COMPUTED.format(""), **PACKAGE}
    Layout(files, ("cp313", "cp314", "cp315"), package="demo", each=True).require_written(tmp_path)
    assert not list(tmp_path.rglob("*.egg-info"))  # it was asked about a copy


@pytest.mark.network
def test_a_backend_that_fails_says_nothing(tmp_path: Path) -> None:
    files = {"setup.py": COMPUTED.format("raise SystemExit('no compiler')"), **PACKAGE}
    Layout(files, unknown="the name and the Pythons of the project, which setup.py computes").require_written(tmp_path)


def test_a_backend_that_does_not_end_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEELCHECK_TIMEOUT", "1")
    files = {"setup.py": COMPUTED.format("time.sleep(60)"), **PACKAGE}
    Layout(files, unknown="did not say its metadata within 1 seconds").require_written(tmp_path)


def test_setup_py_is_not_run_for_what_its_text_says(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    Layout(
        script(f"open({str(ran)!r}, 'w')\nsetup(ext_modules=[{EXTENSION}])"), EACH, package="demo", each=True
    ).require_written(tmp_path / "project")
    assert not ran.exists()
