from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from wheelcheck.binary import read_binary
from wheelcheck.builder import compilers
from wheelcheck.builder.interpreters import Interpreter
from wheelcheck.builder.toolchain import Target
from wheelcheck.platforms.arch import find
from wheelcheck.source import Bytes

PROGRAM = '#include <stdio.h>\n#include <features.h>\nint main(void) { return printf("%d", __GLIBC_MINOR__) < 0; }\n'


def compiled(folder: Path, arch: str, *flags: str) -> Path:
    env = compilers.install(folder / "compiler", Target(find(arch), (2, 17)), folder).variables
    (folder / "x.c").write_text(PROGRAM)
    subprocess.run([env["CC"], *flags, "-o", folder / "x", folder / "x.c"], check=True, cwd=folder)
    return folder / "x"


@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_what_it_compiles_is_for_the_target(tmp_path: Path, arch: str) -> None:
    binary = read_binary("", Bytes(compiled(tmp_path, arch).read_bytes()))
    assert binary
    assert binary.slices[0].arches == (arch,)


@pytest.mark.parametrize(
    "flags", [(), ("-I/usr/include", "-L/usr/lib", "-L/usr/lib/x86_64-linux-gnu", "-march=native")]
)
def test_the_floor_holds_even_if_a_backend_adds_the_folders_of_the_host(tmp_path: Path, flags: tuple[str, ...]) -> None:
    file = compiled(tmp_path, "x86_64", *flags)
    if find("x86_64") != find(sysconfig.get_platform().partition("-")[2]):
        pytest.skip("the compiled program runs on x86_64 alone")
    assert subprocess.run([file], capture_output=True, text=True, check=True).stdout == "17"


@pytest.mark.parametrize(
    "flags",
    [
        ("--target=x86_64-unknown-linux-gnu",),
        ("-target", "x86_64-unknown-linux-gnu"),
        ("--target", "x86_64-pc-linux-gnu", "-O2"),
        ("-O2", "-target", "aarch64-linux-gnu", "--target=aarch64-unknown-linux-gnu"),
    ],
)
def test_a_target_that_a_build_adds_changes_neither_cpu_nor_floor(tmp_path: Path, flags: tuple[str, ...]) -> None:
    plain = compiled(tmp_path, "aarch64", "-O2").read_bytes()
    assert compiled(tmp_path, "aarch64", "-O2", *flags).read_bytes() == plain


def test_a_target_that_is_not_linux_stays(tmp_path: Path) -> None:
    env = compilers.install(tmp_path, Target(find("x86_64"), (2, 17)), tmp_path).variables
    (tmp_path / "x.c").write_text("int x(void) { return 1; }\n")
    subprocess.run([env["CC"], "-target", "bpfel-freestanding", "-c", "x.c"], check=True, cwd=tmp_path)
    binary = read_binary("", Bytes((tmp_path / "x.o").read_bytes()))
    assert binary
    assert binary.slices[0].machine == "EM_BPF"


