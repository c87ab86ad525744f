"""Which configuration holds for a run where no `--config` names one.

A release that is checked without its configuration, or with another one, may pass where it must fail. So every folder
finds the same file: it is looked for from the current folder up to the root of the repository, and likewise from each
given path. Two different files are an error and never an order of precedence.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from wheelcheck.config.files import OWN, SHARED, ConfigError, find, is_nearly, project_name, read
from wheelcheck.platforms.usual import canonicalize_name
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAGIC = frozenset("*?[")
_PUBLISHED = "pypi:"


def discover(here: Path, given: Iterable[str]) -> Path | None:
    """Return the file that configures a check of `given`, started in the folder `here`; None if there is none.

    `given` are paths, patterns and published releases. The configuration of the current folder holds for a published
    release only if it is one of the same project. Raises ConfigError for two configurations, and for a file or a table
    whose name is nearly right.
    """
    words = list(given)
    ours = configuring(here)
    places = [_folder(here / word) for word in words if not word.startswith(_PUBLISHED)]
    if ours and words and not places and not any(_is_of(ours, word) for word in words):
        return None
    beside = [found for place in dict.fromkeys(places) if (found := configuring(place))]
    files = list(dict.fromkeys(file for file in (ours, *beside) if file))
    if len(files) > 1:
        raise ConfigError(
            f"{shown(files[0], here)} and {shown(files[1], here)} both configure this check;"
            " name one with --config, or check one project at a time"
        )
    return files[0] if files else None


def configuring(folder: Path) -> Path | None:
    """Return the file that configures `folder`: its own, or that of the nearest folder above it in its repository.

    Outside of a repository every folder above counts. A pyproject.toml without our table configures nothing. A folder
    that is a symbolic link is looked at where it is linked first, then where it really is.
    """
    named, real = Path(os.path.abspath(folder)), folder.resolve()  # noqa: PTH100  # absolute() keeps `..`
    for place in dict.fromkeys((*_upwards(named), *_upwards(real))):
        _refuse_nearly_named(place)
        found = find(place)
        if found and (found.name == OWN or read(found)[0]):
            return found
    return None


def shown(file: Path, here: Path) -> str:
    """Return the path of a file as a reader in the folder `here` would write it."""
    with suppress(ValueError):  # on Windows, another drive
        relative = os.path.relpath(file, here.resolve())
        return file.as_posix() if relative.count("..") > 2 else Path(relative).as_posix()
    return file.as_posix()


def _upwards(folder: Path) -> Iterator[Path]:
    for place in (folder, *folder.parents):
        yield place
        if os.path.lexists(place / ".git"):
            return


def _folder(path: Path) -> Path:
    """Return the folder that a path or pattern is in; the path itself if it is a folder."""
    while _MAGIC & set(path.name):
        path = path.parent
    return path if path.is_dir() else path.parent


def _is_of(file: Path, release: str) -> bool:
    """Return whether a published release is one of the project that a file configures."""
    name = release.removeprefix(_PUBLISHED).partition("==")[0]
    project = project_name(file.parent / SHARED)
    return bool(project) and canonicalize_name(project) == canonicalize_name(name)


def _refuse_nearly_named(folder: Path) -> None:
    """Raise ConfigError for a file that is meant to configure us and has another name."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return
    for name in names:
        if name != OWN and is_nearly(name, OWN) and (folder / name).is_file():
            raise ConfigError(f"{folder / name} is not read because of its name; call it {OWN}, or delete it")
