from __future__ import annotations

import platform
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.fuzz import loader, loaders
from tests.fuzz.elf_mutations import MUTATIONS, mutated
from tests.fuzz.elf_seeds import Seed, seeds
from tests.fuzz.loader import Case, Tally
from tests.support import native

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not loaders.IS_HERE, reason="asks the loader of glibc for x86_64")
OLD = "2.17"


def seed(start: str) -> Seed:
    return next(each for each in seeds() if each.name.startswith(start))


def is_here(floor: str) -> bool:
    return tuple(map(int, floor.split("."))) <= tuple(map(int, platform.libc_ver()[1].split(".")))


def test_gate_and_loader_take_every_seed_at_its_own_floor(tmp_path: Path) -> None:
    tally = Tally()
    for each in seeds():
        if each.floor == OLD or (not each.floor and loaders.MUSL.exists()):  # another glibc's libraries take a while
            loader.compare(Case(each.name, each, each.content, each.floor), tmp_path, tally)
    assert tally.counts["inputs"] == tally.counts["accepted"] > 4
    assert not tally.refused


@pytest.mark.parametrize("name", ["module for 2.34", "module for 2.36", "program for 2.34", "module without versions"])
def test_what_is_newer_than_the_floor_the_loader_of_the_floor_refuses(name: str, tmp_path: Path) -> None:
    chosen = next(each for each in seeds() if each.name.startswith(name) and each.floor != OLD)
    at_once, late = loader.asked(Case(name, chosen, chosen.content, OLD), tmp_path)
    assert at_once or late


def test_this_machine_loads_what_its_own_glibc_has(tmp_path: Path) -> None:
    file = tmp_path / "module.so"
    for each in seeds():
        if each.floor and is_here(each.floor):
            file.write_bytes(each.content)
            file.chmod(0o755)
            assert loaders.complaints(file, is_program=each.is_program, now=True) == ()


def test_no_code_of_a_file_runs_when_the_loader_is_asked(tmp_path: Path) -> None:
    marked = tmp_path / "ran"
    source = (
        "extern int creat(const char *, unsigned);\n"
        f'__attribute__((constructor)) static void start(void) {{ creat("{marked}", 0600); }}\n'
    )
    file = native.compiled_c(source, f"x86_64-linux-gnu.{OLD}", "-shared", "-fPIC", name="start.so")
    assert loaders.complaints(file, now=True) == loaders.complaints(file, OLD) == ()
    assert not marked.exists()


def test_a_gate_that_passes_what_the_loader_refuses_is_found_out(tmp_path: Path) -> None:
    """The gate is asked about a sound file, the loader about one that is newer than the floor."""
    sound, newer, tally = seed("module for 2.17"), seed("module for 2.34"), Tally()
    case = Case("loader planted 0", sound, sound.content, OLD)
    at_once, late = loader.asked(Case("", newer, newer.content, OLD), tmp_path)
    assert not loader.is_explained(at_once, late, {each.code for each in loader.judged(case, tmp_path).findings})
    loader.compare(case, tmp_path, tally)
    assert tally.wrong == []


def test_an_input_follows_from_its_seed_and_number_alone() -> None:
    one, other = (list(loader.cases("same", range(5, 9))) for _ in range(2))
    assert one == other
    assert len({case.content for case in one}) == 4


def test_every_mutation_changes_some_file() -> None:
    anatomies = [each.anatomy for each in seeds()]
    words = Random(1)  # noqa: S311 - a fuzzer's choices
    done = {word.split()[0] for _ in range(400) for word in mutated(words.choice(anatomies), words)[1].split(", ")}
    assert done == {mutation.__name__ for mutation in MUTATIONS}
