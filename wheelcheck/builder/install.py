"""Installs a wheel as a user would, outside the checkout: on this machine, or for another CPU that qemu emulates.

With a Debian root that has Python, such as `$WHEELCHECK_ROOTS/aarch64`, everything in a wheel can be tested. Without
one, the emulator and that CPU's C library (Debian: libc6-arm64-cross) can still run its executables.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

from packaging.tags import Tag, compatible_tags, cpython_tags, platform_tags, sys_tags
from packaging.utils import parse_wheel_filename

from wheelcheck.builder import installers, interpreters, kernel, run
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.builder.toolchain import host
from wheelcheck.facts.file_names import DATA
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.records import dataclass, field, replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wheelcheck.builder.interpreters import Interpreter
    from wheelcheck.builder.kernel import Kernel
    from wheelcheck.builder.run import Log
    from wheelcheck.platforms.arch import Arch


ROOTS = "WHEELCHECK_ROOTS"
# What a smoke command may need from the kernel, and why the emulator does not provide it.
EMULATION_LACKS = {
    "bpf": "qemu-user passes no bpf() on",
    "ptrace": "qemu-user has no ptrace()",
    "seccomp": "qemu-user takes no seccomp filter",
}
_VERSIONS = "import os, sys; print(*sys.version_info[:2], os.confstr('CS_GNU_LIBC_VERSION').split()[1])"


class NotHereError(Exception):
    """A wheel cannot be tested on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine to test on. Without `python` only executables run, prefixed by `runner`."""

    arch: Arch
    python: str
    version: tuple[int, int]
    runner: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)
    kernel: Kernel | None = None  # what starts a whole machine of this CPU, for commands that need what it `lacks`
    boots: bool = False  # whether everything runs in that machine
    glibc: tuple[int, ...] = ()  # its C library, where that is not this machine's

    def __str__(self) -> str:
        if self.is_native:
            return self.arch.name
        if not self.python:
            return f"{self.arch.name} under qemu-user, executables only"
        python = "with Python {}.{}".format(*self.version)
        if self.boots:
            return f"{self.arch.name} in a machine of qemu-system, {python}"
        return f"{self.arch.name} under qemu-user, {python}{' and a kernel' if self.kernel else ''}"

    @property
    def is_native(self) -> bool:
        """Whether this is the CPU that the builder runs on."""
        return self.arch == host()


def of(arch: Arch, base: Mapping[str, str]) -> Machine:
    """Return the machine to test wheels for `arch` on. Raises NotHereError."""
    if arch == host():
        return Machine(arch, sys.executable, (sys.version_info.major, sys.version_info.minor))
    qemu = shutil.which(f"qemu-{arch.qemu}-static") or shutil.which(f"qemu-{arch.qemu}")
    if not qemu:
        raise NotHereError(f"this machine is {host().name} and has no qemu-{arch.qemu}: install qemu-user-static")
    return next(_emulated(arch, base), None) or _executables_only(arch, qemu, _roots(arch, base))


def for_wheel(wheel: Path, arch: Arch, base: Mapping[str, str]) -> Machine:
    """Return the machine to test a wheel on, with a Python that it is for. Raises NotHereError.

    On this machine it is one on PATH, otherwise that of the first Debian root that supports the wheel.
    """
    if arch == host() and (python := _python_for(wheel, base)):
        return replace(of(arch, base), python=python.executable, version=python.version)
    first = None
    for machine in _emulated(arch, base) if arch != host() else ():
        if _is_installable(wheel, machine):
            return machine
        first = first or machine
    machine = first or of(arch, base)
    require_installable(wheel, machine)
    return machine


def _python_for(wheel: Path, base: Mapping[str, str]) -> Interpreter | None:
    tags = parse_wheel_filename(wheel.name)[3]
    here = {"any", *platform_tags()}
    pairs = sorted({(tag.interpreter, tag.abi) for tag in tags if tag.platform in here})
    return next(filter(None, (interpreters.search(pair, base) for pair in pairs)), None)


def require_installable(wheel: Path, machine: Machine) -> None:
    """Raise NotHereError if the Python of a machine does not support the tags of a wheel. Without Python, all pass."""
    if _is_installable(wheel, machine):
        return
    version = platform.python_version() if machine.is_native else "{}.{}".format(*machine.version)
    library = " with glibc {}.{}".format(*machine.glibc) if machine.glibc else ""
    raise NotHereError(f"CPython {version}{library} on {machine.arch.name} does not support the tags of this wheel")


def _is_installable(wheel: Path, machine: Machine) -> bool:
    return not machine.python or not parse_wheel_filename(wheel.name)[3].isdisjoint(_supported(wheel, machine))


def _supported(wheel: Path, machine: Machine) -> set[Tag]:
    if machine.is_native:
        return set(sys_tags())
    tags = {parse_platform(tag.platform) for tag in parse_wheel_filename(wheel.name)[3]}
    platforms = sorted(tag.tag for tag in tags if not machine.glibc or tag.floor <= machine.glibc)
    interpreter = "cp{}{}".format(*machine.version)
    pure = compatible_tags(machine.version, interpreter, platforms)
    return {*cpython_tags(machine.version, platforms=platforms), *pure}


def _roots(arch: Arch, base: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders for Debian roots of a CPU: $WHEELCHECK_ROOTS/aarch64, …/aarch64-trixie and so on."""
    if not base.get(ROOTS):
        return ()
    folder = Path(base[ROOTS]).resolve()
    others = sorted(path for path in folder.glob(f"{arch.name}-*") if not path.suffix)
    return tuple(path.resolve() for path in (folder / arch.name, *others))


