"""`wheelcheck smoke` on wheels that were made here: what is executed, what is skipped, and how a run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.support.artifacts import EXECUTABLE, File, WheelRecipe
from tests.support.commandline import environment, run_here
from tests.support.cross import OTHER, machine_for_other
from tests.support.native import compile_c, linux_target, native
from wheelcheck.builder import trial
from wheelcheck.builder.toolchain import host

# A module without Python's headers: a PyModuleDef is five words of its base, then name, documentation and size.
MODULE_C = """
extern void *PyModule_Create2(void *, int);
static void *definition[13] = {(void *)1, 0, 0, 0, 0, "native", 0, (void *)-1};
void *PyInit_native(void) { return PyModule_Create2(definition, 1013); }
"""
CRASH_C = "void *PyInit_native(void) { __builtin_trap(); }\n"
HERE, THERE = (f"py3-none-manylinux_2_17_{row.name}" for row in (host(), OTHER))
PURE = "py3-none-any"


def program(cpu: str) -> File:
    return File("demo-1.0.data/scripts/tool", partial(native, cpu), EXECUTABLE)


def extension(source: str, cpu: str = host().name) -> File:
    flags = ("-shared", "-fPIC", "-O2")
    target = linux_target(cpu)
    return File("demo/native.abi3.so", partial(compile_c, source, target, *flags, name="native.abi3.so"))


def smoke(folder: Path, tags: str, *files: File, words: tuple[str, ...] = (), **changes: str) -> tuple[int, str]:
    """Return the exit code and everything that `wheelcheck smoke` printed for a wheel of these files."""
    entries = b"[console_scripts]\nstarts = demo:main\n" if any(b"def main" in file.bytes for file in files) else None
    wheel = WheelRecipe(tags, files, dist_info={"entry_points.txt": entries}).write(folder)
    done = run_here(folder, "smoke", wheel, *words, **changes)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_modules_are_imported_and_programs_are_started(tmp_path: Path) -> None:
    source = b"def main(): print('demo 1.0')\n"
    files = (File("demo/__init__.py", source), extension(MODULE_C), program(host().name))
    code, said = smoke(tmp_path, HERE, *files)
    assert code == 0, said
    assert "  OK import demo, demo.native\n  OK run starts --version\n  OK run tool --version\n" in said


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ((File("demo.py", b"raise RuntimeError('broken here')\n"),), "RuntimeError: broken here"),
        ((File("demo.py", b"import demo.absent\n"),), "No module named 'demo.absent'"),
        ((File("demo/__init__.py", b""), extension(CRASH_C)), "import demo.native"),
        ((File("demo.py", b"def main(): raise SystemError('no')\n"),), "run starts --version: exit status 1"),
        ((File("demo.py", b"def maintain(): pass\n"),), "ImportError: cannot import name 'main' from 'demo'"),
        ((File("demo.py", b"def main(): import demo.absent\n"),), "No module named 'demo.absent'"),
        (
            (File("demo.py", b"print('lacks demo')\nimport os; os._exit(0)\n"),),
            "import demo: exit status 0: import demo",
        ),
    ],
    ids=[
        *("an exception", "a module of its own that is missing", "a crash", "an entry point that raises"),
        *("an entry point that does not exist", "an entry point that lacks a module of its own"),
        "a module that ends the process as if all were well",
    ],
)
def test_code_that_does_not_run_fails_with_its_last_lines(tmp_path: Path, files: tuple[File, ...], why: str) -> None:
    code, said = smoke(tmp_path, HERE, *files)
    assert code == 1, said
    assert why in said


def test_a_module_that_needs_an_optional_package_is_skipped_by_name(tmp_path: Path) -> None:
    files = (File("demo.py", b""), File("extra.py", b"import a_package_that_nobody_installed\n"))
    code, said = smoke(tmp_path, PURE, *files)
    assert code == 0, said
    assert "SKIP import extra: it needs a_package_that_nobody_installed" in said
    assert "OK import demo\n" in said


def test_an_entry_point_that_needs_an_optional_package_is_skipped_by_name(tmp_path: Path) -> None:
    code, said = smoke(tmp_path, PURE, File("demo.py", b"def main(): import a_package_that_nobody_installed.part\n"))
    assert code == 0, said
    assert "SKIP run starts --version: it needs a_package_that_nobody_installed" in said


def test_files_that_cannot_be_read_fail_and_the_others_are_tried(tmp_path: Path) -> None:
    good = WheelRecipe(PURE, (File("zebra.py", b""),), project="zebra").write(tmp_path)
    (tmp_path / "demo-1.0-py3-none-any.whl").write_bytes(b"no archive")
    (tmp_path / "demo-2.0-py3-none-any.whl").write_bytes(b"")
    for name in ("demo-py3-none-any.whl", "demo-x-py3-none-any.whl", "demo-1.0-none-any.whl"):
        (tmp_path / name).write_bytes(good.read_bytes())
    (tmp_path / "demo-4.0-py3-none-any.whl").write_bytes(good.read_bytes()[:-30])
    os.mkfifo(tmp_path / "demo-5.0-py3-none-any.whl")
    done = run_here(tmp_path, "smoke", tmp_path, tmp_path / "absent.whl")
    said = (done.stdout + done.stderr).decode()
    assert (done.returncode, said.count("\nFAIL ") + said.startswith("FAIL ")) == (1, 8), said
    assert f"OK {good.name}" in said


def test_a_module_that_hangs_is_killed_with_what_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit holds for the import alone: an installation may take longer."""
    mark = tmp_path / "pid"
    source = (
        "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid))\nchild.wait()\n"
    )
    monkeypatch.setattr(trial, "SECONDS", 3.0)
    code, said = smoke(tmp_path, PURE, File("demo.py", source.encode()))
    assert code == 1, said
    assert "did not end within 3 seconds and was killed" in said
    state = Path(f"/proc/{mark.read_text('utf-8')}/stat")
    assert not state.exists() or state.read_text("utf-8").split()[2] == "Z"


