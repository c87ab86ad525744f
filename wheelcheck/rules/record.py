"""WC21x: RECORD lists every file of the wheel, with its right hash and size."""

from __future__ import annotations

from collections import Counter

from wheelcheck.counting import counted
from wheelcheck.facts import Wheel
from wheelcheck.facts.dist_info import is_utf_8
from wheelcheck.patterns import regex
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts.record import Row

_DIGITS = 19  # which count every byte of any file
_SIZE = regex(rf"[0-9]{{1,{_DIGITS}}}")  # ASCII digits only, no sign
_STRONG = frozenset({"sha256", "sha384", "sha512"})


def _unlisted(wheel: Wheel) -> frozenset[str]:
    """Return the files that RECORD need not list: itself and signatures over it."""
    folder = wheel.dist_info.folder
    return frozenset(f"{folder}/RECORD{suffix}" for suffix in ("", ".jws", ".p7s"))


def _files(wheel: Wheel) -> Iterator[tuple[Row, str]]:
    """Yield each row with the file it means: backslashes, which WC213 finds, are read as slashes."""
    paths = wheel.paths
    for row in wheel.dist_info.rows:
        path = row.path
        yield row, path if path in paths or "\\" not in path else path.replace("\\", "/")


@rule("WC210", on=Wheel, fix="record", absence=True)
def every_file_is_listed_in_record(wheel: Wheel) -> Iterator[Hit]:
    """Every file of the wheel has a row in RECORD.

    Installers use RECORD to remove and verify files, and auditwheel opens only what it lists. An ELF file that is in
    the zip but not in RECORD is never examined, and stays behind when the package is uninstalled.

    Source: the binary distribution format (PyPA), PEP 627.
    Remedy: let the build backend write RECORD last; repack with `wheel pack` after any change.
    """
    if wheel.has_exact_record:
        return
    listed = {path for _, path in _files(wheel)} | _unlisted(wheel)
    for member in wheel.members:
        if member.kind != "directory" and member.path not in listed:
            yield Hit(member.path, "is in the wheel but not in RECORD, expected a row with its hash and size")


@rule("WC211", on=Wheel, fix="record", absence=True)
def every_row_of_record_has_its_file(wheel: Wheel) -> Iterator[Hit]:
    """Every row of RECORD names a file that is in the wheel.

    pip and uv install such a wheel without a warning, and the file is missing.

    Source: the binary distribution format (PyPA), PEP 627.
    Remedy: build the wheel again; never delete from a finished one.
    """
    if wheel.has_exact_record:
        return
    paths = wheel.paths | _unlisted(wheel)
    for row, path in _files(wheel):
        if path not in paths:
            yield Hit(row.path, "is in RECORD but not in the wheel: installers refuse it or leave it out")


@rule("WC212", on=Wheel, fix="record")
def every_hash_and_size_in_record_is_true(wheel: Wheel) -> Iterator[Hit]:
    """The hash (sha256, sha384 or sha512) and the size in each row of RECORD are those of the file's bytes.

    PyPI compares only names, so a wheel whose content changed after RECORD was written is published: sentry-cli 3.8.0
    and a re-tagged black 22.10.0 are examples. Installers that verify hashes refuse such a wheel.

    Source: the binary distribution format (PyPA); PEP 376 for the encoding of the hash.
    Remedy: repack with `wheel unpack` and `wheel pack` after any change such as signing or stripping.
    """
    if wheel.has_exact_record:
        return
    unlisted = _unlisted(wheel)
    members = {member.path: member for member in wheel.members if member.path not in unlisted}
    for row, path in _files(wheel):
        member = members.get(path)
        if member is None or member.kind != "file":
            continue
        if row.is_sha256(member.sha256) and row.size == str(member.size):
            continue
        differences = []
        digest = member.sha256 if row.algorithm == "sha256" else wheel.digests.get((path, row.algorithm), "")
        if digest and not row.is_sha256(digest) and row.digest not in ("", digest):
            differences.append((f"{row.algorithm} {digest}", row.digest))
        if _SIZE.fullmatch(row.size) and int(row.size) != member.size:
            differences.append((counted(member.size, "byte"), row.size))
        if differences:
            found, expected = map(" and ".join, zip(*differences, strict=True))
            message = f"found {found}, expected {expected} as RECORD says"
            yield Hit(member.path, message, cause="found other bytes than those whose hash and size RECORD gives")


