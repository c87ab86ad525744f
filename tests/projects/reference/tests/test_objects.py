from __future__ import annotations

import struct

import pytest
import reference
from reference.objects import parse


def test_the_object_holds_one_program_with_its_map_and_licence() -> None:
    carried = reference.bpf_object()
    assert carried.programs == ("tracepoint/syscalls/sys_enter_openat",)
    program = carried.sections[carried.programs[0]]
    assert program
    assert len(program) % 8 == 0
    assert {".maps", ".BTF", "license"} <= carried.sections.keys()
    assert carried.license == "GPL"


def put(content: bytes, form: str, at: int, value: int) -> bytes:
    changed = bytearray(content)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


def test_an_object_that_was_not_changed_is_accepted() -> None:
    content = reference.bpf_object().content
    assert parse(put(content, "<H", 18, 247)) == reference.bpf_object()


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (lambda _content: b"", "0 bytes"),
        (lambda content: content[:40], "cut short"),
        (lambda content: content[:-1], "cut short"),
        (lambda content: put(content, "<B", 5, 2), "no 64-bit little-endian ELF file"),
        (lambda content: put(content, "<H", 18, 62), "machine 62"),
        (lambda content: put(content, "<H", 16, 3), "type 3"),
        (lambda content: put(content, "<Q", 40, 2**63), "cut short"),
        (lambda content: put(content, "<H", 62, 999), "cut short"),
    ],
)
def test_a_damaged_object_is_refused(damaged: object, why: str) -> None:
    assert callable(damaged)
    with pytest.raises(ValueError, match=why):
        parse(damaged(reference.bpf_object().content))


def test_a_section_that_ends_behind_the_file_is_refused() -> None:
    content = reference.bpf_object().content
    headers = struct.unpack_from("<Q", content, 40)[0]
    with pytest.raises(ValueError, match="a section ends at"):
        parse(put(content, "<Q", headers + 64 + 32, len(content)))
