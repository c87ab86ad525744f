from __future__ import annotations

import base64
import hashlib
import stat
import zipfile
from dataclasses import replace
from email.parser import Parser
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import INPUTS
from tests.support.native import native
from wheelcheck.builder import stage as staging
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.config import Payload
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelcheck.builder.stage import Stage

TARGET = Target(find("x86_64"), (2, 17))
NAME = "demo-1.0-cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"
TOOL = Payload("tool", "executable", "demo/bin/tool", "tool")
PLUG = Payload("plug", "library", "demo/lib/libplug.so", "plug")
WHEEL = "Wheel-Version: 1.0\nGenerator: backend (1)\nRoot-Is-Purelib: true\nTag: py3-none-any\nBuild: 2\n\n"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    (tmp_path / "tool").write_bytes(native("x86_64"))
    (tmp_path / "plug").write_bytes(native("x86_64", "library"))
    return staging.stage({TOOL: tmp_path / "tool", PLUG: tmp_path / "plug"}, TARGET, INPUTS, tmp_path / "stage")


def backend_wheel(folder: Path, **more: bytes) -> Path:
    """Write a wheel as a backend would, with `more` members; `__` in a name stands for `/`, `_so` for `.so`."""
    path = folder / "demo-1.0-py3-none-any.whl"
    plain = {
        "demo/__init__.py": b"",
        "demo-1.0.dist-info/METADATA": b"Name: demo\n",
        "demo-1.0.dist-info/RECORD": b"stale",
    }
    named = {name.replace("__", "/").replace("_so", ".so"): content for name, content in more.items()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo/", b"")
        for name, content in {"demo-1.0.dist-info/WHEEL": WHEEL.encode(), **plain, **named}.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), content)
    return path


def test_the_wheel_holds_the_backends_members_and_the_staged_files_with_their_modes(
    stage: Stage, tmp_path: Path
) -> None:
    wheel = assembly.assemble(backend_wheel(tmp_path), NAME, stage, TARGET, tmp_path)
    assert wheel == tmp_path / NAME
    with zipfile.ZipFile(wheel) as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        assert archive.testzip() is None
    assert modes == {
        "demo/__init__.py": stat.S_IFREG | 0o644,
        "demo/bin/tool": stat.S_IFREG | 0o755,
        "demo/lib/libplug.so": stat.S_IFREG | 0o644,
        "demo-1.0.dist-info/METADATA": stat.S_IFREG | 0o644,
        "demo-1.0.dist-info/WHEEL": stat.S_IFREG | 0o644,
        "demo-1.0.dist-info/RECORD": stat.S_IFREG | 0o644,
    }
    assert [name.partition("/")[0] for name in modes][-3:] == ["demo-1.0.dist-info"] * 3
    assert list(modes)[-1] == "demo-1.0.dist-info/RECORD"


