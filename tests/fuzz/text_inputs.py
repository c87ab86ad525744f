"""Inputs of the sessions `wheel`, `sdist` and `config`: changed metadata, manifests and configuration."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tests.fuzz.made import HOSTILE, Made, encoded, text
from tests.support import native
from tests.support.artifacts import File, Rows, a_wheel, an_sdist, tarred, zipped
from wheelcheck.config.fields import SETTINGS
from wheelcheck.platforms.arch import ARCHES
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from random import Random

METADATA = """Metadata-Version: 2.4
Name: demo
Version: 1.0
Summary: a demonstration
Requires-Python: >=3.9
Requires-Dist: numpy>=1.20; python_version < "3.13" and extra == "fast"
Provides-Extra: fast
License-Expression: MIT
License-File: LICENSE
Classifier: Programming Language :: Python :: 3
Project-URL: Source, https://example.org/demo
Description-Content-Type: text/markdown; charset=UTF-8

# Demo

Text.
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ENTRY_POINTS = "[console_scripts]\ndemo = demo:main\ndemo-two = demo.sub:main [fast]\n\n[demo.plugins]\none = demo\n"
PYPROJECT = """[build-system]
requires = ["setuptools>=77", "wheel"]
build-backend = "setuptools.build_meta"
backend-path = ["."]

[project]
name = "demo"
version = "1.0"
license = "MIT"
dynamic = ["readme"]
requires-python = ">=3.9"
dependencies = ["numpy>=1.20"]

[tool.maturin]
manifest-path = "rust/Cargo.toml"
"""
CARGO = """[package]
name = "demo"
version = "1.0.0"
edition = "2021"

[workspace]
members = [".", "crates/*"]
exclude = ["crates/old"]

[dependencies]
inner = { path = "crates/inner", version = "1" }
serde = "1"

[patch.crates-io]
serde = { path = "vendor/serde" }
"""
LOCK = 'version = 3\n\n[[package]]\nname = "demo"\nversion = "1.0.0"\ndependencies = ["inner"]\n'
CONFIG = """python = ["cp311", "cp310-abi3"]
architectures = ["x86_64"]
glibc = "2.17"
sdist = true
strict = false

[[wheels]]
python = ["py3-none"]
platforms = ["any"]

[[payload]]
name = "tool"
kind = "executable"
path = "demo/bin/tool"

[[ignore]]
code = "WC401"
path = "demo/*"
reason = "known"

[[severity]]
code = "WC412"
level = "error"
reason = "strict here"
"""
DIST_INFO = {"METADATA": METADATA, "WHEEL": WHEEL, "entry_points.txt": ENTRY_POINTS}
MANIFESTS = {"PKG-INFO": METADATA, "pyproject.toml": PYPROJECT, "rust/Cargo.toml": CARGO, "rust/Cargo.lock": LOCK,
             "rust/crates/inner/Cargo.toml": '[package]\nname = "inner"\nversion = "1.0.0"\n'}  # fmt: skip
TOKENS = (
    "Name: demo", "Version: 1.0", "Tag: cp311-cp311-linux_x86_64", "Requires-Dist: ", "; extra == 'x'", ">=3.",
    "==*", "~=", "@ file:///x", "Metadata-Version: 9.9", "License-File: ../x", "Root-Is-Purelib: false",
    "[console_scripts]", "[DEFAULT]", "x = y:z", "[gui_scripts]", "sha256=", "sha512=AAAA", ",,", '""',
    "demo/../x,,", "md5=x,1", "Dynamic: Version", "Classifier: x", "text/x-rst", "Äpfel", "9" * 5000,
)  # fmt: skip
TOML_TOKENS = (
    "[x]", "[[x]]", "a.b.c = 1", "a." * 200 + "b = 1", "x = [" + "[" * 90, "x = {a = {b = 1}}", "1979-05-27", "inf",
    "0x10", "true", "path = ", '"../x"', '"*"', '"crates/**"', "workspace = true", "[workspace]",
    "[target.'cfg(unix)'.dependencies]", "[project]", "name = 1", "9" * 5000, '"""', "'''", "\\u0000", "[package]",
    "members = []", '"WC999"', '"error"', '"cp399"', "'2.99'", "[[payload]]", "evidence = 1",
)  # fmt: skip
MEMBERS = (
    "demo/x.py", "demo-1.0.data/scripts/run", "demo-1.0.data/purelib/demo/__init__.py", "demo-1.0.data/x/y",
    "other-1.0.data/scripts/a", "demo-1.0.dist-info/licenses/COPYING", "demo-1.0.dist-info/RECORD.jws",
    "demo-1.0.DIST-INFO/METADATA", "tests/test_x.py", "demo-1.0.dist-info/direct_url.json",
    "demo-1.0.dist-info/sboms/x.json", "demo/_x.cpython-311-x86_64-linux-gnu.so", "demo.pth",
)  # fmt: skip
TAGS = (
    "py3-none-any", "cp311-cp311-manylinux_2_17_x86_64", "cp310-abi3-win_amd64", "py2.py3-none-any",
    "cp313-cp313t-musllinux_1_2_aarch64", "cp399-none-any", "cp311-cp311-linux_x86_64",
    "py3-none-macosx_11_0_universal2", "cp38.cp39-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64",
)  # fmt: skip


def changed(texts: dict[str, str], words: Random) -> list[str]:
    """Change some of these texts, by their names, in place; return the names."""
    done = []
    for _ in range(words.choice((1, 1, 2, 4))):
        name = words.choice(sorted(texts))
        tokens = TOML_TOKENS if name.endswith((".toml", ".lock")) else TOKENS
        texts[name] = text(texts[name], tokens, words)
        done.append(name)
    return done


