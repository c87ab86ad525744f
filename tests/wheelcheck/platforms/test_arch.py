from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile
from packaging import _manylinux

from tests.support import native
from wheelcheck.platforms import arch
from wheelcheck.platforms.arch import ARCHES, Arch, ElfIdentity, UnknownArchitectureError, find

ROOT = Path(__file__).parents[3]
BUILT = tuple(row for row in ARCHES if row.elf)


def by_name(row: Arch) -> str:
    return row.name


# --- a new row alone ---

# Adds one made-up CPU to the table, before anything is derived from it, and prints what follows from that row.
_WITH_A_NEW_ROW = """
import json
from wheelcheck.platforms import arch
arch.ARCHES += (
    arch.Arch(
        "riscv128",
        arch.ElfIdentity(999, 64, little_endian=False),
        aliases=("rv128",),
        macos="riscv128",
        windows="win_riscv128",
        macho_cputype=77,
        pe_machines=(0x7777,),
        glibc_loader="/lib/ld-linux-riscv128.so.1",
        musl_loader="/lib/ld-musl-riscv128.so.1",
        lowest_glibc=(2, 41),
        zig_glibc=(2, 40),
        pypi=("manylinux",),
        rust="riscv128gc",
        zig="riscv128",
        multiarch=("riscv128",),
        runner="ubuntu-riscv128",
    ),
)
import nox.registry
import noxfile
from tools import docs, matrix
from wheelcheck import config
from wheelcheck.binary import read_binary
from wheelcheck.builder import toolchain
from wheelcheck.facts import fit
from wheelcheck.platforms import hints, published, suffixes, tags
from wheelcheck.source import Bytes
from pathlib import Path
import struct, sys, tempfile

row = arch.find("rv128")
header = b"\\x7fELF\\2\\2\\1" + bytes(9) + struct.pack(">HHIQQQIHHHHHH", 3, 999, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0)
content = header + struct.pack(">IIQQQQQQ", 1, 5, 0, 0, 0, 120, 120, 4096)
slice_ = read_binary("x.so", Bytes(content)).slices[0]
tag = tags.parse_platform("manylinux_2_41_riscv128")
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "pyproject.toml")
    file.write_text('[tool.wheelcheck]\\nglibc = "2.41"\\narchitectures = ["rv128"]\\npython = ["cp311"]\\n')
    expected = [str(wheel) for wheel in config.load(file).wheels]
print(json.dumps({
    "triple": row.rust_triple,
    "musl triple": row.musl_triple,
    "zigbuild target": toolchain.Target(row, (2, 41)).zigbuild,
    "zig target": row.zig_target((2, 41)),
    "tag": toolchain.Target(row, (2, 41)).platform_tag,
    "loaders": [row.loader("glibc"), row.loader("musl")],
    "of a linux tag": tag.arches,
    "of a macos tag": tags.parse_platform("macosx_11_0_riscv128").arches,
    "of a windows tag": tags.parse_platform("win_riscv128").arches,
    "of an ELF header": slice_.arches,
    "of a Mach-O header": [found.name for found in arch.of_macho(77)],
    "of a PE header": [found.name for found in arch.of_pe(0x7777)],
    "fits its tag": fit.fit((slice_,), (tag,)),
    "fits another": fit.fit((slice_,), (tags.parse_platform("manylinux_2_17_x86_64"),)),
    "named by a path": hints.names_cpu("lib/linux-riscv128/tool", slice_),
    "twins": hints.without_cpu("lib/riscv128/tool"),
    "module suffix": suffixes.is_imported_on("riscv128-linux-gnu", tag),
    "published": [
        published.is_taken_by_pypi(tags.parse_platform(f"{one}_2_41_riscv128")) for one in ("manylinux", "musllinux")
    ],
    "oldest build": row.oldest_build,
    "expected set": expected,
    "session": "build-riscv128" in nox.registry.get(),
    "matrix": [job for job in matrix.runners() if job["arch"] == "riscv128"],
    "page": "| `riscv128` |" in docs.architectures_page(),
}))
"""


