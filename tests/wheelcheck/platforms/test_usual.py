"""What is read without `packaging` is what `packaging` says, on plain forms and on odd ones."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from packaging.licenses import canonicalize_license_expression
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name, canonicalize_version, parse_sdist_filename, parse_wheel_filename

from wheelcheck.platforms import usual

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = ("0", "1", "9", "10", "00", "01", "2026", "1234567890", "", "x", "\u0663", "1 ")
PARTS = ("", ".", ".0", "rc1", ".post1", "+local", ".*", "!1", "-1", "_1")
NAMES = ("pkg", "Pkg_Name", "a.b", "a__b", "", "_", ".", "\u00e9", "a b", "9", "pkg-x")
TAGS = (
    "py3",
    "py2.py3",
    "cp311",
    "CP311",
    "",
    "3x",
    "py3.",
    "none",
    "abi3",
    "any",
    "linux_x86_64.macosx_11_0_arm64",
    "-",
    "\u0661",
)
CLAUSES = (">=", "<=", "==", "!=", ">", "<", "~=", "===", "", "=>", ">= ", " ==")


def _said(call: Callable[..., object], *arguments: object) -> object:
    """Return what a call returns, or its error's words."""
    try:
        return call(*arguments)
    except ValueError as problem:
        return str(problem)


def _versions(count: int) -> list[str]:
    chance = random.Random("versions")  # noqa: S311  # no secret
    made = (".".join(chance.choices(NUMBERS, (9, 9, 9, 9, *[1] * 8), k=chance.randint(1, 4))) for _ in range(count))
    return [f"{each}{chance.choice(PARTS) if chance.random() < 0.3 else ''}" for each in made]


def test_versions_that_are_equal_have_the_spelling_that_packaging_gives_them() -> None:
    versions = _versions(600)
    assert any(usual.release_of(version) for version in versions)
    for version in versions:
        assert _said(usual.canonicalize_version, version) == _said(canonicalize_version, version), version


@pytest.mark.parametrize("name", [*NAMES, "A-_-b", "a...b", "\u0130"])
def test_names_have_the_spelling_that_packaging_gives_them(name: str) -> None:
    assert usual.canonicalize_name(name) == canonicalize_name(name)


def _theirs(file: str) -> object:
    if not file.endswith(".whl"):
        project, version = parse_sdist_filename(file)
        return project, str(version)
    project, version, build, tags = parse_wheel_filename(file)
    return project, str(version), build, {(tag.interpreter, tag.abi, tag.platform) for tag in tags}


def test_file_names_are_taken_apart_as_packaging_does_and_refused_in_its_words() -> None:
    chance = random.Random("files")  # noqa: S311  # no secret
    plain = 0
    for version in _versions(400):
        name, tag = chance.choice(NAMES), "-".join(chance.choices(TAGS, k=3))
        wheel, sdist = f"{name}-{version}-{tag}.whl", f"{name}-{version}.tar.gz"
        assert _said(usual.wheel_name, wheel) == _said(_theirs, wheel), wheel
        assert _said(usual.sdist_name, sdist) == _said(_theirs, sdist), sdist
        plain += not isinstance(_said(usual.wheel_name, wheel), str)
    assert plain > 10


def test_tags_are_expanded_as_packaging_does() -> None:
    chance = random.Random("tags")  # noqa: S311  # no secret
    for _ in range(300):
        tag = "-".join(chance.choices(TAGS, k=chance.choice((2, 3, 3, 3, 4))))
        theirs = _said(lambda text: {(each.interpreter, each.abi, each.platform) for each in parse_tag(text)}, tag)
        assert _said(usual.expanded_tag, tag) == theirs, tag


def test_specifiers_admit_what_packaging_says() -> None:
    chance = random.Random("specifiers")  # noqa: S311  # no secret
    versions, plain = iter(_versions(900)), 0
    for _ in range(300):
        count = chance.choice((1, 1, 2))
        text = ",".join(f"{chance.choice(CLAUSES)}{next(versions)}" for _ in range(count))
        release = tuple(chance.randint(0, 10) for _ in range(chance.randint(1, 4)))
        shown = ".".join(map(str, release))
        theirs = _said(lambda wanted, one: SpecifierSet(wanted).contains(one, prereleases=True), text, shown)
        assert _said(usual.admits_any, text, [release]) == theirs, (text, release)
        assert usual.is_specifier(text) is not isinstance(_said(lambda wanted: hash(SpecifierSet(wanted)), text), str)
        plain += usual.clauses_of(text) is not None
    assert plain > 50


@pytest.mark.parametrize("text", ["", " ", ",", ">=3.9,", ">=3.9, <4", "!=3.0.*,>=2.7", "==3.*"])
def test_specifiers_of_metadata_admit_what_packaging_says(text: str) -> None:
    releases = [(2, 7), (3, 0, 1), (3, 9), (3, 10, 2), (4, 0)]
    for release in releases:
        theirs = SpecifierSet(text).contains(".".join(map(str, release)), prereleases=True)
        assert usual.admits_any(text, [release]) is theirs


MARKS = (
    "extra == 'dev'",
    'python_version>="3.9"',
    "sys_platform != 'win32'",
    "platform_machine < 'a b'",
    "os_name in 'posix'",
    "extra",
    "'a' == 'a'",
    "python_version == '3\u0663'",
)
SHAPES = (
    "{name}{clauses}",
    "{name} {clauses}",
    "{name} ({clauses})",
    "{name}[a,b-c]{clauses}",
    "{name} [a]{clauses}",
    "{name}{clauses}; {mark}",
    "{name} {clauses} ; {mark} and {mark}",
    "{name};{mark} or {mark}",
    "{name}[] ; {mark}",
    " {name}",
    "{name} @ https://example.org/{name}",
)


def test_requirements_in_plain_forms_are_those_that_packaging_reads() -> None:
    chance = random.Random("requirements")  # noqa: S311  # no secret
    versions, plain = iter(_versions(4000)), 0
    for _ in range(2000):
        clauses = ", ".join(f"{chance.choice(CLAUSES)}{next(versions)}" for _ in range(chance.choice((0, 1, 1, 2))))
        text = chance.choice(SHAPES).format(name=chance.choice(NAMES), clauses=clauses, mark=chance.choice(MARKS))
        if found := usual.plain_requirement(text):
            plain += 1
            theirs = Requirement(text)
            assert (theirs.name, theirs.url) == (found[0], None), text
            assert str(theirs.marker or "") == (str(Marker(found[1])) if found[1] else ""), text
            assert hash(theirs.specifier), text
    assert plain > 200


@pytest.mark.parametrize(
    "text",
    [
        "cffi>=2.0.0 ; platform_python_implementation != 'PyPy'",
        'numpy<2.0; python_version < "3.9"',
        "pydantic-settings (>=2.0,<3)",
        "a[b]",
    ],
)
def test_what_backends_write_is_a_plain_requirement(text: str) -> None:
    assert usual.plain_requirement(text)


@pytest.mark.parametrize("name", sorted(usual.USUAL_LICENSES))
def test_usual_licenses_are_expressions_as_they_stand(name: str) -> None:
    assert canonicalize_license_expression(name) == name
    for expression in (f"MIT OR {name}", f"{name} AND MIT OR ISC"):
        assert canonicalize_license_expression(expression) == expression
