"""The .dist-info folder of a wheel: WHEEL, METADATA, RECORD, and entry points with their scripts, each parsed once."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from wheelcheck.archive.names import LONGEST_COMPONENT, is_device
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.facts.headers import Headers, headers_of
from wheelcheck.facts.record import parse_record
from wheelcheck.patterns import regex
from wheelcheck.platforms.usual import canonicalize_name, expanded_tag
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement

    from wheelcheck.facts.file_names import FileName
    from wheelcheck.facts.record import Row


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
# A NUL ends texts in C, and a carriage return lines in Python's email parser alone. Behind the others, where
# str.splitlines ends a line, only a further header does harm: licence texts are full of form feeds.
_BREAKS_LINES = regex("[\0\r]|[\v\f\x1c-\x1e\x85\u2028\u2029][A-Za-z][A-Za-z0-9-]*[ \t]*:")
_HEADER_LINE = regex("[^\n]*\n|[^\n]+")
_NO_DEFAULTS = "\n"  # no header of a group can be this: importlib.metadata takes [DEFAULT] for a group like any other
_FOLDER = regex(r"(?P<name>[^/]+?)-(?P<version>[^/-]+)\.dist-info")
_SURROGATE = regex("[\udc80-\udcff]")
_SHOWN = 80  # characters of a line
_METADATA_VERSION = regex(r"([0-9]{1,4})\.([0-9]{1,4})")


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

    def forget(self) -> None:
        """Drop the rows of RECORD, which take four times the memory of its text; they are parsed again if asked for."""
        self.__dict__.pop("_record", None)

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


def entry_points_among(texts: Mapping[str, str]) -> str:
    """Return the entry_points.txt among the texts of a wheel, which have their paths; empty if there is none."""
    return next((text for path, text in texts.items() if path.endswith(".dist-info/entry_points.txt")), "")


@lru_cache(maxsize=4)  # the wheels of a release have the same
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
