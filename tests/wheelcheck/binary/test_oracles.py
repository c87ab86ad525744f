"""Second opinions: on sane files pyelftools, LIEF and readelf see what we see."""

from __future__ import annotations

import re
import shutil
import subprocess
from io import BytesIO
from typing import TYPE_CHECKING, Any

import lief
import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from elftools.elf.segments import InterpSegment

from tests.support import native
from wheelcheck.binary import Slice, read_binary
from wheelcheck.binary.model import VersionNeed
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = [row.name for row in native.ZIG_ROWS]
MAKERS: dict[str, Callable[[str], bytes]] = {
    "library": native.library,
    "library with names": lambda cpu: native.library(cpu, None, "-Wl,-soname,libanswer.so.1", "-Wl,-rpath,$ORIGIN"),
    "program": native.program,
    "static program": native.static_program,
    "static pie": lambda cpu: native.static_program(cpu, "-fPIE", "-static-pie"),
}
EVERY = [(kind, cpu) for kind in MAKERS for cpu in ROWS]


def ours(content: bytes) -> Slice:
    binary = read_binary("x", Bytes(content))
    assert binary is not None
    return binary.slices[0]


def pyelftools_needs(parsed: ELFFile) -> set[VersionNeed]:
    sections = (part for part in parsed.iter_sections() if isinstance(part, GNUVerNeedSection))
    return {
        VersionNeed(str(file.name), str(need.name), bool(need.entry["vna_flags"] & 2))
        for part in sections
        for file, needs in part.iter_versions()
        for need in needs
    }


@pytest.mark.parametrize(("kind", "cpu"), EVERY)
def test_pyelftools_agrees(kind: str, cpu: str) -> None:
    content = MAKERS[kind](cpu)
    parsed, slice_ = ELFFile(BytesIO(content)), ours(content)
    tags: list[Any] = [
        tag for part in parsed.iter_segments() if isinstance(part, DynamicSegment) for tag in part.iter_tags()
    ]
    interpreters = [part.get_interp_name() for part in parsed.iter_segments() if isinstance(part, InterpSegment)]
    assert slice_.machine == parsed["e_machine"]
    assert (slice_.bits, slice_.little_endian, slice_.flags) == (
        parsed.elfclass,
        parsed.little_endian,
        parsed["e_flags"],
    )
    assert slice_.needed == tuple(tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED")
    assert slice_.soname == "".join(tag.soname for tag in tags if tag.entry.d_tag == "DT_SONAME")
    assert slice_.runpath == tuple(tag.runpath for tag in tags if tag.entry.d_tag == "DT_RUNPATH")
    assert slice_.interpreter == "".join(interpreters)
    assert set(slice_.versions) == pyelftools_needs(parsed)


@pytest.mark.parametrize(("kind", "cpu"), EVERY)
def test_lief_agrees_on_elf(kind: str, cpu: str) -> None:
    content = MAKERS[kind](cpu)
    parsed, slice_ = lief.ELF.parse(list(content)), ours(content)
    assert parsed is not None
    assert slice_.needed == tuple(str(name) for name in parsed.libraries)
    assert slice_.interpreter == (parsed.interpreter if parsed.has_interpreter else "")
    needs = {
        (file.name, need.name) for file in parsed.symbols_version_requirement for need in file.get_auxiliary_symbols()
    }
    assert {(need.library, need.version) for need in slice_.versions} == needs


@pytest.mark.parametrize(("kind", "cpu"), EVERY)
def test_lief_agrees_on_the_symbols_of_elf(kind: str, cpu: str) -> None:
    content = MAKERS[kind](cpu)
    parsed, slice_ = lief.ELF.parse(list(content)), ours(content)
    assert parsed is not None
    assert slice_.symbols_known == slice_.dynamic
    asked = {str(item.symbol.name) for item in parsed.relocations if item.symbol and item.symbol.imported}
    assert {symbol.name for symbol in slice_.imports} == asked
    assert set(slice_.exports.beginning_with("")) == {str(symbol.name) for symbol in parsed.exported_symbols}
    versions = {
        str(symbol.name): symbol.symbol_version.symbol_version_auxiliary.name
        for symbol in parsed.imported_symbols
        if symbol.symbol_version and symbol.symbol_version.symbol_version_auxiliary
    }
    assert {symbol.name: symbol.version for symbol in slice_.imports if symbol.version} == {
        name: version for name, version in versions.items() if name in asked
    }


@pytest.mark.parametrize(("kind", "cpu"), EVERY)
def test_readelf_agrees(kind: str, cpu: str, tmp_path: Path) -> None:
    tool = shutil.which("readelf") or shutil.which("llvm-readelf")
    if tool is None:
        pytest.skip("neither readelf nor llvm-readelf is installed")
    (tmp_path / "x").write_bytes(MAKERS[kind](cpu))
    said = subprocess.run([tool, "-dVW", tmp_path / "x"], capture_output=True, text=True, check=True).stdout
    slice_ = ours(MAKERS[kind](cpu))
    assert re.findall(r"\(NEEDED\)\s+Shared library: \[(.*)\]", said) == list(slice_.needed)
    assert set(re.findall(r"Name: (\S+)  Flags: none", said)) == {need.version for need in slice_.versions}


@pytest.mark.parametrize("cpu", ["x86_64", "aarch64"])
@pytest.mark.parametrize("kind", ["executable", "library"])
@pytest.mark.parametrize("minimum", ["11.0", "13.3"])
def test_lief_agrees_on_macho(cpu: str, kind: str, minimum: str) -> None:
    content = native.mac(cpu, minimum, kind=kind)
    fat, slice_ = lief.MachO.parse(list(content)), ours(content)
    assert fat is not None
    parsed = fat.at(0)
    assert parsed is not None
    names = [str(library.name) for library in parsed.libraries if library.command.name != "ID_DYLIB"]
    assert list(slice_.needed) == names
    assert parsed.build_version is not None
    assert [*slice_.minimum_os, 0] == list(parsed.build_version.minos)
    assert {"X86_64": "x86_64", "ARM64": "aarch64"}[parsed.header.cpu_type.name] in slice_.arches
    assert [str(path.path) for path in parsed.rpaths] == list(slice_.rpath)


@pytest.mark.parametrize("cpu", ["x86_64", "aarch64", "i686"])
@pytest.mark.parametrize("kind", ["executable", "library"])
def test_lief_agrees_on_pe(cpu: str, kind: str) -> None:
    content = native.windows(cpu, kind=kind)
    parsed, slice_ = lief.PE.parse(list(content)), ours(content)
    assert parsed is not None
    assert list(slice_.needed) == [entry.name for entry in parsed.imports]
    assert slice_.machine == f"machine {parsed.header.machine.value:#06x}"
    assert (slice_.kind == "library") == parsed.header.has_characteristic(lief.PE.Header.CHARACTERISTICS.DLL)
