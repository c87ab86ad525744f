from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, native
from tests.support.artifacts import AARCH64, X86_64, File, a_wheel
from tests.support.native_files import MODULE, dll, library, mac, tags_of
from tests.support.twins import Silent, Twins
from wheelcheck.platforms.suffixes import ModuleName, parse_module_name
from wheelcheck.rules import Hit, python

if TYPE_CHECKING:
    from pathlib import Path

ANY = "py3-none-any"
LINUX = "cp311-cp311-manylinux_2_17_x86_64"
MUSL = "cp311-cp311-musllinux_1_2_x86_64"
MAC = "cp311-cp311-macosx_11_0_arm64"
GNU = "x.cpython-311-x86_64-linux-gnu.so"
CPU = "x86_64"


def musl(path: str) -> File:
    return File(path, native.musl_library)


def module(suffix: str) -> str:
    return f"demo/_x.{suffix}"


def on_linux(suffix: str) -> File:
    return library("x86_64", module(suffix))


def on_mac(suffix: str) -> File:
    return mac("aarch64", path=module(suffix))


def on_windows(suffix: str) -> File:
    return dll("x86_64", module(suffix))


ABI3, WINDOWS = "cp310-abi3-manylinux_2_17_x86_64", "cp311-cp311-win_amd64"
STALE, FRESH = "_x.cpython-312-x86_64-linux-gnu.so", "_x.cpython-311-x86_64-linux-gnu.so"
PYPY = "pp310-pypy310_pp73-manylinux_2_17_x86_64"
THREADED = "cp313-cp313t-manylinux_2_17_x86_64"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC306",
            "right code under the build host's name, as pykeepass-rs 0.1.15 had it",
            a_wheel(AARCH64, library("aarch64", MODULE)),
            a_wheel(AARCH64, library("aarch64", module("cpython-311-aarch64-linux-gnu.so"))),
            "is named for x86_64-linux-gnu, expected a suffix that Python on manylinux_2_17_aarch64 imports",
            (MODULE,),
        ),
        Twins(
            "WC306",
            "a module for another Python than the tag's",
            a_wheel(X86_64, library("x86_64", module("cpython-312-x86_64-linux-gnu.so"))),
            a_wheel(X86_64, library("x86_64", MODULE)),
            "is named for cp312, expected a suffix that cp311 imports",
            (module("cpython-312-x86_64-linux-gnu.so"),),
        ),
        Twins(
            "WC306",
            "a stale module beside the right one is ballast",
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", module("cpython-312-x86_64-linux-gnu.so"))),
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", module("abi3.so"))),
            "is named for cp312, which cp311 does not import",
            (module("cpython-312-x86_64-linux-gnu.so"),),
            severity="warning",
        ),
        Twins(
            "WC306",
            "a module of the same name in another folder is another module",
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", f"other/{STALE}")),
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", f"other/{FRESH}")),
            "is named for cp312, expected a suffix that cp311 imports",
            (f"other/{STALE}",),
        ),
        Twins(
            "WC306",
            "an abi3 wheel serves later Pythons, which do not look for this version's name",
            a_wheel("cp310-abi3-manylinux_2_17_x86_64", library("x86_64", MODULE)),
            a_wheel("cp310-abi3-manylinux_2_17_x86_64", library("x86_64", module("abi3.so"))),
            "is named for cp311, expected a suffix that cp310 imports",
            (MODULE,),
        ),
        Twins(
            "WC306",
            "a Python for glibc does not look for musl's name",
            a_wheel(X86_64, library("x86_64", module("cpython-311-x86_64-linux-musl.so"))),
            a_wheel(X86_64, library("x86_64", MODULE)),
            "is named for x86_64-linux-musl",
            (module("cpython-311-x86_64-linux-musl.so"),),
        ),
        Twins(
            "WC306",
            "macOS names its modules darwin",
            a_wheel("cp311-cp311-macosx_11_0_arm64", mac("aarch64", path=MODULE)),
            a_wheel("cp311-cp311-macosx_11_0_arm64", mac("aarch64", path=module("cpython-311-darwin.so"))),
            "is named for x86_64-linux-gnu",
            (MODULE,),
        ),
        Twins(
            "WC306",
            "a module for 32-bit Windows in a 64-bit wheel",
            a_wheel("cp311-cp311-win_amd64", dll("x86_64", module("cp311-win32.pyd"))),
            a_wheel("cp311-cp311-win_amd64", dll("x86_64", module("cp311-win_amd64.pyd"))),
            "is named for win32",
            (module("cp311-win32.pyd"),),
        ),
        *(
            Twins(
                "WC306",
                f"no interpreter on {tags} imports {bad}",
                a_wheel(tags, make(bad)),
                a_wheel(tags, make(good)),
                found,
                (module(bad),),
            )
            for tags, make, bad, good, found in (
                (X86_64, on_linux, "cpython-311.so", "cpython-311-x86_64-linux-gnu.so", "is named without platform"),
                (X86_64, on_linux, "cpython-311d.so", "abi3.so", "is named without platform"),
                (PYPY, on_linux, "pypy310-pp73.so", "pypy310-pp73-x86_64-linux-gnu.so", "is named without platform"),
                (MAC, on_mac, "cpython-311.so", "cpython-311-darwin.so", "is named without platform"),
                (WINDOWS, on_windows, "cp311.pyd", "cp311-win_amd64.pyd", "is named without platform (_x.cp311.pyd)"),
                ("cp39-abi3-win_amd64", on_windows, "abi3.pyd", "pyd", "is named without platform (_x.abi3.pyd)"),
                (ABI3, on_linux, "abi3-x86_64-linux-gnu.so", "abi3.so", "is named for CPython 3.15 or newer"),
                (ABI3, on_linux, "abi3-aarch64-linux-gnu.so", "abi3.so", "is named for aarch64-linux-gnu"),
                (ABI3, on_linux, "cpython-310-x86_64-linux-gnu.so", "abi3.so", "is named for cp310 alone, expected"),
                ("cp310-abi3-win_amd64", on_windows, "cp310-win_amd64.pyd", "pyd", "is named for cp310 alone"),
                ("cp312-abi3-macosx_11_0_arm64", on_mac, "cpython-312-darwin.so", "so", "is named for cp312 alone"),
                (ABI3, on_linux, "abi3t.so", "so", "is named _x.abi3t.so, expected a suffix that cp310 on"),
                (LINUX, on_linux, "pyd", "so", "is named _x.pyd, expected a suffix that cp311 on manylinux"),
                (LINUX, on_linux, "cpython311.so", "so", "is named _x.cpython311.so"),
                (LINUX, on_linux, "cp311-x86_64-linux-gnu.so", "so", "is named _x.cp311-x86_64-linux-gnu.so"),
                (LINUX, on_linux, "cpython-311-manylinux_2_17_x86_64.so", "so", "is named for manylinux_2_17_x86_64"),
                (LINUX, on_linux, "cpython-311-x86_64-linux-gnux32.so", "so", "is named for x86_64-linux-gnux32"),
                (LINUX, on_linux, "cpython-311-x86_64-linux-gnueabihf.so", "so", "is named for x86_64-linux-gnueabihf"),
                (LINUX, on_linux, "cpython-311-x86_64-linux-android.so", "so", "is named for x86_64-linux-android"),
                (LINUX, on_linux, "cpython-311m-x86_64-linux-gnu.so", "so", "is named with flag m, expected"),
                (LINUX, on_linux, "cpython-311d-x86_64-linux-gnu.so", "so", "is named with flag d, expected"),
                (LINUX, on_linux, "graalpy231-311-native-x86_64-linux.so", "so", "is named for graalpy311"),
                (WINDOWS, on_windows, "abi3.so", "pyd", "is named _x.abi3.so, expected a suffix that cp311 on win"),
                (WINDOWS, on_windows, "cpython-311-win_amd64.pyd", "pyd", "is named _x.cpython-311-win_amd64.pyd"),
            )
        ),
        Twins(
            "WC306",
            "where no tag names an ABI, the file may be loaded by its path",
            a_wheel("py3-none-manylinux_2_17_x86_64", on_linux("cpython-311.so")),
            a_wheel("py3-none-manylinux_2_17_x86_64", on_linux("so")),
            "is named without platform",
            (module("cpython-311.so"),),
            severity="warning",
        ),
        Twins(
            "WC306",
            "a name without platform beside the right one is ballast",
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", module("cpython-311.so"))),
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", module("abi3.so"))),
            "is named without platform",
            (module("cpython-311.so"),),
            severity="warning",
        ),
        Twins(
            "WC306",
            "a free-threaded Python looks for its own name",
            a_wheel(THREADED, library("x86_64", module("cpython-313-x86_64-linux-gnu.so"))),
            a_wheel(THREADED, library("x86_64", module("cpython-313t-x86_64-linux-gnu.so"))),
            "is named for a GIL build, expected a suffix that cp313t imports",
            (module("cpython-313-x86_64-linux-gnu.so"),),
        ),
        Twins(
            "WC306",
            "a Python with a GIL does not look for a free-threaded name",
            a_wheel("cp313-cp313-win_amd64", dll("x86_64", module("cp313t-win_amd64.pyd"))),
            a_wheel("cp313-cp313-win_amd64", dll("x86_64", module("cp313-win_amd64.pyd"))),
            "is named for a free-threaded build",
            (module("cp313t-win_amd64.pyd"),),
        ),
        Twins(
            "WC306",
            "PyPy looks for its own version's name",
            a_wheel(PYPY, library("x86_64", module("pypy39-pp73-x86_64-linux-gnu.so"))),
            a_wheel(
                PYPY,
                library("x86_64", module("pypy310-pp73-x86_64-linux-gnu.so")),
            ),
            "is named for pp39",
            (module("pypy39-pp73-x86_64-linux-gnu.so"),),
        ),
    ],
    ids=str,
)
def test_extension_modules_are_named_for_their_platform(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC306", "musl's own name", a_wheel(MUSL, musl(module("cpython-311-x86_64-linux-musl.so")))),
        Silent("WC306", "CPython said gnu on musl before 3.11", a_wheel(MUSL, musl(MODULE))),
        Silent("WC306", "the stable ABI names no platform", a_wheel(X86_64, library("x86_64", module("abi3.so")))),
        Silent("WC306", "a plain name is imported by all", a_wheel(X86_64, library("x86_64", "demo/_x.so"))),
        Silent(
            "WC306",
            "CPython 3.15 looks for the stable ABI with a platform",
            a_wheel("cp315-abi3-manylinux_2_17_x86_64", on_linux("abi3-x86_64-linux-gnu.so")),
        ),
        Silent(
            "WC306",
            "an older one finds the name without it",
            a_wheel(ABI3, on_linux("abi3-x86_64-linux-gnu.so"), on_linux("abi3.so")),
        ),
        Silent(
            "WC306",
            "until 3.4 names had no platform",
            artifacts.wheel(
                "cp34-cp34m-manylinux1_x86_64",
                artifacts.member(module("cpython-34m.so"), artifacts.elf("x86_64")),
            ),
        ),
        Silent(
            "WC306",
            "a free-threaded build has the same interpreter tag",
            a_wheel(THREADED, library("x86_64", module("cpython-313t-x86_64-linux-gnu.so"))),
        ),
        Silent(
            "WC306",
            "i686 calls itself i386 in a module's name",
            a_wheel(tags_of("i686"), library("i686", module("cpython-311-i386-linux-gnu.so"))),
        ),
        Silent(
            "WC306",
            "armhf",
            a_wheel(tags_of("armv7l"), library("armv7l", module("cpython-311-arm-linux-gnueabihf.so"))),
        ),
        Silent(
            "WC306",
            "a library that is loaded by path",
            a_wheel("py3-none-manylinux_2_17_x86_64", library("x86_64", MODULE)),
        ),
        Silent(
            "WC306",
            "an any wheel is another rule's matter",
            artifacts.wheel(ANY, artifacts.member(MODULE, artifacts.elf("x86_64"))),
        ),
        Silent(
            "WC306",
            "iOS",
            artifacts.wheel(
                "cp313-cp313-ios_13_0_arm64_iphoneos",
                artifacts.member(module("cpython-313-iphoneos.so"), artifacts.macho("aarch64", system="ios")),
            ),
        ),
    ],
    ids=str,
)
def test_names_that_some_python_of_the_tags_imports_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def problems(tags: str, *paths: str) -> dict[str, Hit]:
    """What WC306 finds in a wheel of libraries at these paths, by path."""
    wheel = artifacts.wheel(tags, *(artifacts.member(path, artifacts.elf("x86_64")) for path in paths))
    return {hit.path: hit for hit in python.extension_modules_are_named_for_their_platform.judge(wheel)}


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (LINUX, GNU),
        (MUSL, GNU),
        (MUSL, "x.cpython-311-x86_64-linux-musl.so"),
        (MAC, "x.cpython-311-darwin.so"),
        ("cp311-cp311-win_amd64", "x.cp311-win_amd64.pyd"),
        ("cp311-cp311-ios_13_0_arm64_iphoneos", "x.cpython-311-iphoneos.so"),
        ("cp311-cp311-ios_13_0_arm64_iphonesimulator", "x.cpython-311-iphonesimulator.so"),
        ("cp313-cp313t-manylinux_2_17_x86_64", "x.cpython-313t-x86_64-linux-gnu.so"),
        ("pp310-pypy310_pp73-manylinux_2_17_x86_64", "x.pypy310-pp73-x86_64-linux-gnu.so"),
        ("cp311-cp311-manylinux_2_17_i686", "x.cpython-311-i386-linux-gnu.so"),
        ("cp311-cp311-manylinux_2_31_armv7l", "x.cpython-311-arm-linux-gnueabihf.so"),
        (LINUX, "x.so"),
        (LINUX, "x.abi3.so"),
        ("py3-none-manylinux_2_17_x86_64", "x.cpython-39-x86_64-linux-gnu.so"),
        ("cp313-cp313-android_24_x86_64", "x.cpython-313-x86_64-linux-android.so"),
        ("cp313-cp313-android_24_armeabi_v7a", "x.cpython-313-arm-linux-androideabi.so"),
        ("cp311-cp311-musllinux_1_2_armv7l", "x.cpython-311-arm-linux-musleabihf.so"),
        ("cp37-cp37m-manylinux_2_17_x86_64", "x.cpython-37m-x86_64-linux-gnu.so"),
        *((f"cp37-cp37-manylinux_2_17_{CPU}", f"x.cpython-37{flag}-{CPU}-linux-gnu.so") for flag in ("m", "u")),
        ("cp311-cp311d-manylinux_2_17_x86_64", "x.cpython-311d-x86_64-linux-gnu.so"),
        ("cp315-abi3t-manylinux_2_17_x86_64", "x.abi3t.so"),
        ("graalpy311-graalpy242_311_native-manylinux_2_17_x86_64", "x.graalpy242-311-native-x86_64-linux.so"),
        (
            "cp311.graalpy311-cp311.graalpy242_311_native-manylinux_2_17_x86_64",
            "x.graalpy242-311-native-x86_64-linux.so",
        ),
        (
            "cp311.graalpy310-cp311.graalpy242_310_native-manylinux_2_17_x86_64",
            "x.graalpy242-311-native-x86_64-linux.so",  # of another GraalPy than the tag's
        ),
        ("pp27-pypy_73-manylinux_2_17_x86_64", "x.pypy-73.so"),
    ],
)
def test_a_module_that_the_tags_interpreters_import_has_no_problem(tags: str, name: str) -> None:
    assert problems(tags, f"demo/{name}") == {}


