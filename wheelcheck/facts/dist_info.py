"""The .dist-info folder of a wheel: WHEEL, METADATA, RECORD, and entry points with their scripts, each parsed once."""

from __future__ import annotations

import binascii
import csv
import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from wheelcheck.archive.names import LONGEST_COMPONENT, is_device
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.facts.headers import Headers, headers_of
from wheelcheck.patterns import regex
from wheelcheck.platforms.usual import canonicalize_name, expanded_tag
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement

    from wheelcheck.facts.file_names import FileName


# What becomes a command of the environment, and under which names PyPI and installers refuse it.

GROUPS = frozenset({"console_scripts", "gui_scripts"})

# The names that uv's `reserved_script_name` refuses in any case: those of the interpreters in an environment.
_RESERVED = regex(
    r"(?:pythonw?|python3(?:\.[0-9]{1,3}t?)?|pythonw3\.[0-9]{1,3}t|graalpy|pypy[23]?)(?:\.py)?(?:\.exe)?", re.IGNORECASE
)
_PUBLISHED = regex(r"[\w.-]+")  # PyPI's own check of an uploaded wheel (warehouse, utils/wheel.py)
_DRIVE = regex(r"[A-Za-z]:")

NameProblem = Literal["", "a path", "characters", "reserved", "too long", "a device"]
_LAUNCHER = len(".exe")


def script_name_problem(name: str) -> NameProblem:
    """Return what is wrong with the name of a script, in all of its systems but for "a device", which Windows has."""
    if "/" in name or "\\" in name or _DRIVE.match(name) or name in (".", ".."):
        return "a path"
    if not _PUBLISHED.fullmatch(name):
        return "characters"
    if is_reserved(name):
        return "reserved"
    if len(name) + _LAUNCHER > LONGEST_COMPONENT:
        return "too long"
    return "a device" if is_device(name) else ""


def is_reserved(name: str) -> bool:
    """Return whether a script of this name would replace an environment's interpreter, here or on another system."""
    return _RESERVED.fullmatch(name) is not None


