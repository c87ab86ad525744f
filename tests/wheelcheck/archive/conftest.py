"""The libraries that inflate: tests that ask for `each_codec` run once with each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelcheck.archive import decompress, inflate
from wheelcheck.archive.codec import load

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=["zlib", "zlib_ng.zlib_ng"])
def each_codec(request: pytest.FixtureRequest) -> Iterator[None]:
    """Read with zlib, then with zlib-ng."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (inflate, decompress):
            patch.setattr(module, "codec", load(request.param))
        yield
