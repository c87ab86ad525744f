"""Runs commands in an emulated machine with a Linux kernel of its own, for what qemu-user does not pass on.

Such are ptrace(), bpf() and filters of seccomp. `tools/roots.py system` puts what the machine starts with beside the
Debian root: the kernel, modules of it, and the root as an initramfs. The machine has no disk and no network. It gets
the installed wheel and the commands as a second initramfs, runs them one after another, and prints the outcomes on its
console. Everything stands where it stands here, so that paths in scripts and environments stay right.
"""

from __future__ import annotations

import base64
import json
import lzma
import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath

from wheelcheck.builder import guest, initramfs, run
from wheelcheck.builder.initramfs import folder_at, folders_of, link_at, text_at, tree
from wheelcheck.builder.run import BuildError, Command, Outcome, OverdueError
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wheelcheck.builder.initramfs import Entry
    from wheelcheck.platforms.arch import Arch

_BOOT = 180.0  # seconds for starting, which takes five on a machine with nothing else to do
_IMAGE, _ROOT = "vmlinuz", "root.cpio"
_LEFT_OUT = frozenset({"usr/share", "usr/include", "var/cache", "var/lib", "boot"})
_TAIL = 8  # lines of the console in an error
_HOME = {"HOME": "/root", "TMPDIR": "/tmp"}  # noqa: S108  # what is named here need not exist there
_USERS = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
}


@dataclass(frozen=True, slots=True)
class Hardware:
    """What qemu emulates: its program and Debian's package of it, the machine, its CPU, and the kernel's console."""

    program: str
    package: str
    machine: str
    cpu: str
    console: str


# A Cortex-A72 has what every aarch64 has, which is what the tag of a wheel promises. The pointer signatures of newer
# ones, with which Debian's programs are compiled since trixie, make emulation four times as slow.
HARDWARE = {"aarch64": Hardware("qemu-system-aarch64", "qemu-system-arm", "virt", "cortex-a72", "ttyAMA0")}


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel to start, from the files in `folder`, with the Debian root that stands at `root` here."""

    qemu: str
    hardware: Hardware
    folder: Path
    root: Path


def user_variables(arch: Arch) -> dict[str, str]:
    """Return the variable by which qemu-user emulates the same CPU as qemu-system."""
    return {"QEMU_CPU": HARDWARE[arch.name].cpu} if arch.name in HARDWARE else {}


def folder_for(root: Path) -> Path:
    """Return the folder of the kernel that belongs to a Debian root."""
    return root.with_name(f"{root.name}.kernel")


def of(arch: Arch, root: Path) -> Kernel | None:
    """Return the kernel that was prepared for a Debian root, None if there is none or no qemu-system to run it."""
    hardware, folder = HARDWARE.get(arch.name), folder_for(root)
    qemu = shutil.which(hardware.program) if hardware else None
    if not hardware or not qemu or not (folder / _IMAGE).is_file():
        return None
    return Kernel(qemu, hardware, folder, root)


def prepare(root: Path, image: Path, modules: Iterable[Path], folder: Path) -> None:
    """Write to `folder` what a machine starts with: a kernel's image, modules of it, and a Debian root as initramfs."""
    folder.mkdir(parents=True)
    for module in modules:
        packed = module.suffix == ".xz"
        name = module.stem if packed else module.name
        (folder / name).write_bytes(lzma.decompress(module.read_bytes()) if packed else module.read_bytes())
    with (folder / _ROOT).open("wb") as archive:
        encodings = {found.relative_to(root).as_posix() for found in root.glob("usr/lib/*/gconv")}  # a fifth of it all
        initramfs.write(archive, tree(root, PurePosixPath("/"), _LEFT_OUT | encodings))
    shutil.copyfile(image, folder / _IMAGE)


def observe(
    kernel: Kernel, commands: Sequence[Command], folder: Path, seconds: float
) -> tuple[Outcome | BuildError, ...]:
    """Start the machine with what is in `folder` and run the commands, `seconds` each; return what came of each."""
    if not commands:
        return ()
    each = run.limit(os.environ, seconds)
    with tempfile.TemporaryDirectory(prefix="wheelcheck-kernel-") as name:
        archive = Path(name, "initramfs")
        _write(archive, kernel, _entries(kernel, commands, folder, each))
        start = Command(_start(kernel, archive), Path(name), dict(os.environ))
        console = run.observe(start, _BOOT + each * len(commands), outranked=False).output
    return tuple(_outcomes(console, commands, each))


def _start(kernel: Kernel, archive: Path) -> tuple[str, ...]:
    words = f"console={kernel.hardware.console} quiet loglevel=1 panic=-1 rdinit=/init"
    bare = ("-nodefaults", "-nic", "none", "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot")
    files = ("-kernel", str(kernel.folder / _IMAGE), "-initrd", str(archive), "-append", words)
    size = archive.stat().st_size >> 20  # in memory twice, while it is unpacked
    hardware = ("-M", kernel.hardware.machine, "-cpu", kernel.hardware.cpu, "-m", str(1024 + 2 * size))
    return (kernel.qemu, *hardware, *bare, *files)


def _write(archive: Path, kernel: Kernel, entries: Iterable[Entry]) -> None:
    with archive.open("wb") as whole, (kernel.folder / _ROOT).open("rb") as root:
        shutil.copyfileobj(root, whole, 1 << 20)
        initramfs.write(whole, entries)


def _entries(kernel: Kernel, commands: Iterable[Command], folder: Path, seconds: float) -> Iterator[Entry]:
    home, place, root = (PurePosixPath(path) for path in (guest.HOME, folder, kernel.root))
    asked = [{"argv": c.argv, "cwd": str(c.cwd), "env": {**c.env, **_HOME}, "seconds": seconds} for c in commands]
    yield folder_at(home)
    yield text_at(home / "commands.json", json.dumps(asked))
    yield from tree(kernel.folder, home, frozenset({_IMAGE, _ROOT}))
    yield text_at(PurePosixPath("/init"), f"#!/usr/bin/python3 -I\n{Path(guest.__file__).read_text('utf-8')}", 0o755)
    yield from (text_at(PurePosixPath(path), text) for path, text in _USERS.items())
    yield from (*folders_of(root), link_at(root, "/"))
    yield from (*folders_of(place), folder_at(place), *tree(folder, place))


def _told(line: str) -> dict[str, Any]:
    """Return the outcome in a line of the console, nothing if it has none or was cut short."""
    try:
        return dict(json.loads(line.removeprefix(guest.MARK))) if line.startswith(guest.MARK) else {}
    except ValueError:
        return {}


def _outcomes(console: str, commands: Iterable[Command], seconds: float) -> Iterator[Outcome | BuildError]:
    lines = console.splitlines()
    told = filter(None, map(_told, lines))
    for command in commands:
        said = next(told, None)
        if said is None:
            fix = "\n".join(["its console said last:", *(line for line in lines[-_TAIL:] if not _told(line))])
            yield BuildError(command, "the emulated machine stopped before this had ended", fix)
        elif said.get("overdue"):
            yield OverdueError(command, seconds)
        elif problem := said.get("problem"):
            yield BuildError(
                command, f"cannot be started ({problem})", "see that the wheel installs it, and for this CPU"
            )
        else:
            yield Outcome(said["status"], base64.b64decode(said["output"]).decode("utf-8", "replace"))
