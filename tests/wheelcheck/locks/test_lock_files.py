from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import AARCH64, X86_64, a_wheel, an_sdist
from tests.support.commandline import run_here as run
from tests.support.native_files import library
from tests.support.package_index import PackageIndex
from wheelcheck.inputs import UnreachableError
from wheelcheck.locks import Target, is_lock_file, pins
from wheelcheck.survey.rows import read as rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = "lock-version = '1.0'\n[[packages]]\nname = 'x'\n"
ARM = ("--platform", "manylinux_2_28_aarch64", "--python", "3.11")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A release of demo for two CPUs with an sdist, and its wheel for aarch64 holds x86_64 code."""
    folder = tmp_path_factory.mktemp("demo")
    for artifact in (a_wheel(X86_64, library("x86_64")), a_wheel(AARCH64, library("x86_64")), an_sdist()):
        artifact.write(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def index(files: dict[str, bytes]) -> Iterator[PackageIndex]:
    pure = {name.replace("demo", "pure"): content for name, content in files.items() if name.endswith(".tar.gz")}
    with PackageIndex({"demo": files, "pure": pure}) as served:
        yield served


def hashes(files: dict[str, bytes]) -> str:
    return " \\\n".join(f"    --hash=sha256:{sha256(content).hexdigest()}" for content in files.values())


def pylock(files: dict[str, bytes], extra: str = "") -> str:
    digests = {name: sha256(content).hexdigest() for name, content in files.items()}
    listed = [
        f"{{ name = '{name}', url = 'http://127.0.0.1:9/{name}', hashes = {{ sha256 = '{digest}' }} }}"
        for name, digest in digests.items()
    ]
    wheels = ", ".join(each for each in listed if ".whl" in each)
    sdist = next(each for each in listed if ".tar.gz" in each)
    head = "lock-version = '1.0'\ncreated-by = 'test'\nrequires-python = '>=3.10'\n"
    return f"{head}[[packages]]\nname = 'demo'\nversion = '1.0'\n{extra}wheels = [{wheels}]\nsdist = {sdist}\n"


def uv_lock(files: dict[str, bytes], marker: str = "") -> str:
    listed = [
        f"{{ url = 'http://127.0.0.1:9/x/{name.replace('+', '%2B')}', hash = 'sha256:{sha256(content).hexdigest()}' }}"
        for name, content in files.items()
    ]
    wheels = ", ".join(each for each in listed if ".whl" in each)
    condition = f', marker = "{marker}"' if marker else ""
    return (
        "version = 1\nrequires-python = '>=3.10'\n"
        "[[package]]\nname = 'app'\nversion = '1'\nsource = { virtual = '.' }\n"
        f"dependencies = [{{ name = 'demo'{condition} }}]\n"
        "[[package]]\nname = 'unused'\nversion = '1'\nsource = { git = 'http://127.0.0.1/x' }\n"
        "[[package]]\nname = 'demo'\nversion = '1.0'\nsource = { registry = 'http://127.0.0.1:9/simple' }\n"
        f"wheels = [{wheels}]\n"
    )


def checked(folder: Path, index: PackageIndex, *words: str) -> tuple[int, list[str], str]:
    """Run a check of a lock file; return the exit code, the files that were judged, and standard error."""
    where = ("--index-url", index.address, "--format", "json")
    done = run(folder, "check", *words, *where, WHEELCHECK_CACHE=str(folder / "cache"))
    judged = [each["file"] for each in json.loads(done.stdout)["artifacts"]] if done.stdout else []
    return done.returncode, judged, done.stderr.decode()


@pytest.mark.parametrize("name", ["requirements.txt", "pylock.toml", "pylock.prod.toml", "uv.lock"])
def test_what_an_install_takes_is_judged_and_nothing_else(
    tmp_path: Path, index: PackageIndex, files: dict[str, bytes], name: str
) -> None:
    texts = {"uv.lock": uv_lock(files), "requirements.txt": f"demo==1.0 \\\n{hashes(files)}\n"}
    (tmp_path / name).write_text(texts.get(name) or pylock(files))
    words = ("-r", name) if name == "requirements.txt" else (name,)
    assert checked(tmp_path, index, *words, *ARM)[:2] == (1, [f"demo-1.0-{AARCH64}.whl"])
    intel = ("--platform", "manylinux_2_17_x86_64", "--python", "3.11")
    assert checked(tmp_path, index, *words, *intel)[:2] == (0, [f"demo-1.0-{X86_64}.whl"])


def test_a_survey_takes_folders_files_locks_releases_and_a_list_of_them_in_one_call(
    tmp_path: Path, index: PackageIndex, files: dict[str, bytes]
) -> None:
    (tmp_path / "mirror/below").mkdir(parents=True)
    folder = a_wheel("py3-none-any", version="2.0").write(tmp_path / "mirror/below")
    alone = a_wheel("py3-none-any", version="3.0").write(tmp_path)
    (tmp_path / "uv.lock").write_text(uv_lock(files))
    (tmp_path / "pylock.toml").write_text(pylock(files))  # the same wheel again
    (tmp_path / "r.txt").write_text(f"demo==1.0 {hashes(files)}\n".replace("\\\n", " "))  # and again
    (tmp_path / "list.txt").write_text(f"pure==1.0\n\npylock.toml\n{alone.name}\n")
    sources = ("mirror", "uv.lock", "--files-from", "list.txt", "-r", "r.txt")
    options = (*ARM, "--index-url", index.address, "--output", "s.jsonl", "--jobs", "1")
    done = run(tmp_path, "survey", *sources, *options, WHEELCHECK_CACHE=str(tmp_path / "cache"))
    found = {row["file"]: row["verdict"] for row in rows(tmp_path / "s.jsonl") if row["type"] == "artifact"}
    assert done.returncode == 0, done.stderr
    assert found.keys() == {folder.name, alone.name, f"demo-1.0-{AARCH64}.whl", "pure-1.0.tar.gz"}
    assert found[f"demo-1.0-{AARCH64}.whl"] == "fail"
    assert b"4 files: " in done.stderr


def test_where_no_wheel_fits_the_sdist_is_taken(tmp_path: Path, index: PackageIndex, files: dict[str, bytes]) -> None:
    (tmp_path / "pylock.toml").write_text(pylock(files))
    assert checked(tmp_path, index, "pylock.toml", "--platform", "win32", "--python", "3.11")[1] == ["demo-1.0.tar.gz"]


@pytest.mark.parametrize("form", ["requirements.txt", "pylock.toml", "uv.lock"])
def test_a_hash_that_the_lock_does_not_list_is_refused_with_both(
    tmp_path: Path, index: PackageIndex, files: dict[str, bytes], form: str
) -> None:
    other = {name: content + b"changed" for name, content in files.items()}
    texts = {
        "uv.lock": uv_lock(other),
        "pylock.toml": pylock(other),
        "requirements.txt": f"demo==1.0 {hashes(other)}\n",
    }
    (tmp_path / form).write_text(texts[form].replace("\\\n", " "))
    code, _, said = checked(tmp_path, index, *(["-r"] if form.endswith("txt") else []), form, *ARM)
    assert code == 2
    assert "no file of demo 1.0 on the index has a listed hash, of 3 in all" in said or (
        sha256(files[f"demo-1.0-{AARCH64}.whl"]).hexdigest() in said
        and sha256(other[f"demo-1.0-{AARCH64}.whl"]).hexdigest() in said
    )


def test_a_marker_of_the_lock_holds_for_the_target(
    tmp_path: Path, index: PackageIndex, files: dict[str, bytes]
) -> None:
    (tmp_path / "uv.lock").write_text(uv_lock(files, "sys_platform == 'win32'"))
    assert pins(tmp_path / "uv.lock", Target("manylinux_2_28_aarch64", "3.11")) == []
    assert [pin.project for pin in pins(tmp_path / "uv.lock", Target("win_amd64", "3.11"))] == ["demo"]
    assert checked(tmp_path, index, "uv.lock", *ARM)[0] == 2  # nothing was checked


def test_files_of_several_projects_are_no_release(tmp_path: Path, index: PackageIndex) -> None:
    (tmp_path / "r.txt").write_text("demo==1.0 ; python_version > '3'\n# a comment\n-r more.txt\n")
    (tmp_path / "more.txt").write_text("pure==1.0\n")
    (tmp_path / "wheelcheck.toml").write_text('python = ["cp39"]\narchitectures = ["x86_64"]\n')
    code, judged, said = checked(
        tmp_path, index, "-r", "r.txt", "--platform", "manylinux_2_28_x86_64", "--python", "3.11"
    )
    assert judged == [f"demo-1.0-{X86_64}.whl", "pure-1.0.tar.gz"], said
    assert code == 1  # pure-1.0.tar.gz is an sdist of demo


AWRY = "wheels = [{ url = 'https://[x/x.whl' }]\n"  # no address, in what else is a lock file
OURS = "[[package]]\nname = 'ours'\nsource.virtual = '.'\ndependencies = [{ name = 'x' }]\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("r.txt", "demo\n", "r.txt:1: demo is not pinned to one version"),
        ("r.txt", "\n\ndemo>=1\n", "r.txt:3: demo is not pinned to one version"),
        ("r.txt", "demo==1.*\n", "is not pinned to one version"),
        ("r.txt", "demo==1 --hash=md5:00\n", "has no SHA-256 among its hashes"),
        ("r.txt", "-e .\n", "an editable requirement is no released file"),
        ("r.txt", "demo @ http://127.0.0.1/x.whl\n", "demo comes from an address"),
        ("r.txt", "./demo.whl\n", "is no pinned requirement of an index"),
        ("r.txt", "--install-option x\n", "--install-option is not an option that wheelcheck knows"),
        ("r.txt", "-r r.txt\n", "more than 10 files include each other"),
        ("r.txt", "-r none.txt\n", "none.txt: no such file"),
        ("r.txt", "-r a\0b.txt\n", "cannot be read: embedded null byte"),
        ("r.txt", '\n-i "x\n', "r.txt:2: '-i \"x' has a quotation mark or a backslash too many"),
        ("pylock.toml", "lock-version = '2.0'\n", "lock-version '2.0' is not one that wheelcheck knows"),
        ("pylock.toml", "[[packages]\n", "is not valid TOML"),
        ("pylock.toml", "a = " + "[" * 100_000, "is nested too deeply to be read as TOML"),
        ("uv.lock", f"version = {'1' * 5000}\n", "is not valid TOML: Exceeds the limit"),
        ("uv.lock", f"a{'.a' * 60_000} = 1\n", "has a key of too many parts; write tables instead of dots"),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'x'\nvcs = { type = 'git' }\n",
            "x comes from a vcs",
        ),
        ("pylock.toml", "lock-version = '1.0'\n[[packages]]\nname = 'x'\nversion = '1'\n", "x has no files"),
        ("pylock.toml", "lock-version = '1.0'\npackages = 7\n", "is not a lock file as PEP 751 writes it"),
        ("uv.lock", "[[package]]\nname = 'x'\n", "is not a lock file as uv writes it"),
        ("uv.lock", "requires-python = '>=4'\n", "is for Python >=4"),
        *(
            (name, text, f"is not a lock file as {form} writes it: ValueError")
            for name, form, text in (
                ("pylock.toml", "PEP 751", f"lock-version = '1.0'\n[[packages]]\nname = 'x'\nversion = '1'\n{AWRY}"),
                ("uv.lock", "uv", f"{OURS}[[package]]\nname = 'x'\nversion = '1'\nsource.registry = ''\n{AWRY}"),
            )
        ),
    ],
)
def test_a_lock_file_that_cannot_be_used_says_where_and_why(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UnreachableError) as error:
        pins(tmp_path / name, Target())
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("uv.lock", True),
        ("pylock.toml", True),
        ("pylock.dev.toml", True),
        ("pylock.a.b.toml", False),
        ("poetry.lock", False),
        ("requirements.txt", False),
    ],
)
def test_lock_files_are_known_by_their_names(tmp_path: Path, name: str, *, known: bool) -> None:
    assert is_lock_file(tmp_path / name) is known
