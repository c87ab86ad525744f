from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import INPUTS
from tests.support.native import native
from wheelcheck.builder import stage as staging
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.config import Payload
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelcheck.builder.stage import Stage

TARGET = Target(find("x86_64"), (2, 17))
TOOL = Payload("tool", "executable", "pkg/bin/tool", "tools")
PLUG = Payload("plug", "library", "pkg/lib/libplug.so", "plug")


def binaries(folder: Path, **contents: bytes) -> dict[Payload, Path]:
    """Write the two payloads as cargo would, both executable, and return where they lie."""
    plain = {"tool": native("x86_64"), "plug": native("x86_64", "library"), **contents}
    for name, content in plain.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)
    return {TOOL: folder / "tool", PLUG: folder / "plug"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "build" / TARGET.zigbuild


@pytest.fixture
def stage(tmp_path: Path, folder: Path) -> Stage:
    return staging.stage(binaries(tmp_path), TARGET, INPUTS, folder)


def test_a_stage_has_the_paths_of_the_wheel_and_the_modes_of_each_kind(stage: Stage) -> None:
    modes = {file.path: stage.file(file).stat().st_mode & 0o777 for file in stage.manifest.files}
    assert modes == {"pkg/bin/tool": 0o755, "pkg/lib/libplug.so": 0o644}


def test_the_manifest_says_what_each_file_is_and_what_it_was_built_from(stage: Stage) -> None:
    manifest = json.loads((stage.folder / "manifest.json").read_text())
    assert [manifest[key] for key in ("target", "arch", "floor", "inputs")] == [
        TARGET.zigbuild,
        "x86_64",
        "2.17",
        {"recipe": ["a test"], "folders": [], "read": {"src/main.rs": "0" * 64}, "nearby": {}},
    ]
    assert manifest["files"][0] == {
        "path": "pkg/bin/tool",
        "name": "tool",
        "package": "tools",
        "kind": "executable",
        "sha256": hashlib.sha256(native("x86_64")).hexdigest(),
        "size": len(native("x86_64")),
    }


def test_a_stage_is_read_back_as_it_was_written(stage: Stage, folder: Path) -> None:
    assert staging.load(folder, TARGET) == stage


def test_staging_again_removes_everything_from_before(stage: Stage, tmp_path: Path, folder: Path) -> None:
    (stage.folder / "tree/pkg/bin/old-tool").write_bytes(native("aarch64"))
    again = staging.stage(binaries(tmp_path), TARGET, INPUTS, folder)
    assert staging.load(folder, TARGET) == again
    assert sorted(path.name for path in folder.parent.iterdir()) == [TARGET.zigbuild]


def test_a_refused_binary_leaves_the_stage_before_it_whole(stage: Stage, tmp_path: Path, folder: Path) -> None:
    with pytest.raises(BuildError):
        staging.stage(binaries(tmp_path, plug=b""), TARGET, INPUTS, folder)
    assert staging.load(folder, TARGET) == stage


def test_remains_of_an_interrupted_staging_are_replaced(tmp_path: Path, folder: Path) -> None:
    for suffix in ("new", "old"):
        rest = folder.with_name(f"{folder.name}.{suffix}") / "tree" / "pkg" / "bin"
        rest.mkdir(parents=True)
        (rest / "foreign").write_bytes(native("aarch64"))
    staged = staging.stage(binaries(tmp_path), TARGET, INPUTS, folder)
    assert staging.load(folder, TARGET) == staged


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tool", lambda: native("aarch64"), "executable tool .* it is code for aarch64, not for x86_64"),
        ("tool", lambda: b"", "executable tool .*: 0 bytes"),
        ("tool", lambda: native("x86_64", "library"), "executable tool .* it is a native library"),
        ("plug", lambda: native("x86_64"), "library plug .* it is a native executable"),
        ("tool", lambda: native("x86_64", floor=(2, 28), source="newer"), "above the floor 2.17"),
    ],
)
def test_a_binary_that_is_not_what_it_is_declared_to_be_is_not_staged(
    tmp_path: Path,
    folder: Path,
    name: str,
    content: Callable[[], bytes],
    message: str,
) -> None:
    with pytest.raises(BuildError, match=message):
        staging.stage(binaries(tmp_path, **{name: content()}), TARGET, INPUTS, folder)
    assert not folder.exists()


