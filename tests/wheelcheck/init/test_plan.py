from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.init_files import FILES, applied, contents, planned
from tests.support.layouts import crate, pyproject, tracer, write
from wheelcheck.config import ConfigError
from wheelcheck.init import plan, workflows
from wheelcheck.init.survey import survey


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    before = contents(tracer(tmp_path))
    assert tuple(planned(tmp_path)) == FILES
    assert contents(tmp_path) == before


def test_what_was_there_is_the_beginning_of_what_is_there(tmp_path: Path) -> None:
    own = {"noxfile.py": "import nox\n", ".gitignore": "/target/", "README.md": "mine\n"}
    before = contents(write(tracer(tmp_path), own))
    applied(tmp_path)
    after = contents(tmp_path)
    assert all(after[name].startswith(text) for name, text in before.items())
    assert set(after) == {*before, *FILES}


def test_a_second_time_there_is_nothing_to_do(tmp_path: Path) -> None:
    applied(tracer(tmp_path))
    again = planned(tmp_path)
    assert {path: change.added for path, change in again.items()} == dict.fromkeys(FILES, "")
    assert all(change.kept for change in again.values())
    assert all(change.diff() == "" for change in again.values())


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("noxfile.py", "def release_gate(session): ...\n", "defines release_gate already"),
        (
            ".github/workflows/release.yml",
            "name: mine\n",
            f"exists, and stays as it is: let its publishing job wait for a job that `uses: ./{workflows.WHEELS}`",
        ),
        (".gitignore", plan.ignored(), "ignores what a build writes already"),
    ],
)
def test_a_file_that_is_in_the_way_is_kept_and_says_why(tmp_path: Path, name: str, text: str, why: str) -> None:
    write(tracer(tmp_path), {name: text})
    assert planned(tmp_path)[name].kept == why
    applied(tmp_path)
    assert (tmp_path / name).read_text() == text


def test_a_configuration_of_the_projects_own_is_kept(tmp_path: Path) -> None:
    file = tracer(tmp_path) / "pyproject.toml"
    file.write_text(f"{file.read_text()}[tool.wheelcheck]\nsdist = true\n")
    assert planned(tmp_path)["pyproject.toml"].kept == "has [tool.wheelcheck] already"


def test_a_configuration_in_a_file_of_its_own_is_not_doubled(tmp_path: Path) -> None:
    write(tracer(tmp_path), {"wheelcheck.toml": "sdist = true\n"})
    assert planned(tmp_path)["pyproject.toml"].kept == "needs no [tool.wheelcheck] beside wheelcheck.toml"


@pytest.mark.parametrize("below", [".", "bindings/python"], ids=["at the root", "below the root"])
def test_a_project_without_a_pyproject_toml_gets_a_wheelcheck_toml_beside_its_setup_py(
    tmp_path: Path, below: str
) -> None:
    script = 'from setuptools import Extension, setup\nsetup(name="demo", ext_modules=[Extension("demo", ["x.c"])])\n'
    write(tmp_path, {".git/HEAD": "", f"{below}/setup.py": script, f"{below}/demo.py": ""})
    place = (Path(below) / "wheelcheck.toml").as_posix()
    changes = {change.path: change for change in plan.builder(survey(tmp_path / below))}
    assert changes[place].added.startswith('glibc = "2.17"\n')
    assert not any(path.endswith("pyproject.toml") for path in changes)


def test_a_file_that_came_to_be_after_the_diff_was_shown_is_not_overwritten(tmp_path: Path) -> None:
    changes = planned(tracer(tmp_path))
    write(tmp_path, {"noxfile.py": "mine\n"})
    with pytest.raises(FileExistsError):
        changes["noxfile.py"].write()
    assert (tmp_path / "noxfile.py").read_text() == "mine\n"


@pytest.mark.parametrize("ending", ["", "\n"], ids=["without a last line end", "with one"])
def test_the_diff_is_one_that_patch_applies_to_the_same_result(tmp_path: Path, ending: str) -> None:
    shown, written = (tracer(tmp_path / name) for name in ("shown", "written"))
    for project in (shown, written):
        write(project, {"noxfile.py": f"import nox  # mine{ending}", ".gitignore": f"/target/{ending}"})
    diff = "".join(change.diff() for change in planned(shown).values())
    applied(written)
    argv = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(argv, cwd=shown, input=diff, text=True, check=True)
    assert contents(shown) == contents(written)


