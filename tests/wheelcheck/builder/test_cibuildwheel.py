from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from wheelcheck.builder import cibuildwheel
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.config import Config, ConfigError, Ignore, Payload, builder, load
from wheelcheck.facts.toml import parse_toml
from wheelcheck.platforms.arch import Glibc, find

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.builder.wheel import Pair

EXPECTED = 'architectures = ["x86_64"]\npython = ["cp39-abi3"]\n'
PINNED = {"manylinux2014": "a", "manylinux_2_28": "b", "manylinux_2_34": "c", "musllinux_1_2": "d"}


def target(floor: Glibc = (2, 17), arch: str = "aarch64") -> Target:
    return Target(find(arch), floor)


def test_the_backend_in_the_container_is_told_what_it_is_told_outside(tmp_path: Path) -> None:
    file = tmp_path / "wheelcheck.toml"
    file.write_text(
        f"{EXPECTED}[build.config-settings]\n'--build-option' = '--py-limited-api=cp39'\nargs = ['a b', 'c']\n"
    )
    with file.open("a") as more:
        more.write("[build.environment]\nCFLAGS = '-O2 -g'\n")
    told = cibuildwheel.for_backend(builder.load(tmp_path))
    assert shlex.split(told["CIBW_CONFIG_SETTINGS"]) == ["--build-option=--py-limited-api=cp39", "args=a b", "args=c"]
    assert shlex.split(told["CIBW_ENVIRONMENT"]) == ["CFLAGS=-O2 -g"]
    file.write_text(EXPECTED)
    assert cibuildwheel.for_backend(builder.load(tmp_path)) == {}


@pytest.mark.parametrize(
    ("pairs", "names"),
    [
        ([("cp311", "cp311"), ("cp312", "cp312")], {"cp311": ("cp311", "cp311"), "cp312": ("cp312", "cp312")}),
        ([("cp313", "cp313t")], {"cp313t": ("cp313", "cp313t")}),
        ([("cp310", "abi3")], {"cp310": ("cp310", "abi3")}),
        ([("cp311", "cp311"), ("py3", "none")], {"cp311": ("cp311", "cp311")}),
    ],
)
def test_each_configured_interpreter_is_built_unless_its_wheel_is_for_any_python(
    pairs: list[Pair], names: dict[str, Pair]
) -> None:
    assert cibuildwheel.identifiers(pairs) == names


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([], "nothing cannot be built"),
        ([("py3", "none")], "nothing cannot be built"),
        ([("cp39", "cp39")], "cp39 cannot be built in its containers, only cp310 and later"),
        ([("cp311", "cp311"), ("pp311", "pypy311_pp73")], "pp311 cannot be built"),
        ([("cp311", "cp311"), ("cp311", "abi3")], "cp311-cp311 and cp311-abi3 would both be built by cp311"),
    ],
)
def test_a_project_without_a_wheel_for_a_container_is_refused_with_the_reason(pairs: list[Pair], found: str) -> None:
    with pytest.raises(BuildError, match=found):
        cibuildwheel.identifiers(pairs)


@pytest.mark.parametrize(
    ("floor", "image"),
    [
        ((2, 17), "manylinux2014"),
        ((2, 27), "manylinux2014"),
        ((2, 28), "manylinux_2_28"),
        ((2, 33), "manylinux_2_28"),
        ((2, 40), "manylinux_2_34"),
    ],
)
def test_the_container_is_the_newest_that_is_no_newer_than_the_floor(floor: Glibc, image: str) -> None:
    assert cibuildwheel.image(target(floor), {}, PINNED) == image


def test_a_floor_below_every_image_is_an_error_that_says_what_to_raise() -> None:
    with pytest.raises(BuildError, match=r"no image with glibc 2\.12 or older .*; raise tool\.wheelcheck\.glibc"):
        cibuildwheel.image(target((2, 12)), {}, PINNED)
    with pytest.raises(BuildError, match="known: none at all"):
        cibuildwheel.image(target(), {}, {})


