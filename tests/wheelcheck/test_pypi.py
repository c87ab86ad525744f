"""What the index has of a release; how its files are fetched and kept is in tests/tools/test_fetch.py."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex
from wheelcheck.pypi import UnobtainableError, Wanted, fetch_release, newest_version, release_files, sha256_of

PURE = "py3-none-any.whl"
REFUSED = "is no package index for demo: it"
VERSIONS = ("1.0", "1.0.post1", "1.0+local", "2.0rc1", "10.0", "9.0")
FILES = {
    "demo": dict.fromkeys([*(f"demo-{version}-{PURE}" for version in VERSIONS), "demo-1.0.tar.gz"], b"bytes"),
    "old": {"old-2004d.tar.gz": b"bytes", "old-1.0.zip": b"bytes", "old-2004d.exe": b"bytes"},
    "dash-ed": {"Dash_ed-1.0-2.tar.gz": b"bytes", "dash-ed-1.0.post-3.zip": b"bytes", "dash_ed-1.1.tar.gz": b"bytes"},
    "empty": {},
}


def listed(project: str, version: str) -> list[str]:
    with PackageIndex(FILES) as index:
        wanted = release_files(project, version, index.address)
    assert {item.project for item in wanted} <= {project}
    return [item.filename for item in wanted]


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("1.0", [f"demo-1.0-{PURE}", "demo-1.0.tar.gz"]),
        ("1", [f"demo-1.0-{PURE}", "demo-1.0.tar.gz"]),
        ("v1.0.0", [f"demo-1.0-{PURE}", "demo-1.0.tar.gz"]),
        ("1.0.post1", [f"demo-1.0.post1-{PURE}"]),
        ("1.0+local", [f"demo-1.0+local-{PURE}"]),
        ("2.0c1", [f"demo-2.0rc1-{PURE}"]),
    ],
)
def test_a_release_is_every_file_of_that_version_however_it_is_spelled(version: str, names: list[str]) -> None:
    assert listed("demo", version) == names


def test_a_version_of_before_the_rules_is_compared_as_text() -> None:
    assert listed("old", "2004d") == ["old-2004d.tar.gz"]


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("1.0.post2", "Dash_ed-1.0-2.tar.gz"),
        ("1.0.post3", "dash-ed-1.0.post-3.zip"),
        ("1.1", "dash_ed-1.1.tar.gz"),
    ],
)
def test_a_dash_in_the_version_of_an_sdist_is_not_the_end_of_its_name(version: str, name: str) -> None:
    assert listed("dash-ed", version) == [name]
    with PackageIndex(FILES) as index:
        assert newest_version("dash-ed", index.address) == "1.1"


@pytest.mark.parametrize(
    ("project", "version", "why"),
    [
        ("demo", "3.0", "'demo' has no release 3.0: the last of its 6 are 2.0rc1, 9.0, 10.0"),
        ("demo", "2.0", "'demo' has no release 2.0: the last of its 6 are 2.0rc1, 9.0, 10.0"),
        ("old", "3", "'old' has no release 3: the last of its 2 are 2004d, 1.0"),
        ("empty", "1.0", "'empty' has no release 1.0: it has none"),
        ("nobody", "1.0", "the index has no project 'nobody'"),
    ],
)
def test_what_there_is_not_is_said_with_what_there_is(project: str, version: str, why: str) -> None:
    with pytest.raises(UnobtainableError) as error:
        listed(project, version)
    assert str(error.value) == why


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/simple/", "nonsense", "http://[::/", "ftp://127.0.0.1/"])
def test_an_index_that_is_not_there_is_a_reason(address: str) -> None:
    with pytest.raises(UnobtainableError, match="cannot reach the index for demo: "):
        release_files("demo", "1.0", address)


@pytest.mark.parametrize(
    ("media", "page"),
    [
        ("text/plain", b"hello"),
        ("application/vnd.pypi.simple.v1+json", b"{"),
        ("application/vnd.pypi.simple.v1+json", b'{"meta": {"api-version": "9.0"}}'),
        ("application/vnd.pypi.simple.v1+json", b"[]"),
        ("application/vnd.pypi.simple.v1+json", b'{"files": [{"filename": 7}]}'),
        ("application/vnd.pypi.simple.v1+json", b"[" * 100_000),
        (
            "application/vnd.pypi.simple.v1+json",
            b'{"files": [{"filename": "demo-1.0.zip", "url": "https://[x/demo-1.0.zip"}]}',
        ),
        ("text/html", b'<meta name="pypi:repository-version" content="9.0">'),
        ("text/html", b'<a href="https://[x/demo-1.0.zip">demo-1.0.zip</a>'),
        ("text/html", b"<![x demo-1.0.zip"),
    ],
)
def test_an_answer_that_is_not_an_index_is_a_reason(media: str, page: bytes) -> None:
    class Strange(PackageIndex):
        def page(self, project: str) -> bytes:
            assert project == "demo"
            return page

    with Strange(FILES, media=media) as index, pytest.raises(UnobtainableError, match=REFUSED):
        release_files("demo", "1.0", index.address)


def test_the_index_that_is_named_comes_before_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    assert len(listed("demo", "1.0.post1")) == 1
    with PackageIndex(FILES) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        assert release_files("demo", "1.0.post1") == (Wanted("demo", f"demo-1.0.post1-{PURE}"),)


class Json(PackageIndex):
    """Answers in JSON (PEP 691), with relative addresses."""

    media = "application/vnd.pypi.simple.v1+json"

    def page(self, project: str) -> bytes:
        files = [
            {"filename": name, "url": f"../../file/{project}/{name}", "hashes": {"sha256": sha256(body).hexdigest()}}
            for name, body in self.files[project].items()
        ]
        return json.dumps({"meta": {"api-version": "1.4"}, "name": project, "files": files}).encode()


def test_a_listing_in_json_is_read_like_one_in_html(tmp_path: Path) -> None:
    with Json(FILES, media=Json.media) as index:
        assert [Path(str(path)).name for path in fetched(index.address, tmp_path)] == listed("demo", "1.0")


def test_an_index_that_refuses_connections_is_named_with_the_reason() -> None:
    with pytest.raises(UnobtainableError) as error:
        release_files("demo", "1.0", "http://127.0.0.1:9/simple/")
    assert str(error.value) == "cannot reach the index for demo: connection refused (http://127.0.0.1:9/simple/)"


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_a_listing_reaches_nothing_but_http(tmp_path: Path, address: str) -> None:
    class Elsewhere(PackageIndex):
        def page(self, project: str) -> bytes:
            digest = sha256(b"bytes").hexdigest()
            return "".join(f'<a href="{address}#sha256={digest}">{name}</a>' for name in self.files[project]).encode()

    with Elsewhere(FILES) as index:
        outcomes = fetched(index.address, tmp_path)
    assert [f"{outcome}".endswith("is not an http address") for outcome in outcomes] == [True, True]


def test_the_login_does_not_follow_a_redirect_to_another_host(tmp_path: Path) -> None:
    with PackageIndex(FILES) as files, PackageIndex(FILES, login=LOGIN, moved_to=files.root) as index:
        assert [type(path) for path in fetched(index.with_login(QUOTED), tmp_path)] == [type(tmp_path)] * 2
    assert set(index.logins) == {LOGIN}
    assert set(files.logins) == {""}


@pytest.mark.posix
def test_the_login_of_a_host_may_be_in_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ci password token\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with PackageIndex(FILES, login="ci:token") as index:
        assert [type(path) for path in fetched(index.address, tmp_path / "cache")] == [type(tmp_path)] * 2


# --- private indexes ---

LOGIN = "ci:s3cr3t/t@ken"
QUOTED = "ci:s3cr3t%2Ft%40ken"


def fetched(address: str, cache: Path) -> list[Path | UnobtainableError]:
    return [outcome for _, outcome in fetch_release("demo", "1.0", cache, address)]


def test_the_login_in_the_url_of_an_index_is_sent_for_listing_and_files(tmp_path: Path) -> None:
    with PackageIndex(FILES, login=LOGIN) as index:
        assert [type(path) for path in fetched(index.with_login(QUOTED), tmp_path)] == [type(tmp_path)] * 2
        assert index.logins == [LOGIN] * 3


def test_the_login_is_sent_to_no_other_host(tmp_path: Path) -> None:
    with PackageIndex(FILES) as files, PackageIndex(FILES, login=LOGIN, files_at=files.root) as index:
        fetched(index.with_login(QUOTED), tmp_path)
    assert (index.logins, files.logins) == ([LOGIN], ["", ""])


def test_a_login_in_the_url_of_a_file_is_sent_there(tmp_path: Path) -> None:
    with PackageIndex(FILES, login="other:pass") as files:
        there = files.root.replace("//", "//other:pass@")
        with PackageIndex(FILES, login=LOGIN, files_at=there) as index:
            fetched(index.with_login(QUOTED), tmp_path)
    assert files.logins == ["other:pass"] * 2


def test_no_message_about_a_refusal_holds_the_login(tmp_path: Path) -> None:
    with PackageIndex(FILES, login="another:password") as refusing:
        with pytest.raises(UnobtainableError) as refused:
            fetched(refusing.with_login(QUOTED), tmp_path)
        there = refusing.root.replace("//", f"//{QUOTED}@")
        with PackageIndex(FILES, files_at=there) as index:
            files = [str(outcome) for outcome in fetched(index.address, tmp_path)]
    for said in (str(refused.value), *files):
        assert "403 " in said
        assert "s3cr3t" not in said


@pytest.mark.parametrize("digest", ["../../escaped", "0" * 63, "g" * 64, "0" * 64 + "/.."])
def test_a_digest_that_is_none_names_no_folder(tmp_path: Path, digest: str) -> None:
    names = [f"demo-1.0-{PURE}", "demo-1.0.tar.gz"]
    with PackageIndex(FILES, digests=dict.fromkeys(names, digest)) as index:
        outcomes = fetched(index.address, tmp_path / "cache")
    assert all("the index states no SHA-256" in str(outcome) for outcome in outcomes)
    assert list(tmp_path.iterdir()) == []


def test_a_digest_is_of_all_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a" * (3 << 20))
    assert sha256_of(tmp_path / "x") == "6f850bc94ae6f7de14297c01616c36d712d22864497b28a63b81d776b035e656"
