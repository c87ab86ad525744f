"""The fields of METADATA and PKG-INFO, and what PyPI refuses in them: its checks go beyond the specification."""

from __future__ import annotations

import re

from wheelcheck.patterns import regex
from wheelcheck.platforms.known_names import classifier_problem
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts.headers import Headers

FIELDS = frozenset(
    (
        *("metadata-version", "name", "version", "platform", "supported-platform", "summary", "description"),
        *("description-content-type", "keywords", "home-page", "download-url", "author", "author-email", "maintainer"),
        *("maintainer-email", "license", "license-expression", "license-file", "classifier", "requires-dist"),
        *("requires-python", "requires-external", "project-url", "provides-extra", "provides-dist", "obsoletes-dist"),
        *("requires", "provides", "obsoletes", "dynamic", "import-name", "import-namespace"),
    )
)
_NEVER_DYNAMIC = frozenset({"name", "version", "metadata-version", "dynamic"})
_LONGEST_SUMMARY, _LONGEST_LABEL = 512, 32
_CONTENT_TYPES = frozenset({"text/plain", "text/x-rst", "text/markdown"})
_VARIANTS = frozenset({"GFM", "CommonMark"})
_ADDRESS = regex(r"[^@\s<>]{1,64}@[^@\s<>.]+(?:\.[^@\s<>.]+)+")
_PLAIN_ADDRESS = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_PLAIN_CONTACT = rf"(?:(?:[A-Za-z-]+ )*|\"[A-Za-z0-9. ,-]+\" ?)<({_PLAIN_ADDRESS})>"
_PLAIN_CONTACTS = regex(rf"{_PLAIN_CONTACT}(?:, {_PLAIN_CONTACT})*")
_URL = regex(r"https?:\S+", re.IGNORECASE)  # PyPI takes no other scheme
_ONCE = (
    *(
        "Metadata-Version",
        "Name",
        "Version",
        "Summary",
        "Description-Content-Type",
        "License",
        "License-Expression",
        "Requires-Python",
    ),
    *("Author", "Author-email", "Maintainer", "Maintainer-email", "Home-page", "Download-URL", "Keywords"),
)
IDENTIFIER = regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")  # of a project or an extra (PEP 508)
_DIRECT = "is a direct reference: PyPI takes names and versions only"
PRIVATE = "Private ::"  # which trove-classifiers keeps free for files that must not be uploaded
# What setuptools-scm, hatch-vcs, versioneer and dunamai add for a commit: its hash, the date of changes, "dirty".
_OF_A_COMMIT = regex(r"[+._-](?:g[0-9a-f]{6,40}|(?=\d*[a-f])[0-9a-f]{7,40}|d20\d{6}|dirty)(?:[._-]|$)", re.IGNORECASE)
_SHOWN = 80  # characters of a value


def field_problems(headers: Headers) -> Iterator[str]:
    """Yield what PyPI refuses in the fields of one METADATA or PKG-INFO; each kind is asked for all its values."""
    for name in _ONCE:
        if len(headers.get_all(name, [])) > 1:
            yield f"{name} is given {len(headers.get_all(name, []))} times, expected once"
    if text_of(headers, "Description") and headers.body.strip():
        yield "the description is given as a field and below the fields, expected once"
    if "+" in (version := text_of(headers, "Version")):
        from_git = ": git gave it to a commit that has no tag, or changes" if _OF_A_COMMIT.search(version) else ""
        yield f"the version {shown(version)} is a local one, which PyPI refuses{from_git}"
    if len(summary := text_of(headers, "Summary")) > _LONGEST_SUMMARY:
        yield f"the summary has {len(summary)} characters, expected at most {_LONGEST_SUMMARY}"
    if problem := _content_type_problem(text_of(headers, "Description-Content-Type")):
        yield problem
    yield from _list_problems(headers)
    yield from _form_problems(headers)
    for name in sorted(name for name in {*headers} if name.lower() not in FIELDS):
        yield f"the field {shown(name)} is not one of the core metadata, which twine and PyPI refuse"
    if text_of(headers, "License") and text_of(headers, "License-Expression"):
        yield "License is given beside License-Expression, which replaces it"
    yield from _contact_problems(headers)


def _contact_problems(headers: Headers) -> Iterator[str]:
    """Yield addresses and URLs that PyPI does not take for such."""
    for name in ("Author-email", "Maintainer-email"):
        address = _address_of(text_of(headers, name))
        if address and not _ADDRESS.fullmatch(address):
            yield f"{name} {shown(address)} is no e-mail address"
    for name in ("Home-page", "Download-URL"):
        if (url := text_of(headers, name)) and not _URL.fullmatch(url):
            yield f"{name} {shown(url)} is no URL"


