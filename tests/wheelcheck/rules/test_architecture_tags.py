from __future__ import annotations

import gzip
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, native
from tests.support.artifacts import X86_64, File, a_wheel, zipped
from tests.support.native_files import LIBRARY, MODULE, UNIVERSAL2, WIN64, dll, exe, library, mac, program
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

ANY = "py3-none-any"
CODE = File("demo/__init__.py", b"VALUE = 1\n")

NONE = "py3-none-manylinux_2_17_x86_64"
ABI3 = "cp310-abi3-manylinux_2_17_x86_64"
ABI3_WINDOWS = "cp310-abi3-win_amd64"
EXTENSION, PYD = library("x86_64", MODULE), dll("x86_64", "demo/_x.pyd")
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC303",
            "one library for one platform, two for two to choose from",
            a_wheel(ANY, library("x86_64")),
            a_wheel(ANY, library("x86_64"), dll("x86_64")),
            "found linux x86_64 code, expected none",
            (LIBRARY,),
        ),
        Twins(
            "WC303",
            "two libraries for one platform are no choice, for two CPUs they are",
            a_wheel(ANY, library("x86_64"), library("x86_64", "demo/b.so")),
            a_wheel(ANY, library("x86_64"), library("aarch64", "demo/b.so")),
            "found linux x86_64 code",
            (LIBRARY, "demo/b.so"),
        ),
        Twins(
            "WC303",
            "only a path that names both system and CPU declares a single payload",
            a_wheel(ANY, program("x86_64", "demo/x86_64/tool"), program("x86_64", "tests/linux-x86_64/tool")),
            a_wheel(ANY, program("x86_64", "demo/linux-x86_64/tool"), exe("x86_64", "demo/win-x64/tool.exe")),
            "found linux x86_64 code, expected none",
            ("demo/x86_64/tool",),
        ),
        Twins(
            "WC303",
            "one of several, where the others are missing: a warning",
            a_wheel(ANY, program("x86_64", "demo/linux-x86_64/tool")),
            a_wheel(ANY, program("x86_64", "demo/linux-x86_64/tool"), program("aarch64", "demo/linux-arm64/tool")),
            "expected code for several platforms or none",
            ("demo/linux-x86_64/tool",),
            severity="warning",
        ),
        Twins(
            "WC303",
            "a suffix does not say that a library is one of several",
            a_wheel(ANY, dll("x86_64", "demo/dlls/x64/native.dll")),
            a_wheel(ANY, dll("x86_64", "demo/dlls/x64/native.dll"), mac("aarch64", path="demo/arm64/native.dylib")),
            "found windows x86_64 code, expected none",
            ("demo/dlls/x64/native.dll",),
        ),
        Twins(
            "WC303",
            "test data for another platform does not make a choice of platforms",
            a_wheel(ANY, program("x86_64"), mac("aarch64", path="demo/tests/libnative.dylib")),
            a_wheel(ANY, program("x86_64"), mac("aarch64")),
            "found linux x86_64 code, expected none",
            ("demo/bin/tool",),
            also=("WC302",),
        ),
        Twins(
            "WC303",
            "an extension module names its platform and is imported all the same",
            a_wheel(ANY, library("x86_64", MODULE)),
            a_wheel(ANY, library("x86_64", MODULE), library("aarch64", "demo/_x_linux_arm64.so")),
            "found linux x86_64 code",
            (MODULE,),
        ),
        Twins(
            "WC303",
            "an ARM library may be v6 or v7 and is still one platform",
            a_wheel(ANY, library("armv7l")),
            a_wheel(ANY, library("armv7l"), library("aarch64", "demo/b.so")),
            "found linux armv7l/armv6l code",
            (LIBRARY,),
        ),
        Twins(
            "WC303",
            "a universal dylib serves one system: it is still one platform",
            a_wheel(ANY, mac("x86_64", "aarch64")),
            a_wheel(ANY, mac("x86_64", "aarch64"), library("x86_64")),
            "found macos x86_64 + macos aarch64 code",
            ("demo/libnative.dylib",),
        ),
        Twins(
            "WC303",
            "a program for Windows in a wheel for any platform",
            a_wheel(ANY, exe("x86_64")),
            a_wheel(WIN64, exe("x86_64")),
            "found windows x86_64 code",
            ("demo/bin/tool.exe",),
        ),
    ],
    ids=str,
)
def test_an_any_wheel_holds_no_single_platform_code(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC303", "a pure wheel", a_wheel(ANY, CODE)),
        Silent("WC303", "test data", a_wheel(ANY, CODE, library("x86_64", "demo/tests/data/x.so"))),
        Silent("WC303", "an eBPF object", a_wheel(ANY, CODE, File("demo/probe.o", native.bpf_object))),
        Silent("WC303", "WebAssembly", a_wheel(ANY, CODE, File("demo/x.wasm", native.wasm_module))),
        Silent("WC303", "an object that somebody links", a_wheel(ANY, CODE, File("demo/crt1.o", native.object_file))),
        Silent(
            "WC303",
            "a .NET assembly",
            artifacts.wheel(ANY, artifacts.member("demo/x.dll", artifacts.pe("i686", managed=True))),
        ),
    ],
    ids=str,
)
def test_what_serves_any_platform_may_be_in_an_any_wheel(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC304",
            "an ABI tag promises an extension module, as rustyaml 0.1.1 did",
            a_wheel(X86_64, CODE),
            a_wheel(X86_64, CODE, library("x86_64", MODULE)),
            "found no native code, expected x86_64 code for manylinux_2_17_x86_64",
        ),
        Twins(
            "WC304",
            "abi3 promises one as well",
            a_wheel("cp310-abi3-win_amd64", CODE),
            a_wheel("cp310-abi3-win_amd64", CODE, dll("x86_64", "demo/_x.pyd")),
            "found no native code, expected x86_64 code for win_amd64",
        ),
        Twins(
            "WC304",
            "a forced tag over headers or data is possible where the ABI is none",
            a_wheel("py3-none-manylinux_2_17_x86_64", CODE),
            a_wheel("py3-none-any", CODE),
            "found no native code",
            severity="warning",
        ),
        Twins(
            "WC304",
            "a payload in a nested archive cannot be judged",
            a_wheel(NONE, CODE, File("demo/payload.zip", partial(zipped, CODE))),
            a_wheel(NONE, CODE, File("demo/payload.zip", partial(zipped, CODE)), program("x86_64")),
            "found native code only inside demo/payload.zip, if any",
            severity="note",
        ),
        *(
            Twins(
                "WC304",
                f"no interpreter imports the extension module that {tags} promises from {path}",
                a_wheel(tags, CODE, File(path, content)),
                a_wheel(tags, CODE, File(path, content), module),
                f"found native code only inside {path}, if any",
            )
            for tags, path, content, module in (
                (X86_64, "demo/payload.zip", partial(zipped, CODE), EXTENSION),
                (X86_64, "demo/data.csv.gz", gzip.compress(b"a,b", mtime=0), EXTENSION),
                (ABI3_WINDOWS, "demo/weights.npz", partial(zipped, CODE), PYD),
                (ABI3_WINDOWS, "demo/tool.jar", partial(zipped, CODE, PYD), PYD),
            )
        ),
        Twins(
            "WC304",
            "nothing but declared payload for another system",
            a_wheel("py3-none-manylinux_2_17_x86_64", exe("x86_64", "demo/win-x64/tool.exe")),
            a_wheel("py3-none-manylinux_2_17_x86_64", exe("x86_64", "demo/win-x64/tool.exe"), program("x86_64")),
            "found only windows x86_64 code",
            severity="warning",
        ),
        Twins(
            "WC304",
            "an ABI tag promises more than payload for another system",
            a_wheel(X86_64, exe("x86_64", "demo/win-x64/tool.exe")),
            a_wheel(X86_64, exe("x86_64", "demo/win-x64/tool.exe"), library("x86_64")),
            "found only windows x86_64 code",
        ),
        *(
            Twins(
                "WC304",
                f"{why}, so its code may be in another distribution",
                a_wheel(ABI3, *files, dist_info={"METADATA": METADATA + lines}),
                a_wheel(ABI3, *files, library("x86_64", "demo/_x.abi3.so"), dist_info={"METADATA": METADATA + lines}),
                "found no native code",
                severity="warning",
            )
            for why, lines, files in (
                ("a meta package pins its own version", b"Requires-Dist: demo_core ==1.0\n", (CODE,)),
                ("an old spelling of that pin", b"Requires-Dist: demo_core (==1.0.0)\n", (CODE,)),
                ("a package without modules pins any version", b"Requires-Dist: core==2.1\n", (File("demo/d.txt"),)),
                ("a package of stubs has no code", b"", (File("demo/__init__.pyi"), File("demo/py.typed"))),
            )
        ),
        *(
            Twins(
                "WC304",
                f"{why} says nothing of where the code is",
                a_wheel(ABI3, CODE, dist_info={"METADATA": METADATA + lines}),
                a_wheel(ABI3, CODE, library("x86_64", "demo/_x.abi3.so"), dist_info={"METADATA": METADATA + lines}),
                "found no native code",
            )
            for why, lines in (
                ("another version", b"Requires-Dist: numpy==2.1\n"),
                ("a version of a series", b"Requires-Dist: core==1.0.*\n"),
                ("an oldest version", b"Requires-Dist: core>=1.0\n"),
                ("an extra", b"Requires-Dist: core==1.0; extra == 'all'\n"),
            )
        ),
        Twins(
            "WC304",
            "of two CPUs, each named by its path, one is not there",
            a_wheel("py3-none-manylinux_2_17_x86_64.manylinux_2_17_aarch64", library("x86_64", "demo/x86_64/l.so")),
            a_wheel(
                "py3-none-manylinux_2_17_x86_64.manylinux_2_17_aarch64",
                library("x86_64", "demo/x86_64/l.so"),
                library("aarch64", "demo/aarch64/l.so"),
            ),
            "found only linux x86_64 code, expected aarch64 + x86_64 code",
        ),
        Twins(
            "WC304",
            "debug data alone is not the code it describes",
            artifacts.wheel(X86_64, artifacts.member("demo/x.debug", artifacts.elf("x86_64", "debug"))),
            artifacts.wheel(X86_64, artifacts.member("demo/x.so", artifacts.elf("x86_64"))),
            "found no native code",
        ),
    ],
    ids=str,
)
def test_a_platform_wheel_holds_code_for_its_platform(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC304", "a static library is code", a_wheel(X86_64, CODE, File("demo/a.o", native.object_file))),
        Silent(
            "WC304",
            "an eBPF object is code for every CPU",
            a_wheel("py3-none-manylinux_2_17_x86_64", CODE, File("demo/probe.o", native.bpf_object)),
        ),
        Silent(
            "WC304",
            "a .NET assembly is code",
            artifacts.wheel(WIN64, artifacts.member("demo/x.dll", artifacts.pe("i686", managed=True))),
        ),
        Silent("WC304", "a slice is another rule's matter", a_wheel(UNIVERSAL2, mac("x86_64", "aarch64"))),
    ],
    ids=str,
)
def test_any_code_of_the_platform_keeps_the_promise(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
