"""Native files for the tables: each name says what is compiled, and nothing is before a test needs it."""

from __future__ import annotations

import struct
from functools import partial

from tests.support import elf_editing, macho_cases, native
from tests.support.artifacts import EXECUTABLE, File
from wheelcheck.platforms import arch

ARM64 = "py3-none-macosx_11_0_arm64"
UNIVERSAL2 = "py3-none-macosx_11_0_universal2"
WIN64, WIN_ARM = "py3-none-win_amd64", "py3-none-win_arm64"
BOTH_CPUS = "py3-none-manylinux_2_17_x86_64.manylinux_2_17_aarch64"
LIBRARY = "demo/libnative.so"
MODULE = "demo/_x.cpython-311-x86_64-linux-gnu.so"


def tags_of(cpu: str) -> str:
    """Return the tags of a wheel for CPython 3.11 on Linux with this CPU."""
    row = arch.find(cpu)
    platform = row.manylinux_tag(native.floor_of(row)) if row in native.GLIBC_ROWS else f"musllinux_1_1_{cpu}"
    return f"cp311-cp311-{platform}"


def library(cpu: str, path: str = LIBRARY) -> File:
    """Return a shared library for Linux."""
    return File(path, partial(native.library, cpu))


def program(cpu: str, path: str = "demo/bin/tool") -> File:
    """Return a program for Linux."""
    return File(path, partial(native.program, cpu), EXECUTABLE)


def mac(*cpus: str, path: str = "demo/libnative.dylib") -> File:
    """Return a dylib, universal for several CPUs."""

    def slices() -> bytes:
        made = [native.mac(cpu, kind="library") for cpu in cpus]
        return made[0] if len(made) == 1 else native.universal(*made)

    return File(path, slices)


def mac_program(cpu: str, path: str = "demo/bin/tool") -> File:
    """Return a program for macOS."""
    return File(path, partial(native.mac, cpu), EXECUTABLE)


def dll(cpu: str, path: str = "demo/native.dll") -> File:
    """Return a DLL."""
    return File(path, partial(native.windows, cpu, kind="library"))


def exe(cpu: str, path: str = "demo/bin/tool.exe") -> File:
    """Return a program for Windows."""
    return File(path, partial(native.windows, cpu))


def bare_library(target: str) -> File:
    """Return a shared library without a C library, for any of zig's Linux targets."""
    flags = ("-shared", "-fPIC", "-nostdlib", "-s")
    return File(LIBRARY, lambda: native.compile_c(native.PLAIN_C, target, *flags, name="libnative.so"))


def reflagged(cpu: str, flags: int) -> File:
    """Return a library whose e_flags say another ABI."""

    def change() -> bytes:
        content = bytearray(native.library(cpu))
        struct.pack_into("<I", content, 48, flags)
        return bytes(content)

    return File(LIBRARY, change)


def static(target: str, path: str = "demo/libnative.a") -> File:
    """Return a static library of one object."""
    return File(path, lambda: native.archive({"answer.o": native.object_file(target)}))


def edited(file: File, *edits: elf_editing.Edit) -> File:
    """Return an ELF file with some bytes changed."""
    return File(file.path, lambda: elf_editing.both(*edits)(file.bytes), file.mode)


def with_loader(loader: str, path: str = "demo/bin/tool") -> File:
    """Return a program for Linux that is started by another dynamic loader."""
    return File(path, partial(native.program, "x86_64", None, f"-Wl,--dynamic-linker={loader}"), EXECUTABLE)


ANDROID_NOTE_C = (
    '__attribute__((section(".note.android.ident"), used, aligned(4))) static const struct {\n'
    'int owner, size, type; char name[8]; int api; } note = {8, 4, 1, "Android", 24};\n'
)


def linked_with(
    *sonames: str,
    source: str = "",
    version: str = "",
    path: str = LIBRARY,
    rpath: str = "",
    flags: tuple[str, ...] = (),
) -> File:
    """Return a library that needs libraries of these names: it is linked with stand-ins, which have this version."""
    shape, target = (
        ("-shared", "-fPIC", "-O2", "-nostdlib", "-s", "-Wl,-z,max-page-size=16384"),
        "x86_64-linux-gnu.2.17",
    )

    def make() -> bytes:
        stand_ins, versions = [], native.versioned(f"{version} {{ *; }};\n" if version else "")
        for number, soname in enumerate(sonames):
            code = f"int answer{number}(void) {{ return 42; }}\n"
            own = (f"-Wl,-soname,{soname}", *versions)
            stand_ins.append(native.compiled_c(code, target, *shape, *own, name=f"stand-in-{number}.so"))
        calls = "".join(f"extern int answer{number}(void);\n" for number in range(len(sonames)))
        asked = " + ".join(["0", *(f"answer{number}()" for number in range(len(sonames)))])
        code = f"{source}{calls}int ask(void) {{ return {asked}; }}\n"
        search = (f"-Wl,-rpath,{rpath}",) if rpath else ()
        return native.compile_c(code, target, *shape, *flags, *search, *map(str, stand_ins), name="libask.so")

    return File(path, make)


def apple(platform: int, *cpus: str, path: str = "demo/libnative.dylib", minimum: int = 13) -> File:
    """Return a dylib for the Apple system with this number in LC_BUILD_VERSION, universal for several CPUs."""
    retarget = macho_cases.replaced(macho_cases.LC_BUILD_VERSION, macho_cases.build_version(platform, minimum))

    def make() -> bytes:
        made = [retarget(native.mac(cpu, kind="library")) for cpu in cpus or ("aarch64",)]
        return made[0] if len(made) == 1 else native.universal(*made)

    return File(path, make)


def extension(
    path: str = MODULE,
    *inits: str,
    takes: tuple[str, ...] = ("PyModule_Create2",),
    weakly: tuple[str, ...] = (),
    source: str = "",
    cpu: str = "x86_64",
) -> File:
    """Return an extension module for Linux: it exports the functions `inits` and takes names from the interpreter."""
    declared = "".join(f"extern void *{name}(void);\n" for name in takes)
    declared += "".join(f"extern void *{name}(void) __attribute__((weak));\n" for name in weakly)
    used = "".join(f"  {name}();\n" for name in takes) + "".join(f"  if ({name}) {name}();\n" for name in weakly)
    code = f'{source}{declared}__attribute__((visibility("hidden"))) void *use(void) {{\n{used}  return 0; }}\n'
    code += "".join(f'void *init{at}(void) __asm__("{name}");\nvoid *init{at}(void) {{ return use(); }}\n'
                    for at, name in enumerate(inits))  # fmt: skip
    flags = ("-shared", "-fPIC", "-nostdlib", "-s", "-Wl,-z,undefs", "-Wl,-z,max-page-size=65536")
    return File(path, lambda: native.compile_c(code, native.linux_target(cpu), *flags, name="_x.so"))


def mac_module(path: str, *inits: str, takes: tuple[str, ...] = ("PyModule_Create2",), cpu: str = "aarch64") -> File:
    """Return an extension module for macOS that exports `inits` and takes names from the interpreter."""
    declared = "".join(f"extern void *{name}(void);\n" for name in takes)
    used = "".join(f"  {name}();\n" for name in takes)
    code = f"{declared}static void *use(void) {{\n{used}  return 0; }}\n"
    code += "".join(f"void *{name}(void) {{ return use(); }}\n" for name in inits)
    flags = ("-shared", "-Wl,-undefined,dynamic_lookup")
    return File(path, lambda: native.compile_c(code, f"{arch.find(cpu).zig}-macos.11.0", *flags, name="_x.so"))
