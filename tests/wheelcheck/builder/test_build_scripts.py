"""Build scripts that warn instead of failing, and the files that they must have made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.crates import probe
from tests.support.native import native
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = """
[[tool.wheelcheck.outputs]]
package = "probe"
path = "made/helper"
kind = "executable"
"""
# As a crate does that embeds a helper: made by another compiler, and empty if that is missing.
MAKES = """
fn main() {
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR").unwrap()).join("made");
    std::fs::create_dir_all(&out).unwrap();
    if let Ok(made) = std::fs::read("helper") { std::fs::write(out.join("helper"), made).unwrap(); }
    println!("cargo:rerun-if-changed=helper");
}
"""


def build_of(folder: Path, script: str, more: str = "", cpu: str = "x86_64") -> Build:
    return Build.of(probe(folder, script=script, more=more), find(cpu), lambda _: None)


@pytest.mark.parametrize(
    ("line", "news"),
    [
        ("cargo:warning=using an empty stub", True),
        ("cargo::warning=BPF build failed (exit 101)", True),
        ("cargo:warning=cannot compile the helper: tests will be SKIPPED", True),
        ("cargo:warning=clang was not found", True),
        ("cargo:warning=built from /x/probe.o (1032 bytes)", False),
        ("cargo:warning=stubborn bytes, unfailing", False),
        ("cargo:rustc-cfg=stub", False),
        ("a failure on standard output", False),
    ],
)
def test_a_build_script_that_warns_of_a_stub_or_a_failure_stops_the_build(
    tmp_path: Path, line: str, *, news: bool
) -> None:
    build = build_of(tmp_path / "p", f'fn main() {{ println!("{line}"); }}')
    for _ in range(2):  # cargo does not run the script again
        if not news:
            assert build.build().manifest.files
            continue
        with pytest.raises(BuildError, match=r"the build script of probe: it warned: .*; fix the cause, or accept"):
            build.build()
        assert not build.stage_folder.exists()


def test_a_warning_that_the_project_accepts_does_not_stop_it_and_no_other_is_accepted(tmp_path: Path) -> None:
    script = """fn main() {
        println!("cargo:warning=cannot compile tests/helper");
        if std::path::Path::new("worse").exists() { println!("cargo:warning=cannot compile anything"); }
        println!("cargo:rerun-if-changed=worse");
    }"""
    build = build_of(tmp_path / "p", script, '[tool.wheelcheck.build]\naccept-warnings = ["^cannot compile tests/"]\n')
    assert build.build().manifest.files
    (tmp_path / "p" / "worse").touch()
    with pytest.raises(BuildError, match="it warned: cannot compile anything"):
        build.build()


def test_an_output_that_is_as_declared_passes_and_a_broken_one_does_not(tmp_path: Path) -> None:
    build = build_of(tmp_path / "p", MAKES, OUTPUT)
    helper = tmp_path / "p" / "helper"
    with pytest.raises(BuildError, match="output made/helper of probe: the build script wrote no file made/helper"):
        build.build()
    bad = {
        "not native code: 0 bytes": b"",
        "it is code for aarch64, not for x86_64": native("aarch64"),
        "it is a native library, but declared as a native executable": native("x86_64", "library"),
    }
    for message, content in bad.items():
        helper.write_bytes(content)
        with pytest.raises(BuildError, match=f"output made/helper of probe: {message}"):
            build.build()
    helper.write_bytes(native("x86_64"))
    assert build.build().manifest.files
    assert build.staged().manifest.files


def test_an_output_of_a_package_without_a_build_script_is_an_error(tmp_path: Path) -> None:
    build = build_of(tmp_path / "p", "", OUTPUT)
    with pytest.raises(BuildError, match="output made/helper of probe: cargo ran no build script of this package"):
        build.build()


def test_an_output_that_is_added_to_the_configuration_makes_the_stage_stale(tmp_path: Path) -> None:
    build = build_of(tmp_path / "p", MAKES)
    (tmp_path / "p" / "helper").write_bytes(native("x86_64"))
    build.build()
    file = tmp_path / "p" / "pyproject.toml"
    file.write_text(file.read_text() + OUTPUT)
    with pytest.raises(BuildError, match="what is to be built has changed in the configuration"):
        Build.of(tmp_path / "p", find("x86_64")).staged()
