from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wheelcheck.builder import compilers, interpreters
from wheelcheck.builder.interpreters import Interpreter
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from wheelcheck.builder.wheel import Pair

MINOR = sys.version_info.minor
RUNNING = f"cp3{MINOR}"
PLAIN = Interpreter("/python", (3, 12), "/include", {})
FREE = Interpreter("/python", (3, 14), "/include", {"Py_GIL_DISABLED": 1})


@pytest.mark.parametrize(
    ("python", "pairs"),
    [
        (PLAIN, [("cp312", "cp312"), ("cp310", "abi3"), ("cp312", "abi3"), ("py3", "none"), ("py2.py3", "none")]),
        (FREE, [("cp314", "cp314t"), ("py3", "none"), ("py2.py3", "none")]),
    ],
    ids=["ordinary", "free-threaded"],
)
def test_a_python_compiles_for_its_own_abi_and_for_the_stable_one_since_an_older_version(
    python: Interpreter, pairs: list[Pair]
) -> None:
    every: list[Pair] = [
        *[("cp311", "cp311"), ("cp312", "cp312"), ("cp312", "cp312t"), ("cp313", "cp313"), ("cp314", "cp314t")],
        *[("cp310", "abi3"), ("cp312", "abi3"), ("cp313", "abi3"), ("py3", "none"), ("py2.py3", "none")],
        *[("pp310", "pypy310_pp73"), ("pp310", "abi3")],
    ]
    assert [pair for pair in every if python.builds(pair)] == [pair for pair in every if pair in pairs]


@pytest.mark.parametrize("pair", [("py3", "none"), ("cp310", "abi3"), (RUNNING, "abi3"), (RUNNING, RUNNING)])
def test_this_python_builds_what_it_can(pair: Pair) -> None:
    assert interpreters.find(pair, os.environ).executable == sys.executable


@pytest.mark.parametrize(
    ("pair", "wanted"),
    [
        (("cp399", "cp399"), "python3.99"),
        (("cp399", "abi3"), "python3.99"),
        (("cp314", "cp314t"), "python3.14t"),
        (("pp310", "pypy310_pp73"), "pp310"),
    ],
)
def test_a_python_that_is_missing_is_named_with_the_way_out(tmp_path: Path, pair: Pair, wanted: str) -> None:
    with pytest.raises(BuildError, match=f"no Python on PATH .*; install {wanted}, or use cibuildwheel"):
        interpreters.find(pair, {**os.environ, "PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 127", r"and \S+ does not start; make `\S+ --version` work, or use cibuildwheel"),
        (f'exec {sys.executable} "$@"', rf"compile for \S+; install python3\.{MINOR + 1}, or use"),
    ],
    ids=["does not start", "is another Python"],
)
def test_a_program_of_the_right_name_is_passed_over_and_told_of_if_it_does_not_start(
    tmp_path: Path, script: str, said: str
) -> None:
    file = tmp_path / f"python3.{MINOR + 1}"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    with pytest.raises(BuildError, match=said):
        interpreters.find((f"cp3{MINOR + 1}", f"cp3{MINOR + 1}"), {**os.environ, "PATH": str(tmp_path)})


@pytest.mark.parametrize(("name", "triplet"), [("aarch64", "aarch64-linux-gnu"), ("armv7l", "arm-linux-gnueabihf")])
def test_python_speaks_for_another_cpu_but_keeps_its_own_folders(tmp_path: Path, name: str, triplet: str) -> None:
    arch = find(name)
    tools = compilers.Compilers(tmp_path / "compilers", Target(arch, (2, 17)))
    env = {
        **os.environ,
        **interpreters.find((RUNNING, RUNNING), os.environ).for_another_cpu(
            tools.target.arch, tools.folder, tools.variables
        ),
    }
    names = ("EXT_SUFFIX", "SOABI", "CC", "LDSHARED", "AR", "SIZEOF_VOID_P")
    question = f"import json, sysconfig as s; print(json.dumps([s.get_config_vars(*{names}), s.get_platform()]))"
    answers, platform = json.loads(subprocess.check_output([sys.executable, "-c", question], env=env))
    soabi = f"cpython-3{MINOR}-{triplet}"
    assert answers == [f".{soabi}.so", soabi, tools.cc, f"{tools.cc} -shared", tools.ar, arch.bits // 8]
    assert platform == f"linux-{name}"
    folders = "import sysconfig; print(sysconfig.get_paths())"
    with_it, without = (
        subprocess.check_output([sys.executable, "-c", folders], env=each) for each in (env, os.environ)
    )
    assert with_it == without


def test_pyo3_finds_exactly_one_description_of_the_other_python(tmp_path: Path) -> None:
    tools = compilers.Compilers(tmp_path, Target(find("aarch64"), (2, 17)))
    found = interpreters.find((RUNNING, RUNNING), os.environ).for_another_cpu(
        tools.target.arch, tools.folder, tools.variables
    )
    files = [file.name for file in Path(found["PYO3_CROSS_LIB_DIR"]).iterdir()]
    assert files == [f"{found['_PYTHON_SYSCONFIGDATA_NAME']}.py"]
    assert files == ["_sysconfigdata__linux_aarch64-linux-gnu.py"]
    told: dict[str, dict[str, object]] = {}
    exec(Path(found["PYO3_CROSS_LIB_DIR"], *files).read_text(), told)  # noqa: S102  (as PyO3 does)
    assert told["build_time_vars"]["prefix"] == sys.base_prefix  # PyO3 looks into it