def without_wrapper_suffix(name: str) -> str:
    """Return the entry point whose launcher setuptools would call so; installers leave such a file of .data out."""
    for suffix in (".exe", "-script.py", ".pya"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


_MOST_TAGS = 10_000  # of all lines: one of 3 kB can stand for a thousand million
_MOST_ROWS = 70_000  # of RECORD; a zip that installers read has at most 65,535 members
_MOST_LINES = 2 * _MOST_ROWS  # empty ones are no rows, and cost time
_MOST_PROBLEMS = 1_000  # malformed rows of RECORD
_BREAKS = "\n\r\v\f\x1c-\x1e\x85\u2028\u2029"  # where str.splitlines ends a line, as pip does
_LINE = regex(f"[^{_BREAKS}]+(?:\r\n|[{_BREAKS}])?|\r\n|[{_BREAKS}]")
# A NUL ends texts in C, and a carriage return lines in Python's email parser alone. Behind the others, where
# str.splitlines ends a line, only a further header does harm: licence texts are full of form feeds.
_BREAKS_LINES = regex("[\0\r]|[\v\f\x1c-\x1e\x85\u2028\u2029][A-Za-z][A-Za-z0-9-]*[ \t]*:")
_HEADER_LINE = regex("[^\n]*\n|[^\n]+")
_NO_DEFAULTS = "\n"  # no header of a group can be this: importlib.metadata takes [DEFAULT] for a group like any other
_FOLDER = regex(r"(?P<name>[^/]+?)-(?P<version>[^/-]+)\.dist-info")
_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
_SURROGATE = regex("[\udc80-\udcff]")
_SHOWN = 80  # characters of a line
_EMPTY = "found an empty line, which pip cannot install; expected path, hash and size"
OTHER_ALGORITHMS = frozenset(_DIGEST_BYTES) - {"sha256"}
# 32 bytes in base64: the last of 43 characters stands for four bits, so its other two are 0.
_USUAL = regex(r"sha256=[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_USUAL_LENGTH = len("sha256=") + 43
_METADATA_VERSION = regex(r"([0-9]{1,4})\.([0-9]{1,4})")


_URL_SAFE, _PLAIN_BASE64 = bytes.maketrans(b"+/", b"-_"), str.maketrans("-_", "+/")


def _in_base64(digest: bytes) -> str:
    """Return a digest in url-safe base64 without padding; the module `base64` is slow to import."""
    return binascii.b2a_base64(digest, newline=False).translate(_URL_SAFE).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of RECORD as written: path, `algorithm=digest` and size, all text."""

    path: str
    hash: str
    size: str

    @property
    def algorithm(self) -> str:
        """The name before the equals sign, lower case; empty if there is no hash."""
        return self.hash.partition("=")[0].lower()

    @property
    def digest(self) -> str:
        """The digest as hexadecimal text; empty if it is not unpadded url-safe base64 (PEP 376, PEP 427).

        It is also empty if the length is not that of the algorithm (hexadecimal text is base64 of another length), or
        if the last character has bits that belong to no byte: who compares texts finds another hash then.
        """
        text = self.hash.partition("=")[2]
        if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            return ""
        try:
            digest = binascii.a2b_base64(text.translate(_PLAIN_BASE64) + "=" * (-len(text) % 4))
        except binascii.Error:
            return ""
        is_canonical = _in_base64(digest) == text
        fits = len(digest) == _DIGEST_BYTES.get(self.algorithm, len(digest))
        return digest.hex() if is_canonical and fits else ""

    @property
    def is_usual(self) -> bool:
        """Whether the hash is a well-formed sha256, as nearly every one is."""
        return _USUAL.fullmatch(self.hash) is not None

    def is_sha256(self, digest: str) -> bool:
        """Return whether the hash is this sha256 (hexadecimal) as PEP 427 writes it."""
        written = self.hash
        if not digest or len(written) != _USUAL_LENGTH or not written.startswith("sha256="):
            return False
        return written[7:] == _in_base64(bytes.fromhex(digest))

    @property
    def is_hexadecimal(self) -> bool:
        """Whether the digest is written as hexadecimal text, which no version of the format allows."""
        text = self.hash.partition("=")[2]
        return (
            bool(text)
            and len(text) == 2 * _DIGEST_BYTES.get(self.algorithm, 0)
            and bool(re.fullmatch("[0-9A-Fa-f]+", text))
        )


@dataclass(frozen=True)
class DistInfo:
    """A .dist-info folder. `texts` are the files that rules read, by name; `folder` is empty if there is none.

    A missing file is empty: headers without fields, no rows, no groups. Bad content never raises.
    """

    folder: str
    texts: Mapping[str, str]

    @classmethod
    def among(cls, folders: Iterable[str], texts: Mapping[str, str], name: FileName) -> DistInfo:
        """Return the wheel's own folder among several: the one that its file name means, otherwise the first."""
        found = sorted(folders)
        folder = next((each for each in found if names_the_wheel(each, name)), found[0] if found else "")
        inside = (path.partition("/")[::2] for path in texts)
        return cls(folder, {file: texts[f"{folder}/{file}"] for top, file in inside if top == folder})

    def path(self, file: str) -> str:
        """Return where a file of the folder is in the wheel."""
        return f"{self.folder}/{file}"

    @cached_property
    def wheel(self) -> Headers:
        """The headers of WHEEL."""
        return headers_of(self.texts.get("WHEEL", ""))

    @cached_property
    def tags(self) -> frozenset[WheelTag]:
        """The tags in WHEEL, expanded; a line that is not a tag is kept as it is and equals no tag."""
        lines = dict.fromkeys(str(line).strip() for line in self.wheel.get_all("Tag", []))
        room, found = _MOST_TAGS, set()
        for line in lines:
            count = _combinations(line)
            room -= count
            found |= _expand(line) if room >= 0 else {WheelTag(line, "", "")}
        return frozenset(found)

    @cached_property
    def metadata(self) -> Headers:
        """The headers of METADATA."""
        return headers_of(self.texts.get("METADATA", ""))

    @property
    def metadata_version(self) -> tuple[int, int]:
        """Its version of core metadata."""
        return metadata_version(self.metadata)

    @cached_property
    def pins(self) -> tuple[str, ...]:
        """The versions to which Requires-Dist pins other distributions exactly; those of extras are left out."""
        required = (_parsed_requirement(str(value)) for value in self.metadata.get_all("Requires-Dist", []))
        return tuple(
            pin.version
            for requirement in required
            if requirement and "extra" not in str(requirement.marker or "")
            for pin in requirement.specifier
            if pin.operator in ("==", "===") and not pin.version.endswith(".*")
        )

    @property
    def rows(self) -> tuple[Row, ...]:
        """The well-formed rows of RECORD."""
        return self._record[0]

    @property
    def record_problems(self) -> tuple[str, ...]:
        """What is wrong with the malformed lines of RECORD."""
        return self._record[1]

    @cached_property
    def _record(self) -> tuple[tuple[Row, ...], tuple[str, ...]]:
        return parse_record(self.texts.get("RECORD", ""))

    @property
    def entry_points(self) -> dict[str, dict[str, str]]:
        """The groups of entry_points.txt: references by name."""
        return self._entry_points[0]

    @property
    def entry_points_problem(self) -> str:
        """What is wrong with entry_points.txt; empty if it can be parsed."""
        return self._entry_points[1]

    @cached_property
    def _entry_points(self) -> tuple[dict[str, dict[str, str]], str]:
        return parse_entry_points(self.texts.get("entry_points.txt", ""))


def names_the_wheel(folder: str, name: FileName) -> bool:
    """Return whether a .dist-info folder's name means the project and version of the file name."""
    found = _FOLDER.fullmatch(folder)
    if not found:
        return False
    same_name = canonicalize_name(found["name"]) == name.project
    return same_name and canonical_version(found["version"]) == canonical_version(name.version)


def is_utf_8(text: str) -> bool:
    """Return whether a text has no byte that is not UTF-8, which `surrogateescape` keeps as a surrogate."""
    return text.isascii() or not _SURROGATE.search(text)


def header_problems(text: str, headers: Headers) -> Iterator[str]:
    """Yield what makes readers see other headers in this text: bytes that are not UTF-8, and a line that is no header.

    Python's parser ends the headers at such a line and takes it for the description; other parsers go on.
    """
    if not is_utf_8(text):
        yield "found bytes that are not UTF-8"
    if broken := next((line for line in _head_of(text) if not line.isprintable() and _BREAKS_LINES.search(line)), ""):
        yield f"found a control character in {broken[:_SHOWN]!r}, where some readers end the line; expected text"
    if headers.has_defects:
        line = headers.body.partition("\n")[0]
        yield f"found the line {line[:_SHOWN]!r} among the headers, expected `Name: value`; pip ends the headers there"


def _head_of(text: str) -> Iterator[str]:
    """Yield the lines of the headers, which end at the first empty line."""
    for found in _HEADER_LINE.finditer(text):
        line = found[0].rstrip("\r\n")
        if not line:
            return
        yield line


@lru_cache(maxsize=256)
def _parsed_requirement(text: str) -> Requirement | None:
    from packaging.requirements import Requirement  # noqa: PLC0415  # slow to import

    try:
        return Requirement(text)
    except (ValueError, RecursionError):  # InvalidRequirement is a ValueError
        return None


def metadata_version(headers: Headers) -> tuple[int, int]:
    """Return Metadata-Version as numbers, so that 2.10 is newer than 2.4; (0, 0) if it is missing or malformed."""
    found = _METADATA_VERSION.fullmatch(str(headers.get("Metadata-Version", "")).strip())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _combinations(line: str) -> int:
    number = 1
    for part in line.split("-"):
        number *= part.count(".") + 1
    return number


def _expand(line: str) -> set[WheelTag]:
    try:
        return {WheelTag(*tag) for tag in expanded_tag(line)}
    except ValueError:
        return {WheelTag(line, "", "")}


def parse_record(text: str) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Return the rows of a RECORD and what is wrong with its malformed lines; no more than any wheel can need."""
    rows: list[Row] = []
    problems: list[str] = []
    try:
        for number, columns in enumerate(csv.reader(_lines(text), strict=True), 1):
            if len(rows) >= _MOST_ROWS or len(problems) >= _MOST_PROBLEMS or number > _MOST_LINES:
                problems.append(f"line {number}: found over {number - 1:,} rows; the rest is not read")
                break
            if len(columns) == 3:
                rows.append(Row(*columns))
            elif columns:
                problems.append(f"line {number}: found {len(columns)} columns, expected path, hash and size")
            elif not problems or not problems[-1].endswith(_EMPTY):  # once for a whole page of them
                problems.append(f"line {number}: {_EMPTY}")
    except csv.Error as problem:
        problems.append(f"not CSV: {problem}")
    return tuple(rows), tuple(problems)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with their ends, one at a time: a list of them takes twenty times the memory of the text."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        line, start = text[start:end], end
        if line.removesuffix("\n").removesuffix("\r").isprintable():  # nothing else ends a line in it
            yield line
        else:
            yield from (found[0] for found in _LINE.finditer(line))


def parse_entry_points(text: str) -> tuple[dict[str, dict[str, str]], str]:
    """Return the groups of an entry_points.txt and what is wrong with it."""
    if not text:
        return {}, ""
    from configparser import ConfigParser, Error  # noqa: PLC0415  # slow to import

    parser = ConfigParser(delimiters=("=",), interpolation=None, strict=True, default_section=_NO_DEFAULTS)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    try:
        parser.read_string(text)
    except Error as problem:
        return {}, f"found no INI file: {str(problem).partition(chr(10))[0]}"
    groups = {group: dict(parser[group]) for group in parser.sections()}
    return groups, _read_otherwise(text, groups)


def _read_otherwise(text: str, groups: Mapping[str, Mapping[str, str]]) -> str:
    """Say which line importlib.metadata, and pip with it, reads in another way than configparser."""
    group, found = "", {name: dict[str, str]() for name in groups}
    for line in map(str.strip, text.splitlines()):
        name, equals, reference = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            group = line.strip("[]")
        elif line and not line.startswith("#"):
            found.setdefault(group, {})[name.strip()] = reference.strip()
            if not equals or groups.get(group, {}).get(name.strip()) != reference.strip():
                return f"found the line {line[:_SHOWN]!r}, which pip and configparser do not read alike"
    return "" if found == groups else "found groups that pip and configparser do not read alike"
