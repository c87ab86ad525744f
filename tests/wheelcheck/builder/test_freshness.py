from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.commandline import build as main
from tests.support.crates import committed, git, hatch_probe, packed_probe, probe, write
from tests.support.reference import TOOL
from wheelcheck.builder import handover, sources
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.verify import verify

if TYPE_CHECKING:
    from pathlib import Path


def checked(build: Build) -> int:
    return main(["build", "--check", "--project", str(build.settings.project)])


def test_a_stage_of_the_sources_as_they_are_is_fresh_and_nothing_is_built(
    build: Build, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert checked(build) == 0
    count = len(build.settings.release.payload)
    assert capsys.readouterr().out.startswith(f"fresh: {count} files for {build.target.zigbuild} from sources ")


def source(build: Build) -> Path:
    return next(build.settings.workspace.rglob("main.rs"))


def touched(build: Build) -> None:
    source(build).touch()


def edited(build: Build) -> None:
    source(build).write_text(source(build).read_text() + "// new\n")


def relocked(build: Build) -> None:
    lock = build.settings.workspace / "Cargo.lock"
    lock.write_text(lock.read_text() + "\n")


def refloored(build: Build) -> None:
    file = build.settings.project / "pyproject.toml"
    file.write_text(file.read_text().replace('glibc = "2.17"', 'glibc = "2.28"'))


def swapped(build: Build) -> None:
    (build.stage_folder / "tree" / TOOL).write_bytes(b"")


def test_a_new_date_without_new_content_leaves_the_stage_fresh(build: Build) -> None:
    touched(build)
    assert checked(build) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edited, "the binaries are stale"),
        (relocked, "the binaries are stale"),
        (refloored, "the manifest of the stage cannot be read"),
        (swapped, f"{TOOL}: not native code: 0 bytes"),
    ],
)
def test_a_stage_of_other_sources_lock_floor_or_bytes_is_not_fresh_and_says_why(
    build: Build, capsys: pytest.CaptureFixture[str], change: object, said: str
) -> None:
    assert callable(change)
    change(build)
    assert checked(build) == 1
    assert said in capsys.readouterr().err


def checked_in(project: Path) -> int:
    return main(["build", "--check", "--project", str(project)])


def test_a_change_in_a_module_called_target_makes_the_stage_stale_and_stops_wheel_and_release(tmp_path: Path) -> None:
    project = packed_probe(tmp_path / "probe", main='mod target; fn main() { println!("{}", target::NAME) }')
    write(project, "src/target/mod.rs")
    (project / "src/target/mod.rs").write_text('pub const NAME: &str = "OLD";')
    (project / ".gitignore").write_text("/build/wheelcheck/\n/dist/\n")
    committed(project)
    build = Build.of(project)
    build.build()
    build.sdist()
    build.wheels()
    assert checked_in(project) == 0
    assert len(verify(project, {})) == 1
    (project / "src/target/mod.rs").write_text('pub const NAME: &str = "NEW";')
    git(project, "commit", "-qam", "new")
    build.sdist()
    assert checked_in(project) == 1
    with pytest.raises(BuildError, match=r"binaries are stale: src/target/mod.rs has changed; run .*build build"):
        build.wheels()
    with pytest.raises(BuildError, match=r"binaries are stale: src/target/mod.rs has changed"):
        verify(project, {})
    build.build()
    (wheel,) = build.wheels()
    assert (checked_in(project), verify(project, {})) == (0, (f"as staged: {wheel.name}",))


MAIN = """
mod target;
include!("generated.in");
include!(concat!(env!("OUT_DIR"), "/out.rs"));
fn main() { println!("{}{}{}{}{}", target::NAME, common::TEXT, include_str!("../../assets/a b.txt"), IN, OUT); }
"""
SCRIPT = """
fn main() {
    println!("cargo:rerun-if-changed=../csrc/absent.h");
    println!("cargo:rerun-if-changed=../csrc/present.h");
    println!("cargo:rerun-if-changed=data");
    let out = std::path::Path::new(&std::env::var("OUT_DIR").unwrap()).join("out.rs");
    std::fs::write(out, "const OUT: u8 = 1;").unwrap();
}
"""


