"""What build backends compile, for this machine's CPU and for another one: real backends, from the package index."""

from __future__ import annotations

import os
import sys
import sysconfig
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

import wheelcheck
from tests.support import backends
from tests.support.crates import committed
from tests.support.cross import OTHER, lacking, rustc_for_other
from wheelcheck.binary import read_binary
from wheelcheck.builder import dist, interpreters
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.rebuild import reproduce, roundtrip
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import host
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelcheck.platforms.arch import Arch

pytestmark = pytest.mark.network
C_BACKENDS = (backends.setuptools, backends.scikit_build_core, backends.meson_python)


def built(build: Build) -> Path:
    """Build sdist, stage and the wheel of a project, and return the wheel."""
    build.sdist()
    return built_from_the_sdist(build)


def built_from_the_sdist(build: Build) -> Path:
    """Build stage and wheel from the sdist that another build of the project has made, and return the wheel."""
    build.build()
    (wheel,) = build.wheels()
    return wheel


def require_sound(wheel: Path, arch: Arch) -> None:
    """Hold that the gate finds nothing but notes, and that the one native file is for a CPU."""
    report = wheelcheck.check([wheel])
    assert report.verdict == "pass"
    assert [finding for finding in report.findings if finding.severity != "note"] == []
    with ZipFile(wheel) as archive:
        contents = {name: read_binary("", Bytes(archive.read(name))) for name in archive.namelist()}
    natives = {name: binary for name, binary in contents.items() if binary}
    assert [is_extension_module(name) for name in natives] == [True]
    assert [slice_.arches for binary in natives.values() for slice_ in binary.slices] == [(arch.name,)]


@pytest.mark.parametrize("write", C_BACKENDS, ids=lambda write: write.__name__)
def test_a_c_module_gets_the_floor_here_and_the_cpu_of_another_machine(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    project = committed(write(tmp_path / "project"))
    here = Build.of(project)
    require_sound(built(here), here.target.arch)
    assert [result.verdict for result in here.smoke()] == ["pass"]
    require_sound(built_from_the_sdist(Build.of(project, OTHER)), OTHER)


@pytest.mark.parametrize(
    ("again", "sdist"),
    [
        (roundtrip, True),
        *(pytest.param(*more, marks=pytest.mark.slow) for more in ((roundtrip, False), (reproduce, True))),
    ],
)
def test_the_wheels_of_one_python_are_built_again_by_that_one_alone(
    tmp_path: Path, again: Callable[[Build], tuple[str, ...]], *, sdist: bool
) -> None:
    project = backends.setuptools(tmp_path / "project")
    text = (project / "pyproject.toml").read_text()
    more = text.replace(f'"{backends.RUNNING}"', f'"{backends.RUNNING}", "cp3{sys.version_info.minor + 1}"')
    (project / "pyproject.toml").write_text(more.replace("sdist = true", f"sdist = {str(sdist).lower()}"))
    build = Build.of(committed(project)).only_by(backends.RUNNING)
    if sdist:
        build.sdist()
    built_from_the_sdist(build)
    assert any(f"-{backends.RUNNING}-" in line for line in again(build))


def test_a_crate_gets_the_floor_and_the_cpu_and_so_does_the_c_code_of_its_build_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (rustc := rustc_for_other()):
        lacking(f"no Rust for {OTHER.name}")
    monkeypatch.setenv("RUSTC", rustc)
    project = backends.setuptools_rust(tmp_path / "project")
    include = f'PYTHON_INCLUDE = "{sysconfig.get_path("include")}"'
    with (project / "pyproject.toml").open("a") as file:
        file.write(f'[tool.wheelcheck.build]\nkeep-environment = ["RUSTC"]\nenvironment = {{ {include} }}\n')
    require_sound(built(Build.of(project)), host())
    require_sound(built_from_the_sdist(Build.of(project, OTHER)), OTHER)


@pytest.mark.emulated
def test_maturin_gets_the_floor_and_the_cpu(tmp_path: Path) -> None:
    project = backends.maturin(tmp_path / "project")
    require_sound(built(Build.of(project)), host())
    require_sound(built(Build.of(project, OTHER)), OTHER)


CYTHON = (
    ("pyproject.toml", '"ninja"', '"ninja", "cython"'),
    ("meson.build", "'c',", "'c', 'cython',"),
    ("meson.build", "native.c", "_native.pyx"),
)


@pytest.mark.slow
def test_cython_by_meson_meets_no_package_of_this_machine_and_gives_the_same_bytes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's python3-dev has such a file, which meson asks before it accepts Cython."""
    text = "Name: python3\nVersion: 3\nDescription: of this machine\nCflags: -include of-this-machine.h\nLibs:\n"
    (tmp_path / "python3.pc").write_text(text)
    project = backends.meson_python(tmp_path / "project")
    (project / "_native.pyx").write_text("def root(double number):\n    return number ** 0.5\n")
    for name, old, new in CYTHON:
        (project / name).write_text((project / name).read_text().replace(old, new))
    build = Build.of(committed(project))
    build.sdist()
    build.build()
    monkeypatch.setenv("PKG_CONFIG_LIBDIR", str(tmp_path))
    (wheel,) = build.wheels()
    require_sound(wheel, host())
    assert len(roundtrip(build)) == 1


HEADERS = """
import pybind11
from setuptools import Extension, setup
module = Extension("demo._native", ["native.cpp"], include_dirs=[pybind11.get_include()], extra_compile_args=["-g"])
setup(packages=["demo"], ext_modules=[module])
"""
BOUND = '#include <pybind11/pybind11.h>\nPYBIND11_MODULE(_native, m) { m.def("root", [](double x) { return x; }); }\n'


@pytest.mark.slow
def test_headers_of_a_package_that_the_build_requires_give_the_same_bytes_again(tmp_path: Path) -> None:
    project = backends.setuptools(tmp_path / "project")
    (project / "setup.py").write_text(HEADERS)
    (project / "native.cpp").write_text(BOUND)
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace('["setuptools"]', '["setuptools", "pybind11"]'))
    build = Build.of(committed(project))
    built(build)
    assert len(roundtrip(build)) == 1


