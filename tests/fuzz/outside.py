"""Sessions of the lane of readers for what is no artifact: lock files, listings of an index, statements of evidence."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from tests.fuzz.made import Pieces, Read, pieces_of_texts, text
from wheelcheck import locks
from wheelcheck.facts.evidence import PREDICATE, STATEMENT, read_folder
from wheelcheck.inputs import UnreachableError
from wheelcheck.pypi.http import Page
from wheelcheck.pypi.listing import StrangeListingError, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from random import Random

    Texts = Mapping[str, bytes]

_HASH = "ab" * 32
REQUIREMENTS = f"""# pinned
-i https://example.org/simple
--require-hashes
demo==1.0 \\
    --hash=sha256:{_HASH} \\
    --hash=sha256:{"cd" * 32}
other==2.0 ; python_version > "3.8" and (extra == "x" or sys_platform != 'win32') --hash=sha256:{_HASH}
third===1  # last
"""
PYLOCK = f"""lock-version = "1.0"
created-by = "tests"
requires-python = ">=3.9"

[[packages]]
name = "demo"
version = "1.0"
marker = "python_version >= '3.9'"
requires-python = ">=3.8"
sdist = {{ url = "https://example.org/demo-1.0.tar.gz", hashes = {{ sha256 = "{_HASH}" }} }}

[[packages.wheels]]
name = "demo-1.0-py3-none-any.whl"
url = "https://example.org/demo-1.0-py3-none-any.whl"
hashes = {{ sha256 = "{_HASH}" }}
"""
UV = f"""version = 1
requires-python = ">=3.9"

[[package]]
name = "ours"
version = "0.1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "demo", extra = ["fast"], marker = "python_version >= '3.9'" }},
]

[[package]]
name = "demo"
version = "1.0"
source = {{ registry = "https://example.org/simple" }}
dependencies = [{{ name = "other", version = "2.0" }}]
sdist = {{ url = "https://example.org/demo-1.0.tar.gz", hash = "sha256:{_HASH}", size = 3 }}
wheels = [{{ url = "https://example.org/demo-1.0-py3-none-any.whl", hash = "sha256:{_HASH}" }}]

[package.optional-dependencies]
fast = [{{ name = "other" }}]

[[package]]
name = "other"
version = "2.0"
source = {{ registry = "https://example.org/simple" }}
wheels = [{{ path = "other-2.0-py3-none-any.whl", hash = "sha256:{_HASH}" }}]
"""
LOCKS = {"requirements.txt": REQUIREMENTS, "pylock.toml": PYLOCK, "uv.lock": UV}
_FILE = {"filename": "demo-1.0-py3-none-any.whl", "url": "demo-1.0-py3-none-any.whl", "hashes": {"sha256": _HASH}}
JSON = json.dumps(
    {"meta": {"api-version": "1.1"}, "name": "demo", "files": [_FILE, _FILE | {"yanked": "bad"}]}, indent=1
)
HTML = f"""<!DOCTYPE html>
<html><head><meta name="pypi:repository-version" content="1.0"></head>
<body>
<a href="../demo-1.0.tar.gz#sha256={_HASH}" data-requires-python="&gt;=3.8">demo-1.0.tar.gz</a><br>
<a href="demo-1.0-py2.7.egg" data-yanked>demo-1.0-py2.7.egg</a>
<a href="https://example.org/demo-1.0-py3-none-any.whl#md5=x">demo-1.0-py3-none-any.whl</a>
</body></html>
"""
LISTINGS = {"json": JSON, "html": HTML}
_STATEMENT = {
    "_type": STATEMENT,
    "subject": [{"name": "demo-1.0-py3-none-any.whl", "digest": {"sha256": _HASH}}],
    "predicateType": PREDICATE,
    "predicate": {"project": "demo", "version": "1.0", "builder": {"cpu": "x86_64"}, "proofs": ["smoke"]},
}
STATEMENTS = {"one.json": json.dumps(_STATEMENT, indent=1)}
TOKENS = (
    "http://[x", "https://example.org:x/", "//", "#sha256=", "\\", "' \"", "-r ", "-c", "--hash=sha256:", "-", "--",
    "-r x", "-r a\0b", "==1.0", "===*", " @ file:///x", "; python_version",
    "(" * 300, "; " + "(" * 400 + "os_name == 'x'", "extra == ",
    "null", "[]", "{}", "1e999", "[" * 2000, '{"a":' * 2000, "9" * 5000, "true", ",", '"files": 5', '"sha256": 5',
    "\\ud800", "<![x", "<![CDATA[", "<!", "<!--", "<?", "</", "<a href", "<script>", "&#x110000;", "&" * 200, "\r",
    "<meta content=2 name=", "[[packages]]", "[package]", "marker = 1", "url = 1", "name = []", "a." * 300 + "b = 1",
    "source = 1", "wheels = 1", "extra = [[]]", "hash = 1", "'" * 3,
)  # fmt: skip


@cache
def _target() -> locks.Target:
    return locks.Target("manylinux_2_28_x86_64", "3.12")


def read_locks(texts: Texts, folder: Path) -> Read:
    """Read lock files; what one cannot be used for is said by UnreachableError."""
    is_faulty = False
    for name, own in texts.items():
        (folder / name).write_bytes(own)
        try:
            locks.pins(folder / name, _target())
        except UnreachableError:
            is_faulty = True
    return Read(is_reached=True, is_faulty=is_faulty)


def read_listings(texts: Texts, _: Path) -> Read:
    """Read what an index lists, as JSON and as HTML; a page that is no listing is a StrangeListingError."""
    is_faulty = False
    for media, own in texts.items():
        try:
            parse(Page(f"application/vnd.pypi.simple.v1+{media}", own, "https://example.org/simple/demo/"), "demo")
        except StrangeListingError:  # noqa: PERF203 - there are two
            is_faulty = True
    return Read(is_reached=True, is_faulty=is_faulty)


def read_evidence(texts: Texts, folder: Path) -> Read:
    """Read statements about the files of a release."""
    home = folder / "evidence"
    home.mkdir(exist_ok=True)
    for name, own in texts.items():
        (home / name).write_bytes(own)
    return Read(is_reached=True, is_faulty=any(one.problem for one in read_folder(home)))


def lock_files(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed lock files, or (bad) a requirement that is not pinned."""
    return _bad({"requirements.txt": "demo>=1\n"}) if is_bad else pieces_of_texts(words, LOCKS, _changed)


def listings(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed listings, or (bad) one of another version of the protocol."""
    return _bad({"json": JSON.replace("1.1", "2.0")}) if is_bad else pieces_of_texts(words, LISTINGS, _changed)


def statements(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed statements, or (bad) one of another type."""
    return _bad({"one.json": "{}"}) if is_bad else pieces_of_texts(words, STATEMENTS, _changed)


def _bad(texts: dict[str, str]) -> Pieces:
    return Pieces(({name: own.encode() for name, own in texts.items()},), ("bad",), is_bad=True)


def _changed(texts: dict[str, str], words: Random) -> list[str]:
    done = []
    for name in sorted(texts):
        for _ in range(words.choice((0, 1, 1, 2))):
            texts[name] = text(texts[name], TOKENS, words)
            done.append(name)
    return done


READ: dict[str, Callable[[Texts, Path], Read]] = {
    "locks": read_locks,
    "listings": read_listings,
    "evidence": read_evidence,
}
MAKERS: dict[str, Callable[..., Pieces]] = {"locks": lock_files, "listings": listings, "evidence": statements}
