"""An initramfs as bsdtar unpacks it: an implementation of cpio that is not ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from wheelcheck.builder import initramfs

if TYPE_CHECKING:
    from wheelcheck.builder.initramfs import Entry


def unpacked(folder: Path, *archives: list[Entry]) -> Path:
    """Write archives one after another, as the kernel takes them, and return where each was unpacked: folder/0, …"""
    if not shutil.which("bsdtar"):
        pytest.skip("bsdtar is not installed: install libarchive-tools")
    for number, entries in enumerate(archives):
        (folder / str(number)).mkdir()
        file = folder / f"{number}.cpio"
        with file.open("wb") as archive:
            initramfs.write(archive, entries)
        assert file.stat().st_size % 512 == 0
        subprocess.run(["bsdtar", "-xpf", file], cwd=folder / str(number), check=True)
    return folder / "0"


def test_files_folders_and_links_come_out_with_modes_times_and_content(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "bin").mkdir(parents=True)
    (source / "empty").mkdir(mode=0o700)
    (source / "bin" / "tool").write_bytes(b"odd")
    (source / "bin" / "tool").chmod(0o755)
    (source / "bin" / "größer").write_bytes(bytes(5000))
    (source / "bin" / "link").symlink_to("tool")
    os.utime(source / "bin" / "tool", (1, 1_500_000_000))
    found = unpacked(tmp_path, list(initramfs.tree(source, PurePosixPath("/")))) / "bin"
    assert (found / "tool").read_bytes() == b"odd"
    assert ((found / "tool").stat().st_mode & 0o777, (found / "tool").stat().st_mtime) == (0o755, 1_500_000_000)
    assert (found / "größer").read_bytes() == bytes(5000)
    assert (found / "link").readlink() == Path("tool")
    assert (found.parent / "empty").stat().st_mode & 0o777 == 0o700


def test_what_is_left_out_is_named_by_its_path_and_pipes_are_left_out_too(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("usr/share/doc", "usr/lib/share"):
        (source / name).mkdir(parents=True)
        (source / name / "file").touch()
    (source / "image").touch()
    os.mkfifo(source / "pipe")
    found = initramfs.tree(source, PurePosixPath("/"), frozenset({"usr/share", "image"}))
    assert [str(entry.path) for entry in found] == ["/usr", "/usr/lib", "/usr/lib/share", "/usr/lib/share/file"]


def test_a_tree_stands_below_the_folders_that_lead_to_it(tmp_path: Path) -> None:
    place = PurePosixPath("/tmp/smoke/venv")  # noqa: S108  # of the machine that starts
    entries = [*initramfs.folders_of(place), initramfs.folder_at(place), initramfs.text_at(place / "text", "said")]
    found = unpacked(tmp_path, [*entries, initramfs.link_at(place / "up", "..")])
    assert (found / "tmp").stat().st_mode & 0o7777 == 0o1777
    assert (found / "tmp/smoke/venv/text").read_text() == "said"
    assert (found / "tmp/smoke/venv/up").readlink() == Path("..")
