"""Everything that can happen to a release between the jobs that build and test it and the job that publishes it.

Each row does one thing to what was handed over. The gate job must refuse it, name the culprit, and never end by a
traceback. `BEFORE` changes what a machine packs, as a fault on that machine would; `AFTER` changes bundles on the way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.backends import RUNNING
from tests.support.handed_over import MODULE, OBJECT, PYTHON, TOOL, Release, release
from tests.support.native import bpf_object, library, native
from tests.support.sabotage import (
    Act,
    OnTheWay,
    added,
    brought_without_bundle,
    contradicted,
    delivered_for,
    flipped,
    from_older,
    halved,
    left_over,
    lost,
    packed_again,
    payload_and_manifest,
    record_only,
    removed,
    renamed,
    sdist_with,
    second_of_one_name,
    second_wheel,
    stated,
    stated_by_all,
    stated_for_another_file,
    swap,
    undelivered,
    unreadable,
    with_member,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network
OLDER = "int main(void) { return 1; }\n"
WHEEL = r"demo-1\.0-cp3\d+-cp3\d+-manylinux2014_x86_64\.manylinux_2_17_x86_64\.whl"
SDIST = r"demo-1\.0\.tar\.gz"
CHANGED = "has SHA-256 .* it was changed since"
BUILT = f"demo-1.0-{RUNNING}-{RUNNING}-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"
MISSING = r"WC701 +missing: a \S+ wheel for "
MACOS = r"demo-1\.0-cp3\d+-cp3\d+-macosx_11_0_arm64\.whl"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of one commit."""
    return release(tmp_path_factory.mktemp("sound"))


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of the same version from another commit, in which one C file differs."""
    return release(tmp_path_factory.mktemp("older"), lambda project: (project / "tool.c").write_text(OLDER))


EMULATED = {"cpu": "aarch64", "emulated": True}
PAGE = b"<!DOCTYPE html><html><title>404</title></html>"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
BEFORE: dict[str, tuple[Act, str]] = {
    "an extension module swapped after the tests": (swap(MODULE, library("x86_64")), rf"{WHEEL}: {CHANGED}"),
    "a Python file swapped after the tests": (swap(PYTHON), rf"{WHEEL}: {CHANGED}"),
    "a source of the sdist swapped after the tests": (sdist_with("tool.c", b"int x;\n"), rf"{SDIST}: {CHANGED}"),
    "a program and its manifest swapped together": (payload_and_manifest, rf"{WHEEL}: {CHANGED}"),
    "a BPF object swapped after the tests": (swap(OBJECT, bpf_object()), rf"{OBJECT}: the wheel has sha256"),
    "a wheel of zero bytes": (written("x86_64", b""), rf"{WHEEL}: it holds 0 bytes that cannot be read as a wheel"),
    "an sdist of zero bytes": (written("sdist", b""), rf"{SDIST}: {CHANGED}"),
    "half a wheel": (written("x86_64", keep=2), rf"{WHEEL}: it holds \d+ bytes that cannot be read"),
    "a page in place of a wheel": (written("x86_64", PAGE), rf"{WHEEL}: it holds 46 bytes that cannot be read"),
    "a program for another CPU": (swap(TOOL, native("aarch64")), rf"{TOOL}: the wheel has sha256"),
    "a program that lost its mode": (swap(TOOL, None, 0o100644), rf"{TOOL}: the wheel has sha256 .*, mode 100644"),
    "an empty program": (swap(TOOL, b""), rf"{TOOL}: the wheel has sha256 e3b0c442"),
    "a git-lfs pointer in place of a program": (swap(TOOL, LFS), rf"{TOOL}: the wheel has sha256"),
    "a program left out": (removed(TOOL), rf"{TOOL}: the wheel has no such file"),
    "a program planted": (added("demo/bin/miner", native("x86_64")), rf"{WHEEL}: {CHANGED}"),
    "a RECORD edited": (record_only, rf"{WHEEL}: {CHANGED}"),
    "an sdist with a binary": (sdist_with("demo/tool.so", native("x86_64")), rf"{SDIST}: {CHANGED}"),
    "an sdist packed again": (packed_again, rf"{SDIST}: {CHANGED}"),
    "a wheel renamed for another Python": (
        renamed("cp31", "cp30"),
        r"demo-1\.0-cp30\d-cp30\S+: no statement of the evidence names this",
    ),
    "a wheel renamed for another floor": (
        renamed("manylinux2014_x86_64.manylinux_2_17", "manylinux_2_28"),
        "it holds no wheel for manylinux2014_x86_64",
    ),
    "a wheel renamed for another version": (
        renamed("demo-1.0", "demo-1.1"),
        r"demo-1\.1-\S+: no statement of the evidence names this",
    ),
    "a wheel too many": (second_wheel, r"demo-1\.0-cp30\S+: no statement of the evidence names this"),
    "a wheel of one CPU missing": (lost("wheel"), r"no wheel for manylinux\S*aarch64"),
    "the sdist missing": (lost("sdist"), r"WC701 +missing: the sdist"),
    "the evidence of one CPU missing": (lost("statement"), r"aarch64\.whl: no statement of the evidence names this"),
    "the manifest of one CPU missing": (lost("manifest"), r"aarch64\.whl has no manifest of a stage"),
    "evidence that is cut off": (unreadable, r"x86_64-\w+\.json cannot be read as JSON"),
    "evidence for another file name": (stated_for_another_file, rf"{WHEEL}: no statement of the evidence names this"),
    "evidence that contradicts itself": (contradicted, r"2 different hashes of demo-1\.0.*x86_64-another\.json"),
    "evidence of another project": (
        stated("x86_64", project="other"),
        rf"{WHEEL}: .*json is evidence about other 1\.0",
    ),
    "evidence of another version": (stated("x86_64", version="0.9"), rf"{WHEEL}: .*json is evidence about demo 0\.9"),
    "evidence of other sources": (
        stated("x86_64", source="0" * 64),
        r"source 000000000000.*x86_64-\w+\.json|x86_64-.*0{12}",
    ),
    "evidence of no source": (stated_by_all(source=""), r"the evidence is not of one source: .*: no source"),
    "evidence of an older commit, replayed whole": (
        stated_by_all(source="0" * 64),
        r"it is about the sources 0{12}",
    ),
    "evidence of a trial that failed": (
        stated("x86_64", proofs=[]),
        rf"{WHEEL}: the evidence lacks 'smoke' for this wheel on x86_64",
    ),
    "evidence of a trial on another CPU": (
        stated("x86_64", builder={"cpu": "aarch64", "emulated": False}),
        rf"{WHEEL}: the evidence lacks 'smoke' for this wheel on x86_64",
    ),
    "evidence of an emulator where a CPU is demanded": (
        stated("aarch64", builder=EMULATED),
        r"aarch64\.whl: the evidence lacks 'smoke' for this wheel on aarch64 itself",
    ),
}


def test_what_was_handed_over_untouched_passes(sound: Release, tmp_path: Path) -> None:
    handed = sound.copied(tmp_path)
    status, said = handed.gated(handed.bundles(tmp_path / "bundles"))
    assert status == 0, said
    assert "PASS  4 artifacts" in said


@pytest.mark.parametrize(("act", "culprit"), BEFORE.values(), ids=BEFORE)
def test_what_was_changed_on_its_machine_is_refused_by_name(
    sound: Release, tmp_path: Path, act: Act, culprit: str
) -> None:
    handed = sound.copied(tmp_path)
    act(handed)
    refused(*handed.gated(handed.bundles(tmp_path / "bundles")), culprit)


def refused(status: int, said: str, culprit: str) -> None:
    assert status in (1, 2), said
    assert "Traceback" not in said
    assert re.search(culprit, said), said


AFTER: dict[str, tuple[OnTheWay, str]] = {
    "a bundle with one bit flipped": (flipped("aarch64.tar"), r"aarch64\.tar: \S+: damaged: \d+ bytes with sha256"),
    "half a bundle": (halved("aarch64.tar"), r"aarch64\.tar: it is not a readable"),
    "the bundle of one CPU missing": (undelivered("aarch64.tar"), rf"{MISSING}manylinux_2_17_aarch64"),
    "the bundle of one CPU for both": (delivered_for("x86_64.tar", "aarch64.tar"), rf"{MISSING}manylinux_2_17_aarch64"),
    "the bundle of one CPU from another commit": (
        from_older("aarch64"),
        r"aarch64\S*: the binaries are stale: tool\.c",
    ),
    "the sdist of another commit, with its evidence": (
        from_older("sdist"),
        r"the evidence is not of one source: (sdist|.*; source .*: sdist)",
    ),
    "all bundles of another commit": (from_older("sdist", "x86_64", "aarch64"), r"the binaries are stale: tool\.c"),
    "two wheels of one name": (
        second_of_one_name,
        rf"dist/{WHEEL}: another bundle holds a different file of this name",
    ),
    "a path that leaves the project": (
        with_member("macos.tar", "../evil.py"),
        r"macos\.tar: \.\./evil\.py: the path leaves the project",
    ),
    "a link in a bundle": (
        with_member("macos.tar", "dist/x.whl", "/etc/passwd"),
        r"macos\.tar: .*dist/x\.whl is no regular file",
    ),
    "a wheel left over from an earlier run": (left_over(BUILT), rf"dist/{WHEEL}: a different file is already there"),
    "a wheel of another version left over": (
        left_over("demo-0.9-py3-none-any.whl"),
        r"demo-0\.9-py3-none-any\.whl has no manifest of a stage",
    ),
    "a wheel for macOS that no bundle lists": (brought_without_bundle, rf"{MACOS} has no manifest of a stage"),
    "a file that is no part of a release": (
        left_over("setup.exe", b"MZ"),
        r"WC702 +is neither a wheel nor an sdist.*\n +in .*setup\.exe",
    ),
}


@pytest.mark.parametrize(("act", "culprit"), AFTER.values(), ids=AFTER)
def test_what_was_changed_on_its_way_is_refused_by_name(
    sound: Release, older: Release, tmp_path: Path, act: OnTheWay, culprit: str
) -> None:
    handed = sound.copied(tmp_path)
    bundles = handed.bundles(tmp_path / "bundles")
    act(handed, older, bundles)
    refused(*handed.gated(bundles), culprit)


def test_a_release_for_a_tag_of_another_version_is_refused_by_name(sound: Release, tmp_path: Path) -> None:
    handed = sound.copied(tmp_path)
    tag = {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v9.9"}
    refused(
        *handed.gated(handed.bundles(tmp_path / "bundles"), **tag), r"its version is 1\.0, but the git tag says 9\.9"
    )
