"""A hash is SHA-256 whoever makes it, and OpenSSL is loaded once there is much to hash."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from wheelcheck.archive import hashing


@pytest.mark.parametrize("content", [b"", b"abc", bytes(range(256)) * 300], ids=len)
@pytest.mark.parametrize("left", [0, 1 << 20])
def test_the_hash_is_the_one_of_hashlib(content: bytes, left: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [hashlib.sha256(content).hexdigest()] * 3
    sha256 = hashing.Sha256(left)
    assert [sha256.of(content) for _ in range(3)] == expected
    monkeypatch.setattr(hashing, "_own_code", lambda: None)  # as on PyPy
    assert [hashing.Sha256(left).of(content) for _ in range(3)] == expected


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="another Python has no such code")
def test_openssl_is_loaded_once_there_is_much_to_hash() -> None:
    script = (
        "import sys; from wheelcheck.archive.hashing import sha256\n"
        "for size in (1 << 16, 1 << 20): sha256.of(bytes(size)); print('hashlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
