from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wheelcheck.config import Config, ConfigError, Ignore, Payload, SeverityOverride, load
from wheelcheck.config.fields import python_pair
from wheelcheck.platforms.arch import Glibc, UnknownArchitectureError
from wheelcheck.platforms.wheel_tags import WheelTag

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "[tool.wheelcheck]\n"
WHEELS = "[[tool.wheelcheck.wheels]]\n"
PAYLOAD = "[[tool.wheelcheck.payload]]\n"
IGNORE = "[[tool.wheelcheck.ignore]]\n"
SEVERITY = "[[tool.wheelcheck.severity]]\ncode = 'WC302'\n"


def read(folder: Path, text: str) -> Config:
    file = folder / "pyproject.toml"
    file.write_text(text, "utf-8")
    return load(file)


def wheels(config: Config) -> list[str]:
    return [str(wheel) for wheel in config.wheels]


# --- good ---


@pytest.mark.parametrize("text", ["", "[tool]\n", HEAD, "[project]\nname = 'x'\n", "tool = 3\n"])
def test_a_file_that_says_nothing_expects_nothing(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == Config()


def test_python_times_architectures_at_the_floor_is_the_expected_set(tmp_path: Path) -> None:
    config = read(tmp_path, f'{HEAD}glibc = "2.28"\narchitectures = ["arm64", "x86_64"]\npython = ["cp312", "cp311"]\n')
    assert wheels(config) == [
        "cp311-cp311-manylinux_2_28_aarch64",
        "cp311-cp311-manylinux_2_28_x86_64",
        "cp312-cp312-manylinux_2_28_aarch64",
        "cp312-cp312-manylinux_2_28_x86_64",
    ]
    assert (config.glibc, config.architectures) == ((2, 28), ("aarch64", "x86_64"))


def test_without_a_floor_it_is_2_17(tmp_path: Path) -> None:
    config = read(tmp_path, f'{HEAD}architectures = ["x86_64"]\npython = ["cp311"]\n')
    assert wheels(config) == ["cp311-cp311-manylinux_2_17_x86_64"]


def test_wheels_are_added_to_what_is_derived_and_none_counts_twice(tmp_path: Path) -> None:
    derived = f'{HEAD}architectures = ["x86_64"]\npython = ["cp311", "cp311"]\n'
    explicit = f'{WHEELS}python = ["cp311"]\nplatforms = ["win_amd64", "manylinux_2_17_x86_64"]\n'
    assert wheels(read(tmp_path, derived + explicit)) == [
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp311-cp311-win_amd64",
    ]


@pytest.mark.parametrize(
    ("short", "pair"),
    [
        ("cp311", ("cp311", "cp311")),
        ("cp311-cp311", ("cp311", "cp311")),
        ("cp310-abi3", ("cp310", "abi3")),
        ("cp313-cp313t", ("cp313", "cp313t")),
        ("py3-none", ("py3", "none")),
        ("pp310-pypy310_pp73", ("pp310", "pypy310_pp73")),
    ],
)
def test_a_python_is_an_interpreter_and_its_abi(short: str, pair: tuple[str, str]) -> None:
    assert python_pair(short) == pair


@pytest.mark.parametrize(("text", "glibc"), [("2.17", (2, 17)), ("2.5", (2, 5)), ("2.99", (2, 99))])
def test_the_floor_is_a_version_in_quotes(tmp_path: Path, text: str, glibc: Glibc) -> None:
    assert read(tmp_path, f'{HEAD}glibc = "{text}"\n').glibc == glibc


@pytest.mark.parametrize(("text", "sdist"), [("", None), ("sdist = true", True), ("sdist = false", False)])
def test_an_sdist_is_expected_refused_or_optional(tmp_path: Path, text: str, sdist: bool | None) -> None:  # noqa: FBT001
    assert read(tmp_path, HEAD + text).sdist is sdist


def test_severities_and_strictness_are_read(tmp_path: Path) -> None:
    severity = '[[tool.wheelcheck.severity]]\ncode = "WC302"\nlevel = "warning"\nreason = "the launcher sets it"\n'
    config = read(tmp_path, f'{HEAD}strict = true\n{severity}path = "demo/*"\n')
    assert config.severities == (SeverityOverride("WC302", "the launcher sets it", "demo/*", level="warning"),)
    assert config.strict
    assert read(tmp_path, f"{HEAD}sdist = true").strict is False


def test_payload_and_ignores_are_read(tmp_path: Path) -> None:
    payload = f'{PAYLOAD}name = "tool"\nkind = "executable"\npath = "pkg/tool"\n'
    crate = f'{PAYLOAD}name = "lib"\npackage = "crate"\nkind = "library"\npath = "pkg/lib.so"\n'
    ignore = f'{IGNORE}code = "WC301"\nreason = "cross compiler"\n'
    config = read(tmp_path, payload + crate + ignore)
    assert config.payload == (
        Payload("tool", "executable", "pkg/tool", "tool"),
        Payload("lib", "library", "pkg/lib.so", "crate"),
    )
    assert config.ignores == (Ignore("WC301", "cross compiler"),)


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ('source = "x.c"', Payload("t", "object", "p", source="x.c")),
        ('workspace = "w"\ntarget = "bpf"', Payload("t", "object", "p", "t", "w", target="bpf")),
    ],
)
def test_an_object_comes_from_a_c_source_or_from_a_nested_workspace(
    tmp_path: Path, text: str, payload: Payload
) -> None:
    config = read(tmp_path, f'{PAYLOAD}name = "t"\nkind = "object"\npath = "p"\n{text}\n')
    assert config.payload == (payload,)