def test_only_skips_are_no_pass(tmp_path: Path) -> None:
    code, said = smoke(tmp_path, "cp311-cp311-macosx_11_0_arm64", File("demo.py", b"raise SystemExit(9)\n"))
    assert code == 2
    assert "SKIP not tried: it is for macosx_11_0_arm64, and only Linux wheels are run" in said
    assert "nothing was executed" in said


@pytest.mark.parametrize("tags", [f"py3-none-musllinux_1_2_{host().name}", f"cp39-cp39-manylinux_2_17_{host().name}"])
def test_a_wheel_that_this_machine_cannot_install_is_skipped_with_the_reason(tmp_path: Path, tags: str) -> None:
    code, said = smoke(tmp_path, tags, File("demo.py", b""), PATH="")
    assert code == 2, said
    assert "musl" in said or "does not support the tags" in said


def test_an_sdist_is_skipped_by_name(tmp_path: Path) -> None:
    (tmp_path / "demo-1.0.tar.gz").write_bytes(b"")
    done = run_here(tmp_path, "smoke", tmp_path / "demo-1.0.tar.gz")
    assert done.returncode == 2
    assert b"SKIP demo-1.0.tar.gz: not a wheel" in done.stdout


def test_a_wheel_that_installs_nothing_to_run_is_no_pass(tmp_path: Path) -> None:
    assert smoke(tmp_path, PURE, File("demo/data.txt"))[0] == 2


@pytest.mark.parametrize(("given", "code"), [("python -c 'import demo'", 0), ("python -c 'import other'", 1)])
def test_a_command_is_run_instead(tmp_path: Path, given: str, code: int) -> None:
    assert smoke(tmp_path, PURE, File("demo.py", b""), words=("--command", given))[0] == code


def test_the_command_of_the_project_in_the_folder_is_run_for_its_own_wheel(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "Demo"\n[[tool.wheelcheck.smoke.commands]]\nrun = ["python", "-m", "demo"]\nexpect = "42"\n'
    )
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    code, said = smoke(tmp_path, PURE, File("demo.py", b"print(42)\n"))
    assert code == 0, said
    assert "OK run python -m demo" in said


def test_modules_and_programs_that_are_not_for_the_cpu_of_the_wheel_fail(tmp_path: Path) -> None:
    """The wrong program is not started: an emulator would run it."""
    other, pointer = extension(MODULE_C, OTHER.name), File("demo/pointer.abi3.so", b"version https://git-lfs")
    code, said = smoke(tmp_path, HERE, File("demo/__init__.py", b""), other, pointer, program(OTHER.name))
    assert code == 1, said
    assert "failed demo.native: ImportError" in said
    assert "failed demo.pointer: ImportError" in said
    assert f"FAIL run tool: it is a program for {OTHER.name}" in said


def test_in_a_wheel_for_two_cpus_the_modules_of_the_other_are_left_alone(tmp_path: Path) -> None:
    tags = f"{HERE}.{THERE.rpartition('-')[2]}"
    code, said = smoke(tmp_path, tags, File("demo/__init__.py", b""), extension(MODULE_C, OTHER.name))
    assert code == 0, said
    assert "OK import demo\n" in said


