"""Makes what the gate judges: facts by hand, and real wheels, sdists and releases on disk.

Facts are for what no compiler here makes (a .NET assembly, ARM64EC, a GPU object); everything else is better tested on
a real archive. A recipe says what an archive holds and writes it with valid metadata; its content may be a call, so
that nothing is compiled while tests are being collected.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import stat
import tarfile
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.tags import parse_tag

from wheelcheck.binary.model import Binary, Slice
from wheelcheck.config import Config
from wheelcheck.facts import Member, Release, Sdist, Wheel
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.platforms import arch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wheelcheck.binary.model import Kind, System

Rows = list[tuple[str, str, str]]
X86_64 = "cp311-cp311-manylinux_2_17_x86_64"
AARCH64 = "cp311-cp311-manylinux_2_17_aarch64"
EXECUTABLE = 0o100755
_DOS_ARCHIVE = 0x20  # zipfile takes no attributes at all for 0o600


# --- facts ---


def code(cpu: str, kind: Kind = "library", system: System = "linux", **other: Any) -> Slice:
    """Return a slice for a CPU of the table; for any other word, one whose machine the table does not hold."""
    row = next((row for row in arch.ARCHES if row.name == cpu), None)
    bits = row.elf.bits if row and row.elf else 64
    values: dict[str, Any] = {"machine": cpu, "arches": (cpu,) if row else (), "bits": bits} | other
    return Slice(kind=kind, system=system, **values)


def elf(cpu: str, kind: Kind = "library", **other: Any) -> Binary:
    """Return an ELF file with one slice."""
    return Binary("ELF", (code(cpu, kind, **other),))


def macho(*cpus: str, kind: Kind = "library", **other: Any) -> Binary:
    """Return a Mach-O file with a slice for each CPU."""
    return Binary("Mach-O", tuple(code(cpu, kind, **{"system": "macos", **other}) for cpu in cpus))


def pe(cpu: str, kind: Kind = "library", **other: Any) -> Binary:
    """Return a PE file."""
    return Binary("PE", (code(cpu, kind, "windows", **other),))


def member(path: str, content: Binary | bytes = b"text\n", mode: int = 0o100644, **other: Any) -> Member:
    """Return a member that is native code or these bytes."""
    if isinstance(content, Binary):
        return Member(path, mode=mode, size=4096, binary=content, **other)
    return Member(path, mode=mode, size=len(content), head=content[:512], **other)


def wheel(tags: str, *members: Member, **other: Any) -> Wheel:
    """Return the facts of a wheel of demo 1.0 with these tags."""
    file = f"demo-1.0-{tags}.whl"
    return Wheel(file, parse_file_name(file), members, **other)


def sdist(*members: Member, texts: Mapping[str, str] | None = None) -> Sdist:
    """Return the facts of an sdist of demo 1.0."""
    file = "demo-1.0.tar.gz"
    return Sdist(file, parse_file_name(file), members, texts or {})


def release(*artifacts: Wheel | Sdist, config: Config | None = None) -> Release:
    """Return the facts of a release."""
    wheels = tuple(artifact for artifact in artifacts if isinstance(artifact, Wheel))
    sdists = tuple(artifact for artifact in artifacts if isinstance(artifact, Sdist))
    return Release(wheels, sdists, config or Config())


# --- archives ---


@dataclass(frozen=True)
class File:
    """One file to put into an archive: its bytes or the call that makes them, and its whole st_mode."""

    path: str
    content: bytes | Callable[[], bytes] = b"text\n"
    mode: int = 0o100644

    @property
    def bytes(self) -> bytes:
        """The content, made now if it is a call."""
        return self.content() if callable(self.content) else self.content


def zipped(*files: File) -> bytes:
    """Return a zip of these files with their modes, as a build backend on Linux would write it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            info = zipfile.ZipInfo(file.path)
            info.create_system, info.external_attr = 3, file.mode << 16 or _DOS_ARCHIVE
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, file.bytes)
    return buffer.getvalue()


def tarred(*files: File) -> bytes:
    """Return a tar.gz of these files with their modes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for file in files:
            info, content = tarfile.TarInfo(file.path), file.bytes
            info.size, info.mode = len(content), file.mode & 0o7777
            if stat.S_ISLNK(file.mode):
                info.type, info.linkname, info.size = tarfile.SYMTYPE, content.decode(), 0
            elif stat.S_ISDIR(file.mode):
                info.type, info.size = tarfile.DIRTYPE, 0
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def record_row(path: str, content: bytes) -> tuple[str, str, str]:
    """Return RECORD's row for a file."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return path, f"sha256={digest}", str(len(content))


def _unchanged(rows: Rows) -> Rows:
    return rows


