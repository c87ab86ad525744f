"""The value that describes native code of every format: what a loader would see, or what is wrong."""

from __future__ import annotations

import re
from functools import lru_cache

from wheelcheck.patterns import regex
from wheelcheck.records import dataclass, field
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from wheelcheck.damage import Damage

Format = Literal["ELF", "Mach-O", "PE", "COFF", "ar", "wasm"]
Kind = Literal["executable", "library", "object", "debug", "core", "archive"]
# Apple's systems are those of LC_BUILD_VERSION, "other" is another Unix or an Apple system without a name here, "bare"
# no operating system: GPU and BPF code, firmware, EFI, WebAssembly.
AppleSystem = Literal[
    "macos",
    "catalyst",
    "driverkit",
    "bridgeos",
    "ios",
    "ios-simulator",
    "tvos",
    "tvos-simulator",
    "watchos",
    "watchos-simulator",
    "visionos",
    "visionos-simulator",
]
System = Literal[AppleSystem, "linux", "windows", "bare", "other"]

_GLIBC = regex(r"GLIBC_([0-9]+(?:\.[0-9]+)*)")
# Marker versions, which a linker writes for a feature and not for a symbol, and the first glibc that knows them.
_MARKERS = {"GLIBC_ABI_DT_RELR": (2, 36), "GLIBC_ABI_GNU2_TLS": (2, 42), "GLIBC_ABI_GNU_TLS": (2, 42)}
_NEWEST_MARKER = (2, 42)


def digits(version: str) -> tuple[tuple[int, str], ...]:
    """Return the numbers of a symbol version so that 3.4.9 sorts before 3.4.30, whatever their length."""
    return tuple((len(number), number) for number in re.findall(r"[0-9]+", version))


@lru_cache(maxsize=1024)
def _glibc_of(version: str) -> tuple[int, ...]:
    if version.startswith("GLIBC_ABI_"):
        return _MARKERS.get(version, _NEWEST_MARKER)
    found = _GLIBC.fullmatch(version)
    return tuple(int(number[:9]) for number in found[1].split(".")) if found else ()


@dataclass(frozen=True, slots=True, order=True)
class VersionNeed:
    """One entry of .gnu.version_r: a symbol version that a library must offer. `weak` is its VER_FLG_WEAK."""

    library: str
    version: str
    weak: bool = False

    def __str__(self) -> str:
        return f"{self.version or 'a version without a name'} of {self.library or 'a library without a name'}"

    @property
    def glibc(self) -> tuple[int, ...]:
        """The first glibc that offers the version, e.g. (2, 17); empty for one without a number (GLIBC_PRIVATE).

        libgcc's own symbols have version GLIBC_2.0 on some CPUs, under musl too, and say nothing about glibc. A marker
        that is not in the table is newer than those that are.
        """
        return () if self.library.startswith("libgcc_s") else _glibc_of(self.version)

    @property
    def is_unknown_marker(self) -> bool:
        """Whether this is a marker version that is not in the table, so that `glibc` is a lower bound only."""
        return self.version.startswith("GLIBC_ABI_") and self.version not in _MARKERS


class Symbol(NamedTuple):
    """A symbol that the loader looks up for a file. `lazy`: only when it is first called, so that loading succeeds.

    `library` and `version` are those of its version need (ELF) or of the import table (PE, Mach-O); empty if any
    library in scope may offer it, as with what a Mach-O file knows to be defined weakly.
    """

    name: str
    version: str = ""
    library: str = ""
    weak: bool = False
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """A set of symbol names, kept as one text: a library with 100,000 symbols costs the bytes of their names."""

    joined: bytes = b"\0"

    @classmethod
    def of(cls, names: Iterable[bytes]) -> Names:
        """Return the set of these names."""
        return cls(b"\0".join((b"", *names, b"")))

    def __contains__(self, name: str) -> bool:
        return b"\0%b\0" % name.encode() in self.joined

    def among(self, wanted: AbstractSet[str]) -> set[str]:
        """Return which of many names are in the set, in one pass over its own."""
        own = self.joined.decode("utf-8", "surrogateescape")  # names that are asked for have no surrogates
        return {name for name in own.split("\0") if name in wanted}

    def beginning_with(self, prefix: str) -> list[str]:
        """Return the names that begin so, sorted."""
        found = re.findall(rb"(?<=\0)%b[^\0]*" % re.escape(prefix.encode()), self.joined)
        return sorted(name.decode("utf-8", "backslashreplace") for name in found if name)


class Symbols(NamedTuple):
    """The two sides of a symbol table; `known` is false if it could not be read whole."""

    imports: tuple[Symbol, ...] = ()
    exports: Names = Names()
    known: bool = False


UNKNOWN = Symbols()


