from __future__ import annotations

import hashlib
import io
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support import elf_traps, native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, an_sdist, tarred, zipped
from wheelcheck import check
from wheelcheck.facts import Artifact, Member, Sdist, Wheel, text_limits
from wheelcheck.facts import collect as collecting
from wheelcheck.facts.collect import collect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOOL = File("demo/bin/tool", native.program, EXECUTABLE)
MIB = 2**20


def caps(artifact: Artifact) -> list[tuple[str, str]]:
    return [(damage.path, damage.kind) for damage in artifact.damage if damage.cap]


def member(artifact: Artifact, path: str) -> Member:
    (found,) = (member for member in artifact.members if member.path == path)
    return found


# --- what is gathered ---


def test_a_wheel_becomes_its_name_members_texts_and_hash(tmp_path: Path) -> None:
    path = a_wheel(X86_64, TOOL, File("demo/__init__.py", b"x = 1\n")).write(tmp_path)
    wheel = collect(path)
    assert isinstance(wheel, Wheel)
    assert (wheel.file, wheel.name.project, wheel.damage) == (path.name, "demo", ())
    assert (wheel.size, wheel.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    kept = [f"demo-1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL")]
    assert sorted(wheel.texts) == [*kept, "demo/__init__.py"]
    plain = member(wheel, "demo/__init__.py")
    assert (plain.kind, plain.mode, plain.size, plain.head) == ("file", 0o100644, 6, b"x = 1\n")
    assert plain.sha256 == hashlib.sha256(b"x = 1\n").hexdigest()
    assert plain.binary is None
    assert [found.path for found in wheel.natives] == [TOOL.path]
    assert member(wheel, TOOL.path).pip_installs_executable


def test_an_sdist_becomes_its_members_and_build_files(tmp_path: Path) -> None:
    files = (File("setup.py"), File("rust/Cargo.toml"), File("rust/src/lib.rs"), File("rust/Cargo.lock"))
    sdist = collect(an_sdist(*files).write(tmp_path))
    assert isinstance(sdist, Sdist)
    names = ["PKG-INFO", "pyproject.toml", "rust/Cargo.lock", "rust/Cargo.toml", "setup.py"]
    assert sorted(sdist.texts) == [f"demo-1.0/{name}" for name in names]
    assert sdist.texts["demo-1.0/setup.py"] == "text\n"


def test_the_metadata_of_an_epoch_s_wheel_is_read(tmp_path: Path) -> None:
    wheel = collect(a_wheel("py3-none-any", File("demo/__init__.py"), version="1!2.0").write(tmp_path))
    assert "demo-1!2.0.dist-info/METADATA" in wheel.texts


def test_bytes_that_are_not_text_stay_what_they_are(tmp_path: Path) -> None:
    wheel = collect(a_wheel("py3-none-any", dist_info={"METADATA": b"Name: \xff\n"}).write(tmp_path))
    assert wheel.texts["demo-1.0.dist-info/METADATA"].encode("utf-8", "surrogateescape") == b"Name: \xff\n"


def test_a_folder_and_a_link_are_members_without_content(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(zipped(File("demo/", b"", 0o40755), File("demo/link", b"target", 0o120777)))
    found = {member.path.rstrip("/"): (member.kind, member.link, member.head) for member in collect(path).members}
    assert found == {"demo": ("directory", "", b""), "demo/link": ("symlink", "target", b"")}


def test_progress_hears_every_byte_twice(tmp_path: Path) -> None:
    path = a_wheel(X86_64, TOOL).write(tmp_path)
    heard: list[int] = []
    collect(path, heard.append)
    assert sum(heard) >= 2 * path.stat().st_size


# --- what cannot be read ---


@pytest.mark.parametrize(
    ("content", "kinds"), [(b"", ["empty"]), (b"text", ["not-a-zip"]), (b"PK\3\4", ["zip-truncated"])]
)
def test_what_is_not_an_archive_is_damage_and_no_error(tmp_path: Path, content: bytes, kinds: list[str]) -> None:
    (tmp_path / "demo-1.0-py3-none-any.whl").write_bytes(content)
    artifact = collect(tmp_path / "demo-1.0-py3-none-any.whl")
    assert ([damage.kind for damage in artifact.damage], artifact.members) == (kinds, ())


def test_a_file_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        collect(tmp_path / "demo-1.0-py3-none-any.whl")


@pytest.mark.posix
def test_a_pipe_is_an_error_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "demo-1.0-py3-none-any.whl")
    with pytest.raises(OSError, match="pipe"):
        collect(tmp_path / "demo-1.0-py3-none-any.whl")


