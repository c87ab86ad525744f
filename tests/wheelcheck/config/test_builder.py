from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.reference import REFERENCE
from wheelcheck.config import ConfigError
from wheelcheck.config.builder import SmokeCommand, load

if TYPE_CHECKING:
    from pathlib import Path

SHARED = """
[tool.wheelcheck]
glibc = "2.28"
architectures = ["x86_64"]
python = ["cp310-abi3", "cp311", "py3-none"]
"""


def write(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_the_reference_project_is_read_whole() -> None:
    settings = load(REFERENCE)
    assert settings.project == REFERENCE
    assert settings.workspace == REFERENCE / "rust"
    assert settings.release.glibc == (2, 17)
    assert [(item.name, item.kind, item.path) for item in settings.release.payload] == [
        ("tally", "executable", "reference/bin/tally"),
        ("tracer", "executable", "reference/bin/tracer"),
        ("packets", "executable", "reference/bin/packets"),
        ("preload", "library", "reference/lib/libpreload.so"),
        ("guard", "library", "reference/lib/libguard.so"),
        ("opens", "object", "reference/bpf/opens.bpf.o"),
        ("calls", "object", "reference/bpf/calls.bpf.o"),
        ("packets", "object", "reference/bpf/packets.bpf.o"),
    ]
    assert settings.python == (("cp310", "abi3"),)
    assert settings.commands[0] == SmokeCommand(("tally", "--", "true"), '"exit_status": 0, "signal": null')


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    settings = load(write(tmp_path, SHARED))
    assert settings.python == (("cp310", "abi3"), ("cp311", "cp311"), ("py3", "none"))
    assert (settings.workspace, settings.keep_environment, settings.commands) == (tmp_path, (), ())
    assert settings.folder == tmp_path / "build" / "wheelcheck"
    assert settings.dist == tmp_path / "dist"


@pytest.mark.parametrize(
    ("text", "features", "default", "alone"),
    [
        ("", (), True, False),
        ('default-features = true\nwheel = "backend"', (), True, False),
        ('features = ["a", "b"]', ("a", "b"), True, False),
        ("default-features = false", (), False, False),
        ('wheel = "payload"', (), True, True),
    ],
)
def test_features_are_cargo_s_and_the_wheel_the_backend_s_unless_said_otherwise(
    tmp_path: Path, text: str, features: tuple[str, ...], *, default: bool, alone: bool
) -> None:
    settings = load(write(tmp_path, f"{SHARED}[tool.wheelcheck.build]\n{text}"))
    assert (settings.features, settings.default_features, settings.payload_only) == (features, default, alone)


def test_what_is_said_is_kept(tmp_path: Path) -> None:
    text = SHARED + (
        '[tool.wheelcheck.build]\nworkspace = "crates"\nkeep-environment = ["RUSTC"]\n'
        '[tool.wheelcheck.smoke]\ncommands = [{ run = ["x"], expect = "y", status = 3, needs = ["ptrace"] }]\n'
    )
    settings = load(write(tmp_path, text))
    assert settings.workspace == tmp_path / "crates"
    assert settings.keep_environment == ("RUSTC",)
    assert settings.commands == (SmokeCommand(("x",), "y", 3, ("ptrace",)),)


def test_variables_that_are_set_outrank_the_callers_and_are_never_removed(tmp_path: Path) -> None:
    text = '[tool.wheelcheck.build]\nenvironment = { RUSTFLAGS = "-g", MODE = "" }\nkeep-environment = ["RUSTC"]\n'
    settings = load(write(tmp_path, SHARED + text))
    assert settings.variables({"MODE": "fast", "HOME": "/"}) == {"MODE": "", "HOME": "/", "RUSTFLAGS": "-g"}
    assert settings.keep_environment == ("RUSTC", "RUSTFLAGS", "MODE")


def test_one_setting_of_the_backend_or_several_are_tuples(tmp_path: Path) -> None:
    text = '[tool.wheelcheck.build.config-settings]\nsetup-args = ["-Da=b", "-Dc=d"]\n"--build-option" = "-v"\n'
    settings = load(write(tmp_path, SHARED + text))
    assert settings.config_settings == (("setup-args", ("-Da=b", "-Dc=d")), ("--build-option", ("-v",)))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('[tool.wheelcheck.build]\nworkspaces = "x"', "unknown key 'workspaces'; did you mean 'workspace'"),
        ('[tool.wheelcheck.build]\nzzz = "x"', "unknown key 'zzz'; the keys are workspace, keep-environment"),
        (
            "[tool.wheelcheck.build]\nworkspace = 3",
            "build.workspace must be a path inside the project, .* not the number 3",
        ),
        ('[tool.wheelcheck.build]\nworkspace = ""', "build.workspace must be .*, not an empty string"),
        ("[tool.wheelcheck.build]\nworkspace = 'rust\\crate'", "relative and with /, not 'rust"),
        ('[tool.wheelcheck.build]\nworkspace = "/rust"', "relative and with /, not '/rust'"),
        ('[tool.wheelcheck.build]\nfeatures = [""]', "build.features #1 must be text that is not blank"),
        ('[tool.wheelcheck.build]\nworkspace = "../other"', "build.workspace: '../other' is outside the project"),
        (
            '[tool.wheelcheck.build]\nkeep-environment = "RUSTC"',
            "build.keep-environment must be an array of strings, not 'RUSTC'",
        ),
        ("[tool.wheelcheck.smoke]\ncommand = []", "unknown key 'command'; did you mean 'commands'"),
        (
            "[tool.wheelcheck.smoke]\ncommands = 1",
            r"smoke.commands must be an array of tables, .* \[\[tool.wheelcheck.smoke.commands\]\]",
        ),
        ("[tool.wheelcheck.smoke]\ncommands = [1]", "smoke.commands #1 must be a table, not the number 1"),
        ('[tool.wheelcheck.smoke]\ncommands = [{ run = ["x"] }]', "commands #1 has no 'expect'; add for example"),
        (
            '[tool.wheelcheck.smoke]\ncommands = [{ run = ["x"], expect = "" }]',
            "expect must be .*, not an empty string",
        ),
        (
            '[tool.wheelcheck.smoke]\ncommands = [{ run = [], expect = "y" }]',
            "run must be an array of strings, not an empty array",
        ),
        (
            '[tool.wheelcheck.smoke]\ncommands = [{ run = ["x"], expect = "(" }]',
            "'\\(' is not a regular expression: missing",
        ),
        (
            '[tool.wheelcheck.smoke]\ncommands = [{ run = ["x"], expect = "y", needs = ["root"] }]',
            'needs #1 must be "bpf", "ptrace" or "seccomp", not .root.',
        ),
        ('[tool.wheelcheck.smoke]\ncommands = [{ run = ["x"], expects = "y" }]', "did you mean 'expect'"),
    ],
)
def test_a_wrong_setting_is_an_error_that_names_it(tmp_path: Path, more: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(write(tmp_path, SHARED + more))


@pytest.mark.parametrize("key", ["build", "smoke"])
def test_a_setting_in_place_of_a_table_is_an_error(tmp_path: Path, key: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"tool.wheelcheck.{key} must be a table, not 'x'; start it with \[tool.wheelcheck.{key}\]"
    ):
        load(write(tmp_path, f"{SHARED}{key} = 'x'\n"))


def test_a_project_without_the_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"has no \[tool.wheelcheck\]; add the table with architectures, python and payload"
    ):
        load(write(tmp_path, "[project]\nname = 'x'\n"))
