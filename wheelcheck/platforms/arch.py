"""The CPU table: one frozen row per architecture, and everything that is derived from a row.

A CPU has many names: `uname -m`, the wheel tags of three operating systems, ELF, Mach-O and PE headers, Rust and zig
triples, Debian's multiarch triplet, a hosted runner. A row holds each name once, together with everything else that
differs between CPUs: the oldest systems, what the index accepts, what is emulated. Triples, tags, expected loaders,
path hints, sessions, the CI matrix and the docs are derived from it. Standard library only.
"""

from __future__ import annotations

from wheelcheck.records import dataclass

Glibc = tuple[int, int]


class UnknownArchitectureError(ValueError):
    """The name of a CPU that is not in the table."""


@dataclass(frozen=True, slots=True)
class ElfIdentity:
    """What an ELF header says about a CPU: e_machine, EI_CLASS in bits, EI_DATA, and the ABI part of e_flags.

    `flags` lists (mask, allowed values). All fields are needed: ppc64 and ppc64le share a machine number, x32 is x86-64
    in 32 bits, and soft-float ARM differs from hard-float ARM only in a flag.
    """

    machine: int
    bits: int
    little_endian: bool = True
    flags: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def accepts(self, flags: int) -> bool:
        """Return whether e_flags name an ABI that this CPU's loader accepts."""
        return all(flags & mask in allowed for mask, allowed in self.flags)


@dataclass(frozen=True, slots=True)
class Arch:
    """One CPU under all its names. Empty text, zero or an empty tuple means that it does not exist there."""

    name: str  # Linux's `uname -m`, the spelling of manylinux and musllinux tags
    elf: ElfIdentity | None = None
    aliases: tuple[str, ...] = ()  # other spellings that people and paths use
    macos: str = ""  # wheel tag spelling, as in macosx_11_0_arm64
    windows: str = ""  # wheel tag, as in win_amd64
    macho_cputype: int = 0
    pe_machines: tuple[int, ...] = ()
    glibc_loader: str = ""
    musl_loader: str = ""
    largest_page: int = 0x1000  # of memory, among the kernels that distributions ship for it
    implied_stack: bool = (
        False  # whether glibc takes a file without PT_GNU_STACK for one that needs an executable stack
    )
    lowest_glibc: Glibc = (2, 17)  # the oldest that Rust's std and the port itself support
    zig_glibc: Glibc | None = (2, 17)  # the oldest from 2.17 on that zig links; None: zig has no glibc for it
    pypi: tuple[str, ...] = ()  # the families of platform tags under which PyPI accepts a file for it
    pip: tuple[str, ...] = ()  # the families of Linux tags under which installers look for a file for it
    emulates: tuple[str, ...] = ()  # CPUs whose programs Windows emulates on it, in separate processes
    macos_since: tuple[int, ...] = ()  # the first macOS for it; a tag with an older version means this one
    ios_simulator_since: tuple[int, ...] = ()
    rust: str = ""
    rust_abi: str = "gnu"  # `gnu` and `musl` end in this suffix: gnueabihf, musleabihf
    zig: str = ""
    multiarch: tuple[str, ...] = ()  # CPU part of EXT_SUFFIX; the first is CPython's own
    pypy: str = ""  # PyPy's own, if it is another
    runner: str = ""  # GitHub-hosted runner that is this CPU
    debian: str = ""  # dpkg architecture
    qemu: str = ""  # as in `qemu-aarch64`, the user-mode emulator
    go: tuple[str, ...] = ()  # the variables by which `go build` knows it, as NAME=VALUE

    @property
    def names(self) -> tuple[str, ...]:
        """Every spelling by which a person or a path may name this CPU, lower case, without duplicates."""
        spellings = (self.name, *self.aliases, self.macos, self.windows.removeprefix("win_"), *self.multiarch)
        return tuple(dict.fromkeys(name for name in spellings if name))

    @property
    def rust_triple(self) -> str:
        """The Rust target triple for glibc Linux, e.g. `armv7-unknown-linux-gnueabihf`."""
        return f"{self.rust}-unknown-linux-{self.rust_abi}"

    @property
    def multiarch_triplet(self) -> str:
        """The triplet in the suffix of CPython's extension modules for glibc Linux, e.g. `aarch64-linux-gnu`."""
        return f"{self.multiarch[0] if self.multiarch else self.name}-linux-{self.rust_abi}"

    @property
    def musl_triple(self) -> str:
        """The Rust target triple for musl Linux."""
        return f"{self.rust}-unknown-linux-{self.rust_abi.replace('gnu', 'musl')}"

    @property
    def oldest_build(self) -> Glibc | None:
        """The oldest glibc that Rust's std, the port and zig all support; None if it cannot be built for."""
        return max(self.lowest_glibc, self.zig_glibc) if self.rust and self.zig and self.zig_glibc else None

    def zigbuild_target(self, floor: Glibc) -> str:
        """Return the `--target` of cargo-zigbuild: the Rust triple and the glibc floor."""
        return f"{self.rust_triple}.{floor[0]}.{floor[1]}"

    def zig_target(self, floor: Glibc | None) -> str:
        """Return the `-target` of `zig cc`; no floor means musl."""
        if floor is None:
            return f"{self.zig}-linux-{self.rust_abi.replace('gnu', 'musl')}"
        return f"{self.zig}-linux-{self.rust_abi}.{floor[0]}.{floor[1]}"

    def manylinux_tag(self, floor: Glibc) -> str:
        """Return the platform tag of PEP 600."""
        return f"manylinux_{floor[0]}_{floor[1]}_{self.name}"

    @property
    def bits(self) -> int:
        """The width: 32 or 64. The row without ELF, 32-bit PowerPC, was Apple's."""
        return self.elf.bits if self.elf else 32

    def loader(self, libc: str) -> str:
        """Return the path of the dynamic loader (PT_INTERP) for `glibc` or `musl`."""
        return self.musl_loader if libc == "musl" else self.glibc_loader


