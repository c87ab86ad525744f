from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from wheelcheck.cli import COMMANDS, main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def script(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The script for a shell, in a file."""
    assert main(["completion", request.param]) == 0
    file = tmp_path / "script"
    file.write_text(capsys.readouterr().out)
    return file


def bash(script: Path, *words: str) -> list[str]:
    """Return what bash offers for the last of these words."""
    line = " ".join(f"'{word}'" for word in words)
    call = f"COMP_WORDS=(wheelcheck {line}); COMP_CWORD={len(words)}; _wheelcheck"
    code = f"source {script}; {call}; printf '%s\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True, cwd=script.parent)
    assert done.stderr == ""
    return [word for word in done.stdout.split("\n") if word]


@pytest.mark.posix
@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("",), list(COMMANDS)),
        (("ch",), ["check"]),
        (("check", "--str"), ["--strict"]),
        (("check", "--format", "j"), ["json", "junit"]),
        (("check", "--color", ""), ["auto", "always", "never", "script"]),
        (("explain", "--format", ""), ["text", "json", "script"]),
        (("check", "scr"), ["script"]),
        (("build", "sdi"), ["sdist"]),
    ],
)
def test_bash_offers_commands_options_values_and_files(
    script: Path, words: tuple[str, ...], offered: list[str]
) -> None:
    assert bash(script, *words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_offers_every_command_and_the_values_of_an_option(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    printed = capsys.readouterr().out
    assert [command for command in COMMANDS if command not in printed] == []
    assert "text json sarif github junit html" in printed
    assert {"fish": "-l strict ", "bash": "--strict ", "zsh": "--strict "}[shell] in printed


@pytest.mark.posix
@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
@pytest.mark.parametrize("script", ["zsh"], indirect=True)
def test_zsh_takes_the_script(script: Path) -> None:
    code = f"autoload -U compinit && compinit -u -D && source {script} && print -r -- ${{_comps[wheelcheck]}}"
    done = subprocess.run(["zsh", "-fc", code], capture_output=True, text=True, check=True)
    assert "_wheelcheck" in done.stdout


@pytest.mark.posix
@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
@pytest.mark.parametrize("script", ["fish"], indirect=True)
@pytest.mark.parametrize(
    ("line", "offered"), [("wheelcheck ch", ["check"]), ("wheelcheck check --format j", ["json", "junit"])]
)
def test_fish_offers_commands_and_values(script: Path, line: str, offered: list[str]) -> None:
    code = f"source {script}; complete -C '{line}'"
    done = subprocess.run(["fish", "-N", "-c", code], capture_output=True, text=True, check=True)
    assert [word.split("\t")[0] for word in done.stdout.splitlines()] == offered
