"""How a native member fits the platforms that its wheel promises: system, CPU and C library."""

from __future__ import annotations

import re

from wheelcheck.patterns import regex
from wheelcheck.platforms import arch, hints
from wheelcheck.platforms.loaders import c_library_of
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from wheelcheck.binary.model import Slice, System
    from wheelcheck.facts import Member, Wheel
    from wheelcheck.platforms.tags import Platform, TagSystem


# Which C library an ELF file is tied to: glibc, Android's bionic, or musl.

# glibc's libraries have a version in their names, bionic's and musl's have none. musl answers to every name that begins
# with one of its reserved ones (`libc.`, `libm.`, …), whatever version follows (ldso/dynlink.c, load_library).
_RESERVED_BY_MUSL = "c|m|dl|pthread|rt|util|xnet"
_VERSIONED = regex(rf"lib(?:{_RESERVED_BY_MUSL})\.so\.[\d.]+")
_UNVERSIONED = regex(rf"lib(?:{_RESERVED_BY_MUSL})\.so")
_OTHER_LIBC = regex(r"libc\.so\.(?!6(?:\.1)?$)[\d.]+")  # libc.so.7 is FreeBSD's; 6.1 is glibc's on Alpha
_BIONIC_LIBRARIES = ("liblog.so", "libandroid.so")
_BIONIC_VERSION = regex(r"LIBC(?:_[A-Z]+)?")
# What a system starts or Node.js loads, by its name or by where installers put it.
_STARTED = regex(r"\.(?:exe|node)\Z|\.data/(?:scripts|data/(?:bin|Scripts))/", re.IGNORECASE)
_TERMUX = regex(r"/data/(?:data|user/\d+)/")


def foreign_tie(slice_: Slice, libc: str, carried: Collection[str] = ()) -> str:
    """Return what ties ELF code to another C library than `libc` (glibc, musl or bionic); empty if nothing does.

    `carried` are the names of the libraries in the wheel, which answer for themselves.
    """
    return next((what for accepted, what in _ties(slice_, carried) if libc not in accepted), "")


def is_answered_by_musl(name: str) -> bool:
    """Return whether musl's loader takes this library for itself."""
    return bool(_VERSIONED.fullmatch(name) or _UNVERSIONED.fullmatch(name) or name.startswith("libc.musl-"))


