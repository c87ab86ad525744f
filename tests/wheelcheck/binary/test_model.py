"""What a Binary tells of itself without another look at its bytes."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from tests.support import native
from wheelcheck.binary import Binary, Slice, model, read_binary
from wheelcheck.binary.model import Kind, VersionNeed
from wheelcheck.source import Bytes


def read(content: bytes) -> Binary:
    binary = read_binary("x", Bytes(content))
    assert binary is not None
    return binary


@pytest.mark.parametrize("kind", typing.get_args(model.Kind))
def test_only_programs_and_libraries_are_linked(kind: Kind) -> None:
    binary = Binary("ELF", (Slice("EM_X86_64", ("x86_64",), kind, "linux"),))
    assert binary.is_linked == (kind in ("executable", "library"))
    assert binary.kinds == {kind}


@pytest.mark.parametrize(
    ("content", "linked"),
    [
        (native.library(), True),
        (native.windows(), True),
        (native.universal(native.mac(), native.mac("x86_64")), True),
        (native.bpf_object(), False),
        (native.archive({"a.o": native.object_file()}), False),
        (b"\x7fELF", False),
    ],
    ids=["library", "PE", "universal", "BPF", "archive", "four bytes"],
)
def test_real_files_are_linked_or_not(content: bytes, *, linked: bool) -> None:
    assert read(content).is_linked is linked


def test_facts_cannot_be_changed_and_compare_by_value() -> None:
    assert read(native.library()) == read(native.library())
    assert hash(read(native.library())) == hash(read(native.library()))
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(native.library()).slices[0].machine = "other"  # type: ignore[misc]


def test_version_needs_sort_by_library_then_version() -> None:
    needs = [VersionNeed("libm.so.6", "B"), VersionNeed("libc.so.6", "B", weak=True), VersionNeed("libc.so.6", "A")]
    assert [(need.library, need.version) for need in sorted(needs)] == [
        ("libc.so.6", "A"),
        ("libc.so.6", "B"),
        ("libm.so.6", "B"),
    ]