def scattered(folder: Path) -> Path:
    """Write a project whose crate is in `rust`, with a build script, and whose other sources are all over the place."""
    project = probe(folder, more='[tool.wheelcheck.build]\nworkspace = "rust"\n')
    (project / "rust").mkdir()
    for name in ("src", "Cargo.toml", "Cargo.lock"):
        (project / name).rename(project / "rust" / name)
    texts = {
        "rust/build.rs": SCRIPT,
        "rust/src/main.rs": MAIN,
        "rust/src/target/mod.rs": 'pub const NAME: &str = "OLD";',
        "rust/src/generated.in": "const IN: u8 = 1;",
        "rust/data/x": "",
        "assets/a b.txt": "text",
        "csrc/present.h": "",
        "../common/Cargo.toml": '[package]\nname = "common"\nversion = "0.1.0"\nedition = "2021"\n',
        "../common/src/lib.rs": 'pub const TEXT: &str = include_str!("../build/text.txt");',
        "../common/build/text.txt": "OLD",
        ".gitignore": "/build/\n/rust/src/generated.in\n",
    }
    for name, text in texts.items():
        write(project, name)
        (project / name).write_text(text)
    with (project / "rust/Cargo.toml").open("a") as manifest:
        manifest.write('[dependencies]\ncommon = { path = "../../common" }\n')
    lock = 'version = 3\n[[package]]\nname = "common"\nversion = "0.1.0"\n'
    (project / "rust/Cargo.lock").write_text(
        f'{lock}[[package]]\nname = "probe"\nversion = "0.1.0"\ndependencies = ["common"]\n'
    )
    return project


