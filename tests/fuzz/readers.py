"""The lane of readers: what reads archives, native code and text, and makes facts of it, without rules and reports.

An input is up to 64 changed files or sets of texts; each is read, and everything that is parsed when it is first asked
for is asked for. An input that is bad for certain must be read as faulty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fuzz import archive_inputs, native_inputs, nested_inputs, outside, source_texts, text_inputs
from tests.fuzz.made import PER_INPUT, Pieces, Read, encoded, pieces_of_texts, text
from tests.support import native
from tests.support.artifacts import Rows, record_row
from wheelcheck.binary import may_be_native, read_binary
from wheelcheck.config import ConfigError, load
from wheelcheck.facts import Sdist, Wheel
from wheelcheck.facts.cargo_manifests import built_manifests, references
from wheelcheck.facts.cargo_workspaces import locks, missing_targets, orphans, unlocked, unused
from wheelcheck.facts.collect import collect
from wheelcheck.facts.dist_info import header_problems
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.facts.metadata_fields import field_problems
from wheelcheck.facts.named_files import named_files
from wheelcheck.facts.python_imports import imports_of_module, imports_of_script
from wheelcheck.facts.python_names import lacking
from wheelcheck.facts.requirements import is_requirement
from wheelcheck.facts.rst import problems
from wheelcheck.facts.setup_py import extension_sources
from wheelcheck.facts.source_files import taken
from wheelcheck.facts.text_limits import LexemeBudget
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from random import Random

    from tests.fuzz.made import Made

    Texts = Mapping[str, bytes]

_HEAD = 4096
_SDIST = "demo-1.0.tar.gz"


def read_native(content: bytes, _: Path) -> Read:
    """Read one native file, as a member of a wheel is read."""
    binary = read_binary("demo/_x", Bytes(content)) if may_be_native(content[:_HEAD]) else None
    if binary is None:
        return Read(is_reached=False, is_faulty=True)
    for slice_ in binary.slices:
        if need := slice_.glibc_need:
            slice_.symbols_of(need)
    return Read(bool(binary.slices), bool(binary.damage))


def read_archive(made: Made, folder: Path) -> Read:
    """Read one wheel or sdist into facts."""
    path = folder / made.file
    path.write_bytes(made.content)
    artifact = collect(path, hashed=False)
    return Read(bool(artifact.members), bool(artifact.damage))


def read_dist_info(texts: Texts, _: Path) -> Read:
    """Parse the metadata of a wheel."""
    name = "demo-1.0-py3-none-any.whl"
    decoded = {f"demo-1.0.dist-info/{file}": _text(own) for file, own in texts.items()}
    own = Wheel(name, parse_file_name(name), texts=decoded)
    info = type(own.dist_info).among(("demo-1.0.dist-info",), decoded, own.name)
    found = [*info.record_problems, info.entry_points_problem, *field_problems(info.metadata)]
    for file, headers in (("METADATA", info.metadata), ("WHEEL", info.wheel)):
        found += header_problems(info.texts.get(file, ""), headers)
    for row in info.rows:
        row.is_sha256("0" * 64)
    for value in info.metadata.get_all("Requires-Dist"):
        is_requirement(value)
    own.required.beginning_as(("demo",))
    return Read(bool(info.tags or info.pins or info.rows), any(found))


def read_manifests(texts: Texts, _: Path) -> Read:
    """Parse PKG-INFO, pyproject.toml and Cargo's manifests of an sdist."""
    sdist = Sdist(
        _SDIST, parse_file_name(_SDIST), texts={f"demo-1.0/{file}": _text(own) for file, own in texts.items()}
    )
    found = [*header_problems(sdist.texts["demo-1.0/PKG-INFO"], sdist.pkg_info), *field_problems(sdist.pkg_info)]
    for own in (references, built_manifests, orphans, unlocked, unused, locks, missing_targets):
        tuple(own(sdist))
    named = tuple(named_files(sdist.pyproject))
    is_toml = all(sdist.cargo.documents.values()) and bool(sdist.pyproject)
    return Read(bool(named or sdist.cargo.documents), bool(found) or not is_toml)


def read_sources(texts: Texts, _: Path) -> Read:
    """Read what sources take and name."""
    budget = LexemeBudget()
    seen: list[object] = [taken(path, own, budget) for path, own in texts.items()]
    python, rst = _text(texts["demo.py"]), _text(texts["README.rst"])
    seen += extension_sources(_text(texts["setup.py"]))
    seen += [
        *imports_of_script(_text(texts["setup.py"])),
        *imports_of_module("demo/__init__.py", python),
        *imports_of_module("demo/a/b.py", python),
    ]
    absent = lacking(python, ("main", "Thing.run", "absent"))
    return Read(bool(seen), bool(absent) or any(problems(rst)))


def read_config(content: bytes, folder: Path) -> Read:
    """Read a configuration."""
    path = folder / "wheelcheck.toml"
    path.write_bytes(content)
    try:
        load(path)
    except ConfigError:
        return Read(is_reached=True, is_faulty=True)
    return Read(is_reached=True, is_faulty=False)


