"""WC23x: PyPI accepts the file. A name is used once there, so a release that is refused half-way cannot be repaired."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice

from wheelcheck.facts import Artifact, Release, Wheel
from wheelcheck.facts.metadata_fields import PRIVATE, field_problems, shown, text_of, texts_of
from wheelcheck.patterns import regex
from wheelcheck.platforms.usual import USUAL_LICENSES
from wheelcheck.rules import Hit, LimitReachedError, rule
from wheelcheck.rules.metadata import core_metadata
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PYPI_LIMIT = 100  # MiB
_OPERATOR = regex(" (?:AND|OR) ")  # of a licence expression
_LONGEST_DESCRIPTION = 1 << 19  # characters of reStructuredText that are read
_MOST_PROBLEMS = 20  # of one description


@rule("WC230", on=Artifact, severity=("error", "note"))
def pypi_accepts_every_field_of_the_metadata(artifact: Artifact) -> Iterator[Hit]:
    """The fields of METADATA and PKG-INFO are ones that PyPI takes: its own checks go beyond the specification.

    PyPI refuses a local version (`1.0+cu121`), a requirement by URL (`demo @ https://…`), a summary of several lines or
    over 512 characters, a classifier that it does not know or that is deprecated, a label of Project-URL over 32
    characters, an address or URL that is none, an extra whose name has a space, a licence file outside of the project,
    a content type of the description other than plain text, reStructuredText and Markdown, a field that is given twice
    or unknown, and `License` beside `License-Expression`. The upload stops at the first
    such file, when others of the release may be published already.

    Source: PyPI's upload checks (warehouse, forklift/metadata.py and legacy.py); the core metadata specification;
    trove-classifiers.
    Remedy: correct the field in pyproject.toml; where git gives the version, build a clean checkout of the tag.
    `Private :: Do Not Upload` is refused on purpose, so it is a note.
    """
    path, text, headers = core_metadata(artifact)
    if text is None:
        return
    for message in field_problems(headers):
        yield Hit(path, message)
    if any(value.startswith(PRIVATE) for value in texts_of(headers, "Classifier")):
        yield Hit(path, "a classifier that begins with Private keeps the file off PyPI, which refuses it", "note")


@rule("WC231", on=Artifact)
def the_licence_is_declared_in_one_way(artifact: Artifact) -> Iterator[Hit]:
    """License-Expression is a valid SPDX expression, and no classifier of a licence stands beside it.

    The expression replaces the classifiers. setuptools and flit refuse to build a file that has both, and an index may
    refuse it: PyPI has refused some uploads (AFM-SPM/TopoStats#1245), and takes them at present (redis 8.1.0). A
    project that has such files can lower this finding by a `severity` entry of its configuration.

    Source: PEP 639, "Deprecate license classifiers".
    Remedy: remove the classifiers that begin with `License ::`, or correct `license` in pyproject.toml.
    """
    path, text, headers = core_metadata(artifact)
    expression = text_of(headers, "License-Expression")
    if text is None or headers.get("License-Expression") is None:
        return
    if problem := _license_problem(expression) if expression else "it is empty":
        yield Hit(path, f"License-Expression {shown(expression)} is not valid: {problem}")
    beside = sorted({value for value in texts_of(headers, "Classifier") if value.startswith("License ::")})
    if beside:
        yield Hit(path, f"has License-Expression and the classifier {shown(beside[0])}; PEP 639 allows one of them")


def _license_problem(expression: str) -> str:
    if USUAL_LICENSES.issuperset(_OPERATOR.split(expression)):
        return ""
    from packaging.licenses import (  # noqa: PLC0415  # slow to import
        InvalidLicenseExpression,
        canonicalize_license_expression,
    )

    try:
        canonicalize_license_expression(expression)
    except (InvalidLicenseExpression, RecursionError) as problem:
        return str(problem).partition("\n")[0]
    return ""


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
            yield Hit("", f"the tags {shown(part)} are not sorted", cause="the tags in the file name are not sorted")


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
    kind = text_of(headers, "Description-Content-Type").partition(";")[0].strip().lower()
    if text is None or kind not in ("", "text/x-rst"):
        return
    description = headers.body or headers.get("Description", "")
    if len(description) > _LONGEST_DESCRIPTION:
        raise LimitReachedError(
            f"the description has more than {_LONGEST_DESCRIPTION:,} characters of reStructuredText"
        )
    if description:
        for line, problem in _problems_of(description):
            found = f"line {line} of the description: {problem}"
            yield Hit(path, found, cause=found)


@lru_cache(maxsize=2)  # all files of a release have the same
def _problems_of(description: str) -> tuple[tuple[int, str], ...]:
    from wheelcheck.facts.rst import problems  # noqa: PLC0415  # most descriptions are Markdown

    return tuple(islice(problems(description), _MOST_PROBLEMS))