def _ties(slice_: Slice, carried: Collection[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the C libraries that take each mark the code bears, and what the mark is; the clearest first."""
    if slice_.interpreter and (owner := c_library_of(slice_.interpreter)):
        yield (owner,), f"the {owner} loader {slice_.interpreter}"
    if need := slice_.glibc_need:
        yield ("glibc",), f"a need of {need.version}"
    for version in slice_.versions:
        if version.library == "libc.so" and _BIONIC_VERSION.fullmatch(version.version):
            yield ("bionic",), f"a need of {version.version}, a version of bionic"
    if "Android" in slice_.named_systems:
        yield ("bionic",), "an Android note (.note.android.ident)"
    for entry in (*slice_.rpath, *slice_.runpath):
        if _TERMUX.match(entry):
            yield ("bionic",), f"the Android search path {entry}"
    yield from _library_ties(slice_, carried)


def _library_ties(slice_: Slice, carried: Collection[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    needed = [name for name in slice_.needed if name not in carried]
    names_glibc = bool(slice_.glibc_need) or any(_VERSIONED.fullmatch(name) for name in needed)
    for name in needed:
        if name.startswith("libc.musl-") or c_library_of(name) == "musl":
            yield ("musl",), f"a need of {name}"
        elif c_library_of(name) == "glibc":
            yield ("glibc",), f"a need of {name}"
        elif _OTHER_LIBC.fullmatch(name):
            yield ("musl",), f"a need of {name}, which no C library of Linux is"
        elif _VERSIONED.fullmatch(name):
            yield ("glibc", "musl"), f"a need of {name}"
        elif _UNVERSIONED.fullmatch(name) and (name == "libc.so" or not names_glibc):  # glibc's is a linker script
            yield ("musl", "bionic"), f"a need of {name}, a name without glibc's version"
        elif name in _BIONIC_LIBRARIES and not names_glibc:
            yield ("bionic",), f"a need of {name}, a library of Android"


Fit = Literal["native", "foreign-cpu", "missing-slice", "foreign-system"]


def native_slices(member: Member) -> tuple[Slice, ...]:
    """Return the slices that a CPU of some operating system runs: not .NET, BPF, GPU or other bare code."""
    return tuple(slice_ for slice_ in member.slices if slice_.system != "bare" and not slice_.managed)


def same_system(slice_: Slice, platform: Platform) -> bool:
    """Return whether the slice is what the platform's loader takes.

    dyld refuses code for any other of Apple's systems, a simulator's on the device too and the other way round. Mach-O
    without a minimum OS does not say which it is for. Android's code is ELF for Linux; c_library tells it apart.
    """
    if slice_.system == "macos" and not slice_.minimum_os:
        return platform.system in ("macos", "ios")
    if slice_.system == "linux":
        return platform.system in ("linux", "android") or (platform.system == "other" and not platform.is_another_unix)
    return slice_.system == platform.slice_system


def fit(slices: tuple[Slice, ...], platforms: tuple[Platform, ...]) -> Fit:
    """Judge one member's slices against every platform of the tag set.

    A tag set promises every one of its CPUs: a member with none of them is for a foreign CPU, one with some of them has
    a missing slice. No slice fits a platform whose CPU is not in the table.
    """
    ours = [slice_ for slice_ in slices if any(same_system(slice_, platform) for platform in platforms)]
    if not ours:
        return "foreign-system"
    promised = [platform for platform in platforms if any(same_system(slice_, platform) for slice_ in ours)]
    served = [
        any(set(provided(slice_, platform)) & set(choice) for slice_ in ours)
        for platform in promised
        for choice in needs(platform)
    ]
    if all(served):
        return "native"
    return "missing-slice" if any(served) and ours[0].system == "macos" else "foreign-cpu"


def provided(slice_: Slice, platform: Platform | None = None) -> tuple[str, ...]:
    """Return the CPUs that run this slice natively, on `platform` if it is given."""
    if not slice_.abi_accepted and _abi_matters(slice_, platform):
        return ()
    return (*slice_.arches, "aarch64") if slice_.hybrid else slice_.arches


def _abi_matters(slice_: Slice, platform: Platform | None) -> bool:
    """Return whether e_flags matter: a loader compares them with those of other libraries, the kernel ignores them.

    A static soft-float program runs on any ARM kernel. Android's armeabi-v7a is the soft-float calling convention, and
    its loader reads no flags.
    """
    is_static = slice_.kind == "executable" and not (slice_.interpreter or slice_.needed)
    return not is_static and (platform is None or platform.system != "android")


def needs(platform: Platform) -> Iterator[tuple[str, ...]]:
    """Yield, for each promise of the tag, the CPUs of which at least one is needed.

    universal2 promises both of its CPUs. For the older groups ("intel", "fat", …) any one is enough: Apple removed the
    others from the systems that still install wheels.
    """
    if platform.tag.endswith("_universal2") or len(platform.arches) <= 1:
        yield from ((name,) for name in platform.arches or ("",))
    else:
        yield platform.arches


def code_platforms(member: Member) -> frozenset[tuple[System, tuple[str, ...]]]:
    """Return the system and the CPUs of each slice: equal for files of one platform, such as two universal files."""
    return frozenset((slice_.system, provided(slice_)) for slice_ in native_slices(member))


def is_declared(member: Member, wheel: Wheel) -> bool:
    """Return whether the path of a member that does not fit names the platform that its code is for.

    A stub has no code, so it is never declared; test data always is. The package's own name says nothing: it is part
    of every path, also in the wheels for other platforms.
    """
    if is_extension_module(member.path):
        return hints.is_test_data(member.path)
    if hints.is_fixture(member.path):
        return True
    slices = native_slices(member)
    if not slices:
        return False
    if fit(slices, wheel.platforms) == "foreign-system":
        named = all(_names_system(member.path, slice_, wheel) for slice_ in slices)
        return named or all(_is_for_a_virtual_machine(member, slice_, wheel) for slice_ in slices)
    return all(_names_cpu(member.path, slice_, wheel) for slice_ in slices)


def _names_cpu(path: str, slice_: Slice, wheel: Wheel) -> bool:
    """Return whether a path names the CPU of code that the wheel's tags do not promise.

    A width distinguishes it only from code of another width: in a wheel for a 64-bit CPU the 64 of `libbase64.so` or
    `linux64/tool` says nothing, unless a file of the other width has the same name but for that (`foo32.dll` beside
    `foo64.dll`).
    """
    promised = {arch.find(name).bits for platform in wheel.platforms for name in platform.arches}
    counts = promised != {slice_.bits} or len(wheel.widths.get(hints.without_width(path), ())) > 1
    named = wheel.below_package(path)
    return hints.names_cpu_in_words(named, slice_) or (counts and hints.names_cpu(named, slice_))


def _names_system(path: str, slice_: Slice, wheel: Wheel) -> bool:
    """Return whether a path names the system of code that the wheel's tags do not promise.

    `.dylib` names an Apple system, but not which; in a wheel for one of them it says nothing.
    """
    if slice_.minimum_os and any(platform.binary_format == "Mach-O" for platform in wheel.platforms):
        return hints.names_system_in_words(wheel.below_package(path), slice_.system)
    return hints.names_system(wheel.below_package(path), slice_.system)


def is_foreign_payload(member: Member, wheel: Wheel) -> bool:
    """Return whether a member is declared payload for a platform that the wheel's tags do not promise.

    A wheel for any platform promises each of them.
    """
    foreign = not wheel.is_any and fit(native_slices(member), wheel.platforms) in ("foreign-cpu", "foreign-system")
    return foreign and is_declared(member, wheel)


def _is_for_a_virtual_machine(member: Member, slice_: Slice, wheel: Wheel) -> bool:
    """Return whether ELF code is loaded by a program and not by the system, like Dart's snapshots, also on Windows.

    Such code links to nothing, nothing links to it, it is not named like a library, a module of Node.js or a program
    for Windows, it is no command that installers make, and it is for the wheel's CPU.
    """
    stands_alone = slice_.dynamic and not (slice_.needed or slice_.soname or slice_.interpreter)
    is_ours = all(set(platform.arches) & set(slice_.arches) for platform in wheel.platforms)
    is_snapshot = slice_.system == "linux" and slice_.kind == "library" and stands_alone
    return is_snapshot and is_ours and not (hints.is_library(member.path) or _STARTED.search(member.path))


def is_emulated(slice_: Slice, platform: Platform) -> bool:
    """Return whether Windows runs this slice under emulation on the platform's CPU."""
    return platform.system == "windows" and any(
        set(arch.find(name).emulates) & set(slice_.arches) for name in platform.arches
    )


def native_code(wheel: Wheel, *systems: TagSystem) -> Iterator[tuple[Member, Slice, Platform]]:
    """Yield each linked member's slices with the tightest platform tag that promises to run them.

    Only tags of `systems` count, or of every system if none is given. Of tags that make the same promise (the same
    system, C library and CPU), such as manylinux_2_17_x86_64 and its alias manylinux2014_x86_64, only the one with the
    oldest floor is used: what holds for it holds for all. Test data is left out.
    """
    if systems not in wheel.served:
        wheel.served[systems] = tuple(_native_code(wheel, systems))
    return iter(wheel.served[systems])


def _native_code(wheel: Wheel, systems: tuple[TagSystem, ...]) -> Iterator[tuple[Member, Slice, Platform]]:
    platforms = [platform for platform in wheel.platforms if not systems or platform.system in systems]
    for member in wheel.loaded:
        for slice_ in native_slices(member):
            yield from ((member, slice_, platform) for platform in _tightest(slice_, platforms))


def served_cpus(slice_: Slice, platform: Platform) -> tuple[str, ...]:
    """Return the CPUs of a platform tag that run the slice, sorted; empty if it is for another system or CPU."""
    if not same_system(slice_, platform):
        return ()
    return tuple(sorted(set(provided(slice_, platform)) & set(platform.arches)))


def _tightest(slice_: Slice, platforms: list[Platform]) -> Iterable[Platform]:
    """Return one platform for each promise that the slice fits: the one with the oldest floor, or the last such one.

    Tags are sorted, so the last of two equal ones is the PEP 600 spelling.
    """
    tightest: dict[tuple[str, ...], Platform] = {}
    for platform in platforms:
        for cpu in served_cpus(slice_, platform):
            variant = "simulator" if platform.tag.endswith("simulator") else ""
            promise = (platform.system, platform.libc, variant, cpu)
            if promise not in tightest or platform.floor <= tightest[promise].floor:
                tightest[promise] = platform
    return dict.fromkeys(tightest.values())


def without_readable_tags(wheel: Wheel) -> str:
    """Return why nothing can be compared with the tags of the file name; empty if there are tags."""
    return "" if wheel.platforms else "the file name has no tags that can be read"


def without_known_cpu(wheel: Wheel) -> str:
    """Return why no code can be compared with the platform tags; empty if one of them names a CPU of the table."""
    if wheel.is_any or any(platform.arches for platform in wheel.platforms):
        return ""
    tags = ", ".join(platform.tag for platform in wheel.platforms)
    return without_readable_tags(wheel) or f"the CPU table has no row for {tags}"


def describe(slices: tuple[Slice, ...]) -> str:
    """Return what the slices are for, e.g. `linux aarch64` or `macos x86_64 + macos aarch64`."""
    words = dict.fromkeys(f"{_system_name(slice_)} {'/'.join(slice_.arches) or slice_.machine}" for slice_ in slices)
    return " + ".join(words)


def _system_name(slice_: Slice) -> str:
    if slice_.system != "other":
        return slice_.system
    return next((name for name in slice_.named_systems if name not in ("Linux", "Android")), "other Unix")
