from __future__ import annotations

import pytest

from wheelcheck.facts.source_files import Taken, taken
from wheelcheck.facts.text_limits import LexemeBudget


def test_includes_are_read_outside_of_conditions() -> None:
    text = (
        b'#include "a.h"\n#if X\n#include "b.h"\n#else\n#include "c.h"\n#endif\n # include "d.h" // e\n#include <f.h>\n'
    )
    assert taken("a.c", text, LexemeBudget()).includes == ("a.h", "d.h")
    assert taken("a.h", b'#pragma once\n#ifndef G\n#define G\n#include "g.h"\n#endif\n', LexemeBudget()).includes == (
        "g.h",
    )


def test_what_rust_compiles_in_any_case_is_read_behind_whatever_looks_like_code() -> None:
    text = b"""#![doc = include_str!("../README.md")]
//! mod no; "
pub mod a;
mod r#type;
#[cfg(test)]
mod tests { const X: &str = include_str!("../t"); }
#[allow(dead_code)] pub(crate) mod b ;
fn f<'a>(x: &'a str) { let c = '"'; let r = r#"mod d; " "#; include_bytes!("data.bin"); }
macro_rules! m { () => { mod w; } }
mod inline { mod inner; }
mod last;
"""
    found = taken("src/lib.rs", text, LexemeBudget())
    assert (found.modules, found.files) == (("a", "type", "b", "last"), ("../README.md", "data.bin"))


def test_a_file_of_no_known_language_takes_nothing() -> None:
    assert taken("a.py", b'include "x.pxi"\n#include "a.h"\nmod a;\n', LexemeBudget()) == Taken()


PIECES = (b"#if ", b'"\\"', b"/*", b"#[", b"'", b"! ", b"mod ", b'r#"', b'include!("a" ', b"r#####", b'#include "a"\n')


@pytest.mark.parametrize("path", ["a.c", "a.pyx", "a.rs"])
@pytest.mark.parametrize("piece", PIECES)
def test_a_text_that_never_ends_what_it_began_is_read_to_its_end(path: str, piece: bytes) -> None:
    """Each would take hours if the time were not linear."""
    budget = LexemeBudget()
    assert len(taken(path, b"mod x;" + piece * 200_000, budget).modules) <= 1
    assert budget.left > 0


@pytest.mark.parametrize(
    ("path", "text"), [("a.c", b'#include "a"\n'), ("a.pyx", b'include "a"\n'), ("a.rs", b"mod a;")]
)
def test_sources_are_read_until_the_budget_is_used_up(path: str, text: bytes) -> None:
    budget = LexemeBudget(10)
    assert len([each for each in taken(path, text * 20, budget) if each]) == 1
    assert budget.left < 0
    assert taken(path, text, budget) == Taken()
