from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex
from tools import fetch
from tools.fetch import read_list, wanted_from_filename
from wheelcheck.pypi import UnobtainableError, Wanted, fetch_all
from wheelcheck.pypi.http import TRIES

WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"
FILES = {"demo": {WHEEL: b"wheel bytes", SDIST: b"sdist bytes"}}
DEMO = Wanted("demo", WHEEL)


def fetch_one(index: PackageIndex, cache: Path, monkeypatch: pytest.MonkeyPatch, item: Wanted = DEMO) -> Path | str:
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    ((same, outcome),) = fetch_all([item], cache)
    assert same == item
    return str(outcome) if isinstance(outcome, UnobtainableError) else outcome


def kept(cache: Path, name: str, content: bytes) -> Path:
    """Return where the cache keeps a file: below the SHA-256 of what the index published."""
    return cache / sha256(content).hexdigest() / name


def visible(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir()) if cache.exists() else []


def test_a_file_arrives_whole_under_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PackageIndex(FILES) as index:
        path = fetch_one(index, tmp_path / "cache", monkeypatch)
    assert path == kept(tmp_path / "cache", WHEEL, b"wheel bytes")
    assert Path(path).read_bytes() == b"wheel bytes"
    assert [file.name for file in (tmp_path / "cache").glob("*/*")] == [WHEEL]


def test_a_cached_file_is_reused_after_asking_what_the_index_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PackageIndex(FILES) as index:
        first = fetch_one(index, tmp_path, monkeypatch)
        assert fetch_one(index, tmp_path, monkeypatch) == first
        assert index.requests == ["/simple/demo/", f"/file/demo/{WHEEL}", "/simple/demo/"]


def test_a_cached_file_that_no_longer_verifies_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kept(tmp_path, WHEEL, b"wheel bytes")
    with PackageIndex(FILES) as index:
        fetch_one(index, tmp_path, monkeypatch)
        path.write_bytes(b"other bytes")
        assert fetch_one(index, tmp_path, monkeypatch) == path
    assert path.read_bytes() == b"wheel bytes"


@pytest.mark.parametrize(
    ("digest", "why"),
    [("0" * 64, f"the index states {'0' * 64}"), ("", "the index states no SHA-256")],
)
def test_bytes_with_another_hash_than_the_index_states_never_enter_the_cache(
    digest: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PackageIndex(FILES, digests={WHEEL: digest}) as index:
        problem = fetch_one(index, tmp_path, monkeypatch)
    assert str(problem).startswith(f"{WHEEL}: ")
    assert why in str(problem)
    assert visible(tmp_path) == []


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (Wanted("nobody", "nobody-1.tar.gz"), "nobody-1.tar.gz: the index has no project 'nobody'"),
        (Wanted("demo", "demo-2.tar.gz"), "demo-2.tar.gz: not among the 2 files of 'demo' on the index"),
    ],
)
def test_what_the_index_does_not_have_is_named_with_the_reason(
    item: Wanted, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PackageIndex(FILES) as index:
        assert fetch_one(index, tmp_path, monkeypatch, item) == why


def test_an_index_that_does_not_answer_is_a_reason_not_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PackageIndex(FILES) as index:
        pass
    problem = fetch_one(index, tmp_path, monkeypatch)
    assert str(problem).startswith(f"{WHEEL}: cannot reach the index for demo: ")


def test_a_file_name_that_leaves_the_cache_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "../demo-1.0.tar.gz"
    with PackageIndex({"demo": {name: b"bytes"}}) as index:
        problem = fetch_one(index, tmp_path / "cache", monkeypatch, Wanted("demo", name))
    assert problem == f"{name!r} is not a plain file name"
    assert not (tmp_path / "demo-1.0.tar.gz").exists()


def test_a_body_that_breaks_off_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PackageIndex(FILES, cut=TRIES - 1) as index:
        path = fetch_one(index, tmp_path, monkeypatch)
    assert Path(path).read_bytes() == b"wheel bytes"


def test_a_body_that_breaks_off_every_time_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PackageIndex(FILES, cut=TRIES) as index:
        problem = fetch_one(index, tmp_path, monkeypatch)
    assert str(problem).startswith(f"{WHEEL}: download failed: ")
    assert visible(tmp_path) == []


def test_outcomes_come_in_the_requested_order_and_only_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"demo-{number}.tar.gz" for number in range(12)]
    wanted = [Wanted("demo", name) for name in reversed(names)]
    with PackageIndex({"demo": {name: name.encode() for name in names}}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        outcomes = dict(fetch_all([*wanted, *wanted], tmp_path))
        assert index.requests.count("/simple/demo/") == 1
    assert list(outcomes) == wanted
    assert list(outcomes.values()) == [kept(tmp_path, item.filename, item.filename.encode()) for item in wanted]


def test_four_files_are_fetched_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"demo-{number}.tar.gz" for number in range(8)]
    # Each body is held back until four are asked for: with fewer connections the index would give up.
    with PackageIndex({"demo": {name: name.encode() for name in names}}, together=4) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        outcomes = dict(fetch_all([Wanted("demo", name) for name in names], tmp_path))
    assert list(outcomes.values()) == [kept(tmp_path, name, name.encode()) for name in names]


@pytest.mark.parametrize(
    ("filename", "project"),
    [
        ("my_tool-1.0-cp310-abi3-win_amd64.whl", "my_tool"),
        ("my-tool-1.0.tar.gz", "my-tool"),
        ("my_tool-1.0.zip", "my_tool"),
    ],
)
def test_a_file_name_names_its_project(filename: str, project: str) -> None:
    assert wanted_from_filename(filename) == Wanted(project, filename)


def test_a_list_may_have_blank_lines_and_further_fields(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps({"project": "demo", "filename": WHEEL, "note": "x"}) + "\n\n", encoding="utf-8")
    assert read_list(path) == (DEMO,)


def test_the_cache_is_in_the_checkout_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WHEELCHECK_CACHE", raising=False)
    assert fetch.default_cache() == fetch.ROOT / ".cache" / "releases"
    assert (fetch.ROOT / "pyproject.toml").is_file()
    monkeypatch.setenv("WHEELCHECK_CACHE", "/elsewhere")
    assert fetch.default_cache() == Path("/elsewhere")


def test_the_command_says_where_files_are_and_fails_when_one_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = tmp_path / "list.jsonl"
    names.write_text(json.dumps({"project": "demo", "filename": SDIST}), encoding="utf-8")
    cache = ["--cache", str(tmp_path / "cache")]
    with PackageIndex(FILES) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        assert fetch.main([*cache, WHEEL, "--list", str(names)]) == 0
        places = [kept(tmp_path / "cache", name, FILES["demo"][name]) for name in (WHEEL, SDIST)]
        assert capsys.readouterr().out.splitlines() == [str(path) for path in places]
        assert fetch.main([*cache, "absent-1.0.tar.gz"]) == 1
    assert "absent-1.0.tar.gz: the index has no project 'absent'" in capsys.readouterr().out


def test_the_command_refuses_to_fetch_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch.main([]) == 2
    assert "nothing to fetch" in capsys.readouterr().err
