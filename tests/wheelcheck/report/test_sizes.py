from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import AARCH64, X86_64, File, a_release, a_wheel, an_sdist, elf, member, wheel
from tests.support.native_files import library
from tests.support.reports import examined
from wheelcheck.report.sizes import kind_of, largest, sizes
from wheelcheck.results import Report

if TYPE_CHECKING:
    from pathlib import Path


def test_every_byte_of_every_artifact_is_of_one_kind(tmp_path: Path) -> None:
    release = a_release(a_wheel(X86_64, library("x86_64"), File("demo/x.py")), an_sdist(File("src/x.c")))
    report = examined(release, tmp_path)
    made = sizes(report)
    assert [size.artifact for size in made] == [artifact.file for artifact in report.artifacts]
    for size, artifact in zip(made, report.artifacts, strict=True):
        assert size.packed == artifact.size == (tmp_path / artifact.file).stat().st_size
        assert size.unpacked == sum(one.size for one in artifact.members)
    assert set(made[0].kinds) == {"native code", "Python", "metadata"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("demo/x.py", "Python"),
        ("demo/x.PYI", "Python"),
        ("demo-1.0.dist-info/RECORD", "metadata"),
        ("demo-1.0.dist-info/licenses/x.py", "metadata"),
        ("demo/include/x.h", "sources"),
        ("demo/data.so", "other"),
        ("demo/LICENSE", "other"),
    ],
)
def test_a_path_says_what_a_member_is_unless_it_is_native_code(path: str, kind: str) -> None:
    assert kind_of(member(path)) == kind
    assert kind_of(member(path, elf("x86_64"))) == "native code"


def test_the_largest_members_are_named_once_however_many_wheels_have_them() -> None:
    wheels = (
        wheel(X86_64, replace(member("a"), size=5), replace(member("b"), size=9)),
        wheel(AARCH64, replace(member("a"), size=7), replace(member("c"), size=1), replace(member("empty"), size=0)),
    )
    found = [(large.path, large.size, large.artifacts) for large in largest(Report(wheels))]
    assert found == [("b", 9, 1), ("a", 7, 2), ("c", 1, 1)]
    assert len(largest(Report(wheels), 2)) == 2
