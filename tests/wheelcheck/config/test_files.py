from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.artifacts import X86_64, a_wheel
from tests.support.commandline import run
from tests.support.native_files import library
from wheelcheck import config
from wheelcheck.config import builder
from wheelcheck.config.files import OWN, SHARED, ConfigError, Place, find, read, read_required

TABLE = 'python = ["cp311"]\narchitectures = ["x86_64", "aarch64"]\n'
EMPTY = "[project]\nname = 'demo'\n"


def write(folder: Path, **files: str) -> Path:
    """Write `own` as wheelcheck.toml and `shared` as pyproject.toml."""
    for name, text in files.items():
        (folder / {"own": OWN, "shared": SHARED}[name]).write_text(text, "utf-8")
    return folder


# --- where ---


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place(Path("a.toml")), "a.toml"),
        (Place(Path("a.toml")) / "glibc", "a.toml: glibc"),
        (
            Place(Path("a.toml"), ("tool", "wheelcheck")) / "build" / "workspace",
            "a.toml: tool.wheelcheck.build.workspace",
        ),
    ],
)
def test_a_place_is_spelled_as_the_file_spells_it(place: Place, text: str) -> None:
    assert str(place) == text


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({}, None),
        ({"shared": EMPTY}, SHARED),
        ({"shared": f"[tool.wheelcheck]\n{TABLE}"}, SHARED),
        ({"own": TABLE}, OWN),
        ({"own": TABLE, "shared": EMPTY}, OWN),
        ({"own": TABLE, "shared": "[tool.wheelcheck]\n"}, OWN),
    ],
)
def test_a_folder_s_own_file_comes_before_the_shared_one(
    tmp_path: Path, files: dict[str, str], name: str | None
) -> None:
    found = find(write(tmp_path, **files))
    assert found == (tmp_path / name if name else None)


def test_two_configurations_are_a_mistake_that_names_both(tmp_path: Path) -> None:
    write(tmp_path, own=TABLE, shared=f"[tool.wheelcheck]\n{TABLE}")
    with pytest.raises(
        ConfigError, match=rf"both .*{OWN} and \[tool.wheelcheck\] in .*{SHARED} configure this project; delete"
    ):
        find(tmp_path)


def test_a_shared_file_that_cannot_be_read_may_hold_another_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml is not valid TOML: Invalid value"):
        find(write(tmp_path, own=TABLE, shared="a ="))


@pytest.mark.posix
@pytest.mark.parametrize("name", [OWN, SHARED])
def test_a_link_to_nowhere_is_not_a_missing_configuration(tmp_path: Path, name: str) -> None:
    os.symlink("nowhere", tmp_path / name)  # noqa: PTH211  # pathlib's is the same call
    found = find(tmp_path)
    assert found == tmp_path / name
    with pytest.raises(ConfigError, match="no such file"):
        read(tmp_path / name)


# --- what ---


def test_both_files_say_the_same_and_place_it_as_they_spell_it(tmp_path: Path) -> None:
    write(tmp_path, own=TABLE, shared=f"[tool.wheelcheck]\n{TABLE}")
    (own, here), (shared, there) = read(tmp_path / OWN), read(tmp_path / SHARED)
    assert own == shared
    assert [str(place / "glibc").removeprefix(f"{tmp_path}/") for place in (here, there)] == [
        "wheelcheck.toml: glibc",
        "pyproject.toml: tool.wheelcheck.glibc",
    ]
    assert config.load(tmp_path / OWN) == config.load(tmp_path / SHARED)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "wheelcheck.toml is empty; add what the release must contain"),
        (f"[tool.wheelcheck]\n{TABLE}", "wheelcheck.toml: the whole file is the table; remove `tool.wheelcheck`"),
        ("glib = '2.17'", r"wheelcheck.toml: unknown key 'glib'; did you mean 'glibc'\?"),
        ("glibc = 2", "wheelcheck.toml: glibc must be a glibc version in quotes, not the number 2; write for example"),
        (
            "wheels = 3",
            r"wheels must be an array of tables, not .* 3; write each entry as \[\[wheels\]\] with python = ",
        ),
        ("ignore = [3]", "wheelcheck.toml: ignore #1 must be a table, not the number 3"),
        ("payload = [{}]", "wheelcheck.toml: payload #1 has no 'name'; add for example name = \"tool\""),
    ],
)
def test_a_mistake_in_the_own_file_is_named_without_a_prefix(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.load(write(tmp_path, own=text) / OWN)


def test_what_must_say_something_does_or_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, own=TABLE, shared=EMPTY)
    assert read_required(tmp_path / OWN, "x")[0]["python"] == ["cp311"]
    with pytest.raises(ConfigError, match=r"pyproject\.toml has no \[tool\.wheelcheck\]; add the table with a promise"):
        read_required(tmp_path / SHARED, "a promise")


# --- who reads it ---


def test_the_builder_reads_the_file_that_the_gate_reads(tmp_path: Path) -> None:
    read_by_builder = builder.load(write(tmp_path, own=f"{TABLE}build.workspace = 'rust'\n", shared=EMPTY))
    assert read_by_builder.release == config.load(tmp_path / OWN)
    assert read_by_builder.workspace == tmp_path.resolve() / "rust"


def test_the_builder_refuses_two_configurations_and_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml: no such file"):
        builder.load(tmp_path)
    with pytest.raises(ConfigError, match=r"both .* configure this project"):
        builder.load(write(tmp_path, own=TABLE, shared=f"[tool.wheelcheck]\n{TABLE}"))


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """Half a release in dist/: the wheel for x86_64 alone."""
    (tmp_path / "dist").mkdir()
    a_wheel(X86_64, library("x86_64")).write(tmp_path / "dist")
    return tmp_path


@pytest.mark.parametrize("name", ["own", "shared"])
def test_the_gate_holds_a_release_against_the_file_it_finds(half: Path, name: str) -> None:
    head = "" if name == "own" else "[tool.wheelcheck]\n"
    done = run(write(half, **{name: head + TABLE}), "check", "dist")
    assert done.returncode == 1
    assert b"missing: a cp311-cp311 wheel for manylinux_2_17_aarch64" in done.stdout


def test_without_a_configuration_nothing_is_expected(half: Path) -> None:
    assert run(half, "check", "dist").returncode == 0


def test_two_configurations_are_2_unless_one_is_named(half: Path) -> None:
    write(half, own='python = ["cp311"]\narchitectures = ["x86_64"]\n', shared=f"[tool.wheelcheck]\n{TABLE}")
    done = run(half, "check", "dist")
    assert (done.returncode, done.stdout) == (2, b"")
    both = f"both {half / OWN} and [tool.wheelcheck] in {half / SHARED} configure this project; delete one of them"
    assert both in done.stderr.decode()
    assert run(half, "check", "dist", "--config", OWN).returncode == 0
    assert run(half, "check", "dist", "--config", SHARED).returncode == 1
