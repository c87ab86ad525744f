from __future__ import annotations

import os
import sys
import sysconfig

import pytest

from wheelcheck.builder import run

# what `cargo zigbuild` gives its children, as a printing build script shows it, and what cargo itself reads
LEAKING = """
CARGO RUSTUP_TOOLCHAIN RUSTUP_TOOLCHAIN_SOURCE RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTC_LINKER RUSTFLAGS
RUSTDOC RUSTDOCFLAGS RUSTC_BOOTSTRAP CARGO_ENCODED_RUSTFLAGS CARGO_MAKEFLAGS MAKEFLAGS CARGO_MANIFEST_DIR
CARGO_MANIFEST_PATH CARGO_PKG_NAME CARGO_TARGET_DIR CARGO_BUILD_TARGET CARGO_BUILD_TARGET_DIR CARGO_BUILD_RUSTFLAGS
CARGO_BUILD_RUSTC CARGO_BUILD_RUSTC_WRAPPER CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER
CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS CARGO_PROFILE_RELEASE_OPT_LEVEL CARGO_ZIGBUILD_ZIG_PATH
CC_x86_64_unknown_linux_gnu CXX_aarch64-unknown-linux-gnu AR_x86_64_unknown_linux_gnu RANLIB_x86_64_unknown_linux_gnu
CFLAGS_x86_64_unknown_linux_gnu TARGET_CC HOST_CC BINDGEN_EXTRA_CLANG_ARGS_x86_64_unknown_linux_gnu
CMAKE_TOOLCHAIN_FILE_x86_64_unknown_linux_gnu
GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_COMMON_DIR GIT_OBJECT_DIRECTORY
""".split()  # noqa: SIM905  (one word a variable)

STAYING = """
PATH HOME CARGO_HOME RUSTUP_HOME CARGO_NET_OFFLINE CARGO_HTTP_CAINFO CARGO_REGISTRIES_MINE_TOKEN CARGO_TERM_COLOR
RUST_BACKTRACE RUST_LOG PIP_INDEX_URL PIP_FIND_LINKS SOURCE_DATE_EPOCH ZIG_GLOBAL_CACHE_DIR CC CFLAGS LANG TMPDIR
GIT_CONFIG_COUNT GIT_SSH_COMMAND GIT_CEILING_DIRECTORIES
""".split()  # noqa: SIM905  (one word a variable)


@pytest.mark.parametrize("name", LEAKING)
def test_what_a_surrounding_cargo_leaves_is_removed(name: str) -> None:
    assert run.scrubbed({name: "x", "PATH": "/bin"}) == {"PATH": "/bin"}


@pytest.mark.parametrize("name", STAYING)
def test_variables_that_name_folders_are_kept(name: str) -> None:
    assert run.scrubbed({name: "x"}) == {name: "x"}


def test_an_intentional_rustc_is_kept_only_by_configuration() -> None:
    base = {"RUSTC": "/usr/bin/rustc", "RUSTFLAGS": "-C debuginfo=1"}
    assert run.scrubbed(base, ["RUSTC"]) == {"RUSTC": "/usr/bin/rustc"}


def test_cargo_finds_the_zigbuild_and_the_zig_of_this_interpreter_first() -> None:
    env = run.for_cargo({"PATH": "/usr/bin", "RUSTC": "x", "CARGO_ZIGBUILD_PYTHON_PATH": "/other"})
    assert env["PATH"] == f"{sysconfig.get_path('scripts')}{os.pathsep}/usr/bin"
    assert env["CARGO_ZIGBUILD_PYTHON_PATH"] == sys.executable
    assert "RUSTC" not in env


def test_cargo_without_a_path_gets_only_the_scripts_folder() -> None:
    assert run.for_cargo({})["PATH"] == sysconfig.get_path("scripts")


def test_a_backend_compiles_with_the_given_compiler_and_sees_no_other_python_or_header() -> None:
    base = {"CC": "gcc", "PYTHONPATH": "/checkout", "CPATH": "/usr/include", "CARGO_TARGET_DIR": "x", "HOME": "/root"}
    plain = {"HOME": "/root", "GIT_OPTIONAL_LOCKS": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    assert run.for_backend(base, {"CC": "/zig"}) == {**plain, "CC": "/zig"}
    given = {"CARGO_TARGET_DIR": "/kept", "PYTHONPATH": "/of the other CPU"}
    assert run.for_backend(base, given) == {**plain, "CC": "gcc", **given}


def test_an_installed_wheel_runs_without_the_callers_python_settings() -> None:
    base = {
        "PYTHONPATH": "/checkout",
        "PYTHONHOME": "/x",
        "VIRTUAL_ENV": "/v",
        "VIRTUAL_ENV_PROMPT": "p",
        "HOME": "/root",
    }
    assert run.for_installed(base) == {"HOME": "/root", "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1"}