@pytest.mark.parametrize(
    ("tags", "name", "found"),
    [
        (
            LINUX,
            "x.cpython-311-aarch64-linux-gnu.so",
            "is named for aarch64-linux-gnu, expected a suffix that Python on",
        ),
        (LINUX, "x.cpython-311-x86_64-linux-musl.so", "is named for x86_64-linux-musl"),
        (LINUX, "x.cpython-311-darwin.so", "is named for darwin"),
        (MAC, GNU, "is named for x86_64-linux-gnu"),
        (MAC, "x.cpython-311-iphoneos.so", "is named for iphoneos"),
        ("cp311-cp311-ios_13_0_arm64_iphoneos", "x.cpython-311-iphonesimulator.so", "is named for iphonesimulator"),
        ("cp311-cp311-ios_13_0_arm64_iphonesimulator", "x.cpython-311-iphoneos.so", "is named for iphoneos"),
        ("cp311-cp311-win_arm64", "x.cp311-win_amd64.pyd", "is named for win_amd64"),
        (LINUX, "x.cpython-310-x86_64-linux-gnu.so", "is named for cp310, expected a suffix that cp311 imports"),
        (LINUX, "x.pypy310-pp73-x86_64-linux-gnu.so", "is named for pp310"),
        (LINUX, "x.cpython-311t-x86_64-linux-gnu.so", "is named for a free-threaded build"),
        ("cp313-cp313t-manylinux_2_17_x86_64", "x.cpython-313-x86_64-linux-gnu.so", "is named for a GIL build"),
        ("cp38-cp38-manylinux_2_17_x86_64", "x.cpython-38m-x86_64-linux-gnu.so", "is named with flag m, expected"),
        (LINUX, "x.cpython-311dm-x86_64-linux-gnu.so", "is named with flag dm, expected"),
        ("py3-none-manylinux_2_17_x86_64", "x.cpython-39-aarch64-linux-gnu.so", "is named for aarch64-linux-gnu, exp"),
        (
            "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
            "x.cpython-311-darwin.so",
            "is named for darwin, expected a suffix that Python on manylinux2014_x86_64.manylinux_2_17_x86_64 imp",
        ),
        ("cp313-cp313-android_24_x86_64", "x.cpython-313-x86_64-linux-gnu.so", "is named for x86_64-linux-gnu"),
        ("cp313-cp313-android_24_x86_64", "x.cpython-313-x86_64-linux-musl.so", "is named for x86_64-linux-musl"),
    ],
)
def test_a_module_that_none_of_them_imports_says_why(tags: str, name: str, found: str) -> None:
    (hit,) = problems(tags, f"demo/{name}").values()
    assert (hit.path, hit.severity) == (f"demo/{name}", None)
    assert hit.message.startswith(found)


