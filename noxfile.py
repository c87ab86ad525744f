"""The sessions: what to install and which command to run. Everything that decides anything is in a module with tests.

A machine without nox runs any of them through `python3 tools/bootstrap.py SESSION`.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from pathlib import Path

import nox

# The `nox` command, unlike `python -m nox`, leaves this folder off sys.path.
sys.path.insert(0, str(Path(__file__).parent))

from wheelcheck.config.files import SHARED, find
from wheelcheck.platforms.arch import ARCHES

nox.needs_version = ">=2025.5"
nox.options.sessions = ["tests"]
nox.options.error_on_missing_interpreters = True

REFERENCE = Path("tests/projects/reference").absolute()
HANDED_OVER = {
    "pack-sdist": ("pack", "parcels/sdist.tar", "dist/*.tar.gz"),
    "pack-wheels": ("pack", "parcels/{arch}.tar", "dist/*.whl", "build/wheelcheck/*/record.json"),
    "unpack": ("unpack", "parcels"),
    "match": ("match",),
}
# What the portable session runs: the builder and what init writes are for Linux.
PORTABLE = ("tests/wheelcheck", "--ignore=tests/wheelcheck/builder", "--ignore=tests/wheelcheck/init")
GROUPS = nox.project.dependency_groups
PYPROJECT = nox.project.load_toml("pyproject.toml")


def bench(session: nox.Session, *steps: str, arch: str = platform.machine(), extra: str = "build") -> None:
    """Take steps of the build bench on the project that `-- --project PATH` names (relative to the caller)."""
    parser = argparse.ArgumentParser(prog=f"nox -s {session.name} --", allow_abbrev=False)
    parser.add_argument("--project", type=Path, default=REFERENCE)
    parser.add_argument("--arch", default=arch)
    options = parser.parse_args(session.posargs)
    session.install("-e", f".[{extra}]")
    session.env.setdefault("WHEELCHECK_ROOTS", str(Path(".cache/roots").absolute()))
    for step in steps:
        session.run(*command(step, Path(session.invoked_from, options.project), options.arch))


def command(step: str, project: Path, arch: str) -> list[str]:
    """Return what one step runs; `check` is the gate on the project's dist folder, which expects one CPU or all."""
    if step in ("plan", "expected"):
        output = "--expected" if step == "expected" else "--github-output"
        return ["wheelcheck", "matrix", "--config", configuration(project), output]
    if step in HANDED_OVER:
        words = [word.format(arch=arch) for word in HANDED_OVER[step]]
        return ["python", "-m", "wheelcheck", "build", words[0], "--project", str(project), *words[1:]]
    if step == "check":
        expected = [] if arch == "all" else ["--architecture", arch]
        return ["wheelcheck", "check", str(project / "dist"), "--config", configuration(project), *expected]
    return ["python", "-m", "wheelcheck", "build", step, "--project", str(project), "--arch", arch]


def configuration(project: Path) -> str:
    """Return the file that configures a project; without one, where it would be."""
    return str(find(project) or project / SHARED)


@nox.session(reuse_venv=True)
def build(session: nox.Session) -> None:
    """Build the project's binaries and stage them with their record; `-- --arch NAME` for another CPU."""
    bench(session, "build")


@nox.session(reuse_venv=True)
def wheels(session: nox.Session) -> None:
    """Build the project's wheels from the staged binaries."""
    bench(session, "wheels")


@nox.session(reuse_venv=True)
def sdist(session: nox.Session) -> None:
    """Build the project's sdist."""
    bench(session, "sdist")


@nox.session(reuse_venv=True)
def check(session: nox.Session) -> None:
    """Put the project's dist folder through the gate; `-- --arch all` where it holds every CPU's wheels."""
    bench(session, "check")


@nox.session(reuse_venv=True)
def verify(session: nox.Session) -> None:
    """Build sdist, binaries and wheels, put them through the gate, run the installed wheel outside the checkout."""
    bench(session, "sdist", "build", "wheels", "check", "smoke")


@nox.session(reuse_venv=True)
def cibuildwheel(session: nox.Session) -> None:
    """Build a wheel for each Python in containers, with the gate as audit-command; `-- --arch all` for every CPU."""
    bench(session, "sdist", "build", "cibuildwheel", extra="build,cibuildwheel")


@nox.session(reuse_venv=True)
def emulated(session: nox.Session) -> None:
    """Run the tests in containers and under an emulated Python, after installing what a Debian machine lacks."""
    session.install("-e", ".[build,cibuildwheel]", *GROUPS(PYPROJECT, "test"))
    for prepare in (("tools.roots", "cross"), ("tools.roots", "root"), ("tools.images",)):
        session.run("python", "-m", *prepare)
    session.run("pytest", "-m", "emulated", *session.posargs, env={"WHEELCHECK_EMULATED": "1"})


@nox.session(reuse_venv=True)
def roundtrip(session: nox.Session) -> None:
    """Build the wheels of dist/ again, binaries and all, from the sdist alone, and compare their payload."""
    bench(session, "roundtrip")


