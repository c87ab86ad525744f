from __future__ import annotations

import base64
import hashlib
import string
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import library
from tests.support.twins import Silent, Twins, examine_recipe
from wheelcheck.report.selection import grouped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.artifacts import Rows, WheelRecipe

RECORD = "demo-1.0.dist-info/RECORD"
SIGNATURES = ("demo-1.0.dist-info/RECORD.jws", "demo-1.0.dist-info/RECORD.p7s")
DATA = "demo/data.txt"
LIBRARY = "demo/libnative.so"
OTHERS = ("demo-1.0.dist-info/WHEEL", "demo-1.0.dist-info/METADATA")
LETTERS = f"{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}-_"
NEXT = dict(pairwise(LETTERS))  # of four letters one has no bit beyond the last byte
EMPTY_MD5 = "md5=1B2M2Y8AsgTpgAmY7PhCfg"


def recorded(record: Callable[[Rows], Rows] | None = None, *files: File) -> WheelRecipe:
    """A wheel with a data file, whose RECORD was edited."""
    rest = {"record": record} if record else {}
    return a_wheel(X86_64, library("x86_64"), File(DATA), *files, **rest)


def with_record(text: bytes) -> WheelRecipe:
    return a_wheel(X86_64, library("x86_64"), dist_info={"RECORD": text})


def stronger(algorithm: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.new(algorithm, content).digest())
    return f"{algorithm}={digest.rstrip(b'=').decode()}"


def changed(path: str, /, **columns: str) -> Callable[[Rows], Rows]:
    """Return an edit of one row: its `hash`, its `size` or its `path`."""

    def edit(rows: Rows) -> Rows:
        return [
            (columns.get("path", row[0]), columns.get("hash", row[1]), columns.get("size", row[2]))
            if row[0] == path
            else row
            for row in rows
        ]

    return edit


def in_hexadecimal(rows: Rows) -> Rows:
    return [(path, f"sha256={'0A' * 32}" if hashed else "", size) for path, hashed, size in rows]


def with_backslashes(rows: Rows) -> Rows:
    return [(path.replace("/", "\\"), hashed, size) for path, hashed, size in rows]


def with_row_for(path: str) -> Callable[[Rows], Rows]:
    return lambda rows: [*rows, (path, "", "")]


def without_signature(rows: Rows) -> Rows:
    return [row for row in rows if row[0] not in SIGNATURES]


def row_for(code: str, sentence: str, edit: Callable[[Rows], Rows], found: str, at: str = DATA, *also: str) -> Twins:
    return Twins(code, sentence, recorded(edit), recorded(), found, (at,), also=also)