def test_neither_test_data_nor_an_object_is_a_module_whatever_its_name() -> None:
    stale = "x.cpython-310-x86_64-linux-gnu.so"
    test_data = artifacts.member(f"demo/tests/data/{stale}", artifacts.elf("x86_64"))
    object_file = artifacts.member(f"demo/{stale}", artifacts.elf("x86_64", "object"))
    wheel = artifacts.wheel(LINUX, test_data, object_file)
    assert list(python.extension_modules_are_named_for_their_platform.judge(wheel)) == []


@pytest.mark.parametrize("twin", [GNU, "x.abi3.so", "x.so"])
def test_a_stale_module_beside_the_right_one_is_a_warning(twin: str) -> None:
    stale = "demo/x.cpython-310-x86_64-linux-gnu.so"
    assert problems(LINUX, stale, f"demo/{twin}")[stale].severity == "warning"


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (ABI3, "x.cpython-310-x86_64-linux-gnu.so"),
        (ABI3, "x.abi3t.so"),
        (LINUX, "x.cpython-311-x86_64-linux-android.so"),
        (LINUX, "x.cpython-311m-x86_64-linux-gnu.so"),
        (LINUX, "x.cp311-x86_64-linux-gnu.so"),
        (LINUX, "x.cpython311.so"),
        (LINUX, "x.pyd"),
    ],
)
def test_a_name_that_nobody_imports_beside_one_that_all_import_is_a_warning(tags: str, name: str) -> None:
    assert problems(tags, f"demo/{name}", "demo/x.so")[f"demo/{name}"].severity == "warning"
    assert problems(tags, f"demo/{name}")[f"demo/{name}"].severity is None