@pytest.fixture(scope="module")
def derived() -> dict[str, Any]:
    command = [sys.executable, "-c", _WITH_A_NEW_ROW]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("triple", "riscv128gc-unknown-linux-gnu"),
        ("musl triple", "riscv128gc-unknown-linux-musl"),
        ("zigbuild target", "riscv128gc-unknown-linux-gnu.2.41"),
        ("zig target", "riscv128-linux-gnu.2.41"),
        ("tag", "manylinux_2_41_riscv128"),
        ("loaders", ["/lib/ld-linux-riscv128.so.1", "/lib/ld-musl-riscv128.so.1"]),
        ("of a linux tag", ["riscv128"]),
        ("of a macos tag", ["riscv128"]),
        ("of a windows tag", ["riscv128"]),
        ("of an ELF header", ["riscv128"]),
        ("of a Mach-O header", ["riscv128"]),
        ("of a PE header", ["riscv128"]),
        ("fits its tag", "native"),
        ("fits another", "foreign-cpu"),
        ("named by a path", True),
        ("twins", "lib//tool"),
        ("module suffix", True),
        ("published", [True, False]),
        ("oldest build", [2, 41]),
        ("expected set", ["cp311-cp311-manylinux_2_41_riscv128"]),
        ("session", True),
        ("matrix", [{"arch": "riscv128", "runner": "ubuntu-riscv128"}]),
        ("page", True),
    ],
)
def test_everything_about_a_cpu_is_derived_from_its_row(derived: dict[str, Any], fact: str, value: object) -> None:
    assert derived[fact] == value


def test_the_new_row_s_facts_are_all_held(derived: dict[str, Any]) -> None:
    marks = test_everything_about_a_cpu_is_derived_from_its_row.pytestmark
    assert {fact for fact, _ in marks[0].args[1]} == set(derived)


# --- names ---


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("x86_64", "x86_64"),
        ("AMD64", "x86_64"),
        ("x64", "x86_64"),
        ("arm64", "aarch64"),
        ("ARM64", "aarch64"),
        ("i386", "i686"),
        ("armhf", "armv7l"),
        ("powerpc64le", "ppc64le"),
        ("loong64", "loongarch64"),
        ("riscv64gc", "riscv64"),
    ],
)
def test_a_cpu_is_found_under_its_names_in_any_case(name: str, row: str) -> None:
    assert find(name).name == row