# --- a file that changes meanwhile ---


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


def _touch(path: Path) -> None:
    stamp = path.stat().st_mtime_ns
    os.utime(path, ns=(stamp, stamp + 1))


def _replace(path: Path) -> None:
    stamps = path.stat()
    twin = path.with_suffix(".new")
    twin.write_bytes(path.read_bytes())
    os.utime(twin, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    twin.replace(path)


def _edit_and_set_the_time_back(path: Path) -> None:
    stamps = path.stat()
    with path.open("r+b") as file:
        file.write(b"P")
    os.utime(path, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))


def _nothing(_: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_grow, ["changed"]),
        (_touch, ["changed"]),
        (_replace, ["changed"]),
        pytest.param(_edit_and_set_the_time_back, ["changed"], marks=pytest.mark.posix),
        (_nothing, []),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_not_verified(
    tmp_path: Path, change: Callable[[Path], None], found: list[str]
) -> None:
    path = a_wheel(X86_64, TOOL).write(tmp_path)
    heard: list[int] = []

    def advance(count: int) -> None:
        heard.append(count)
        if len(heard) == 3:
            change(path)

    assert caps(collect(path, advance)) == [("", kind) for kind in found]


def test_a_file_that_is_deleted_while_it_is_read_is_an_error_of_the_system(tmp_path: Path) -> None:
    path = a_wheel(X86_64, TOOL).write(tmp_path)
    with pytest.raises(FileNotFoundError):
        collect(path, lambda _: path.unlink(missing_ok=True))


# --- limits ---


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("setup.py", MIB),
        ("pyproject.toml", MIB),
        ("a/Cargo.toml", MIB),
        ("PKG-INFO", 2 * MIB),
        ("Cargo.lock", 2 * MIB),
    ],
)
def test_a_text_over_its_limit_is_not_kept(tmp_path: Path, name: str, most: int) -> None:
    for size, expected in ((most, []), (most + 1, [(f"demo-1.0/{name}", "text-cap")])):
        sdist = collect(an_sdist(File(name, b"\n\n" + b"#" * (size - 2))).write(tmp_path))
        assert caps(sdist) == expected
        assert (f"demo-1.0/{name}" in sdist.texts) == (not expected)


@pytest.mark.parametrize(("limit", "file"), [("TEXTS_CAP", "setup.cfg"), ("TOML_CAP", "Cargo.toml")])
def test_all_texts_together_have_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, file: str
) -> None:
    path = an_sdist(*(File(f"c{number}/{file}", b"#" * 1_000) for number in range(10))).write(tmp_path)
    assert caps(collect(path)) == []
    monkeypatch.setattr(text_limits, limit, 9_900)
    assert caps(collect(path)) == [(f"demo-1.0/c9/{file}", "text-cap")]


@pytest.mark.parametrize(
    ("name", "line", "most"),
    [
        ("METADATA", b"License-File: a\n", 20_000),
        ("METADATA", b"\r", 20_000),
        ("METADATA", b"a", 64 * 1024),
        ("METADATA", b"Requires-Dist: a\n", 5_000),
        ("WHEEL", b"Tag: py3-none-any\n", 5_000),
        ("entry_points.txt", b"[a]\n", 10_000),
        ("entry_points.txt", b" ", 1_024),
    ],
)
def test_a_text_of_too_many_or_too_long_lines_is_not_parsed(tmp_path: Path, name: str, line: bytes, most: int) -> None:
    path = f"demo-1.0.dist-info/{name}"
    for count, expected in ((most, []), (most + 1, [(path, "text-cap")])):
        wheel = collect(a_wheel(X86_64, TOOL, dist_info={name: line * count}).write(tmp_path))
        assert caps(wheel) == expected
        assert (path in wheel.texts) == (not expected)


def test_a_file_that_is_not_parsed_is_not_said_to_be_missing(tmp_path: Path) -> None:
    path = "demo-1.0.dist-info/METADATA"
    report = check([a_wheel(X86_64, TOOL, dist_info={"METADATA": b"License-File: a\n" * 30_000}).write(tmp_path)])
    assert path in {gap.path for gap in report.gaps}
    assert not [finding for finding in report.findings if "found no METADATA" in finding.message]


# --- archives inside ---


def _nested(levels: int, content: bytes) -> File:
    for level in range(levels):
        content = zipped(File(f"level{level}", content, EXECUTABLE))
    return File("outer.zip", content)


