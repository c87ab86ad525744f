from __future__ import annotations

import os
import platform
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.cross import OTHER, machine_for_other
from tests.support.native import native
from wheelcheck.builder import install
from wheelcheck.builder.install import Machine
from wheelcheck.builder.run import BuildError, Command, observe
from wheelcheck.builder.toolchain import host

NATIVE = install.of(host(), {})
EXECUTABLES_ALONE = Machine(OTHER, "", (0, 0), ("emulator",), {}, install.EMULATION_LACKS)


def wheel(folder: Path, arch: str, tags: str = "py3-none") -> Path:
    """Write a wheel that holds an executable for a CPU, and a script."""
    name = f"demo-1.0-{tags}-manylinux_2_17_{arch}.whl"
    texts = {
        "METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {name[9:-4]}\n",
        "entry_points.txt": "[console_scripts]\ndemo-script = demo:main\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(folder / name, "w") as archive:
        for file, text in texts.items():
            archive.writestr(f"demo-1.0.dist-info/{file}", text)
        info = zipfile.ZipInfo("demo/bin/tool")
        info.external_attr = 0o100755 << 16
        archive.writestr(info, native(arch))
    return folder / name


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("py3-none-manylinux_2_17_s390x", ("s390x", "none", "py", "3")),
        ("cp310-abi3-manylinux_2_17_s390x", ("s390x", "abi3", "cp", "310")),
        ("cp313-cp313t-manylinux_2_17_s390x", ("s390x", "cp313t", "cp", "313")),
    ],
)
def test_the_tags_become_the_options_by_which_pip_installs_for_another_machine(
    name: str, options: tuple[str, ...]
) -> None:
    platform_, abi, implementation, python = options
    assert install.foreign_options(Path(f"demo-1.0-{name}.whl")) == (
        "--no-deps",
        "--only-binary=:all:",
        f"--platform=manylinux_2_17_{platform_}",
        f"--abi={abi}",
        f"--implementation={implementation}",
        f"--python-version={python}",
    )


def test_on_this_machine_it_is_a_virtual_environment_outside_the_checkout(tmp_path: Path) -> None:
    found = install.install(wheel(tmp_path, host().name), NATIVE, tmp_path, os.environ, print)
    assert found.packages.is_relative_to(tmp_path / "venv")
    assert found.python == str(tmp_path / "venv" / "bin" / "python")
    assert (found.programs / "demo-script").is_file()
    assert found.env["PATH"].startswith(f"{found.programs}{os.pathsep}")
    assert os.access(found.packages / "demo" / "bin" / "tool", os.X_OK)


@pytest.mark.parametrize("tags", ["py3-none", "cp310-abi3", "cp399-cp399"])
def test_without_a_python_of_its_cpu_pip_lays_the_wheel_out_with_the_modes_it_would_have(
    tmp_path: Path, tags: str
) -> None:
    found = install.install(wheel(tmp_path, OTHER.name, tags), EXECUTABLES_ALONE, tmp_path, os.environ, print)
    assert (found.packages, found.programs, found.python) == (tmp_path / "packages", tmp_path / "packages" / "bin", "")
    assert (found.packages / "demo" / "bin" / "tool").read_bytes() == native(OTHER.name)
    assert os.access(found.packages / "demo" / "bin" / "tool", os.X_OK)
    assert (found.programs / "demo-script").is_file()


@pytest.mark.emulated
def test_under_an_emulated_python_the_wheel_of_the_other_cpu_is_installed_for_it(tmp_path: Path) -> None:
    roots = Path(os.environ.get(install.ROOTS, Path(__file__).parents[3] / ".cache" / "roots"))
    there = machine_for_other({**os.environ, install.ROOTS: str(roots)})
    if not there.python:
        lack = f"{roots} holds no {OTHER.name} that runs: `nox -s emulated` makes it"
        pytest.fail(lack) if os.environ.get("WHEELCHECK_EMULATED") else pytest.skip(lack)
    found = install.install(wheel(tmp_path, OTHER.name), there, tmp_path, os.environ, print)
    tool = observe(Command((str(found.packages / "demo" / "bin" / "tool"),), tmp_path, found.env))
    said = observe(
        Command((found.python, "-I", "-c", "import platform; print(platform.machine())"), tmp_path, found.env)
    )
    assert (tool.output, said.output) == ("plain\n", f"{OTHER.name}\n")
    assert platform.machine() != OTHER.name


def test_a_wheel_that_pip_refuses_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "demo-1.0-py3-none-any.whl"
    zipfile.ZipFile(broken, "w").close()
    with pytest.raises(BuildError, match=r"install .*demo-1.0-py3-none-any.whl: failed"):
        install.install(broken, NATIVE, tmp_path, os.environ, print)
    assert sys.prefix not in str(tmp_path)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("demo/bin/tool", "site/demo/bin/tool"),
        (".data/scripts/tool", "venv/bin/tool"),
        (".data/data/share/tool", "venv/share/tool"),
        (".data/platlib/demo/tool", "site/demo/tool"),
        (".data/purelib/demo/tool", "site/demo/tool"),
    ],
)
def test_a_file_is_found_where_its_scheme_puts_it(tmp_path: Path, path: str, place: str) -> None:
    installed = install.Installation(NATIVE, tmp_path / "venv" / "bin", tmp_path / "site", {})
    assert installed.place(path) == tmp_path / place
