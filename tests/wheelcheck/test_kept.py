from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, a_wheel, code, elf, member, wheel
from wheelcheck import engine
from wheelcheck.binary.model import Binary, Names, Symbol
from wheelcheck.config import Config
from wheelcheck.engine import examine, judge_files, merge
from wheelcheck.facts.repeats import Looked, Shared
from wheelcheck.kept import Room
from wheelcheck.records import replace
from wheelcheck.results import Judgement
from wheelcheck.rules import Finding

if TYPE_CHECKING:
    from wheelcheck.facts import Artifact, Wheel

MIB = 2**20
MIN_SIZE = 3 * MIB // 2


def finding(message: str, severity: str = "error", artifact: str = "a.whl") -> Finding:
    return Finding("WC101", "x", severity, artifact, "", message)  # type: ignore[arg-type]


def by_message(one: Finding) -> str:
    return one.message


def room(facts: int = 64 * MIB, text: int = 8 * MIB) -> Room:
    return Room(by_message, facts, text)


def kept(facts: Artifact, where: Room) -> Wheel:
    found = where.keep(Judgement(facts)).artifact
    assert found is not None
    return found  # type: ignore[return-value]


def test_of_a_large_artifact_what_its_own_rules_alone_read_is_dropped() -> None:
    symbols = elf("x86_64", exports=Names(b"\0" + b"x" * 2 * MIB), dynamic=True)
    large = kept(wheel(X86_64, member("demo/a.so", symbols)), room())
    small = kept(wheel(X86_64, member("demo/a.so", elf("x86_64", exports=Names(b"\0x")))), room())
    exports = [each.members[0].binary.slices[0].exports for each in (large, small) if each.members[0].binary]
    assert exports == [Names(), Names(b"\0x")]


@pytest.mark.parametrize(
    "heavy",
    [
        wheel(X86_64, texts={"demo-1.0.dist-info/licenses/A": "x" * MIN_SIZE}),
        wheel(X86_64, *(member(f"demo/{number}", b"") for number in range(MIN_SIZE // 500))),
        wheel(X86_64, *(member(f"demo/{n}", b"x" * 512) for n in range(MIN_SIZE // (500 + 512)))),
        wheel(
            X86_64, *(member(f"demo/{n}.so", elf("x86_64", needed=("x" * 4_000,))) for n in range(MIN_SIZE // 5_000))
        ),
    ],
    ids=["texts", "members", "beginnings of files", "names of libraries"],
)
def test_facts_are_kept_while_there_is_room_and_as_many_bytes_as_files_have_are_added(heavy: Wheel) -> None:
    tight = room(facts=4 * MIB)
    heavy = replace(heavy, members=(*heavy.members, member("demo/x")))
    assert [len(kept(heavy, tight).members) for _ in range(4)] == [len(heavy.members)] * 2 + [0] * 2
    assert [bool(kept(replace(heavy, size=2 * MIB), tight).members) for _ in range(4)] == [True] * 4


def test_what_is_not_kept_is_not_verified_and_nothing_is_missed_for_it(tmp_path: Path) -> None:
    tight = room(facts=4_000)
    files = [a_wheel(tags).write(tmp_path) for tags in (X86_64, "py3-none-any")]
    judgements = [tight.keep(each) for each in judge_files(files, Config(), None, hashed=True)]
    before = merge(judgements)
    assert before.gaps == ()
    tight.facts = -MIB
    report = merge([tight.keep(each) for each in judgements])
    whys = [(gap.artifact, gap.why.partition(":")[0]) for gap in report.gaps]
    assert whys == [(file.name, "release-cap") for file in sorted(files)]
    assert [artifact.is_listed_whole for artifact in report.artifacts] == [False] * 2
    assert report.findings == before.findings
    assert [artifact.file for artifact in report.artifacts] == sorted(file.name for file in files)


def test_the_worst_finding_of_each_artifact_is_kept_and_the_others_as_long_as_there_is_room() -> None:
    tight = room(text=300)
    many = Judgement(findings=frozenset(finding(f"{number}{'x' * 99}") for number in range(2)))
    kept_of_each = [tight.keep(many) for _ in range(3)]
    assert [len(each.findings) for each in kept_of_each] == [2, 1, 1]
    assert [each.message[0] for each in kept_of_each[2].findings] == ["0"]
    assert [gap.why for each in kept_of_each for gap in each.gaps] == [
        "2 faults, of which the worst is listed: those of the files before take all room"
    ] * 2
    single = Judgement(findings=frozenset({finding("x" * 999)}))
    assert tight.keep(single) == single


def test_the_rules_of_one_artifact_share_the_room_for_their_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each rule says one thing at least: a note of one must not hide the error of another."""
    monkeypatch.setattr(engine, "MOST_TEXT", 0)
    report = examine([a_wheel(X86_64, dist_info={"RECORD": b"a,,1\nb,,1\n"}).write(tmp_path)])
    codes = [each.code for each in report.findings]
    assert len(codes) > 1
    assert sorted(set(codes)) == sorted(codes)
    assert report.verdict == "fail"


def test_no_more_artifacts_are_read_ahead_than_there_are_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read and not judged yet takes memory."""
    started: list[object] = []

    class Counted(ThreadPoolExecutor):
        def submit(self, *given: object, **named: object) -> object:  # type: ignore[override]
            started.append(given)
            return super().submit(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor", Counted)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    files = [Path(f"/nowhere/{number}-1.0-py3-none-any.whl") for number in range(20)]
    waiting = judge_files(files, Config(), None, hashed=False)
    assert next(waiting).gaps
    assert len(started) == 3
    assert len(list(waiting)) == 19


def test_code_with_more_names_than_can_be_kept_is_read_again() -> None:
    shared = Shared()
    large, small = (Binary("ELF", (code("x86_64", imports=(Symbol("a"),)),), name_bytes=size) for size in (20 * MIB, 1))
    for number, binary in enumerate((large, large, small)):
        shared.learn(number, Looked(b"", binary, ""))
    assert sorted(shared.looked) == [0, 2]
    assert shared.binary(large) is large