@dataclass(frozen=True)
class WheelRecipe:
    """A wheel to write. `dist_info` replaces metadata files by name (None: leaves one out), `record` edits RECORD."""

    tags: str
    files: tuple[File, ...]
    project: str = "demo"
    version: str = "1.0"
    file: str = ""
    dist_info: Mapping[str, bytes | None] = field(default_factory=dict)
    record: Callable[[Rows], Rows] = _unchanged
    change: Callable[[bytes], bytes] = bytes  # what is done to the finished zip

    @property
    def folder(self) -> str:
        """The .dist-info folder's name."""
        return f"{self.project}-{self.version}.dist-info"

    @property
    def file_name(self) -> str:
        """The wheel's file name."""
        return self.file or f"{self.project}-{self.version}-{self.tags}.whl"

    def write(self, folder: Path) -> Path:
        """Write the wheel below `folder` and return where."""
        path = folder / self.file_name
        path.write_bytes(self.content)
        return path

    @property
    def content(self) -> bytes:
        """The bytes of the wheel."""
        return self.change(zipped(*self.all_files))

    @property
    def all_files(self) -> tuple[File, ...]:
        """The files of the wheel, metadata last."""
        texts = {"METADATA": self._metadata(), "WHEEL": self._wheel(), **self.dist_info}
        made = [File(f"{self.folder}/{name}", text) for name, text in texts.items() if text and name != "RECORD"]
        record = f"{self.folder}/RECORD"
        rows = [*(record_row(file.path, file.bytes) for file in (*self.files, *made)), (record, "", "")]
        sealed = self.dist_info.get("RECORD", "".join(f"{','.join(row)}\n" for row in self.record(rows)).encode())
        return (*self.files, *made, *([] if sealed is None else [File(record, sealed)]))

    def _metadata(self) -> bytes:
        return f"Metadata-Version: 2.1\nName: {self.project}\nVersion: {self.version}\n".encode()

    def _wheel(self) -> bytes:
        lines = "".join(f"Tag: {tag}\n" for tag in sorted(map(str, parse_tag(self.tags))))
        return f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\n{lines}".encode()


@dataclass(frozen=True)
class SdistRecipe:
    """An sdist to write; its files' paths are below the top directory.

    PKG-INFO and pyproject.toml are made, unless they are among the files or named in `without`.
    """

    files: tuple[File, ...]
    project: str = "demo"
    version: str = "1.0"
    file: str = ""
    without: tuple[str, ...] = ()
    beside: tuple[File, ...] = ()  # outside the top directory
    change: Callable[[bytes], bytes] = bytes  # what is done to the finished tar.gz

    def write(self, folder: Path) -> Path:
        """Write the sdist below `folder` and return where."""
        path = folder / self.file_name
        path.write_bytes(self.content)
        return path

    @property
    def file_name(self) -> str:
        """The sdist's file name."""
        return self.file or f"{self.project}-{self.version}.tar.gz"

    @property
    def content(self) -> bytes:
        """The bytes of the sdist."""
        return self.change(tarred(*self.all_files))

    @property
    def all_files(self) -> tuple[File, ...]:
        """The files of the sdist, with the folder that all is in."""
        info = f"Metadata-Version: 2.1\nName: {self.project}\nVersion: {self.version}\n".encode()
        build = b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        made = {file.path: file for file in (File("PKG-INFO", info), File("pyproject.toml", build), *self.files)}
        top = f"{self.project}-{self.version}"
        kept = (file for file in made.values() if file.path not in self.without)
        return (*(File(f"{top}/{file.path}", file.content, file.mode) for file in kept), *self.beside)


@dataclass(frozen=True)
class ReleaseRecipe:
    """A folder of artifacts, what the configuration expects of them, and other files in the same folder."""

    artifacts: tuple[WheelRecipe | SdistRecipe, ...]
    config: Config = field(default_factory=Config)
    others: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write all of it below `folder` and return that."""
        for artifact in self.artifacts:
            artifact.write(folder)
        for name in self.others:
            (folder / name).write_bytes(b"other\n")
        return folder


Recipe = WheelRecipe | SdistRecipe | ReleaseRecipe


def a_wheel(tags: str, *files: File, **other: Any) -> WheelRecipe:
    """Return the recipe of a wheel with these tags and files."""
    return WheelRecipe(tags, files, **other)


def an_sdist(*files: File, **other: Any) -> SdistRecipe:
    """Return the recipe of an sdist with these files."""
    return SdistRecipe(files, **other)


def a_release(*artifacts: WheelRecipe | SdistRecipe, **other: Any) -> ReleaseRecipe:
    """Return the recipe of a release."""
    return ReleaseRecipe(artifacts, **other)
