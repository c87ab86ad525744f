"""Which extension modules are judged, and as whose: by the tags, the names and the places of several files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.twins import judge
from wheelcheck.binary.model import Names, Symbol

if TYPE_CHECKING:
    from wheelcheck.facts import Member

X86_64 = "manylinux_2_17_x86_64"
METADATA = "demo-1.0.dist-info/METADATA"
MAKER, GONE, PRIVATE = "PyModule_Create2", "PyUnicode_AsUnicode", "_PyThreadState_UncheckedGet"


def module(path: str, *exports: str, takes: str = MAKER, needed: tuple[str, ...] = (), soname: str = "") -> Member:
    """A library that offers and takes these names."""
    offered, taken = Names.of([name.encode() for name in exports]), (Symbol(takes),)
    code = artifacts.elf("x86_64", exports=offered, imports=taken, symbols_known=True, needed=needed, soname=soname)
    return artifacts.member(path, code)


def found(code: str, tags: str, *members: Member) -> list[tuple[str, str]]:
    """Return path and severity of what a rule finds."""
    hits = judge(artifacts.wheel(f"{tags}-{X86_64}", *members), code)
    return [(hit.path, hit.severity) for hit in hits]


@pytest.mark.parametrize(
    ("tags", "name", "is_judged"),
    [
        ("cp312-cp312", "x.so", True),
        ("cp312-none", "x.so", False),  # no tag says that it is for this version alone
        ("cp312-cp312.abi3", "x.so", False),
        ("cp311.cp312-cp311.cp312", "x.so", False),
        ("cp311.cp312-cp311.cp312", "x.cpython-312-x86_64-linux-gnu.so", True),
        ("cp311.cp312-cp311.cp312", "x.cpython-311-x86_64-linux-gnu.so", False),  # which has the function
        ("cp312-cp312", "x.cpython312.so", True),  # no interpreter looks for that, so the tag counts
        ("cp312-cp312", "x.abi3-x86_64-linux-gnu.so", False),
        ("pp311-pypy311_pp73", "x.so", False),
        ("cp27-cp27m", "x.so", False),
    ],
)
def test_the_name_of_a_file_or_else_the_only_tag_says_which_version_it_is_for(
    tags: str, name: str, *, is_judged: bool
) -> None:
    assert len(found("WC440", tags, module(f"demo/{name}", "PyInit_x", takes=GONE))) == is_judged


@pytest.mark.parametrize(
    ("tags", "name", "is_judged"),
    [
        ("cp39-abi3", "x.so", True),
        ("cp315-abi3t", "x.so", True),
        ("py3-none", "x.so", False),
        ("py3-none", "x.abi3.so", True),
        ("py3-none", "x.abi3t.so", True),
        ("cp311-cp311", "x.abi3.so", False),
        ("cp311-cp311.abi3", "x.so", False),
    ],
)
def test_the_tags_or_the_name_promise_the_stable_abi(tags: str, name: str, *, is_judged: bool) -> None:
    assert len(found("WC436", tags, module(f"demo/{name}", "PyInit_x", takes=PRIVATE))) == is_judged


def test_a_module_for_two_platforms_is_told_once_for_what_it_takes() -> None:
    wheel = artifacts.wheel(f"cp39-abi3-{X86_64}.musllinux_1_2_x86_64", module("demo/x.so", takes=PRIVATE))
    assert [hit.path for hit in judge(wheel, "WC436")] == ["demo/x.so"]


@pytest.mark.parametrize(
    ("wanted", "severity"),
    [
        (">=3.8", "error"),
        (">=3.11", "error"),
        (">=3.12", "warning"),
        ("<3.9", "warning"),
        ("<3.10", "error"),
        (">=3.8,!=3.9.*,!=3.10.*,!=3.11.*", "warning"),
    ],
)
def test_a_newer_name_harms_only_where_a_version_without_it_is_admitted(wanted: str, severity: str) -> None:
    text = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: {wanted}\n"
    newer = module("demo/x.so", "PyInit_x", takes="PyObject_GetTypeData")  # since 3.12
    wheel = artifacts.wheel(f"cp39-abi3-{X86_64}", artifacts.member(METADATA), newer, texts={METADATA: text})
    assert [hit.severity for hit in judge(wheel, "WC436")] == [severity]


def test_a_module_of_two_cpus_is_told_once_for_its_init_function() -> None:
    code = artifacts.macho("x86_64", "aarch64", exports=Names.of([b"PyInit_y"]), symbols_known=True)
    wheel = artifacts.wheel("cp311-cp311-macosx_11_0_universal2", artifacts.member("demo/x.abi3.so", code))
    assert [hit.path for hit in judge(wheel, "WC435")] == ["demo/x.abi3.so"]


def test_each_module_is_judged_whatever_was_right_before_it() -> None:
    right, wrong = module("demo/a.abi3.so", "PyInit_a"), module("demo/b.abi3.so", "PyInit_c")
    assert found("WC435", "cp311-cp311", right, wrong) == [("demo/b.abi3.so", "error")]
    assert found("WC435", "cp311-cp311", right, right, wrong, module("c.abi3.so")) == [
        ("demo/b.abi3.so", "error"),
        ("c.abi3.so", "error"),
    ]


@pytest.mark.parametrize(
    ("needed", "soname", "is_judged"),
    [
        ((), "", True),
        (("x.abi3.so",), "", False),
        (("libx.so.1",), "libx.so.1", False),
        (("libx.so.1",), "", True),
        (("demo/sub/x.abi3.so", "sub/x.abi3.so"), "", True),  # no loader compares paths
        (("",), "", True),  # a need of nothing is none of a library without a name
    ],
)
def test_what_another_file_links_to_by_name_is_a_library(
    needed: tuple[str, ...], soname: str, *, is_judged: bool
) -> None:
    library = module("demo/sub/x.abi3.so", soname=soname)
    wrong = found("WC435", "cp311-cp311", library, module("demo/y.abi3.so", "PyInit_y", needed=needed))
    assert wrong == ([("demo/sub/x.abi3.so", "error")] if is_judged else [])


@pytest.mark.parametrize(("name", "severity"), [("_helper", "error"), ("helper", "warning")])
def test_only_names_without_an_underscore_are_functions_of_a_plugin(name: str, severity: str) -> None:
    assert found("WC435", "cp311-cp311", module("demo/x.abi3.so", name)) == [("demo/x.abi3.so", severity)]


def test_modules_of_one_name_in_two_folders_are_two_modules() -> None:
    paths = [f"demo/{folder}/x.cpython-{minor}-x86_64-linux-gnu.so" for folder, minor in (("a", 311), ("b", 312))]
    assert found("WC437", "py3-none", *(module(path, "PyInit_x") for path in paths)) == [
        (path, "error") for path in paths
    ]
    (hit,) = judge(artifacts.wheel(f"py2.py3-none-{X86_64}", module(paths[0], "PyInit_x")), "WC437")
    assert hit.message == "only cp311 imports it, but a wheel for py2.py3-none is installed by others too"
    beside = [path.replace("/b/", "/a/") for path in paths]
    assert found("WC437", "py3-none", *(module(path, "PyInit_x") for path in beside)) == []


@pytest.mark.parametrize(
    ("exports", "takes", "is_module"), [("PyInit_x", "puts", True), ("run", MAKER, True), ("run", "puts", False)]
)
def test_what_has_an_init_function_or_uses_the_interpreter_is_a_module(
    exports: str, takes: str, *, is_module: bool
) -> None:
    path = "demo/x.cpython-311-x86_64-linux-gnu.so"
    assert len(found("WC437", "py3-none", module(path, exports, takes=takes))) == is_module
