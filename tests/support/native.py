"""Real binaries for the tests: compiled by zig once, then kept under .cache/native by the hash of what made them.

Everything but Linux programs links without a C library, so that a cold cache costs a second and not a build of libc.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.builder.toolchain import zig_folder
from wheelcheck.platforms import arch

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "native"

# pthread_create moved into libc.so.6 with a new version, GLIBC_2.34: one call tells the floor.
LIBRARY_C = """
extern int pthread_create(void *, void *, void *, void *);
extern int puts(const char *);
int answer(void) { return pthread_create(0, 0, 0, 0) + puts("42"); }
"""
PROGRAM_C = """
extern int pthread_create(void *, void *, void *, void *);
int main(int argc, char **argv) { return argc > 9 ? pthread_create(0, 0, 0, 0) : 42; }
"""
PLAIN_C = "int answer(void) { return 42; }\n"
START_C = "void _start(void) { for (;;); }\n"
WINDOWS_C = """
__declspec(dllimport) unsigned long __stdcall GetTickCount(void);
int entry(void) { return (int)GetTickCount(); }
__declspec(dllexport) int answer(void) { return entry(); }
int __stdcall DllMainCRTStartup(void *module, unsigned reason, void *reserved) { return 1; }
"""

# What setuptools and distlib keep for each CPU: it starts a program and hands on its exit code.
LAUNCHER_C = """
typedef void *HANDLE;
#define API(type) __declspec(dllimport) type __stdcall
API(unsigned) GetModuleFileNameW(HANDLE, unsigned short *, unsigned);
API(int) CreateProcessW(void *, void *, void *, void *, int, unsigned, void *, void *, void *, void *);
API(unsigned) WaitForSingleObject(HANDLE, unsigned);
API(int) GetExitCodeProcess(HANDLE, unsigned *);
#ifdef ICON
__attribute__((used)) static const char icon[ICON] = {1};
#endif
int entry(void) {
  static unsigned short name[260], startup[64];
  static HANDLE process[4];
  unsigned code = 1;
  GetModuleFileNameW(0, name, 260);
  if (CreateProcessW(0, name, 0, 0, 1, 0, 0, 0, startup, process)) {
    WaitForSingleObject(process[0], ~0u);
#ifndef FORGETS
    GetExitCodeProcess(process[0], &code);
#endif
  }
  return (int)code;
}
"""

# What a builder stages. reallocarray came with glibc 2.26, so it raises the need; PTRACE_TRACEME is 0.
_SAMPLES = {
    "plain": '#include <stdio.h>\nint main(void) { return puts("plain") < 0; }\n',
    "other": '#include <stdio.h>\nint main(void) { return puts("other") < 0; }\n',
    "traced": "#include <stdio.h>\n#include <sys/ptrace.h>\nint main(void) {\n"
    '  if (ptrace(0, 0, 0, 0)) { setvbuf(stderr, 0, _IONBF, 0); perror("ptrace"); return 1; }\n  return 0; }\n',
    "newer": "#define _GNU_SOURCE\n#include <stdlib.h>\nint main(void) { return !reallocarray(0, 1, 1); }\n",
}
_SAMPLE_FLAGS = {"executable": ("-pie",), "library": ("-shared", "-fPIC"), "object": ("-c",)}

ZIG_ROWS = tuple(row for row in arch.ARCHES if row.zig)
GLIBC_ROWS = tuple(row for row in ZIG_ROWS if row.zig_glibc)


def floor_of(row: arch.Arch) -> arch.Glibc:
    """Return the oldest glibc zig can link for this CPU."""
    assert row.zig_glibc, f"zig has no glibc for {row.name}"
    return max(row.lowest_glibc, row.zig_glibc)


def run_zig(*arguments: str, cwd: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run a zig subcommand, with more environment variables, and show all it said if it fails."""
    command = [str(zig_folder() / "zig"), *arguments]  # `-m ziglang` would start Python first, for every file
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def run_cc(target: str, *arguments: str, cwd: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run `zig cc -target TARGET` without the two runtimes that no test uses.

    zig would compile compiler-rt and that of its sanitizer first, anew for every CPU and glibc: 9 to 30 s of CPU time
    on a machine whose cache is empty. 32-bit ARM needs compiler-rt to unwind.
    """
    runtime = () if target.startswith("arm") else ("-rtlib=none",)
    command = ("cc", "-target", target, *runtime, "-fno-sanitize=undefined", *arguments)
    run_zig(*command, cwd=cwd, environment=environment)


def compile_c(source: str, target: str, *flags: str, name: str = "out.bin") -> bytes:
    """Return what `zig cc -target TARGET FLAGS` makes of a C source. The name may enter the binary."""
    return compiled_c(source, target, *flags, name=name).read_bytes()


def compiled_c(source: str, target: str, *flags: str, name: str = "out.bin") -> Path:
    """Return the file that `compile_c` returns the bytes of, to run it or to hand it to another tool."""
    recipe = repr((version("ziglang"), source, target, flags, name))
    home = CACHE / hashlib.sha256(recipe.encode()).hexdigest()[:24]
    if not (home / name).is_file():
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            (work / "source.c").write_text(source, "utf-8")
            run_cc(target, "source.c", *flags, "-o", name, cwd=work)
            _keep(work / name, home)
    return home / name


def versioned(script: str) -> tuple[str, ...]:
    """Return the flag that gives symbols the versions of a linker script, such as `V_1 { *; };`; none without one."""
    if not script:
        return ()
    home = CACHE / hashlib.sha256(script.encode()).hexdigest()[:24]
    if not (home / "versions.map").is_file():
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder, "versions.map")
            made.write_text(script, "utf-8")
            _keep(made, home)
    return (f"-Wl,--version-script={home / 'versions.map'}",)


@cache
def library(cpu: str = "x86_64", floor: arch.Glibc | None = None, *flags: str) -> bytes:
    """Return a shared library for glibc (musl where zig has no glibc) that needs pthread_create and puts."""
    return compile_c(LIBRARY_C, linux_target(cpu, floor), "-shared", "-fPIC", "-O2", "-s", *flags, name="libanswer.so")


@cache
def program(cpu: str = "x86_64", floor: arch.Glibc | None = None, *flags: str) -> bytes:
    """Return a dynamic program for glibc; musl where zig has no glibc."""
    return compile_c(PROGRAM_C, linux_target(cpu, floor), "-dynamic", "-O2", "-s", *flags, name="answer")


@cache
def native(cpu: str, kind: str = "executable", floor: arch.Glibc = (2, 17), source: str = "plain") -> bytes:
    """Return an ELF file that includes glibc's headers, linked at `floor`: an executable, a library or an object."""
    return compile_c(_SAMPLES[source], linux_target(cpu, floor), *_SAMPLE_FLAGS[kind], "-s", name="sample")


def linux_target(cpu: str, floor: arch.Glibc | None = None) -> str:
    """Return zig's target for a CPU and a floor, by default the lowest there is."""
    row = arch.find(cpu)
    return row.zig_target(None if row.zig_glibc is None else floor or floor_of(row))


@cache
def musl_library(cpu: str = "x86_64") -> bytes:
    """Return a shared library that needs musl's libc.so."""
    target = arch.find(cpu).zig_target(None)
    return compile_c(LIBRARY_C, target, "-shared", "-fPIC", "-O2", "-s", name="libanswer.so")


@cache
def static_program(cpu: str = "x86_64", *flags: str) -> bytes:
    """Return a static program; with `-fPIE -static-pie` one that is loaded anywhere."""
    target = arch.find(cpu).zig_target(None)
    return compile_c(START_C, target, "-nostdlib", "-s", *(flags or ("-static",)), name="start")


@cache
def object_file(target: str = "x86_64-linux-musl", *flags: str) -> bytes:
    """Return an object file for any zig target: ELF, Mach-O or COFF."""
    return compile_c(PLAIN_C, target, "-c", *flags, name="answer.o")


def bpf_object() -> bytes:
    """Return an eBPF object."""
    return object_file("bpfel-freestanding")


@cache
def mac(cpu: str = "aarch64", minimum: str = "11.0", *, kind: str = "executable") -> bytes:
    """Return a Mach-O program or, for kind `library`, a dylib."""
    target = f"{arch.find(cpu).zig}-macos.{minimum}"
    if kind == "library":
        return compile_c(PLAIN_C, target, "-dynamiclib", "-install_name", "@rpath/libanswer.dylib", name="l.dylib")
    return compile_c("int main(void) { return 42; }\n", target, "-Wl,-rpath,@loader_path", name="answer")


@cache
def windows(cpu: str = "x86_64", *, kind: str = "executable") -> bytes:
    """Return a PE program or, for kind `library`, a DLL, that imports KERNEL32."""
    shape = ("-shared",) if kind == "library" else ("-Wl,-e,entry",)
    target = f"{arch.find(cpu).zig}-windows-gnu"
    return compile_c(WINDOWS_C, target, "-nostdlib", *shape, "-lkernel32", "-s", name="answer.dll")


@cache
def launcher(cpu: str = "x86_64", *flags: str) -> bytes:
    """Return a launcher stub for Windows; `-DFORGETS` leaves out the last of its steps, `-DICON=SIZE` adds to it."""
    target = f"{arch.find(cpu).zig}-windows-gnu"
    return compile_c(
        LAUNCHER_C, target, "-O2", "-nostdlib", "-Wl,-e,entry", "-lkernel32", "-s", *flags, name="launcher.exe"
    )


@cache
def wasm_module() -> bytes:
    """Return a WebAssembly module."""
    return compile_c(PLAIN_C, "wasm32-freestanding", "-nostdlib", "-Wl,--no-entry", "-rdynamic", name="answer.wasm")


def universal(*slices: bytes, wide: bool = False) -> bytes:
    """Return a universal Mach-O file of thin ones, as `lipo` would write it; `wide` for the 64-bit table."""
    step, table, body = 0x4000, b"", b""
    start = step
    for slice_ in slices:
        order = ">" if slice_[:1] == b"\xfe" else "<"
        cputype, subtype = struct.unpack_from(order + "2I", slice_, 4)
        layout, rest = (">2I2Q2I", (14, 0)) if wide else (">5I", (14,))
        table += struct.pack(layout, cputype, subtype, start + len(body), len(slice_), *rest)
        body += slice_ + bytes(-len(slice_) % step)
    head = (b"\xca\xfe\xba\xbf" if wide else b"\xca\xfe\xba\xbe") + struct.pack(">I", len(slices)) + table
    return head.ljust(start, b"\0") + body


def archive(members: dict[str, bytes], *modes: str) -> bytes:
    """Return what `zig ar` makes of these members; modes such as `--format=bsd` or `--thin`."""
    recipe = repr((version("ziglang"), sorted(members.items()), modes))
    home = CACHE / hashlib.sha256(recipe.encode()).hexdigest()[:24]
    if not (home / "lib.a").is_file():
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            for member, content in members.items():
                (work / member).write_bytes(content)
            run_zig("ar", *modes, "rcs", "lib.a", *members, cwd=work)
            _keep(work / "lib.a", home)
    return (home / "lib.a").read_bytes()


def _keep(made: Path, home: Path) -> None:
    """Move a file into the cache in one step: several test processes may make the same one."""
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=home, delete=False) as staged:
        staged.write(made.read_bytes())
    shutil.copymode(made, staged.name)
    os.replace(staged.name, home / made.name)  # noqa: PTH105 - one rename is the point