@pytest.mark.parametrize("name", ["", "vax", "x86-64 ", "universal2", "win_amd64", "x86_6"])
def test_an_unknown_cpu_is_an_error_that_names_the_known_ones(name: str) -> None:
    with pytest.raises(
        UnknownArchitectureError, match=r"expected one of x86_64, aarch64, i686, .*, or an alias"
    ) as error:
        find(name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize("row", ARCHES, ids=by_name)
def test_a_row_is_found_by_each_name_and_alias_of_its_own(row: Arch) -> None:
    assert {find(name) for name in (row.name, *row.aliases)} == {row}
    assert all(name == name.lower() for name in row.names)
    assert len(row.names) == len(set(row.names))


def test_no_name_means_two_cpus() -> None:
    spellings = [name for row in ARCHES for name in (row.name, *row.aliases)]
    assert len(spellings) == len(set(spellings))


def test_names_hold_every_spelling_of_every_world() -> None:
    assert find("aarch64").names == ("aarch64", "arm64", "armv8", "arm64v8")
    assert find("i686").names == ("i686", "i386", "x86", "i586", "ia32", "win32")


# --- triples and tags ---


@pytest.mark.parametrize(
    ("name", "rust", "zig", "tag"),
    [
        ("x86_64", "x86_64-unknown-linux-gnu", "x86_64-linux-gnu", "manylinux_2_28_x86_64"),
        ("armv7l", "armv7-unknown-linux-gnueabihf", "arm-linux-gnueabihf", "manylinux_2_28_armv7l"),
        ("i686", "i686-unknown-linux-gnu", "x86-linux-gnu", "manylinux_2_28_i686"),
    ],
)
def test_triples_and_tags_are_derived(name: str, rust: str, zig: str, tag: str) -> None:
    row, floor = find(name), (2, 28)
    assert (row.rust_triple, row.musl_triple) == (rust, rust.replace("gnu", "musl"))
    assert (row.zigbuild_target(floor), row.zig_target(floor)) == (f"{rust}.2.28", f"{zig}.2.28")
    assert row.manylinux_tag(floor) == tag


def test_zig_s_target_without_a_floor_is_musl() -> None:
    assert find("armv7l").zig_target(None) == "arm-linux-musleabihf"


# --- the table against real files ---


def dynamic_program(row: Arch, libc: str) -> bytes:
    if libc == "glibc":
        return native.program(row.name)
    return native.compile_c(native.PROGRAM_C, row.zig_target(None), "-dynamic", "-O2", "-s", name="answer")


def header_of(content: bytes) -> ElfIdentity:
    """Read an ELF header with nothing of ours, by the generic ABI."""
    bits, order = {1: 32, 2: 64}[content[4]], {1: "<", 2: ">"}[content[5]]
    machine = struct.unpack_from(order + "H", content, 18)[0]
    return ElfIdentity(machine, bits, little_endian=order == "<")


def flags_of(content: bytes) -> int:
    order = "<" if content[5] == 1 else ">"
    return int(struct.unpack_from(order + "I", content, 48 if content[4] == 2 else 36)[0])


@pytest.mark.parametrize("row", BUILT, ids=by_name)
@pytest.mark.parametrize("libc", ["glibc", "musl"])
def test_what_zig_builds_has_the_row_s_identity_and_loader(row: Arch, libc: str) -> None:
    if libc == "glibc" and row not in native.GLIBC_ROWS:
        libc = "musl"  # zig has no glibc for it; the musl file tells the identity all the same
    content = dynamic_program(row, libc)
    found, wanted = header_of(content), row.elf
    assert wanted
    assert (found.machine, found.bits, found.little_endian) == (wanted.machine, wanted.bits, wanted.little_endian)
    assert wanted.accepts(flags_of(content))
    segments: Any = ELFFile(io.BytesIO(content)).iter_segments("PT_INTERP")
    assert [segment.get_interp_name() for segment in segments] == [row.loader(libc)]
    assert row in arch.of_elf(found.machine, found.bits, little_endian=found.little_endian)


@pytest.mark.parametrize("libc", ["glibc", "musl"])
def test_only_arm_v6_and_v7_share_a_loader(libc: str) -> None:
    rows = [row for row in BUILT if row.name != "armv6l"]
    loaders = [row.loader(libc) for row in rows]
    assert all(loader.startswith("/lib") for loader in loaders)
    assert len(set(loaders)) == len(rows)
    assert find("armv6l").loader(libc) == find("armv7l").loader(libc)


def test_no_loader_serves_both_c_libraries() -> None:
    assert not {row.glibc_loader for row in BUILT} & {row.musl_loader for row in BUILT}


@pytest.mark.parametrize(
    ("name", "flags", "accepted"),
    [
        ("armv7l", 0x05000400, True),
        ("armv7l", 0x05000000, True),
        ("armv7l", 0x05000200, False),
        ("armv7l", 0x04000400, False),
        ("ppc64le", 2, True),
        ("ppc64le", 0, True),
        ("ppc64le", 1, False),
        ("riscv64", 5, True),
        ("riscv64", 3, False),
        ("loongarch64", 0x43, True),
        ("loongarch64", 0x41, False),
        ("x86_64", 0xFFFF, True),
    ],
)
def test_the_flags_that_name_an_abi_are_distinguished(name: str, flags: int, accepted: bool) -> None:  # noqa: FBT001  # a column
    identity = find(name).elf
    assert identity
    assert identity.accepts(flags) is accepted


@pytest.mark.parametrize(
    ("machine", "bits", "little", "names"),
    [
        (62, 64, True, ["x86_64"]),
        (62, 32, True, []),
        (183, 64, False, []),
        (21, 64, True, ["ppc64le"]),
        (21, 64, False, ["ppc64"]),
        (40, 32, True, ["armv7l", "armv6l"]),
        (0, 64, True, []),
    ],
)
def test_an_elf_header_names_its_rows(machine: int, bits: int, little: bool, names: list[str]) -> None:  # noqa: FBT001
    assert [row.name for row in arch.of_elf(machine, bits, little_endian=little)] == names


@pytest.mark.parametrize(("cputype", "names"), [(0x0100000C, ["aarch64"]), (7, ["i686"]), (18, ["ppc"]), (0, [])])
def test_a_mach_o_header_names_its_row(cputype: int, names: list[str]) -> None:
    assert [row.name for row in arch.of_macho(cputype)] == names


@pytest.mark.parametrize(
    ("machine", "names"), [(0x8664, ["x86_64"]), (0xA641, ["aarch64"]), (0x14C, ["i686"]), (0, []), (0x200, [])]
)
def test_a_pe_header_names_its_row(machine: int, names: list[str]) -> None:
    assert [row.name for row in arch.of_pe(machine)] == names


@pytest.mark.parametrize(
    "row", [row for row in ARCHES if row.windows and row.zig and row.name != "armv7l"], ids=by_name
)
def test_what_zig_builds_for_windows_has_the_row_s_machine(row: Arch) -> None:
    content = native.windows(row.name)
    (machine,) = struct.unpack_from("<H", content, struct.unpack_from("<I", content, 0x3C)[0] + 4)
    assert arch.of_pe(machine) == (row,)


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
def test_what_zig_builds_for_macos_has_the_row_s_cputype(name: str) -> None:
    assert arch.of_macho(struct.unpack_from("<I", native.mac(name), 4)[0]) == (find(name),)


# --- what differs from CPU to CPU ---


@pytest.mark.parametrize("row", [row for row in BUILT if row.zig], ids=by_name)
def test_zig_links_at_the_row_s_oldest_glibc_and_at_none_before(row: Arch) -> None:
    if row.zig_glibc is None:
        with pytest.raises(RuntimeError, match="unable to provide libc"):
            native.compile_c(native.PLAIN_C, row.zig_target((2, 38)), "-shared")
        return
    assert row.oldest_build == max(row.lowest_glibc, row.zig_glibc)
    assert native.program(row.name, row.oldest_build)
    if row.zig_glibc > (2, 17):
        before = (row.zig_glibc[0], row.zig_glibc[1] - 1)
        with pytest.raises(RuntimeError, match="unable to provide libc"):
            native.compile_c(native.PLAIN_C, row.zig_target(before), "-shared")


def test_the_table_takes_for_manylinux_what_packaging_takes() -> None:
    # The two whose ABI packaging reads from the running interpreter are not in its list.
    taken = _manylinux._ALLOWED_ARCHS | {"i686", "armv7l"}  # noqa: SLF001  # its public functions ask this machine
    assert {row.name for row in ARCHES if "manylinux" in row.pip} == taken
    assert {row.name for row in ARCHES if "musllinux" in row.pip} == {row.name for row in BUILT}


@pytest.mark.parametrize("row", ARCHES, ids=by_name)
def test_pypi_takes_nothing_that_the_cpu_has_no_name_for(row: Arch) -> None:
    assert ("win" not in row.pypi) or row.windows
    assert ("macosx" not in row.pypi) or row.macos
    assert {"manylinux", "musllinux"} & {*row.pypi} <= {*row.pip}
    assert set(row.emulates) <= {other.name for other in ARCHES if other.windows}


def test_groups_and_android_names_point_at_rows() -> None:
    names = {row.name for row in ARCHES}
    assert {name for group in arch.MACOS_GROUPS.values() for name in group} <= {row.name for row in ARCHES if row.macos}
    assert set(arch.ANDROID_ABIS.values()) <= names