def test_a_file_declared_below_data_is_put_below_the_data_folder_of_the_wheel(tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(native("x86_64"))
    payload = replace(TOOL, path=".data/scripts/tool")
    stage = staging.stage({payload: tmp_path / "tool"}, TARGET, INPUTS, tmp_path / "stage")
    wheel = assembly.assemble(backend_wheel(tmp_path), NAME, stage, TARGET, tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        assert archive.getinfo("demo-1.0.data/scripts/tool").external_attr >> 16 == stat.S_IFREG | 0o755
        assert not [name for name in archive.namelist() if name.startswith(".data")]
    assembly.require_record(wheel, stage)
    again = backend_wheel(tmp_path, **{"demo-1.0.data__scripts__tool": native("x86_64")})  # maturin's own
    with pytest.raises(
        BuildError, match=r'demo-1.0.data/scripts/tool: .* already contains this file; .*wheel = "payload"'
    ):
        assembly.assemble(again, NAME, stage, TARGET, tmp_path)


def test_the_wheel_file_has_every_tag_of_the_name_and_keeps_the_backends_fields(stage: Stage, tmp_path: Path) -> None:
    wheel = assembly.assemble(backend_wheel(tmp_path), NAME, stage, TARGET, tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        fields = Parser().parsestr(archive.read("demo-1.0.dist-info/WHEEL").decode())
    assert fields.get_all("Tag") == ["cp310-abi3-manylinux2014_x86_64", "cp310-abi3-manylinux_2_17_x86_64"]
    assert fields.get_all("Root-Is-Purelib") == ["false"]
    assert (fields["Wheel-Version"], fields["Generator"], fields["Build"]) == ("1.0", "backend (1)", "2")


def test_record_lists_every_member_with_its_hash_and_size_and_itself_without(stage: Stage, tmp_path: Path) -> None:
    wheel = assembly.assemble(backend_wheel(tmp_path, **{"demo__a,b": b"x"}), NAME, stage, TARGET, tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    record = contents.pop("demo-1.0.dist-info/RECORD").decode()
    rows = {f'"{name}"' if "," in name else name: content for name, content in contents.items()}
    expected = [f"{name},sha256={digest(content)},{len(content)}" for name, content in rows.items()]
    assert record.splitlines() == [*expected, "demo-1.0.dist-info/RECORD,,"]


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def test_two_assemblies_are_the_same_bytes(stage: Stage, tmp_path: Path) -> None:
    one, two = ((tmp_path / place) for place in ("one", "two"))
    for out in (one, two):
        out.mkdir()
        assembly.assemble(backend_wheel(tmp_path), NAME, stage, TARGET, out)
    assert (one / NAME).read_bytes() == (two / NAME).read_bytes()


def test_an_extension_module_for_the_target_is_welcome(stage: Stage, tmp_path: Path) -> None:
    built = backend_wheel(tmp_path, **{"demo__ext.abi3_so": native("x86_64", "library")})
    assembly.require_record(assembly.assemble(built, NAME, stage, TARGET, tmp_path), stage)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "demo__ext.abi3_so",
            lambda: native("aarch64", "library"),
            "ext.abi3.so: it is code for aarch64, not for x86_64",
        ),
        ("demo__ext.abi3_so", lambda: native("x86_64", "library", (2, 28), "newer"), "it needs glibc 2.2"),
        (
            "demo__tool2",
            lambda: native("x86_64"),
            "demo/tool2: the build backend put this ELF file into the wheel",
        ),
        (
            "demo__stray_so",
            lambda: native("x86_64", "library"),
            "demo/stray.so: .*put this ELF file into the wheel",
        ),
        (
            "demo__bin__tool",
            lambda: b"#!/bin/sh\n",
            "demo/bin/tool: .* already contains this file",
        ),
    ],
)
def test_native_code_that_is_undeclared_or_of_another_target_is_refused(
    stage: Stage,
    tmp_path: Path,
    name: str,
    content: Callable[[], bytes],
    message: str,
) -> None:
    built = backend_wheel(tmp_path, **{name: content()})
    with pytest.raises(BuildError, match=message):
        assembly.assemble(built, NAME, stage, TARGET, tmp_path)
    assert not (tmp_path / NAME).exists()


def test_a_wheel_without_its_dist_info_is_refused(stage: Stage, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
        archive.writestr("demo/__init__.py", "")
    with pytest.raises(BuildError, match=r"it has 0 .dist-info/WHEEL files, not one"):
        assembly.assemble(tmp_path / "x.whl", NAME, stage, TARGET, tmp_path)


def tampered(wheel: Path, path: str, content: bytes | None, mode: int) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(wheel, "w") as archive:
        for info, data in members:
            if info.filename == path:
                info.external_attr = mode << 16
            if info.filename != path or content is not None:
                archive.writestr(info, content or b"" if info.filename == path else data)


@pytest.mark.parametrize(
    ("content", "mode", "found"),
    [
        (lambda: None, 0, "no such file, but sha256 .* was staged"),
        (lambda: b"", 0o100755, "sha256 e3b0c44"),
        (lambda: native("aarch64"), 0o100755, "sha256 "),
        (lambda: native("x86_64"), 0o100644, "mode 100644, but .* mode 100755 was staged"),
        (lambda: native("x86_64"), 0o755, "mode 000755, but .* mode 100755 was staged"),
    ],
    ids=["missing", "empty", "of another CPU", "not executable", "no regular file"],
)
def test_a_wheel_whose_payload_is_not_the_recorded_one_is_refused(
    stage: Stage,
    tmp_path: Path,
    content: Callable[[], bytes | None],
    mode: int,
    found: str,
) -> None:
    wheel = assembly.assemble(backend_wheel(tmp_path), NAME, stage, TARGET, tmp_path)
    tampered(wheel, "demo/bin/tool", native("x86_64"), 0o100755)
    assembly.require_record(wheel, stage)
    tampered(wheel, "demo/bin/tool", content(), mode)
    with pytest.raises(BuildError, match=f"{NAME}: demo/bin/tool: the wheel has .*{found}"):
        assembly.require_record(wheel, stage)


def promised(folder: Path, payload: Payload = TOOL) -> Stage:
    """Return a stage without files, whose one payload the build backend makes."""
    return staging.stage({}, TARGET, INPUTS, folder / "none", [payload])


def with_tool(folder: Path, content: bytes, mode: int, path: str = "demo/bin/tool") -> Path:
    """Write a backend's wheel that holds a program of this content and mode."""
    built = backend_wheel(folder)
    with zipfile.ZipFile(built, "a") as archive:
        info = zipfile.ZipInfo(path)
        info.external_attr = (stat.S_IFREG | mode) << 16
        archive.writestr(info, content)
    return built


@pytest.mark.parametrize("path", ["demo/bin/tool", ".data/scripts/tool"])
def test_a_program_that_the_backend_makes_is_kept_as_it_is(tmp_path: Path, path: str) -> None:
    member = path.replace(".data", "demo-1.0.data")
    built = with_tool(tmp_path, native("x86_64"), 0o755, member)
    stage = promised(tmp_path, replace(TOOL, path=path, from_backend=True))
    again = staging.load(stage.folder, TARGET)
    assert again == stage
    with zipfile.ZipFile(assembly.assemble(built, NAME, again, TARGET, tmp_path)) as archive:
        assert archive.read(member) == native("x86_64")
        assert archive.getinfo(member).external_attr >> 16 == stat.S_IFREG | 0o755


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        (lambda: native("aarch64"), 0o755, "it is code for aarch64, not for x86_64"),
        (lambda: native("x86_64", "executable", (2, 28), "newer"), 0o755, "it needs glibc 2.2., above the floor 2.17"),
        (lambda: native("x86_64", "library"), 0o755, "it is a native library, but declared as a native executable"),
        (lambda: b"#!/bin/sh\n", 0o755, "not native code: 10 bytes"),
        (lambda: b"", 0o755, "not native code: 0 bytes"),
        (lambda: native("x86_64"), 0o644, "the backend gave it mode 0644, but a native executable must have 0755"),
    ],
    ids=["CPU", "floor", "kind", "script", "empty", "mode"],
)
def test_a_program_that_the_backend_makes_is_held_to_what_is_declared(
    tmp_path: Path, content: Callable[[], bytes], mode: int, message: str
) -> None:
    with pytest.raises(BuildError, match=f"demo/bin/tool: {message}"):
        assembly.assemble(with_tool(tmp_path, content(), mode), NAME, promised(tmp_path), TARGET, tmp_path)


def test_a_program_that_the_backend_did_not_make_is_missed(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="demo/bin/tool: the wheel built by the backend does not contain this payload"):
        assembly.assemble(backend_wheel(tmp_path), NAME, promised(tmp_path), TARGET, tmp_path)


def test_a_wheel_without_native_code_gets_no_platform_tag(tmp_path: Path) -> None:
    stage = staging.stage({}, TARGET, INPUTS, tmp_path / "none")
    with pytest.raises(BuildError, match=r"it gets no tag manylinux2014_x86_64.manylinux_2_17_x86_64: neither"):
        assembly.assemble(backend_wheel(tmp_path), NAME, stage, TARGET, tmp_path)
    module = {"demo__ext.abi3_so": native("x86_64", "library")}
    assert assembly.assemble(backend_wheel(tmp_path, **module), NAME, stage, TARGET, tmp_path).is_file()
