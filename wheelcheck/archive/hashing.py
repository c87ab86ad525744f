"""SHA-256 of small members: by Python's own code for the first megabyte of a process, then by OpenSSL's.

OpenSSL's is several times as fast, but its library takes as long to load as a small wheel's check takes to read.
"""

from __future__ import annotations

import sys
from importlib import import_module

from wheelcheck.typed import Any

_WITHOUT_OPENSSL = 1 << 20  # bytes that take Python's own code as long as OpenSSL takes to load


class Sha256:
    """Hashes texts, and changes to OpenSSL once they are many."""

    def __init__(self, left: int = _WITHOUT_OPENSSL) -> None:
        self._left = left
        self._hash = _own_code()

    def of(self, content: bytes) -> str:
        """Return the hash in hexadecimal digits."""
        self._left -= len(content)
        if self._left < 0 or self._hash is None:
            import hashlib  # noqa: PLC0415  # see above

            return hashlib.sha256(content).hexdigest()
        return str(self._hash(content).hexdigest())


def _own_code() -> Any:  # noqa: ANN401  # as hashlib.sha256; None where there is none
    if sys.implementation.name != "cpython":
        return None
    try:
        found = import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
    except ImportError:  # a Python that was built without
        return None
    return found


sha256 = Sha256()
