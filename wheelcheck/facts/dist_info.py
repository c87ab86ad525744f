"""File names, and the files of .dist-info: WHEEL, METADATA, RECORD and entry points."""

from __future__ import annotations

import base64
import binascii
import csv
import math
import re
from dataclasses import dataclass
from email.parser import HeaderParser
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.tags import parse_tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)

if TYPE_CHECKING:
    from email.message import Message

    from wheelcheck.facts import Wheel


# File names and core metadata of release artifacts, taken apart (the binary distribution format and PEP 625).

DATA = ".data/"  # begins a configured path that is below the .data folder of each wheel, whatever its version


@dataclass(frozen=True, slots=True, order=True)
class WheelTag:
    """One expanded tag of a wheel: interpreter, ABI, platform."""

    python: str
    abi: str
    platform: str


@dataclass(frozen=True, slots=True)
class FileName:
    """What an artifact's file name says. `tags` is empty for an sdist; `error` is set where it cannot be read."""

    project: str
    version: str
    tags: tuple[WheelTag, ...] = ()
    error: str = ""
    build: tuple[()] | tuple[int, str] = ()  # the build tag of a wheel: of two that are equal otherwise the higher wins

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags of the compressed set, sorted, each once."""
        return tuple(sorted({tag.platform for tag in self.tags}))


def parse_file_name(name: str) -> FileName:
    """Take the file name of a wheel (`.whl`) or an sdist (`.tar.gz`) apart. Never raises."""
    try:
        if name.endswith(".whl"):
            project, version, build, tags = parse_wheel_filename(name)
            expanded = sorted(WheelTag(tag.interpreter, tag.abi, tag.platform) for tag in tags)
            return FileName(project, str(version), tuple(expanded), build=build)
        project, version = parse_sdist_filename(name)
    except (InvalidWheelFilename, InvalidSdistFilename) as problem:
        return FileName(canonicalize_name(name.partition("-")[0]), "", error=str(problem))
    return FileName(project, str(version))


def member_path(path: str, wheel: str) -> str:
    """Return where a configured path lies in the wheel of that file name: `.data/…` is below NAME-VERSION.data."""
    return f"{'-'.join(wheel.split('-')[:2])}{path}" if path.startswith(DATA) else path


def headers_of(text: str) -> Message:
    """Return the headers of core metadata (PKG-INFO, METADATA); never raises."""
    return HeaderParser().parsestr(text)


_METADATA_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")


def metadata_version(headers: Message) -> tuple[int, int]:
    """Return Metadata-Version as numbers, so that 2.10 is newer than 2.4; (0, 0) where it is missing or no version."""
    found = _METADATA_VERSION.fullmatch(str(headers.get("Metadata-Version", "")).strip())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def canonical_version(version: str) -> str:
    """Return what is equal for equal versions (PEP 440 takes 1.0 and 1.0.0 for one); text that is no version as it is.

    Python refuses to turn more than 4,300 digits into a number: such a text is no version either.
    """
    try:
        return canonicalize_version(version)
    except ValueError:
        return version


# The .dist-info folder of a wheel: its files, the WHEEL headers, the rows of RECORD.

_MOST_TAGS = 10_000  # a line of 3 kB can stand for a thousand million
_FOLDER = re.compile(r"(?P<name>[^/]+?)-(?P<version>[^/-]+)\.dist-info")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of RECORD as written: path, `algorithm=digest` and size, all text."""

    path: str
    hash: str
    size: str

    @property
    def algorithm(self) -> str:
        """The name before the equals sign, lower case; empty where there is no hash."""
        return self.hash.partition("=")[0].lower()

    @property
    def digest(self) -> str:
        """The digest as hexadecimal text; empty where it is not unpadded url-safe base64 (PEP 376, PEP 427)."""
        text = self.hash.partition("=")[2]
        if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            return ""
        try:
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex()
        except binascii.Error:
            return ""


def names_the_wheel(folder: str, wheel: Wheel) -> bool:
    """Return whether a .dist-info folder's name means the project and version of the file name."""
    found = _FOLDER.fullmatch(folder)
    if not found:
        return False
    same_name = canonicalize_name(found["name"]) == wheel.name.project
    return same_name and canonical_version(found["version"]) == canonical_version(wheel.name.version)


def folder_of(wheel: Wheel) -> str:
    """Return the wheel's own .dist-info folder; empty where there is none."""
    found = wheel.dist_info_folders
    return next((folder for folder in found if names_the_wheel(folder, wheel)), found[0] if found else "")


def text_of(wheel: Wheel, file: str) -> str | None:
    """Return a file of the .dist-info folder; None where it is missing."""
    return wheel.texts.get(f"{folder_of(wheel)}/{file}")


def wheel_headers(wheel: Wheel) -> Message:
    """Return the headers of WHEEL; empty where it is missing."""
    return HeaderParser().parsestr(text_of(wheel, "WHEEL") or "")


def wheel_tags(wheel: Wheel) -> frozenset[WheelTag]:
    """Return the tags that WHEEL names, expanded; a line that is no tag stands for itself and equals none."""
    lines = wheel_headers(wheel).get_all("Tag", [])
    return frozenset(tag for line in lines for tag in _expand(str(line).strip()))


def _expand(line: str) -> set[WheelTag]:
    combinations = math.prod(part.count(".") + 1 for part in line.split("-"))
    if combinations > _MOST_TAGS:
        return {WheelTag(line, "", "")}
    try:
        return {WheelTag(tag.interpreter, tag.abi, tag.platform) for tag in parse_tag(line)}
    except ValueError:
        return {WheelTag(line, "", "")}


@lru_cache(maxsize=64)
def parse_record(text: str) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Return the rows of a RECORD and what is wrong with lines that are none."""
    rows: list[Row] = []
    problems: list[str] = []
    try:
        for number, columns in enumerate(csv.reader(text.splitlines(keepends=True), strict=True), 1):
            if len(columns) == 3:
                rows.append(Row(*columns))
            elif columns:
                problems.append(f"line {number}: found {len(columns)} columns, expected path, hash and size")
    except csv.Error as problem:
        problems.append(f"not CSV: {problem}")
    return tuple(rows), tuple(problems)


def record_rows(wheel: Wheel) -> tuple[Row, ...]:
    """Return the well-formed rows of the wheel's RECORD."""
    return parse_record(text_of(wheel, "RECORD") or "")[0]