def test_each_python_on_path_gets_its_wheel_and_tries_it(tmp_path: Path) -> None:
    others = (f"cp3{minor}" for minor in range(10, 16) if f"cp3{minor}" != backends.RUNNING)
    if not (other := next((name for name in others if interpreters.search((name, name), os.environ)), "")):
        pytest.skip("there is no other Python on PATH")
    project = backends.setuptools(tmp_path / "project")
    table = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(
        table.replace(f'["{backends.RUNNING}"]', f'["{backends.RUNNING}", "{other}"]')
    )
    build = Build.of(project)
    build.sdist()
    build.build()
    names = {wheel.name.split("-")[2] for wheel in build.wheels()}
    assert names == {backends.RUNNING, other}
    assert [result.verdict for result in build.smoke()] == ["pass", "pass"]


def test_a_module_is_built_again_from_the_sdist_to_the_byte_by_a_configuration_that_the_sdist_lacks(
    tmp_path: Path,
) -> None:
    project = backends.setuptools(tmp_path / "project")
    head, own = (project / "pyproject.toml").read_text().split("[tool.wheelcheck]\n")
    (project / "pyproject.toml").write_text(head)
    (project / "wheelcheck.toml").write_text(own.replace("[tool.wheelcheck.smoke]", "[smoke]"))
    build = Build.of(project)
    built(build)
    with tarfile.open(dist.sdist(build.settings.dist)) as archive:
        assert not any(name.endswith("wheelcheck.toml") for name in archive.getnames())
    (line,) = roundtrip(build)
    assert f"demo/_native.cpython-3{sys.version_info.minor}-" in line


def test_a_build_script_of_an_extension_module_that_warns_of_a_stub_stops_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_INCLUDE", sysconfig.get_path("include"))
    project = backends.setuptools_rust(tmp_path / "project")
    script, warning = project / "build.rs", 'println!("cargo:warning=a stub is used");'
    script.write_text(script.read_text().replace("fn main() {", f"fn main() {{ {warning}", 1))
    build = Build.of(project, log=lambda _: None)
    build.sdist()
    build.build()
    for _ in range(2):
        with pytest.raises(BuildError, match="the build script of native: it warned: a stub is used"):
            build.wheels()
    table = project / "pyproject.toml"
    table.write_text(f'{table.read_text()}\n[tool.wheelcheck.build]\naccept-warnings = ["a stub"]\n')
    assert built(Build.of(project, log=lambda _: None)).is_file()


def test_a_second_run_uses_the_backends_wheel_again_and_a_changed_source_or_setting_does_not(tmp_path: Path) -> None:
    lines: list[str] = []
    project = backends.setuptools(tmp_path / "project")
    build = replace(Build.of(project), log=lines.append)
    first = built(build).read_bytes()
    assert not any("it is used again" in line for line in lines)
    assert built_from_the_sdist(build).read_bytes() == first
    assert sum("it is used again" in line for line in lines) == 1
    source = project / "native.c"
    source.write_text(source.read_text().replace("0.5", "0.25"))
    assert built(build).read_bytes() != first
    assert sum("it is used again" in line for line in lines) == 1
    with (project / "pyproject.toml").open("a") as file:
        file.write('[tool.wheelcheck.build]\nenvironment = { CFLAGS = "-DA" }\n')
    built(replace(Build.of(project), log=lines.append))
    assert sum("it is used again" in line for line in lines) == 1
    assert os.environ.get("CFLAGS") != "-DA"
