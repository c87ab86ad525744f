from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import artifacts
from wheelcheck.facts.cargo_manifests import Reference, references

CARGO = "demo-1.0/rust/Cargo.toml"
SETUP = "demo-1.0/setup.py"
PYPROJECT = "demo-1.0/pyproject.toml"


def targets(path: str, text: str, **others: str) -> list[str]:
    """Return what one file of an sdist points at."""
    found = references(artifacts.sdist(texts={path: text, **others}))
    assert {reference.origin for reference in found} <= {path, *others}
    return [reference.target for reference in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[dependencies]\na = { path = "../a" }\n', ["demo-1.0/a/Cargo.toml"]),
        ('[dependencies.a]\npath = "a"\n', ["demo-1.0/rust/a/Cargo.toml"]),
        ('[dev-dependencies]\na = { path = "." }\n', ["demo-1.0/rust/Cargo.toml"]),
        ('[build-dependencies]\na = { path = "../../.." }\n', ["../Cargo.toml"]),
        ('[target."cfg(unix)".dependencies]\na = { path = "/opt/a" }\n', ["/opt/a/Cargo.toml"]),
        (
            '[workspace]\nmembers = ["a", "crates/*", "b[12]", 3]\n',
            [f"demo-1.0/rust/{spelled}/Cargo.toml" for spelled in ("a", "b[12]", "crates/*")],
        ),
        ('[dependencies]\na = "1.0"\nb = { version = "1" }\nc = { path = 3 }\n', []),
        ("[workspace]\nmembers = 3\n", []),
        ('[workspace]\nmembers = "crates"\n', []),
        ("dependencies = 3\ntarget = []\nworkspace = 1\n", []),
        ("not TOML", []),
    ],
)
def test_a_cargo_manifest_points_at_path_dependencies_and_members(text: str, found: list[str]) -> None:
    assert targets(CARGO, text) == found


def test_a_shared_dependency_counts_where_a_crate_inherits_it() -> None:
    root = '[workspace.dependencies]\na = { path = "a" }\nb = { path = "b" }\n'
    crate = "[dependencies]\na = { workspace = true }\n"
    assert targets(CARGO, root) == []
    assert targets(CARGO, root, **{"demo-1.0/rust/x/Cargo.toml": crate}) == ["demo-1.0/rust/a/Cargo.toml"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[tool.maturin]\nmanifest-path = "rust/Cargo.toml"\n', ["demo-1.0/rust/Cargo.toml"]),
        ('[tool.maturin]\nmanifest-path = "../Cargo.toml"\n', ["Cargo.toml"]),
        ('[[tool.setuptools-rust.ext-modules]]\npath = "a/Cargo.toml"\n', ["demo-1.0/a/Cargo.toml"]),
        ('[[tool.setuptools-rust.bins]]\npath = "b/Cargo.toml"\n', ["demo-1.0/b/Cargo.toml"]),
        ("[tool.maturin]\nmanifest-path = 3\n[tool.setuptools-rust]\nbins = 3\next-modules = [3]\n", []),
        ("tool = 3\n", []),
    ],
)
def test_a_pyproject_points_at_the_manifests_of_its_backend(text: str, found: list[str]) -> None:
    assert targets(PYPROJECT, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('RustExtension("a", "a/Cargo.toml")', ["a"]),
        ('RustExtension("a", path="a/Cargo.toml", debug=False)', ["a"]),
        ('RustBin("a", r"a/Cargo.toml",)', ["a"]),
        ("setuptools_rust.RustBin('a', u'a/Cargo.toml')", ["a"]),
        ('x = [RustExtension("a", "a/Cargo.toml"), RustBin("b", path = "b/Cargo.toml")]', ["a", "b"]),
        ('RustExtension({"a": "b, (c"}, "a/Cargo.toml")', ["a"]),
        ('RustExtension(\n  "a",  # the name\n  "a/Cargo.toml",  # ")"\n)', ["a"]),
        ('"""it\'s"""\nRustExtension("""a""", "a/Cargo.toml")', ["a"]),
        ('x = "\\""; RustExtension("a", "a/Cargo.toml")', ["a"]),
        ('print "Python 2"\nRustExtension("a", "a/Cargo.toml")', ["a"]),
        ('# RustExtension("a", "a/Cargo.toml")', []),
        ('"""RustExtension("a", "a/Cargo.toml")"""', []),
        ('x = \'RustExtension("a", "a/Cargo.toml")\'', []),
        ('OtherExtension("a", "a/Cargo.toml")', []),
        ('RustExtension("a", f"{here}/Cargo.toml")', []),
        ('RustExtension("a", os.path.join("a", "Cargo.toml"))', []),
        ('RustExtension("a", "a" + "/Cargo.toml")', []),
        ('RustExtension("a", path=here)', []),
        ('RustExtension("a")', []),
        ("RustExtension()", []),
        ('RustExtension("a", other="a/Cargo.toml")', []),
        ('RustExtension("a", "a/Cargo.toml', []),
        ("RustExtension(", []),
        (")))]]]", []),
        ("", []),
    ],
)
def test_a_setup_py_points_at_the_literal_paths_of_its_extensions(text: str, found: list[str]) -> None:
    assert targets(SETUP, text) == [f"demo-1.0/{name}/Cargo.toml" for name in found]


def test_a_reference_tells_where_it_stands_and_how_it_is_spelled() -> None:
    (found,) = references(artifacts.sdist(texts={SETUP: 'RustBin("a", "./a/../b/Cargo.toml")'}))
    assert found == Reference(SETUP, "./a/../b/Cargo.toml", "demo-1.0/b/Cargo.toml")


def test_other_files_point_at_nothing() -> None:
    assert targets("demo-1.0/setup.cfg", '[dependencies]\na = { path = "../a" }\n') == []


# A file of 1 MiB each, that ends `ast.parse` of some Python (a crash, gigabytes) or makes tomllib quadratic.
HOSTILE = {
    "attributes": (SETUP, "x" + ".a" * 2**19),
    "sums": (SETUP, "x=" + "+".join("1" * 2**19)),
    "names": (SETUP, "a\n" * 2**19),
    "calls": (SETUP, "RustBin(" * 2**17),
    "arguments": (SETUP, "RustBin(" + "a," * 2**19),
    "quotes": (SETUP, "'" * 2**20),
    "escapes": (SETUP, '"""' + '\\"""' * 2**18),
    "dotted keys": (CARGO, "a" + ".a" * 2**19 + "=1"),
    "tables": (CARGO, "[a" + ".a" * 2**19 + "]"),
    "arrays": (CARGO, "a=" + "[" * 2**20),
}
READ = """
import json, resource, sys
from tests.support import artifacts
from wheelcheck.facts.cargo_manifests import references
path, text = sys.argv[1], sys.stdin.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(len(references(artifacts.sdist(texts={path: text}))), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.posix
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_manifest_is_read_in_little_memory_and_crashes_nothing(name: str) -> None:
    path, text = HOSTILE[name]
    command = [sys.executable, "-c", READ, path]
    root = Path(__file__).parents[3]
    done = subprocess.run(command, cwd=root, input=text, capture_output=True, text=True, check=True, timeout=30)
    found, kilobytes = map(int, done.stdout.split())
    assert found == 0
    assert kilobytes < 128 * 1024
