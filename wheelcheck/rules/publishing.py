"""WC23x: PyPI accepts the file. A name is used once there, so a release that is refused half-way cannot be repaired."""

from __future__ import annotations

import re
from email.utils import parseaddr
from itertools import islice
from typing import TYPE_CHECKING

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import InvalidRequirement, Requirement

from wheelcheck.facts import Artifact, Release, Wheel
from wheelcheck.facts.rst import problems
from wheelcheck.platforms.known_names import classifier_problem
from wheelcheck.rules import Hit, rule
from wheelcheck.rules.metadata import core_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

_LONGEST_SUMMARY, _LONGEST_LABEL = 512, 32
_PYPI_LIMIT = 100  # MiB
_CONTENT_TYPES = frozenset({"text/plain", "text/x-rst", "text/markdown"})
_VARIANTS = frozenset({"GFM", "CommonMark"})
_ADDRESS = re.compile(r"[^@\s<>]{1,64}@[^@\s<>.]+(?:\.[^@\s<>.]+)+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
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
_EXTRA = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NEVER_DYNAMIC = frozenset({"name", "version", "metadata-version"})
_PRIVATE = "Private ::"  # which trove-classifiers keeps free for files that must not be uploaded
_LONGEST_DESCRIPTION = 1 << 18  # characters of reStructuredText that are read
_MOST_PROBLEMS = 20  # of one description
_SHOWN = 80  # characters of a value


@rule("WC230", on=Artifact, severity=("error", "note"))
def pypi_accepts_every_field_of_the_metadata(artifact: Artifact) -> Iterator[Hit]:
    """The fields of METADATA and PKG-INFO are ones that PyPI takes: its own checks go beyond the specification.

    PyPI refuses a local version (`1.0+cu121`), a requirement by URL (`demo @ https://…`), a summary of several lines or
    over 512 characters, a classifier that it does not know or that is deprecated, a label of Project-URL over 32
    characters, an address or URL that is none, an extra whose name has a space, a licence file outside of the project,
    a content type of the description other than plain text, reStructuredText and Markdown, and a field given twice. The
    upload stops at the first such file, when others of the release may be published already.

    Source: PyPI's upload checks (warehouse, forklift/metadata.py and legacy.py); the core metadata specification;
    trove-classifiers.
    Remedy: correct the field in pyproject.toml. `Private :: Do Not Upload` is refused on purpose, so it is a note.
    """
    path, text, headers = core_metadata(artifact)
    if text is None:
        return
    for message in _problems(headers):
        yield Hit(path, message)
    if any(value.startswith(_PRIVATE) for value in _texts(headers, "Classifier")):
        yield Hit(path, "a classifier that begins with Private keeps the file off PyPI, which refuses it", "note")


def _problems(headers: Message) -> Iterator[str]:
    """Yield what PyPI refuses in the fields of one file; each kind is asked for all its values."""
    for name in _ONCE:
        if len(headers.get_all(name, [])) > 1:
            yield f"{name} is given {len(headers.get_all(name, []))} times, expected once"
    if "+" in (version := _text(headers, "Version")):
        yield f"the version {_shown(version)} is a local one, which PyPI refuses"
    if len(summary := _text(headers, "Summary")) > _LONGEST_SUMMARY:
        yield f"the summary has {len(summary)} characters, expected at most {_LONGEST_SUMMARY}"
    if problem := _content_type_problem(_text(headers, "Description-Content-Type")):
        yield problem
    yield from _list_problems(headers)
    yield from _form_problems(headers)
    for name in ("Author-email", "Maintainer-email"):
        address = parseaddr(_text(headers, name))[1]
        if address and not _ADDRESS.fullmatch(address):
            yield f"{name} {_shown(address)} is no e-mail address"
    for name in ("Home-page", "Download-URL"):
        if (url := _text(headers, name)) and not _URL.fullmatch(url):
            yield f"{name} {_shown(url)} is no URL"


def _list_problems(headers: Message) -> Iterator[str]:
    """Yield what PyPI refuses in fields that may be given several times; the same value counts once."""
    for value in dict.fromkeys(_texts(headers, "Classifier")):
        if not value.startswith(_PRIVATE) and (problem := classifier_problem(value)):
            yield f"the classifier {_shown(value)} {problem}"
    for value in dict.fromkeys(_texts(headers, "Project-URL")):
        if problem := _project_url_problem(value):
            yield f"Project-URL {_shown(value)} {problem}"
    for name in ("Requires-Dist", "Provides-Dist", "Obsoletes-Dist"):
        for value in dict.fromkeys(_texts(headers, name)):
            if "@" in value and _is_direct(value):
                yield f"{name} {_shown(value)} is a direct reference: PyPI takes names and versions only"


def _form_problems(headers: Message) -> Iterator[str]:
    """Yield what the core metadata specification does not allow: a summary of several lines, and some names."""
    if "\n" in _text(headers, "Summary"):
        yield "the summary has several lines, expected one"
    for value in dict.fromkeys(_texts(headers, "Provides-Extra")):
        if not _EXTRA.fullmatch(value.strip()):
            yield f"Provides-Extra {_shown(value)} is no name of an extra: letters, digits, and between them . _ -"
    for value in dict.fromkeys(_texts(headers, "Dynamic")):
        if value.strip().lower() in _NEVER_DYNAMIC:
            yield f"Dynamic {_shown(value)} is a field that may not be dynamic"
    for value in dict.fromkeys(_texts(headers, "License-File")):
        if value.startswith(("/", "\\")) or ".." in value:
            yield f"License-File {_shown(value)} is not inside of the project"


def _project_url_problem(value: str) -> str:
    label, _, url = (part.strip() for part in value.partition(","))
    if not label or not url:
        return "lacks its label or its URL: expected `label, URL`"
    if len(label) > _LONGEST_LABEL:
        return f"has a label of {len(label)} characters, expected at most {_LONGEST_LABEL}"
    return "" if _URL.fullmatch(url) else "has no URL behind its label"


def _is_direct(value: str) -> bool:
    try:
        return Requirement(value).url is not None
    except (InvalidRequirement, RecursionError):
        return False  # which WC220 says


def _content_type_problem(field: str) -> str:
    """Say what PyPI refuses in the type of the description; it renders nothing else."""
    kind, *parameters = (part.strip() for part in field.split(";"))
    if not kind:
        return ""
    if kind.lower() not in _CONTENT_TYPES:
        return f"the description is {_shown(kind)}, expected one of {', '.join(sorted(_CONTENT_TYPES))}"
    for name, _, setting in (parameter.partition("=") for parameter in parameters if parameter):
        value = setting.strip().strip('"')
        if name.strip().lower() == "charset" and value.lower() != "utf-8":
            return f"the description has the charset {_shown(value)}, expected UTF-8"
        if name.strip().lower() == "variant" and value not in _VARIANTS:
            return f"the description is Markdown of the variant {_shown(value)}, expected GFM or CommonMark"
    return ""


@rule("WC231", on=Artifact)
def the_licence_is_declared_in_one_way(artifact: Artifact) -> Iterator[Hit]:
    """License-Expression is a valid SPDX expression, and no classifier of a licence stands beside it.

    The expression replaces the classifiers, and an index must refuse a file that has both. setuptools refuses to build
    one. PyPI has refused some uploads for it (AFM-SPM/TopoStats#1245) and taken others (pypandoc_binary 1.17).

    Source: PEP 639, "Deprecate license classifiers".
    Remedy: remove the classifiers that begin with `License ::`, or correct `license` in pyproject.toml.
    """
    path, text, headers = core_metadata(artifact)
    expression = _text(headers, "License-Expression")
    if text is None or not expression:
        return
    try:
        canonicalize_license_expression(expression)
    except (InvalidLicenseExpression, RecursionError) as problem:
        yield Hit(path, f"License-Expression {_shown(expression)} is not valid: {str(problem).partition(chr(10))[0]}")
    beside = sorted({value for value in _texts(headers, "Classifier") if value.startswith("License ::")})
    if beside:
        yield Hit(path, f"has License-Expression and the classifier {_shown(beside[0])}; PEP 639 allows one of them")


@rule("WC232", on=Release, severity=("note", "error"))
def every_file_is_within_the_limit_of_the_index(release: Release) -> Iterator[Hit]:
    """No file is larger than the index takes: `max-file-size` of the configuration, or else PyPI's 100 MiB.

    PyPI refuses a larger file when others of the release may be published already. It raises the limit for a project on
    request, which a file does not show: without `max-file-size` this is a note.

    Source: PyPI's default file size limit.
    Remedy: strip debug information, leave files out, or ask PyPI for a higher limit before the release.
    """
    limit = release.expected.largest_file
    for artifact in release.artifacts:
        if artifact.size > (_PYPI_LIMIT if limit is None else limit) * 2**20:
            size = f"{artifact.size / 2**20:.1f} MiB"
            taken = f"; PyPI takes {_PYPI_LIMIT} MiB, unless it raised the limit"
            if limit is not None:
                yield Hit("", f"has {size}, and max-file-size is {limit} MiB", "error", artifact=artifact.file)
            else:
                yield Hit("", f"has {size}{taken}", artifact=artifact.file)


@rule("WC233", on=Wheel, severity="note")
def compressed_tags_are_sorted(wheel: Wheel) -> Iterator[Hit]:
    """Each compressed part of the tags in the file name is sorted, as the specification recommends.

    Tools that compare file names as text then find the same file.

    Source: platform compatibility tags specification (PyPA), "Compressed Tag Sets".
    Remedy: update the tool that renames the wheel.
    """
    for part in wheel.file.removesuffix(".whl").split("-")[-3:]:
        if (tags := part.split(".")) != sorted(tags) and len(tags) <= 1000:
            yield Hit("", f"the tags {_shown(part)} are not sorted", cause="the tags in the file name are not sorted")


@rule("WC234", on=Artifact)
def the_description_renders_on_pypi(artifact: Artifact) -> Iterator[Hit]:
    """A description in reStructuredText has nothing that docutils warns of, since PyPI then refuses the file.

    PyPI takes a description without a content type for reStructuredText as well, and runs docutils alone: Sphinx's
    directives and roles (`toctree`, `:func:`), `raw` and `include` are not there. Judged is what surely fails: these, a
    title with too short an underline, a literal that nothing closes, a substitution that nothing defines, and text
    right behind a directive. `twine check` runs all of docutils.

    Source: PyPI's upload checks (warehouse, forklift/legacy.py); readme_renderer, `halt_level`.
    Remedy: write plain reStructuredText, or Markdown with `readme = "README.md"`.
    """
    path, text, headers = core_metadata(artifact)
    kind = _text(headers, "Description-Content-Type").partition(";")[0].strip().lower()
    if text is None or kind not in ("", "text/x-rst"):
        return
    description = headers.get_payload() or headers.get("Description", "")
    if isinstance(description, str) and len(description) <= _LONGEST_DESCRIPTION:
        for line, problem in islice(problems(description), _MOST_PROBLEMS):
            found = f"line {line} of the description: {problem}"
            yield Hit(path, found, cause=found)


def _text(headers: Message, name: str) -> str:
    """Return a field, empty if it is missing or the `UNKNOWN` that distutils wrote for such a one."""
    return str(headers.get(name, "")).strip().removeprefix("UNKNOWN")


def _texts(headers: Message, name: str) -> list[str]:
    return [str(value).strip() for value in headers.get_all(name, [])]


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")