def test_without_a_kernel_prepared_a_whole_machine_is_a_skip_that_says_how(tmp_path: Path) -> None:
    machine_for_other(dict(os.environ))
    code, said = smoke(tmp_path, THERE, program(OTHER.name), words=("--system",), WHEELCHECK_ROOTS="")
    assert code == 2
    assert f"run `python -m tools.roots system --arch {OTHER.name}`" in said


def test_a_program_for_another_cpu_runs_under_the_emulator(tmp_path: Path) -> None:
    machine_for_other(dict(os.environ))
    code, said = smoke(tmp_path, THERE, program(OTHER.name), WHEELCHECK_ROOTS="")
    assert code == 0, said
    assert "under qemu-user" in said
    assert "OK run tool --version" in said


def test_arch_leaves_other_wheels_out(tmp_path: Path) -> None:
    code, said = smoke(tmp_path, HERE, program(host().name), words=("--arch", OTHER.name))
    assert code == 2
    assert "--arch leaves out" in said


def test_an_interrupt_ends_what_was_started_and_verifies_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    source = f"import os, time, pathlib\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(600)\n"
    wheel = WheelRecipe(PURE, (File("demo.py", source.encode()),)).write(tmp_path)
    # A shell starts what runs in its background with SIGINT ignored, and children inherit that.
    start = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from wheelcheck.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", start, "smoke", str(wheel)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=environment()) as child:
        while not (mark.exists() and mark.read_text("utf-8")):
            assert child.poll() is None
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
    assert (child.returncode, b"interrupted" in errors) == (2, True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text("utf-8")), 0)


@pytest.fixture
def _root() -> None:
    if not machine_for_other(dict(os.environ)).python:
        pytest.fail("no root with Python: run `python3 -m tools.roots root` and set WHEELCHECK_ROOTS")


@pytest.mark.emulated
@pytest.mark.usefixtures("_root")
def test_modules_are_imported_by_the_python_of_a_root(tmp_path: Path) -> None:
    files = (File("demo/__init__.py", b"import sys\n"), extension(MODULE_C, OTHER.name), program(OTHER.name))
    code, said = smoke(tmp_path, THERE, *files)
    assert code == 0, said
    assert "with Python" in said
    assert "  OK import demo, demo.native\n  OK run tool --version\n" in said


@pytest.mark.emulated
@pytest.mark.usefixtures("_root")
@pytest.mark.parametrize("words", [(), ("--system",)])
def test_a_module_that_crashes_fails_there_too(tmp_path: Path, words: tuple[str, ...]) -> None:
    files = (File("demo/__init__.py", b""), extension(CRASH_C, OTHER.name))
    code, said = smoke(tmp_path, THERE, *files, words=words)
    assert code == 1, said
    assert "FAIL import demo, demo.native: killed by signal" in said


@pytest.mark.emulated
@pytest.mark.usefixtures("_root")
def test_what_needs_ptrace_runs_in_a_machine_with_a_kernel_and_the_rest_does_not(tmp_path: Path) -> None:
    if not machine_for_other(dict(os.environ)).kernel:
        pytest.skip(f"no kernel for {OTHER.name}: run `python3 -m tools.roots system`")
    trace = "import ctypes, os; print('traced', ctypes.CDLL(None).ptrace(0, 0, 0, 0), os.getppid())"
    commands = (
        f"""[[tool.wheelcheck.smoke.commands]]\nrun = ["python", "-c", "{trace}"]\n{expected}\n"""
        for expected in ("expect = 'traced 0 1$'\nneeds = ['ptrace']", "expect = 'traced -1 [0-9]{2}'")
    )
    (tmp_path / "pyproject.toml").write_text("\n".join(['[project]\nname = "demo"', *commands]), "utf-8")
    code, said = smoke(tmp_path, THERE, File("demo.py", b""), program(OTHER.name))
    assert code == 0, said
    assert "with Python 3.11 and a kernel" in said


@pytest.mark.emulated
@pytest.mark.usefixtures("_root")
def test_in_a_whole_machine_everything_runs_in_it(tmp_path: Path) -> None:
    files = (File("demo/__init__.py", b""), extension(MODULE_C, OTHER.name), program(OTHER.name))
    code, said = smoke(tmp_path, THERE, *files, words=("--system",))
    assert code == 0, said
    assert "in a machine of qemu-system, with Python 3.11\n  OK import demo, demo.native\n" in said
