from __future__ import annotations

import re

import pytest

from tests.tools.checkout import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def _commands(text: str) -> list[str]:
    return re.findall(r"^\s+(?:- )?run: (.+)$", text, re.MULTILINE)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
class TestEveryWorkflow:
    def test_pins_each_action_by_full_hash_and_names_its_version(self, path: object) -> None:
        text = _text(path)
        uses = re.findall(r"uses: (.+)", text)
        assert uses
        assert [line for line in uses if not re.fullmatch(r"[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []

    def test_pins_an_action_to_one_hash_everywhere(self, path: object) -> None:
        pins = set(re.findall(r"uses: ([\w/-]+)@([0-9a-f]+)", _text(path)))
        assert len(pins) == len({action for action, _ in pins})

    def test_starts_from_no_permission(self, path: object) -> None:
        assert re.search(r"^permissions: \{\}$", _text(path), re.MULTILINE)

    def test_expands_no_template_in_a_command(self, path: object) -> None:
        commands = _commands(_text(path))
        assert commands
        assert [command for command in commands if "${{" in command] == []

    def test_has_no_command_of_several_lines(self, path: object) -> None:
        assert [command for command in _commands(_text(path)) if command.startswith(("|", ">"))] == []


def _text(path: object) -> str:
    return (ROOT / str(path)).read_text("utf-8")


def test_ci_calls_the_two_commands_of_the_readme() -> None:
    commands = _commands(_text(".github/workflows/ci.yml"))
    assert "python3 tools/bootstrap.py verify" in commands
    assert "bash .ci/run" in commands
    assert "python3 tools/bootstrap.py tests" in _text(".ci/run")


def test_one_job_waits_for_all_others() -> None:
    text = _text(".github/workflows/ci.yml")
    jobs = re.findall(r"^  ([a-z-]+):\n    name:", text, re.MULTILINE)
    needs = re.search(r"^  all-green:\n.*?needs: \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    assert needs
    assert [*needs[1].split(", "), "all-green"] == jobs
