from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.support.package_index import PackageIndex
from tools.corpus_files import obtain
from tools.corpus_judging import Label

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CONTENT = b"some release"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()
NAME = "demo-1.0.tar.gz"
KNOWN = Label("demo", NAME, sha256=DIGEST)
NOWHERE = "http://127.0.0.1:9/"  # a port that nothing answers on


def cached(folder: Path, digest: str, content: bytes) -> Path:
    path = folder / digest / NAME
    path.parent.mkdir()
    path.write_bytes(content)
    return path


def test_a_file_that_is_cached_under_the_digest_of_its_label_needs_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", NOWHERE)
    path = cached(tmp_path, DIGEST, CONTENT)
    assert obtain([KNOWN], tmp_path) == ({KNOWN: path}, [])


def test_a_cached_file_with_other_bytes_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cached(tmp_path, DIGEST, b"damaged")
    with PackageIndex({"demo": {NAME: CONTENT}}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        assert obtain([KNOWN], tmp_path) == ({KNOWN: path}, [])
    assert path.read_bytes() == CONTENT


def test_a_file_of_the_index_with_another_digest_than_the_label_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = Label("demo", NAME, sha256=OTHER)
    with PackageIndex({"demo": {NAME: CONTENT}}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        paths, missing = obtain([label], tmp_path)
    assert paths == {}
    assert [str(error) for error in missing] == [f"{NAME}: SHA-256 is {DIGEST}, not {OTHER}"]


def test_a_label_without_digest_takes_what_the_index_lists_and_the_order_is_that_of_the_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Label("demo", "demo-2.0.tar.gz")
    cached(tmp_path, DIGEST, CONTENT)
    with PackageIndex({"demo": {plain.filename: CONTENT}}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        paths, missing = obtain([plain, KNOWN], tmp_path)
    assert list(paths) == [plain, KNOWN]
    assert missing == []