def test_a_folder_may_call_its_file_as_it_likes(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(f"{HEAD}sdist = true\n")
    assert load(tmp_path / "other.toml", required=True).sdist is True


# --- bad ---

AN_OBJECT = 'name = "t"\nkind = "object"\npath = "p"\nsource = "x.c"\n'
AN_ENTRY = 'name = "t"\nkind = "executable"\npath = "p"\n'


@pytest.mark.parametrize(
    ("text", "key", "problem", "fix"),
    [
        (f"{HEAD}glib = '2.17'", "", "unknown key 'glib'", "did you mean 'glibc'?"),
        (f"{HEAD}architecture = []", "", "unknown key 'architecture'", "did you mean 'architectures'?"),
        (f"{HEAD}pythons = []", "", "unknown key 'pythons'", "did you mean 'python'?"),
        (f"{HEAD}zzz = 1", "", "unknown key 'zzz'", "the keys are glibc, architectures, python, sdist"),
        (f"{HEAD}glibc = 2.17", ".glibc", "in quotes, not the number 2.17", 'glibc = "2.28"'),
        (f"{HEAD}glibc = '2'", ".glibc", "must be a glibc version in quotes, not '2'", 'glibc = "2.28"'),
        (f"{HEAD}glibc = '2.017'", ".glibc", "not '2.017'", 'glibc = "2.28"'),
        (f"{HEAD}glibc = '3.1'", ".glibc", "not '3.1'", 'glibc = "2.28"'),
        (f"{HEAD}glibc = '2.17.1'", ".glibc", "not '2.17.1'", 'glibc = "2.28"'),
        (f"{HEAD}glibc = '2.\uff11'", ".glibc", "not '2.", 'glibc = "2.28"'),
        (f'{HEAD}glibc = "2.17\\n"', ".glibc", "not '2.17\\n'", 'glibc = "2.28"'),
        (f"{HEAD}glibc = ''", ".glibc", "not an empty string", 'glibc = "2.28"'),
        (f"{HEAD}glibc = 2026-01-01", ".glibc", "not the date or time 2026-01-01", 'glibc = "2.28"'),
        (
            f"{HEAD}architectures = 'x86_64'",
            ".architectures",
            "must be an array of CPU names, not 'x86_64'",
            '["x86_64"',
        ),
        (
            f"{HEAD}architectures = [64]",
            ".architectures #1",
            "must be the name of a CPU, not the number 64",
            '["x86_64"',
        ),
        (
            f"{HEAD}architectures = ['']",
            ".architectures #1",
            "must be the name of a CPU, not an empty string",
            "x86_64",
        ),
        (f"{HEAD}architectures = ['arm64', 'vax']", ".architectures #2", "'vax'", "expected one of x86_64, aarch64"),
        (f"{HEAD}python = 'cp311'", ".python", "must be an array of interpreter and ABI tags, not 'cp311'", '["cp311"'),
        (f"{HEAD}python = ['cp311-']", ".python #1", "an interpreter and an ABI tag, not 'cp311-'", '"cp310-abi3"'),
        (f"{HEAD}python = ['-none']", ".python #1", "not '-none'", "write for example"),
        (f"{HEAD}python = ['']", ".python #1", "not an empty string", "write for example"),
        (f"{HEAD}python = ['py3']", ".python #1", "not 'py3'", "write for example"),
        (f"{HEAD}python = ['cp313t']", ".python #1", "not 'cp313t'", "write for example"),
        (f"{HEAD}python = ['3.11']", ".python #1", "not '3.11'", "write for example"),
        (f"{HEAD}python = ['cp311.cp312-none']", ".python #1", "not 'cp311.cp312-none'", "write for example"),
        (f"{HEAD}sdist = 1", ".sdist", "must be true or false, not the number 1", "sdist = true"),
        (f"{HEAD}sdist = 'yes'", ".sdist", "must be true or false, not 'yes'", "sdist = true"),
        (f"{HEAD}wheels = 3", ".wheels", "must be an array of tables", "[[tool.wheelcheck.wheels]]"),
        (f"{HEAD}wheels = {{}}", ".wheels", "not an empty table", "[[tool.wheelcheck.wheels]]"),
        (f"{HEAD}wheels = [3]", ".wheels #1", "must be a table, not the number 3", "[[tool.wheelcheck.wheels]]"),
        (f"{WHEELS}python = ['cp311']", ".wheels #1", "has no 'platforms'", 'platforms = ["win_amd64"'),
        (f"{WHEELS}platforms = ['win32']", ".wheels #1", "has no 'python'", 'python = ["cp310-abi3"]'),
        (f"{WHEELS}python = []\nplatforms = ['any']", ".wheels #1.python", "not an empty array", "write for example"),
        (f"{WHEELS}platform = ['win32']", ".wheels #1", "unknown key 'platform'", "did you mean 'platforms'?"),
        (
            f"{WHEELS}python = ['cp311']\nplatforms = ['a.b']",
            ".wheels #1.platforms #1",
            "must be one platform tag, not 'a.b'",
            'platforms = ["win_amd64"',
        ),
        (f"{WHEELS}python = ['x']\nplatforms = ['any']", ".wheels #1.python #1", "not 'x'", "write for example"),
        (f"{PAYLOAD}name = 'tool'", ".payload #1", "has no 'kind'", 'kind = "executable"'),
        (f"{PAYLOAD}{AN_ENTRY}package = 3", ".payload #1.package", "not the number 3", 'package = "tool-cli"'),
        (
            f"{PAYLOAD}name = ''\nkind = 'library'\npath = 'p'",
            ".payload #1.name",
            "not an empty string",
            'name = "tool"',
        ),
        (f"{PAYLOAD}name = 'a'\nkind = 'exe'\npath = 'p'", ".payload #1.kind", "not 'exe'", '"library" or "object"'),
        (
            f"{PAYLOAD}{AN_ENTRY}source = 'x.c'",
            ".payload #1",
            "'source' is allowed only with kind = \"object\"",
            "remove",
        ),
        (
            f"{PAYLOAD}{AN_ENTRY}target = 'bpf'",
            ".payload #1",
            "'target' is allowed only with kind = \"object\"",
            "remove",
        ),
        (f"{PAYLOAD}{AN_OBJECT}package = ''", ".payload #1", "has both 'source' and 'package'", "remove one of them"),
        (f"{PAYLOAD}{AN_OBJECT}workspace = 'w'", ".payload #1", "both 'source' and 'workspace'", "remove one of them"),
        (f"{PAYLOAD}{AN_ENTRY}mode = 3", ".payload #1", "unknown key 'mode'", "did you mean 'name'?"),
        (
            f"{PAYLOAD}{AN_ENTRY}{PAYLOAD}{AN_ENTRY}",
            ".payload #2.path",
            "is 'p', as in entry #1",
            "remove one, or correct",
        ),
        (f"{PAYLOAD}{AN_ENTRY}{PAYLOAD}name = 't'", ".payload #2", "has no 'kind'", "add for example"),
        (f"{SEVERITY}level = 'note'", ".severity #1", "has no 'reason'", "add for example reason ="),
        (f"{SEVERITY}reason = 'x'", ".severity #1", "has no 'level'", 'add for example level = "warning"'),
        (f"{SEVERITY}level = 'off'\nreason = 'x'", ".severity #1.level", '"error", "warning" or "note", not', "write"),
        (
            f"{SEVERITY}level = 'note'\nreason = ' '",
            ".severity #1.reason",
            "must be text that is not blank",
            "reason =",
        ),
        ("[tool.wheelcheck]\nstrict = 'yes'", ".strict", "must be true or false, not 'yes'", "strict = true"),
        (f"{IGNORE}code = 'WC301'", ".ignore #1", "has no 'reason'", "add for example reason ="),
        (f"{IGNORE}reason = 'because'", ".ignore #1", "has no 'code'", 'code = "WC301"'),
        (f"{IGNORE}code = 'WC301'\nreason = ' '", ".ignore #1.reason", "must be text that is not blank", "reason ="),
        (f"{IGNORE}code = 301\nreason = 'x'", ".ignore #1.code", "not the number 301", 'code = "WC301"'),
        (f"{IGNORE}code = 'WC3*'\nreason = 'x'", ".ignore #1.code", "must be the code of one rule", 'code = "WC301"'),
        (f"{IGNORE}code = 'wc301'\nreason = 'x'", ".ignore #1.code", "must be the code of one rule", 'code = "WC301"'),
        (f"{IGNORE}codes = 'WC301'", ".ignore #1", "unknown key 'codes'", "did you mean 'code'?"),
        ("[tool]\nwheelcheck = 3", "", "must be a table", "[tool.wheelcheck]"),
    ],
)
def test_a_wrong_setting_is_named_with_its_problem_and_a_fix(
    tmp_path: Path, text: str, key: str, problem: str, fix: str
) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    said = str(error.value)
    assert said.startswith(f"{tmp_path / 'pyproject.toml'}: tool.wheelcheck{key}")
    assert [part for part in (problem, fix) if part not in said] == []


@pytest.mark.parametrize("text", [f"glibc = '{'9' * 5_000}'", f"sdist = {'9' * 500}", f"{'x' * 5_000} = 1"])
def test_a_long_value_is_not_repeated_at_length(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, f"{HEAD}{text}")
    said = str(error.value).removeprefix(str(tmp_path)).partition("; the keys are ")[0]
    assert len(said) < 200


@pytest.mark.parametrize(
    "path", ["pkg\\tool", "/pkg/tool", "C:/pkg/tool", "../tool", "pkg/../tool", "./tool", "pkg//tool", "pkg/", "a\tb"]
)
def test_a_path_that_no_file_of_a_wheel_has_is_an_error_and_not_a_missing_file(tmp_path: Path, path: str) -> None:
    entry = f'{PAYLOAD}name = "t"\nkind = "executable"\npath = {json.dumps(path)}\n'
    with pytest.raises(ConfigError, match=r"payload #1\.path must be a path inside the wheel, relative and with /"):
        read(tmp_path, entry)


@pytest.mark.parametrize("path", ["tool", ".data/scripts/tool", "pkg/..tool", "pkg/tool.", "a b/ü", "pkg/c:d"])
def test_a_path_that_a_file_of_a_wheel_can_have_is_taken(tmp_path: Path, path: str) -> None:
    config = read(tmp_path, f'{PAYLOAD}name = "t"\nkind = "executable"\npath = {json.dumps(path)}\n')
    assert [payload.path for payload in config.payload] == [path]


def test_an_architecture_counts_once_under_all_its_names(tmp_path: Path) -> None:
    assert read(
        tmp_path, f'{HEAD}python = ["py3-none"]\narchitectures = ["arm64", "aarch64", "arm64"]\n'
    ).architectures == ("aarch64",)


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ('python = ["cp311"]', "python without architectures"),
        ('architectures = ["arm64"]', "architectures without python"),
    ],
)
def test_half_of_what_names_the_linux_wheels_is_refused(tmp_path: Path, given: str, lacking: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(f"{HEAD}{given}\n", "utf-8")
    with pytest.raises(ConfigError, match=f"tool.wheelcheck: {lacking} names no wheel, so none would be missed; add"):
        load(file, judging=True)
    assert load(file).wheels == ()
    more = '[[tool.wheelcheck.wheels]]\npython = ["cp311"]\nplatforms = ["win_amd64"]\n'
    file.write_text(f"{HEAD}{given}\n{more}", "utf-8")
    assert len(load(file, judging=True).wheels) == 1


# --- the file ---


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a = ", "is not valid TOML: Invalid value"),
        (b"a = 1\na = 2", "is not valid TOML: Cannot overwrite a value"),
        (b"[tool.wheelcheck]\n[tool.wheelcheck]", "is not valid TOML: Cannot declare ('tool', 'wheelcheck') twice"),
        (b"a = " + b"[" * 5_000, "is nested too deeply to be read as TOML"),
        (b"a." * 60_000 + b"a = 1", "has a key of too many parts; write tables instead of dots"),
        (b"#" * (2**20 + 1), "is larger than 1,048,576 bytes, and not read"),
        (b"a = " + b"9" * 5_000, "is not valid TOML: "),
        (rb'a = "pkg\wheel"', "; a backslash is an escape here: write paths with /"),
        (rb'a = "C:\Users\me"', "; a backslash is an escape here: write paths with /"),
        (b"\xef\xbb\xbfa = 1", "starts with a byte order mark; save it as UTF-8 without one"),
        ("a = 1".encode("utf-16"), "is encoded as UTF-16; save it as UTF-8"),
        (b"a = 1\nb = '\xff'", "is not encoded as UTF-8: byte 0xff in line 2; save it as UTF-8"),
    ],
)
def test_a_file_that_is_not_toml_is_named_with_what_to_do(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "pyproject.toml")
    assert str(error.value).startswith(f"{tmp_path / 'pyproject.toml'} ")
    assert problem in str(error.value)


