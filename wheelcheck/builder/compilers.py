"""The compilers that a PEP 517 backend gets, so that what it compiles is for the target: its CPU and its glibc floor.

Backends call compilers in a few ways, and all of them lead to zig for the same target: CC and its kin for setuptools,
meson and CMake; `CC_<triple>` and a linker for cargo, which maturin and setuptools-rust start; a toolchain file or a
cross file where CMake and meson compile for another CPU. Backends also add folders and flags of this machine; the
scripts written here drop those, so that an extension module is built with neither its headers nor its newer C library.
"""

from __future__ import annotations

import shlex
import sys
import sysconfig
from pathlib import Path

from wheelcheck.builder.toolchain import Target, host, zig_folder
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.builder.interpreters import Interpreter
    from wheelcheck.platforms.arch import Arch

# What a build adds for the machine it runs on is left out, and so is a target of its own if that is Linux: cc-rs and
# CMake know it only without the floor. A target that is not Linux, such as bpf, is somebody's intention and stays.
# zig has other names for the CPUs of GCC's -march, and refuses some words of GNU ld. Those left out here ask for fewer
# exported symbols, faster calls or another layout; a library without them does the same.
# zig has no OpenMP runtime and links all the same, so the script stops that: a build that tries it first goes without.
_SCRIPT = """\
#!/bin/sh
before= openmp= brought=
for word do
  shift
  case $before$word in
    -target*-linux* | --target=*-linux* | --target*-linux*) before=; continue ;;
    -target | --target) before=$word; continue ;;
    -I/usr/include | -L/usr/lib* | -L/lib* | -specs=*) continue ;;
    -march=native | -mcpu=native | -mtune=* | -march=x86-64 | -march=armv8-a) continue ;;
    -march=x86-64-v[234]) word=-march=x86_64_${{word#-march=x86-64-}} ;;
    -march=armv8-a+*) word=-mcpu=generic+${{word#-march=armv8-a+}} ;;
    -fopenmp | -fopenmp=*) openmp=$word ;;
    -c | -E | -S | -l*omp | -l*omp5 | */lib*omp.* | */lib*omp5.*) brought=$word ;;
    -flto=auto | -flto=jobserver | -flto=[0-9]*) word=-flto ;;
    -Wl,*) word=$(printf '%s\n' "$word" | sed -E '{refused}') ;;
  esac
  [ "$word" != -Wl ] || continue
  [ -z "$before" ] || set -- "$@" -target
  before=
  set -- "$@" "$word"
done
if [ -n "$openmp" ] && [ -z "$brought" ] && grep -Eqs '__kmpc_|#[[:blank:]]*pragma[[:blank:]]+omp' -- "$@"; then
  echo "wheelcheck: $openmp: {no_openmp}" >&2
  exit 1
fi
exec {program} "$@"
"""
_NO_OPENMP = (
    "zig, which compiles here, has no OpenMP runtime, so no machine could load the result; "
    "build without OpenMP, or link a runtime that the project brings (-lomp)"
)
_REFUSED = "; ".join(
    f"s/,{word}(,|$)/\\1/g; s/,{word}(,|$)/\\1/g"  # twice, because two neighbours share a comma
    for word in (
        *("-?-exclude-libs[=,][^,]*", "-?-dynamic-list[=,][^,]*", "-?-retain-symbols-file[=,][^,]*", "-Map[=,][^,]*"),
        *("-Bsymbolic-functions", "--(push|pop)-state", "--warn-common", "--print-memory-usage", "--icf=[^,]*"),
        "-z,(no)?(separate-code|pack-relative-relocs)",
    )
)
# Without an optimisation level zig would add checks that end a program on undefined behaviour; other compilers do not.
_COMPILER = "-target {zig} -fno-sanitize=undefined"
_HEADERS = Path("/usr/include")


