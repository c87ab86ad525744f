"""One floor in the configuration drives compiler, tag and gate: nothing can be tagged below what it needs."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import INPUTS
from tests.support.native import native
from wheelcheck.binary import read_binary
from wheelcheck.builder import stage as staging
from wheelcheck.builder import toolchain
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target, host
from wheelcheck.cli import main as check
from wheelcheck.platforms.arch import Glibc, find
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "probe"
version = "1.0"
[tool.setuptools]
packages = []
[tool.wheelcheck]
glibc = "{floor}"
architectures = ["{arch}"]
python = ["cp310-abi3"]
"""
SETUP = """
from setuptools import Extension, setup
setup(ext_modules=[Extension("probe", ["probe.c"], py_limited_api=True)],
      options={"bdist_wheel": {"py_limited_api": "cp310"}})
"""
# reallocarray came with glibc 2.26
PROBE_C = """
#define Py_LIMITED_API 0x030A0000
#define _GNU_SOURCE
#include <Python.h>
#include <stdlib.h>
static void *volatile kept;
static PyObject *call(PyObject *self, PyObject *none) { kept = reallocarray(kept, 1, 1); Py_RETURN_NONE; }
static PyMethodDef methods[] = {{"call", call, METH_NOARGS, 0}, {0, 0, 0, 0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "probe", 0, -1, methods, 0, 0, 0, 0};
PyMODINIT_FUNC PyInit_probe(void) { return PyModule_Create(&module); }
"""


def needs_2_26(folder: Path, floor: str) -> Build:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT.format(floor=floor, arch=host().name))
    (folder / "setup.py").write_text(SETUP)
    (folder / "probe.c").write_text(PROBE_C)
    build = Build.of(folder)
    build.build()
    build.sdist()
    return build


@pytest.mark.network
def test_an_abi3_wheel_built_by_zig_is_tagged_with_the_floor_that_its_code_was_compiled_for(tmp_path: Path) -> None:
    (wheel,) = needs_2_26(tmp_path / "probe", "2.28").wheels()
    assert wheel.name == f"probe-1.0-cp310-abi3-manylinux_2_28_{host().name}.whl"
    with zipfile.ZipFile(wheel) as archive:
        binary = read_binary("", Bytes(archive.read("probe.abi3.so")))
    assert binary
    need = binary.slices[0].glibc_need
    assert need
    assert need.glibc == (2, 26)
    assert check(["check", "--no-config", str(wheel)]) == 0


@pytest.mark.network
def test_code_that_needs_more_than_the_floor_does_not_become_a_wheel_at_all(tmp_path: Path) -> None:
    build = needs_2_26(tmp_path / "probe", "2.17")
    with pytest.raises(BuildError, match=r"reallocarray"):
        build.wheels()
    assert not list(build.settings.dist.glob("*.whl"))


FLOORS = [(2, minor) for minor in range(17, toolchain.newest_glibc()[1] + 1)]


@pytest.mark.parametrize("floor", FLOORS, ids=str)
@pytest.mark.parametrize("pair", [("py3", "none"), ("cp310", "abi3")], ids="-".join)
def test_no_tag_of_a_wheel_promises_less_than_the_floor(floor: Glibc, pair: assembly.Pair) -> None:
    name = assembly.tagged_name(f"probe-1.0-{pair[0]}-{pair[1]}-linux_x86_64.whl", pair, Target(find("x86_64"), floor))
    tags = name.removesuffix(".whl").rsplit("-", 1)[1].split(".")
    assert {parse_platform(tag).floor for tag in tags} == {floor}


def test_a_backends_own_lower_tag_does_not_survive(tmp_path: Path) -> None:
    built = tmp_path / "probe-1.0-py3-none-manylinux_2_5_x86_64.whl"
    with zipfile.ZipFile(built, "w") as archive:
        archive.writestr("probe/module.abi3.so", native("x86_64", "library"))
        archive.writestr("probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
        archive.writestr("probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-manylinux_2_5_x86_64\n")
        archive.writestr("probe-1.0.dist-info/RECORD", "")
    target = Target(find("x86_64"), (2, 28))
    stage = staging.stage({}, target, INPUTS, tmp_path / "stage")
    (tmp_path / "out").mkdir()
    name = assembly.tagged_name(built.name, ("py3", "none"), target)
    finished = assembly.assemble(built, name, stage, target, tmp_path / "out")
    with zipfile.ZipFile(finished) as archive:
        text = archive.read("probe-1.0.dist-info/WHEEL").decode()
    assert [line for line in text.splitlines() if line.startswith("Tag:")] == ["Tag: py3-none-manylinux_2_28_x86_64"]
