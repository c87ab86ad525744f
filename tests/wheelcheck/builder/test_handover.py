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


def bundle(path: Path, manifest: object, **members: bytes) -> Path:
    """Write a bundle by hand, honest or not; `__` in a member's name stands for `/`."""
    text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    with tarfile.open(path, "w") as archive:
        for name, content in {handover.MANIFEST: text, **members}.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_a_bundle_arrives_with_every_byte_and_mode_it_left_with(tmp_path: Path) -> None:
    packed = handover.pack(project(tmp_path / "here"), tmp_path / "way" / "p.tar", "dist/*", "tree/**/*")
    assert packed == tuple(sorted(FILES))
    assert handover.unpack(tmp_path / "there", tmp_path / "way") == packed
    arrived = {name: (tmp_path / "there" / name).stat().st_mode & 0o777 for name in FILES}
    assert arrived == FILES
    assert all((tmp_path / "there" / name).read_text() == name for name in FILES)


def test_artifacts_and_manifests_are_packed_unless_other_files_are_named(tmp_path: Path) -> None:
    folder = project(tmp_path / "here")
    (folder / "dist" / "notes.txt").touch()
    (folder / "build" / "wheelcheck" / "t").mkdir(parents=True)
    (folder / "build" / "wheelcheck" / "t" / "manifest.json").write_text("{}")
    packed = handover.pack(folder, tmp_path / "p.tar")
    assert packed == ("build/wheelcheck/t/manifest.json", "dist/x.tar.gz", "dist/x.whl")


def test_nothing_to_pack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"there is nothing to pack: no file matches dist/\*.whl, .*; build first"):
        handover.pack(tmp_path, tmp_path / "p.tar")
    assert not (tmp_path / "p.tar").exists()


def test_nothing_to_unpack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"there is no bundle \(\*.tar\)"):
        handover.unpack(tmp_path / "there", tmp_path)


def test_two_bundles_may_bring_the_same_file_and_not_two_of_one_name(tmp_path: Path) -> None:
    one = bundle(tmp_path / "one.tar", [entry("dist/x")], dist__x=b"x")
    same = Path(shutil.copy(one, tmp_path / "same.tar"))
    assert handover.unpack(tmp_path / "there", one, same) == ("dist/x",)
    other = bundle(tmp_path / "other.tar", [entry("dist/x", b"y")], dist__x=b"y")
    with pytest.raises(BuildError, match=r"other.tar: dist/x: another bundle holds a different file of this name"):
        handover.unpack(tmp_path / "there", one, other)


def test_an_honest_bundle_written_by_hand_is_taken(tmp_path: Path) -> None:
    assert handover.unpack(tmp_path / "there", bundle(tmp_path / "p.tar", [entry("a")], a=b"x")) == ("a",)


@pytest.mark.parametrize(
    ("manifest", "members", "said"),
    [
        ([entry("a")], {"a": b"y"}, "p.tar: a: damaged: 1 byte with sha256"),
        ([entry("a", size=2)], {"a": b"x"}, "p.tar: a: damaged: 1 byte with sha256 .*, packed were 2"),
        ([entry("a"), entry("b")], {"a": b"x"}, r"missing \['b'\]"),
        ([entry("a")], {"a": b"x", "b": b"x"}, r"unlisted \['b'\]"),
        ([entry("a"), entry("a")], {"a": b"x"}, "it holds two files of one name"),
        ([entry("..\\a")], {"..\\a": b"x"}, "the path leaves the project"),
        ([entry("C:a")], {"C:a": b"x"}, "the path leaves the project"),
        ([entry(".")], {".": b"x"}, "the path leaves the project"),
        ([], {}, "its files are not those of its manifest"),
        ([entry("../a")], {"..__a": b"x"}, "p.tar: ../a: the path leaves the project"),
        ([entry("/a")], {"__a": b"x"}, "p.tar: /a: the path leaves the project"),
        ([entry("a", mode=0o4755)], {"a": b"x"}, "p.tar: a: mode 4755 has more than permission bits"),
        ([{"path": "a"}], {"a": b"x"}, "not a readable bundle with a manifest"),
        (b"{", {"a": b"x"}, "not a readable bundle with a manifest"),
    ],
)
def test_a_bundle_that_is_not_as_listed_is_refused_before_a_byte_is_written(
    tmp_path: Path, manifest: object, members: dict[str, bytes], said: str
) -> None:
    with pytest.raises(BuildError, match=said):
        handover.unpack(tmp_path / "there", bundle(tmp_path / "p.tar", manifest, **members))
    assert not (tmp_path / "there").exists()
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("content", [b"", b"no tar at all" * 100])
def test_a_file_that_is_not_a_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.tar").write_bytes(content)
    with pytest.raises(BuildError, match="not a readable bundle with a manifest"):
        handover.unpack(tmp_path / "there", tmp_path / "p.tar")