def _emulated(arch: Arch, base: Mapping[str, str]) -> Iterator[Machine]:
    """Yield the machines of a CPU whose Python starts, one for each root."""
    return filter(None, (_with_python(arch, root, base) for root in _roots(arch, base)))


def _with_python(arch: Arch, root: Path, base: Mapping[str, str]) -> Machine | None:
    """Return the machine of a root whose Python starts; the kernel must know the emulator (binfmt_misc)."""
    python = root / "usr" / "bin" / "python3"
    if not python.is_file():
        return None
    env = {**kernel.user_variables(arch), "QEMU_LD_PREFIX": str(root)}
    try:
        answer = run.observe(Command((str(python), "-I", "-c", _VERSIONS), root, {**base, **env}))
    except BuildError:  # the kernel does not know the emulator
        return None
    if answer.status:
        return None
    major, minor, library = answer.output.split()
    found = Machine(arch, str(python), (int(major), int(minor)), (), env, EMULATION_LACKS)
    return replace(found, kernel=kernel.of(arch, root), glibc=tuple(map(int, library.split("."))))


def _executables_only(arch: Arch, qemu: str, roots: tuple[Path, ...]) -> Machine:
    cross = Path(f"/usr/{arch.multiarch[0]}-linux-{arch.rust_abi}")  # Debian's libc6-ARCH-cross
    for folder in (*roots, cross, Path("/")):
        if Path(f"{folder}/{arch.glibc_loader}").exists():
            return Machine(arch, "", (0, 0), (qemu, "-L", str(folder)), {}, EMULATION_LACKS)
    package = f"libc6-{arch.debian}-cross" if arch.debian else "its C library"
    raise NotHereError(
        f"there is no {arch.glibc_loader}: install {package}, or set {ROOTS} to a folder of Debian roots"
    )


@dataclass(frozen=True, slots=True)
class Installation:
    """Where a wheel was installed: its programs and its site-packages, and the environment to run it in."""

    machine: Machine
    programs: Path
    packages: Path
    env: Mapping[str, str]

    @property
    def python(self) -> str:
        """The interpreter of the virtual environment, empty on a machine without Python."""
        return str(self.programs / "python") if self.machine.python else ""

    def place(self, path: str) -> Path:
        """Return where a file of the wheel was installed. Below `.data/`, the next folder names the scheme."""
        if not path.startswith(DATA):
            return self.packages / path
        scheme, _, rest = path.removeprefix(DATA).partition("/")
        return {"scripts": self.programs, "data": self.programs.parent}.get(scheme, self.packages) / rest


def install(wheel: Path, machine: Machine, folder: Path, base: Mapping[str, str], log: Log) -> Installation:
    """Install `wheel` with its dependencies into a virtual environment in `folder`. Raises BuildError."""
    env = {**run.for_installed(base), **machine.env}
    if not machine.python:
        return _laid_out(wheel, machine, folder, env, log)
    programs = folder / "venv" / "bin"
    found = installers.installing_into(programs / "python", machine.version, env, emulated=not machine.is_native)
    _make_environment(machine.python, folder, env, log, with_pip=not found)
    installer = found or installers.of_environment(programs / "python")
    env["PATH"] = os.pathsep.join([str(programs), *filter(None, [env.get("PATH")])])
    run.run(Command((*installer, str(wheel)), folder, env), log)
    (packages,) = (folder / "venv" / "lib").glob("*/site-packages")  # a lib64 is a link to lib
    return Installation(machine, programs, packages, env)


def _make_environment(python: str, folder: Path, env: Mapping[str, str], log: Log, *, with_pip: bool) -> None:
    options = () if with_pip else ("--without-pip",)
    run.run(Command((python, "-m", "venv", *options, str(folder / "venv")), folder, env), log)


def _laid_out(wheel: Path, machine: Machine, folder: Path, env: Mapping[str, str], log: Log) -> Installation:
    """Unpack a wheel by a pip of this CPU, as there is no Python of the machine's own."""
    pip = installers.own_pip((sys.version_info.major, sys.version_info.minor))
    if not pip:
        _make_environment(sys.executable, folder, env, log, with_pip=True)
        pip = installers.of_environment(folder / "venv" / "bin" / "python")
    target = folder / "packages"
    run.run(Command((*pip, *foreign_options(wheel), "--target", str(target), str(wheel)), folder, env), log)
    return Installation(machine, target / "bin", target, env)


def foreign_options(wheel: Path) -> tuple[str, ...]:
    """Return the options with which this machine's pip installs a wheel for another CPU, without dependencies."""
    tag = min(parse_wheel_filename(wheel.name)[3], key=str)
    options = {"platform": tag.platform, "abi": tag.abi, "implementation": tag.interpreter[:2]}
    options["python-version"] = tag.interpreter[2:]
    return ("--no-deps", "--only-binary=:all:", *(f"--{name}={value}" for name, value in options.items()))