def _address_of(text: str) -> str:
    """Return the address in `Name <address>`, as the email parser finds it, or the first of plain ones.

    Empty if there is none, and where the parser finds several: since Python 3.13, PyPI's does not take them apart.
    """
    if not text:
        return ""
    if found := _PLAIN_CONTACTS.fullmatch(text):
        return found[1]
    from email.utils import getaddresses  # noqa: PLC0415  # slow to import

    addresses = getaddresses([text])
    return addresses[0][1] if len(addresses) == 1 else ""


def _list_problems(headers: Headers) -> Iterator[str]:
    """Yield what PyPI refuses in fields that may be given several times; the same value counts once."""
    for value in dict.fromkeys(texts_of(headers, "Classifier")):
        if not value.startswith(PRIVATE) and (problem := classifier_problem(value)):
            yield f"the classifier {shown(value)} {problem}"
    for value in dict.fromkeys(texts_of(headers, "Project-URL")):
        if problem := _project_url_problem(value):
            yield f"Project-URL {shown(value)} {problem}"
    for name in ("Requires-Dist", "Provides-Dist", "Obsoletes-Dist"):
        for value in dict.fromkeys(texts_of(headers, name)):
            is_judged = name != "Requires-Dist" or "@" in value  # of the others, WC220 says what is wrong
            problem = _requirement_problem(value) if is_judged else ""
            if problem and (problem is _DIRECT or name != "Requires-Dist"):
                yield f"{name} {shown(value)} {problem}"


def _form_problems(headers: Headers) -> Iterator[str]:
    """Yield what the core metadata specification does not allow: a summary of several lines, and some names."""
    if "\n" in text_of(headers, "Summary"):
        yield "the summary has several lines, expected one"
    for value in dict.fromkeys(texts_of(headers, "Provides-Extra")):
        if not IDENTIFIER.fullmatch(value.strip()):
            yield f"Provides-Extra {shown(value)} is no name of an extra: letters, digits, and between them . _ -"
    for value in dict.fromkeys(texts_of(headers, "Dynamic")):
        if value.lower() not in FIELDS or value.lower() in _NEVER_DYNAMIC:
            yield f"Dynamic {shown(value)} is no field that may be dynamic"
    for value in dict.fromkeys(texts_of(headers, "License-File")):
        if value.startswith(("/", "\\")) or ".." in value:
            yield f"License-File {shown(value)} is not inside of the project"


def _project_url_problem(value: str) -> str:
    label, _, url = (part.strip() for part in value.partition(","))
    if not label or not url:
        return "lacks its label or its URL: expected `label, URL`"
    if len(label) > _LONGEST_LABEL:
        return f"has a label of {len(label)} characters, expected at most {_LONGEST_LABEL}"
    return "" if _URL.fullmatch(url) else "has no URL behind its label"


def _requirement_problem(value: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  # slow to import

    try:
        requirement = Requirement(value)
    except (InvalidRequirement, RecursionError):
        return "is no requirement"
    return _DIRECT if requirement.url is not None else ""


def _content_type_problem(field: str) -> str:
    """Say what PyPI refuses in the type of the description; it renders nothing else."""
    kind, *parameters = (part.strip() for part in field.split(";"))
    if not kind:
        return ""
    if kind.lower() not in _CONTENT_TYPES:
        return f"the description is {shown(kind)}, expected one of {', '.join(sorted(_CONTENT_TYPES))}"
    for name, _, setting in (parameter.partition("=") for parameter in parameters if parameter):
        value = setting.strip().strip('"')
        if name.strip().lower() == "charset" and value.lower() != "utf-8":
            return f"the description has the charset {shown(value)}, expected UTF-8"
        if name.strip().lower() == "variant" and value not in _VARIANTS:
            return f"the description is Markdown of the variant {shown(value)}, expected GFM or CommonMark"
    return ""


def text_of(headers: Headers, name: str) -> str:
    """Return a field, empty if it is missing or the `UNKNOWN` that distutils wrote for such a one."""
    return str(headers.get(name, "")).strip().removeprefix("UNKNOWN")


def texts_of(headers: Headers, name: str) -> list[str]:
    """Return all values of a field."""
    return [str(value).strip() for value in headers.get_all(name, [])]


def shown(value: str) -> str:
    """Return a value as a message shows it."""
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")