@pytest.mark.parametrize(
    ("tags", "pattern"),
    [
        ([], "v*"),
        (["v1.0", "v2.0", "nightly", "v2"], "v*"),
        (["v0.9", "1.0", "1.1rc1"], "[0-9]*"),
        (["version-1.3.7"], "version-[0-9]*"),
        (["py-v0.8.1", "core-v0.18.0"], "py-v[0-9]*"),
        (["bindings/python/1.0", "ruby-v1.1"], "bindings/python/[0-9]*"),
        (["1.0", "my-demo-1.1", "demo-go/v1.2"], "my-demo-[0-9]*"),
        (["1.0", "demo-go/v1.2", "2.0"], "[0-9]*"),
        (["x{1.0", "latest-3.12-image"], "v*"),
    ],
)
def test_a_release_starts_from_tags_as_the_repository_has_them(tmp_path: Path, tags: list[str], pattern: str) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    who = ("-c", "user.name=x", "-c", "user.email=x@x.org")
    for number, tag in enumerate(tags):
        date = {**os.environ, "GIT_COMMITTER_DATE": f"2026-01-0{number + 1}T00:00:00Z"}
        made = ["git", *who, "commit", "-q", "--allow-empty", "-m", tag]
        subprocess.run(made, cwd=tmp_path, env=date, check=True)
        subprocess.run(["git", "tag", tag], cwd=tmp_path, check=True)
    applied(tracer(tmp_path))
    assert yaml.safe_load((tmp_path / workflows.RELEASE).read_text())[True]["push"] == {"tags": [pattern]}


def below(top: Path) -> Path:
    """Write a project two folders below the root of a repository."""
    subprocess.run(["git", "init", "-q", "-b", "trunk", str(top)], check=True)
    return tracer(top / "a" / "b")


def test_a_project_below_the_root_gets_workflows_where_github_looks_and_they_work_in_its_folder(tmp_path: Path) -> None:
    project = below(tmp_path)
    (project / "rust" / "rust-toolchain.toml").write_text('[toolchain]\nchannel = "1.80"\n')
    applied(project)
    text = (tmp_path / workflows.WHEELS).read_text()
    assert not (project / ".github").exists()
    assert "\ndefaults:\n  run:\n    working-directory: a/b\n" in text
    assert "branches: [trunk]\n" in text
    assert "      - run: rustup toolchain install\n        working-directory: a/b/rust\n" in text
    paths = [path for path in re.findall(r"^ +path: (.+)$", text, re.MULTILINE) if path != "|"]
    paths += re.findall(r"^ +(\S+wheelcheck/\S+)$", text, re.MULTILINE)  # what is kept between runs
    assert "a/b/build/wheelcheck/cargo" in paths
    assert [path for path in paths if not path.startswith("a/b/")] == []
    action = yaml.safe_load((tmp_path / workflows.ACTION).read_text())
    assert {step["working-directory"] for step in action["runs"]["steps"]} == {"a/b"}


def test_the_gate_of_a_project_below_the_root_works_in_its_folder(tmp_path: Path) -> None:
    project = below(tmp_path)
    changes = {change.path: change for change in plan.gate(project)}
    assert set(changes) == {"a/b/pyproject.toml", "a/b/noxfile.py", plan.GATE}
    assert "    working-directory: a/b\n" in changes[plan.GATE].added
    assert "path: a/b/dist\n" in changes[plan.GATE].added


@pytest.mark.parametrize(
    ("taken", "instead"),
    [
        (workflows.WHEELS, ".github/workflows/wheelcheck-wheels.yml"),
        (workflows.ACTION, ".github/actions/wheelcheck-build-binaries/action.yml"),
    ],
)
def test_no_workflow_that_is_written_calls_one_that_the_project_had(tmp_path: Path, taken: str, instead: str) -> None:
    write(tracer(tmp_path), {taken: "name: mine\n"})
    applied(tmp_path)
    assert (tmp_path / taken).read_text() == "name: mine\n"
    called = re.findall(r"uses: \./(\S+)", "".join((tmp_path / path).read_text() for path in planned(tmp_path)))
    mine = taken.removesuffix("/action.yml")
    assert mine not in called
    assert instead.removesuffix("/action.yml") in called
    assert (tmp_path / instead).read_text() != "name: mine\n"
    assert all(not change.added for change in planned(tmp_path).values())  # a second time changes nothing


