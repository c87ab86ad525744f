from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.cross import OTHER, machine_for_other
from tests.support.native import native
from wheelcheck.builder import install
from wheelcheck.builder.install import Machine, NotHereError
from wheelcheck.builder.run import Command, observe
from wheelcheck.builder.toolchain import host
from wheelcheck.platforms.arch import find

HOST = install.of(host(), {})
EMULATED = Machine(OTHER, "/root/usr/bin/python3", (3, 11), (), {}, install.EMULATION_LACKS)


def wheel(tags: str, arch: str = host().name) -> Path:
    return Path(f"demo-1.0-{tags}-manylinux_2_17_{arch}.whl")


def test_this_cpu_is_run_natively_and_lacks_nothing() -> None:
    assert (HOST.python, HOST.runner, dict(HOST.lacks), str(HOST)) == (sys.executable, (), {}, host().name)
    assert HOST.is_native
    assert not EMULATED.is_native


def test_without_an_emulator_the_reason_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(NotHereError, match=f"has no qemu-{OTHER.qemu}: install qemu-user-static"):
        install.of(OTHER, os.environ)


def emulator(folder: Path, monkeypatch: pytest.MonkeyPatch, qemu: str) -> None:
    (folder / f"qemu-{qemu}-static").write_text("#!/bin/sh\n")
    (folder / f"qemu-{qemu}-static").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(("name", "package"), [("s390x", "libc6-s390x-cross"), ("armv6l", "its C library")])
def test_without_a_loader_the_reason_names_the_package_and_the_roots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    emulator(tmp_path, monkeypatch, find(name).qemu)
    if Path(find(name).glibc_loader).exists():
        pytest.skip(f"this machine has a loader for {name}")
    with pytest.raises(NotHereError, match=f"install {package}, or set WHEELCHECK_ROOTS"):
        install.of(find(name), {})


def test_a_root_with_only_a_loader_runs_only_executables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator(tmp_path, monkeypatch, "s390x")
    row = find("s390x")
    loader = tmp_path / "s390x" / row.glibc_loader.lstrip("/")
    loader.parent.mkdir(parents=True)
    loader.touch()
    found = install.of(row, {install.ROOTS: str(tmp_path)})
    assert found.runner == (str(tmp_path / "qemu-s390x-static"), "-L", str(tmp_path / "s390x"))
    assert str(found) == "s390x under qemu-user, executables only"
    python = tmp_path / "s390x" / "usr" / "bin" / "python3"
    python.parent.mkdir(parents=True)
    for content in (b"", b"#!/bin/sh\nexit 3\n"):  # one the kernel refuses, one that fails
        python.write_bytes(content)
        python.chmod(0o755)
        assert install.of(row, {install.ROOTS: str(tmp_path)}) == found


def test_a_root_whose_python_starts_is_a_whole_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator(tmp_path, monkeypatch, "s390x")
    python = tmp_path / "s390x" / "usr" / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    found = install.of(find("s390x"), {install.ROOTS: str(tmp_path)})
    assert (found.python, found.version) == (str(python), sys.version_info[:2])
    assert found.env == {"QEMU_LD_PREFIX": str(tmp_path / "s390x")}
    assert str(found) == "s390x under qemu-user, with Python {}.{}".format(*sys.version_info)


