from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, an_sdist
from tests.support.twins import Silent, Twins, findings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe


TOP = "demo-1.0"
TOOL_PACKAGE = '[[package]]\nname = "tool"\nversion = "1.0.0"\n'
TOOL = "rust/tool/Cargo.toml"
MAIN = File("rust/tool/src/main.rs", b"fn main() {}\n")
WORKSPACE = '[workspace]\nmembers = ["native"]\n'
BOTH = '[workspace]\nmembers = ["native", "tool"]\n'


def package(name: str, more: str = "", version: str = '"1.0.0"') -> bytes:
    return f'[package]\nname = "{name}"\nversion = {version}\n{more}'.encode()


def workspace(root: str, tool: bytes = package("tool"), *files: File) -> SdistRecipe:
    """An sdist whose workspace is in rust/, with the packages `native` and `tool`."""
    crates = File("rust/Cargo.toml", root.encode()), File("rust/native/Cargo.toml", package("native"))
    return an_sdist(*crates, File(TOOL, tool), *files)


def lock(version: str) -> File:
    return File("Cargo.lock", f"version = 4\n\n{TOOL_PACKAGE}".replace("1.0.0", version).encode())


def locked_example(version: str) -> SdistRecipe:
    folder = "examples/x"
    packed = File(f"{folder}/Cargo.lock", lock(version).content)
    return an_sdist(File(f"{folder}/Cargo.toml", package("tool")), File(f"{folder}/src/lib.rs"), packed)


def orphan(sentence: str, bad: SdistRecipe, good: SdistRecipe, *, warning: bool = False) -> Twins:
    found = "demo-1.0/rust/Cargo.toml does not list the package among its members"
    severity = "warning" if warning else "error"
    return Twins("WC604", sentence, bad, good, found, (f"{TOP}/{TOOL}",), severity=severity)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "row",
    [
        orphan(
            "an executable that the rewritten workspace forgot, as in roar-cli 0.3.0",
            workspace(WORKSPACE, package("tool"), MAIN),
            workspace(BOTH, package("tool"), MAIN),
        ),
        orphan(
            "a C library, unless it is excluded",
            workspace(WORKSPACE, package("tool", '[lib]\ncrate-type = ["cdylib"]\n')),
            workspace(f'{WORKSPACE}exclude = ["tool"]\n', package("tool", '[lib]\ncrate-type = ["cdylib"]\n')),
        ),
        orphan(
            "a declared executable, unless its package is a workspace of its own",
            workspace(WORKSPACE, package("tool", '[[bin]]\nname = "t"\n'), MAIN),
            workspace(WORKSPACE, package("tool", '[[bin]]\nname = "t"\n[workspace]\n'), MAIN),
        ),
        orphan(
            "a package that gives nothing is a warning",
            workspace(WORKSPACE),
            workspace('[workspace]\nmembers = ["*"]\n'),
            warning=True,
        ),
    ],
    ids=str,
)
def test_every_crate_belongs_to_its_workspace(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    ("tool", "built"),
    [
        (package("tool"), "this package"),
        (package("tool", '[[bin]]\nname = "t"\n'), "t"),
        (package("tool", '[[bin]]\nname = "t"\n[[bin]]\nname = "u"\n'), "t, u"),
    ],
    ids=["nothing", "one program", "two"],
)
def test_a_package_outside_its_workspace_is_named_by_its_programs(tool: bytes, built: str, tmp_path: Path) -> None:
    (found,) = findings(workspace(WORKSPACE, tool), "WC604", tmp_path / "dist")
    why = "demo-1.0/rust/Cargo.toml does not list the package among its members"
    assert found.message == f"cargo refuses to build {built}: {why}"


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC604",
            "a path dependency of a member is a member",
            an_sdist(
                File("rust/Cargo.toml", WORKSPACE.encode()),
                File("rust/native/Cargo.toml", package("native", '[dependencies]\ntool = { path = "../tool" }\n')),
                File(TOOL, package("tool")),
                MAIN,
            ),
        ),
        Silent(
            "WC604",
            "a vendored crate",
            workspace(WORKSPACE, package("tool"), MAIN, File("rust/tool/.cargo-checksum.json")),
        ),
        Silent(
            "WC604", "a package that stands alone", an_sdist(File("Cargo.toml", package("tool")), File("src/main.rs"))
        ),
        Silent("WC605", "an example's lock file", locked_example("0.9.0")),
        Silent(
            "WC604",
            "an example",
            an_sdist(
                File("rust/Cargo.toml", WORKSPACE.encode()),
                File("rust/native/Cargo.toml", package("native")),
                File("rust/examples/x/Cargo.toml", package("x")),
                File("rust/examples/x/src/main.rs"),
            ),
        ),
    ],
    ids=str,
)
def test_packages_that_cargo_accepts_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def locked(version: str, crate: bytes = package("tool")) -> SdistRecipe:
    return an_sdist(File("Cargo.toml", crate), File("src/lib.rs"), lock(version))


