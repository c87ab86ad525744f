"""Strict, bounded readers of wheels and sdists. No other code opens an artifact."""

from __future__ import annotations

from wheelcheck.archive.formats import Container, container_format, walk
from wheelcheck.archive.limits import Budget
from wheelcheck.archive.tar import walk_tar_gz
from wheelcheck.archive.zip import rehash_zip, reread_zip, walk_zip
from wheelcheck.archive.zip_directory import END_REACH, is_end_record_in
from wheelcheck.damage import POLICY
from wheelcheck.source import Bytes, Entry, EntryKind, Source, as_file

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
