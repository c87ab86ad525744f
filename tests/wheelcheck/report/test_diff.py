from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tests.support import artifacts, native
from tests.support.artifacts import (
    AARCH64,
    EXECUTABLE,
    X86_64,
    File,
    Recipe,
    a_wheel,
    an_sdist,
    code,
    elf,
    macho,
    member,
    wheel,
)
from wheelcheck.binary.model import Symbol, VersionNeed
from wheelcheck.damage import Damage
from wheelcheck.facts.collect import collect
from wheelcheck.records import replace
from wheelcheck.report import diff
from wheelcheck.report.diff import Difference, compare, floor_of, properties

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Artifact, Member

TOOL = "demo/bin/tool"
OLD = File(TOOL, partial(native.program, "x86_64", (2, 17)), EXECUTABLE)
NEW = File(TOOL, partial(native.program, "x86_64", (2, 34)), EXECUTABLE)


def made(folder: Path, name: str, recipe: Recipe) -> Artifact:
    (folder / name).mkdir()
    return collect(recipe.write(folder / name))


def differences(folder: Path, before: Recipe, after: Recipe) -> tuple[Difference, ...]:
    return compare(made(folder, "before", before), made(folder, "after", after))


# --- real archives ---


def test_the_same_wheel_differs_in_nothing(tmp_path: Path) -> None:
    assert differences(tmp_path, a_wheel(X86_64, OLD), a_wheel(X86_64, OLD)) == ()


def test_a_floor_that_rose_is_named_with_both_sides(tmp_path: Path) -> None:
    (found,) = differences(tmp_path, a_wheel(X86_64, OLD), a_wheel(X86_64, NEW))
    details = {name: (old, new) for name, old, new in found.details}
    assert (found.path, found.change) == (TOOL, "changed")
    assert details["floor"] == ("GLIBC_2.2.5", "GLIBC_2.34")
    assert {"format", "code", "mode", "loader"}.isdisjoint(details)


def test_a_lost_exec_bit_is_named_though_the_bytes_are_the_same(tmp_path: Path) -> None:
    plain = File(TOOL, OLD.content, 0o100644)
    (found,) = differences(tmp_path, a_wheel(X86_64, OLD), a_wheel(X86_64, plain))
    assert found == Difference(TOOL, "changed", (("mode", "0o100755", "0o100644"),))


def test_another_cpu_is_named(tmp_path: Path) -> None:
    other = File(TOOL, partial(native.program, "aarch64", (2, 17)), EXECUTABLE)
    (found,) = differences(tmp_path, a_wheel(X86_64, OLD), a_wheel(AARCH64, other))
    details = {name: (old, new) for name, old, new in found.details}
    assert details["code"] == ("linux x86_64 executable", "linux aarch64 executable")
    assert details["loader"] == ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")


def test_added_and_removed_files_are_described_and_text_does_not_count(tmp_path: Path) -> None:
    library = File("demo/lib.so", native.library)
    before, after = a_wheel(X86_64, OLD, File("demo/a.py")), a_wheel(X86_64, library, File("demo/a.py", b"changed\n"))
    gone, new = sorted(differences(tmp_path, before, after), key=lambda found: found.change, reverse=True)
    assert (gone.path, gone.change, new.path, new.change) == (TOOL, "removed", "demo/lib.so", "added")
    assert ("code", "", "linux x86_64 library") in new.details
    assert {old for difference in (gone, new) for _, old, _ in difference.details} == {""}


def test_an_extension_module_is_one_file_for_every_python(tmp_path: Path) -> None:
    def modules(python: str, cpu: str) -> Recipe:
        name = f"demo/_x.cpython-{python}-{cpu}-linux-gnu.so"
        return a_wheel(f"cp{python}-cp{python}-manylinux_2_17_{cpu}", File(name, native.library))

    assert differences(tmp_path, modules("311", "x86_64"), modules("312", "x86_64")) == ()


def test_of_two_modules_of_one_name_neither_hides_the_other() -> None:
    paths = [f"demo/_x.cpython-{python}-x86_64-linux-gnu.so" for python in ("311", "312")]
    before = wheel(X86_64, *(member(path, elf("x86_64"), sha256="1" * 64) for path in paths))
    for changed in paths:
        natives = [member(path, elf("x86_64"), sha256=("2" if path == changed else "1") * 64) for path in paths]
        assert [found.path for found in compare(before, wheel(X86_64, *natives))] == [changed]
    (gone,) = compare(before, wheel(X86_64, *before.natives[:1]))
    assert (gone.path, gone.change) == (paths[1], "removed")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_the_version_in_an_sdist_s_top_folder_is_not_a_difference(tmp_path: Path, version: str) -> None:
    before = an_sdist(File("demo/tool", native.program))
    after = an_sdist(File("demo/tool", native.program), version=version)
    assert differences(tmp_path, before, after) == ()