@pytest.mark.parametrize("image", ["localhost/own", "quay.io/pypa/manylinux2014_aarch64@sha256:0", "m/manylinux_2_17"])
def test_an_image_of_the_machines_own_choice_is_taken(image: str) -> None:
    assert cibuildwheel.image(target(), {"CIBW_MANYLINUX_AARCH64_IMAGE": image}, {}) == image


def test_an_image_that_says_it_is_newer_than_the_floor_is_refused_whoever_chose_it() -> None:
    base = {"CIBW_MANYLINUX_AARCH64_IMAGE": "quay.io/pypa/manylinux_2_28_aarch64"}
    assert cibuildwheel.image(target((2, 28)), base, {}) == base["CIBW_MANYLINUX_AARCH64_IMAGE"]
    with pytest.raises(
        BuildError,
        match=r"manylinux_2_28_aarch64 has glibc 2\.28, but glibc 2\.17 or older is needed",
    ):
        cibuildwheel.image(target(), base, PINNED)


def test_the_image_that_a_project_names_is_taken_and_held_to_the_floor() -> None:
    text = "[tool.cibuildwheel]\nmanylinux-aarch64-image = 'old'\n[tool.cibuildwheel.linux]\n"
    project = parse_toml(
        text + "manylinux-aarch64-image = 'manylinux_2_28'\nmusllinux-aarch64-image = 'musllinux_1_2'\n"
    )
    named = cibuildwheel.own_images(project)
    assert named == {"CIBW_MANYLINUX_AARCH64_IMAGE": "manylinux_2_28"}
    assert cibuildwheel.image(target((2, 34)), named, PINNED) == "manylinux_2_28"
    assert cibuildwheel.image(target(arch="x86_64"), named, PINNED) == "manylinux2014"
    with pytest.raises(
        BuildError, match=r"the image manylinux_2_28 has glibc 2\.28, but glibc 2\.17 or older is needed"
    ):
        cibuildwheel.image(target(), named, PINNED)


@pytest.mark.parametrize(
    ("name", "floor"),
    [
        ("manylinux1", (2, 5)),
        ("manylinux2010_x86_64", (2, 12)),
        ("manylinux2014", (2, 17)),
        ("quay.io/pypa/manylinux_2_34_x86_64:latest", (2, 34)),
        ("musllinux_1_2", None),
        ("debian:12", None),
    ],
)
def test_the_glibc_of_an_image_is_read_from_its_name(name: str, floor: Glibc | None) -> None:
    assert cibuildwheel.floor_of(name) == floor


def test_the_installed_cibuildwheel_says_which_images_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("cibuildwheel"):
        assert "manylinux2014" in cibuildwheel.pinned_images(find("x86_64"))
        assert cibuildwheel.pinned_images(find("armv6l")) == {}
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "cibuildwheel", raising=False)
    with pytest.raises(BuildError, match=r"install wheelcheck\[cibuildwheel\]"):
        cibuildwheel.pinned_images(find("x86_64"))