def test_of_several_roots_the_first_whose_python_and_glibc_support_a_wheel_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Pythons of these roots only answer which versions they have."""
    emulator(tmp_path, monkeypatch, "s390x")
    row, base = find("s390x"), {install.ROOTS: str(tmp_path / "link")}
    (tmp_path / "roots").mkdir()
    (tmp_path / "link").symlink_to("roots")
    for name, answer in (("s390x", "3 11 2.36"), ("s390x-trixie", "3 13 2.41"), ("s390x-x.partial", "3 12 2.41")):
        python = tmp_path / "roots" / name / "usr" / "bin" / "python3"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\necho {answer}\n")
        python.chmod(0o755)

    def chosen(tags: str, platform: str = "manylinux_2_17_s390x") -> str:
        return install.for_wheel(Path(f"demo-1.0-{tags}-{platform}.whl"), row, base).env["QEMU_LD_PREFIX"]

    first, second = str(tmp_path / "roots" / "s390x"), str(tmp_path / "roots" / "s390x-trixie")
    assert (chosen("cp311-cp311"), chosen("cp313-cp313"), chosen("py3-none")) == (first, second, first)
    assert chosen("py3-none", "manylinux_2_41_s390x") == second
    assert chosen("py3-none", "manylinux_2_17_s390x.manylinux_2_41_s390x") == first
    with pytest.raises(NotHereError, match=r"CPython 3\.11 with glibc 2\.36 on s390x does not support"):
        chosen("cp312-cp312")
    with pytest.raises(NotHereError, match=r"does not support"):
        chosen("cp311-cp311", "manylinux_2_41_s390x")


def test_an_executable_of_the_other_cpu_really_runs(tmp_path: Path) -> None:
    there = machine_for_other({})
    program = tmp_path / "program"
    program.write_bytes(native(OTHER.name))
    program.chmod(0o755)
    outcome = observe(Command((*there.runner, str(program)), tmp_path, os.environ))
    assert (outcome.status, outcome.output) == (0, "plain\n")


def test_the_emulator_has_no_ptrace_which_is_why_such_commands_are_skipped(tmp_path: Path) -> None:
    there = machine_for_other({})
    program = tmp_path / "program"
    program.write_bytes(native(OTHER.name, source="traced"))
    program.chmod(0o755)
    traced = observe(Command((*there.runner, str(program)), tmp_path, os.environ))
    assert (traced.status, traced.output) == (1, "ptrace: Function not implemented\n")
    program.write_bytes(native(host().name, source="traced"))
    assert observe(Command((str(program),), tmp_path, os.environ)).status == 0


@pytest.mark.parametrize(
    "path", [wheel("cp310-abi3", OTHER.name), wheel("py3-none", OTHER.name), wheel("cp311-cp311", OTHER.name)]
)
def test_a_machine_takes_wheels_of_its_python_and_cpu(path: Path) -> None:
    install.require_installable(path, EMULATED)


@pytest.mark.parametrize("tags", ["cp312-cp312", "cp312-abi3", "cp310-cp310", "pp311-pypy311_pp73"])
def test_a_wheel_for_another_python_cannot_run_there_and_the_reason_says_so(tags: str) -> None:
    with pytest.raises(NotHereError, match=f"CPython 3.11 on {OTHER.name} does not support the tags of this wheel"):
        install.require_installable(wheel(tags, OTHER.name), EMULATED)


@pytest.mark.parametrize("path", [wheel("cp399-cp399"), wheel("py3-none", "s390x")])
def test_a_wheel_for_another_python_or_cpu_cannot_run_here_and_the_reason_says_so(path: Path) -> None:
    with pytest.raises(NotHereError, match="does not support the tags of this wheel"):
        install.require_installable(path, HOST)


@pytest.mark.parametrize("path", [wheel("cp399-cp399"), wheel("py3-none", "s390x")])
def test_a_wheel_that_no_python_here_supports_has_no_machine(path: Path) -> None:
    with pytest.raises(NotHereError, match="does not support the tags of this wheel"):
        install.for_wheel(path, host(), os.environ)


def test_a_wheel_of_this_python_is_tried_with_it(tmp_path: Path) -> None:
    assert install.for_wheel(wheel("py2.py3-none"), host(), {"PATH": str(tmp_path)}) == HOST


def test_a_machine_without_python_takes_any_wheel_for_its_executables() -> None:
    install.require_installable(wheel("cp399-cp399", OTHER.name), Machine(OTHER, "", (0, 0)))
    assert shutil.which(HOST.python)
