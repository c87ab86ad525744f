"""What members cost in steps: enough that a file which may be read takes a bounded number of calls, and no more.

Work is counted in calls of functions, which do not depend on how busy the machine is.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import struct
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import ar_cases, elf_cases, macho_cases, native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, an_sdist, tarred, zipped
from wheelcheck import check
from wheelcheck.archive.limits import Budget
from wheelcheck.damage import ENDING, KINDS
from wheelcheck.engine import judge
from wheelcheck.facts import collect as collecting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe, WheelRecipe

    Made = Callable[[int], SdistRecipe | WheelRecipe]

CAPS = frozenset(kind for kind in KINDS if kind.startswith("cap-"))
MAC = "py3-none-macosx_11_0_arm64"
MOST_CALLS = 13.0  # of functions in Python and C, for one step
CARGO = b'[package]\nname = "c%d"\nversion = "1.0.0"\n[dependencies]\nc%d = { path = "../c%d" }\n'


def sources(make: Callable[[int], File]) -> Made:
    return lambda count: an_sdist(*map(make, range(count)))


def files(make: Callable[[int], File], tags: str = X86_64) -> Made:
    return lambda count: a_wheel(tags, *map(make, range(count)))


def with_sha512(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    empty = base64.urlsafe_b64encode(hashlib.sha512(b"").digest()).rstrip(b"=").decode()
    return [(path, f"sha512={empty}" if path.startswith("demo/") else given, size) for path, given, size in rows]


def library(number: int) -> bytes:
    return native.library() + b"%d" % number


ROWS = 400  # of a table in a file
ENTRIES = elf_cases.many(0x6000000E, ROWS)
COMMANDS = [macho_cases.command(0x26, bytes(8))] * ROWS  # LC_FUNCTION_STARTS
WASM = b"\0asm\1\0\0\0" + b"\0\0" * ROWS
MEMBERS = [ar_cases.member(b"a/", b"")] * ROWS


def segments(number: int) -> bytes:
    """A library of nothing but PT_LOADs, each behind the other."""
    size = 64 + 56 * ROWS
    rows = (struct.pack("<2I6Q", 1, 4, 0, at << 24, at << 24, size, size, 4096) for at in range(ROWS))
    head = struct.pack("<4s5B7x2HI3QI6H", b"\x7fELF", 2, 1, 1, 0, 0, 3, 62, 1, 0, 64, 0, 0, 64, 56, ROWS, 64, 0, 0)
    return head + b"".join(rows) + b"%d" % number


def commanding() -> bytes:
    """A dylib with many load commands of which dyld reads nothing."""
    content = native.mac(kind="library")
    return macho_cases.rebuilt(content, [*macho_cases.commands(content), *COMMANDS])


def functions(count: int) -> str:
    named = "".join(f"PUBLIC int f{number}(void) {{ return 1; }}\n" for number in range(count))
    return f"int DllMainCRTStartup(void) {{ return 1; }}\n{named}"


def exporting(target: str, *shape: str) -> Callable[[int], bytes]:
    """Return libraries that export many names."""
    public = "-DPUBLIC=__declspec(dllexport)" if "windows" in target else "-DPUBLIC="
    return lambda number: native.compile_c(functions(5 * ROWS), target, public, *shape, name="libx.so") + b"%d" % number


def defining(number: int) -> bytes:
    """A library in which each function has a symbol version of its own."""
    script = "".join(f"V{each} {{ f{each}; }};\n" for each in range(ROWS))
    shape = ("-shared", "-fPIC", "-nostdlib", "-s", "-DPUBLIC=", *native.versioned(script))
    return native.compile_c(functions(ROWS), "x86_64-linux-gnu.2.17", *shape, name="libv.so") + b"%d" % number


DLL, DYLIB = exporting("x86_64-windows-gnu", "-shared", "-nostdlib"), exporting("aarch64-macos.11.0", "-dynamiclib")
LIBRARY = exporting("x86_64-linux-gnu.2.17", "-shared", "-fPIC", "-nostdlib", "-s")


SHAPES: dict[str, Made] = {
    "plain files": sources(lambda n: File(f"f{n}.txt", b"")),
    "deep files": sources(lambda n: File(f"{'a/' * 50}f{n}.txt", b"")),
    "folders of their own": sources(lambda n: File(f"{f'd{n}/' * 30}f.txt", b"")),
    "names beyond ASCII": sources(lambda n: File(f"\u00e9{n}.txt", b"")),
    "links": sources(lambda n: File(f"l{n}", b"PKG-INFO", 0o120777)),
    "stubs of ELF": sources(lambda n: File(f"f{n}", b"\x7fELF")),
    "many ends in one file": sources(lambda n: File(f"f{n}.bin", b"x" + b"PK\5\6" * 900 + bytes(18))),
    "ends of zips": sources(lambda n: File(f"f{n}.bin", b"xPK\5\6" + bytes(18))),
    "archives": sources(lambda n: File(f"f{n}.zip", zipped(File("a", b"x")))),
    "archives that are damaged": sources(lambda n: File(f"f{n}.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0")),
    "tars": sources(lambda n: File(f"f{n}.tar.gz", tarred(File("a", b"x")))),
    "crates": sources(lambda n: File(f"c{n}/Cargo.toml", CARGO % (n, n + 1, n + 1))),
    "values of TOML": lambda n: an_sdist(File("Cargo.toml", b"a = [%s]\n" % (b"[1]," * 20 * n))),
    "C": sources(lambda n: File(f"f{n}.c", b'#include "x%d.h"\n' % n)),
    "Cython": sources(lambda n: File(f"f{n}.pyx", b"from . cimport %s\n" % b", ".join([b"a"] * 99))),
    "Rust": sources(lambda n: File(f"src/f{n}.rs", b"mod a;\nmod b;\n")),
    "texts": sources(lambda n: File(f"d{n}/setup.py", b"setup()\n")),
    "modules": files(lambda n: File(f"demo/f{n}.py", b"x = 1\n")),
    "scripts": files(lambda n: File(f"demo-1.0.data/scripts/f{n}", b"#!python\n", EXECUTABLE)),
    "files with another hash": lambda n: replace(
        a_wheel("py3-none-any", *(File(f"demo/f{number}.py", b"") for number in range(n))), record=with_sha512
    ),
    "data": files(lambda n: File(f"demo-1.0.data/data/f{n}", b"x")),
    "packages": files(lambda n: File(f"p{n}/__init__.py", b"from . import a, b\n" * 30)),
    "other metadata": files(lambda n: File(f"demo-1.0.dist-info/licenses/f{n}", b"x")),
    "libraries": files(lambda n: File(f"demo/f{n}.so", library(n))),
    "libraries for several tags": files(
        lambda n: File(f"demo/f{n}.so", library(n)),
        "cp311-cp311-manylinux_2_17_x86_64.manylinux_2_24_x86_64.manylinux_2_28_x86_64.manylinux_2_34_x86_64",
    ),
    "foreign libraries": files(lambda n: File(f"demo/f{n}.so", native.library("aarch64") + b"%d" % n)),
    "objects": files(lambda n: File(f"demo/f{n}.o", native.object_file() + b"%d" % n)),
    "Mach-O": files(lambda n: File(f"demo/f{n}.dylib", native.mac(kind="library") + b"%d" % n), MAC),
    "PE": files(lambda n: File(f"demo/f{n}.dll", native.windows(kind="library") + b"%d" % n), "py3-none-win_amd64"),
    # Tables in files of native code, whose rows are no symbols and no libraries.
    "segments": files(lambda n: File(f"demo/f{n}.so", segments(n))),
    "dynamic entries": files(lambda n: File(f"demo/f{n}.so", ENTRIES(native.library()) + b"%d" % n)),
    "versions that are defined": files(lambda n: File(f"demo/f{n}.so", defining(n))),
    "load commands": files(lambda n: File(f"demo/f{n}.dylib", commanding() + b"%d" % n), MAC),
    "members of an archive": files(lambda n: File(f"demo/f{n}.a", ar_cases.archive(*MEMBERS, b"%d" % n))),
    "sections of WebAssembly": files(lambda n: File(f"demo/f{n}.wasm", WASM + b"\0\1%c" % n)),
    "exported names of PE": files(lambda n: File(f"demo/f{n}.dll", DLL(n)), "py3-none-win_amd64"),
    "exported names of ELF": files(lambda n: File(f"demo/f{n}.so", LIBRARY(n))),
    "exported names of Mach-O": files(lambda n: File(f"demo/f{n}.dylib", DYLIB(n)), MAC),
}  # fmt: skip


def work(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Return how many functions are called to read and judge a file, and the steps that are spent on it."""
    budget, counter = Budget(), itertools.count()
    with monkeypatch.context() as patched:
        patched.setattr(collecting, "Budget", lambda: budget)
        sys.setprofile(lambda *_: next(counter))
        try:
            judge(path)
        finally:
            sys.setprofile(None)
    return next(counter), budget.spent


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_members_are_twice_the_work_and_twice_the_steps(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "few").mkdir()
    few, many = SHAPES[shape](24).write(tmp_path / "few"), SHAPES[shape](48).write(tmp_path)
    work(few, monkeypatch)  # imports, and tables that are read once
    small, large = work(few, monkeypatch), work(many, monkeypatch)
    calls, steps = (after - before for before, after in zip(small, large, strict=True))
    assert large[0] <= 2.1 * small[0]
    assert calls <= MOST_CALLS * steps


