"""WC403, WC430 to WC434 and WC439: kernel and loader of the tag's system take each file, on every CPU of the tag."""

from __future__ import annotations

import re

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, served_cpus, without_known_cpu
from wheelcheck.facts.interpreter import is_module
from wheelcheck.facts.leftovers import Carried
from wheelcheck.patterns import regex
from wheelcheck.platforms import arch
from wheelcheck.platforms.system_symbols import glibc_versions
from wheelcheck.rules import Hit, rule
from wheelcheck.rules.linux import not_provided
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice, VersionNeed
    from wheelcheck.config.fields import Severity
    from wheelcheck.platforms.tags import Platform

_LIBRARIES_OF_GLIBC = regex(
    r"lib(?:c|m|mvec|pthread|dl|rt|resolv|util|anl|thread_db|BrokenLocale|nss_\w+)\.so\.\d(?:\.\d)?|libnsl\.so\.1"
    r"|ld(?:-linux[\w.-]*|64|)\.so\.\d"
)
_DEFINED_BY_GLIBC = regex(
    r"GLIBC_2\.(?:0|1(?:\.[1-4])?|2(?:\.[1-6])?|3(?:\.[2-4])?|[4-9]|[1-9][0-9]{1,2})|GLIBC_ABI_\w+|GCC_[0-9.]+"
)
_ANDROID_PAGE = 0x4000  # of 64-bit devices, since Android 15
_RELR_IN_GLIBC, _RELR_MARKER = (2, 36), "GLIBC_ABI_DT_RELR"
_SPARE_TLS = 1664  # bytes of static TLS that glibc keeps for libraries that are loaded later (TLS_STATIC_SURPLUS)
_MOST_SPARE_TLS = 4096  # with what newer releases keep beside it (rtld.optional_static_tls)
# The API level from which on Android's loader reads an entry.
_ANDROID_SINCE = {"DT_ANDROID_RELR": 28, "DT_RELR": 30}
_GNU_HASH_IN_ANDROID = 23
_NAMES_EXTENSIONS = regex(r"avx|(?<![a-z])(?:bmi|fma)|simd|haswell|skylake|x86[-_]64[-_]v[234]", re.IGNORECASE)