@rule("WC213", on=Wheel, fix="record")
def every_row_of_record_is_well_formed(wheel: Wheel) -> Iterator[Hit]:
    """RECORD is UTF-8 and CSV of path, strong hash and size, with one row per file and relative paths inside the wheel.

    Backslashes and hexadecimal digests come from tools that write RECORD by hand: uninstallers and verifiers then find
    no file and no hash that fits. The other rules on RECORD read such a path with slashes, and compare no such digest.

    pip cannot install a wheel with an empty line in RECORD, not even at its end ("IndexError: list index out of
    range"). Such lines come from line ends that were written twice. uv passes over them.

    Source: PEP 376, PEP 427 (sha256 or better, url-safe base64 without padding; no md5, no sha1), PEP 627.
    Remedy: let the build backend write RECORD.
    """
    if wheel.has_exact_record:
        return
    rows, record = wheel.dist_info.rows, wheel.dist_info.path("RECORD")
    if not is_utf_8(wheel.dist_info.texts.get("RECORD", "")):
        yield Hit(record, "found bytes that are not UTF-8")
    yield from (Hit(record, problem) for problem in wheel.dist_info.record_problems)
    unlisted = _unlisted(wheel)
    repeated = Counter(row.path for row in rows)
    yield from (Hit(path, f"found {count} rows, expected one") for path, count in repeated.items() if count > 1)
    if count := sum(not row.is_usual and row.is_hexadecimal for row in rows):
        yield Hit(
            record,
            f"found hexadecimal digests in {count} of {len(rows)} rows, expected url-safe base64 without padding",
        )
    yield from (hit for row in rows for hit in _row_problem(row, unlisted))


def _is_plain(row: Row) -> bool:
    """Return whether a row of a file is written as nearly all are, so that nothing can be wrong with its form."""
    has_size = len(row.size) <= _DIGITS and row.size.isascii() and row.size.isdecimal()
    has_path = row.path[:1] not in ("", "/") and ".." not in row.path and "\\" not in row.path
    return has_size and has_path and row.is_usual


def _row_problem(row: Row, unlisted: frozenset[str]) -> Iterator[Hit]:
    """Yield the first thing that is wrong with a row; hexadecimal digests are reported once for all rows."""
    if _is_plain(row) and row.path not in unlisted:
        return
    path = row.path.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/") or not path:
        yield Hit(row.path, "found a path that leaves the wheel, expected a relative one inside it")
    elif "\\" in row.path:
        yield Hit(row.path, "found a path with backslashes, expected forward slashes")
    elif row.path in unlisted:
        if row.hash:
            yield Hit(row.path, "found a hash, expected none: the file would have to hold its own")
    elif row.algorithm and row.algorithm not in _STRONG:
        yield Hit(row.path, f"found {row.algorithm}, expected sha256 or better")
    elif not row.is_usual and not (row.algorithm and row.digest) and not row.is_hexadecimal:
        expected = "expected sha256= and unpadded url-safe base64"
        yield Hit(row.path, f"found {row.hash!r}, {expected}", cause=f"found a hash in another form, {expected}")
    elif row.size and not _SIZE.fullmatch(row.size):
        size = f"{row.size[:40]!r}{'…' * (len(row.size) > 40)}"
        yield Hit(
            row.path,
            f"found size {size}, expected a number of bytes",
            cause="found a size in another form, expected a number of bytes",
        )