@dataclass(frozen=True, slots=True)
class Compilers:
    """The compiler scripts for one target in a folder, written by `install`."""

    folder: Path
    target: Target

    @property
    def cc(self) -> str:
        """The C compiler, which also links."""
        return str(self.folder / "cc")

    @property
    def cxx(self) -> str:
        """The C++ compiler."""
        return str(self.folder / "c++")

    @property
    def ar(self) -> str:
        """The archiver."""
        return str(self.folder / "ar")

    @property
    def ranlib(self) -> str:
        """The indexer of static libraries."""
        return str(self.folder / "ranlib")

    @property
    def strip(self) -> str:
        """What CMake calls to strip a file: it does nothing, because this machine's own knows only its own CPU."""
        return str(self.folder / "strip")

    @property
    def linker(self) -> str:
        """The linker for rustc, whose words cargo-zigbuild translates for zig."""
        return str(self.folder / "rust-linker")

    @property
    def variables(self) -> dict[str, str]:
        """The variables by which setuptools, meson and CMake find a compiler."""
        linkers = {"LDSHARED": f"{self.cc} -shared", "LDCXXSHARED": f"{self.cxx} -shared"}
        return {"CC": self.cc, "CXX": self.cxx, "AR": self.ar, "RANLIB": self.ranlib, **linkers}

    @property
    def cargo_variables(self) -> dict[str, str]:
        """The variables by which cargo and the crates cc and cmake find a linker and a compiler for this target."""
        triple = self.target.arch.rust_triple.replace("-", "_")
        tools = {"CC": self.cc, "CXX": self.cxx, "AR": self.ar, "RANLIB": self.ranlib}
        linker = {f"CARGO_TARGET_{triple.upper()}_LINKER": self.linker}
        return {**{f"{name}_{triple}": tool for name, tool in tools.items()}, **linker}


def install(
    folder: Path,
    target: Target,
    sources: Path,
    python: Interpreter | None = None,
    environment: Path | None = None,
) -> Compilers:
    """Write the compiler scripts for `target` into `folder`. `sources` is the folder that is compiled."""
    folder.mkdir(parents=True, exist_ok=True)
    zig = f"{shlex.quote(sys.executable)} -m ziglang"
    flags = f"{_COMPILER.format(zig=target.zig)} {shlex.join(prefix_maps(sources, environment))}"
    flags += _python_headers(folder, target.arch, python)
    linker = shlex.join([f"CARGO_ZIGBUILD_PYTHON_PATH={sys.executable}", _cargo_zigbuild(), "zig", "cc", "--"])
    programs = {"cc": f"{zig} cc {flags}", "c++": f"{zig} c++ {flags}", "ar": f"{zig} ar", "ranlib": f"{zig} ranlib"}
    programs |= {"strip": "true", "rust-linker": f"env {linker} {_COMPILER.format(zig=target.zig)}"}
    for name, program in programs.items():
        script = folder / name
        script.write_text(_SCRIPT.format(program=program, refused=_REFUSED, no_openmp=_NO_OPENMP))
        script.chmod(0o755)
    return Compilers(folder, target)


def for_backend(folder: Path, target: Target, tree: Path, python: Interpreter, environment: Path) -> dict[str, str]:
    """Write everything that makes a backend compile for `target`; return the variables that say where it is.

    Cargo's build scripts run on this machine, so they get compilers for its CPU too, and so do the tools that meson and
    autotools build for themselves. `environment` is where the packages that the backend requires are installed.
    """
    compilers = install(folder, target, tree, python, environment)
    found = {**compilers.variables, **compilers.cargo_variables, "CARGO_BUILD_TARGET": target.arch.rust_triple}
    found["PKG_CONFIG_LIBDIR"] = str(_no_packages(folder))
    if target.arch == host():
        return found
    here = install(folder / "host", Target(host(), max(target.floor, host().oldest_build or target.floor)), tree)
    for_this = {"CC_FOR_BUILD": here.cc, "CXX_FOR_BUILD": here.cxx}
    values = python.for_another_cpu(target.arch, compilers.folder, compilers.variables)
    return {**here.cargo_variables, **for_this, **found, **_cmake(compilers), **values}


def _no_packages(folder: Path) -> Path:
    """Return an empty folder, in which pkg-config finds none of the libraries of this machine.

    They could not be linked, and Debian's python3.pc leads meson to headers of a Python that is not the wheel's.
    """
    empty = folder / "pkgconfig"
    empty.mkdir(exist_ok=True)
    return empty