# e_flags: EF_ARM_EABI_VER5 and not soft-float; many linkers set neither float bit on a library.
_ARM_HARD_FLOAT = ((0xFF000000, (0x05000000,)), (0x600, (0, 0x400)))

# PyPI: `_manylinux_archs` and similar tables in warehouse's forklift/legacy.py; it refuses every other name.
# Installers: packaging's `_ALLOWED_ARCHS` for manylinux; musllinux tags exist for any CPU the interpreter runs on.
_LINUX = ("manylinux", "musllinux")

ARCHES = (
    Arch(
        "x86_64",
        ElfIdentity(62, 64),
        aliases=("amd64", "x64", "x86-64"),
        macos="x86_64",
        windows="win_amd64",
        macho_cputype=0x01000007,
        pe_machines=(0x8664,),
        glibc_loader="/lib64/ld-linux-x86-64.so.2",
        musl_loader="/lib/ld-musl-x86_64.so.1",
        implied_stack=True,
        pypi=(*_LINUX, "macosx", "ios", "win", "android"),
        pip=_LINUX,
        emulates=("i686",),
        rust="x86_64",
        zig="x86_64",
        multiarch=("x86_64",),
        runner="ubuntu-latest",
        debian="amd64",
        qemu="x86_64",
        go=("GOARCH=amd64",),
    ),
    Arch(
        "aarch64",
        ElfIdentity(183, 64),
        aliases=("arm64", "armv8", "arm64v8"),
        macos="arm64",
        windows="win_arm64",
        macho_cputype=0x0100000C,
        pe_machines=(0xAA64, 0xA641, 0xA64E),
        glibc_loader="/lib/ld-linux-aarch64.so.1",
        musl_loader="/lib/ld-musl-aarch64.so.1",
        largest_page=0x10000,
        pypi=(*_LINUX, "macosx", "ios", "win", "android"),
        pip=_LINUX,
        emulates=("i686", "x86_64"),
        macos_since=(11, 0),
        ios_simulator_since=(14, 0),
        rust="aarch64",
        zig="aarch64",
        multiarch=("aarch64",),
        runner="ubuntu-24.04-arm",
        debian="arm64",
        qemu="aarch64",
        go=("GOARCH=arm64",),
    ),
    Arch(
        "i686",
        ElfIdentity(3, 32),
        aliases=("i386", "x86", "i586", "ia32"),
        macos="i386",
        windows="win32",
        macho_cputype=7,
        pe_machines=(0x14C,),
        glibc_loader="/lib/ld-linux.so.2",
        musl_loader="/lib/ld-musl-i386.so.1",
        implied_stack=True,
        pypi=(*_LINUX, "macosx", "win", "android"),
        pip=_LINUX,
        rust="i686",
        zig="x86",
        multiarch=("i386", "i686", "x86"),
        debian="i386",
        qemu="i386",
        go=("GOARCH=386",),
    ),
    Arch(
        "armv7l",
        ElfIdentity(40, 32, flags=_ARM_HARD_FLOAT),
        aliases=("armv7", "armhf", "armv7hf", "arm"),
        windows="win_arm32",
        pe_machines=(0x1C4,),
        glibc_loader="/lib/ld-linux-armhf.so.3",
        musl_loader="/lib/ld-musl-armhf.so.1",
        implied_stack=True,
        pypi=(*_LINUX, "android"),
        pip=_LINUX,
        rust="armv7",
        rust_abi="gnueabihf",
        zig="arm",
        multiarch=("arm", "armv7l"),
        debian="armhf",
        qemu="arm",
        go=("GOARCH=arm", "GOARM=7"),
    ),
    Arch(
        "ppc64le",
        ElfIdentity(21, 64, flags=((0x3, (0, 2)),)),
        aliases=("powerpc64le",),
        glibc_loader="/lib64/ld64.so.2",
        musl_loader="/lib/ld-musl-powerpc64le.so.1",
        largest_page=0x10000,
        zig_glibc=(2, 19),
        pypi=_LINUX,
        pip=_LINUX,
        rust="powerpc64le",
        zig="powerpc64le",
        multiarch=("powerpc64le", "ppc64le"),
        pypy="ppc_64",
        debian="ppc64el",
        qemu="ppc64le",
        go=("GOARCH=ppc64le",),
    ),
    Arch(
        "s390x",
        ElfIdentity(22, 64, little_endian=False),
        glibc_loader="/lib/ld64.so.1",
        musl_loader="/lib/ld-musl-s390x.so.1",
        implied_stack=True,
        pypi=_LINUX,
        pip=_LINUX,
        rust="s390x",
        zig="s390x",
        multiarch=("s390x",),
        debian="s390x",
        qemu="s390x",
        go=("GOARCH=s390x",),
    ),
    Arch(
        "riscv64",
        ElfIdentity(243, 64, flags=((0x6, (0x4,)),)),
        aliases=("riscv64gc",),
        glibc_loader="/lib/ld-linux-riscv64-lp64d.so.1",
        musl_loader="/lib/ld-musl-riscv64.so.1",
        lowest_glibc=(2, 27),
        zig_glibc=(2, 27),
        pypi=_LINUX,
        pip=_LINUX,
        rust="riscv64gc",
        zig="riscv64",
        multiarch=("riscv64",),
        debian="riscv64",
        qemu="riscv64",
        go=("GOARCH=riscv64",),
    ),
    Arch(
        "loongarch64",
        ElfIdentity(258, 64, flags=((0x7, (0x3,)),)),
        aliases=("loong64",),
        glibc_loader="/lib64/ld-linux-loongarch-lp64d.so.1",
        musl_loader="/lib/ld-musl-loongarch64.so.1",
        largest_page=0x4000,
        lowest_glibc=(2, 36),
        zig_glibc=(2, 36),
        pip=_LINUX,
        rust="loongarch64",
        zig="loongarch64",
        multiarch=("loongarch64",),
        debian="loong64",
        qemu="loongarch64",
        go=("GOARCH=loong64",),
    ),
    Arch(
        "ppc64",
        ElfIdentity(21, 64, little_endian=False),
        aliases=("powerpc64",),
        macos="ppc64",
        macho_cputype=0x01000012,
        glibc_loader="/lib64/ld64.so.1",
        musl_loader="/lib/ld-musl-powerpc64.so.1",
        largest_page=0x10000,
        zig_glibc=None,
        pypi=("manylinux", "macosx"),
        pip=_LINUX,
        rust="powerpc64",
        zig="powerpc64",
        multiarch=("powerpc64", "ppc64"),
        debian="ppc64",
        qemu="ppc64",
        go=("GOARCH=ppc64",),
    ),
    Arch(
        "armv6l",
        ElfIdentity(40, 32, flags=_ARM_HARD_FLOAT),
        aliases=("armv6",),
        glibc_loader="/lib/ld-linux-armhf.so.3",
        musl_loader="/lib/ld-musl-armhf.so.1",
        implied_stack=True,
        pip=("musllinux",),
        rust="arm",
        rust_abi="gnueabihf",
        zig="arm",
        multiarch=("arm", "armv6l"),
        qemu="arm",
        go=("GOARCH=arm", "GOARM=6"),
    ),
    Arch("ppc", aliases=("powerpc",), macos="ppc", macho_cputype=18, pypi=("macosx",)),
)

