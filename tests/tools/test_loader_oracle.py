from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import MODULE, linked_with
from tools.loader_oracle import LOADER, compare, main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or not LOADER.exists(), reason="asks the loader of glibc for x86_64"
)
SHAPE = ("-shared", "-fPIC", "-nostdlib", "-s", "-Wl,-z,undefs")


def module(asked: str) -> File:
    """An extension module that asks for one function, without a version."""
    source = f"extern int {asked}(void);\nvoid *PyInit__x(void) {{ return (void *)(long){asked}(); }}\n"
    return File(MODULE, lambda: native.compile_c(source, "x86_64-linux-gnu.2.17", *SHAPE, name="module.so"))


@pytest.mark.parametrize("file", [module("demo_nowhere"), linked_with("libnowhere.so.1", path=MODULE)], ids=["a", "b"])
def test_what_the_loader_refuses_the_gate_finds(file: File, tmp_path: Path) -> None:
    path = a_wheel(X86_64, file).write(tmp_path)
    assert [kind for kind, _ in compare(path)] == ["asked"]


def test_what_the_loader_takes_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = a_wheel(X86_64, module("PyErr_Clear")).write(tmp_path)
    assert main([str(path)]) == 0
    assert capsys.readouterr().out == "asked 1\n"


def test_a_newer_machine_takes_what_the_floor_lacks(tmp_path: Path) -> None:
    newer = module("arc4random")  # glibc 2.36
    path = a_wheel(X86_64, newer).write(tmp_path)
    kinds = [kind for kind, _ in compare(path)]
    here = tuple(int(part) for part in platform.libc_ver()[1].split("."))
    assert kinds == (["asked", "TAKEN"] if here >= (2, 36) else ["asked"])


def test_a_run_that_asks_about_nothing_fails(tmp_path: Path) -> None:
    assert main([str(a_wheel("py3-none-any", File("demo/__init__.py")).write(tmp_path))]) == 2