def backend_settings(
    name: str, folder: Path, target: Target, own: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Return the config_settings for the backend `name`: the project's `own`, and what no variable tells it.

    meson takes the description of another CPU only from a file that is named on its command line. meson-python builds
    in a folder with a random name, which debug information of generated sources repeats; here it has one name.
    """
    if name != "mesonpy":
        return dict(own)
    told = {} if {"build-dir", "builddir"} & own.keys() else {"build-dir": (".mesonpy",)}
    if target.arch == host():
        return {**own, **told}
    file = folder / "meson-cross.ini"
    file.write_text(_meson(Compilers(folder, target)))
    return {**own, **told, "setup-args": (f"--cross-file={file}", *own.get("setup-args", ()))}


def prefix_maps(sources: Path, environment: Path | None = None) -> tuple[str, ...]:
    """Return the flags that keep the folders of the sources, of Python and of zig out of debug information.

    So is the folder of the environment that a backend runs in, whose name is another one in each build.
    """
    folders = {sources: "/source", Path(sys.base_prefix): "/python", zig_folder(): "/zig"}
    folders |= {environment: "/environment"} if environment else {}
    return tuple(f"-ffile-prefix-map={folder}={name}" for folder, name in folders.items())


def _cargo_zigbuild() -> str:
    return str(Path(sysconfig.get_path("scripts"), "cargo-zigbuild"))


def _cmake(compilers: Compilers) -> dict[str, str]:
    """Write the toolchain file by which CMake compiles for another CPU; return the variables that name it.

    CMake's FindPython asks no Python while CMAKE_CROSSCOMPILING is on. The Python of the build answers for the target,
    so it is turned off; CMake then also takes a test program that does not run here as an answer and not as an error.
    """
    settings = {
        "CMAKE_SYSTEM_NAME": "Linux",
        "CMAKE_SYSTEM_PROCESSOR": compilers.target.arch.name,
        "CMAKE_C_COMPILER": compilers.cc,
        "CMAKE_CXX_COMPILER": compilers.cxx,
        "CMAKE_AR": compilers.ar,
        "CMAKE_RANLIB": compilers.ranlib,
        "CMAKE_STRIP": compilers.strip,
        "CMAKE_CROSSCOMPILING": "OFF",
    }
    file = compilers.folder / "toolchain.cmake"
    file.write_text("".join(f'set({name} "{value}")\n' for name, value in settings.items()))
    triple = compilers.target.arch.rust_triple.replace("-", "_")
    return {name: str(file) for name in ("CMAKE_TOOLCHAIN_FILE", f"CMAKE_TOOLCHAIN_FILE_{triple}")}


def _meson(compilers: Compilers) -> str:
    """Return the cross file by which meson compiles for another CPU."""
    arch = compilers.target.arch
    endian = "little" if arch.elf is None or arch.elf.little_endian else "big"
    family = _MESON_FAMILIES.get(arch.name, arch.name)
    return f"""\
[binaries]
c = '{compilers.cc}'
cpp = '{compilers.cxx}'
ar = '{compilers.ar}'
ranlib = '{compilers.ranlib}'
strip = '{compilers.strip}'

[host_machine]
system = 'linux'
cpu_family = '{family}'
cpu = '{arch.name}'
endian = '{endian}'

[properties]
needs_exe_wrapper = true
"""


# Where meson's table of CPU families differs from the names of manylinux.
_MESON_FAMILIES = {"i686": "x86", "armv7l": "arm", "ppc64le": "ppc64"}


def _python_headers(folder: Path, arch: Arch, python: Interpreter | None) -> str:
    """Return the flag by which Debian's pyconfig.h finds the file it includes, and nothing else below /usr/include.

    The file it includes is named for the CPU that the compiler compiles for; here it is this machine's.
    """
    if python is None:
        return ""
    headers = Path(python.include)
    half = headers.parent / python.triplet / headers.name
    if not python.triplet or headers.parent != _HEADERS or not half.is_dir():
        return ""
    link = folder / "include" / arch.multiarch_triplet / headers.name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(half)
    return f" -isystem {shlex.quote(str(folder / 'include'))}"