def test_the_version_in_a_data_folder_is_not_a_difference(tmp_path: Path) -> None:
    def scripts(version: str) -> Recipe:
        script = File(f"demo-{version}.data/scripts/tool", native.program, EXECUTABLE)
        return a_wheel(X86_64, script, version=version)

    assert differences(tmp_path, scripts("1.0"), scripts("2.0")) == ()


# --- facts ---


def test_other_bytes_with_the_same_facts_are_recognised_by_their_hash() -> None:
    before, after = (member("demo/x.so", elf("x86_64"), sha256=digit * 64) for digit in "12")
    (found,) = compare(wheel(X86_64, before), wheel(X86_64, after))
    assert found.details == (("content", "1" * 12, "2" * 12),)


def test_differences_are_ordered_by_path() -> None:
    natives = [member(f"demo/{name}.so", elf("x86_64")) for name in "cab"]
    found = compare(wheel(X86_64, *natives[:1]), wheel(X86_64, *natives[1:]))
    assert [(difference.path, difference.change) for difference in found] == [
        ("demo/a.so", "added"),
        ("demo/b.so", "added"),
        ("demo/c.so", "removed"),
    ]


OPTIONAL = VersionNeed("libc.so.6", "GLIBC_2.28", weak=True)
OPTIONALLY_USED = Symbol("fcntl64", "GLIBC_2.28", "libc.so.6", weak=True)


@pytest.mark.parametrize(
    ("slice_", "floor"),
    [
        (code("x86_64", versions=(VersionNeed("libc.so.6", "GLIBC_2.17"),)), "GLIBC_2.17"),
        (code("x86_64", versions=(OPTIONAL,)), "GLIBC_2.28"),
        (code("x86_64", versions=(OPTIONAL,), imports=(OPTIONALLY_USED,), symbols_known=True), ""),
        (code("aarch64", system="macos", minimum_os=(11, 0)), "macos 11.0"),
        (code("x86_64"), ""),
    ],
)
def test_the_floor_is_the_oldest_system_that_is_named(slice_: object, floor: str) -> None:
    assert floor_of(slice_) == floor  # type: ignore[arg-type]  # a slice


@pytest.mark.parametrize(
    ("native_file", "name", "value"),
    [
        (member("x", macho("x86_64", "aarch64")), "code", "macos x86_64 library, macos aarch64 library"),
        (member("x", elf("x86_64", needed=("libz.so.1", "libc.so.6"))), "needs", "libc.so.6, libz.so.1"),
        (member("x", elf("x86_64"), 0o100755), "mode", "0o100755"),
        (member("x", elf("vax")), "code", "linux vax library"),
        (member("x", b"four"), "size", "4"),
        (member("x", b"four"), "format", ""),
    ],
)
def test_properties_are_text_to_compare(native_file: Member, name: str, value: str) -> None:
    assert properties(native_file)[name] == value


def test_what_is_printed_of_one_artifact_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """12,000 native files took 25 s, most of it for drawing their tables."""
    monkeypatch.setattr(diff, "SHOWN", 2)
    files = [artifacts.member(f"demo/{number}.so", artifacts.elf("x86_64")) for number in range(4)]
    none, many = artifacts.wheel(artifacts.X86_64), artifacts.wheel(artifacts.X86_64, *files)
    out = io.StringIO()
    console = Console(file=out, width=100)
    diff.show(many, console)
    assert [f"demo/{number}.so" in out.getvalue() for number in range(4)] == [True, True, False, False]
    assert "\n  … and 2 more native files\n" in out.getvalue()
    damage = tuple(Damage(f"demo/{number}", "zip-gap", "a gap") for number in range(5))
    diff.show(replace(none, damage=damage), console)
    assert "demo/1 zip-gap: a gap\n  … and 3 more faults\n" in out.getvalue()
    diff.show_comparison(diff.Comparison((diff.Pair("a", "b", diff.compare(none, many)),)), console)
    assert out.getvalue().endswith("  … and 2 more native differences\n4 native differences\n")