@pytest.mark.parametrize(("name", "why"), [("missing.toml", "no such file"), (".", "is a folder")])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        load(tmp_path / name)


@pytest.mark.posix
def test_a_pipe_is_not_a_configuration_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ConfigError, match="pipe"):
        load(tmp_path / "pipe.toml")


def test_a_table_that_is_required_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[tool.other]\nsdist = true\n")
    assert load(tmp_path / "a.toml") == Config()
    with pytest.raises(
        ConfigError, match=re.escape("has no [tool.wheelcheck]; add the table with what the release must contain")
    ):
        load(tmp_path / "a.toml", required=True)


# --- one architecture ---

EVERYWHERE = Config(
    wheels=(
        WheelTag("cp311", "cp311", "macosx_11_0_universal2"),
        WheelTag("cp311", "cp311", "manylinux_2_17_aarch64"),
        WheelTag("cp311", "cp311", "manylinux_2_17_x86_64"),
        WheelTag("cp311", "cp311", "win_arm64"),
        WheelTag("py3", "none", "any"),
    ),
    sdist=True,
    payload=(Payload("a", "object", "b"),),
    ignores=(Ignore("WC301", "x"),),
)


@pytest.mark.parametrize("name", ["arm64", "aarch64", "ARM64"])
def test_one_architecture_keeps_its_wheels_and_all_else(name: str) -> None:
    narrowed = EVERYWHERE.for_architecture(name)
    assert [wheel.platform for wheel in narrowed.wheels] == ["manylinux_2_17_aarch64"]
    assert sorted([*narrowed.wheels, *narrowed.built_elsewhere]) == list(EVERYWHERE.wheels)
    assert narrowed.architectures == ("aarch64",)
    assert (narrowed.sdist, narrowed.payload, narrowed.ignores) == (True, EVERYWHERE.payload, EVERYWHERE.ignores)


