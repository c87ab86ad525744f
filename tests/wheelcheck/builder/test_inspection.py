from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.native import compile_c, native, object_file
from wheelcheck.builder.payload import require_native
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
    "empty": (b"", "0 bytes that are no native code"),
    "four bytes": (b"\x7fELF", "found "),
    "a header cut off": (b"\x7fELF\x02\x01\x01" + bytes(20), "found "),
    "magic, then zeros": (b"\x7fELF" + bytes(2000), "found "),
    "an HTML page": (b"<!DOCTYPE html><title>404</title>", "no native code"),
    "a git-lfs pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "no native code"),
}


@pytest.mark.parametrize(("content", "found"), STUBS.values(), ids=STUBS)
def test_a_stub_is_refused(content: bytes, found: str) -> None:
    with pytest.raises(BuildError, match=found):
        require_native("it", content, "executable", X86)


@pytest.mark.parametrize(
    ("content", "declared", "message"),
    [
        (lambda: native("aarch64"), "executable", "found code for aarch64; expected x86_64"),
        (lambda: native("i686"), "executable", "found code for i686; expected x86_64"),
        (lambda: native("x86_64", "library"), "executable", "found a native library; expected a native executable"),
        (lambda: native("x86_64"), "library", "found a native executable; expected a native library"),
        (lambda: native("x86_64", "object"), "library", "found a native object; expected a native library"),
        (
            lambda: native("x86_64", "object"),
            "object",
            "found EM_X86_64, little-endian; expected EM_BPF, little-endian",
        ),
        (lambda: object_file("bpfeb-freestanding"), "object", "found EM_BPF, big-endian; expected EM_BPF, little"),
        (
            lambda: compile_c("int data = 1;", "bpfel-freestanding", "-c", name="data.o"),
            "object",
            "found an object without code",
        ),
        (
            lambda: native("x86_64", floor=(2, 28), source="newer"),
            "executable",
            "a need of glibc 2.26; .* floor 2.17",
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
    with pytest.raises(BuildError, match="expected a whole ELF file"):
        require_native("it", whole[: len(whole) // 2], "executable", X86)


def test_an_archive_of_objects_is_no_payload() -> None:
    with pytest.raises(BuildError, match="expected a whole ELF file"):
        require_native("it", b"!<arch>\n", "library", X86)