@rule("WC403", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def every_version_of_a_need_is_one_that_glibc_defines(wheel: Wheel) -> Iterator[Hit]:
    """What a file needs of glibc's libraries has a version that some release of glibc offers to programs.

    Releases are numbered GLIBC_2.0 to GLIBC_2.42 and on, with a third number up to 2.3.4 only, and never with a leading
    zero. A library has the versions of those releases that added something to it: libm.so.6 has no GLIBC_2.17. For
    `GLIBC_2.034`, `glibc_2.17` or `GLIBC_FOO` the loader ends in "version `GLIBC_FOO' not found" everywhere.

    GLIBC_PRIVATE is a warning. Every release has it, for what glibc's own libraries take from each other, and may drop
    any symbol of it. auditwheel refuses it under every manylinux tag; imageio-ffmpeg 0.8.1, which was linked with
    glibc's static libresolv, has it and runs on each glibc from 2.28 to 2.36. A library of glibc that is in the wheel
    is not held to any of this.

    Source: glibc's Versions files and abilist files; PEP 600; auditwheel's policies.
    Remedy: build against a glibc that was released; do not link parts of glibc statically or copy them into the wheel.
    """
    carried = Carried(wheel)
    for member, slice_, platform in native_code(wheel, "linux"):
        for need in slice_.versions if platform.libc == "glibc" else ():
            if _is_offered(need, platform):
                continue
            own = _LIBRARIES_OF_GLIBC.fullmatch(need.library) and need.library not in carried.beside(slice_)
            if own and need.version == "GLIBC_PRIVATE":
                found = f"needs {need}, which each release of glibc may change"
                yield Hit(member.path, found, severity="warning")
            elif own and not (_DEFINED_BY_GLIBC.fullmatch(need.version) and _is_of_its_library(need, platform)):
                yield Hit(member.path, f"needs {need}, which no release of glibc defines")


def _is_offered(need: VersionNeed, platform: Platform) -> bool:
    """Return whether a file of glibc is known to have this version, as nearly all have that are needed."""
    name, _, number = need.version.partition("_")
    return name == "GLIBC" and number in glibc_versions(need.library, platform.arches[0])


def _is_of_its_library(need: VersionNeed, platform: Platform) -> bool:
    """Return whether one file of glibc has this version; true where the file is not known, or the version is newer."""
    cpu, number = platform.arches[0], need.version.removeprefix("GLIBC_2.")
    known = glibc_versions(need.library, cpu)
    if number == need.version or not known or f"2.{number}" in known:
        return True
    return need.glibc > max(tuple(map(int, each.split("."))) for each in glibc_versions("libc.so.6", cpu))


@rule("WC430", on=Wheel, needs=without_known_cpu)
def segments_can_be_mapped_with_the_largest_pages_of_the_cpu(wheel: Wheel) -> Iterator[Hit]:
    """Every PT_LOAD can be mapped by kernels with the largest memory pages that the tag's CPU has.

    A kernel maps whole pages. Those for aarch64 and ppc64le have pages of 4, 16 or 64 KiB, those for loongarch64 of
    16 KiB, and those of Android 15 and later, on 64-bit devices, of 16 KiB. A file that was linked for pages of 4 KiB
    ends there in "ELF load command alignment not page-aligned", or its program in a crash. It works on the builder's
    machine and fails on a Raspberry Pi 5, on Asahi Linux and on RHEL 8.

    Each segment must be aligned to the page (p_align), its offset and its address must be at the same place within a
    page, and segments with different rights must not share one.

    Source: glibc's elf/dl-load.c (_dl_map_object_from_fd); Linux's fs/binfmt_elf.c; Android's "Support 16 KB page
    sizes".
    Remedy: link with `-z max-page-size=65536` (`-C link-arg=-Wl,-z,max-page-size=65536` for rustc), 16384 for Android.
    A recent patchelf keeps the alignment; releases before 0.14 reset it to 4 KiB.
    """
    for member, slice_, platform in native_code(wheel, "linux", "android"):
        page = _largest_page(slice_, platform)
        if slice_.largest_page < page:
            found = f"pages of {slice_.largest_page // 1024} KiB" if slice_.largest_page else "no pages of any size"
            yield Hit(member.path, f"is linked for {found}, expected {page // 1024} KiB for {platform.tag}")


def _largest_page(slice_: Slice, platform: Platform) -> int:
    """Return the largest page of memory among the kernels that the tag promises to serve."""
    if platform.system == "android" and slice_.bits == 64:
        return _ANDROID_PAGE
    return max((arch.find(cpu).largest_page for cpu in served_cpus(slice_, platform)), default=0)


@rule("WC431", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def no_property_note_asks_for_a_newer_cpu_than_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """No x86 file says in a property note that it needs a newer CPU than the first of its tag.

    A file that is linked with `-z x86-64-v3`, or whose objects say so, bears GNU_PROPERTY_X86_ISA_1_NEEDED. glibc reads
    it from 2.33 on and refuses to load the file on an older CPU: "CPU ISA level is lower than required". The tags
    promise every x86_64 CPU, which is level v1. musl does not read the note; the code is there all the same, so that
    is a warning.

    Source: x86-64 psABI, "Program Property"; glibc's sysdeps/x86/dl-prop.h; auditwheel's check of the same name.
    Remedy: compile with `-march=x86-64` and choose faster code at run time; link without `-z x86-64-vN`.
    """
    for member, slice_, platform in native_code(wheel, "linux"):
        if slice_.x86_level > 1:
            severity: Severity | None = "warning" if platform.libc == "musl" else None
            found = f"asks for x86-64-v{slice_.x86_level} in a property note, expected v1 for {platform.tag}"
            yield Hit(member.path, found, severity)


@rule("WC432", on=Wheel, severity=("error", "note"), needs=without_known_cpu)
def the_loader_of_the_tag_reads_all_tables_of_a_file(wheel: Wheel) -> Iterator[Hit]:
    """The dynamic loader of the tag's oldest system knows the relocation and hash tables that a file has.

    A loader passes over a table it does not know. Packed relative relocations (DT_RELR) are then never applied, and the
    first use of a pointer in the file's data crashes the process. glibc reads them from 2.36 on; so that older releases
    refuse the file instead, linkers add a need of GLIBC_ABI_DT_RELR, and newer ones refuse a file without it. Android
    reads them from API 30 on, and a lone DT_GNU_HASH from API 23 on. musl reads them from 1.2.4 on, which is newer than
    the oldest system of musllinux_1_2; Alpine's own libgcc has them since 3.18 and auditwheel copies it into most
    musllinux wheels, so that is a note.

    Source: glibc 2.36 release notes and elf/dl-version.c; musl 1.2.4 release notes; bionic, "Android changes for NDK
    developers".
    Remedy: link with `-z nopack-relative-relocs` (lld: `--pack-dyn-relocs=none`), and `--hash-style=both` for Android.
    """
    for member, slice_, platform in native_code(wheel, "linux", "android"):
        if problem := _unread_table(slice_, platform):
            yield Hit(member.path, problem, severity="note" if platform.libc == "musl" else None)


def _unread_table(slice_: Slice, platform: Platform) -> str:
    """Say which table of a file the oldest loader of the tag passes over; empty text if it reads all of them."""
    if platform.libc == "bionic":
        return _unread_by_android(slice_, platform)
    relocates_itself = slice_.kind == "executable" and not slice_.interpreter
    if "DT_RELR" not in slice_.dynamic_tags or relocates_itself or not platform.libc:
        return ""
    packed = "has packed relative relocations (DT_RELR)"
    if platform.libc == "musl":
        return f"{packed}, which musl reads from 1.2.4 on: {platform.tag} also promises older ones"
    if any(need.version == _RELR_MARKER for need in slice_.versions):
        return ""  # the loader says so itself, and WC401 compares the need with the tag
    if platform.floor < _RELR_IN_GLIBC:
        return f"{packed}, which glibc reads from 2.36 on, expected none for {platform.tag}"
    return f"{packed} without a need of {_RELR_MARKER}: glibc refuses that" if slice_.glibc_need else ""


def _unread_by_android(slice_: Slice, platform: Platform) -> str:
    level = platform.floor[0]
    for tag, since in _ANDROID_SINCE.items():
        if tag in slice_.dynamic_tags and level < since:
            return f"has packed relative relocations ({tag}), which Android reads from API {since} on"
    if level < _GNU_HASH_IN_ANDROID and "DT_GNU_HASH" in slice_.dynamic_tags and "DT_HASH" not in slice_.dynamic_tags:
        return f"has DT_GNU_HASH and no DT_HASH, which Android needs below API {_GNU_HASH_IN_ANDROID}"
    return ""


@rule("WC433", on=Wheel, severity=("note", "warning", "error"), needs=without_known_cpu)
def no_library_needs_static_thread_local_storage(wheel: Wheel) -> Iterator[Hit]:
    """No library has thread-local variables of the initial-exec model, whose place must be free when it is loaded.

    An interpreter loads modules after it has started, when the static block of thread-local storage is already laid
    out. glibc keeps 1664 bytes of it for all libraries of a process; where they are spent, the import fails with
    "cannot allocate memory in static TLS block", so that the order of imports decides. libgomp and jemalloc are the
    usual ones: a note, or a warning for a library that needs more than there is. An extension module that needs more
    than twice as much is never loaded: an error.

    musl keeps none and never loads an extension module with such a variable ("initial-exec TLS resolves to dynamic
    definition"): an error, and a warning for another library, which a program of the wheel may load when it starts.

    Source: gABI, DF_STATIC_TLS; glibc's elf/dl-tls.c (TLS_STATIC_SURPLUS); musl's ldso/dynlink.c (do_relocs).
    Remedy: compile with -fPIC and without `-ftls-model=initial-exec`; JEMALLOC_SYS_DISABLE_INITIAL_EXEC_TLS=1
    (jemalloc-sys: the feature `disable_initial_exec_tls`).
    """
    for member, slice_, platform in native_code(wheel, "linux"):
        if slice_.static_tls and slice_.kind == "library":
            found = f"needs {slice_.static_tls} bytes of static thread-local storage (DF_STATIC_TLS)"
            if platform.libc == "musl":
                severity: Severity = "error" if is_module(member.path, slice_) else "warning"
                yield Hit(
                    member.path, f"{found}, and musl has none for libraries that a running process loads", severity
                )
            elif slice_.static_tls > _SPARE_TLS:
                is_certain = slice_.static_tls > _MOST_SPARE_TLS and is_module(member.path, slice_)
                yield Hit(
                    member.path,
                    f"{found}, and glibc keeps {_SPARE_TLS} for all libraries that a running process loads",
                    "error" if is_certain else "warning",
                )
            else:
                yield Hit(
                    member.path,
                    f"{found}, of the {_SPARE_TLS} that glibc keeps for all libraries that a running process loads",
                )


@rule("WC434", on=Wheel, needs=without_known_cpu)
def every_extension_module_may_be_loaded_by_a_running_process(wheel: Wheel) -> Iterator[Hit]:
    """No extension module is linked with `-z nodlopen`, which says that only a starting process may load the file.

    glibc obeys: the import ends in "shared object cannot be dlopen()ed". The flag (DF_1_NOOPEN) comes from linker flags
    that harden programs and were given to all files. musl takes no notice of it.

    Source: glibc's elf/dl-load.c; ld(1), `-z nodlopen`.
    Remedy: link modules without `-z nodlopen`.
    """
    for member, slice_, platform in native_code(wheel, "linux"):
        if slice_.no_dlopen and platform.libc == "glibc" and is_module(member.path, slice_):
            yield Hit(member.path, "is linked with `-z nodlopen`, so no import can load it")


@rule("WC439", on=Wheel, severity="warning", needs=without_known_cpu)
def code_for_newer_cpus_asks_first(wheel: Wheel) -> Iterator[Hit]:
    """Code with AVX, AVX-512 or BMI2 instructions is in a wheel that asks the CPU for them.

    The tags promise every x86_64 CPU, and the first ones have none of these. There the program ends in "Illegal
    instruction". `-march=native`, `-march=haswell` and `target-cpu=native` are the usual reasons, and nothing in the
    file says so. Programs with fast code for newer CPUs beside slow code for all choose with the instruction cpuid.

    Silent where any file of the wheel has that instruction, or more than 1 MiB of code, which is not looked at; where
    code needs a library from outside of the wheel, which may choose for it; and where a path names the instructions,
    because Python code can choose the file.

    Source: x86-64 psABI, "Microarchitecture levels"; PEP 600.
    Remedy: compile for x86-64 (`-march=x86-64`, no `target-cpu`), or choose at run time (`target_clones`,
    `is_x86_feature_detected!`). A project that serves newer CPUs only ignores this code with that reason.
    """
    code = [found for found in native_code(wheel, "linux") if found[1].arches == ("x86_64",)]
    if any(slice_.asks_cpu for _, slice_, _ in code):
        return
    carried = Carried(wheel)
    for member, slice_, platform in code:
        if not slice_.x86_extensions or _NAMES_EXTENSIONS.search(member.path):
            continue
        if not not_provided(slice_, platform, carried):
            used = ", ".join(slice_.x86_extensions)
            found = f"has {used} instructions and nothing in the wheel asks the CPU, expected code for {platform.tag}"
            yield Hit(member.path, found)
