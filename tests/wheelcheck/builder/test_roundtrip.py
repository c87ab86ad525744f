from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.commandline import build as main
from tests.support.crates import hatch_probe, packed_probe
from tests.support.native import native
from tests.support.reference import TOOL, other_cpu, rewritten, wheel_of
from wheelcheck.builder import dist
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.rebuild import Native, manifest, require_same, roundtrip
from wheelcheck.builder.run import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable


PROGRAM = "probe/bin/probe"


def edited(sdist: Path, ending: str, change: Callable[[bytes], bytes | None]) -> None:
    """Change the one file of an sdist that ends so; no content leaves it out."""
    with tarfile.open(sdist) as archive:
        files = {member.name: file.read() for member in archive if (file := archive.extractfile(member))}
    (name,) = [name for name in files if name.endswith(ending)]
    files[name] = change(files[name]) or b""
    with tarfile.open(sdist, "w:gz") as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            if content or path != name:
                archive.addfile(info, io.BytesIO(content))


def test_the_reference_sdist_builds_the_released_payload_to_the_byte(
    built: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["roundtrip", "--project", str(built.settings.project)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(manifest(wheel_of(built))) >= 3
    assert any(f"{TOOL}: executable for {built.target.arch.name}, mode 0755, needs glibc 2." in line for line in lines)


@pytest.fixture(scope="module")
def released_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project, built to the end: one program of two sources."""
    project = packed_probe(
        tmp_path_factory.mktemp("released") / "probe", main='mod said;\nfn main() { println!("{}", said::WORD); }'
    )
    (project / "src" / "said.rs").write_text('pub const WORD: &str = "hello";')
    build = Build.of(project)
    build.build()
    build.sdist()
    build.wheels()
    return project


@pytest.fixture
def released(released_once: Path, tmp_path: Path) -> Build:
    """A copy of that project, to be changed."""
    return Build.of(Path(shutil.copytree(released_once, tmp_path / "probe", symlinks=True)))


@pytest.mark.network
def test_an_sdist_may_hold_a_dist_folder_with_sources_and_an_old_artifact(tmp_path: Path) -> None:
    project = hatch_probe(tmp_path / "probe", main='fn main() { print!("{}", include_str!("../dist/page.html")); }')
    (project / "dist").mkdir()
    for name in ("page.html", "other-0.1.tar.gz"):
        (project / "dist" / name).write_text(name)
    with (project / "pyproject.toml").open("a") as file:  # hatchling leaves dist out unless it is told to take it
        file.write('[tool.hatch.build.targets.sdist.force-include]\n"dist/page.html" = "dist/page.html"\n')
    build = Build.of(project)
    build.build()
    (project / "dist" / "other-0.1.tar.gz").unlink()
    build.sdist()
    build.wheels()
    packed = dist.sdist(build.settings.dist)
    with_dist(packed, {"dist/other-0.1.tar.gz": b"old"})
    assert len(roundtrip(build)) == 1


def with_dist(sdist: Path, more: dict[str, bytes]) -> None:
    with tarfile.open(sdist) as archive:
        files = {member.name: file.read() for member in archive if (file := archive.extractfile(member))}
    top = next(iter(files)).partition("/")[0]
    with tarfile.open(sdist, "w:gz") as archive:
        for path, content in {**files, **{f"{top}/{name}": content for name, content in more.items()}}.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def test_an_sdist_with_other_sources_is_found_out_by_the_program_that_differs(released: Build) -> None:
    assert len(roundtrip(released)) == 1
    edited(dist.sdist(released.settings.dist), "src/said.rs", lambda text: text.replace(b"hello", b"hallo"))
    with pytest.raises(
        BuildError, match=r"probe/bin/probe: the sdist builds executable for .*, but executable .* is released"
    ):
        roundtrip(released)


def test_a_project_that_is_not_reproducible_may_compare_only_the_facts(tmp_path: Path) -> None:
    project = packed_probe(tmp_path / "probe", main='fn main() { println!("{}", env!("CARGO_MANIFEST_DIR")); }')
    build = Build.of(project)
    build.build()
    build.sdist()
    (wheel,) = build.wheels()
    assert main(["roundtrip", "--project", str(project)]) == 1
    assert main(["roundtrip", "--facts-only", "--project", str(project)]) == 0
    rewritten(wheel, "probe/bin/probe", (build.stage_folder / "tree/probe/bin/probe").read_bytes(), 0o100644)
    with pytest.raises(BuildError, match=r"the sdist builds .*mode 0755.*, but .* mode 0644.* is released"):
        roundtrip(build, exact=False)


def test_an_sdist_without_a_source_does_not_build(released: Build) -> None:
    edited(dist.sdist(released.settings.dist), "src/said.rs", lambda _: None)
    with pytest.raises(BuildError, match="file not found for module `said`"):
        roundtrip(released)


def test_an_sdist_of_another_floor_is_refused(build: Build) -> None:
    edited(
        dist.sdist(build.settings.dist),
        "0/pyproject.toml",
        lambda text: text.replace(b'glibc = "2.17"', b'glibc = "2.28"'),
    )
    with pytest.raises(BuildError, match=r"builds for .*gnu.2.28, the project's for .*gnu.2.17"):
        roundtrip(build)


def test_an_sdist_for_other_pythons_is_refused_by_the_wheels_it_builds(build: Build) -> None:
    edited(
        dist.sdist(build.settings.dist),
        "0/pyproject.toml",
        lambda text: text.replace(b'python = ["cp310-abi3"]', b"python = []"),
    )
    with pytest.raises(BuildError, match=r"the sdist builds no wheel, dist holds reference-0.1.0-cp310-abi3"):
        roundtrip(build)


@pytest.mark.network
@pytest.mark.parametrize(
    "what", ["another CPU", *(pytest.param(what, marks=pytest.mark.slow) for what in ("mode 0644", "missing"))]
)
def test_a_released_program_that_the_sdist_does_not_build_is_named(released: Build, what: str) -> None:
    content = (released.stage_folder / "tree" / PROGRAM).read_bytes()
    wheel = wheel_of(released)
    if what == "missing":
        rewritten(wheel, PROGRAM, None, 0)
    elif what == "another CPU":
        rewritten(wheel, PROGRAM, native(other_cpu(released)), 0o100755)
    else:
        rewritten(wheel, PROGRAM, content, 0o100644)
    with pytest.raises(BuildError, match=f"{wheel.name}: {PROGRAM}: the sdist builds executable for "):
        roundtrip(released)


def test_a_release_without_native_code_proves_nothing(released: Build) -> None:
    wheel = wheel_of(released)
    for path in manifest(wheel):
        rewritten(wheel, path, None, 0)
    with pytest.raises(BuildError, match="it holds no native file to compare"):
        roundtrip(released)


ONE = Native("executable", "x86_64", "0755", "2.17", "ab")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (Native("library", "x86_64", "0755", "2.17", "ab"), "library"),
        (Native("executable", "aarch64", "0755", "2.17", "ab"), "for aarch64"),
        (Native("executable", "x86_64", "0644", "2.17", "ab"), "mode 0644"),
        (Native("executable", "x86_64", "0755", "2.18", "ab"), "glibc 2.18"),
        (Native("executable", "x86_64", "0755", "", "ab"), "needs no glibc"),
        (Native("executable", "x86_64", "0755", "2.17", "cd"), "sha256 cd, but"),
    ],
)
def test_each_fact_of_a_native_file_must_be_the_same(other: Native, found: str) -> None:
    require_same("x.whl", {"a": ONE}, {"a": ONE})
    with pytest.raises(BuildError, match=f"x.whl: a: the sdist builds .*{found}"):
        require_same("x.whl", {"a": ONE}, {"a": other})


def test_a_file_that_only_the_sdist_builds_is_named() -> None:
    with pytest.raises(BuildError, match=r"x\.whl: b: the sdist builds executable.*, but nothing is released"):
        require_same("x.whl", {"a": ONE}, {"a": ONE, "b": ONE})


def test_a_mode_without_a_file_type_is_reported(build: Build) -> None:
    wheel = wheel_of(build)
    rewritten(wheel, TOOL, (build.stage_folder / "tree" / TOOL).read_bytes(), 0o755)
    assert manifest(wheel)[TOOL].mode == "000755 (no regular file)"
