"""Prepare a Debian or Ubuntu machine for another CPU: to build for it and to run what was built.

    python3 -m tools.roots cross [--arch NAME]   Rust's std, qemu-user and that CPU's C library: some 40 seconds
    python3 -m tools.roots root [--arch NAME]    a Debian root with Python in .cache/roots, by mmdebstrap: half a minute
    python3 -m tools.roots system [--arch NAME]  a Debian kernel for it, which qemu-system runs: another half
                                  [--suite NAME] of another release, with its Python: trixie has 3.13, bookworm 3.11
    python3 -m tools.roots env                   the variables that name what was prepared, for `export $(...)`

`tools.images` makes container images. What exists already is not changed; installing packages needs root or sudo.
Standard library only.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from wheelcheck.builder import kernel
from wheelcheck.platforms.arch import Arch, find
from wheelcheck.records import dataclass

CACHE = Path(__file__).resolve().parent.parent / ".cache"
ROOTS = CACHE / "roots"
SUITE = "bookworm"  # another one, such as trixie, has another Python and glibc: its root stands beside this one's
DISTRIBUTIONS_RUSTC = "/usr/bin/rustc"
BINFMT = Path("/proc/sys/fs/binfmt_misc")

# Python with what a wheel may take for granted: libraries that manylinux allows, and a shell with its usual programs.
ROOT_PACKAGES = (
    *("python3", "python3-venv", "base-files", "bash", "coreutils", "dash", "findutils", "grep", "iproute2", "sed"),
    *("libexpat1", "libgcc-s1", "libglib2.0-0", "libice6", "libsm6", "libstdc++6", "libx11-6", "libxext6"),
    *("libxrender1", "zlib1g"),
)
KERNEL_MODULES = ("veth.ko",)  # what a program that loads eBPF sends packets through
Words = tuple[str, ...]


def has_std(rustc: str, row: Arch) -> bool:
    """Return whether a compiler has the standard library for a CPU."""
    command = [rustc, "--print", "target-libdir", "--target", row.rust_triple]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.returncode == 0 and any(Path(done.stdout.strip()).glob("libstd-*.rlib"))


def std_commands(row: Arch) -> list[Words]:
    """Return the commands that install Rust's standard library for a CPU on Debian."""
    packages = ("rustc-web", f"libstd-rust-web-dev:{row.debian}")
    return [as_root("dpkg", "--add-architecture", row.debian), as_root("apt-get", "-qq", "update"), install(*packages)]


def emulator_commands(row: Arch) -> list[Words]:
    """Return the commands that install the emulator and a C library for it, without adding an architecture to apt."""
    return [install("qemu-user-static", "binfmt-support", f"libc6-{row.debian}-cross")]


