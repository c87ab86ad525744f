"""The nox sessions: what to install and which commands to run. Decisions are made in modules, which have tests.

On a machine without nox, `python3 tools/bootstrap.py SESSION` runs any of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from pathlib import Path

import nox
from nox.command import CommandFailed

# The `nox` command, unlike `python -m nox`, leaves this folder off sys.path.
sys.path.insert(0, str(Path(__file__).parent))

from tools import installed
from wheelcheck.config.files import SHARED, find
from wheelcheck.platforms.arch import ARCHES

nox.needs_version = ">=2025.5"
nox.options.sessions = ["tests"]
nox.options.error_on_missing_interpreters = True

REFERENCE = Path("tests/projects/reference").absolute()
# What the portable session runs: the builder and what init writes are for Linux.
_FOR_LINUX = ("builder", "init", "cli/test_build.py", "cli/test_init.py")
PORTABLE = ("tests/wheelcheck", *(f"--ignore=tests/wheelcheck/{path}" for path in _FOR_LINUX))
SKIPPED = ("build", "sdist", "wheels", "smoke")  # the steps that are skipped if nothing has changed
GROUPS = nox.project.dependency_groups
DOCS_SITE = ("docs-site",) if sys.version_info >= (3, 11) else ()  # Sphinx 9 does not run on Python 3.10
PYPROJECT = nox.project.load_toml("pyproject.toml")
FAST = "uv|virtualenv"  # for sessions that install many packages: pip takes 90 s of CPU time, uv 4 s


def wheelcheck(session: nox.Session, *commands: str, arch: str = platform.machine(), extra: str = "build") -> None:
    """Run commands of wheelcheck in turn, on the project that `-- --project PATH` names (relative to the caller)."""
    options = arguments(session, arch)
    install(session, "-e", f".[{extra}]")
    session.env.setdefault("WHEELCHECK_ROOTS", str(Path(".cache/roots").absolute()))
    project = Path(session.invoked_from, options.project)
    for words in commands:
        session.run(*command(words, project, options.arch, options.interpreter, fresh=options.fresh))


def arguments(session: nox.Session, arch: str) -> argparse.Namespace:
    """Return the arguments of a session; `arch` is the CPU without `--arch`."""
    parser = argparse.ArgumentParser(prog=f"nox -s {session.name} --", allow_abbrev=False)
    parser.add_argument("--project", type=Path, default=REFERENCE)
    parser.add_argument("--arch", default=arch)
    parser.add_argument("--interpreter", default="")
    parser.add_argument("--fresh", action="store_true")
    return parser.parse_args(session.posargs)


def install(session: nox.Session, *words: str) -> None:
    """Install this checkout, unless the environment of the session still holds it, or it has none (`--no-venv`)."""
    location = getattr(session.virtualenv, "location", None)
    if location and installed.is_current(Path(location), words):
        session.log(f"up to date: pip install {' '.join(words)}")
        return
    session.install(*words)
    if location:
        installed.record(Path(location), words)


def install_many(session: nox.Session, *words: str) -> None:
    """Install packages by uv where there is one; by pip where that fails: an index may be set up for pip alone."""
    try:
        session.install(*words)
    except CommandFailed:
        if session.venv_backend != "uv":
            raise
        session.warn("uv could not install them, pip is asked")
        session.run("python", "-m", "ensurepip", "--default-pip", silent=True)
        session.run("python", "-m", "pip", "install", *words)


def command(words: str, project: Path, arch: str, interpreter: str = "", *, fresh: bool = False) -> list[str]:
    """Return the command line of `wheelcheck WORDS` for a project, a CPU or all, and a Python or all."""
    name, *rest = words.format(arch=arch).split()
    python = ["--interpreter", interpreter] if interpreter else []
    if name == "build":
        rest += ["--fresh"] if fresh and rest[0] in SKIPPED else []
        cpu = [] if rest[0] in ("pack", "unpack", "verify") else ["--arch", arch]
        return ["wheelcheck", "build", rest[0], "--project", str(project), *cpu, *(python if cpu else []), *rest[1:]]
    if name == "check":
        rest = [str(project / "dist"), *([] if arch == "all" else ["--architecture", arch]), *python]
    return ["wheelcheck", name, *rest, "--config", configuration(project)]


def configuration(project: Path) -> str:
    """Return the file that configures a project; without one, where it would be."""
    return str(find(project) or project / SHARED)


@nox.session(reuse_venv=True)
def build(session: nox.Session) -> None:
    """Compile and stage the project's native files; `-- --arch NAME` for another CPU."""
    wheelcheck(session, "build build")


@nox.session(reuse_venv=True)
def wheels(session: nox.Session) -> None:
    """Build the project's wheels from the sdist and the staged files."""
    wheelcheck(session, "build wheels")


@nox.session(reuse_venv=True)
def sdist(session: nox.Session) -> None:
    """Build the project's sdist."""
    wheelcheck(session, "build sdist")


