from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from wheelcheck.config import Config, ConfigError, ExpectedWheel, Ignore, Payload, load, parse_python
from wheelcheck.platforms.arch import Glibc, UnknownArchitectureError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "[tool.wheelcheck]\n"
WHEELS = "[[tool.wheelcheck.wheels]]\n"
PAYLOAD = "[[tool.wheelcheck.payload]]\n"
IGNORE = "[[tool.wheelcheck.ignore]]\n"


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
    assert parse_python(short, "here") == pair


@pytest.mark.parametrize(("text", "glibc"), [("2.17", (2, 17)), ("2.5", (2, 5)), ("2.99", (2, 99))])
def test_the_floor_is_a_version_in_quotes(tmp_path: Path, text: str, glibc: Glibc) -> None:
    assert read(tmp_path, f'{HEAD}glibc = "{text}"\n').glibc == glibc


@pytest.mark.parametrize(("text", "sdist"), [("", None), ("sdist = true", True), ("sdist = false", False)])
def test_an_sdist_is_expected_refused_or_optional(tmp_path: Path, text: str, sdist: bool | None) -> None:  # noqa: FBT001
    assert read(tmp_path, HEAD + text).sdist is sdist


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
    ("text", "key", "found", "expected"),
    [
        (f"{HEAD}glib = '2.17'", "tool.wheelcheck", "unknown key 'glib'", "did you mean 'glibc'?"),
        (f"{HEAD}architecture = []", "tool.wheelcheck", "'architecture'", "did you mean 'architectures'?"),
        (f"{HEAD}pythons = []", "tool.wheelcheck", "'pythons'", "did you mean 'python'?"),
        (f"{HEAD}zzz = 1", "tool.wheelcheck", "'zzz'", "expected one of glibc, architectures, python, sdist"),
        (f"{HEAD}glibc = 2.17", "tool.wheelcheck.glibc", "found 2.17", 'in quotes such as "2.17"'),
        (f"{HEAD}glibc = '2'", "tool.wheelcheck.glibc", "found '2'", 'such as "2.17"'),
        (f"{HEAD}glibc = '2.017'", "tool.wheelcheck.glibc", "found '2.017'", 'such as "2.17"'),
        (f"{HEAD}glibc = '3.1'", "tool.wheelcheck.glibc", "found '3.1'", 'such as "2.17"'),
        (f"{HEAD}glibc = '2.17.1'", "tool.wheelcheck.glibc", "found '2.17.1'", 'such as "2.17"'),
        (f"{HEAD}glibc = '2.\uff11'", "tool.wheelcheck.glibc", "found '2.", 'such as "2.17"'),
        (f"{HEAD}glibc = ''", "tool.wheelcheck.glibc", "found ''", 'such as "2.17"'),
        (f"{HEAD}architectures = 'x86_64'", "tool.wheelcheck.architectures", "found 'x86_64'", "a list of strings"),
        (f"{HEAD}architectures = [64]", "tool.wheelcheck.architectures", "found [64]", "a list of strings"),
        (f"{HEAD}architectures = ['vax']", "tool.wheelcheck.architectures", "'vax'", "expected one of x86_64, aarch64"),
        (f"{HEAD}python = 'cp311'", "tool.wheelcheck.python", "found 'cp311'", "a list of strings"),
        (f"{HEAD}python = ['cp311-']", "tool.wheelcheck.python", "found 'cp311-'", '"cp310-abi3" or "py3-none"'),
        (f"{HEAD}python = ['-none']", "tool.wheelcheck.python", "found '-none'", "expected a pair"),
        (f"{HEAD}python = ['']", "tool.wheelcheck.python", "found ''", "expected a pair"),
        (f"{HEAD}python = ['py3']", "tool.wheelcheck.python", "found 'py3'", "expected a pair"),
        (f"{HEAD}python = ['cp313t']", "tool.wheelcheck.python", "found 'cp313t'", "expected a pair"),
        (f"{HEAD}python = ['3.11']", "tool.wheelcheck.python", "found '3.11'", "expected a pair"),
        (f"{HEAD}python = ['cp311.cp312-none']", "tool.wheelcheck.python", "'cp311.cp312-none'", "expected a pair"),
        (f"{HEAD}sdist = 1", "tool.wheelcheck.sdist", "found 1", "true or false"),
        (f"{HEAD}sdist = 'yes'", "tool.wheelcheck.sdist", "found 'yes'", "true or false"),
        (f"{HEAD}wheels = 3", "tool.wheelcheck.wheels", "found 3", "tables [[tool.wheelcheck.wheels]]"),
        (f"{HEAD}wheels = [3]", "wheels", "found 3", "expected a table"),
        (f"{WHEELS}python = ['cp311']", "tool.wheelcheck.wheels", "{'python'", "python and platforms, neither empty"),
        (f"{WHEELS}platforms = ['win32']", "tool.wheelcheck.wheels", "{'platforms'", "neither empty"),
        (f"{WHEELS}platform = ['win32']", "tool.wheelcheck.wheels", "'platform'", "did you mean 'platforms'?"),
        (
            f"{WHEELS}python = ['cp311']\nplatforms = ['a.b']",
            "tool.wheelcheck.wheels.platforms",
            "found 'a.b'",
            "expected one tag",
        ),
        (f"{WHEELS}python = ['x']\nplatforms = ['any']", "tool.wheelcheck.wheels.python", "found 'x'", "a pair"),
        (f"{PAYLOAD}name = 'tool'", "tool.wheelcheck.payload", "found {'name': 'tool'}", "name, path and kind"),
        (f"{PAYLOAD}{AN_ENTRY}package = 3", "tool.wheelcheck.payload", "'package': 3", "name, path and kind"),
        (f"{PAYLOAD}name = ''\nkind = 'library'\npath = 'p'", "tool.wheelcheck.payload", "'name': ''", "name, path"),
        (f"{PAYLOAD}name = 'a'\nkind = 'exe'\npath = 'p'", "payload", "'kind': 'exe'", "executable, library or object"),
        (f"{PAYLOAD}{AN_ENTRY}source = 'x.c'", "payload", "'source': 'x.c'", "expected source or target of an object"),
        (f"{PAYLOAD}{AN_ENTRY}target = 'bpf'", "payload", "'target': 'bpf'", "expected source or target of an object"),
        (f"{PAYLOAD}{AN_OBJECT}package = ''", "payload", "'package': ''", "name, path and kind"),
        (f"{PAYLOAD}{AN_OBJECT}workspace = 'w'", "payload", "'workspace': 'w'", "a C source, or a package of a Cargo"),
        (f"{PAYLOAD}{AN_ENTRY}mode = 3", "tool.wheelcheck.payload", "'mode'", "did you mean 'name'?"),
        (f"{IGNORE}code = 'WC301'", "tool.wheelcheck.ignore", "found no 'reason'", "says why"),
        (f"{IGNORE}reason = 'because'", "tool.wheelcheck.ignore", "found no 'code'", "names an exact rule"),
        (f"{IGNORE}code = 'WC301'\nreason = ' '", "tool.wheelcheck.ignore.reason", "found ' '", "expected text"),
        (f"{IGNORE}code = 301\nreason = 'x'", "tool.wheelcheck.ignore.code", "found 301", "expected text"),
        (f"{IGNORE}codes = 'WC301'", "tool.wheelcheck.ignore", "'codes'", "did you mean 'code'?"),
        ("[tool]\nwheelcheck = 3", "tool.wheelcheck", "found 3", "expected a table"),
        ("a = ", "pyproject.toml", "cannot be read as TOML", "Invalid value"),
        ("a = " + "[" * 5_000, "pyproject.toml", "cannot be read", "as TOML"),
        ("a = " + "9" * 5_000, "pyproject.toml", "cannot be read as TOML", "digits"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_was_expected(
    tmp_path: Path, text: str, key: str, found: str, expected: str
) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    said = str(error.value)
    assert str(tmp_path / "pyproject.toml") in said
    assert [part for part in (key, found, expected) if part not in said] == []


def test_bytes_that_are_no_utf_8_are_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        load(tmp_path / "pyproject.toml")


@pytest.mark.parametrize(("name", "why"), [("missing.toml", "No such file"), (".", "directory")])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        load(tmp_path / name)


def test_a_pipe_is_no_configuration_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ConfigError, match="pipe"):
        load(tmp_path / "pipe.toml")


def test_a_table_that_is_required_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[tool.whelcheck]\nsdist = true\n")
    assert load(tmp_path / "a.toml") == Config()
    with pytest.raises(ConfigError, match=re.escape("tool.wheelcheck: found no such table")):
        load(tmp_path / "a.toml", required=True)


# --- one architecture ---

EVERYWHERE = Config(
    wheels=(
        ExpectedWheel("cp311", "cp311", "macosx_11_0_universal2"),
        ExpectedWheel("cp311", "cp311", "manylinux_2_17_aarch64"),
        ExpectedWheel("cp311", "cp311", "manylinux_2_17_x86_64"),
        ExpectedWheel("cp311", "cp311", "win_arm64"),
        ExpectedWheel("py3", "none", "any"),
    ),
    sdist=True,
    payload=(Payload("a", "object", "b"),),
    ignores=(Ignore("WC301", "x"),),
)


@pytest.mark.parametrize("name", ["arm64", "aarch64", "ARM64"])
def test_one_architecture_keeps_its_wheels_and_all_else(name: str) -> None:
    narrowed = EVERYWHERE.for_architecture(name)
    assert [wheel.platform for wheel in narrowed.wheels] == [
        "macosx_11_0_universal2",
        "manylinux_2_17_aarch64",
        "win_arm64",
    ]
    assert sorted([*narrowed.wheels, *narrowed.built_elsewhere]) == list(EVERYWHERE.wheels)
    assert narrowed.architectures == ("aarch64",)
    assert (narrowed.sdist, narrowed.payload, narrowed.ignores) == (True, EVERYWHERE.payload, EVERYWHERE.ignores)


def test_an_architecture_that_no_expected_wheel_serves_is_an_error_and_not_an_empty_set() -> None:
    with pytest.raises(
        ConfigError, match=r"no wheel is expected for s390x; the configuration has wheels for aarch64, x86_64"
    ):
        EVERYWHERE.for_architecture("s390x")
    assert Config().for_architecture("s390x").wheels == ()


def test_an_unknown_architecture_is_an_error() -> None:
    with pytest.raises(UnknownArchitectureError, match="vax"):
        Config().for_architecture("vax")