@pytest.mark.parametrize(
    "row",
    [
        row_for(
            "WC210",
            "a file that is not listed",
            lambda rows: [row for row in rows if row[0] != DATA],
            "is in the wheel but not in RECORD",
        ),
        row_for(
            "WC211",
            "a row without its file",
            lambda rows: [*rows, ("demo/gone.py", "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "0")],
            "is in RECORD but not in the wheel",
            "demo/gone.py",
        ),
        row_for(
            "WC212",
            "bytes that changed after the wheel was sealed",
            changed(DATA, hash="sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"),
            "expected e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 as RECORD says",
        ),
        row_for(
            "WC212",
            "a hash and a size that are not the file's, which is one fault",
            changed(DATA, hash="sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", size="6"),
            " and 5 bytes, expected e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 and 6 as REC",
        ),
        *(
            row_for(
                "WC212", f"the size {size} of a file of 5", changed(DATA, size=size), f"found 5 bytes, expected {size}"
            )
            for size in ("6", "4", "0")
        ),
        *(
            Twins(
                "WC212",
                f"a false {algorithm}, which is as wrong as a false sha256",
                recorded(changed(DATA, hash=stronger(algorithm, b"other\n"))),
                recorded(changed(DATA, hash=stronger(algorithm, b"text\n"))),
                f"found {algorithm.lower()} {hashlib.new(algorithm, b'text' + bytes([10])).hexdigest()}, expected ",
                (DATA,),
            )
            for algorithm in ("sha384", "sha512", "SHA512")
        ),
        *(
            row_for(
                "WC213",
                "an algorithm that nobody has to know",
                changed(DATA, hash=f"{name}={'A' * 43}"),
                f"found {name}",
            )
            for name in ("sha3_256", "blake2b", "sha1", "sha224", "crc32")
        ),
        row_for(
            "WC213",
            "three bytes for sha512",
            changed(DATA, hash="sha512=AAAA"),
            "found 'sha512=AAAA', expected sha256= and unpadded url-safe base64",
        ),
        row_for(
            "WC213",
            "a last character with bits of no byte",
            lambda rows: [
                (path, hashed[:-1] + NEXT[hashed[-1]] if path == DATA else hashed, size) for path, hashed, size in rows
            ],
            "expected sha256= and unpadded url-safe base64",
        ),
        Twins(
            "WC213",
            "bytes that are not UTF-8",
            with_record(b"demo/gone\xff.py,,\n"),
            recorded(),
            "",
            (RECORD, "demo/gone\udcff.py"),
            also=("WC210", "WC211"),
        ),
        row_for("WC213", "a hash that proves nothing", changed(DATA, hash=EMPTY_MD5), "found md5, expected sha256"),
        Twins(
            "WC213",
            "hexadecimal digests, which are one fault and are compared with nothing",
            recorded(in_hexadecimal),
            recorded(),
            "found hexadecimal digests in 4 of 5 rows, expected url-safe base64 without padding",
            (RECORD,),
        ),
        row_for(
            "WC213",
            "a hexadecimal digest of another algorithm",
            changed(DATA, hash=f"sha512={'0a' * 64}"),
            "found hexadecimal digests in 1 of 5 rows",
            RECORD,
        ),
        Twins(
            "WC213",
            "backslashes, which hide no file from the other rules",
            recorded(with_backslashes),
            recorded(),
            "found a path with backslashes, expected forward slashes",
            tuple(path.replace("/", "\\") for path in (LIBRARY, DATA, RECORD, *OTHERS)),
        ),
        row_for(
            "WC213",
            "a digest of another length",
            changed(DATA, hash="sha256=AAAA"),
            "found 'sha256=AAAA', expected sha256= and unpadded url-safe base64",
        ),
        row_for("WC213", "no hash", changed(DATA, hash=""), "expected sha256= and unpadded url-safe base64"),
        row_for(
            "WC213",
            "standard base64",
            changed(DATA, hash="sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            "expected sha256= and unpadded url-safe base64",
        ),
        row_for(
            "WC213", "base64 that ends amid a byte", changed(DATA, hash="sha256=A"), "expected sha256= and unpadded"
        ),
        row_for("WC213", "a size that is no number", changed(DATA, size="five"), "found size 'five'"),
        *(
            row_for("WC213", f"a size that no file has: {why}", changed(DATA, size=size), f"found size {size[:40]!r}")
            for why, size in {
                "more digits than Python turns into a number": "5" * 5000,
                "digits of another script": "\u0665",
                "a sign": "+5",
                "an underscore": "1_0",
                "a space": " 5",
                "a superscript": "5\u00b2",
            }.items()
        ),
        row_for(
            "WC213",
            "a row twice",
            lambda rows: [rows[0], *rows],
            "found 2 rows, expected one",
            "demo/libnative.so",
        ),
        row_for(
            "WC213",
            "a row that leaves the wheel",
            lambda rows: [*rows, ("../../evil.py", "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "0")],
            "found a path that leaves the wheel",
            "../../evil.py",
            "WC211",
        ),
        row_for(
            "WC213",
            "an absolute row",
            lambda rows: [*rows, ("/etc/passwd", "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "0")],
            "found a path that leaves the wheel",
            "/etc/passwd",
            "WC211",
        ),
        row_for(
            "WC213",
            "RECORD cannot hold its own hash",
            changed(RECORD, hash="sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"),
            "found a hash, expected none",
            RECORD,
        ),
        *(
            Twins(
                "WC213",
                f"a hash of {path}, which is written after RECORD",
                recorded(None, File(path)),
                recorded(changed(path, hash="", size=""), File(path)),
                "found a hash, expected none",
                (path,),
            )
            for path in SIGNATURES
        ),
        row_for("WC213", "text of 40 characters for a size", changed(DATA, size="x" * 40), f"{'x' * 40!r}, expected"),
        row_for("WC213", "text of 41 characters for a size", changed(DATA, size="x" * 41), f"{'x' * 40!r}…, expected"),
        row_for(
            "WC213", "a name beside the wheel", changed(DATA, path="x/../../y"), "leaves", "x/../../y", "WC210", "WC211"
        ),
        row_for("WC213", "no name", changed(DATA, path=""), "leaves the wheel", "", "WC210", "WC211"),
        Twins(
            "WC213",
            "two columns",
            with_record(b"demo/libnative.so,\n"),
            recorded(),
            "line 1: found 2 columns, expected path, hash and size",
            (RECORD,),
            also=("WC210",),
        ),
        Twins(
            "WC213",
            "an empty line, which pip cannot install",
            with_record(b"\n\n"),
            recorded(),
            "line 1: found an empty line",
            (RECORD,),
            also=("WC210",),
        ),
        row_for(
            "WC213",
            "a hash of no algorithm, which nobody compares",
            changed(DATA, hash="=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"),
            "found '=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', expected sha256=",
        ),
        Twins(
            "WC213",
            "no CSV",
            with_record(b'"demo/libnative.so,,\n'),
            recorded(),
            "not CSV",
            (RECORD,),
            also=("WC210",),
        ),
    ],
    ids=str,
)
def test_record_lists_every_file_as_it_is(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        *(
            Silent(code, f"{path} is not in it", recorded(without_signature, File(path)))
            for code in ("WC210", "WC213")
            for path in SIGNATURES
        ),
        *(
            Silent(
                "WC211",
                f"a row for {path}, which is not there",
                recorded(with_row_for(path)),
            )
            for path in SIGNATURES
        ),
        *(
            Silent("WC212", f"{path} is written after RECORD", recorded(changed(path, hash="", size="1"), File(path)))
            for path in SIGNATURES
        ),
        Silent("WC213", "a size may be left out", recorded(changed(DATA, size=""))),
        Silent("WC212", "a stronger hash that is true", recorded(changed(DATA, hash=stronger("sha512", b"text\n")))),
    ],
    ids=str,
)
def test_what_the_format_allows_in_record_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def test_a_record_with_backslashes_or_hexadecimal_digests_is_one_line_and_its_other_faults_are_still_found(
    tmp_path: Path,
) -> None:
    for number, edit in enumerate((in_hexadecimal, with_backslashes)):
        report = examine_recipe(recorded(edit), tmp_path / str(number))
        assert [group.first.code for group in grouped(report.findings) if group.first.severity == "error"] == ["WC213"]
    without_data = examine_recipe(recorded(lambda rows: with_backslashes(rows)[1:]), tmp_path / "other")
    assert "WC210" in {found.code for found in without_data.findings}
