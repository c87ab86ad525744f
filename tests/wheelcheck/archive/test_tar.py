from __future__ import annotations

import hashlib
import io
import stat
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.wheelcheck.archive.cases import Case, Reading, read
from tests.wheelcheck.archive.tar_cases import BZ2, TAR_CASES, XZ
from wheelcheck.archive import walk, walk_tar_gz

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelcheck.archive import Budget

OTHER_CONTAINERS = (XZ[:3], BZ2[:3], b"\x28\xb5", b"7z")


def by_name(case: Case) -> str:
    return case.name


def read_sdist(content: bytes, budget: Callable[[], Budget]) -> Reading:
    walker = walk if content.startswith(OTHER_CONTAINERS) else walk_tar_gz
    return read(content, budget(), walker)


@pytest.mark.parametrize("case", TAR_CASES, ids=by_name)
def test_a_hostile_tar_is_answered_with_exactly_its_kinds_of_damage(case: Case) -> None:
    assert read_sdist(case.hostile, case.budget).kinds == case.kinds


@pytest.mark.parametrize("case", TAR_CASES, ids=by_name)
def test_the_good_twin_of_a_hostile_tar_has_no_damage(case: Case) -> None:
    assert read_sdist(case.twin, case.budget).damage == []


@pytest.mark.parametrize("case", TAR_CASES, ids=by_name)
def test_tarfile_reads_the_good_twin_alike(case: Case) -> None:
    reading = read(case.twin)
    with tarfile.open(fileobj=io.BytesIO(case.twin)) as archive:
        infos = archive.getmembers()
        contents = [file.read() if info.isreg() and (file := archive.extractfile(info)) else b"" for info in infos]
    assert reading.paths == [info.name for info in infos]
    assert reading.contents == contents
    assert [entry.link for entry in reading.entries] == [info.linkname for info in infos]
    assert [stat.S_IMODE(entry.mode) for entry in reading.entries] == [info.mode for info in infos]
    assert [entry.sha256 for entry in reading.entries] == [hashlib.sha256(content).hexdigest() for content in contents]