def test_an_archive_inside_an_sdist_is_walked_and_one_inside_a_wheel_is_not(tmp_path: Path) -> None:
    inner = zipped(TOOL, File("setup.py"))
    sdist = collect(an_sdist(File("old.whl", inner), File("data.tar.gz", tarred(TOOL))).write(tmp_path))
    inside = ["demo-1.0/data.tar.gz!demo/bin/tool", "demo-1.0/old.whl!demo/bin/tool"]
    assert sorted(found.path for found in sdist.natives) == inside
    assert "demo-1.0/old.whl!setup.py" not in sdist.texts
    assert member(sdist, "demo-1.0/old.whl").archive == "zip"
    wheel = collect(a_wheel(X86_64, File("old.whl", inner)).write(tmp_path))
    assert wheel.natives == ()
    assert member(wheel, "old.whl").archive == "zip"


def test_a_compressed_file_inside_an_sdist_is_looked_into(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x", b"")
    sdist = collect(an_sdist(File("x.zip", packed.getvalue())).write(tmp_path))
    assert "demo-1.0/x.zip!x" in [found.path for found in sdist.members]


def test_a_broken_archive_inside_an_sdist_is_a_fixture(tmp_path: Path) -> None:
    sdist = collect(an_sdist(File("tests/broken.zip", b"PK\3\4broken")).write(tmp_path))
    assert sdist.damage == ()


@pytest.mark.parametrize(("levels", "found"), [(3, []), (4, [".zip!level3!level2!level1"])])
def test_archives_are_opened_three_deep_and_deeper_ones_are_not_verified(
    tmp_path: Path, levels: int, found: list[str]
) -> None:
    sdist = collect(an_sdist(_nested(levels, b"text")).write(tmp_path))
    assert caps(sdist) == [(f"demo-1.0/outer{path}", "nested-cap") for path in found]


def test_a_large_archive_inside_an_sdist_is_not_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = an_sdist(File("old.whl", zipped(TOOL))).write(tmp_path)
    assert caps(collect(path)) == []
    monkeypatch.setattr(collecting, "NESTED_CAP", 1_000)
    assert caps(collect(path)) == [("demo-1.0/old.whl", "nested-cap")]


def test_what_all_files_together_need_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each library is within the limits of its reader; hundreds of them took minutes of the rules."""
    path = a_wheel(X86_64, TOOL, File("demo/bin/tool2", lambda: native.program() + b"x", EXECUTABLE)).write(tmp_path)
    wheel = collect(path)
    assert caps(wheel) == []
    needs = [
        len(code.needed) + len(code.versions) for each in wheel.natives if each.binary for code in each.binary.slices
    ]
    monkeypatch.setattr(collecting, "NEEDS_CAP", needs[0])
    assert caps(collect(path)) == []
    monkeypatch.setattr(collecting, "NEEDS_CAP", needs[0] - 1)
    assert caps(collect(path)) == [("demo/bin/tool2", "needs-cap")]
    assert check([path]).verdict == "unverified"


def test_the_names_of_symbols_of_all_files_together_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The memory that they take is that of all native files at once, because rules compare them."""
    path = a_wheel(X86_64, TOOL, File("demo/bin/tool2", lambda: native.program() + b"x", EXECUTABLE)).write(tmp_path)
    names = [each.binary.name_bytes for each in collect(path).natives if each.binary]
    assert names[0] > 0
    monkeypatch.setattr(collecting, "NAMES_CAP", names[0])
    assert caps(collect(path)) == []
    monkeypatch.setattr(collecting, "NAMES_CAP", names[0] - 1)
    assert caps(collect(path)) == [("demo/bin/tool2", "names-cap")]
    assert check([path]).verdict == "unverified"


def test_a_limit_met_inside_an_inner_archive_leaves_the_sdist_unverified(tmp_path: Path) -> None:
    deep = "/".join(["d"] * 80)
    sdist = collect(an_sdist(File("old.zip", zipped(File(deep)))).write(tmp_path))
    assert [kind for _, kind in caps(sdist)] == ["cap-depth"]
    assert caps(sdist)[0][0].startswith("demo-1.0/old.zip!")


def test_a_limit_of_a_binary_s_reader_leaves_the_artifact_unverified(tmp_path: Path) -> None:
    wheel = collect(a_wheel(X86_64, File("demo/libtrap.so", elf_traps.huge_names)).write(tmp_path))
    assert {path for path, _ in caps(wheel)} == {"demo/libtrap.so"}
