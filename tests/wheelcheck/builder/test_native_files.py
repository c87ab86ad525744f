from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.native import compile_c, native, object_file
from wheelcheck.builder.native_files import require_native
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelcheck.binary.model import Kind

X86 = Target(find("x86_64"), (2, 17))
ARM = Target(find("aarch64"), (2, 17))


@pytest.mark.parametrize(
    ("target", "kind", "content"),
    [
        (X86, "executable", lambda: native("x86_64")),
        (X86, "library", lambda: native("x86_64", "library")),
        (X86, "object", lambda: object_file("bpfel-freestanding")),
        (ARM, "object", lambda: object_file("bpfel-freestanding")),
        (ARM, "executable", lambda: native("aarch64")),
        (Target(find("x86_64"), (2, 28)), "executable", lambda: native("x86_64", floor=(2, 28), source="newer")),
    ],
)
def test_a_whole_file_of_its_kind_cpu_and_floor_is_accepted(
    target: Target, kind: Kind, content: Callable[[], bytes]
) -> None:
    require_native("it", content(), kind, target)


STUBS = {
    "empty": (b"", "not native code: 0 bytes"),
    "four bytes": (b"\x7fELF", "complete ELF file: "),
    "a header cut off": (b"\x7fELF\x02\x01\x01" + bytes(20), "complete ELF file: "),
    "magic, then zeros": (b"\x7fELF" + bytes(2000), "complete ELF file: "),
    "an HTML page": (b"<!DOCTYPE html><title>404</title>", "not native code"),
    "a git-lfs pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "not native code"),
}


@pytest.mark.parametrize(("content", "found"), STUBS.values(), ids=STUBS)
def test_a_stub_is_refused(content: bytes, found: str) -> None:
    with pytest.raises(BuildError, match=found):
        require_native("it", content, "executable", X86)


@pytest.mark.parametrize(
    ("content", "declared", "message"),
    [
        (lambda: native("aarch64"), "executable", "it is code for aarch64, not for x86_64"),
        (lambda: native("i686"), "executable", "it is code for i686, not for x86_64"),
        (
            lambda: native("x86_64", "library"),
            "executable",
            "a native library, but declared as a native executable",
        ),
        (lambda: native("x86_64"), "library", "it is a native executable, but declared as a native library"),
        (lambda: native("x86_64", "object"), "library", "it is a native object, but declared as a native library"),
        (
            lambda: native("x86_64", "object"),
            "object",
            "it is code for EM_X86_64, little-endian, not for EM_BPF, little-endian",
        ),
        (
            lambda: object_file("bpfeb-freestanding"),
            "object",
            "EM_BPF, big-endian, not for EM_BPF, little",
        ),
        (
            lambda: compile_c("int data = 1;", "bpfel-freestanding", "-c", name="data.o"),
            "object",
            "the object contains no code",
        ),
        (
            lambda: native("x86_64", floor=(2, 28), source="newer"),
            "executable",
            "it needs glibc 2.26, above the floor 2.17",
        ),
    ],
)
def test_a_file_of_another_cpu_kind_or_floor_is_refused(
    content: Callable[[], bytes], declared: Kind, message: str
) -> None:
    with pytest.raises(BuildError, match=message):
        require_native("it", content(), declared, X86)


def test_a_truncated_executable_is_refused() -> None:
    whole = native("x86_64")
    with pytest.raises(BuildError, match="it is not a complete ELF file"):
        require_native("it", whole[: len(whole) // 2], "executable", X86)


def test_an_archive_of_objects_is_not_a_payload() -> None:
    with pytest.raises(BuildError, match="it is not a complete ELF file"):
        require_native("it", b"!<arch>\n", "library", X86)
