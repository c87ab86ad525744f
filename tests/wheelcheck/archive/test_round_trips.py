"""What the standard library writes is read back alike: random trees, every format it knows."""

from __future__ import annotations

import hashlib
import io
import stat
import tarfile
import zipfile
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.support.archive_cases import read
from wheelcheck.archive import Budget, walk
from wheelcheck.archive.names import flaws, fold

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import ReadableBuffer

    from wheelcheck.damage import Damage

pytestmark = pytest.mark.usefixtures("each_codec")

LETTERS = some.characters(codec="utf-8")
NAMES = some.lists(some.text(LETTERS, min_size=1, max_size=12), min_size=1, max_size=4).map("/".join)
CLEAN = NAMES.filter(lambda name: not list(flaws(name)))
CONTENTS = some.one_of(
    some.binary(max_size=2000),
    some.builds(lambda chunk, times: chunk * times, some.binary(max_size=9), some.integers(0, 40_000)),
)
MODES = some.sampled_from([0o644, 0o755, 0o600, 0o777])
Tree = dict[str, tuple[bytes, int]]


def is_a_tree(names: list[str]) -> bool:
    """Return whether no name is another, or below another, on any file system."""
    folded = {fold(name) for name in names}
    parents = {fold(name[:at]) for name in names for at in range(len(name)) if name[at] == "/"}
    return len(folded) == len(names) and folded.isdisjoint(parents)


TREES = some.dictionaries(CLEAN, some.tuples(CONTENTS, MODES), min_size=1, max_size=6).filter(
    lambda tree: is_a_tree(list(tree))
)
trials = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


def zip_of(tree: Tree, method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, (content, mode) in tree.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(info, content, compress_type=method)
    return file.getvalue()


def tar_of(tree: Tree, compression: str, layout: int) -> bytes:
    file = io.BytesIO()
    how: Literal["w:gz", "w:xz", "w:bz2", "w:"] = f"w:{compression}"  # type: ignore[assignment]
    with tarfile.open(fileobj=file, mode=how, format=layout, encoding="utf-8") as archive:
        for name, (content, mode) in tree.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(content), mode, 1_700_000_000
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def assert_alike(archive: bytes, tree: Tree) -> None:
    reading = read(archive)
    expected = [
        (name, "file", stat.S_IFREG | mode, len(content), hashlib.sha256(content).hexdigest())
        for name, (content, mode) in tree.items()
    ]
    assert reading.damage == []
    assert [(e.path, e.kind, e.mode, e.size, e.sha256) for e in reading.entries] == expected
    assert reading.contents == [content for content, _ in tree.values()]


@trials
@given(tree=TREES, method=some.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_what_zipfile_writes_is_read_back_without_damage(tree: Tree, method: int) -> None:
    assert_alike(zip_of(tree, method), tree)


@trials
@given(
    tree=TREES,
    compression=some.sampled_from(["gz", "xz", "bz2", ""]),
    layout=some.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_what_tarfile_writes_is_read_back_without_damage(tree: Tree, compression: str, layout: int) -> None:
    assert_alike(tar_of(tree, compression, layout), tree)


@trials
@given(names=some.lists(NAMES, min_size=1, max_size=5, unique_by=lambda name: name.partition("\0")[0]))
def test_any_name_that_zipfile_writes_is_read_back_or_refused(names: list[str]) -> None:
    tree = dict.fromkeys(names, (b"x", 420))
    reading = read(zip_of(tree, zipfile.ZIP_STORED))
    with zipfile.ZipFile(io.BytesIO(zip_of(tree, zipfile.ZIP_STORED))) as archive:
        alike = reading.paths == [name.removesuffix("/") for name in archive.namelist()]
    assert alike or reading.damage


@trials
@given(content=some.binary(max_size=3000))
def test_bytes_of_any_kind_are_answered_by_damage_or_members(content: bytes) -> None:
    for head in (b"", b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08\0", b"BZh9", b"\xfd7zXZ\0"):
        reading = read(head + content + b"PK\5\6"[: len(head)])
        assert reading.damage or reading.entries


@pytest.mark.parametrize("layout", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_links_directories_and_long_names_of_tarfile_are_read_back(layout: int) -> None:
    file = io.BytesIO()
    long = "pkg-1/" + "d" * 90 + "/" + "n" * 95
    with tarfile.open(fileobj=file, mode="w:gz", format=layout) as archive:
        for name, kind, link in (
            ("pkg-1", tarfile.DIRTYPE, ""),
            (long, tarfile.REGTYPE, ""),
            ("pkg-1/hard", tarfile.LNKTYPE, "pkg-1/file"),
            ("pkg-1/soft", tarfile.SYMTYPE, "file"),
        )[: 2 if layout == tarfile.USTAR_FORMAT else 4]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            archive.addfile(info)
            if name == long:
                archive.addfile(tarfile.TarInfo("pkg-1/file"))
    reading = read(file.getvalue())
    assert reading.damage == []
    assert [(entry.path, entry.kind) for entry in reading.entries[:3]] == [
        ("pkg-1", "directory"),
        (long, "file"),
        ("pkg-1/file", "file"),
    ]


@pytest.mark.posix
def test_a_tree_packed_from_disk_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "pkg" / "bin").mkdir(parents=True)
    program = tmp_path / "pkg" / "bin" / "run"
    program.write_bytes(b"#!/bin/sh\n")
    program.chmod(0o755)
    program.with_name("link").symlink_to("run")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(tmp_path / "pkg", "pkg")
    entries = {entry.path: entry for entry in read(packed.getvalue()).entries}
    assert (entries["pkg/bin/run"].mode, entries["pkg/bin/link"].link) == (0o100755, "run")


class Pipe(io.RawIOBase):
    """What cannot seek, so that sizes have to follow the data."""

    def __init__(self) -> None:
        super().__init__()
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, content: ReadableBuffer, /) -> int:
        self.content += bytes(content)
        return memoryview(content).nbytes


def test_a_zip_written_to_a_pipe_has_descriptors_and_no_other_damage() -> None:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"A" * 99)
        archive.writestr("b", b"")
    reading = read(pipe.content)
    assert (reading.kinds, reading.contents) == ({"zip-descriptor"}, [b"A" * 99, b""])


def test_a_member_of_unknown_size_takes_a_local_zip64_block_and_no_damage() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, archive.open("a", "w", force_zip64=True) as member:
        member.write(b"A" * 99)
    assert read(file.getvalue()).damage == []


def test_more_members_than_16_bits_count_need_zip64_and_are_a_cap() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(65_536):
            archive.writestr(f"{number}", b"")
    damage: list[Damage] = []
    assert sum(1 for _ in walk(file, Budget(zip_members=70_000), damage)) == 65_536
    assert damage == []
    assert list(walk(file, Budget(), damage)) == []
    assert [fault.kind for fault in damage] == ["cap-members"]
