from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.artifacts import X86_64, File, a_release, a_wheel, an_sdist
from tests.support.native_files import library
from tests.support.twins import Silent, Twins
from wheelcheck.config import Config
from wheelcheck.engine import examine
from wheelcheck.facts.evidence import Statement, parse, read_folder, render

SCRATCH = Path(tempfile.mkdtemp(prefix="wheelcheck-evidence-"))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)
WHEEL, SDIST = a_wheel(X86_64, library("x86_64")), an_sdist(File("native.c"))
SWAPPED = a_wheel(X86_64, library("x86_64"), File("demo/__init__.py", b"import os\n"))
GOOD = Statement("x86_64.json", {}, "demo", "1.0", "a" * 64, "", "x86_64", emulated=False, proofs=("smoke",))
FROM = replace(GOOD, file="sdist.json", cpu="", proofs=())


def digest(recipe: object) -> dict[str, str]:
    """The name and hash of the file that a recipe writes."""
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    path = recipe.write(folder)  # type: ignore[attr-defined]  # wheels and sdists alike
    return {path.name: sha256(path.read_bytes()).hexdigest()}


def evidence(*statements: Statement, **raw: str) -> str:
    """A folder with these statements, and with these texts under other names."""
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    for statement in statements:
        (folder / statement.file).write_text(render(statement), "utf-8")
    for name, text in raw.items():
        (folder / f"{name}.json").write_text(text, "utf-8")
    return str(folder)


OF_WHEEL, OF_SDIST = replace(GOOD, subjects=digest(WHEEL)), replace(FROM, subjects=digest(SDIST))
SOUND = Config(evidence=evidence(OF_WHEEL, OF_SDIST))
NAME, ARCHIVE = WHEEL.file_name, "demo-1.0.tar.gz"


def with_evidence(*statements: Statement, settings: Config | None = None, **raw: str) -> Config:
    return replace(settings or Config(), evidence=evidence(*statements, **raw))


def told(code: str, sentence: str, bad: Config, found: str, at: str = NAME) -> Twins:
    """The same two files, once with evidence that is not enough."""
    also = ("WC722",) if code == "WC720" else ()
    release, good = a_release(WHEEL, SDIST, config=bad), a_release(WHEEL, SDIST, config=SOUND)
    return Twins(code, sentence, release, good, found, (at,), also=also)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC720",
            "a Python file that was swapped after the tests, with a RECORD that fits",
            a_release(SWAPPED, SDIST, config=SOUND),
            a_release(WHEEL, SDIST, config=SOUND),
            "it was changed since",
            (NAME,),
            also=("WC722",),
        ),
        told("WC720", "a wheel that no job states", with_evidence(OF_SDIST), "no statement of the evidence names"),
        told("WC720", "an sdist that no job states", with_evidence(OF_WHEEL), "no statement of the evidence", ARCHIVE),
        told(
            "WC721",
            "a wheel of another commit than the sdist",
            with_evidence(replace(OF_WHEEL, source="b" * 64), OF_SDIST),
            "sdist.json: source aaaaaaaaaaaa; x86_64.json: source bbbbbbbbbbbb",
            "",
        ),
        told(
            "WC721",
            "a wheel of nobody knows which commit",
            with_evidence(replace(OF_WHEEL, source="b" * 64), replace(OF_SDIST, source="")),
            "the evidence is not of one source: sdist.json: no source; x86_64.json: source bbbbbbbbbbbb",
            "",
        ),
        told(
            "WC721",
            "evidence about another version",
            with_evidence(replace(OF_WHEEL, version="1.1"), OF_SDIST),
            "x86_64.json is evidence about demo 1.1",
        ),
        told(
            "WC722",
            "a wheel that only another CPU has tried",
            with_evidence(replace(OF_WHEEL, cpu="aarch64"), OF_SDIST),
            "the evidence lacks 'smoke' for this wheel on x86_64",
        ),
        told(
            "WC722",
            "a wheel that was built and not tried",
            with_evidence(replace(OF_WHEEL, proofs=("roundtrip",)), OF_SDIST),
            "the evidence lacks 'smoke' for this wheel on x86_64",
        ),
        told(
            "WC722",
            "an emulated CPU where a real one is demanded",
            with_evidence(replace(OF_WHEEL, emulated=True), OF_SDIST, settings=Config(native_proofs=True)),
            "the evidence lacks 'smoke' for this wheel on x86_64 itself",
        ),
        Silent(
            "WC722",
            "an emulated CPU",
            a_release(WHEEL, SDIST, config=with_evidence(replace(OF_WHEEL, emulated=True), OF_SDIST)),
        ),
        told(
            "WC723",
            "a file of the evidence that is no statement",
            with_evidence(OF_WHEEL, OF_SDIST, other='{"_type": "x"}'),
            "other.json is no in-toto statement",
            "",
        ),
        told(
            "WC723",
            "two statements that differ about a file",
            with_evidence(OF_WHEEL, OF_SDIST, replaced=render(replace(OF_WHEEL, subjects={NAME: "c" * 64}))),
            f"2 different hashes of {NAME}",
            "",
        ),
        Twins(
            "WC723",
            "a file that was proven and then lost",
            a_release(WHEEL, config=SOUND),
            a_release(WHEEL, SDIST, config=SOUND),
            f"is about {ARCHIVE}, which is not given",
            ("",),
            "warning",
        ),
    ],
    ids=str,
)
def test_the_evidence_of_a_release(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"_type": 1}', "[" * 100_000, '{"_type": "https://in-toto.io/Statement/v1"}', "\x00", "null"]
)
def test_whatever_the_evidence_holds_is_read_without_an_error(text: str) -> None:
    (statement,) = read_folder(Path(evidence(other=text)))
    assert statement.problem
    assert not statement.subjects


def test_a_statement_is_read_as_it_was_written() -> None:
    (statement,) = read_folder(Path(evidence(OF_WHEEL)))
    assert statement == OF_WHEEL
    assert parse("a.json", {}).problem


def test_evidence_that_is_not_there_is_not_a_pass(tmp_path: Path) -> None:
    path = WHEEL.write(tmp_path)
    assert examine([path]).verdict == "pass"
    missing = examine([path], Config(evidence=str(tmp_path / "nowhere")))
    assert missing.verdict == "fail"
    assert [gap.why for gap in missing.gaps] == [
        f"the evidence in {tmp_path / 'nowhere'} cannot be read: No such file or directory"
    ]
