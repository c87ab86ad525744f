from __future__ import annotations

import os
from pathlib import Path

import pytest

from wheelcheck.inputs import open_regular


def test_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with open_regular(tmp_path / "file") as file:
        assert file.read() == b"content"


@pytest.mark.posix
def test_a_link_to_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    with open_regular(tmp_path / "link") as file:
        assert file.read() == b"content"


@pytest.mark.posix
def test_a_pipe_without_a_writer_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="pipe, socket or device"):
        open_regular(tmp_path / "pipe")


def test_a_device_is_refused() -> None:
    with pytest.raises(OSError, match="pipe, socket or device"):
        open_regular(Path(os.devnull))


def _descriptors() -> list[str]:
    return sorted(entry.name for entry in Path("/proc/self/fd").iterdir())


@pytest.mark.posix
def test_a_refused_file_is_closed_again(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = _descriptors()
    with pytest.raises(OSError, match="pipe"):
        open_regular(tmp_path / "pipe")
    assert _descriptors() == before


@pytest.mark.parametrize(("name", "error"), [("", IsADirectoryError), ("missing", FileNotFoundError)])
def test_what_is_not_a_file_is_python_s_own_error(tmp_path: Path, name: str, error: type[OSError]) -> None:
    with pytest.raises(error):
        open_regular(tmp_path / name)
