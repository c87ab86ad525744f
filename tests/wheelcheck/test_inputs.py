from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import AARCH64, X86_64, File, a_wheel, an_sdist
from tests.support.commandline import run_here as run
from tests.support.native_files import library
from tests.support.package_index import PackageIndex
from wheelcheck.inputs import UnreachableError, cache_folder, find_files, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

RELEASE = "pypi:demo==1.0"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """A release of two wheels, one of them with the other CPU's library, and its sdist."""
    folder = tmp_path / "made"
    folder.mkdir()
    wheels = a_wheel(X86_64, library("x86_64")), a_wheel(AARCH64, library("x86_64"))
    made = [recipe.write(folder) for recipe in (*wheels, an_sdist(File("a.c")))]
    return {path.name: path.read_bytes() for path in made}


@pytest.fixture
def index(files: dict[str, bytes]) -> Iterator[PackageIndex]:
    with PackageIndex({"demo": files}) as served:
        yield served


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own; no other index than the one that is named."""
    monkeypatch.setenv("WHEELCHECK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


# --- paths ---


def test_files_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    for folder, name in (("b", "a.whl"), ("a", "b.whl"), ("a", "z.txt"), ("b", "c.txt")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).touch()
    found = find_files([tmp_path / "b", tmp_path / "a"])
    assert [file.name for file in found.artifacts] == ["a.whl", "b.whl"]
    assert (found.other, found.unusable) == (("c.txt", "z.txt"), ())


# --- published releases ---


def test_a_path_stays_what_it_is_and_keeps_its_place(index: PackageIndex, cache: Path) -> None:
    found = resolve(["dist", RELEASE, "a.whl"], index.address)
    assert (found[0], found[-1]) == (Path("dist"), Path("a.whl"))
    digests = [hashlib.sha256(index.files["demo"][path.name]).hexdigest() for path in found[1:-1]]
    assert [path.parent for path in found[1:-1]] == [cache / digest for digest in digests]
    assert [path.name for path in found[1:-1]] == sorted(index.files["demo"])


def test_what_was_fetched_is_what_was_published(index: PackageIndex, files: dict[str, bytes]) -> None:
    assert {path.name: path.read_bytes() for path in resolve([RELEASE], index.address)} == files


def test_a_release_that_is_kept_is_not_fetched_again_but_verified(index: PackageIndex, cache: Path) -> None:
    resolve([RELEASE], index.address)
    bodies = [path for path in index.requests if path.startswith("/file/")]
    resolve([RELEASE], index.address)
    assert [path for path in index.requests if path.startswith("/file/")] == bodies
    (kept,) = cache.glob("*/demo-1.0.tar.gz")
    kept.write_bytes(b"touched")
    resolve([RELEASE], index.address)
    assert len([path for path in index.requests if path.startswith("/file/")]) == len(bodies) + 1


def test_the_index_lists_a_release_once(index: PackageIndex) -> None:
    resolve([RELEASE], index.address)
    assert [path for path in index.requests if path.startswith("/simple/")] == ["/simple/demo/"]


def test_two_indexes_with_other_files_of_one_name_are_never_mixed(index: PackageIndex, files: dict[str, bytes]) -> None:
    others = {name: content[::-1] for name, content in files.items()}
    with PackageIndex({"demo": others}) as other:
        for asked, content in ((index, files), (other, others), (index, files)):
            assert {path.name: path.read_bytes() for path in resolve([RELEASE], asked.address)} == content


def test_a_file_that_the_index_replaced_is_the_new_one(index: PackageIndex) -> None:
    resolve([RELEASE], index.address)
    index.files["demo"]["demo-1.0.tar.gz"] = b"replaced"
    assert b"replaced" in [path.read_bytes() for path in resolve([RELEASE], index.address)]


@pytest.mark.parametrize(
    "argument", ["https://example.invalid/demo-1.0.tar.gz", "file:///demo.whl", "git+ssh://example.invalid/demo"]
)
def test_a_url_is_not_a_path(argument: str) -> None:
    with pytest.raises(UnreachableError, match="is a URL, not a file: download it first, or name pypi:NAME==VERSION"):
        resolve([argument])


@pytest.mark.parametrize(
    "argument",
    [
        "pypi:",
        "pypi:demo==",
        "pypi:==1.0",
        "pypi:demo=1.0",
        "pypi:demo>=1.0",
        "pypi:demo==1.*",
        "pypi:demo == 1.0",
        "pypi:../demo==1.0",
        "pypi:demo/../..==1.0",
        "pypi:demo[extra]==1.0",
        "pypi:demo==1.0\n",
    ],
)
def test_what_names_no_release_is_refused_before_anybody_is_asked(
    argument: str, index: PackageIndex, cache: Path
) -> None:
    with pytest.raises(UnreachableError, match=r"expected pypi:NAME==VERSION$"):
        resolve([argument], index.address)
    assert (index.requests, cache.exists()) == ([], False)


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("pypi:nobody==1.0", "the index has no project 'nobody'"),
        ("pypi:demo==3.0", "'demo' has no release 3.0: its only one is 1.0"),
    ],
)
def test_a_release_that_is_not_there_is_a_reason(index: PackageIndex, argument: str, why: str) -> None:
    with pytest.raises(UnreachableError, match=why):
        resolve([argument], index.address)


@pytest.mark.parametrize(("digest", "why"), [("0" * 64, "the index states 0000"), ("", "states no SHA-256")])
def test_one_file_that_does_not_verify_leaves_the_release_unvetted(
    files: dict[str, bytes], digest: str, why: str, cache: Path
) -> None:
    with (
        PackageIndex({"demo": files}, digests={"demo-1.0.tar.gz": digest}) as index,
        pytest.raises(UnreachableError, match=why),
    ):
        resolve([RELEASE], index.address)
    assert list(cache.glob("*/demo-1.0.tar.gz")) == []


def test_a_cache_that_cannot_be_written_is_a_reason(index: PackageIndex, cache: Path) -> None:
    cache.write_text("a file")
    with pytest.raises(UnreachableError, match="cache"):
        resolve([RELEASE], index.address)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"WHEELCHECK_CACHE": "/own"}, "/own"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/wheelcheck"),
        ({"XDG_CACHE_HOME": "", "HOME": "/home/me"}, "/home/me/.cache/wheelcheck"),
        ({"WHEELCHECK_CACHE": "/own", "XDG_CACHE_HOME": "/xdg"}, "/own"),
    ],
)
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these systems have cache folders of their own")
def test_the_cache_is_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str
) -> None:
    for name in ("WHEELCHECK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(folder)


@pytest.mark.parametrize(
    ("system", "variable", "folder"),
    [
        ("win32", {"LOCALAPPDATA": "/own"}, "/own/wheelcheck"),
        ("win32", {"LOCALAPPDATA": ""}, "/home/me/AppData/Local/wheelcheck"),
        ("darwin", {"XDG_CACHE_HOME": "/not"}, "/home/me/Library/Caches/wheelcheck"),
    ],
)
@pytest.mark.posix
def test_windows_and_macos_keep_it_where_they_keep_caches(
    monkeypatch: pytest.MonkeyPatch, system: str, variable: dict[str, str], folder: str
) -> None:
    monkeypatch.delenv("WHEELCHECK_CACHE", raising=False)
    for name, value in {"HOME": "/home/me", **variable}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)
    assert cache_folder() == Path(folder)


# --- the command line ---


def test_a_published_release_is_judged_like_a_build(tmp_path: Path, index: PackageIndex) -> None:
    done = run(tmp_path, "check", RELEASE, "--index-url", index.address, "--format", "json")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, b"wheelcheck: 3 files of demo 1.0\n")
    errors = {(found["code"], found["artifact"]) for found in report["findings"] if found["severity"] == "error"}
    assert errors == {("WC301", f"demo-1.0-{AARCH64}.whl")}
    assert len(report["artifacts"]) == 3


def test_a_sound_release_is_0(tmp_path: Path, files: dict[str, bytes]) -> None:
    sound = {name: content for name, content in files.items() if AARCH64 not in name}
    with PackageIndex({"demo": sound}) as index:
        assert run(tmp_path, "check", RELEASE, "--index-url", index.address).returncode == 0


@pytest.mark.parametrize(
    ("argument", "address", "said"),
    [
        ("pypi:demo", "http://127.0.0.1:9/simple/", b"'pypi:demo' names no release, expected pypi:NAME==VERSION"),
        ("pypi:demo=1.0", "http://127.0.0.1:9/simple/", b"names no release, expected pypi:NAME==VERSION"),
        (RELEASE, "http://127.0.0.1:9/simple/", b"cannot reach the index for demo: "),
        (RELEASE, "nonsense", b"cannot reach the index for demo: "),
    ],
)
def test_what_cannot_be_reached_is_2_with_the_reason(tmp_path: Path, argument: str, address: str, said: bytes) -> None:
    done = run(tmp_path, "check", argument, "--index-url", address)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("versions", "named"),
    [(("1.0", "1.10", "1.9"), "1.10"), (("1.0", "2.0rc1"), "1.0"), (("2.0rc1", "2.0b1"), "2.0rc1")],
)
def test_without_a_version_the_newest_one_is_named(tmp_path: Path, versions: tuple[str, ...], named: str) -> None:
    with PackageIndex({"demo": {f"demo-{version}.tar.gz": b"" for version in versions}}) as index:
        done = run(tmp_path, "check", "pypi:demo", "--index-url", index.address)
    said = f"wheelcheck: 'pypi:demo' names no release, the newest one is pypi:demo=={named}"
    assert (done.returncode, done.stderr.decode().strip()) == (2, said)


@pytest.mark.network
@pytest.mark.parametrize(
    ("release", "code", "errors"),
    [("libxmplite==1.3", 0, set()), ("pywasmi==0.6.0", 1, {"WC401"})],
)
def test_a_release_of_the_real_index_is_vetted(tmp_path: Path, release: str, code: int, errors: set[str]) -> None:
    done = run(tmp_path, "check", f"pypi:{release}", "--format", "json")
    assert done.returncode == code, done.stderr
    report = json.loads(done.stdout)
    assert {found["code"] for found in report["findings"] if found["severity"] == "error"} == errors
    assert sum(len(artifact["binaries"]) for artifact in report["artifacts"]) >= 2
