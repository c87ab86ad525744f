"""The list of damage kinds is the truth: each is produced by some input, and nothing else ever is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import wheelcheck.binary
from tests.support import ar_cases, elf_cases, macho_cases, macho_fat_cases, native, pe_cases, wasm_cases
from wheelcheck.binary import read_binary
from wheelcheck.damage import BINARY_KINDS
from wheelcheck.source import Bytes


def inputs() -> list[bytes]:
    library, program = elf_cases.library(), native.program("x86_64", (2, 34))
    mac, fat, windows = native.mac(), macho_fat_cases.fat(), native.windows()
    return [
        *(edit(library) for edit, _ in elf_cases.LIBRARY_CASES.values()),
        *(edit(library) for edit in elf_cases.LIMIT_CASES.values()),
        *(edit(program) for edit, _ in elf_cases.PROGRAM_CASES.values()),
        *(edit(mac) for edit, _ in macho_cases.CASES.values()),
        *(edit(fat) for edit, _ in macho_fat_cases.FAT_CASES.values()),
        *(edit(windows) for edit, _ in pe_cases.PE_CASES.values()),
        *(content for content, _ in ar_cases.CASES.values()),
        *(content for content, _ in wasm_cases.CASES.values()),
        b"!<arch>\n" + ar_cases.member(b"a/", b"") * 65_537,
        b"\0asm\x01\0\0\0" + bytes(2 * 65_537),
        macho_fat_cases.counted(33)(fat),
        pe_cases.put("H", pe_cases.SECTIONS, 97)(windows),
    ]


def produced() -> set[str]:
    binaries = (read_binary("x", Bytes(content)) for content in inputs())
    return {damage.kind for binary in binaries if binary for damage in binary.damage}


def test_every_kind_is_produced_by_some_input_and_no_other_is() -> None:
    assert produced() == BINARY_KINDS.keys()


@pytest.mark.parametrize("kind", BINARY_KINDS)
def test_every_kind_is_a_slug_with_a_meaning(kind: str) -> None:
    assert re.fullmatch(r"(elf|macho|pe|ar|wasm)-[a-z-]+", kind)
    assert len(BINARY_KINDS[kind].split()) > 5


def test_only_kinds_of_reached_limits_are_limits() -> None:
    found = [read_binary("x", Bytes(content)) for content in inputs()]
    caps = {(damage.kind.endswith("-limit"), damage.cap) for binary in found if binary for damage in binary.damage}
    assert caps == {(True, True), (False, False)}


def test_no_reader_names_a_kind_that_is_not_listed() -> None:
    home = Path(wheelcheck.binary.__file__).parent
    sources = "".join(path.read_text("utf-8") for path in home.glob("*.py"))
    assert set(re.findall(r'\.damage\(\s*"([a-z-]+)"', sources)) <= BINARY_KINDS.keys()