@dataclass(frozen=True, slots=True)
class Slice:
    """Native code for one CPU. ELF and PE files hold one, a fat Mach-O one per CPU, an `ar` one per distinct machine.

    `arches` names every row of the CPU table that it can be (ARM's v6 and v7 share an identity); it is empty for a
    machine that is not in the table. `machine` is the name in the header, e.g. `EM_BPF` or `cputype 0x12`.
    `abi_accepted` is false if e_flags name an ABI that the row's loader refuses (soft-float ARM).
    """

    machine: str
    arches: tuple[str, ...]
    kind: Kind
    system: System
    bits: int = 64
    little_endian: bool = True
    abi_accepted: bool = True
    flags: int = 0
    interpreter: str = ""
    soname: str = ""
    needed: tuple[str, ...] = ()
    versions: tuple[VersionNeed, ...] = ()
    defined_versions: tuple[str, ...] = ()  # ELF: the symbol versions of DT_VERDEF; the first is the file's own name
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    dynamic: bool = False  # what the loader reads (PT_DYNAMIC, load commands, import table) was found and is complete
    managed: bool = False  # a .NET assembly: machine is a hint for its runtime, not for the operating system
    hybrid: bool = False  # ARM64EC or ARM64X: an amd64 header over code that Windows on ARM runs natively
    launcher: bool = False  # a Windows program that starts another one, with nothing appended that says which
    minimum_os: tuple[int, ...] = ()  # Mach-O: LC_BUILD_VERSION or LC_VERSION_MIN_*
    chained_fixups: bool = False  # Mach-O: LC_DYLD_CHAINED_FIXUPS, which no dyld before macOS 11 and iOS 13.4 reads
    hands_on: bool = False  # Mach-O: it offers what other libraries have as its own (LC_REEXPORT_DYLIB)
    weak_needed: tuple[str, ...] = ()  # those of `needed` without which it loads: LC_LOAD_WEAK_DYLIB, PE's delay-load
    signature_fault: str = (
        ""  # Mach-O for Apple silicon: why the kernel refuses its code signature, or that it has none
    )
    named_systems: tuple[str, ...] = ()  # ELF: what EI_OSABI and PT_NOTE name, e.g. FreeBSD, Android
    largest_page: int = 0x10000  # ELF: the largest page of memory with which every PT_LOAD can be mapped
    executable_stack: bool | None = False  # None without PT_GNU_STACK, which leaves it to the CPU's default
    text_relocations: bool = False
    dynamic_tags: frozenset[str] = frozenset()  # ELF: the names of the dynamic entries, DT_NEEDED aside
    no_dlopen: bool = False  # ELF: it may only be loaded when a process starts (DF_1_NOOPEN)
    static_tls: int = 0  # ELF: the bytes of thread-local storage that must be free when the file is loaded
    x86_level: int = 0  # ELF: the level of the x86-64 psABI (1 to 4) that a property note asks for; 0 without one
    x86_extensions: tuple[str, ...] = ()  # ELF: AVX and the like, in code that does not ask the CPU for them
    asks_cpu: bool = True  # ELF for x86-64: the code has a cpuid instruction, or was not looked at
    imports: tuple[Symbol, ...] = ()
    exports: Names = Names()
    debug_size: int = 0  # ELF: bytes of .debug_* sections
    symbols_known: bool = False  # `imports` and `exports` are complete

    @property
    def binding_versions(self) -> tuple[VersionNeed, ...]:
        """The version needs that stop the loader where a library does not offer them.

        glibc passes over a need with VER_FLG_WEAK when it compares versions. It then looks for each symbol of that
        version, and ends the process where it does not find one that is not weak. Linkers set the flag only where all
        symbols are weak; without one such symbol the flag proves nothing.
        """
        if not any(need.weak for need in self.versions):
            return self.versions
        strong, weak = ({(s.library, s.version) for s in self.imports if s.weak is kind} for kind in (False, True))
        optional = weak - strong if self.symbols_known else set()
        return tuple(need for need in self.versions if not (need.weak and (need.library, need.version) in optional))

    @property
    def glibc_need(self) -> VersionNeed | None:
        """The version need with the newest glibc that stops the loader; None if any glibc, or none, will do."""
        needs = [need for need in self.binding_versions if need.glibc]
        return max(needs, key=lambda need: need.glibc, default=None)

    def symbols_of(self, *needs: VersionNeed) -> list[str]:
        """Return the symbols that it takes under these symbol versions of libraries, sorted."""
        wanted = {(need.library, need.version) for need in needs}
        return sorted(symbol.name for symbol in self.imports if (symbol.library, symbol.version) in wanted)

    def symbols_by_need(self) -> list[tuple[VersionNeed, list[str]]]:
        """Return each version need once, with the symbols that it takes under it, sorted."""
        found: dict[tuple[str, str], list[str]] = {(need.library, need.version): [] for need in self.versions}
        for symbol in self.imports:
            if (symbol.library, symbol.version) in found:
                found[symbol.library, symbol.version].append(symbol.name)
        return [(need, sorted(found[need.library, need.version])) for need in dict.fromkeys(self.versions)]


@dataclass(frozen=True, slots=True)
class Binary:
    """A recognised native file: its format, its slices, what is wrong with its bytes, and what reading it took."""

    format: Format
    slices: tuple[Slice, ...]
    damage: tuple[Damage, ...] = ()
    rows: int = field(default=0, compare=False)  # of tables, walked: they cost time
    name_bytes: int = field(default=0, compare=False)  # of the names in it, of symbols above all: they cost memory

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of its slices."""
        return frozenset(slice_.kind for slice_ in self.slices)

    @property
    def is_linked(self) -> bool:
        """True for what an operating system loads: no object, archive, split debug data or core."""
        return any(slice_.kind in ("executable", "library") for slice_ in self.slices)
