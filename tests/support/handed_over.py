"""A release as its gate job gets it: a checkout and a bundle from each machine, for two CPUs and macOS.

The project has everything that can be exchanged on the way: an extension module (the backend's), a program, a BPF
object, a Python file, an sdist, and a wheel that another machine built. The gate is the three commands of the session
`release-gate`, in this process.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support import backends
from tests.support.artifacts import File, a_wheel
from tests.support.commandline import run_here
from tests.support.crates import committed, git
from tests.support.native import bpf_object
from tests.support.native_files import mac, mac_program
from wheelcheck.builder import dist, evidence, handover
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.toolchain import host
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CPUS = ("x86_64", "aarch64")
MODULE, TOOL, OBJECT, PYTHON = "demo/_native", "demo/bin/tool", "demo/probe.bpf.o", "demo/__init__.py"
MACOS = f"{backends.RUNNING}-{backends.RUNNING}-macosx_11_0_arm64"
_TABLES = f"""
[tool.wheelcheck.evidence]
native = true
[[tool.wheelcheck.wheels]]
python = ["{backends.RUNNING}"]
platforms = ["macosx_11_0_arm64"]
[[tool.wheelcheck.payload]]
name = "tool"
kind = "executable"
path = "{TOOL}"
command = ["sh", "-c", "$CC tool.c -o {{output}}"]
[[tool.wheelcheck.payload]]
name = "probe"
kind = "object"
path = "{OBJECT}"
source = "probe.bpf.c"
"""
_PROBE = '__attribute__((section("socket"), used)) int probe(void *context) { return 0; }\n'


@dataclass(frozen=True)
class Release:
    """`checkout` is what the gate job checks out, `trees` holds the content of each bundle by its name, unpacked."""

    checkout: Path
    trees: dict[str, Path]

    def wheel(self, cpu: str) -> Path:
        """Return the wheel in the bundle of a CPU (or of macos)."""
        return next((self.trees[cpu] / "dist").glob("*.whl"))

    @property
    def sdist(self) -> Path:
        """The sdist in its bundle."""
        return next((self.trees["sdist"] / "dist").glob("*.tar.gz"))

    def statement(self, name: str) -> Path:
        """Return the statement in the bundle of a CPU, or of the sdist."""
        return next((self.trees[name] / "build/wheelcheck/evidence").glob("*.json"))

    def restate(self, name: str, **predicate: object) -> None:
        """Change what is stated in a bundle."""
        document = self.document(name)
        document["predicate"].update(predicate)
        self.statement(name).write_text(json.dumps(document), "utf-8")

    def document(self, name: str) -> dict[str, Any]:
        """Return the statement in a bundle as JSON."""
        return dict(json.loads(self.statement(name).read_text("utf-8")))

    def manifest(self, cpu: str) -> Path:
        """Return the manifest of the stage of a CPU."""
        return next((self.trees[cpu] / "build/wheelcheck").glob("*/manifest.json"))

    def copied(self, folder: Path) -> Release:
        """Return a copy, to be sabotaged."""
        trees = {name: shutil.copytree(tree, folder / "trees" / name) for name, tree in self.trees.items()}
        return Release(shutil.copytree(self.checkout, folder / "checkout", symlinks=True), trees)

    def bundles(self, folder: Path) -> Path:
        """Pack every tree, as its machine does, into a new folder, and return that."""
        for name, tree in self.trees.items():
            handover.pack(tree, folder / f"{name}.tar", "**/*")
        return folder

    def gated(self, bundles: Path, **variables: str) -> tuple[int, str]:
        """Run the commands of the gate job on bundles, up to the first that fails; return its status and what all said.

        `variables` are those of the job's environment.
        """
        project = ("--project", self.checkout)
        config = ("--config", self.checkout / "pyproject.toml")
        said = b""
        for words in (
            ("build", "unpack", *project, bundles),
            ("build", "verify", *project, "--evidence", bundles),
            ("check", self.checkout / "dist", *config),
        ):
            done = run_here(self.checkout, *words, **variables)
            said += done.stdout + done.stderr
            if done.returncode:
                break
        return done.returncode, said.decode()


def release(folder: Path, change: Callable[[Path], object] = lambda _: None) -> Release:
    """Build it for both CPUs in a folder, as the jobs of a release do, after a change to the sources.

    No emulator is needed: what only the other CPU can prove is stated as if a runner with that CPU had tried it.
    """
    project = backends.setuptools(folder / "project")
    texts = {
        "pyproject.toml": (project / "pyproject.toml").read_text() + _TABLES,
        "tool.c": "int main(void) { return 0; }\n",
        "probe.bpf.c": _PROBE,
        "MANIFEST.in": "include *.c pyproject.toml\n",
        ".gitignore": "/build/\n/dist/\n*.egg-info/\n",
    }
    for name, text in texts.items():
        (project / name).write_text(text)
    change(project)
    git(committed(project).parent, "clone", "-q", str(project), str(folder / "checkout"))
    Build.of(project, find(CPUS[0])).sdist()
    trees = {"sdist": _tree(project, folder, "sdist", "dist/*.tar.gz")}
    for cpu in CPUS:
        trees[cpu] = _built(project, folder, cpu)
    macos = folder / "trees" / "macos"
    (macos / "dist").mkdir(parents=True)
    payload = (mac_program("arm64", TOOL), File(OBJECT, bpf_object()))
    a_wheel(MACOS, mac("arm64"), *payload).write(macos / "dist")
    return Release(folder / "checkout", {**trees, "macos": macos})


def _built(project: Path, folder: Path, cpu: str) -> Path:
    build = Build.of(project, find(cpu))
    build.build()
    build.wheels()
    if find(cpu) == host():
        build.smoke()
    else:
        (wheel,) = dist.wheels(build.settings.dist, build.target)
        evidence.record(build.settings, wheel, "smoke", cpu)
    return _tree(project, folder, cpu, f"dist/*_{cpu}.whl", f"build/wheelcheck/{cpu}-*/manifest.json")


def _tree(project: Path, folder: Path, name: str, *patterns: str) -> Path:
    handover.pack(project, folder / f"{name}.tar", *patterns, f"build/wheelcheck/evidence/{name}-*.json")
    tree = folder / "trees" / name
    tree.mkdir(parents=True)
    handover.unpack(tree, folder / f"{name}.tar")
    return tree