def test_one_architecture_keeps_the_wheels_for_other_systems_where_there_are_none_for_linux() -> None:
    without = replace(EVERYWHERE, wheels=tuple(one for one in EVERYWHERE.wheels if "linux" not in one.platform))
    platforms = [wheel.platform for wheel in without.for_architecture("arm64").wheels]
    assert platforms == ["macosx_11_0_universal2", "win_arm64"]


def test_an_architecture_that_no_expected_wheel_serves_is_an_error_and_not_an_empty_set() -> None:
    with pytest.raises(
        ConfigError, match=r"no wheel is expected for s390x; the configuration has wheels for aarch64, x86_64"
    ):
        EVERYWHERE.for_architecture("s390x")
    assert Config().for_architecture("s390x").wheels == ()


@pytest.mark.parametrize(
    ("tag", "pairs"),
    [
        ("cp311", ["cp39-abi3", "cp311-cp311", "py3-none"]),
        ("cp312", ["cp39-abi3", "cp312-cp312", "cp312-abi3", "py3-none"]),
        ("cp313", ["cp39-abi3", "cp312-abi3", "py3-none"]),
        ("cp313t", ["cp39-abi3", "cp313-cp313t", "cp312-abi3", "py3-none"]),
        ("cp310", ["cp39-abi3", "py3-none"]),
    ],
)
def test_one_python_builds_its_own_wheel_and_those_for_many_and_the_others_are_allowed(
    tag: str, pairs: list[str]
) -> None:
    every = ["cp39-abi3", "cp311-cp311", "cp312-cp312", "cp313-cp313t", "cp312-abi3", "py3-none"]
    split = [pair.split("-") for pair in every]
    config = Config(wheels=tuple(WheelTag(python, abi, "manylinux_2_17_x86_64") for python, abi in split))
    narrowed = config.for_interpreter(tag)
    assert [f"{wheel.python}-{wheel.abi}" for wheel in narrowed.wheels] == pairs
    assert {*narrowed.wheels, *narrowed.built_elsewhere} == {*config.wheels}


