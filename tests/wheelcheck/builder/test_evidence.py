from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.reference import wheel_of
from wheelcheck.builder import evidence
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.builder.pipeline import Build


def proven(build: Build) -> Path:
    """Record what the jobs of a release record, and return the folder of it."""
    evidence.record(build.settings, next(build.settings.dist.glob("*.tar.gz")))
    build.prove("smoke")
    build.prove("roundtrip")
    return build.settings.folder / evidence.FOLDER


def test_a_release_is_verified_by_what_each_job_proved(build: Build) -> None:
    folder = proven(build)
    said = verify(build.settings.project, {}, proven=True)
    assert f"proven: {wheel_of(build).name} (smoke, roundtrip on {build.target.arch.name})" in said
    (place,) = folder.glob(f"{build.target.arch.name}-*.json")
    statement = json.loads(place.read_text("utf-8"))
    assert statement["predicate"]["proofs"] == ["smoke", "roundtrip"]
    assert statement["predicate"]["source"] == evidence.source_hash(build.settings.project)


def test_a_release_that_nobody_proved_is_refused(build: Build) -> None:
    next(proven(build).glob(f"{build.target.arch.name}-*.json")).unlink()
    with pytest.raises(BuildError, match=f"{wheel_of(build).name}: no statement of the evidence names this file"):
        verify(build.settings.project, {}, proven=True)


def test_a_wheel_that_was_built_again_loses_what_was_proven_of_the_old_one(build: Build) -> None:
    folder = proven(build)
    (place,) = folder.glob(f"{build.target.arch.name}-*.json")
    statement = json.loads(place.read_text("utf-8"))
    statement["subject"][0]["digest"]["sha256"] = "0" * 64
    place.write_text(json.dumps(statement), "utf-8")
    with pytest.raises(BuildError, match="it was changed since"):
        verify(build.settings.project, {}, proven=True)
    build.prove("roundtrip")
    with pytest.raises(BuildError, match="the evidence lacks 'smoke' for this wheel"):
        verify(build.settings.project, {}, proven=True)


def test_evidence_of_other_sources_is_refused(build: Build) -> None:
    folder = proven(build)
    for place in folder.iterdir():
        statement = json.loads(place.read_text("utf-8"))
        statement["predicate"]["source"] = "0" * 64
        place.write_text(json.dumps(statement), "utf-8")
    with pytest.raises(BuildError, match="it is about the sources 000000000000, and here are"):
        verify(build.settings.project, {}, proven=True)


def test_a_release_without_any_evidence_is_refused(build: Build) -> None:
    for place in proven(build).iterdir():
        place.unlink()
    proven(build).rename(build.settings.folder / "gone")
    with pytest.raises(BuildError, match="there is no evidence of what was tested"):
        verify(build.settings.project, {}, proven=True)
