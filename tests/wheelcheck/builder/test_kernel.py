"""What is handed to qemu-system and what its console says, with a program in its place; `nox -s emulated` boots."""

from __future__ import annotations

import json
import lzma
import os
import sys
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from tests.support.cross import OTHER
from wheelcheck.builder import guest, install, kernel, smoke
from wheelcheck.builder.install import Installation, Machine
from wheelcheck.builder.kernel import HARDWARE, Kernel
from wheelcheck.builder.run import BuildError, Command, Outcome
from wheelcheck.builder.toolchain import host
from wheelcheck.config.builder import SmokeCommand

if TYPE_CHECKING:
    from pathlib import Path


def passed(output: str, status: int = 0) -> str:
    return guest.MARK + json.dumps({"status": status, "output": b64encode(output.encode()).decode()})


def machine_that_says(folder: Path, *lines: str) -> Kernel:
    """Return a kernel whose emulator prints these lines and keeps its arguments and its initramfs."""
    console = folder / "console"
    console.write_text("\n".join([*lines, ""]), "utf-8")
    qemu = folder / "qemu"
    words = f"printf '%s\\n' \"$@\" > {folder}/words"
    archive = f'while [ "$1" != -initrd ]; do shift; done; cp "$2" {folder}/initramfs'
    qemu.write_text(f"#!/bin/sh\n{words}; {archive}; cat {console}\n", "utf-8")
    qemu.chmod(0o755)
    root = folder / "roots" / "cpu"
    (root / "usr" / "share").mkdir(parents=True)
    (root / "usr" / "in-the-root").touch()
    (root / "usr" / "share" / "left-out").touch()
    (folder / "image").write_bytes(b"the kernel")
    (folder / "veth.ko.xz").write_bytes(lzma.compress(b"the module"))
    kernel.prepare(root, folder / "image", [folder / "veth.ko.xz"], kernel.folder_for(root))
    return Kernel(str(qemu), HARDWARE["aarch64"], kernel.folder_for(root), root)


def observe(folder: Path, machine: Kernel, *commands: str) -> list[Outcome | BuildError]:
    (folder / "venv").mkdir(exist_ok=True)
    (folder / "venv" / "installed-file").touch()
    given = [Command((command,), folder / "venv", {"A": "B"}) for command in commands]
    return list(kernel.observe(machine, given, folder / "venv", 9.0))


def test_the_outcomes_are_read_from_among_the_other_lines_of_the_console(tmp_path: Path) -> None:
    machine = machine_that_says(tmp_path, "[0.1] booting", "noise", passed("said\nö\n", 3))
    assert observe(tmp_path, machine, "tool") == [Outcome(3, "said\nö\n")]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Kernel panic - not syncing", r"stopped before this had ended.*said last:\nKernel panic"),
        (guest.MARK + '{"status": 0, "out', r"stopped before this had ended"),
        (guest.MARK + '{"overdue": true}', "did not end within 9 seconds"),
        (guest.MARK + '{"problem": "[Errno 8] Exec format error"}', "cannot be started .*Exec format error"),
    ],
)
def test_what_did_not_end_is_an_error_of_its_command_alone(tmp_path: Path, said: str, why: str) -> None:
    machine = machine_that_says(tmp_path, passed("fine"), said)
    first, second = observe(tmp_path, machine, "one", "two")
    assert first == Outcome(0, "fine")
    with pytest.raises(BuildError, match=f"two: .*{why}"):
        raise second  # type: ignore[misc]


def test_the_machine_gets_the_root_the_installation_and_the_commands(tmp_path: Path) -> None:
    machine = machine_that_says(tmp_path, passed(""))
    observe(tmp_path, machine, "tool")
    words, archive = (tmp_path / "words").read_text().split(), (tmp_path / "initramfs").read_bytes()
    assert words[words.index("-kernel") + 1] == str(machine.folder / "vmlinuz")
    assert "rdinit=/init" in words
    assert int(words[words.index("-m") + 1]) >= 1024
    assert archive.count(b"TRAILER!!!") == 2
    inside = f"{tmp_path}/venv/installed-file".lstrip("/")
    for name in (
        "usr/in-the-root",
        inside,
        "wheelcheck/veth.ko",
        "init#!/usr/bin/python3",
    ):
        assert name.encode() in archive.replace(b"\0", b"")
    assert b'"argv": ["tool"]' in archive
    assert b'"env": {"A": "B", "HOME": "/root", "TMPDIR": "/tmp"}' in archive
    assert b"left-out" not in archive
    assert b"the module" in archive
    assert b"the kernel" not in archive


def test_nothing_is_started_for_no_command(tmp_path: Path) -> None:
    assert observe(tmp_path, machine_that_says(tmp_path)) == []
    assert not (tmp_path / "words").exists()


def test_commands_that_need_the_kernel_run_there_together_and_the_others_do_not(tmp_path: Path) -> None:
    machine = machine_that_says(tmp_path, passed("traced"), passed("filtered"))
    row = Machine(OTHER, sys.executable, (3, 0), (), {}, install.EMULATION_LACKS, machine)
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").symlink_to(sys.executable)
    installed = Installation(row, tmp_path / "venv" / "bin", tmp_path, dict(os.environ))
    commands = [
        SmokeCommand(("python", "-c", "1"), "traced", needs=("ptrace",)),
        SmokeCommand(("python", "-c", "print('here')"), "here"),
        SmokeCommand(("python", "-c", "2"), "filtered", needs=("seccomp",)),
    ]
    assert {result.verdict for result in smoke.run_commands(commands, (), installed, tmp_path / "venv")} == {"pass"}
    assert "and a kernel" in str(row)


def test_an_emulator_that_does_not_start_fails_every_command(tmp_path: Path) -> None:
    machine = machine_that_says(tmp_path)
    (tmp_path / "qemu").unlink()
    row = Machine(OTHER, sys.executable, (3, 0), (), {}, install.EMULATION_LACKS, machine, boots=True)
    installed = Installation(row, tmp_path, tmp_path, {})
    (tmp_path / "python").touch()
    (tmp_path / "venv").mkdir()
    (result,) = smoke.run_commands([SmokeCommand(("python",), "")], (), installed, tmp_path / "venv")
    assert (result.verdict, "cannot be started" in result.why) == ("fail", True)


def test_a_kernel_is_found_where_it_was_prepared_and_there_is_an_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = machine_that_says(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    arm = next(row for row in (OTHER, host()) if row.name == "aarch64")
    assert kernel.of(arm, prepared.root) is None
    (tmp_path / "qemu").rename(tmp_path / "qemu-system-aarch64")
    assert kernel.of(arm, prepared.root) is not None
    assert kernel.of(arm, tmp_path / "another") is None


def test_the_first_process_of_the_machine_tells_how_each_command_ended(tmp_path: Path) -> None:
    def ran(*argv: str, seconds: float = 60.0) -> dict[str, object]:
        return guest.ran({"argv": argv, "cwd": str(tmp_path), "env": dict(os.environ), "seconds": seconds})

    assert ran(sys.executable, "-c", "print('x')") == {"status": 0, "output": b64encode(b"x\n").decode()}
    assert ran("sh", "-c", "kill -9 $$")["status"] == -9
    assert ran("sh", "-c", "sleep 60 & sleep 60", seconds=0.2) == {"overdue": True}
    assert "no-such-program" in str(ran("no-such-program"))


def test_the_first_process_does_nothing_where_it_is_not_the_first() -> None:
    with pytest.raises(SystemExit, match="first process"):
        guest.main()