def binfmt_commands() -> list[Words]:
    """Return the commands that register the emulator with the kernel if binfmt_misc is not mounted."""
    mount = as_root("mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT))
    return [mount, as_root("update-binfmts", "--enable")]


@dataclass(frozen=True, slots=True)
class Root:
    """A Debian root: for which CPU, of which release."""

    row: Arch
    suite: str = SUITE

    @property
    def home(self) -> Path:
        """Its folder, one of those that the builder looks for."""
        return ROOTS / (self.row.name if self.suite == SUITE else f"{self.row.name}-{self.suite}")

    @property
    def partial(self) -> Path:
        """Where it is made."""
        return self.home.with_name(f"{self.home.name}.partial")


def extract_command(wanted: Root, packages: Words) -> Words:
    """Return the command that unpacks Debian packages for a CPU, with all that they depend on, and configures none.

    To configure them would run that CPU's programs for minutes under the emulator, and change no file that is needed.
    """
    return as_root(*mmdebstrap(wanted.row, packages, "extract"), wanted.suite, str(wanted.partial))


def mmdebstrap(row: Arch, packages: Words, variant: str = "minbase") -> Words:
    """Return the beginning of the command that makes a Debian system."""
    return (
        "mmdebstrap",
        "--quiet",
        f"--architectures={row.debian}",
        f"--variant={variant}",
        f"--include={','.join(packages)}",
    )


def install(*packages: str) -> Words:
    """Return the command that installs packages without recommended ones."""
    options = ("-qq", "install", "--no-install-recommends")
    return as_root("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *options, *packages)


def as_root(*words: str) -> Words:
    """Return a command that runs as root."""
    return words if os.geteuid() == 0 else ("sudo", *words)


def run(commands: list[Words]) -> None:
    """Print and run commands. Raises CalledProcessError if one fails."""
    for words in commands:
        print("$", shlex.join(words), file=sys.stderr, flush=True)
        subprocess.run(words, stdout=sys.stderr, check=True)


def cross(row: Arch) -> None:
    """Prepare this machine to build for a CPU and to run its executables."""
    if not any(has_std(rustc, row) for rustc in ("rustc", DISTRIBUTIONS_RUSTC)) and not rustup_adds(row):
        run(std_commands(row))
    emulate(row)


def rustup_adds(row: Arch) -> bool:
    """Install the standard library with rustup; return whether that succeeded."""
    return bool(shutil.which("rustup")) and not subprocess.call(["rustup", "target", "add", row.rust_triple], stdout=2)


def emulate(row: Arch) -> None:
    """Install the emulator for a CPU, and register it with the kernel if this machine allows that."""
    if not shutil.which(f"qemu-{row.qemu}-static"):
        run(emulator_commands(row))
    if not (BINFMT / f"qemu-{row.qemu}").exists():
        subprocess.call(binfmt_commands()[0], stdout=2)  # mounted already, or not ours to mount
        subprocess.call(binfmt_commands()[1], stdout=2)


def root(wanted: Root) -> None:
    """Make a Debian root in .cache/roots."""
    if (wanted.home / "usr" / "bin" / "python3").exists():
        return
    require("mmdebstrap", "arch-test")
    emulate(wanted.row)
    partial = extracted(wanted, ROOT_PACKAGES)
    run([compile_command(wanted.row, partial)])
    partial.rename(wanted.home)


def extracted(wanted: Root, packages: Words) -> Path:
    """Return a new folder with unpacked Debian packages, beside the place of the root."""
    shutil.rmtree(wanted.partial, ignore_errors=True)
    ROOTS.mkdir(parents=True, exist_ok=True)
    run([extract_command(wanted, packages)])
    return wanted.partial


def compile_command(row: Arch, folder: Path) -> Words:
    """Return the command by which the Python of a root compiles its library, as the packages do when configured.

    What it writes does not depend on times, and is used wherever the root is moved or copied.
    """
    python, library = folder / "usr" / "bin" / "python3", folder / "usr" / "lib"
    options = ("-q", "--invalidation-mode", "unchecked-hash", "-x", "/(test|tests|idlelib|lib2to3)/")
    variables = [f"{name}={value}" for name, value in kernel.user_variables(row).items()]
    emulated = ("env", *variables, f"qemu-{row.qemu}-static", "-L", str(folder), str(python), "-I")
    return (*emulated, "-m", "compileall", *options, str(library))


def system(wanted: Root) -> None:
    """Put a kernel and the initramfs of a Debian root beside that root."""
    hardware, folder = kernel.HARDWARE.get(wanted.row.name), kernel.folder_for(wanted.home)
    if not hardware:
        raise OSError(f"no machine is known for {wanted.row.name}, only for {', '.join(kernel.HARDWARE)}")
    root(wanted)
    if not shutil.which(hardware.program):
        run([install(hardware.package)])
    if folder.exists():
        return
    package = extracted(wanted, (f"linux-image-{wanted.row.debian}",))
    (image,) = (package / "boot").glob("vmlinuz-*")
    modules = [file for name in KERNEL_MODULES for file in package.rglob(f"{name}*")]
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    kernel.prepare(wanted.home, image, modules, partial)
    partial.rename(folder)
    shutil.rmtree(package)


def require(*programs: str) -> None:
    """Install the programs that are missing; Debian's packages of them have the same names."""
    if missing := [program for program in programs if not shutil.which(program)]:
        run([install(*missing)])


def variables(row: Arch) -> list[str]:
    """Return NAME=VALUE lines for what was prepared: the compiler that has the standard library, the roots."""
    needs_distributions = not has_std("rustc", row) and has_std(DISTRIBUTIONS_RUSTC, row)
    compiler = [f"RUSTC={DISTRIBUTIONS_RUSTC}"] if needs_distributions else []
    return [*compiler, f"WHEELCHECK_ROOTS={ROOTS}"]


def main(arguments: list[str]) -> int:
    """Run the given command; return 1 if it failed."""
    parser = argparse.ArgumentParser(prog="tools.roots", description="Prepare this machine for another CPU.")
    parser.add_argument("what", choices=("cross", "root", "system", "env"))
    parser.add_argument("--arch", type=find, default=other(), help="that CPU (default: aarch64, on aarch64 x86_64)")
    parser.add_argument("--suite", default=SUITE, help=f"a release of Debian for root and system (default: {SUITE})")
    options = parser.parse_args(arguments)
    if options.what == "env":
        print(*variables(options.arch), sep="\n")
        return 0
    try:
        wanted = Root(options.arch, options.suite)
        {"cross": lambda _: cross(options.arch), "root": root, "system": system}[options.what](wanted)
    except (subprocess.CalledProcessError, OSError) as failed:
        print(f"roots: {failed}", file=sys.stderr)
        return 1
    return 0


def other() -> Arch:
    """Return the CPU with a hosted runner (of two) that this machine does not have."""
    return find("x86_64" if os.uname().machine in ("aarch64", "arm64") else "aarch64")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