def test_two_names_that_are_taken_are_refused(tmp_path: Path) -> None:
    write(tracer(tmp_path), {f".github/workflows/{name}.yml": "x: y\n" for name in ("wheels", "wheelcheck-wheels")})
    with pytest.raises(ConfigError, match=r"wheels.yml and wheelcheck-wheels.yml beside it are there already"):
        planned(tmp_path)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_checkout_has_submodules_history_and_large_files_only_where_the_project_needs_them(
    tmp_path: Path, *, wanted: bool
) -> None:
    tracer(tmp_path)
    if wanted:
        file = tmp_path / "pyproject.toml"
        file.write_text(file.read_text().replace('["hatchling.build"]', '["hatchling", "hatch-vcs"]'))
        write(tmp_path, {".gitmodules": "", "data/.gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
        for words in (["init", "-q"], ["add", "data"]):
            subprocess.run(["git", *words], cwd=tmp_path, check=True)
    jobs = yaml.safe_load(planned(tmp_path)[workflows.WHEELS].added)["jobs"]
    checkouts = [step["with"] for job in jobs.values() for step in job["steps"] if "checkout" in step.get("uses", "")]
    needed = {"submodules": "recursive", "fetch-depth": 0, "lfs": True} if wanted else {}
    expected = {"persist-credentials": False, **needed}
    assert checkouts
    assert [one for one in checkouts if one != expected] == []


C_MODULE = '[[tool.setuptools.ext-modules]]\nname = "demo._x"\nsources = ["src/demo/x.c"]\n'
LIMITED = "py-limited-api = true\n[tool.distutils.bdist_wheel]\npy-limited-api = 'cp311'\n"
TABLE = '[tool.wheelcheck]\narchitectures = ["x86_64"]\npython = ["cp312"]\n'
RISCV = 'glibc = "2.31"\n[[tool.wheelcheck.payload]]\nname = "x"\nkind = "executable"\npath = "demo/x"\n'
MACOS = '[[tool.wheelcheck.wheels]]\npython = ["cp312"]\nplatforms = ["macosx_11_0_arm64"]\n'
PIN = '[toolchain]\nchannel = "1.80"\n'


def setuptools(*tables: str, **files: str) -> dict[str, str]:
    text = pyproject("setuptools.build_meta", more="".join(tables)).replace(">=3.11", ">=3.11,<3.13")
    return {"pyproject.toml": text, "src/demo/__init__.py": "", "src/demo/x.c": "", **files}


CRATE = {"Cargo.toml": crate("x"), "src/main.rs": "fn main() {}"}
LAYOUTS: dict[str, tuple[dict[str, str], set[str]]] = {
    "C for the stable ABI": (
        setuptools(C_MODULE, LIMITED),
        set(),
    ),
    "C for each Python": (setuptools(C_MODULE), {"Pythons"}),
    "C in containers that it prepares": (
        setuptools(C_MODULE, '[tool.cibuildwheel.linux]\nbefore-all = "yum install -y x"\n'),
        {"containers"},
    ),
    "C that is prepared before each build": (
        setuptools(C_MODULE, '[tool.cibuildwheel]\nbefore-build = "yum install -y x"\n'),
        {"containers"},
    ),
    "C for macOS, too": (setuptools(TABLE, MACOS), {"elsewhere", "Pythons"}),
    "C without an sdist": (setuptools(TABLE, "sdist = false\n"), {"Pythons", "no sdist"}),
    "Rust": (setuptools(TABLE.replace("cp312", "py3-none"), RISCV.replace("2.31", "2.17"), **CRATE), {"cargo"}),
    "Rust, pinned": (
        setuptools(TABLE.replace("cp312", "py3-none"), RISCV, **CRATE, **{"rust-toolchain.toml": PIN}),
        {"cargo", "toolchain"},
    ),
    "Rust for a CPU without a runner": (
        setuptools(TABLE.replace("cp312", "py3-none").replace("x86_64", "riscv64"), RISCV, **CRATE),
        {"cargo", "target"},
    ),
}


@pytest.mark.parametrize(("files", "wanted"), LAYOUTS.values(), ids=LAYOUTS)
def test_the_workflow_of_each_layout_has_what_it_needs_and_no_more(
    tmp_path: Path, files: dict[str, str], wanted: set[str]
) -> None:
    applied(write(tmp_path, files))
    text = (tmp_path / workflows.WHEELS).read_text()
    signs = {
        "Pythons": "python-version: |",
        "elsewhere": "\n  elsewhere:\n",
        "cargo": "~/.cargo/registry",
        "toolchain": "rustup toolchain install",
        "target": "rustup target add",
    }
    found = {name for name, sign in signs.items() if sign in text}
    found |= {"no sdist"} if "sdist" not in text else set()
    sessions = (tmp_path / "noxfile.py").read_text()
    assert ('session(name="release-elsewhere"' in sessions) is ("elsewhere" in wanted)
    assert found | ({"containers"} if '("cibuildwheel",)' in sessions else set()) == wanted


def test_containers_whose_check_is_decided_twice_are_refused(tmp_path: Path) -> None:
    table = '[tool.cibuildwheel]\nbefore-all = "yum install -y x"\nskip = "*_i686"\naudit-command = "x"\n'
    with pytest.raises(ConfigError, match=r"tool\.cibuildwheel\.audit-command is set, but wheelcheck derives it"):
        planned(write(tmp_path, setuptools(C_MODULE, table)))


@pytest.mark.parametrize(
    ("images", "glibc"),
    [
        ("", "2.17"),
        ("manylinux-x86_64-image = 'manylinux2014'\n", "2.17"),
        ("manylinux-x86_64-image = 'manylinux_2_28'\nmanylinux-aarch64-image = 'manylinux_2_34'\n", "2.34"),
        ("manylinux-i686-image = 'manylinux_2_28'\nmusllinux-x86_64-image = 'musllinux_1_2'\n", "2.17"),
        ("manylinux-x86_64-image = 'localhost/own'\n", "2.17"),
    ],
)
def test_the_floor_is_that_of_the_images_that_a_project_builds_in(tmp_path: Path, images: str, glibc: str) -> None:
    applied(write(tmp_path, setuptools(C_MODULE, f"[tool.cibuildwheel.linux]\nbefore-all = 'true'\n{images}")))
    assert f'\nglibc = "{glibc}"\n' in (tmp_path / "pyproject.toml").read_text()
