from __future__ import annotations

import io
import zipfile

import pytest

from tests.wheelcheck.archive.cases import Case, read
from tests.wheelcheck.archive.zip_cases import ZIP_CASES


def by_name(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", ZIP_CASES, ids=by_name)
def test_a_hostile_zip_is_answered_with_exactly_its_kinds_of_damage(case: Case) -> None:
    assert read(case.hostile, case.budget()).kinds == case.kinds


@pytest.mark.parametrize("case", ZIP_CASES, ids=by_name)
def test_the_good_twin_of_a_hostile_zip_has_no_damage(case: Case) -> None:
    assert read(case.twin, case.budget()).damage == []


@pytest.mark.parametrize("case", ZIP_CASES, ids=by_name)
def test_zipfile_reads_the_good_twin_alike(case: Case) -> None:
    reading = read(case.twin)
    with zipfile.ZipFile(io.BytesIO(case.twin)) as archive:
        assert archive.testzip() is None
        infos = archive.infolist()
        assert reading.paths == [info.filename.removesuffix("/") for info in infos]
        assert reading.contents == [archive.read(info) for info in infos]
        assert [entry.mode for entry in reading.entries] == [info.external_attr >> 16 for info in infos]