@pytest.mark.parametrize("other", ["other/" + GNU, "demo/y.so", "demo/x.cpython-39-x86_64-linux-gnu.so", "demo/x.pyd"])
def test_a_module_of_another_place_name_or_version_replaces_nothing(other: str) -> None:
    stale = "demo/x.cpython-310-x86_64-linux-gnu.so"
    assert problems(LINUX, stale, other)[stale].severity is None


def test_a_library_of_a_modules_name_replaces_nothing_where_no_interpreter_looks_for_it() -> None:
    stale, unseen = "demo/x.cp310-win_amd64.pyd", "demo/x.so"
    assert {path: hit.severity for path, hit in problems(WINDOWS, stale, unseen).items()} == {stale: None}
    assert problems(WINDOWS, stale, "demo/x.pyd")[stale].severity == "warning"


@pytest.mark.parametrize(
    ("tags", "severity"),
    [("cp311-abi3-manylinux_2_17_x86_64", None), ("cp311-none-win_amd64", "warning"), (LINUX, None)],
)
def test_a_module_for_another_version_is_a_warning_where_it_may_be_loaded_by_its_path(
    tags: str, severity: str | None
) -> None:
    name = "demo/x.cp310-win_amd64.pyd" if "win" in tags else "demo/x.cpython-310-x86_64-linux-gnu.so"
    assert problems(tags, name)[name].severity == severity


def test_the_work_grows_with_the_number_of_modules_and_not_with_its_square(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def counted(path: str) -> ModuleName | None:
        nonlocal calls
        calls += 1
        return parse_module_name(path)

    monkeypatch.setattr(python, "parse_module_name", counted)
    work = []
    for count in (50, 200):
        calls = 0
        names = [f"demo/m{number}.cpython-310-x86_64-linux-gnu.so" for number in range(count)]
        assert len(problems(LINUX, *names)) == count
        work.append(calls)
    assert work == [50, 200]
