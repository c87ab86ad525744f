"""What a binary was built from, as one hash: every file of the Cargo workspace, the target and the floor."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.builder.toolchain import Target

_GENERATED = frozenset({"target", "build", "dist", "__pycache__", "node_modules"})


def files(workspace: Path) -> Iterator[Path]:
    """Return the files of a workspace, relative and sorted, without what tools generate; `.cargo` is source."""
    for path in sorted(workspace.rglob("*")):
        inside = path.relative_to(workspace)
        if path.is_file() and not any(_is_generated(part) for part in inside.parts[:-1]):
            yield inside


def source_hash(workspace: Path, target: Target, more: Iterable[Path] = ()) -> str:
    """Return a hexadecimal SHA-256 over names and contents of the sources and what they are built for.

    `more` are files outside the workspace. It errs on the side of building again: a changed README in the workspace
    changes it.
    """
    digest = hashlib.sha256(f"{target.zigbuild}\0".encode())
    for file in [*files(workspace), *(Path(os.path.relpath(path, workspace)) for path in sorted(more))]:
        content = hashlib.sha256((workspace / file).read_bytes()).hexdigest()
        digest.update(f"{file.as_posix()}\0{content}\0".encode())
    return digest.hexdigest()


def c_files(source: Path) -> tuple[Path, ...]:
    """Return a C source and what lies beside it that it may include."""
    return tuple(file for file in sorted(source.parent.iterdir()) if file.suffix in {".c", ".h"})


def _is_generated(folder: str) -> bool:
    return folder in _GENERATED or folder.endswith(".egg-info") or (folder.startswith(".") and folder != ".cargo")
