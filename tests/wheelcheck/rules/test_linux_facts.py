"""What rules about Linux say of facts that no real file has so neatly: one field more, or another order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64
from tests.support.twins import judge
from wheelcheck.rules import loading
from wheelcheck.rules.catalogue import find

MUSL = "cp311-cp311-musllinux_1_2_x86_64"
ANDROID = "cp313-cp313-android_24_x86_64"


def hits(code: str, tags: str, *slices: dict[str, Any]) -> list[str]:
    """Return the messages of a rule about a wheel with a file for each of these."""
    members = [
        artifacts.member(f"demo/{number}.so", artifacts.elf("x86_64", **each)) for number, each in enumerate(slices)
    ]
    return [hit.message for hit in judge(artifacts.wheel(tags, *members), code)]


def test_each_file_for_newer_cpus_is_told_whatever_lies_before_it() -> None:
    plain: dict[str, Any] = {"asks_cpu": False}
    newer = plain | {"x86_extensions": ("AVX2",)}
    assert len(hits("WC439", X86_64, plain, newer, plain, newer)) == 2
    assert hits("WC439", X86_64, plain, newer, {"asks_cpu": True}) == []


@pytest.mark.parametrize(
    ("kind", "interpreter", "count"),
    [("library", "", 1), ("executable", "/lib64/ld-linux-x86-64.so.2", 1), ("executable", "", 0)],
)
def test_only_a_program_without_a_loader_relocates_itself(kind: str, interpreter: str, count: int) -> None:
    facts = {"kind": kind, "interpreter": interpreter, "dynamic_tags": frozenset({"DT_RELR"})}
    assert len(hits("WC432", X86_64, facts)) == count
    assert hits("WC432", X86_64, facts | {"dynamic_tags": frozenset()}) == []


@pytest.mark.parametrize(
    ("tags", "interpreter", "expected"),
    [
        (ANDROID, "/system/bin/linker64", False),
        (ANDROID, "/elsewhere/linker64", False),  # nobody says where it is on every device
        (X86_64, "/usr/lib64/ld-linux-x86-64.so.2", False),
        (X86_64, "//lib64//ld-linux-x86-64.so.2", False),
        (X86_64, "/lib64/./ld-linux-x86-64.so.2", False),
        (X86_64, "/usr/lib/../lib64/ld-linux-x86-64.so.2", False),
        (X86_64, "/lib64/../ld-linux-x86-64.so.2", True),
        (X86_64, "lib64/ld-linux-x86-64.so.2", True),
        (X86_64, "/opt/ld-linux-x86-64.so.2", True),
        (X86_64, "", False),
    ],
)
def test_the_loader_of_a_program_is_where_its_c_library_has_it(tags: str, interpreter: str, *, expected: bool) -> None:
    program = {"kind": "executable", "interpreter": interpreter}
    assert [message for message in hits("WC402", tags, program) if "found the loader" in message] == (
        [f"found the loader {interpreter}, expected /lib64/ld-linux-x86-64.so.2 for manylinux_2_17_x86_64"]
        if expected
        else []
    )
    assert hits("WC402", tags, program | {"kind": "library"}) == []


def test_several_paths_are_told_one_after_the_other() -> None:
    (message,) = hits("WC411", X86_64, {"needed": ("/opt/a.so", "/opt/b.so"), "dynamic": True})
    assert message.startswith("needs /opt/a.so, /opt/b.so, a path on the machine that built it")


@pytest.mark.parametrize("tags", [X86_64, MUSL])
def test_a_file_whose_symbols_cannot_be_read_is_told_only_if_it_needs_something(tags: str) -> None:
    unread = {"dynamic": True, "needed": ("libm.so.6",), "symbols_known": False}
    for change, count in (({}, 1), ({"dynamic": False}, 0), ({"needed": ()}, 0)):
        assert len(hits("WC421", tags, unread | change)) == count


@pytest.mark.parametrize(
    ("python", "is_known"), [("cp27-cp27mu", False), ("pp27-pypy_73", False), ("pp310-pypy310_pp73", True)]
)
def test_the_symbols_of_python_2_are_in_no_table(python: str, *, is_known: bool) -> None:
    wheel = artifacts.wheel(f"{python}-manylinux_2_17_x86_64")
    rule = find("WC421")
    assert rule
    assert rule.needs
    assert rule.needs(wheel) == ("" if is_known else "the C API of Python 2 is not known")


def test_a_finding_has_code_and_name_of_its_rule() -> None:
    found = judge(artifacts.wheel(X86_64, artifacts.member("demo/a.so", artifacts.elf("x86_64", x86_level=3))), "WC431")
    name = loading.no_property_note_asks_for_a_newer_cpu_than_the_tag.name
    assert [(each.code, each.name) for each in found] == [("WC431", name)]
    assert name == "no-property-note-asks-for-a-newer-cpu-than-the-tag"
