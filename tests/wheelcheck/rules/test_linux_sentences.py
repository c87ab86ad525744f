"""What is said of Linux code under its tags, word for word: facts are enough to judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64
from tests.support.twins import judge
from wheelcheck.binary.model import Symbol, VersionNeed

if TYPE_CHECKING:
    from wheelcheck.binary.model import Kind

LIBRARY = "demo/libnative.so"
MODULE = "demo/native.cpython-311-x86_64-linux-gnu.so"
MUSL = "cp311-cp311-musllinux_1_2_x86_64"
PLAIN = "cp311-cp311-linux_x86_64"
GLIBC_2_34 = VersionNeed("libc.so.6", "GLIBC_2.34", weak=False)


def said(
    code: str, tags: str = X86_64, path: str = LIBRARY, kind: Kind = "library", **facts: Any
) -> list[tuple[str, str]]:
    wheel = artifacts.wheel(tags, artifacts.member(path, artifacts.elf("x86_64", kind, **facts)))
    found = judge(wheel, code)
    assert {each.path for each in found} <= {path}
    return [(each.severity, each.message) for each in found]


def asking(count: int, need: VersionNeed) -> dict[str, Any]:
    symbols = tuple(Symbol(f"f{number}", need.version, need.library, need.weak) for number in range(count))
    return {"versions": (need,), "imports": symbols, "symbols_known": True}


@pytest.mark.parametrize(
    ("count", "end"),
    [
        (0, ""),
        (1, " (to call f0)"),
        (4, " (to call f0, f1, f2, f3)"),
        (5, " (to call f0, f1, f2, f3, f4)"),
        (6, " (to call f0, f1, f2, f3 and 2 others)"),
    ],
)
def test_four_of_the_symbols_that_raise_the_floor_are_named(count: int, end: str) -> None:
    why = "needs GLIBC_2.34 of libc.so.6, expected at most GLIBC_2.17 for manylinux_2_17_x86_64"
    assert said("WC401", **asking(count, GLIBC_2_34)) == [("error", why + end)]


def test_symbols_of_the_floor_itself_do_not_raise_it() -> None:
    needs = [VersionNeed("libc.so.6", f"GLIBC_2.{number}", weak=False) for number in (16, 17, 18, 34)]
    symbols = tuple(Symbol(f"f{need.version[-2:]}", need.version, need.library, need.weak) for need in needs)
    ((_, message),) = said("WC401", versions=tuple(needs), imports=symbols, symbols_known=True)
    assert message.endswith(" (to call f18, f34)")


def test_a_version_that_is_empty_text_is_said_to_have_no_name() -> None:
    found = said("WC403", versions=(VersionNeed("libc.so.6", ""),))
    why = "needs a version without a name of libc.so.6, which no release of glibc defines"
    assert found == [("error", why)]


def test_the_newest_version_is_named_with_the_symbols_of_all_that_are_too_new() -> None:
    needs = [VersionNeed("libstdc++.so.6", f"GLIBCXX_3.4.{number}", weak=False) for number in (9, 29, 30, 28)]
    symbols = tuple(Symbol(f"f{need.version[-2:]}", need.version, need.library, need.weak) for need in needs)
    found = said("WC410", versions=tuple(needs), imports=symbols, symbols_known=True)
    why = "needs GLIBCXX_3.4.30 of libstdc++.so.6, which manylinux_2_17_x86_64 does not promise"
    assert found == [("error", f"{why} (to call f28, f29, f30)")]


UNPROMISED = "which manylinux_2_17_x86_64 does not promise"


@pytest.mark.parametrize(
    ("needed", "path", "expected"),
    [
        (("libc.so.6", "libm.so.6"), LIBRARY, []),
        (("libfoo.so.1",), LIBRARY, [("warning", f"needs libfoo.so.1, {UNPROMISED}: bundle it")]),
        (("libfoo.so.1", "libbar.so"), MODULE, [("warning", f"needs libfoo.so.1, libbar.so, {UNPROMISED}: bundle it")]),
        *(
            (
                ("libpython3.11.so.1.0",),
                path,
                [
                    (
                        severity,
                        f"needs libpython3.11.so.1.0, {UNPROMISED}: link an extension module without libpython",
                    )
                ],
            )
            for path, severity in ((LIBRARY, "warning"), (MODULE, "error"))
        ),
    ],
)
def test_a_library_that_nobody_promises_is_named_with_what_to_do(
    needed: tuple[str, ...], path: str, expected: list[tuple[str, str]]
) -> None:
    assert said("WC411", path=path, needed=needed) == expected


CURRENT = "is below the current folder of whoever starts the program; it must begin with $ORIGIN"
BUILT = "is a folder of the machine that built it; it must begin with $ORIGIN"
LEAVES = "leaves the folder that packages are installed into"
QUOTED = "holds $ORIGIN in a form that no loader expands: the build quoted the dollar sign once too often"
RUN_ON = "is no $ORIGIN for glibc, which reads the letters behind it as part of the name; put a slash between them"


@pytest.mark.parametrize(
    ("entry", "severity", "problem"),
    [
        ("", "warning", CURRENT),
        (".", "warning", CURRENT),
        ("lib", "warning", CURRENT),
        ("/home/me/x", "warning", BUILT),
        ("/home", "warning", BUILT),
        *((entry, "warning", BUILT) for entry in ("/tmp", "/var/tmp/x")),  # noqa: S108  # only read
        ("/tmpx", "note", BUILT),  # noqa: S108
        ("/usr/../tmp", "warning", BUILT),
        ("/home/../opt", "note", BUILT),
        ("/usr/local/lib64", "note", BUILT),
        ("/opt/$LIB", "warning", BUILT),
        ("$$ORIGIN/x", "warning", QUOTED),
        (r"\$ORIGIN", "warning", QUOTED),
        ("$ORIGINlib", "warning", RUN_ON),
        ("$ORIGIN_lib", "warning", RUN_ON),
        ("$ORIGIN2/lib", "warning", RUN_ON),
        ("${ORIGIN", "warning", RUN_ON),
        ("${ORIGIN/lib}", "warning", RUN_ON),
        ("$ORIGIN/../..", "warning", LEAVES),
        ("${ORIGIN}/../../x", "warning", LEAVES),
    ],
)
def test_a_search_path_that_leaves_the_installation_is_named(entry: str, severity: str, problem: str) -> None:
    expected = [(severity, f"the search path '{entry}' {problem}")]
    for old, new in (((entry,), ()), ((), (entry,)), ((entry,), (entry,))):
        assert said("WC412", rpath=old, runpath=new) == expected


@pytest.mark.parametrize(
    "entry", ["$ORIGIN", "${ORIGIN}", "$ORIGIN/..", "${ORIGIN}/../x", "$ORIGIN/../demo.libs", "$ORIGIN.libs"]
)
def test_a_search_path_below_the_installation_is_fine(entry: str) -> None:
    assert said("WC412", rpath=(entry,), runpath=(entry,)) == []


def test_search_paths_with_one_fault_are_named_together() -> None:
    assert said("WC412", rpath=("/a", "/b"), runpath=("/b", "/home/x", "")) == [
        ("note", f"the search path '/a:/b' {BUILT}"),
        ("warning", f"the search path '/home/x' {BUILT}"),
        ("warning", f"the search path '' {CURRENT}"),
    ]


ASKS = "asks for an executable stack (PT_GNU_STACK with PF_X), which glibc 2.41 refuses to give a library"
IMPLIES = "has no PT_GNU_STACK, which means an executable stack on this CPU: glibc 2.41 refuses to load it"


@pytest.mark.parametrize(
    ("kind", "tags", "asked", "expected"),
    [
        ("library", X86_64, True, [("error", ASKS)]),
        ("library", MUSL, True, [("warning", ASKS)]),
        ("library", PLAIN, True, [("error", ASKS)]),
        ("library", X86_64, None, [("error", IMPLIES)]),
        ("library", MUSL, None, []),
        ("library", PLAIN, None, [("error", IMPLIES)]),
        ("library", X86_64, False, []),
        ("executable", X86_64, True, [("warning", ASKS)]),
        ("executable", X86_64, None, []),
        ("executable", X86_64, False, []),
    ],
)
def test_an_executable_stack_is_an_error_where_glibc_loads_a_library(
    kind: Kind, tags: str, asked: object, expected: list[tuple[str, str]]
) -> None:
    assert said("WC413", tags, kind=kind, executable_stack=asked, dynamic=True) == expected
    if asked is None:  # of a file that was not read whole nothing is said
        assert said("WC413", tags, kind=kind, executable_stack=asked, dynamic=False) == []
