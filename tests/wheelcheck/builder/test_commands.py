"""Payload that a command of the project builds: what it is told, what it must write, and when it is stale."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import HATCH, committed
from wheelcheck.binary import read_binary
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.platforms.arch import find
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.builder.stage import Stage

COMPILE = '["sh", "-c", "$CC -O2 -o {output} tool.c"]'


def project(folder: Path, command: str = COMPILE, more: str = "", name: str = "tool.c") -> Build:
    """Write a project whose one payload a command builds, and return its build for x86_64."""
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "__init__.py").touch()
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text('#include <stdio.h>\nint main(void) { puts("tool 1"); return 0; }\n')
    (folder / "pyproject.toml").write_text(HATCH.replace('["probe"]', '["pkg"]'))
    table = 'architectures = ["x86_64", "aarch64"]\npython = ["py3-none"]\n[[payload]]\nname = "tool"\n'
    payload = f'kind = "executable"\npath = "pkg/bin/tool"\ncommand = {command}\n{more}\n'
    (folder / "wheelcheck.toml").write_text(table + payload)
    (folder / ".gitignore").write_text("build/\ndist/\nprebuilt/\n")
    return Build.of(committed(folder), find("x86_64"), lambda _: None)


def only_file(stage: Stage) -> Path:
    (staged,) = stage.manifest.files
    return stage.file(staged)


def text_of(build: Build) -> str:
    """Return what a shell prints that is told to write it in place of a program."""
    with pytest.raises(BuildError, match="not native code: "):
        build.build()
    written = build.settings.folder / "commands" / build.target.zigbuild / "pkg" / "bin" / "tool"
    return written.read_text()


@pytest.mark.parametrize("cpu", ["x86_64", "aarch64"])
def test_a_command_compiles_for_the_cpu_and_the_floor(tmp_path: Path, cpu: str) -> None:
    build = Build.of(project(tmp_path / "p").settings.project, find(cpu), lambda _: None)
    file = only_file(build.build())
    binary = read_binary("", Bytes(file.read_bytes()))
    assert binary
    assert [(slice_.arches, slice_.kind) for slice_ in binary.slices] == [((cpu,), "executable")]
    need = binary.slices[0].glibc_need
    assert need
    assert need.glibc <= (2, 17)
    if cpu == "x86_64":
        assert subprocess.run([file], capture_output=True, check=True).stdout == b"tool 1\n"


def test_a_command_is_told_the_cpu_by_every_name_and_runs_in_its_folder(tmp_path: Path) -> None:
    words = "$GOOS $GOARCH $MORE {arch} {target} {glibc} $(ls) ${HOME:+{x}} $SOURCE_DATE_EPOCH"
    more = 'directory = "src/c"\nenvironment = { MORE = "more" }'
    build = project(tmp_path / "p", f"""["sh", "-c", 'echo "{words}" > {{output}}']""", more, "src/c/tool.c")
    other = Build.of(build.settings.project, find("aarch64"), lambda _: None)
    date = build.seconds
    assert text_of(build) == f"linux amd64 more x86_64 x86_64-unknown-linux-gnu 2.17 tool.c {{x}} {date}\n"
    assert text_of(other) == f"linux arm64 more aarch64 aarch64-unknown-linux-gnu 2.17 tool.c {{x}} {date}\n"


def test_a_command_that_writes_nothing_never_leaves_the_old_file_as_its_own(tmp_path: Path) -> None:
    build = project(tmp_path / "p", '["sh", "-c", "test -f stop || $CC -o {output} tool.c"]')
    build.build()
    (build.settings.project / "stop").touch()
    with pytest.raises(BuildError, match=r"payload tool: the command ended well but wrote no file .*pkg/bin/tool"):
        build.build()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ('["sh", "-c", "echo no such header >&2; exit 3 # {output}"]', "failed with exit status 3; .*no such header"),
        ('["no-such-tool", "{output}"]', r"no-such-tool .*cannot be started"),
    ],
)
def test_a_command_that_fails_ends_the_build_with_its_last_lines(tmp_path: Path, command: str, message: str) -> None:
    with pytest.raises(BuildError, match=f"(?s){message}"):
        project(tmp_path / "p", command).build()


def test_any_source_makes_what_a_command_built_stale(tmp_path: Path) -> None:
    build = project(tmp_path / "p")
    (build.settings.project / "notes.txt").write_text("one")
    committed(build.settings.project)
    build.build()
    assert build.staged().manifest.files
    (build.settings.project / "notes.txt").write_text("two")
    with pytest.raises(BuildError, match=r"the binaries are stale: notes.txt has changed"):
        build.staged()


def test_what_an_earlier_step_built_is_payload_and_stale_when_it_changes(tmp_path: Path) -> None:
    first = only_file(project(tmp_path / "first").build())
    build = project(tmp_path / "p", '["cp", "prebuilt/{arch}/tool", "{output}"]')
    with pytest.raises(BuildError, match="prebuilt/x86_64/tool"):
        build.build()
    place = build.settings.project / "prebuilt" / "x86_64" / "tool"
    place.parent.mkdir(parents=True)
    place.write_bytes(first.read_bytes())
    assert only_file(build.build()).read_bytes() == first.read_bytes()
    assert build.staged().manifest.files
    place.write_bytes(first.read_bytes() + b"\0")
    with pytest.raises(BuildError, match=r"the binaries are stale: prebuilt/x86_64/tool has changed"):
        build.staged()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="payload tool: 'go' does not exist inside the project"):
        project(tmp_path / "p", more='directory = "go"').build()


def test_a_build_without_payload_says_so(tmp_path: Path) -> None:
    lines: list[str] = []
    folder = project(tmp_path / "p").settings.project
    (folder / "wheelcheck.toml").write_text('architectures = ["x86_64"]\npython = ["py3-none"]\n')
    assert not Build.of(folder, find("x86_64"), lines.append).build().manifest.files
    assert lines[-1].startswith("nothing was built: no payload is configured")
