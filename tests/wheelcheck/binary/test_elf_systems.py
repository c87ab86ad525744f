"""For which operating system a program or library is: what in it is a proof, and what is none."""

from __future__ import annotations

import struct

import pytest

from tests.support import native
from tests.support.elf_editing import INTERP, NEEDED, STACK, both, byte, graft_dynamic, header, segment
from tests.support.native_files import linked_with, with_loader
from wheelcheck.binary import read_binary
from wheelcheck.source import Bytes

FREEBSD = "/libexec/ld-elf.so.1"


def system_of(content: bytes) -> str:
    binary = read_binary("x", Bytes(content))
    assert binary is not None
    assert binary.damage == ()
    return binary.slices[0].system


def test_a_program_is_for_the_system_whose_loader_starts_it_and_a_library_is_started_by_none() -> None:
    named = ("-Wl,-soname,libx.so", f"-Wl,-dynamic-linker,{FREEBSD}")
    fixed = native.program("x86_64", None, "-no-pie", f"-Wl,--dynamic-linker={FREEBSD}")
    assert (system_of(with_loader(FREEBSD).bytes), system_of(fixed)) == ("other", "other")
    assert system_of(native.library("x86_64", (2, 17), *named)) == "linux"
    assert system_of(native.program()) == "linux"


@pytest.mark.parametrize(
    ("library", "version", "system"),
    [
        ("libc.so.7", "FBSD_1.0", "other"),
        ("libsocket.so.1", "SUNW_1.1", "other"),
        ("libfoo.so.7", "FBSD_1.0", "linux"),
        ("libc.so.7", "FOO_1.0", "linux"),
    ],
)
def test_a_version_of_another_systems_c_library_is_a_proof(library: str, version: str, system: str) -> None:
    assert system_of(linked_with(library, version=version).bytes) == system


@pytest.mark.parametrize(
    ("osabi", "named"),
    [(0, ()), (3, ()), (9, ("FreeBSD",)), (2, ("NetBSD",)), (12, ("OpenBSD",)), (6, ("Solaris",)), (13, ("Openvms",))],
)
def test_the_header_names_a_system_by_its_number(osabi: int, named: tuple[str, ...]) -> None:
    binary = read_binary("x", Bytes(byte(7, osabi)(native.musl_library())))
    assert binary is not None
    assert binary.slices[0].named_systems == named


PROGRAM, SEGMENT = struct.Struct("<16s2H5I6H"), struct.Struct("<8I")


def program_for_arm(address: int, *further: int) -> bytes:
    """Return the start of a static program for 32-bit ARM: a PT_LOAD at this address, and segments of these types."""
    count = 1 + len(further)
    end = PROGRAM.size + count * SEGMENT.size
    ident, flags = b"\x7fELF\1\1\1".ljust(16, b"\0"), 0x0500_0400
    head = PROGRAM.pack(ident, 2, 40, 1, address, PROGRAM.size, 0, flags, PROGRAM.size, SEGMENT.size, count, 0, 0, 0)
    rows = [SEGMENT.pack(1, 0, address, address, end, end, 5, 4096)]
    return head + b"".join([*rows, *(SEGMENT.pack(kind, 0, 0, 0, 0, 0, 6, 16) for kind in further)])


@pytest.mark.parametrize(
    ("address", "further", "system"),
    [
        (0, (), "bare"),
        (4095, (), "bare"),
        (4096, (), "linux"),
        (0, (STACK,), "linux"),
        (0, (0x70000001,), "bare"),  # PT_ARM_EXIDX
    ],
)
def test_a_program_below_the_first_address_is_firmware_unless_it_is_marked_for_linux(
    address: int, further: tuple[int, ...], system: str
) -> None:
    assert system_of(program_for_arm(address, *further)) == system


@pytest.mark.parametrize(("osabi", "faults"), [(0, []), (3, []), (64, []), (97, []), (65, ["elf-osabi"])])
def test_code_for_arm_may_have_one_of_two_numbers_more(osabi: int, faults: list[str]) -> None:
    for cpu, allowed in (("armv7l", faults), ("aarch64", faults if osabi < 64 else ["elf-osabi"])):
        binary = read_binary("x", Bytes(byte(7, osabi)(native.library(cpu))))
        assert binary is not None
        assert [damage.kind for damage in binary.damage] == allowed


@pytest.mark.parametrize(("version", "faults"), [(0, []), (3, []), (4, ["elf-osabi"]), (255, ["elf-osabi"])])
def test_linux_has_four_versions_of_its_abi(version: int, faults: list[str]) -> None:
    for cpu in ("x86_64", "aarch64"):
        binary = read_binary("x", Bytes(byte(8, version)(byte(7, 3)(native.library(cpu)))))
        assert binary is not None
        assert [damage.kind for damage in binary.damage] == faults


def test_a_program_of_an_unknown_cpu_is_for_linux_where_a_loader_starts_it() -> None:
    alone = graft_dynamic(lambda entries: [each for each in entries if each[0] != NEEDED])(native.program())
    unknown = both(header(machine=0x1234), byte(7, 0))(alone)
    assert system_of(segment(INTERP, type=0)(unknown)) == "bare"
    binary = read_binary("x", Bytes(unknown))
    assert binary is not None
    assert (binary.slices[0].needed, binary.slices[0].system) == ((), "linux")