def test_a_cut_bundle_is_refused(tmp_path: Path) -> None:
    handover.pack(project(tmp_path / "here"), tmp_path / "p.tar")
    whole = (tmp_path / "p.tar").read_bytes()
    (tmp_path / "p.tar").write_bytes(whole[: whole.rindex(b"dist/x.whl")])
    with pytest.raises(BuildError, match=r"missing|not a readable bundle"):
        handover.unpack(tmp_path / "there", tmp_path / "p.tar")


def test_a_link_in_a_bundle_is_refused(tmp_path: Path) -> None:
    bundle(tmp_path / "p.tar", [entry("a")])
    with tarfile.open(tmp_path / "p.tar", "a") as archive:
        info = tarfile.TarInfo("a")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(BuildError, match="a is no regular file"):
        handover.unpack(tmp_path / "there", tmp_path / "p.tar")


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({"z": b"other"}, "z: another bundle holds a different file of this name"),
        ({"Z": b"z"}, "z and Z are one name on a case-insensitive disk"),
        ({"z/inside": b"z"}, "z and z/ are one name on a case-insensitive disk or for a file and a folder"),
        ({"caf\u00e9": b"1", "cafe\u0301": b"2"}, "are one name on a case-insensitive disk"),
        ({"DIST/X.whl": b"1"}, r"dist/x\.whl and DIST/X\.whl are one name"),
        ({"taken": b"other"}, "taken: a different file is already there"),
        ({"taken/inside": b""}, "taken/inside: .*taken is not a folder"),
        ({"folder": b""}, "folder: a different file is already there"),
        ({"link": b"linked"}, "link: a different file is already there"),
        ({"out/x": b""}, "out/x: a link leads out of the project"),
        ({"dangling/x": b""}, "dangling/x: a link leads out of the project"),
    ],
    ids=str,
)
def test_nothing_of_any_bundle_is_written_if_one_file_cannot_be(
    tmp_path: Path, second: dict[str, bytes], said: str
) -> None:
    there = tmp_path / "there"
    (there / "folder").mkdir(parents=True)
    (there / "taken").write_bytes(b"taken")
    (there / "link").symlink_to("taken")
    (there / "out").symlink_to(tmp_path)
    (there / "dangling").symlink_to(tmp_path / "nowhere")
    before = sorted(there.rglob("*"))
    first = {"a": b"new", "dist/x.whl": b"wheel", "z": b"z"}
    files = [holding(tmp_path / "1.tar", first), holding(tmp_path / "2.tar", {"b": b"", **second})]
    with pytest.raises(BuildError, match=said):
        handover.unpack(there, *files)
    assert sorted(there.rglob("*")) == before
    assert (there / "taken").read_bytes() == b"taken"


def test_an_identical_file_that_is_already_there_is_accepted(tmp_path: Path) -> None:
    file = holding(tmp_path / "1.tar", {"dist/a": b"a", "Dist/b": b"b"})
    assert handover.unpack(tmp_path / "there", file) == handover.unpack(tmp_path / "there", file)


def holding(path: Path, files: dict[str, bytes]) -> Path:
    return bundle(path, [entry(name, content) for name, content in files.items()], **files)
