from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from wheelcheck.binary import read_binary
from wheelcheck.platforms.system_symbols import is_of_python, offers
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.source import Bytes

WAIT = "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE"  # GLIBCXX_3.4.11, and 3.4.30 of GCC 12


@pytest.mark.parametrize(
    ("library", "name", "tag", "offered"),
    [
        ("libstdc++.so.6", WAIT, "manylinux_2_17_x86_64", True),
        ("libstdc++.so.6", "_ZNSi6ignoreEl", "manylinux_2_17_x86_64", True),  # GLIBCXX_3.4 and 3.4.5
        ("libstdc++.so.6", "_ZSt21__glibcxx_assert_failPKciS0_S0_", "manylinux_2_17_x86_64", False),  # 3.4.30 alone
        ("libstdc++.so.6", "demo", "manylinux_2_17_x86_64", False),
        ("libstdc++.so.6", "_Znwm", "manylinux_2_17_aarch64", True),
        ("libstdc++.so.6", "_Znwj", "manylinux_2_34_armv7l", None),  # the list is that of 64-bit CPUs
        ("libgcc_s.so.1", "_Unwind_Resume", "manylinux_2_17_x86_64", True),
    ],
)
def test_a_library_offers_a_symbol_if_the_floor_has_one_of_its_versions(
    library: str, name: str, tag: str, *, offered: bool
) -> None:
    assert offers(library, name, parse_platform(tag)) is offered


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        ("PyUnicode_New", True),
        ("_PyObject_New", True),
        ("PyMonitoring_EnterScope", True),  # 3.13
        ("PyRefTracer_SetTracer", True),
        ("PySignal_SetWakeupFd", True),
        ("PyArena_New", True),  # until 3.9
        ("PyMonitor_EnterScope", False),
        ("PyFPE_jbuf", False),  # of some builds of 3.6
        ("PyPyList_New", True),
        ("pypy_carefully_make_gil", True),  # which cffi's modules take of PyPy
        ("GraalPyPrivate_Log", True),
        ("PyDemo_New", False),
        ("demo_backend", False),
    ],
)
def test_an_interpreter_may_offer_names_of_its_api(name: str, *, may_be: bool) -> None:
    assert is_of_python(name) is may_be


@pytest.mark.skipif(sys.platform != "linux", reason="finds the library of an interpreter for Linux")
def test_every_name_that_this_interpreter_exports_is_one_that_it_may_offer() -> None:
    library = Path(str(sysconfig.get_config_var("LIBDIR")), str(sysconfig.get_config_var("LDLIBRARY")))
    file = library if library.suffix != ".a" and library.exists() else Path(sys.executable).resolve()
    binary = read_binary(file.name, Bytes(file.read_bytes()))
    assert binary is not None
    names = [name for slice_ in binary.slices for name in slice_.exports.beginning_with("Py")]
    assert len(names) > 500
    assert [name for name in names if not is_of_python(name) and not name.startswith(("PyInit_", "PyFPE_"))] == []


def test_what_a_library_offers_is_read_once_however_many_others_are_asked_for() -> None:
    """rdkit's wheel needs 60 libraries of its own, and each of its modules asks all of them for each of its symbols."""
    platform = parse_platform("manylinux_2_17_x86_64")
    others = [f"libRDKit{number}.so.1" for number in range(200)]

    def lines_read(libraries: list[str]) -> int:
        read: list[str] = []

        def note(_: object, event: str, function: object) -> None:
            if event == "c_call" and getattr(function, "__name__", "") == "split":
                read.append(event)

        sys.setprofile(note)
        try:
            answers = [offers(library, WAIT, platform) for library in libraries]
        finally:
            sys.setprofile(None)
        assert answers == [True if library == "libstdc++.so.6" else None for library in libraries]
        return len(read)

    lines_read(["libstdc++.so.6", *others])
    assert lines_read([*others, "libstdc++.so.6"]) == lines_read(["libstdc++.so.6"])


@pytest.mark.parametrize(
    ("tag", "has_time64", "has_gettid"),
    [
        ("musllinux_1_1_armv7l", False, False),
        ("musllinux_1_2_armv7l", True, True),
        ("musllinux_1_2_i686", True, True),
        ("musllinux_1_1_x86_64", False, False),
        ("musllinux_1_2_x86_64", False, True),
        ("musllinux_1_3_aarch64", False, True),
    ],
)
def test_musl_has_functions_of_its_version_and_of_the_width_of_the_cpu(
    tag: str, *, has_time64: bool, has_gettid: bool
) -> None:
    platform = parse_platform(tag)
    assert offers("libc.so", "__nanosleep_time64", platform) is has_time64
    assert offers("libc.so", "gettid", platform) is has_gettid
    assert offers("libc.so", "nanosleep", platform)
    assert offers("libc.so", "stat64", platform)
