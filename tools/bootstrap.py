"""Install nox into `.bootstrap/` and run one of this project's sessions: the only command a new machine needs.

    python3 tools/bootstrap.py verify [--project PATH] [--arch NAME]
    python3 tools/bootstrap.py tests [PYTEST ARGUMENTS]

Needs Python 3.10 or newer and no packages, so it uses only the standard library. Nothing is installed into the system's
Python (PEP 668). The exit code is nox's, or 2 if nox could not be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".bootstrap"
# uv: what the tests need takes it 4 s of CPU time to install, and pip 90.
NOX = "nox[uv]>=2025.5,<2027"
OLDEST = (3, 10)
COULD_NOT = 2

# Each of these would affect the environment, or make pip install outside it.
_LEAKS = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")

_NO_INSTALLER = """\
{python} cannot make an environment with pip: it has neither ensurepip nor pip 22.3 or newer.
Debian and Ubuntu have ensurepip in a separate package:

    apt install python3-venv

Then run the same command again. The last attempt said:

{said}"""

_NO_HEADERS = """\
bootstrap: {python} has no Python.h, so no extension module can be compiled for it, which may be why this failed.
On Debian and Ubuntu: apt install python3-dev"""


class NotReadyError(Exception):
    """Nox could not be installed; the message says why and what to do."""


def environment() -> dict[str, str]:
    """Return this process's environment without the variables that redirect Python or pip."""
    return {name: value for name, value in os.environ.items() if name not in _LEAKS}


def python_of(home: Path) -> str:
    """Return the interpreter of the environment in `home`."""
    return str(home / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def identity() -> str:
    """Return what an environment was made from: the requirement and this interpreter. If it differs, it is remade."""
    return f"{NOX}\n{sys.version}\n{sys.base_prefix}"


def is_intact(home: Path) -> bool:
    """Return whether `home` was completed for this interpreter and its nox still starts."""
    try:
        return (home / "ready").read_text("utf-8") == identity() and _starts(home)
    except (OSError, UnicodeDecodeError):
        return False


def _starts(home: Path) -> bool:
    command = [python_of(home), "-m", "nox", "--version"]
    return subprocess.run(command, env=environment(), capture_output=True, check=False).returncode == 0


def make(home: Path) -> None:
    """Create the environment again; the file `ready` marks a complete one. Raises NotReadyError."""
    print(f"bootstrap: installing {NOX} into {home}", file=sys.stderr, flush=True)
    _clear(home)
    _run([sys.executable, "-m", "venv", "--without-pip", str(home)])
    _install(home)
    (home / "ready").write_text(identity(), "utf-8")


def _clear(home: Path) -> None:
    if home.is_symlink() or home.is_file():
        home.unlink()
    elif home.exists():
        shutil.rmtree(home)


def _install(home: Path) -> None:
    pip = _pip(python_of(home))
    _run([*pip, "install", "--quiet", "--no-compile", "--disable-pip-version-check", NOX])


def _pip(inside: str) -> list[str]:
    """Return a pip that installs into the environment: this interpreter's, or one that takes seconds to put there."""
    outer: list[str] = [sys.executable, "-m", "pip", "--python", inside]
    try:
        _run([*outer, "--version"])
    except NotReadyError:
        _put_pip(inside)
        return [inside, "-m", "pip"]
    return outer


def _put_pip(inside: str) -> None:
    try:
        _run([inside, "-m", "ensurepip", "--default-pip"])
    except NotReadyError as absent:
        raise NotReadyError(_NO_INSTALLER.format(python=sys.executable, said=absent)) from absent


def _run(command: list[str]) -> None:
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise NotReadyError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")


def run_session(home: Path, session: str, arguments: list[str]) -> int:
    """Run one nox session of this checkout and return nox's exit code."""
    command = [python_of(home), "-m", "nox", "-f", str(ROOT / "noxfile.py"), "-s", session]
    code = subprocess.call([*command, *(["--", *arguments] if arguments else [])], env=environment())
    if code and not has_headers():
        print(_NO_HEADERS.format(python=sys.executable), file=sys.stderr)
    return code


def has_headers() -> bool:
    """Return whether an extension module can be compiled for this interpreter."""
    return Path(sysconfig.get_path("include"), "Python.h").is_file()


def main(arguments: list[str]) -> int:
    """Run the session that the first argument names with the other arguments; without any, print the usage."""
    if sys.version_info < OLDEST:
        print(f"bootstrap: Python 3.10 or newer is needed, {sys.executable} is older", file=sys.stderr)
        return COULD_NOT
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return COULD_NOT
    try:
        if not is_intact(HOME):
            make(HOME)
    except (NotReadyError, OSError) as why:
        print(f"bootstrap: {why}", file=sys.stderr)
        return COULD_NOT
    session, *rest = arguments
    return run_session(HOME, session, rest[1:] if rest[:1] == ["--"] else rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
