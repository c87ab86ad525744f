"""Strict, bounded readers of wheels and sdists. No other code opens an artifact."""

from __future__ import annotations

from wheelcheck.archive.formats import Container, container_format
from wheelcheck.archive.limits import Budget
from wheelcheck.archive.zip import rehash_zip, reread_zip, walk_zip
from wheelcheck.archive.zip_directory import END_REACH, is_end_record_in
from wheelcheck.damage import POLICY
from wheelcheck.source import Bytes, Entry, EntryKind, Source, as_file
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wheelcheck.archive.by_content import walk
    from wheelcheck.archive.tar import walk_tar_gz

__all__ = [
    "END_REACH",
    "POLICY",
    "Budget",
    "Bytes",
    "Container",
    "Entry",
    "EntryKind",
    "Source",
    "as_file",
    "container_format",
    "is_end_record_in",
    "rehash_zip",
    "reread_zip",
    "walk",
    "walk_tar_gz",
    "walk_zip",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # both are functions
    """Return one of the walkers that a wheel does not need: they are imported when they are asked for."""
    if name == "walk":
        from wheelcheck.archive.by_content import walk as found  # noqa: PLC0415
    elif name == "walk_tar_gz":
        from wheelcheck.archive.tar import walk_tar_gz as found  # noqa: PLC0415
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found
