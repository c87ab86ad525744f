"""How a native member fits the platforms its wheel promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wheelcheck.platforms import hints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice, System
    from wheelcheck.facts import Member, Wheel
    from wheelcheck.platforms.manylinux import Platform

Fit = Literal["home", "foreign-cpu", "missing-slice", "foreign-system"]
# What Windows runs of another CPU, as a process of its own: 32-bit x86 everywhere, x86-64 on ARM.
_EMULATED = {"x86_64": ("i686",), "aarch64": ("i686", "x86_64")}


def native_slices(member: Member) -> tuple[Slice, ...]:
    """Return the slices that a CPU of some operating system runs: not .NET, BPF, GPU or other bare code."""
    slices = member.binary.slices if member.binary else ()
    return tuple(piece for piece in slices if piece.system != "bare" and not piece.managed)


def same_system(piece: Slice, platform: Platform) -> bool:
    """Tell whether the slice is what the platform's loader takes; Mach-O without a minimum OS does not say which."""
    if piece.system == "macos":
        return platform.system == "macos" or (platform.system == "ios" and not piece.minimum_os)
    if piece.system == "ios":
        return platform.system == "ios"
    if piece.system == "windows":
        return platform.system == "windows"
    return platform.system not in ("macos", "ios", "windows", "wasm", "any")


def fit(slices: tuple[Slice, ...], platforms: tuple[Platform, ...]) -> Fit:
    """Judge one member's slices against every platform of the tag set.

    A tag set promises each of its CPUs: a member that lacks all of them is of a foreign CPU, one that holds some has
    a slice missing. A platform with a CPU the table does not hold is one that no slice fits.
    """
    ours = [piece for piece in slices if any(same_system(piece, platform) for platform in platforms)]
    if not ours:
        return "foreign-system"
    promised = [platform for platform in platforms if any(same_system(piece, platform) for piece in ours)]
    served = [
        any(set(provided(piece, platform)) & set(choice) for piece in ours)
        for platform in promised
        for choice in needs(platform)
    ]
    if all(served):
        return "home"
    return "missing-slice" if any(served) and ours[0].system == "macos" else "foreign-cpu"


def provided(piece: Slice, platform: Platform | None = None) -> tuple[str, ...]:
    """Return the CPUs that run this slice natively, on this platform where one is given."""
    if not piece.abi_accepted and _abi_matters(piece, platform):
        return ()
    return (*piece.arches, "aarch64") if piece.hybrid else piece.arches


def _abi_matters(piece: Slice, platform: Platform | None) -> bool:
    """Tell whether anybody looks at e_flags: a loader and the libraries it joins do, the kernel does not.

    A static soft-float program runs on any ARM kernel. Android's armeabi-v7a is the soft-float calling convention, and
    its loader reads no flags.
    """
    is_static = piece.kind == "executable" and not (piece.interpreter or piece.needed)
    return not is_static and (platform is None or platform.system != "android")


def needs(platform: Platform) -> Iterator[tuple[str, ...]]:
    """Yield, for each promise of the tag, the CPUs of which one must be there.

    universal2 promises both its CPUs. The older groups ("intel", "fat", …) are served by any one of theirs: Apple
    removed the others from the systems that still install wheels.
    """
    if platform.tag.endswith("_universal2") or len(platform.arches) <= 1:
        yield from ((name,) for name in platform.arches or ("",))
    else:
        yield platform.arches


def home(member: Member) -> frozenset[tuple[System, tuple[str, ...]]]:
    """Return what tells one platform's file from another's; a universal file, or ARM's v6 and v7, are one."""
    return frozenset((piece.system, provided(piece)) for piece in native_slices(member))


def is_declared(member: Member, wheel: Wheel) -> bool:
    """Tell whether a member that does not fit says by its own path which platform its code is for.

    A stub holds no code, so nothing declares it.
    """
    if hints.is_extension_module(member.path):
        return False
    if hints.is_fixture(member.path):
        return True
    slices = native_slices(member)
    if not slices:
        return False
    if fit(slices, wheel.platforms) == "foreign-system":
        named = all(hints.names_system(member.path, piece.system) for piece in slices)
        return named or all(_is_for_a_virtual_machine(member, piece, wheel) for piece in slices)
    return all(hints.names_cpu(member.path, piece) for piece in slices)


def _is_for_a_virtual_machine(member: Member, piece: Slice, wheel: Wheel) -> bool:
    """Tell code in ELF that no operating system's loader is to load, as Dart's snapshots are, on Windows too.

    Nothing links to it or is linked by it, its name is no library's, and it is for the wheel's CPU.
    """
    stands_alone = piece.dynamic and not (piece.needed or piece.soname or piece.interpreter)
    is_ours = all(set(platform.arches) & set(piece.arches) for platform in wheel.platforms)
    return piece.kind == "library" and stands_alone and is_ours and not hints.is_library(member.path)


def is_emulated(piece: Slice, platform: Platform) -> bool:
    """Tell whether Windows runs this slice under emulation on the platform's CPU."""
    return platform.system == "windows" and any(
        set(_EMULATED.get(name, ())) & set(piece.arches) for name in platform.arches
    )


def home_members(wheel: Wheel, platform: Platform) -> Iterator[tuple[Member, Slice]]:
    """Yield each linked member and its slice for one platform of the wheel's tag set."""
    for member in wheel.natives:
        if member.linked:
            for piece in native_slices(member):
                if same_system(piece, platform) and set(provided(piece, platform)) & set(platform.arches):
                    yield member, piece


def describe(slices: tuple[Slice, ...]) -> str:
    """Say what code the slices hold, e.g. `linux aarch64 64-bit` or `macos x86_64 + arm64`."""
    words = dict.fromkeys(f"{piece.system} {'/'.join(piece.arches) or piece.machine}" for piece in slices)
    return " + ".join(words)