# Apple's names for several CPUs in one file (packaging.tags._mac_binary_formats).
MACOS_GROUPS = {
    "universal2": ("x86_64", "aarch64"),
    "intel": ("x86_64", "i686"),
    "universal": ("x86_64", "i686", "ppc64", "ppc"),
    "fat": ("i686", "ppc"),
    "fat3": ("x86_64", "i686", "ppc"),
    "fat32": ("i686", "ppc"),
    "fat64": ("x86_64", "ppc64"),
}

# Android's ABI names (PEP 738) that differ from Linux's.
ANDROID_ABIS = {"arm64_v8a": "aarch64", "armeabi_v7a": "armv7l", "x86": "i686"}


def find(name: str) -> Arch:
    """Return the row with this name or alias, in upper or lower case.

    Raises UnknownArchitectureError with the names that exist; there is no default.
    """
    wanted = name.lower()
    for row in ARCHES:
        if wanted == row.name or wanted in row.aliases:
            return row
    known = ", ".join(row.name for row in ARCHES)
    raise UnknownArchitectureError(f"unknown architecture {name!r}: expected one of {known}, or an alias of one")


def of_elf(machine: int, bits: int, *, little_endian: bool) -> tuple[Arch, ...]:
    """Return the rows with this ELF identity, whatever the ABI flags; ARM's v6 and v7 share one."""
    return tuple(
        row
        for row in ARCHES
        if row.elf and (row.elf.machine, row.elf.bits, row.elf.little_endian) == (machine, bits, little_endian)
    )


def of_macho(cputype: int) -> tuple[Arch, ...]:
    """Return the rows with this Mach-O cputype."""
    return tuple(row for row in ARCHES if row.macho_cputype == cputype != 0)


def of_pe(machine: int) -> tuple[Arch, ...]:
    """Return the rows with this PE/COFF machine number."""
    return tuple(row for row in ARCHES if machine in row.pe_machines)