INHERITED = package("tool", '[workspace.package]\nversion = "1.0.0"\n', "{ workspace = true }")


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC605",
            "a lock file of the version before",
            locked("0.9.0"),
            locked("1.0.0"),
            "lacks tool 1.0.0, which demo-1.0/Cargo.toml declares",
            (f"{TOP}/Cargo.lock",),
            severity="warning",
        ),
        Twins(
            "WC605",
            "a version that the workspace gives",
            locked("0.9.0", INHERITED),
            locked("1.0.0", INHERITED),
            "lacks tool 1.0.0",
            (f"{TOP}/Cargo.lock",),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_the_lock_file_holds_every_package_of_its_workspace(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


RENAMED = (
    "[dependencies]\njson = { workspace = true }\n"
    '[workspace.dependencies]\njson = { package = "serde", version = "1" }\n'
)
SERDE = '[[package]]\nname = "serde"\nversion = "1.0.0"\nsource = "registry+x"\n'


def with_lock(crate: bytes, *packages: str) -> SdistRecipe:
    """An sdist of the crate `tool` whose lock file lists it with these lines, and these packages behind it."""
    held = "\n".join((f"version = 4\n\n{TOOL_PACKAGE}", *packages)).encode()
    return an_sdist(File("Cargo.toml", crate), File("src/lib.rs"), File("Cargo.lock", held))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC605",
            "a dependency that was added after the lock file",
            with_lock(package("tool", '[dependencies]\nserde = "1"\n')),
            with_lock(package("tool", '[dependencies]\nserde = "1"\n'), SERDE),
            "lacks serde, which demo-1.0/Cargo.toml declares",
            (f"{TOP}/Cargo.lock",),
            severity="warning",
        ),
        Twins(
            "WC605",
            "a renamed dependency that the workspace gives",
            with_lock(package("tool", RENAMED)),
            with_lock(package("tool", RENAMED), SERDE),
            "lacks serde",
            (f"{TOP}/Cargo.lock",),
            severity="warning",
        ),
        Twins(
            "WC620",
            "packages that only a crate needed which is not in the sdist",
            with_lock(package("tool"), 'dependencies = ["serde"]', SERDE, SERDE.replace("serde", "left")),
            with_lock(package("tool"), 'dependencies = ["serde"]', SERDE),
            "lists left 1.0.0, which nothing here needs",
            (f"{TOP}/Cargo.lock",),
            severity="note",
        ),
        Twins(
            "WC620",
            "the older of two versions",
            with_lock(package("tool"), 'dependencies = ["serde 1.0.0"]', SERDE, SERDE.replace("1.0.0", "0.9.0")),
            with_lock(
                package("tool"),
                'dependencies = ["serde 0.9.0 (registry+x)", "serde 1.0.0"]',
                SERDE,
                SERDE.replace("1.0.0", "0.9.0"),
            ),
            "lists serde 0.9.0",
            (f"{TOP}/Cargo.lock",),
            severity="note",
        ),
    ],
    ids=str,
)
def test_the_lock_file_holds_what_its_workspace_needs_and_nothing_else(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC620", "a crate of another folder", with_lock(package("tool"), TOOL_PACKAGE.replace("tool", "left"))),
        Silent("WC620", "a lock file that is no TOML", with_lock(package("tool"), "[[")),
    ],
    ids=str,
)
def test_what_cargo_takes_out_of_a_lock_file_without_complaint_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    ("left", "code"),
    [("", 0), (TOOL_PACKAGE.replace("tool", "left"), 0), (SERDE.replace("+x", "+https://example.invalid/index"), 101)],
)
def test_cargo_itself_refuses_only_a_registry_package_that_nothing_needs(tmp_path: Path, left: str, code: int) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/lib.rs").touch()
    (tmp_path / "Cargo.toml").write_bytes(package("tool", 'edition = "2021"\n'))
    (tmp_path / "Cargo.lock").write_text(f"version = 3\n\n{TOOL_PACKAGE}\n{left}")
    command = ["cargo", "metadata", "--locked", "--offline", "--format-version", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr


LIB = '[lib]\ncrate-type = ["cdylib"]\n'
TARGETS = {
    "a library": (LIB, "src/lib.rs", "declares the library tool, whose source src/lib.rs"),
    "a library elsewhere": ('[lib]\npath = "core/tool.rs"\n', "core/tool.rs", "whose source core/tool.rs"),
    "a program": ('[[bin]]\nname = "run"\n', "src/bin/run.rs", "declares the program run, whose source src/bin/run.rs"),
    "a program in a folder": ('[[bin]]\nname = "run"\n', "src/bin/run/main.rs", "declares the program run"),
    "a program elsewhere": ('[[bin]]\nname = "run"\npath = "run.rs"\n', "run.rs", "whose source run.rs"),
    "the program of the package": ('[[bin]]\nname = "tool"\n', "src/main.rs", "declares the program tool"),
}


def targets(more: str, *files: str) -> SdistRecipe:
    return an_sdist(File("Cargo.toml", package("tool", more)), *(File(path) for path in ("src/other.rs", *files)))


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins("WC622", sentence, targets(more), targets(more, source), found, (f"{TOP}/Cargo.toml",))
            for sentence, (more, source, found) in TARGETS.items()
        ),
        Twins(
            "WC622",
            "a build script",
            an_sdist(File("Cargo.toml", package("tool", 'build = "make.rs"\n')), File("src/lib.rs")),
            an_sdist(File("Cargo.toml", package("tool", 'build = "make.rs"\n')), File("src/lib.rs"), File("make.rs")),
            "declares the build script, whose source make.rs",
            (f"{TOP}/Cargo.toml",),
        ),
        Twins(
            "WC622",
            "a library of a member",
            workspace(BOTH, package("tool", LIB)),
            workspace(BOTH, package("tool", LIB), File("rust/tool/src/lib.rs")),
            "declares the library tool",
            (f"{TOP}/{TOOL}",),
        ),
        Twins(
            "WC622",
            "a crate deep inside, which nothing says that cargo builds",
            an_sdist(File("lib/skia/vello/Cargo.toml", package("vello", LIB)), File("lib/skia/vello/y.rs")),
            an_sdist(File("lib/skia/vello/Cargo.toml", package("vello", LIB)), File("lib/skia/vello/src/lib.rs")),
            "declares the library vello",
            (f"{TOP}/lib/skia/vello/Cargo.toml",),
            "warning",
        ),
        Silent("WC622", "what cargo finds by itself", targets("", "src/lib.rs", "src/main.rs")),
        Silent("WC622", "a program that needs a feature", targets('[[bin]]\nname = "x"\nrequired-features = ["y"]\n')),
        Silent(
            "WC622",
            "a crate of the examples",
            an_sdist(File("examples/x/Cargo.toml", package("x", LIB)), File("examples/x/y.rs")),
        ),
    ],
    ids=str,
)
def test_cargo_finds_each_target(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(("more", "source"), [(more, source) for more, source, _ in TARGETS.values()])
def test_cargo_itself_refuses_a_target_without_its_source(tmp_path: Path, more: str, source: str) -> None:
    (tmp_path / "Cargo.toml").write_bytes(package("tool", f'edition = "2021"\n{more}'))
    command = ["cargo", "check", "--offline", "--quiet"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0
    place = tmp_path / source
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("fn main() {}\n" if "bin" in more else "")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
