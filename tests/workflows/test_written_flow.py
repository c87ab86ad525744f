"""What `init --builder` writes for a project unlike the reference: an extension module, below the repository's root."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.artifacts import a_wheel
from tests.support.layouts import pyproject, write
from tests.support.native_files import mac
from tests.support.workflow_runner import Runner
from wheelcheck.builder import toolchain
from wheelcheck.cli import main
from wheelcheck.init import workflows

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """\
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_x", NULL, -1, NULL, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__x(void) { return PyModule_Create(&module); }
"""
TABLES = """\
[[tool.setuptools.ext-modules]]
name = "demo._x"
sources = ["src/demo/x.c"]
"""
LIMITED = """\
py-limited-api = true
define-macros = [["Py_LIMITED_API", "0x030B0000"]]
[tool.distutils.bdist_wheel]
py-limited-api = "cp311"
"""
THIS = f"cp3{sys.version_info.minor}"


CONFIGURED = f"""
[tool.wheelcheck]
glibc = "2.17"
architectures = ["{toolchain.host().name}"]
python = ["{THIS}"]
sdist = true
[tool.wheelcheck.smoke]
commands = [{{ run = ["python", "-c", "import demo; print('imported')"], expect = "^imported$" }}]
"""
MACOS = f"""
[[tool.wheelcheck.wheels]]
python = ["{THIS}"]
platforms = ["macosx_11_0_arm64"]
"""
# What stands for cibuildwheel on a machine with macOS: it writes down what it is told, and hands out a wheel.
CIBUILDWHEEL = (
    '#!/bin/sh\necho "$CIBW_BUILD $CIBW_ARCHS $MACOSX_DEPLOYMENT_TARGET $1 $2 $3" > {told}\ncp {wheel} "$2"\n'
)


def committed(top: Path, more: str, requires_python: str) -> Path:
    """Write a project two folders below the root of a repository, and commit it."""
    text = pyproject("setuptools.build_meta", more=TABLES + more).replace(">=3.11", requires_python)
    text = text.replace('["setuptools.build_meta"]', '["setuptools>=74.1"]')
    files = {"pyproject.toml": text, "src/demo/__init__.py": "from demo import _x\n", "src/demo/x.c": MODULE}
    write(top / "a" / "b", files)
    names = {f"GIT_{role}_{key}": "x" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *words], cwd=top, env={**os.environ, **names}, check=True)
    return top / "a" / "b"


@pytest.mark.network
@pytest.mark.parametrize(
    ("more", "requires_python", "tag"),
    [
        (LIMITED, ">=3.11", "cp311-abi3"),
        pytest.param("", f"==3.{sys.version_info.minor}.*", f"{THIS}-{THIS}", marks=pytest.mark.slow),
    ],
    ids=["for the stable ABI", "for one Python"],
)
def test_an_extension_module_below_the_root_is_built_and_passes_the_gate(
    tmp_path: Path, more: str, requires_python: str, tag: str
) -> None:
    top = tmp_path / "top"
    project = committed(top, more, requires_python)
    assert main(["init", "--builder", str(project), "--yes"]) == 0
    target = toolchain.choose(toolchain.host(), (2, 17))
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace('["x86_64", "aarch64"]', f'["{target.arch.name}"]'))
    runner = Runner(top, tmp_path, yaml.safe_load((top / workflows.WHEELS).read_text()))
    folder = runner.run("plan", "sdist", "build", "gate")
    assert sorted(path.name for path in (folder / "a" / "b" / "dist").iterdir()) == [
        f"demo-1.0-{tag}-{target.platform_tag}.whl",
        "demo-1.0.tar.gz",
    ]
    assert len(list((tmp_path / "store" / "release").iterdir())) == 2


@pytest.mark.network
def test_wheels_for_another_system_enter_the_release_from_the_sdist_and_with_their_hash(tmp_path: Path) -> None:
    project = committed(tmp_path / "top", CONFIGURED + MACOS, f"==3.{sys.version_info.minor}.*")
    assert main(["init", "--builder", str(project), "--yes"]) == 0
    metadata = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: ==3.{sys.version_info.minor}.*\n"
    recipe = a_wheel(f"{THIS}-{THIS}-macosx_11_0_arm64", mac("arm64"), dist_info={"METADATA": metadata.encode()})
    wheel = recipe.write(tmp_path)
    program = CIBUILDWHEEL.format(told=tmp_path / "told", wheel=wheel)
    workflow = yaml.safe_load((tmp_path / "top" / workflows.WHEELS).read_text())
    runner = Runner(tmp_path / "top", tmp_path, workflow, programs={"cibuildwheel": program})
    folder = runner.run("plan", "sdist", "build", "elsewhere", "gate")
    assert (tmp_path / "told").read_text() == f"{THIS}-macosx_arm64 arm64 11.0 --output-dir dist dist/demo-1.0.tar.gz\n"
    assert (folder / "a" / "b" / "dist" / wheel.name).read_bytes() == wheel.read_bytes()
    assert len(list((tmp_path / "store" / "release").iterdir())) == 3
    release = yaml.safe_load((tmp_path / "top" / workflows.RELEASE).read_text())
    last = Runner(tmp_path / "top", tmp_path, release, store=runner.store, outputs={"wheels": {}}, tag=True)
    last.run("attest", "publish")
    assert sorted(last.signed) == last.published == sorted(file.name for file in runner.store["release"].iterdir())
    signed = last.signed[wheel.name]
    assert signed["handedOver"] == [{"name": wheel.name, "digest": {"sha256": sha256(wheel.read_bytes()).hexdigest()}}]
    proofs = [statement["predicate"]["proofs"] for statement in signed["statements"]]
    assert sorted(proofs) == [[], ["smoke", "roundtrip"]]


@pytest.mark.network
def test_a_release_without_an_sdist_is_built_from_the_checkout(tmp_path: Path) -> None:
    without = CONFIGURED.replace("sdist = true", "sdist = false")
    project = committed(tmp_path / "top", without, f"==3.{sys.version_info.minor}.*")
    assert main(["init", "--builder", str(project), "--yes"]) == 0
    workflow = yaml.safe_load((tmp_path / "top" / workflows.WHEELS).read_text())
    assert list(workflow["jobs"]) == ["plan", "build", "gate", "all-green"]
    runner = Runner(tmp_path / "top", tmp_path, workflow)
    runner.run("plan", "build", "gate")
    (wheel,) = runner.store["release"].iterdir()
    assert wheel.name.startswith(f"demo-1.0-{THIS}-{THIS}-manylinux")
