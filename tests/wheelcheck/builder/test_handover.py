from __future__ import annotations

import io
import json
import shutil
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from wheelcheck.builder import handover
from wheelcheck.builder.run import BuildError

FILES = {"dist/x.whl": 0o644, "dist/x.tar.gz": 0o644, "tree/pkg/bin/tool": 0o755}


def project(folder: Path) -> Path:
    for name, mode in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
        (folder / name).chmod(mode)
    return folder


def entry(path: str, content: bytes = b"x", **other: Any) -> dict[str, Any]:
    return {"path": path, "mode": 0o644, "size": len(content), "sha256": sha256(content).hexdigest(), **other}


def parcel(path: Path, manifest: object, **members: bytes) -> Path:
    """Write a parcel by hand, honest or not; `__` in a member's name stands for `/`."""
    text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    with tarfile.open(path, "w") as archive:
        for name, content in {handover.MANIFEST: text, **members}.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_a_parcel_arrives_with_every_byte_and_mode_it_left_with(tmp_path: Path) -> None:
    packed = handover.pack(project(tmp_path / "here"), tmp_path / "way" / "p.tar", "dist/*", "tree/**/*")
    assert packed == tuple(sorted(FILES))
    assert handover.unpack(tmp_path / "there", tmp_path / "way") == packed
    arrived = {name: (tmp_path / "there" / name).stat().st_mode & 0o777 for name in FILES}
    assert arrived == FILES
    assert all((tmp_path / "there" / name).read_text() == name for name in FILES)


def test_artifacts_and_records_are_packed_unless_something_else_is_named(tmp_path: Path) -> None:
    folder = project(tmp_path / "here")
    (folder / "dist" / "notes.txt").touch()
    (folder / "build" / "wheelcheck" / "t").mkdir(parents=True)
    (folder / "build" / "wheelcheck" / "t" / "record.json").write_text("{}")
    packed = handover.pack(folder, tmp_path / "p.tar")
    assert packed == ("build/wheelcheck/t/record.json", "dist/x.tar.gz", "dist/x.whl")


def test_nothing_to_pack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"there is nothing to pack: no file matches dist/\*.whl, .*; build first"):
        handover.pack(tmp_path, tmp_path / "p.tar")
    assert not (tmp_path / "p.tar").exists()


def test_nothing_to_unpack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"there is no bundle \(\*.tar\)"):
        handover.unpack(tmp_path / "there", tmp_path)


def test_two_parcels_may_bring_the_same_file_and_not_two_of_one_name(tmp_path: Path) -> None:
    one = parcel(tmp_path / "one.tar", [entry("dist/x")], dist__x=b"x")
    same = Path(shutil.copy(one, tmp_path / "same.tar"))
    assert handover.unpack(tmp_path / "there", one, same) == ("dist/x",)
    other = parcel(tmp_path / "other.tar", [entry("dist/x", b"y")], dist__x=b"y")
    with pytest.raises(BuildError, match=r"other.tar: dist/x: another bundle holds a different file of this name"):
        handover.unpack(tmp_path / "there", one, other)


def test_an_honest_parcel_written_by_hand_is_taken(tmp_path: Path) -> None:
    assert handover.unpack(tmp_path / "there", parcel(tmp_path / "p.tar", [entry("a")], a=b"x")) == ("a",)


@pytest.mark.parametrize(
    ("manifest", "members", "said"),
    [
        ([entry("a")], {"a": b"y"}, "p.tar: a: damaged: 1 bytes with sha256"),
        ([entry("a", size=2)], {"a": b"x"}, "p.tar: a: damaged: 1 bytes with sha256 .*, packed were 2"),
        ([entry("a"), entry("b")], {"a": b"x"}, r"missing \['b'\]"),
        ([entry("a")], {"a": b"x", "b": b"x"}, r"unlisted \['b'\]"),
        ([], {}, "its files are not those of its manifest"),
        ([entry("../a")], {"..__a": b"x"}, "p.tar: ../a: the path leaves the project"),
        ([entry("/a")], {"__a": b"x"}, "p.tar: /a: the path leaves the project"),
        ([entry("a", mode=0o4755)], {"a": b"x"}, "p.tar: a: .* mode 4755 has more than permission bits"),
        ([{"path": "a"}], {"a": b"x"}, "not a readable bundle with a manifest"),
        (b"{", {"a": b"x"}, "not a readable bundle with a manifest"),
    ],
)
def test_a_parcel_that_is_not_as_listed_is_refused_before_a_byte_is_written(
    tmp_path: Path, manifest: object, members: dict[str, bytes], said: str
) -> None:
    with pytest.raises(BuildError, match=said):
        handover.unpack(tmp_path / "there", parcel(tmp_path / "p.tar", manifest, **members))
    assert not (tmp_path / "there").exists()
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("content", [b"", b"no tar at all" * 100])
def test_a_file_that_is_no_parcel_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.tar").write_bytes(content)
    with pytest.raises(BuildError, match="not a readable bundle with a manifest"):
        handover.unpack(tmp_path / "there", tmp_path / "p.tar")


def test_a_cut_parcel_is_refused(tmp_path: Path) -> None:
    handover.pack(project(tmp_path / "here"), tmp_path / "p.tar")
    whole = (tmp_path / "p.tar").read_bytes()
    (tmp_path / "p.tar").write_bytes(whole[: whole.rindex(b"dist/x.whl")])
    with pytest.raises(BuildError, match=r"missing|not a readable bundle"):
        handover.unpack(tmp_path / "there", tmp_path / "p.tar")


def test_a_link_in_a_parcel_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "p.tar", "w") as archive:
        info = tarfile.TarInfo("a")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(BuildError, match="a is no regular file"):
        handover.unpack(tmp_path / "there", tmp_path / "p.tar")