def test_one_cpu_and_one_python_together_require_their_one_wheel() -> None:
    wheels = tuple(
        WheelTag(one, one, f"manylinux_2_17_{cpu}") for one in ("cp311", "cp312") for cpu in ("aarch64", "x86_64")
    )
    narrowed = Config(wheels=wheels).for_architecture("x86_64").for_interpreter("cp312")
    assert [str(wheel) for wheel in narrowed.wheels] == ["cp312-cp312-manylinux_2_17_x86_64"]
    assert {*narrowed.wheels, *narrowed.built_elsewhere} == {*wheels}


def test_a_python_that_builds_no_expected_wheel_is_an_error() -> None:
    config = Config(wheels=(WheelTag("cp311", "cp311", "manylinux_2_17_x86_64"),))
    with pytest.raises(ConfigError, match="no wheel is expected for cp312; the configuration has wheels for cp311"):
        config.for_interpreter("cp312")


@pytest.mark.parametrize("tag", ["py99", "cp3", "cp311t", "x86_64", "3.11", "311", "cp311-abi3", "CP311", ""])
@pytest.mark.parametrize("wheels", [(), (WheelTag("cp39", "abi3", "manylinux_2_17_x86_64"),)])
def test_the_tag_of_no_python_is_an_error_whatever_is_expected(tag: str, wheels: tuple[WheelTag, ...]) -> None:
    with pytest.raises(ConfigError, match=f"{tag!r} is the tag of no Python"):
        Config(wheels=wheels).for_interpreter(tag)
    for known in ("cp311", "cp313t", "cp399", "pp311", "py3"):
        assert Config(wheels=wheels).for_interpreter(known).wheels == wheels


def test_an_unknown_architecture_is_an_error() -> None:
    with pytest.raises(UnknownArchitectureError, match="vax"):
        Config().for_architecture("vax")