def wheel(words: Random, *, is_bad: bool) -> Made:
    """Return a wheel with changed METADATA, WHEEL, RECORD, entry points, members or tags, or (bad) a false hash."""
    texts = dict(DIST_INFO)
    done = [] if is_bad else changed(texts, words)
    files = [File("demo/__init__.py", b"def main(): pass\n"), File("demo/sub.py", b"def main(): pass\n")]
    contents = (b"", b"x\n", b"\x7fELF", b"#!/bin/sh\n")
    files += [File(name, words.choice(contents)) for name in words.sample(MEMBERS, words.choice((0, 0, 1, 3)))]
    tags = words.choice(TAGS) if words.random() < 0.2 and not is_bad else "py3-none-any"
    spoils = words.random() < 0.4

    def record(rows: Rows) -> Rows:
        if is_bad:
            return [(path, hash_ and "sha256=" + "A" * 43, size) for path, hash_, size in rows]
        return _changed_rows(rows, words) if spoils else rows

    sealed = {name: encoded(own, words) if not is_bad else own.encode() for name, own in texts.items()}
    license_file = File("demo-1.0.dist-info/licenses/LICENSE", b"MIT\n")
    made = a_wheel(tags, *files, license_file, dist_info=dict(sealed), record=record)
    return Made(made.file_name, made.content, ", ".join([*done, tags]), is_bad)


def _changed_rows(rows: Rows, words: Random) -> Rows:
    found = list(rows)
    at = words.randrange(len(found))
    row = list(found[at])
    row[words.randrange(3)] = words.choice((*HOSTILE[:-1], "sha384=x", "sha256=", "9" * 5000, "x" * 3000))
    found[at] = (row[0], row[1], row[2])
    if words.random() < 0.3:
        found += found * words.choice((1, 200))
    return found


def sdist(words: Random, *, is_bad: bool) -> Made:
    """Return an sdist with changed PKG-INFO, manifests or nested archives, or (bad) with a compiled module."""
    texts = dict(MANIFESTS)
    done = [] if is_bad else changed(texts, words)
    files = [File(name, encoded(own, words) if not is_bad else own.encode()) for name, own in texts.items()]
    files += [File("rust/src/lib.rs", b"\n"), File("rust/crates/inner/src/lib.rs", b"\n"), File("LICENSE", b"MIT\n")]
    if is_bad:
        files.append(File("demo/_x.cpython-311-x86_64-linux-gnu.so", native.library()))
    elif words.random() < 0.2:
        pack = words.choice((zipped, tarred))
        files.append(
            File(
                words.choice(("vendor.zip", "vendor.tar.gz")),
                pack(File("a/b", native.library()[: words.randrange(9000)])),
            )
        )
    made = an_sdist(*files)
    return Made(made.file_name, made.content, ", ".join(done), is_bad)


def config(words: Random, *, is_bad: bool) -> Made:
    """Return a sound wheel under a changed configuration, or (bad) one that expects other wheels."""
    made = _only_wheel()
    own = 'python = ["cp311"]\narchitectures = ["x86_64"]\nglibc = "2.17"\n' if is_bad else configuration(words)
    content = own.encode() if is_bad else encoded(own, words)
    return Made(*made, f"{len(own)} characters", is_bad, content)


@cache
def _only_wheel() -> tuple[str, bytes]:
    recipe = a_wheel("py3-none-any", File("demo/__init__.py", b"\n"))
    return recipe.file_name, recipe.content


def configuration(words: Random) -> str:
    """Return a changed configuration."""
    own = CONFIG
    for _ in range(words.choice((1, 1, 2, 4))):
        how = words.random()
        if how < 0.5:
            own = f"{_plausible(words)}{own if words.random() < 0.2 else ''}"
        elif how < 0.7:
            own = f"{words.choice([field.key for field in SETTINGS.fields])} = {words.choice(VALUES)}\n{own}"
        else:
            own = text(own, TOML_TOKENS, words)
    return own


def _plausible(words: Random) -> str:
    """Return a configuration that can be read."""
    cpus = words.sample([row.name for row in ARCHES], words.randrange(4))
    codes = _codes()
    reasons = [f'reason = "{words.choice(("known", "x" * 300, "<b>", "::error::"))}"' for _ in range(2)]
    level = words.choice(("error", "warning", "note"))
    return (
        f"architectures = {cpus}\npython = {words.choice((['cp311'], ['cp310-abi3', 'cp313-cp313t'], []))}\n"
        f"glibc = '2.{words.randrange(5, 50)}'\nstrict = {words.choice(('true', 'false'))}\n"
        f"[[wheels]]\npython = ['py3-none']\nplatforms = ['{words.choice(('any', 'win_amd64'))}']\n"
        f"[[ignore]]\ncode = '{words.choice(codes)}'\n{reasons[0]}\npath = '{words.choice(('*', 'demo/*', '['))}'\n"
        f"[[severity]]\ncode = '{words.choice(codes)}'\n{reasons[1]}\nlevel = '{level}'\n"
    )


@cache
def _codes() -> tuple[str, ...]:
    return tuple(rule.code for rule in all_rules())


VALUES = (
    "0", "-1", "1e9", "9" * 500, "true", '""', '"x"', "[]", '[""]', '["a", "a"]', "{}", "{ a = 1 }", "[{}]", "[[]]",
    "1979-05-27", "inf", "nan", '["cp311"]', '"2.17"', '"2.100"', '["*"]', '"(((((((((("', '"(a+)+$"', "'\\'",
)  # fmt: skip
