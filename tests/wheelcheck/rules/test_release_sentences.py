"""What is said of a set of artifacts that is not the expected one, word for word: facts are enough to judge it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.artifacts import release, sdist, wheel
from tests.support.twins import judge
from wheelcheck.config import Config
from wheelcheck.facts import Release, Sdist, Wheel
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.rules.catalogue import find


def tag(text: str) -> WheelTag:
    return WheelTag(*text.split("-"))


def expecting(*tags: str, source: bool | None = None) -> Config:
    return Config(wheels=tuple(map(tag, tags)), sdist=source)


def named(file: str) -> Wheel:
    return Wheel(file, parse_file_name(file), ())


def source_named(file: str) -> Sdist:
    return Sdist(file, parse_file_name(file), (), {})


def said(code: str, subject: Release) -> list[tuple[str, str]]:
    return [(each.artifact, each.message) for each in judge(subject, code)]


LINUX = "cp311-cp311-manylinux_2_17_x86_64"
DECLARED = "which the configuration declares"


@pytest.mark.parametrize(
    ("present", "expected", "end"),
    [
        ((), LINUX, ""),
        (("cp310-cp310-win_amd64",), LINUX, ""),
        (
            ("cp311-cp311-manylinux_2_28_x86_64",),
            LINUX,
            ". demo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl is there, but it needs a newer glibc",
        ),
        (
            ("cp311-cp311-musllinux_1_2_x86_64",),
            "cp311-cp311-musllinux_1_1_x86_64",
            ". demo-1.0-cp311-cp311-musllinux_1_2_x86_64.whl is there, but it needs a newer musl",
        ),
        (
            ("cp311-cp311-macosx_12_0_arm64",),
            "cp311-cp311-macosx_11_0_arm64",
            ". demo-1.0-cp311-cp311-macosx_12_0_arm64.whl is there, but it needs a newer macOS",
        ),
        (
            ("cp313-cp313-ios_14_0_arm64_iphoneos",),
            "cp313-cp313-ios_13_0_arm64_iphoneos",
            ". demo-1.0-cp313-cp313-ios_14_0_arm64_iphoneos.whl is there, but it needs a newer iOS",
        ),
        (
            ("cp313-cp313-android_24_arm64_v8a",),
            "cp313-cp313-android_21_arm64_v8a",
            ". demo-1.0-cp313-cp313-android_24_arm64_v8a.whl is there, but it needs a newer Android",
        ),
        (
            ("cp312-cp312-manylinux_2_17_x86_64",),
            LINUX,
            ". demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl is there, but it is for cp312-cp312",
        ),
        (
            ("cp311-cp311-win_amd64",),
            LINUX,
            ". demo-1.0-cp311-cp311-win_amd64.whl is there, but it is for win_amd64",
        ),
    ],
)
def test_what_is_missing_is_named_with_what_is_there_instead(present: tuple[str, ...], expected: str, end: str) -> None:
    found = said("WC701", release(*map(wheel, present), config=expecting(expected)))
    python, abi, platform = expected.split("-")
    assert found == [("", f"missing: a {python}-{abi} wheel for {platform}, {DECLARED}{end}")]


@pytest.mark.parametrize("there", [LINUX, "cp311-cp311-manylinux_2_5_x86_64", "cp311-cp311-manylinux2014_x86_64"])
def test_a_wheel_with_the_same_or_an_older_floor_fills_the_place(there: str) -> None:
    complete = release(wheel(there), config=expecting(LINUX))
    assert (said("WC701", complete), said("WC702", complete)) == ([], [])


@pytest.mark.parametrize(("source", "there", "missing"), [(True, 0, 1), (True, 1, 0), (False, 0, 0), (None, 0, 0)])
def test_an_sdist_is_missing_only_where_one_is_expected(source: bool | None, there: int, missing: int) -> None:  # noqa: FBT001
    found = said("WC701", release(wheel(LINUX), *[sdist()] * there, config=expecting(LINUX, source=source)))
    assert found == [("", f"missing: the sdist, {DECLARED}")] * missing


@pytest.mark.parametrize(
    ("extra", "end"),
    [
        ("cp310-cp310-win_amd64", ""),
        ("cp312-cp312-manylinux_2_17_x86_64", f"; the most similar one is {LINUX}"),
        ("cp311-cp311-manylinux_2_28_x86_64", f": it declares {LINUX}, and this one needs a newer glibc"),
    ],
)
def test_what_is_extra_is_named_with_what_is_declared_instead(extra: str, end: str) -> None:
    found = said("WC702", release(wheel(LINUX), wheel(extra), config=expecting(LINUX)))
    assert found == [(f"demo-1.0-{extra}.whl", f"the configuration declares no such wheel{end}")]


def test_a_wheel_is_no_extra_one_where_any_of_its_tags_is_declared() -> None:
    both = wheel("cp311-cp311-manylinux_2_28_x86_64.manylinux_2_17_x86_64")
    assert said("WC702", release(both, config=expecting(LINUX))) == []
    assert said("WC702", release(named("demo-1.0-odd.whl"), config=expecting(LINUX))) == []


def test_every_sdist_is_extra_where_none_is_wanted() -> None:
    found = said("WC702", release(sdist(), source_named("demo-1.1.tar.gz"), config=expecting(source=False)))
    wanted_none = "the configuration says sdist = false"
    assert found == [("demo-1.0.tar.gz", wanted_none), ("demo-1.1.tar.gz", wanted_none)]


def test_every_other_file_is_extra() -> None:
    found = said("WC702", replace(release(wheel(LINUX)), other_files=("a.txt", "b.txt")))
    why = "is neither a wheel nor an sdist, and an upload of the folder would include it"
    assert found == [("a.txt", why), ("b.txt", why)]


def test_of_rivals_each_names_another_one() -> None:
    wide = "cp311-cp311-manylinux_2_17_x86_64.manylinux_2_28_x86_64"
    found = said("WC703", release(wheel(LINUX), wheel(wide)))
    files = [f"demo-1.0-{LINUX}.whl", f"demo-1.0-{wide}.whl"]
    end = f"serves {LINUX} too, and users get either one. Delete one of them"
    assert found == [(files[0], f"{files[1]} {end}"), (files[1], f"{files[0]} {end}")]
    causes = {each.cause for each in judge(release(wheel(LINUX), wheel(wide)), "WC703")}
    assert causes == {"another wheel serves the same tags, and users get either one. Delete one of them"}


def test_of_two_sdists_each_names_the_other() -> None:
    files = ["demo-1.0.tar.gz", "demo-1.0.zip"]
    end = "is an sdist of the same version. Delete one of them"
    found = said("WC703", release(*map(source_named, files)))
    assert found == [(files[0], f"{files[1]} {end}"), (files[1], f"{files[0]} {end}")]
    assert said("WC703", release(source_named("demo-1.0.tar.gz"), source_named("demo-1.1.tar.gz"))) == []
    assert said("WC703", release(source_named("demo-1.0.tar.gz"), source_named("other-1.0.tar.gz"))) == []


@pytest.mark.parametrize(
    ("code", "files", "odd"),
    [
        ("WC704", ("a-1-py3-none-any.whl", "b-1-py3-none-any.whl"), {"b": "project 'b', expected 'a'"}),
        (
            "WC704",
            ("a-1-py3-none-any.whl", "b-1-py3-none-any.whl", "b-1.tar.gz"),
            {"a": "project 'a', expected 'b'"},
        ),
        ("WC704", ("a-1-py3-none-any.whl", "A-1.tar.gz"), {}),
        ("WC705", ("a-1-py3-none-any.whl", "b-2-py3-none-any.whl"), {"b": "version '2', expected '1'"}),
        ("WC705", ("a-1.0-py3-none-any.whl", "a-1.tar.gz"), {}),
        ("WC705", ("a-1-py3-none-any.whl",), {}),
    ],
)
def test_the_odd_one_out_is_named_with_what_the_others_say(
    code: str, files: tuple[str, ...], odd: dict[str, str]
) -> None:
    parsed = [named(file) if file.endswith(".whl") else source_named(file) for file in files]
    found = said(code, release(*parsed))
    assert found == [(file, f"found {odd[file[0]]} as the others") for file in files if file[0] in odd]


@pytest.mark.parametrize(
    ("code", "config", "each", "why"),
    [
        ("WC701", Config(), False, "the configuration expects no set of wheels and no sdist"),
        ("WC701", expecting(LINUX), False, ""),
        ("WC701", expecting(source=True), False, ""),
        ("WC701", expecting(source=False), False, ""),
        ("WC701", expecting(LINUX), True, "single artifacts were checked"),
        ("WC702", Config(), False, ""),
        ("WC702", Config(), True, "single artifacts were checked"),
    ],
)
def test_a_set_is_judged_only_where_one_is_declared_and_all_of_it_was_given(
    code: str, config: Config, *, each: bool, why: str
) -> None:
    rule: Any = find(code)
    subject = release(wheel(LINUX), config=config)
    subject = replace(subject, expected=replace(subject.expected, each=each))
    assert rule.needs(subject) == why