@nox.session(reuse_venv=True)
def check(session: nox.Session) -> None:
    """Check the project's dist folder; `-- --arch all` if it holds the wheels of every CPU."""
    wheelcheck(session, "check")


@nox.session(reuse_venv=True)
def verify(session: nox.Session) -> None:
    """Build sdist, native files and wheels, check them, and run the installed wheel outside the checkout."""
    wheelcheck(session, "build sdist", "build build", "build wheels", "check", "build smoke")


@nox.session(reuse_venv=True)
def cibuildwheel(session: nox.Session) -> None:
    """Build a wheel for each Python in containers and check each one; `-- --arch all` for every CPU."""
    commands = ("build sdist", "build build", "build cibuildwheel")
    wheelcheck(session, *commands, extra="build,cibuildwheel")


@nox.session(reuse_venv=True, venv_backend=FAST)
def emulated(session: nox.Session) -> None:
    """Run the tests in containers and under an emulated Python, after installing what a Debian machine lacks."""
    install_many(session, "-e", ".[build,cibuildwheel]", *GROUPS(PYPROJECT, "test"))
    kernel = [("tools.roots", "system")] if platform.machine() == "x86_64" else []  # its other CPU is aarch64
    for prepare in (("tools.roots", "cross"), ("tools.roots", "root"), *kernel, ("tools.images",)):
        session.run("python", "-m", *prepare)
    session.run("pytest", "-m", "emulated", *session.posargs, env={"WHEELCHECK_EMULATED": "1"})


@nox.session(reuse_venv=True)
def roundtrip(session: nox.Session) -> None:
    """Build the wheels of dist/ again from the sdist only, native files included, and compare them."""
    wheelcheck(session, "build roundtrip")


@nox.session(reuse_venv=True)
def reproduce(session: nox.Session) -> None:
    """Build everything twice in different folders and name the first difference: artifact, member, offset."""
    wheelcheck(session, "build reproduce")


@nox.session(name="release-plan", reuse_venv=True)
def release_plan(session: nox.Session) -> None:
    """Print the machines to build on and the artifacts of the release, for GitHub Actions too."""
    wheelcheck(session, "matrix --github-output", "matrix --expected")


@nox.session(name="release-sdist", reuse_venv=True)
def release_sdist(session: nox.Session) -> None:
    """Build the sdist and pack it for the machines that build the wheels from it."""
    shutil.rmtree("bundles", ignore_errors=True)
    wheelcheck(session, "build sdist", "build pack bundles/sdist.tar dist/*.tar.gz build/wheelcheck/evidence/*.json")


@nox.session(name="release-binaries", reuse_venv=True)
def release_binaries(session: nox.Session) -> None:
    """Compile and stage the native files for one CPU."""
    wheelcheck(session, "build build")


@nox.session(name="release-wheels", reuse_venv=True)
def release_wheels(session: nox.Session) -> None:
    """Build, test and check the wheels for one CPU, build them again from the sdist only, and pack them."""
    steps = [f"build {step}" for step in ("wheels", "smoke", "roundtrip")]
    packed = "dist/*.whl build/wheelcheck/*/manifest.json build/wheelcheck/evidence/*.json"
    pack = f"build pack bundles/{{arch}}.tar {packed}"
    wheelcheck(session, "build unpack bundles", *steps, "check", pack)


@nox.session(name="release-gate", reuse_venv=True)
def release_gate(session: nox.Session) -> None:
    """Unpack what every machine built, compare it with the manifests, and check the whole release."""
    verify = "build verify --evidence --predicate bundles/evidence.json bundles"
    wheelcheck(session, "build unpack bundles", verify, "check", arch="all")


def build_for(arch: str) -> None:
    """Register the session that builds for one CPU."""

    def build_one(session: nox.Session) -> None:
        wheelcheck(session, "build build", arch=arch)

    build_one.__doc__ = f"Compile and stage the project's native files for {arch}."
    nox.session(name=f"build-{arch}", reuse_venv=True)(build_one)


@nox.session(venv_backend=FAST)
def tests(session: nox.Session) -> None:
    """Run the tests under coverage; without arguments all of them, then `package`, `lint` and `docs-site`."""
    for after in () if session.posargs else ("package", "lint", *DOCS_SITE):
        session.notify(after)
    install_many(session, "-e", ".[build]", *GROUPS(PYPROJECT, "test"))
    # One process per CPU, a file's tests in one: they share what they build. The order is that of tests/conftest.py.
    beside = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
    everything = (*beside, "--cov", "--cov-report=term-missing:skip-covered")
    session.run("pytest", *(session.posargs or everything))


@nox.session(venv_backend=FAST)
def slow(session: nox.Session) -> None:
    """Run the tests that take many seconds each and have a faster sibling among `tests`."""
    install_many(session, "-e", ".[build]", *GROUPS(PYPROJECT, "test"))
    session.run("pytest", "-m", "slow", *session.posargs)