def test_the_settings_name_interpreters_cpu_floor_payload_and_gate(tmp_path: Path) -> None:
    gate = tmp_path / "a folder" / "gate.toml"
    found = cibuildwheel.variables(target(), ["cp311", "cp313t"], "localhost/own", gate)
    assert found["CIBW_BUILD"] == "cp311-manylinux_aarch64 cp313t-manylinux_aarch64"
    assert (found["CIBW_ARCHS"], found["CIBW_MANYLINUX_AARCH64_IMAGE"]) == ("aarch64", "localhost/own")
    assert "--plat manylinux_2_17_aarch64" in found["CIBW_REPAIR_WHEEL_COMMAND"]
    assert "wheelcheck.builder.in_container" in found["CIBW_REPAIR_WHEEL_COMMAND"]
    words = shlex.split(found["CIBW_AUDIT_COMMAND"])
    assert words[1:] == [sys.executable, "-m", "wheelcheck", "check", "--config", str(gate), "{wheel}"]
    assert (found["CIBW_SKIP"], found["CIBW_AUDIT_REQUIRES"]) == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[tool.cibuildwheel]\ntest-command = "pytest"\nbuild-frontend = "build"\n',
        '[tool.cibuildwheel]\nbuild-verbosity = 1\n[tool.cibuildwheel.linux]\nenvironment = { A = "1" }\n',
        '[tool.cibuildwheel]\nmusllinux-x86_64-image = "x"\n',
    ],
)
def test_a_project_keeps_what_decides_neither_wheels_nor_container_nor_check(text: str) -> None:
    cibuildwheel.require_ours(text, "pyproject.toml")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[tool.cibuildwheel]\naudit-command = ""\n', r"tool\.cibuildwheel\.audit-command is set"),
        ('[tool.cibuildwheel.linux]\nrepair-wheel-command = "x"\n', r"cibuildwheel\.linux\.repair-wheel-command"),
        (
            '[[tool.cibuildwheel.overrides]]\nselect = "cp313*"\nmanylinux-x86_64-image = "x"\n',
            r"overrides\.manylinux-x86_64-image",
        ),
        (
            '[[tool.cibuildwheel.overrides]]\nselect = "cp313*"\naudit-command = "true"\n',
            r"overrides\.audit-command",
        ),
    ],
)
def test_a_setting_that_would_be_decided_twice_is_refused(text: str, key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}.*wheelcheck derives it .*; remove it"):
        cibuildwheel.require_ours(text, "pyproject.toml")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "skip = ['*-manylinux_i686', '*-musllinux_i686', '*-win32']\n",
        "build = 'cp31{1,2}-* pp311-*'\narchs = ['auto', 'auto32']\n",
        "skip = '*'\n[tool.cibuildwheel.linux]\nskip = 'cp311-*'\n",
    ],
)
def test_a_project_may_select_other_wheels_if_it_leaves_out_none_that_it_promises(text: str) -> None:
    project = f"[tool.cibuildwheel]\n{text}"
    cibuildwheel.require_ours(project, "pyproject.toml")
    cibuildwheel.require_selected(project, "pyproject.toml", "cp312-manylinux_aarch64")


@pytest.mark.parametrize(
    "text", ["build = 'cp311-*'\n", "skip = ['*_aarch64']\n", "[tool.cibuildwheel.linux]\nskip = '*'"]
)
def test_a_wheel_that_a_project_promises_and_leaves_out_is_named(text: str) -> None:
    said = r"leaves out cp312-manylinux_aarch64, but \[tool\.wheelcheck\] promises it; make them agree"
    with pytest.raises(ConfigError, match=said):
        cibuildwheel.require_selected(f"[tool.cibuildwheel]\n{text}", "pyproject.toml", "cp312-manylinux_aarch64")


def test_the_variables_of_the_container_are_added_to_those_of_the_project(tmp_path: Path) -> None:
    options = pytest.importorskip("cibuildwheel.options", reason="cibuildwheel does not run on this Python")
    own = tmp_path / "pyproject.toml"
    own.write_text("[tool.cibuildwheel.linux]\nenvironment = { PATH = '$PATH:/rust', TLS = '0' }\n")
    (tmp_path / "wheelcheck.toml").write_text(f"{EXPECTED}[build.environment]\nTLS = '1'\n")
    told = cibuildwheel.for_backend(builder.load(tmp_path))
    reader = options.OptionsReader(own, platform="linux", env=told)
    found = reader.get("environment", option_format=options.EnvironmentFormat())
    assert shlex.split(found) == ["PATH=$PATH:/rust", "TLS=0", "TLS=1"]


def test_the_gate_of_one_wheel_knows_the_payload_and_the_ignores_and_expects_no_set(tmp_path: Path) -> None:
    config = Config(
        payload=(Payload("tool", "executable", "pkg/bin/tool", "crate", workspace="nested"),),
        glibc=(2, 28),
        ignores=(Ignore("WC301", 'a "cross" compiler, façade', "x/*"),),
        sdist=True,
    )
    (tmp_path / "gate.toml").write_text(cibuildwheel.gate_configuration(config), "utf-8")
    found = load(tmp_path / "gate.toml")
    assert [(item.name, item.kind, item.path) for item in found.payload] == [("tool", "executable", "pkg/bin/tool")]
    assert (found.wheels, found.sdist, found.glibc, found.ignores) == ((), None, (2, 28), config.ignores)
