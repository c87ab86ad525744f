"""`dist/`: publishing a finished artifact there replaces older ones, so that a release never mixes two builds.

What is read back from there may have been damaged on its way from another machine.
"""

from __future__ import annotations

import shutil
import struct
import tarfile
import zlib
from contextlib import contextmanager
from gzip import BadGzipFile
from zipfile import BadZipFile

from wheelcheck.builder.run import BuildError
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelcheck.builder.run import Log
    from wheelcheck.builder.toolchain import Target

# What zipfile, tarfile and gzip raise for bytes that are no archive, or not a whole one (ValueError: not UTF-8).
_DAMAGED = (
    *(BadZipFile, tarfile.TarError, zlib.error, struct.error, EOFError, BadGzipFile),
    *(ValueError, KeyError, NotImplementedError, RuntimeError),
)


@contextmanager
def reading(artifact: Path) -> Iterator[None]:
    """Raise BuildError for a wheel or sdist that turns out to be damaged while it is read."""
    try:
        yield
    except _DAMAGED as problem:
        why = f"{artifact.stat().st_size} bytes that cannot be read as {_FORMATS.get(artifact.suffix, 'an archive')}"
        raise BuildError(artifact.name, f"it holds {why} ({str(problem) or 'it ends too early'})", _AGAIN) from problem


_FORMATS = {".whl": "a wheel", ".gz": "an sdist"}
_AGAIN = "build it again, and hand it over unchanged"


def publish(built: Path, folder: Path, log: Log) -> Path:
    """Copy an artifact into `folder` atomically, after removing those it replaces."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.iterdir()):
        if file.name != built.name and is_replaced(file.name, built.name):
            log(f"removed {file.name}: {built.name} replaces it")
            file.unlink()
    partial = folder / f".{built.name}.partial"
    shutil.copyfile(built, partial)
    return partial.replace(folder / built.name)


def is_replaced(old: str, new: str) -> bool:
    """Return whether the artifact `new` replaces `old`.

    It replaces every other version of its project. In the same version, an sdist replaces the sdist, and a wheel
    replaces a wheel for the same Python, ABI and CPU with another floor.
    """
    before, after = parse_file_name(old), parse_file_name(new)
    if before.error or after.error or before.project != after.project:
        return False
    return before.version != after.version or _serves(old) == _serves(new)


def sdist(folder: Path) -> Path:
    """Return the one sdist in `folder`. Raises BuildError."""
    return only(folder, "*.tar.gz", "run `wheelcheck build sdist` in a clean dist folder")


def wheels(folder: Path, target: Target) -> tuple[Path, ...]:
    """Return the wheels for one target in `folder`, sorted. Raises BuildError if there are none."""
    found = of_target(folder, target)
    if not found:
        raise BuildError(folder, f"it holds no wheel for {target.platform_tag}", "run `wheelcheck build wheels`")
    return found


def of_target(folder: Path, target: Target) -> tuple[Path, ...]:
    """Return the wheels for one target in `folder`, sorted; possibly none."""
    tags = set(target.platform_tag.split("."))
    found = (file for file in sorted(folder.glob("*.whl")) if tags & set(parse_file_name(file.name).platforms))
    return tuple(found)


def only(folder: Path, pattern: str, fix: str) -> Path:
    """Return the only file of `folder` that matches. Raises BuildError for none or several."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "no file"
        raise BuildError(folder / pattern, f"{names} matches, but there must be exactly one", fix)
    return found[0]


def _serves(name: str) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(tag.python, tag.abi, parse_platform(tag.platform).arches) for tag in parse_file_name(name).tags}
