from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from wheelcheck.builder import rebuild

if TYPE_CHECKING:
    from pathlib import Path

DATE = (2026, 1, 2, 3, 4, 6)
Members = dict[str, bytes]
PLAIN: Members = {"a.py": b"same", "b.so": b"0123456789"}


def wheel(folder: Path, members: Members = PLAIN, *, mode: int = 0o100644, comment: bytes = b"") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "x.whl", "w") as archive:
        archive.comment = comment
        for name, content in members.items():
            info = zipfile.ZipInfo(name, DATE)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return folder / "x.whl"


def sdist(folder: Path, members: Members = PLAIN, *, mtime: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "x.tar.gz", "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), mtime
            archive.addfile(info, io.BytesIO(content))
    return folder / "x.tar.gz"


def test_the_same_bytes_have_no_difference(tmp_path: Path) -> None:
    assert rebuild.first_between(wheel(tmp_path / "a"), wheel(tmp_path / "b")) == ""
    assert rebuild.first_between_folders(tmp_path / "a", tmp_path / "b") == ""


@pytest.mark.parametrize("write", [wheel, sdist])
@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"a.py": b"same", "b.so": b"0123X56789"}, "b.so: differs at offset 4: first b'456789', then b'X56789'"),
        ({"a.py": b"same", "b.so": b"01234"}, "b.so: differs at offset 5, where one of them ends"),
        ({"b.so": b"0123456789", "a.py": b"same"}, "the first build has a.py, the second b.so"),
        ({"a.py": b"same"}, "the first build has b.so, the second none"),
        ({**PLAIN, "c": b""}, "the first build has no member, the second c"),
    ],
)
def test_the_first_member_that_differs_is_named_with_its_offset(
    tmp_path: Path, write: object, members: Members, said: str
) -> None:
    assert callable(write)
    one, other = write(tmp_path / "a"), write(tmp_path / "b", members)
    assert rebuild.first_between(one, other) == f"{one.name}: {said}"


def test_a_mode_and_a_date_are_differences(tmp_path: Path) -> None:
    one, other = wheel(tmp_path / "a"), wheel(tmp_path / "b", mode=0o100755)
    assert "a.py: first mode 100644, date (2026, 1, 2, 3, 4, 6), then mode 100755" in rebuild.first_between(one, other)
    later = rebuild.first_between(sdist(tmp_path / "a"), sdist(tmp_path / "b", mtime=2))
    assert "a.py: first mode 644, date 1, owner 0 '', then mode 644, date 2" in later


def test_bytes_between_the_members_are_a_difference_of_the_archive(tmp_path: Path) -> None:
    said = rebuild.first_between(wheel(tmp_path / "a"), wheel(tmp_path / "b", comment=b"!"))
    assert said.startswith("x.whl: every member is the same, the archive differs at offset ")


def test_another_kind_of_file_is_compared_by_its_bytes(tmp_path: Path) -> None:
    for name, content in (("a", b"12"), ("b", b"13")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes.txt").write_bytes(content)
    found = rebuild.first_between(tmp_path / "a" / "notes.txt", tmp_path / "b" / "notes.txt")
    assert found == "notes.txt: every member is the same, the archive differs at offset 1: first b'2', then b'3'"


def test_an_artifact_of_one_build_only_is_named(tmp_path: Path) -> None:
    wheel(tmp_path / "a")
    wheel(tmp_path / "b")
    sdist(tmp_path / "b")
    found = rebuild.first_between_folders(tmp_path / "a", tmp_path / "b")
    assert found == "only one build has x.tar.gz"


def test_the_first_artifact_that_differs_is_named(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        wheel(tmp_path / folder)
    sdist(tmp_path / "a")
    sdist(tmp_path / "b", {"a.py": b"sane", "b.so": b""})
    assert "x.tar.gz: a.py: differs at offset 2" in rebuild.first_between_folders(tmp_path / "a", tmp_path / "b")
