"""A rule that reaches a limit of its own says so, and what it did not judge is no pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, a_wheel, an_sdist, code, macho, member, wheel
from wheelcheck.binary.model import Binary, Names, Symbol
from wheelcheck.engine import examine
from wheelcheck.facts import dyld, ld_so
from wheelcheck.facts.evidence import read_folder
from wheelcheck.rules import Hit, LimitReachedError, Rule, macos, symbols

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe
    from wheelcheck.facts import Wheel

PYPROJECT = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
LINUX, MAC = "cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-macosx_11_0_arm64"
MODULE, LIBRARY = "demo/_x.abi3.so", "demo.libs/liba.so"


def module_for_linux(*imports: Symbol) -> Wheel:
    """A module that does not find the library of its wheel."""
    asking = code("x86_64", needed=("liba.so",), dynamic=True, symbols_known=True, imports=imports)
    offering = code("x86_64", soname="liba.so", dynamic=True, symbols_known=True, exports=Names(b"there"))
    files = {MODULE: asking, LIBRARY: offering}
    return wheel(LINUX, *(member(path, Binary("ELF", (each,)), 0o100755) for path, each in files.items()))


def module_for_macos() -> Wheel:
    asking = macho("aarch64", needed=("@rpath/liba.dylib",), dynamic=True)
    return wheel(MAC, member(MODULE, asking), member("demo/.dylibs/liba.dylib", macho("aarch64", dynamic=True)))


def judged(rule: Rule[Wheel], subject: Wheel) -> tuple[list[Hit], str]:
    """Return what a rule finds, and which limit ends it; empty text for none."""
    found: list[Hit] = []
    try:
        found.extend(rule.judge(subject))
    except LimitReachedError as limit:
        return found, str(limit)
    return found, ""


def test_what_dyld_does_not_follow_to_its_end_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = macos.each_dylib_of_the_wheel_is_where_dyld_looks_for_it
    found, limit = judged(rule, module_for_macos())
    assert ([hit.path for hit in found], limit) == ([MODULE], "")
    monkeypatch.setattr(dyld, "WALK_LIMIT", 1)
    assert judged(rule, module_for_macos()) == (
        [],
        "dyld would look for more than 200,000 names, which are not all followed",
    )


def test_what_the_loader_of_linux_does_not_follow_to_its_end_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = symbols.each_library_of_the_wheel_is_on_the_search_path_of_those_that_need_it
    found, limit = judged(rule, module_for_linux())
    assert ([hit.path for hit in found], limit) == ([MODULE], "")
    monkeypatch.setattr(ld_so, "WALK_LIMIT", 0)
    found, limit = judged(rule, module_for_linux())
    assert limit == "the loader would follow more than 100,000 needs, which are not all followed"


def test_symbols_of_libraries_that_are_not_followed_are_neither_missed_nor_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = symbols.every_symbol_is_offered_by_what_the_loader_finds
    asking = module_for_linux(Symbol("nowhere_at_all"))
    found, limit = judged(rule, asking)
    assert ([hit.path for hit in found], limit) == ([MODULE], "")
    monkeypatch.setattr(ld_so, "WALK_LIMIT", 0)
    found, limit = judged(rule, asking)
    assert (found, limit[:32]) == ([], "the loader would follow more tha")


def workspace(count: int, depth: int = 1) -> str:
    """Return a manifest with so many patterns for members, all of them so many folders below it."""
    folders = "/".join(str(folder) for folder in range(2, depth + 1))
    below = f"c/{folders}/" if folders else "c/"
    return f"[workspace]\nmembers = {[f'{below}[a{chr(200 + number)}]' for number in range(count)]}\n"


CRATE = "[package]\nname = 'a'\nversion = '1.0.0'\n"
SETUP = "x = open('notes.txt').read()\n"
LIMITS = {
    "a long setup.py": ("WC627", {"setup.py": SETUP.ljust((1 << 17) + 1, "\n")}, "more than 131,072 characters"),
    "patterns of Cython sources": (
        "WC624",
        {"setup.py": f"cythonize({[f'demo/{number}*.pyx' for number in range(51)]})  # cython\n", "demo/a.pyx": ""},
        "more than 50 patterns",
    ),
    "many patterns of crates": (
        "WC603",
        {"Cargo.toml": workspace(51), "c/a/Cargo.toml": CRATE, "c/a/src/lib.rs": ""},
        "more or deeper patterns than are looked at",
    ),
    "many patterns of crates behind others": (
        "WC603",
        {
            "Cargo.toml": workspace(51).replace("members = [", "members = [" + "'**/z', " * 51),
            "c/a/Cargo.toml": CRATE,
            "c/a/src/lib.rs": "",
        },
        "more or deeper patterns than are looked at",
    ),
    "a deep pattern of crates": ("WC603", {"Cargo.toml": workspace(1, 8)}, "more or deeper patterns"),
    "many requirements": (
        "WC606",
        {"pyproject.toml": PYPROJECT.replace('"setuptools"', ",".join(f'"a{number}"' for number in range(5_001)))},
        "requires more than 5,000 distributions",
    ),
    "a long requirement": (
        "WC606",
        {"pyproject.toml": PYPROJECT.replace('"setuptools"', f'"setuptools", "{"-" * 4_097}"')},
        "a requirement of more than 4,096 characters",
    ),
}
WITHIN = {
    "many patterns of crates": {"Cargo.toml": workspace(50), "c/a/Cargo.toml": CRATE, "c/a/src/lib.rs": ""},
    "a deep pattern of crates": {
        "Cargo.toml": workspace(1, 6),
        "c/2/3/4/5/6/a/Cargo.toml": CRATE,
        "c/2/3/4/5/6/a/src/lib.rs": "",
    },
    "patterns for any depth, outside, or in a workspace that is not built": {
        "Cargo.toml": "[workspace]\nmembers = ['**/" + "*/" * 9 + "a', '../" + "*/" * 9 + "a']\n",
        "pyproject.toml": '[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n'
        '[tool.maturin]\nmanifest-path = "Cargo.toml"\n',
        "vendored/Cargo.toml": workspace(51),
    },
    "a long setup.py": {"setup.py": "x = 1\n".ljust((1 << 17) + 1, "\n")},
    "patterns of Cython sources": {
        "setup.py": f"cythonize({[f'demo/{number}*.pyx' for number in range(50)]})  # cython\n",
        "demo/a.pyx": "",
    },
    "many requirements": {
        "pyproject.toml": PYPROJECT.replace('"setuptools"', ",".join(f'"a{number}"' for number in [*range(5_000), 1]))
    },
    "a long requirement": {"pyproject.toml": PYPROJECT.replace('"setuptools"', f'"setuptools{" " * 4_086}"')},
}


def holding(files: dict[str, str]) -> SdistRecipe:
    return an_sdist(*(File(path, text.encode()) for path, text in ({"pyproject.toml": PYPROJECT} | files).items()))


@pytest.mark.parametrize("name", LIMITS)
def test_what_a_rule_does_not_judge_is_not_verified(name: str, tmp_path: Path) -> None:
    rule, files, limit = LIMITS[name]
    report = examine([holding(files).write(tmp_path)])
    said = [gap.why for gap in report.gaps if gap.rule == rule]
    assert (report.verdict, len(said)) == ("unverified", 1)
    assert said[0].startswith(f"{rule} did not judge everything: ")
    assert limit in said[0]


@pytest.mark.parametrize("name", WITHIN)
def test_what_is_just_within_a_limit_is_judged(name: str, tmp_path: Path) -> None:
    report = examine([holding(WITHIN[name]).write(tmp_path)])
    assert [gap.why for gap in report.gaps] == []
    assert [each for each in report.findings if each.severity == "error"] == []


def test_packages_whose_code_is_not_read_are_not_verified(tmp_path: Path) -> None:
    init = File("demo/__init__.py", b"a = 1\n".ljust(4 * 2**20, b"\n"))
    assert examine([a_wheel("py3-none-any", init).write(tmp_path)]).verdict == "pass"
    report = examine([a_wheel("py3-none-any", init, File("more/__init__.py", b"\n")).write(tmp_path)])
    assert [gap.why for gap in report.gaps] == [
        "WC245 did not judge everything: the packages have more than 4,194,304 bytes of `__init__.py`"
    ]


def test_statements_that_are_not_read_are_found_wrong(tmp_path: Path) -> None:
    """The 1,001st was left out in silence, and a thousand of a megabyte each were a gigabyte."""
    for number in range(1_001):
        (tmp_path / f"{number:04}.json").write_text("{}")
    found = read_folder(tmp_path)
    assert (len(found), found[-1].file) == (1_001, "1000.json")
    assert found[-1].problem.startswith("and what is behind it is not read: more than 1,000 statements")
    (tmp_path / "1000.json").unlink()
    assert len(read_folder(tmp_path)) == 1_000
    for number in range(17):
        (tmp_path / f"{number:04}.json").write_bytes(b" " * 2**20)
    found = read_folder(tmp_path)
    assert (len(found), found[-1].file) == (17, "0016.json")
    assert "16,777,216 bytes" in found[-1].problem