@pytest.mark.parametrize("path", ["../outside", "/outside", "pkg/bin/tool"])
def test_a_path_that_leaves_the_wheel_or_is_taken_is_refused(tmp_path: Path, folder: Path, path: str) -> None:
    files = binaries(tmp_path)
    both = {TOOL: files[TOOL], Payload("plug", "library", path, "plug"): files[PLUG]}
    with pytest.raises(BuildError, match="is taken or outside the wheel"):
        staging.stage(both, TARGET, INPUTS, folder)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (Target(find("x86_64"), (2, 28)), "the binaries are for x86_64-unknown-linux-gnu.2.17, not for .*2.28"),
        (Target(find("aarch64"), (2, 17)), "the binaries are for x86_64.*, not for aarch64"),
    ],
)
def test_a_stage_of_another_target_is_refused(stage: Stage, target: Target, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        staging.load(stage.folder, target)


def test_a_stage_knows_what_it_was_built_for(stage: Stage) -> None:
    assert stage.manifest.built_for == TARGET


def test_every_stage_is_found_and_nothing_that_an_interrupted_build_left(stage: Stage, tmp_path: Path) -> None:
    later = Target(find("x86_64"), (2, 28))
    again = staging.stage(binaries(tmp_path), later, INPUTS, stage.folder.with_name(later.zigbuild))
    for suffix in ("new", "old"):
        shutil.copytree(stage.folder, stage.folder.with_name(f"{stage.folder.name}.{suffix}"))
    assert list(staging.stages(stage.folder.parent)) == [stage, again]


def test_a_stage_that_is_not_there_is_an_error_that_says_what_to_run(folder: Path) -> None:
    with pytest.raises(BuildError, match=r"run `wheelcheck build build` again"):
        staging.load(folder, TARGET)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": [{}]}', '{"files": [], "extra": 1}', '{"files": 3}'])
def test_a_manifest_that_is_none_is_an_error(stage: Stage, text: str) -> None:
    (stage.folder / "manifest.json").write_text(text)
    with pytest.raises(BuildError, match="the manifest of the stage cannot be read"):
        staging.load(stage.folder, TARGET)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("inputs", []),
        ("inputs", {"recipe": [], "folders": [], "read": [], "nearby": {}}),
        ("inputs", {"recipe": [], "folders": []}),
        ("floor", "2"),
        ("floor", 2.17),
        ("arch", "vax"),
        ("floor", "2.28"),
    ],
)
def test_a_manifest_of_which_a_part_is_wrong_is_an_error(stage: Stage, key: str, value: object) -> None:
    file = stage.folder / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))
    with pytest.raises(BuildError, match="manifest"):
        staging.load(stage.folder, TARGET)


def damaged(stage: Stage, damage: str) -> None:
    tool = stage.folder / "tree/pkg/bin/tool"
    match damage:
        case "foreign":
            tool.with_name("tool-aarch64").write_bytes(native("aarch64"))
        case "missing":
            tool.unlink()
        case "changed":
            tool.write_bytes(native("x86_64", source="other"))
        case "grown":
            tool.write_bytes(native("x86_64") + b"\0")
        case "replaced":
            tool.write_bytes(native("aarch64"))
        case "emptied":
            tool.write_bytes(b"")
        case "not executable":
            tool.chmod(0o644)
        case "linked":
            tool.rename(stage.folder / "tool")
            tool.symlink_to(stage.folder / "tool")
        case "dangling":
            tool.with_name("more").symlink_to(stage.folder / "nowhere")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("foreign", r"extra \['pkg/bin/tool-aarch64'\], missing \[\]"),
        ("dangling", r"extra \['pkg/bin/more'\], missing \[\]"),
        ("missing", r"extra \[\], missing \['pkg/bin/tool'\]"),
        ("changed", "tool: its bytes have changed since it was staged .sha256 "),
        ("grown", "tool: its bytes have changed since it was staged .sha256 "),
        ("replaced", "it is code for aarch64, not for x86_64"),
        ("emptied", "not native code: 0 bytes"),
        ("not executable", "tool: its mode is 0644, but a native executable must have 0755"),
        ("linked", "tool: it was replaced by a link to "),
    ],
)
def test_a_stage_that_was_touched_is_refused(stage: Stage, damage: str, message: str) -> None:
    damaged(stage, damage)
    with pytest.raises(BuildError, match=message):
        staging.load(stage.folder, TARGET)


def test_a_library_that_became_executable_is_refused(stage: Stage) -> None:
    (stage.folder / "tree/pkg/lib/libplug.so").chmod(0o755)
    with pytest.raises(BuildError, match="its mode is 0755, but a native library must have 0644"):
        staging.load(stage.folder, TARGET)


def test_the_umask_has_no_say_in_modes(tmp_path: Path, folder: Path) -> None:
    before = os.umask(0o077)
    try:
        staged = staging.stage(binaries(tmp_path), TARGET, INPUTS, folder)
    finally:
        os.umask(before)
    assert staging.load(folder, TARGET) == staged