@pytest.mark.parametrize("shape", [X86_64, ""], ids=["wheel", "sdist"])
def test_a_file_whose_steps_are_exhausted_is_not_verified_and_nothing_is_said_to_be_missing(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of a sound file was not read: that RECORD, a module or a licence is not there would be a guess."""
    inside = [File("demo/__init__.py", b"from . import last\n"), File("demo/tool", native.program, EXECUTABLE)]
    inside += [File(f"demo/m{number}.py", b"x = 1\n") for number in range(20)]
    made = a_wheel(shape, *inside, File("demo/last.py", b"")) if shape else an_sdist(*inside[::2], File("setup.py"))
    path = made.write(tmp_path)
    assert check([path]).verdict == "pass"
    _, whole = work(path, monkeypatch)
    for steps in range(1, whole, 40):
        monkeypatch.setattr(collecting, "Budget", lambda most=steps: Budget(steps=most))
        report = check([path])
        assert report.verdict == "unverified", [f"{each.code} {each.path} {each.message}" for each in report.findings]
        assert {gap.why.partition(":")[0] for gap in report.gaps} == {"cap-steps"}
    monkeypatch.setattr(collecting, "Budget", lambda: Budget(steps=whole))
    assert check([path]).verdict == "pass"


def test_what_was_found_before_the_steps_were_exhausted_stays_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = File("demo/a.so", native.library("aarch64"))
    path = a_wheel(X86_64, bad, *(File(f"demo/m{number}.py") for number in range(50))).write(tmp_path)
    monkeypatch.setattr(collecting, "Budget", lambda: Budget(steps=1_700))
    report = check([path])
    assert report.verdict == "fail"
    assert {(each.code, each.path) for each in report.findings if each.severity == "error"} == {("WC301", "demo/a.so")}
    assert [gap.why.partition(":")[0] for gap in report.gaps] == ["cap-steps"]
    assert report.gaps[0].path.startswith("demo/m")


def test_files_that_may_not_be_hashed_again_are_not_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = SHAPES["files with another hash"](20).write(tmp_path)
    _, whole = work(path, monkeypatch)
    for steps, verdict in ((whole, "pass"), (whole - 1, "unverified")):
        monkeypatch.setattr(collecting, "Budget", lambda most=steps: Budget(steps=most))
        assert check([path]).verdict == verdict


def test_every_limit_that_ends_the_walk_is_known_as_one() -> None:
    assert frozenset(f"cap-{what}" for what in ("held", "reread")) == CAPS - ENDING