@nox.session(reuse_venv=True)
def reproduce(session: nox.Session) -> None:
    """Build everything twice in different folders and name the first difference: artifact, member, offset."""
    bench(session, "reproduce")


@nox.session(name="release-plan", reuse_venv=True)
def release_plan(session: nox.Session) -> None:
    """Print the machines a release is built on and what it must consist of; for GitHub Actions too, if run there."""
    bench(session, "plan", "expected")


@nox.session(name="release-sdist", reuse_venv=True)
def release_sdist(session: nox.Session) -> None:
    """Build the sdist and pack it for the machines that build the wheels from it."""
    shutil.rmtree("parcels", ignore_errors=True)
    bench(session, "sdist", "pack-sdist")


@nox.session(name="release-binaries", reuse_venv=True)
def release_binaries(session: nox.Session) -> None:
    """Compile and stage the native files for one CPU."""
    bench(session, "build")


@nox.session(name="release-wheels", reuse_venv=True)
def release_wheels(session: nox.Session) -> None:
    """Build, judge and run the wheels for one CPU, build them again from the sdist alone, and pack them."""
    bench(session, "unpack", "wheels", "smoke", "roundtrip", "check", "pack-wheels")


@nox.session(name="release-gate", reuse_venv=True)
def release_gate(session: nox.Session) -> None:
    """Unpack what every machine built, hold it against the records, and put the whole release through the gate."""
    bench(session, "unpack", "match", "check", arch="all")


def build_for(arch: str) -> None:
    """Register the session that builds for one CPU of the table."""

    def build_one(session: nox.Session) -> None:
        bench(session, "build", arch=arch)

    build_one.__doc__ = f"Build and stage the project's binaries for {arch}."
    nox.session(name=f"build-{arch}", reuse_venv=True)(build_one)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests under coverage; all of them (no pytest arguments given) bring `package` and `lint` along."""
    if not session.posargs:
        session.notify("package")
        session.notify("lint")
    session.install("-e", ".[build]", *GROUPS(PYPROJECT, "test"))
    # Without a choice of tests: one process per CPU, and a file's tests in one, since they share what they build.
    everything = ("-n", "auto", "--dist", "loadfile", "--cov", "--cov-report=term-missing:skip-covered")
    session.run("pytest", *(session.posargs or everything))


@nox.session
def portable(session: nox.Session) -> None:
    """Run the tests of the gate, its reports and its command line, which hold on Windows and macOS too."""
    session.install("-e", ".[build]", *GROUPS(PYPROJECT, "test"))
    wanted = "not emulated and not network" + (" and not posix" if os.name == "nt" else "")
    session.run("pytest", "-m", wanted, *(session.posargs or PORTABLE))


@nox.session
def package(session: nox.Session) -> None:
    """Build wheelcheck's own wheel from its sdist and use it, installed, away from the checkout."""
    session.install(*GROUPS(PYPROJECT, "package"))
    session.run("python", "-m", "tools.package", *session.posargs)


@nox.session(reuse_venv=True)
def lint(session: nox.Session) -> None:
    """Check style, types, generated pages and workflows; changes nothing."""
    session.install("-e", ".[build]", *GROUPS(PYPROJECT, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("python", "-m", "tools.docs", "--check")
    session.run("zizmor", "--offline", "--pedantic", "--quiet", ".")
    session.run("python", "-m", "tools.actionlint")


@nox.session(reuse_venv=True)
def docs(session: nox.Session) -> None:
    """Write the generated pages of docs/ again."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.docs")


@nox.session(reuse_venv=True)
def corpus(session: nox.Session) -> None:
    """Fetch real releases, check them, and print what was found, missed and wrongly flagged."""
    session.install("-e", ".", *GROUPS(PYPROJECT, "corpus"))
    session.run("python", "-m", "tools.corpus", *session.posargs)


@nox.session(name="second-opinion", reuse_venv=True)
def second_opinion(session: nox.Session) -> None:
    """Compare the glibc floors of real Linux wheels with auditwheel's, and list the differences."""
    session.install("-e", ".", *GROUPS(PYPROJECT, "bench"))
    session.run("python", "-m", "tools.second_opinion", *session.posargs)


@nox.session(name="benchmark", reuse_venv=True)
def measure(session: nox.Session) -> None:
    """Measure the CPU time of the gate beside other checkers, in one run, on real wheels."""
    session.install("-e", ".", *GROUPS(PYPROJECT, "bench"))
    session.run("python", "-m", "tools.benchmark", *session.posargs)


@nox.session(reuse_venv=True)
def fuzz(session: nox.Session) -> None:
    """Run the fuzz tests, those with fuzz in a name, for WHEELCHECK_FUZZ_SECONDS each (60 unless set)."""
    session.install("-e", ".[build]", *GROUPS(PYPROJECT, "test"))
    seconds = os.environ.get("WHEELCHECK_FUZZ_SECONDS", "60")
    session.run("pytest", "-k", "fuzz", *session.posargs, env={"WHEELCHECK_FUZZ_SECONDS": seconds})


for row in ARCHES:
    if row.oldest_build:
        build_for(row.name)
