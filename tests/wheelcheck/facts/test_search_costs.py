"""What loaders and rules look for takes work in proportion to a wheel: nothing is read anew for each file of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelcheck.binary.model import Binary, Names, Slice, Symbol
from wheelcheck.facts import Member, Wheel, dyld, ld_so, required
from wheelcheck.facts.dyld import Dyld, Image
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.facts.ld_so import Loadable, Loader
from wheelcheck.facts.required import Required
from wheelcheck.facts.requirements import bringers
from wheelcheck.rules import macos

if TYPE_CHECKING:
    from collections.abc import Callable

LINUX = "demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
MAC = "demo-1.0-cp312-cp312-macosx_11_0_arm64.whl"


def counted(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[object]:
    """Return a list that grows with each call of a function."""
    calls: list[object] = []
    original: Callable[..., object] = getattr(owner, name)

    def call(*arguments: object) -> object:
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(owner, name, call)
    return calls


def linux(path: str, *needed: str, runpath: tuple[str, ...] = (), rpath: tuple[str, ...] = ()) -> Loadable:
    code = Slice("EM_X86_64", ("x86_64",), "library", "linux", needed=needed, runpath=runpath, rpath=rpath)
    return Loadable(path, path, code)


def test_a_search_path_is_expanded_once_for_all_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 modules with 300 folders and 100 needs each, in 150 kB, took 50 s."""
    calls = counted(monkeypatch, ld_so, "joined")
    needed = [f"l{number}.so" for number in range(100)]
    folders = tuple(f"$ORIGIN/{number}" for number in range(50))
    module = linux("demo/x.so", *needed, runpath=folders)
    loader = Loader([module, *(linux(f"far/{name}") for name in needed)], is_musl=False)
    assert [loader.find(name, module) for name in needed] == [None] * 100
    assert set(loader.closure(module).outside) == set(needed)
    assert len(calls) == 50


@pytest.mark.parametrize("holders", [("b", "c"), ("b", "c", "d", "e", "f", "g")])
def test_the_first_folder_that_has_a_library_is_found_whichever_list_is_shorter(holders: tuple[str, ...]) -> None:
    module = linux("demo/x.so", runpath=("$ORIGIN/a", "/usr/lib", "$ORIGIN/c", "$ORIGIN/b", "$ORIGIN/c"))
    loader = Loader([module, *(linux(f"demo/{folder}/l.so") for folder in holders)], is_musl=False)
    found = loader.find("l.so", module)
    assert found is not None
    assert found.place == "demo/c/l.so"
    assert loader.find("../demo/c/l.so", module) is None


def test_the_top_of_the_environment_is_a_folder_like_others() -> None:
    module = linux("demo/x.so", runpath=("$ORIGIN/..",))
    top = linux("l.so")
    assert Loader([module, top], is_musl=True).find("l.so", module) is top


def of(name: str, *members: Member, metadata: str = "") -> Wheel:
    texts = {"demo-1.0.dist-info/METADATA": metadata}
    return Wheel(name, parse_file_name(name), (*members, Member("demo-1.0.dist-info/METADATA")), texts=texts)


def test_requirements_are_read_once_for_all_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """5,000 requirements and 1,000 files that need something else, in 300 kB, took 46 s."""
    calls = counted(monkeypatch, required, "_required_name")
    metadata = "\n".join(f"Requires-Dist: demo-part{number}" for number in range(300))
    file = linux("demo/x.so", "libother.so", runpath=("$ORIGIN/../demo_part7/lib",))
    wheel = of(LINUX, metadata=metadata)
    for number in range(10):
        member = Member(f"demo/x{number}.so", binary=Binary("ELF", (file.code,)))
        assert bringers(wheel, member, file.code) == ("demo-part7",)
    assert len(calls) == 300


def test_a_project_begins_as_a_folder_only_at_a_hyphen() -> None:
    found = Required(["nvidia-cublas-cu12", "NVIDIA", "nvidiax", "nvidia.x", "z; extra == 'y'", "a"])
    assert found.beginning_as(["nvidia"]) == ("nvidia-cublas-cu12", "NVIDIA", "nvidia.x")
    assert found.beginning_as(["nvidia_cublas", "a"]) == ("nvidia-cublas-cu12", "a")
    assert found.beginning_as(["z", "nvidia-c"]) == ()


def mac(path: str, *needed: str, wanted: str = "", offered: bytes = b"") -> Member:
    code = Slice(
        "arm64",
        ("aarch64",),
        "library",
        "macos",
        needed=needed,
        dynamic=True,
        imports=(Symbol(wanted),) if wanted else (),
        exports=Names.of([offered]),
        symbols_known=True,
    )
    return Member(path, binary=Binary("Mach-O", (code,)))


def test_whether_a_wheel_stands_alone_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """800 modules that need 30 libraries each took minutes: the sources of all packages were read for each library."""
    calls = counted(monkeypatch, macos, "_is_alone")
    wheel = of(MAC, *(mac(f"demo/x{n}.cpython-312-darwin.so", "@rpath/a.dylib", "@rpath/b.dylib") for n in range(5)))
    hits = list(macos.every_needed_dylib_is_in_the_system_or_the_wheel.judge(wheel))
    assert [hit.severity for hit in hits] == ["error"] * 5
    assert len(calls) == 1


def test_the_names_of_each_file_are_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch, Names, "among")
    modules = (mac(f"demo/x{n}.cpython-312-darwin.so", wanted=f"demo_f{n}", offered=b"demo_f1") for n in range(6))
    hits = list(macos.every_symbol_that_is_looked_for_anywhere_is_somewhere.judge(of(MAC, *modules)))
    assert [hit.path[5:7] for hit in hits] == ["x0", "x2", "x3", "x4", "x5"]
    assert len(calls) == 6


def test_names_are_found_among_others_whatever_their_bytes_are() -> None:
    names = Names.of([b"a", "ä".encode(), b"\xff"])
    assert names.among({"a", "ä", "b", "\\xff"}) == {"a", "ä"}


@pytest.mark.parametrize(("depth", "missed"), [(2, 2500), (1000, 0)])
def test_paths_of_many_components_are_followed_less_far(
    monkeypatch: pytest.MonkeyPatch, depth: int, missed: int
) -> None:
    """400 names and 400 search paths, of 2,000 components each, took 5 s in a file of 6 packed kilobytes."""
    calls = counted(monkeypatch, dyld, "_joined")
    names = tuple(f"@rpath/{number}{'/a' * depth}" for number in range(2500 if depth == 2 else 100))
    rpath = tuple(f"@loader_path/{number}" for number in range(50))
    code = Slice("arm64", ("aarch64",), "library", "macos", needed=names, rpath=rpath)
    found = Dyld([Image("demo/x.so", "lib/x.so", code)], [])
    assert len(list(found.missed)) == missed
    assert len(calls) <= 50 * 2 + 50 * missed
