"""What a hostile sdist takes grows with its size: few of its bytes are compared with all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wheelcheck.facts import Member, Sdist, cargo, cargo_workspaces, setup_py
from wheelcheck.facts.cargo_sources import missing_sources
from wheelcheck.facts.cargo_workspaces import Lock, unlocked
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.facts.source_files import Taken
from wheelcheck.rules import compiled_sources
from wheelcheck.rules.sdist import the_sdist_says_how_it_is_built

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "demo-1.0.tar.gz"


class _Package(dict[str, Any]):
    """A package of a lock file that counts how often it is looked at."""

    looked = 0

    def get(self, key: str, default: object = None) -> object:
        type(self).looked += 1
        return super().get(key, default)


@pytest.mark.parametrize("entry", ["a", "a 1"])
def test_packages_of_one_name_are_not_gone_through_for_each_dependency(entry: str) -> None:
    """15,000 packages of one name that all need each other, in 41 kB, took more than a minute."""
    counts = []
    for number in (100, 200):
        _Package.looked = 0
        packages = [_Package(name="a", version="1", source=str(n), dependencies=[entry] * 3) for n in range(number)]
        left = [_Package(name="b", version="1", source="r"), _Package(name="a", version="2", source="r")]
        lock = Lock("Cargo.lock", "Cargo.toml", [*packages, *left])
        assert lock.unused({("a", "1")}) == (["b 1"] if entry == "a" else ["b 1", "a 2"])
        counts.append(_Package.looked)
    assert counts[1] < 2.1 * counts[0]


def test_what_a_workspace_offers_is_listed_once_for_all_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """3,000 members of a workspace with 60,000 dependencies, in 177 kB, took 35 s."""
    asked: list[int] = []
    original = cargo.dependencies

    def listed(document: dict[str, Any]) -> Iterator[tuple[str, object]]:
        asked.append(len(document.get("dependencies", ())))
        return original(document)

    monkeypatch.setattr(cargo_workspaces, "dependencies", listed)
    needed = "dependencies.d1.workspace = true"
    shared = "\n".join(f"d{number} = '1'" for number in range(50))
    texts = {
        "demo-1.0/Cargo.toml": f"[workspace]\nmembers = ['m/*']\n[workspace.dependencies]\n{shared}\n",
        "demo-1.0/Cargo.lock": "version = 3\n[[package]]\nname = 'p0'\nversion = '1'\n",
        **{f"demo-1.0/m/{n}/Cargo.toml": f"package = {{name = 'p{n}', version = '1'}}\n{needed}\n" for n in range(10)},
    }
    sdist = Sdist(NAME, parse_file_name(NAME), tuple(map(Member, texts)), texts)
    assert len(unlocked(sdist)) == 9 + 10
    assert asked.count(50) == 1


class _Members(tuple[Member, ...]):  # noqa: SLOT001  # it has one value for all
    """Members that count how often they are gone through."""

    passes = 0

    def __iter__(self) -> Iterator[Member]:
        type(self).passes += 1
        return super().__iter__()


def test_the_members_are_not_gone_through_for_each_entry_of_backend_path() -> None:
    """200,000 entries and 20,000 members, in 145 kB, took more than a minute."""
    counts = []
    for number in (10, 100):
        entries = ", ".join(["'z'"] * number)
        text = f"[build-system]\nrequires = []\nbackend-path = [{entries}, 'gone']\n"
        texts = {"demo-1.0/pyproject.toml": text}
        members = _Members(Member(f"demo-1.0/{each}") for each in ("pyproject.toml", "a", "z/x"))
        _Members.passes = 0
        hits = list(the_sdist_says_how_it_is_built.judge(Sdist(NAME, parse_file_name(NAME), members, texts)))
        assert [hit.message for hit in hits] == ["found backend-path 'gone', expected a folder of the sdist"]
        counts.append(_Members.passes)
    assert counts[0] == counts[1]


class _Path(str):
    """A path that counts how often it is compared."""

    __slots__ = ()
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        type(self).compared += 1
        return str.__eq__(self, other)


def test_cython_sources_are_not_compared_with_each_name_of_setup_py() -> None:
    """15,000 sources and a setup.py that names 85,000 others took 38 s."""
    taken: dict[str, Taken] = {_Path(f"demo-1.0/{number}.pyx"): Taken() for number in range(100)}
    script = "# cython " + " ".join(f"'q{number}.pyx'" for number in range(100))
    sdist = Sdist(
        NAME, parse_file_name(NAME), (Member("demo-1.0/setup.py"),), {"demo-1.0/setup.py": script}, taken=taken
    )
    _Path.compared = 0
    assert list(compiled_sources.every_file_that_a_cython_module_takes_is_in_the_sdist.judge(sdist)) == []
    assert _Path.compared < 1000


def test_sources_that_targets_share_are_read_once() -> None:
    """3,000 programs of one source with 10,000 includes, in 100 kB, took a minute."""
    asked: list[str] = []

    class Sources(dict[str, Taken]):
        def get(self, key: str, default: Taken | None = None) -> Taken:  # type: ignore[override]
            asked.append(key)
            return super().get(key, default or Taken())

    programs = "".join(f"[[bin]]\npath = 'm{number % 20}.rs'\n" for number in range(50))
    texts = {
        "demo-1.0/pyproject.toml": "[build-system]\nrequires = ['maturin']\nbuild-backend = 'maturin'\n",
        "demo-1.0/Cargo.toml": f"[package]\nname = 'a'\nversion = '1'\n{programs}",
    }
    taken = Sources({f"demo-1.0/m{number}.rs": Taken(modules=("x",)) for number in range(20)})
    taken["demo-1.0/x.rs"] = Taken(modules=("gone",), files=("gone.md",))
    sdist = Sdist(NAME, parse_file_name(NAME), tuple(map(Member, (*texts, *taken))), texts, taken=taken)
    assert [each.expected for each in missing_sources(sdist)] == ["demo-1.0/gone.md", "demo-1.0/x/gone.rs"]
    assert asked.count("demo-1.0/x.rs") == 1
    assert len(asked) == 20 + 1 + 1


def test_a_setup_py_is_taken_apart_once_for_all_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def take_apart(text: str, _: object) -> Iterator[tuple[int, list[str]]]:
        asked.append(text)
        yield from ()

    monkeypatch.setattr(setup_py, "_arguments", take_apart)
    for _ in range(3):
        assert list(setup_py.extension_sources("Extension(of one test)")) == []
        assert list(setup_py.extension_sources("nothing of the kind")) == []
    assert asked == ["Extension(of one test)"]


def of_setup_py(script: str) -> Sdist:
    taken = {"demo-1.0/a.c": Taken(includes=("gone.h",))}
    members = tuple(map(Member, ("demo-1.0/setup.py", "demo-1.0/a.c")))
    return Sdist(NAME, parse_file_name(NAME), members, {"demo-1.0/setup.py": script}, taken=taken)


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        ("x = ['a.c'] # " + "include_dirs " * 70_000, None),
        ("x = ['a.c'], include_dirs=[numpy.get_include()]", "warning"),
        ("x = ['a.c'], get_include, include_dirs\nenviron", None),
        ("x = ['a.c'], libraries=['z']", "warning"),
    ],
)
def test_where_headers_are_looked_for_is_read_line_by_line(script: str, severity: str | None) -> None:
    """A setup.py of one line, two packed kilobytes, took hours."""
    rule = compiled_sources.every_local_header_of_the_extension_is_in_the_sdist
    assert [hit.severity for hit in rule.judge(of_setup_py(script))] == [severity]


@pytest.mark.parametrize(("ending", "severity"), [("", None), ("  if x:\n", "note")])
def test_a_setup_py_of_empty_lines_is_read_in_a_moment(ending: str, severity: str | None) -> None:
    """A million of them took hours."""
    script = "Extension('x', sources=['b.c'])\n" + "\n" * 1_000_000 + ending
    rule = compiled_sources.every_source_that_an_extension_lists_is_in_the_sdist
    assert [hit.severity for hit in rule.judge(of_setup_py(script))] == [severity]
