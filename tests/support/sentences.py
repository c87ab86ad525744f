"""What readers say of damage, and rules of what they find, word for word: what users read changes on purpose only.

`sentences/NAME.txt` has every sentence once, numbers as 0, as far as reports show it. After a change,
`WHEELCHECK_SENTENCES=1 pytest -n0 tests/wheelcheck/NAME` adds what is new: read it. With WHEELCHECK_SENTENCES=all, the
file is written again without what no test said in that run: read what is gone, a test may have been skipped.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from wheelcheck.report.wording import shown

_NUMBER = re.compile(r"\b(0x[0-9a-f]+|[0-9]{1,3}(,[0-9]{3})+|[0-9a-f]*[0-9][0-9a-f]*)\b")
_OF_ONE = re.compile(r"\b0 (byte|column)\b")  # a noun of 1 is the same sentence
_WRITE = "WHEELCHECK_SENTENCES"
_FOLDER = Path(__file__).parent / "sentences"


@cache
def _known(name: str) -> set[str]:
    path = _FOLDER / f"{name}.txt"
    again = os.environ.get(_WRITE) == "all" or not path.exists()
    return set() if again else set(path.read_text("utf-8").splitlines())


def assert_known(name: str, kind: str, text: str) -> None:
    """Assert that a sentence is one of those that were read; with WHEELCHECK_SENTENCES set, add it."""
    sentence = f"{kind}: {_NUMBER.sub('0', shown(text))}".encode("unicode_escape").decode()
    sentence = _OF_ONE.sub(r"0 \1s", sentence)
    if sentence not in _known(name) and os.environ.get(_WRITE):
        assert "PYTEST_XDIST_WORKER" not in os.environ, "add sentences with `pytest -n0`: processes lose some"
        _known(name).add(sentence)
        text = "".join(f"{each}\n" for each in sorted(_known(name)))
        (_FOLDER / f"{name}.txt").write_text(text, "utf-8")
    assert sentence in _known(name), f"read this sentence, then WHEELCHECK_SENTENCES=1 adds it: {sentence}"