@pytest.fixture(scope="module", params=["no git", "git"])
def staged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The scattered project, built."""
    project = scattered(tmp_path_factory.mktemp("scattered") / "project")
    if request.param == "git":
        committed(project)
    build = Build.of(project)
    build.build()
    return build


CHANGES = (
    "rust/src/target/mod.rs",
    "rust/src/generated.in",  # which git ignores
    "rust/build.rs",
    "rust/data/x",
    "rust/data/new",
    "rust/Cargo.lock",
    "rust/src/new.rs",
    "rust/.cargo/config.toml",
    ".cargo/config.toml",
    "rust-toolchain.toml",
    "assets/a b.txt",
    "assets/new.txt",
    "csrc/present.h",
    "csrc/absent.h",
    "csrc/not-named-by-the-build-script.c",
    "../common/src/lib.rs",
    "../common/build/text.txt",
    "../common/src/new.rs",
    "../common/Cargo.toml",
)


@pytest.mark.parametrize("name", CHANGES)
def test_any_file_that_a_build_reads_or_would_read_makes_the_stage_stale(
    staged: Build, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = staged.settings.project / name
    before = file.read_bytes() if file.exists() else None
    try:
        write(staged.settings.project, name)
        assert checked_in(staged.settings.project) == 1
        word = "is new" if before is None else "has changed"
        assert f"the binaries are stale: {name} {word}; run" in capsys.readouterr().err
        file.unlink()
        assert checked_in(staged.settings.project) == (1 if before is not None else 0)
    finally:
        file.unlink(missing_ok=True)
        if before is not None:
            file.write_bytes(before)
    assert checked_in(staged.settings.project) == 0


def test_a_renamed_source_makes_the_stage_stale(staged: Build) -> None:
    file = staged.settings.project / "rust/src/target/mod.rs"
    file.rename(file.with_name("other.rs"))
    assert checked_in(staged.settings.project) == 1
    file.with_name("other.rs").rename(file)
    assert checked_in(staged.settings.project) == 0


@pytest.mark.parametrize(
    "name",
    ["build/x.log", "dist/probe-1.0.tar.gz", "rust/out/CACHEDIR.TAG", "__pycache__/x.pyc"],
)
def test_what_tools_write_leaves_the_stage_fresh(staged: Build, name: str) -> None:
    if name == "build/x.log" and not (staged.settings.project / ".git").exists():
        pytest.skip("only git knows that build/x.log is ignored")
    write(staged.settings.project, name)
    if name.endswith("CACHEDIR.TAG"):
        (staged.settings.project / name).write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
        write(staged.settings.project, "rust/out/release/main.rs")
    assert checked_in(staged.settings.project) == 0


def test_what_is_packed_into_the_project_leaves_the_stage_fresh(staged: Build) -> None:
    project = staged.settings.project
    write(project, "dist/probe-1.0.tar.gz")
    handover.pack(project, project / "bundles" / "sdist.tar", "dist/*.tar.gz")
    assert checked_in(project) == 0


@pytest.mark.parametrize(
    "change",
    [
        ('path = "probe/bin/probe"', 'path = "probe/bin/other"'),
        ('workspace = "rust"', 'workspace = "rust"\ndefault-features = false'),
        ('workspace = "rust"', 'workspace = "rust"\nfeatures = ["loud"]'),
        ('kind = "executable"', 'kind = "library"'),
    ],
)
def test_another_recipe_makes_the_stage_stale(
    staged: Build, change: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = staged.settings.project / "pyproject.toml"
    before = file.read_text()
    file.write_text(before.replace(*change))
    assert checked_in(staged.settings.project) == 1
    assert "what is to be built has changed in the configuration" in capsys.readouterr().err
    file.write_text(before)
    assert checked_in(staged.settings.project) == 0


def test_a_source_that_changes_while_it_is_compiled_stops_the_build(tmp_path: Path) -> None:
    script = 'fn main() { std::fs::write("src/late.rs", std::env::var("OUT_DIR").unwrap()).unwrap(); }'
    project = write(probe(tmp_path / "probe", script=script), "src/late.rs")
    with pytest.raises(BuildError, match=r"src/late.rs: this source changed while it was being compiled; build again"):
        Build.of(project).build()


def test_a_crate_above_the_project_counts_and_what_wheelcheck_writes_below_it_does_not(tmp_path: Path) -> None:
    crate = probe(tmp_path / "crate")
    (crate / "src/lib.rs").write_text("")
    project = probe(crate / "python")
    for name in ("pyproject.toml", "Cargo.toml"):
        file = project / name
        file.write_text(file.read_text().replace('name = "probe"', 'name = "tool"'))
    with (project / "Cargo.toml").open("a") as manifest:
        manifest.write('[dependencies]\nprobe = { path = ".." }\n')
    lock = '[[package]]\nname = "tool"\nversion = "0.1.0"\ndependencies = ["probe"]\n'
    with (project / "Cargo.lock").open("a") as file_:
        file_.write(lock)
    Build.of(project).build()
    write(project, "dist/tool-1.0.tar.gz")
    assert checked_in(project) == 0
    write(crate, "src/new.rs")
    assert checked_in(project) == 1


def test_a_header_that_a_c_source_includes_from_another_folder_makes_the_stage_stale(tmp_path: Path) -> None:
    table = '[[tool.wheelcheck.payload]]\nname = "t"\nkind = "object"\npath = "probe/t.o"\nsource = "bpf/t.bpf.c"\n'
    project = packed_probe(tmp_path / "probe", more=table)
    code = '#include "../shared/a b.h"\n__attribute__((section("tracepoint"))) int f(void *at) { return ANSWER; }\n'
    for name, text in (("bpf/t.bpf.c", code), ("shared/a b.h", "#define ANSWER 42\n")):
        write(project, name)
        (project / name).write_text(text)
    (project / "build").mkdir()
    Build.of(project).build()
    assert checked_in(project) == 0
    (project / "shared/a b.h").write_text("#define ANSWER 43\n")
    assert checked_in(project) == 1


def test_a_wheel_is_not_built_from_an_sdist_without_a_file_that_was_read(tmp_path: Path) -> None:
    project = hatch_probe(tmp_path / "probe", main='fn main() { println!(include_str!("../texts/said.txt")) }')
    write(project, "texts/said.txt")
    file = project / "pyproject.toml"
    file.write_text(f'{file.read_text()}[tool.hatch.build.targets.sdist]\nexclude = ["texts"]\n')
    build = Build.of(project)
    build.build()
    build.sdist()
    with pytest.raises(BuildError, match=r"missing or different: texts/said.txt"):
        build.wheels()


WRITER = """
fn main() {
    std::fs::write("src/generated.rs", "pub const N: u8 = 1;").unwrap();
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out}/own.rs"), "pub const M: u8 = 2;").unwrap();
    if !std::path::Path::new("helper").exists() { std::fs::write("helper", "by the build").unwrap(); }
    println!("cargo:rerun-if-changed=build.rs");
}
"""


@pytest.mark.parametrize("ignored", ["", "helper\nsrc/generated.rs\n"], ids=["new to git", "ignored by git"])
def test_what_a_build_script_writes_into_the_tree_is_no_source(tmp_path: Path, ignored: str) -> None:
    own = 'include!(concat!(env!("OUT_DIR"), "/own.rs"));\n'
    main = f'{own}include!("generated.rs");\nfn main() {{ println!("{{N}} {{M}}"); }}'
    project = packed_probe(tmp_path / "p", main=main)
    (project / "build.rs").write_text(WRITER)
    (project / ".gitignore").write_text(f"build/\ndist/\n{ignored}")
    lines: list[str] = []
    build = Build.of(committed(project), log=lines.append)
    first = build.build().manifest
    assert bool(ignored) != any("the build wrote helper into the sources" in line for line in lines)
    assert not any("own.rs into the sources" in line for line in lines)
    assert build.build().manifest.inputs == first.inputs
    assert checked(build) == 0
    (project / "helper").write_text("by another build")
    assert checked(build) == 0
    elsewhere = tmp_path / "elsewhere"
    git(tmp_path, "clone", "-q", str(project), str(elsewhere))
    assert first.inputs.contradiction(first.inputs.now(elsewhere, first.inputs.recipe)) == ""
    git(project, "add", "--force", "helper")
    build.build()
    (project / "helper").write_text("by hand")
    assert checked(build) == 1


def test_what_a_build_script_writes_is_no_source_outside_git_either(tmp_path: Path) -> None:
    project = probe(tmp_path / "p", main='include!("generated.rs");\nfn main() { println!("{N}"); }', script=WRITER)
    build = Build.of(project, log=lambda _: None)
    before = sources.files(project)
    build.build()
    assert (project / "helper").read_text() == "by the build"
    assert sources.files(project) == before
    assert checked(build) == 0


def test_a_list_of_written_files_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, "build/wheelcheck/written.json", "source")
    with pytest.raises(BuildError, match=r"written.json: this list cannot be read .*; delete it"):
        sources.files(tmp_path)


def test_a_submodule_that_is_not_checked_out_stops_the_build(tmp_path: Path) -> None:
    committed(write(tmp_path / "lib", "lib.c"))
    project = packed_probe(tmp_path / "p")
    git(committed(project), "submodule", "add", "-q", str(tmp_path / "lib"), "vendor")
    git(project, "commit", "-qm", "with a submodule")
    git(tmp_path, "clone", "-q", str(project), str(tmp_path / "clone"))
    with pytest.raises(BuildError, match="vendor: this submodule is not checked out; run `git submodule update"):
        Build.of(tmp_path / "clone").build()