def _text(own: bytes) -> str:
    return own.decode("utf-8", "surrogateescape")


def elf(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed ELF files, or (bad) one that ends early."""
    return _cut(native.library(), words) if is_bad else _changed(native_inputs.elf_files, words)


def macho(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed Mach-O files, or (bad) one that ends early."""
    return _cut(native.mac("x86_64"), words) if is_bad else _changed(native_inputs.macho_files, words)


def pe(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed PE files, or (bad) one that ends early."""
    return _cut(native.windows("x86_64"), words) if is_bad else _changed(native_inputs.pe_files, words)


def _cut(content: bytes, words: Random) -> Pieces:
    at = words.randrange(100, len(content) // 4)
    return Pieces((content[:at],), (f"cut at {at:#x}",), is_bad=True)


def _changed(files: Callable[[Random], tuple[str, list[tuple[bytes, str]]]], words: Random) -> Pieces:
    changed = [*files(words)[1], *files(words)[1]]
    return Pieces(tuple(content for content, _ in changed), tuple(done for _, done in changed))


def zips(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed wheels, or (bad) one that ends early."""
    return _several(lambda: archive_inputs.a_zip(words, is_bad=is_bad), is_bad=is_bad)


def tars(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed sdists, or (bad) one that ends early."""
    return _several(lambda: archive_inputs.a_tar(words, is_bad=is_bad), is_bad=is_bad)


def _several(make: Callable[[], Made], *, is_bad: bool) -> Pieces:
    made = [make() for _ in range(1 if is_bad else PER_INPUT)]
    return Pieces(tuple(made), tuple(each.done for each in made), is_bad)


def dist_infos(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed metadata of wheels, or (bad) a RECORD whose rows have two columns."""
    if is_bad:
        texts = {**text_inputs.DIST_INFO, "RECORD": "demo/__init__.py,\n"}
        return Pieces(({name: own.encode() for name, own in texts.items()},), ("two columns",), is_bad=True)
    return pieces_of_texts(words, {**text_inputs.DIST_INFO, "RECORD": RECORD}, text_inputs.changed)


def manifests(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed manifests of sdists, or (bad) a pyproject.toml that is no TOML."""
    if is_bad:
        texts = {**text_inputs.MANIFESTS, "pyproject.toml": "[project\n"}
        return Pieces(({name: own.encode() for name, own in texts.items()},), ("no TOML",), is_bad=True)
    return pieces_of_texts(words, text_inputs.MANIFESTS, text_inputs.changed)


def sources(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed sources in Python, C, Cython, Rust and reStructuredText, or (bad) a module that lacks a name."""
    if is_bad:
        texts = {**source_texts.TEXTS, "demo.py": "x = 1\n"}
        return Pieces(({name: own.encode() for name, own in texts.items()},), ("no main",), is_bad=True)
    return pieces_of_texts(
        words, {**source_texts.TEXTS, "demo.py": f"absent = 1\n{source_texts.PYTHON}"}, _changed_sources
    )


def configs(words: Random, *, is_bad: bool) -> Pieces:
    """Return changed configurations, or (bad) one with an unknown key."""
    if is_bad:
        return Pieces((b"pyhton = ['cp311']\n",), ("an unknown key",), is_bad=True)
    made = [text_inputs.configuration(words) for _ in range(PER_INPUT)]
    return Pieces(tuple(encoded(own, words) for own in made), tuple(f"{len(own)} characters" for own in made))


def _changed_sources(texts: dict[str, str], words: Random) -> list[str]:
    done = []
    for _ in range(words.choice((1, 2, 4, 8))):
        name = words.choice(sorted(texts))
        texts[name] = text(texts[name], source_texts.TOKENS, words)
        done.append(name)
    return done


def _record() -> str:
    rows: Rows = [record_row(f"demo/{name}.py", name.encode()) for name in ("a", "b", "c d", 'e"f')]
    rows += [("demo-1.0.dist-info/RECORD", "", ""), ("demo/x.py", "sha512=" + "A" * 86, "1")]
    quoted = ([f'"{path.replace(chr(34), chr(34) * 2)}"', hash_, size] for path, hash_, size in rows)
    return "".join(f"{','.join(row)}\n" for row in quoted)


RECORD = _record()
READ: dict[str, Callable[[Any, Path], Read]] = {
    "elf": read_native, "macho": read_native, "pe": read_native, "zip": read_archive, "tar": read_archive,
    "wheel": read_dist_info, "sdist": read_manifests, "sources": read_sources, "config": read_config,
    "nested": nested_inputs.read_nest, "objects": read_native, **outside.READ,
}  # fmt: skip
MAKERS: dict[str, Callable[..., Pieces]] = {
    "elf": elf, "macho": macho, "pe": pe, "zip": zips, "tar": tars,
    "wheel": dist_infos, "sdist": manifests, "sources": sources, "config": configs,
    "nested": nested_inputs.nests, "objects": nested_inputs.objects, **outside.MAKERS,
}  # fmt: skip