@nox.session(venv_backend=FAST)
def portable(session: nox.Session) -> None:
    """Run the tests of the gate, its reports and its command line, which hold on Windows and macOS too."""
    install_many(session, "-e", ".[build]", *GROUPS(PYPROJECT, "test"))
    wanted = "not emulated and not network and not slow" + (" and not posix" if os.name == "nt" else "")
    session.run("pytest", "-m", wanted, *(session.posargs or PORTABLE))


@nox.session(venv_backend=FAST)
def package(session: nox.Session) -> None:
    """Build wheelcheck's own wheel from its sdist, install it, and use it outside the checkout."""
    install_many(session, *GROUPS(PYPROJECT, "package"))
    session.run("python", "-m", "tools.package", *session.posargs)


@nox.session(reuse_venv=True, venv_backend=FAST)
def lint(session: nox.Session) -> None:
    """Check style, types, generated pages and workflows; changes nothing."""
    install_many(session, "-e", ".[build]", *GROUPS(PYPROJECT, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("python", "-m", "tools.docs", "--check")
    session.run("zizmor", "--offline", "--pedantic", "--quiet", ".")
    session.run("python", "-m", "tools.actionlint")


@nox.session(reuse_venv=True)
def docs(session: nox.Session) -> None:
    """Regenerate the pages of docs/ that are generated."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.docs")


@nox.session(name="docs-site", reuse_venv=True, venv_backend=FAST)
def docs_site(session: nox.Session) -> None:
    """Build the documentation site; a warning, a dead link or a request to another host is an error."""
    install_many(session, "-e", ".", *GROUPS(PYPROJECT, "site"))
    session.run("python", "-m", "tools.site", *session.posargs)


@nox.session(reuse_venv=True)
def picture(session: nox.Session) -> None:
    """Draw the report of a published release for README and the site; `-- NAME==VERSION`."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.picture", *session.posargs)


@nox.session(reuse_venv=True, venv_backend=FAST)
def messages(session: nox.Session) -> None:
    """Print every message that the program can print with an example, and the places that no test provokes."""
    install_many(session, "-e", ".[build]", *GROUPS(PYPROJECT, "test"))
    session.run("python", "-m", "tools.messages", *session.posargs)


@nox.session(reuse_venv=True)
def rule(session: nox.Session) -> None:
    """Print the skeleton of a rule, its test rows and each family's next free code; `-- WC399 some-name`."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.new_rule", *session.posargs)


@nox.session(reuse_venv=True)
def corpus(session: nox.Session) -> None:
    """Check real releases, and print what was found, missed and wrongly reported."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.corpus", *session.posargs)


@nox.session(reuse_venv=True)
def releases(session: nox.Session) -> None:
    """Check whole releases, all files of one together, and compare with what is known of them."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.releases", *session.posargs)


@nox.session(name="second-opinion", reuse_venv=True)
def second_opinion(session: nox.Session) -> None:
    """Compare the glibc floors of real Linux wheels with auditwheel's, and list the differences."""
    session.install("-e", ".", *GROUPS(PYPROJECT, "benchmark"))
    session.run("python", "-m", "tools.second_opinion", *session.posargs)


@nox.session(name="loader-oracle", reuse_venv=True)
def loader_oracle(session: nox.Session) -> None:
    """Ask this machine's dynamic loader about the x86_64 files of wheels and compare; `-- WHEEL…`."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.loader_oracle", *session.posargs)


@nox.session(reuse_venv=True)
def data(session: nox.Session) -> None:
    """Write the data files of wheelcheck/platforms again from the newest versions of their sources; `-- --check`."""
    session.install("-e", ".", "--upgrade", *GROUPS(PYPROJECT, "data"))
    session.run("python", "-m", "tools.data_files", *session.posargs)


@nox.session(reuse_venv=True)
def peers(session: nox.Session) -> None:
    """Compare wheelcheck with what other projects expect of their own test files; `-- NAME=FOLDER …`."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.peers", *session.posargs)


@nox.session(reuse_venv=True)
def benchmark(session: nox.Session) -> None:
    """Measure the CPU time of wheelcheck and of other checkers on real wheels."""
    session.install("-e", ".[fast]", *GROUPS(PYPROJECT, "benchmark"))
    session.run("python", "-m", "tools.benchmark", *session.posargs)


@nox.session(reuse_venv=True, venv_backend=FAST)
def fuzz(session: nox.Session) -> None:
    """Make inputs at random, and compare the gate with a judge; `-- SESSION --executions N --seconds S --seed WORD`."""
    install_many(session, "-e", ".[build]", *GROUPS(PYPROJECT, "test"))
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session(reuse_venv=True, venv_backend=FAST)
def mutation(session: nox.Session) -> None:
    """Break modules in small ways and see whether tests notice; `-- wheelcheck/binary/elf_lookup.py … --page`."""
    install_many(session, "-e", ".[build]", *GROUPS(PYPROJECT, "mutation"))
    session.run("python", "-m", "tools.mutation", *session.posargs)


for row in ARCHES:
    if row.oldest_build:
        build_for(row.name)