def test_words_with_spaces_and_quotes_reach_the_compiler_whole(tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    flag = '-DWORD="it\'s \\"here\\""'
    assert compiled(tmp_path / "a folder", "x86_64", flag).exists()


def test_every_variable_names_a_script_that_runs(tmp_path: Path) -> None:
    env = compilers.install(tmp_path, Target(find("x86_64"), (2, 17)), tmp_path).variables
    assert set(env) == {"CC", "CXX", "AR", "RANLIB", "LDSHARED", "LDCXXSHARED"}
    assert env["LDSHARED"] == f"{env['CC']} -shared"
    for name in ("CC", "CXX", "AR", "RANLIB"):
        flag = "--help" if name in ("AR", "RANLIB") else "--version"
        assert subprocess.run([env[name], flag], capture_output=True, check=False).returncode == 0


def test_writing_the_scripts_again_is_not_an_error(tmp_path: Path) -> None:
    target = Target(find("x86_64"), (2, 17))
    assert compilers.install(tmp_path, target, tmp_path) == compilers.install(tmp_path, target, tmp_path)


@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_debians_split_pyconfig_is_found_for_any_cpu_without_the_rest_of_usr_include(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arch: str
) -> None:
    half = tmp_path / "usr include" / "x86_64-linux-gnu" / "python3.11"
    half.mkdir(parents=True)
    (half / "pyconfig.h").write_text("#define HALF 1\n")
    monkeypatch.setattr(compilers, "_HEADERS", half.parents[1])
    python = Interpreter("", (3, 11), str(half.parents[1] / "python3.11"), {"MULTIARCH": "x86_64-linux-gnu"})
    for _ in range(2):
        tools = compilers.install(tmp_path / "compiler", Target(find(arch), (2, 17)), tmp_path, python)
    (tmp_path / "x.c").write_text(f"#include <{arch}-linux-gnu/python3.11/pyconfig.h>\nint x = HALF;\n")
    subprocess.run([tools.cc, "-c", "x.c"], cwd=tmp_path, check=True)
    (tmp_path / "x.c").write_text(f"#include <{arch}-linux-gnu/other.h>\n")
    (half.parent / "other.h").write_text("")
    assert subprocess.run([tools.cc, "-c", "x.c"], cwd=tmp_path, check=False, stderr=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_rustc_links_for_the_target_even_with_the_words_that_zig_does_not_know(tmp_path: Path, arch: str) -> None:
    tools = compilers.install(tmp_path / "compiler", Target(find(arch), (2, 17)), tmp_path)
    (tmp_path / "x.c").write_text("int x(void) { return 1; }\n")
    words = (
        "-shared",
        "-lgcc_s",
        "-Wl,--as-needed",
        "-Wl,--no-undefined-version",
        "-Wl,-z,relro,-z,now",
        "-nodefaultlibs",
    )
    subprocess.run([tools.linker, *words, "-o", "x.so", "x.c"], cwd=tmp_path, check=True)
    binary = read_binary("", Bytes((tmp_path / "x.so").read_bytes()))
    assert binary
    assert binary.slices[0].arches == (arch,)


@pytest.mark.parametrize(
    ("arch", "flags"),
    [
        (
            "x86_64",
            "-Wl,--exclude-libs,ALL -Wl,-Bsymbolic-functions -Wl,-z,relro,--exclude-libs=libx.a,-z,separate-code",
        ),
        ("x86_64", "-Wl,--push-state,--pop-state,-Bsymbolic-functions,-z,now -Wl,-Map=x.map,--as-needed -flto=auto"),
        ("x86_64", "-march=x86-64 -mtune=generic -march=x86-64-v2 -mcpu=native"),
        ("aarch64", "-march=armv8-a -mtune=cortex-a72 -march=armv8-a+crc"),
    ],
)
@pytest.mark.parametrize("tool", ["cc", "linker"])
def test_flags_that_gcc_and_gnu_ld_take_and_zig_does_not_break_no_build(
    tmp_path: Path, tool: str, arch: str, flags: str
) -> None:
    tools = compilers.install(tmp_path / "compiler", Target(find(arch), (2, 17)), tmp_path)
    (tmp_path / "x.c").write_text("int x(void) { return 1; }\n")
    subprocess.run(
        [getattr(tools, tool), "-O2", "-shared", "-fPIC", *flags.split(), "x.c", "-o", "x.so"], cwd=tmp_path, check=True
    )
    binary = read_binary("", Bytes((tmp_path / "x.so").read_bytes()))
    assert binary
    assert [(slice_.kind, slice_.arches) for slice_ in binary.slices] == [("library", (arch,))]


def test_what_the_linker_is_told_beside_a_word_that_zig_refuses_is_done(tmp_path: Path) -> None:
    cc = compilers.install(tmp_path / "compiler", Target(find("x86_64"), (2, 17)), tmp_path).cc
    (tmp_path / "x.c").write_text("int x(void) { return 1; }\n")
    told = "-Wl,--exclude-libs,ALL,-soname,libnamed.so.1,-Bsymbolic-functions,-rpath,$ORIGIN/libs"
    subprocess.run([cc, "-shared", "-fPIC", told, "x.c", "-o", "x.so"], cwd=tmp_path, check=True)
    binary = read_binary("", Bytes((tmp_path / "x.so").read_bytes()))
    assert binary
    (slice_,) = binary.slices
    assert (slice_.soname, slice_.runpath) == ("libnamed.so.1", ("$ORIGIN/libs",))


PARALLEL = (
    "int sum(int n) {\n  int s = 0;\n#pragma omp parallel for reduction(+ : s)\n  for (int i = 0; i < n; i++) s += i;\n"
)
RUNTIME = "int f(void) { return 1; }\n"


def test_a_link_that_needs_openmp_is_refused_because_nothing_would_bring_its_runtime(tmp_path: Path) -> None:
    cc = compilers.install(tmp_path / "compiler", Target(find("x86_64"), (2, 17)), tmp_path).cc
    (tmp_path / "x.c").write_text(f"{PARALLEL}  return s;\n}}\n")
    subprocess.run([cc, "-fopenmp", "-fPIC", "-O2", "-c", "x.c"], cwd=tmp_path, check=True)
    for source, flag in (("x.o", "-fopenmp"), ("x.c", "-fopenmp=libomp")):
        link = [cc, "-shared", source, flag, "-pthread", "-o", "x.so"]
        done = subprocess.run(link, cwd=tmp_path, check=False, capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr.startswith(f"wheelcheck: {flag}: zig, which compiles here, has no OpenMP runtime")
        assert not (tmp_path / "x.so").exists()


def test_openmp_is_linked_where_the_project_brings_its_runtime_or_needs_none(tmp_path: Path) -> None:
    cc = compilers.install(tmp_path / "compiler", Target(find("x86_64"), (2, 17)), tmp_path).cc
    (tmp_path / "x.c").write_text(f"{PARALLEL}  return s;\n}}\n")
    (tmp_path / "own.c").write_text(RUNTIME)
    subprocess.run([cc, "-shared", "-fPIC", "own.c", "-o", "libomp.so"], cwd=tmp_path, check=True)
    for words in (("x.c", "-fopenmp", "-L.", "-lomp"), ("own.c", "-fopenmp"), ("x.c", "-fopenmp-simd")):
        subprocess.run([cc, "-shared", "-fPIC", "-O2", *words, "-o", "x.so"], cwd=tmp_path, check=True)
        binary = read_binary("", Bytes((tmp_path / "x.so").read_bytes()))
        assert binary
        (tmp_path / "x.so").unlink()


def test_undefined_behaviour_ends_no_program_that_is_compiled_without_optimisation(tmp_path: Path) -> None:
    target = Target(find("x86_64"), (2, 17))
    cc = compilers.install(tmp_path / "compiler", target, tmp_path).cc
    (tmp_path / "x.c").write_text("int add(int one, int other) { return one + other; }\n")
    subprocess.run([cc, "-c", "x.c"], cwd=tmp_path, check=True)
    assert b"ubsan" not in (tmp_path / "x.o").read_bytes()


def debug_words(folder: Path, *, mapped: bool) -> bytes:
    """Compile with debug information, by the script as it is or without the flags that leave folders out."""
    env = compilers.install(folder / "compiler", Target(find("x86_64"), (2, 17)), folder).variables
    if not mapped:
        script = Path(env["CC"])
        script.write_text(re.sub(r"-ffile-prefix-map=\S+", "", script.read_text()))
    (folder / "x.c").write_text(f"#include <Python.h>\n{PROGRAM}PyObject *none(void) {{ return Py_None; }}\n")
    python = f"-I{sysconfig.get_path('include')}"
    subprocess.run([env["CC"], "-g", python, "-c", "-o", folder / "x.o", folder / "x.c"], check=True, cwd=folder)
    return (folder / "x.o").read_bytes()


def test_debug_information_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    (tmp_path / "mapped").mkdir()
    # zig writes its own folder absolute or, where that is shorter, relative to where it was started
    folders = (str(tmp_path).encode(), sys.base_prefix.encode(), b"site-packages/ziglang")
    named = debug_words(tmp_path / "named", mapped=False)
    assert [folder for folder in folders if folder not in named] == []
    found = debug_words(tmp_path / "mapped", mapped=True)
    assert [folder for folder in folders if folder in found] == []
