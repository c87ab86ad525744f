"""WC435 to WC438 and WC440: an extension module has what interpreters import, and takes what all promised ones have."""

from __future__ import annotations

import re
from collections import defaultdict

from wheelcheck.counting import dotted
from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, without_known_cpu, without_readable_tags
from wheelcheck.facts.interpreter import (
    HOOKS,
    STABLE,
    Version,
    init_functions,
    is_admitted,
    makes_module,
    names_no_minor,
    oldest_promised,
    promised_versions,
    taken,
)
from wheelcheck.facts.leftovers import Carried
from wheelcheck.patterns import regex
from wheelcheck.platforms.hints import is_test_data
from wheelcheck.platforms.paths import parts_of
from wheelcheck.platforms.suffixes import module_of, parse_module_name
from wheelcheck.rules import Hit, listed, rule
from wheelcheck.rules.linux import not_provided
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Member
    from wheelcheck.platforms.python_symbols import Span
    from wheelcheck.platforms.tags import Platform

_NEVER = (9,)  # a version newer than all
_SHOWN = 3  # names in a message
_IMPORT = regex(r"^[ \t]*(?:from[ \t][^\n]*?)?\bimport\b(?:[ \t]*\([^)]*|[^\n]*)", re.MULTILINE)
_WORD = regex(r"\w+")


@rule("WC435", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def every_extension_module_exports_its_init_function(wheel: Wheel) -> Iterator[Hit]:
    """An extension module exports `PyInit_NAME` or `PyModExport_NAME` for the name of its file.

    The interpreter makes the name of the function from that of the file. Where the function is missing, the import ends
    in "dynamic module does not define module export function (PyInit__core)". Usual reasons: the crate's `lib.name` or
    the `#[pymodule]` function is called otherwise than the file, a file was renamed, or the function is hidden. For a
    name beyond ASCII the function is `PyInitU_` with the name in punycode; `demo/__init__.abi3.so` is the module demo.

    Only a file whose name an interpreter looks for is judged, and only if it offers another module's function or takes
    one of the interpreter's that makes or fills a module. Files named like a module that do neither are loaded
    otherwise: through ctypes or cffi (pycryptodome has forty), or by a debugger (memray's `_inject`). Those that other
    files of the wheel link to are libraries.

    It is a warning for what may be loaded in another way than by `import`:

    - a file with the functions of several other modules, which may have a loader of its own;
    - one that needs a library from outside of the wheel, whose package may load it (PyTorch's operators);
    - one that is named as a library and loaded by its path (torchcodec's `libtorchcodec_pybind_ops.pyd`, which is the
      module core_pybind_ops). But `libcore.pyd` with `PyInit_core` is an error: its build put the prefix of libraries
      before the module's name;
    - one without any module's function that offers others and is not imported by the package, such as pybullet's
      eglRenderer, a plugin.

    Source: PEP 489 and 793; CPython's `Python/importdl.c`.
    Remedy: give file and function one name (`[lib] name` and `#[pymodule]` in Rust, `PYBIND11_MODULE(NAME, m)`), and
    export the function (`PyMODINIT_FUNC`).
    """
    linked_to = {name for member in wheel.natives for slice_ in member.slices for name in slice_.needed}
    carried, seen = Carried(wheel), set[str]()
    imported: frozenset[str] | None = None
    for member, slice_, platform in native_code(wheel):
        module = _imported_as(member.path)
        is_judged = module and slice_.symbols_known and slice_.kind == "library" and not slice_.managed
        if not is_judged or member.path in seen or _is_importable(slice_, module, wheel):
            continue
        seen.add(member.path)
        others = [name for hook in HOOKS for name in slice_.exports.beginning_with(hook)]
        is_linked = not linked_to.isdisjoint({member.path.rpartition("/")[2], slice_.soname} - {""})
        if (others or makes_module(slice_)) and not is_linked:
            is_loaded_otherwise = len(others) > 1 or _is_named_as_library(module, others)
            is_loaded_otherwise = is_loaded_otherwise or _needs_other_packages(slice_, platform, carried)
            if not others and _offers_functions(slice_):
                imported = _imported_words(wheel) if imported is None else imported
                is_loaded_otherwise = is_loaded_otherwise or module not in imported
            found = f"exports {listed(sorted(others), _SHOWN)}, expected" if others else "exports no"
            message = f"{found} {init_functions(module)[0]}: the import of {module} fails"
            yield Hit(member.path, message, severity="warning" if is_loaded_otherwise else None)


def _imported_as(path: str) -> str:
    """Return the name under which a file is imported, without its package: `__init__` is the package itself."""
    module = module_of(path)
    return parts_of(path)[-2] if module == "__init__" and "/" in path else module


def _is_importable(slice_: Slice, module: str, wheel: Wheel) -> bool:
    """Return whether code offers a function by which the interpreters of the tags import it."""
    is_old = any(tag.python.startswith(("cp2", "py2", "pp2")) for tag in wheel.name.tags)
    return any(name in slice_.exports for name in (*init_functions(module), *([f"init{module}"] if is_old else [])))


def _is_named_as_library(module: str, offered: Iterable[str]) -> bool:
    """Return whether a file has a library's name and another module's functions, and not by a prefix alone."""
    functions = init_functions(module.removeprefix("lib"))
    return module.startswith("lib") and any(offered) and not any(name in functions for name in offered)


def _offers_functions(slice_: Slice) -> bool:
    """Return whether code offers functions of its own, by names of C."""
    return any(not name.startswith("_") for name in slice_.exports.beginning_with(""))


def _imported_words(wheel: Wheel) -> frozenset[str]:
    """Return every word of the import statements in the sources that are read."""
    sources = (text for path, text in wheel.texts.items() if path.endswith(".py"))
    statements = (found[0] for text in sources for found in _IMPORT.finditer(text))
    return frozenset(word for statement in statements for word in _WORD.findall(statement))


def _needs_other_packages(slice_: Slice, platform: Platform, carried: Carried) -> bool:
    """Return whether code needs a library that neither the wheel nor the system of the tag has."""
    loose = (name.rpartition("/")[2] for name in slice_.needed if name.startswith("@rpath/"))
    return bool(not_provided(slice_, platform, carried)) or any(name not in carried.beside(slice_) for name in loose)


@rule("WC436", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def a_module_of_the_stable_abi_takes_only_that_from_the_interpreter(wheel: Wheel) -> Iterator[Hit]:
    """Code under an abi3 tag uses nothing of CPython but its stable ABI, and of that nothing newer than the tag.

    The tag cp39-abi3 promises that one file runs on 3.9 and on every later version. A name outside of the stable ABI
    may be missing from any of them: CPython renames and removes private functions in every release. A newer name is
    missing from the oldest ones. The import ends in "undefined symbol". A build without Py_LIMITED_API makes such a
    module, and only its file name says abi3.

    Judged are the names that begin with Py or _Py and that no other file of the wheel offers. Where a library from
    outside of the wheel may offer them, only those are judged that are CPython's by their first word (`PyUnicode_…`). A
    weak reference is left out, because the code can ask whether the function is there. If Requires-Python excludes the
    versions that lack a newer name, nobody is harmed; that is a warning.

    Source: PEP 384 and 803; CPython's Misc/stable_abi.toml, as abi3info publishes it.
    Remedy: compile with Py_LIMITED_API=0x03090000 (pyo3: the feature `abi3-py39`), or tag the wheel for one version.
    """
    if not (code := list(_stable_code(wheel))):
        return
    from wheelcheck.platforms.stable_abi import added_in, is_of_cpython  # noqa: PLC0415  # for few wheels

    floor, carried = oldest_promised(wheel), Carried(wheel)
    suspects = [
        (member, slice_, platform, found)
        for member, slice_, platform in code
        if (found := {name for name in taken(slice_) if added_in().get(name, _NEVER) > floor})
    ]
    offered = wheel.exported({name for *_, found in suspects for name in found})
    for member, slice_, platform, found in suspects:
        is_open = _needs_other_packages(slice_, platform, carried)
        names = {name for name in found - offered if not is_open or is_of_cpython(name)}
        yield from _outside_of_the_abi(member, names, wheel, floor)


def _stable_code(wheel: Wheel) -> Iterator[tuple[Member, Slice, Platform]]:
    """Yield each library that every version from the tag's on is to load, once."""
    seen = set[tuple[str, str]]()
    for member, slice_, platform in native_code(wheel):
        place = (member.path, slice_.machine)
        if place not in seen and slice_.kind == "library" and _is_for_all_versions(member.path, wheel):
            seen.add(place)
            yield member, slice_, platform


def _is_for_all_versions(path: str, wheel: Wheel) -> bool:
    """Return whether the tags, or the name alone where the ABI tag is `none`, promise the stable ABI."""
    if name := parse_module_name(path):
        return name.is_stable
    abis = {tag.abi for tag in wheel.name.tags}
    return abis <= STABLE or ("none" in abis and path.endswith((".abi3.so", ".abi3t.so")))


def _outside_of_the_abi(member: Member, names: set[str], wheel: Wheel, floor: Version) -> Iterator[Hit]:
    from wheelcheck.platforms.stable_abi import added_in  # noqa: PLC0415  # as above

    newer = {name: added_in()[name] for name in names if name in added_in()}
    if private := names - newer.keys():
        yield Hit(
            member.path, f"takes {listed(sorted(private), _SHOWN)} from CPython, which the stable ABI does not have"
        )
    if newer:
        least = max(newer.values())
        words = listed(sorted(f"{name} (since {dotted(version)})" for name, version in newer.items()), _SHOWN)
        found = f"takes {words} from CPython, expected nothing newer than {dotted(floor)} for the tags"
        is_excluded = not is_admitted(wheel, [(3, minor) for minor in range(floor[1], least[1])])
        yield Hit(member.path, found, severity="warning" if is_excluded else None)


@rule("WC440", on=Wheel, needs=without_known_cpu)
def a_module_takes_only_what_its_version_of_the_interpreter_has(wheel: Wheel) -> Iterator[Hit]:
    """A module for one version of CPython takes nothing that this version no longer has, or not yet.

    `PyUnicode_AsUnicode` was removed in 3.12. C code that still calls it compiles all the same, with a warning about an
    implicit declaration, and the import ends in "undefined symbol", "symbol not found in flat namespace", or on Windows
    "The specified procedure could not be found". The same happens to a module that was renamed for another version.

    Judged is what the name of the file, or the one tag of the wheel, gives to a single version. Names that no version
    had are WC421's matter, and modules of the stable ABI are WC436's. Weak references are left out, and so is what
    another file of the wheel offers. Of private names only those are judged that are gone.

    Source: what CPython 3.6 to 3.13 export; "What's New in Python", Removed.
    Remedy: use what the documentation of the removed function names instead; compile with
    `-Werror=implicit-function-declaration`.
    """
    suspects = {
        (member.path, minor, name): span
        for member, slice_, _ in native_code(wheel)
        if (minor := _only_minor(member.path, wheel))
        for name, span in _taken_outside(slice_, minor)
    }
    offered = wheel.exported({name for _, _, name in suspects})
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for (path, minor, name), span in sorted(suspects.items()):
        if name not in offered:
            found[path, minor].append(f"{name} ({span})")
    for (path, minor), names in found.items():
        yield Hit(path, f"takes {listed(names, _SHOWN)} from CPython, which 3.{minor} does not have")


def _taken_outside(slice_: Slice, minor: int) -> Iterator[tuple[str, Span]]:
    """Yield the names that code takes and that Python 3.`minor` does not have, with the versions that have them."""
    from wheelcheck.platforms.python_symbols import changing, span_outside  # noqa: PLC0415  # not for other code

    names = changing().intersection([symbol.name for symbol in slice_.imports])
    outside = {name: span for name in names if (span := span_outside(name, minor))}
    for name in taken(slice_) if outside else ():
        if name in outside:
            yield name, outside[name]


def _only_minor(path: str, wheel: Wheel) -> int:
    """Return the minor version of CPython 3 that alone is to load a file; 0 if there are several or none is named."""
    name = parse_module_name(path)
    tags = {tag.python for tag in wheel.name.tags if tag.abi not in (*STABLE, "none")}
    own = {name.interpreter} if name and name.style else tags if len(tags) == len(wheel.name.tags) else set[str]()
    word = own.pop() if len(own) == 1 and not (name and name.is_stable) else ""
    return int(word[3:]) if re.fullmatch(r"cp3[0-9]{1,3}", word) else 0


@rule("WC437", on=Wheel, needs=without_readable_tags)
def a_module_for_one_interpreter_has_a_tag_for_it(wheel: Wheel) -> Iterator[Hit]:
    """A wheel for every Python 3 holds no extension module for a single version of it.

    With the tags py3-none a wheel with `_core.cpython-311-x86_64-linux-gnu.so` installs on 3.12 as well, and there the
    import ends in "No module named 'pkg._core'". Build backends choose the ABI tag `none` when they are not told that a
    package has extension modules. amqp10-codec 0.1.7 is such a wheel.

    Modules for several versions beside each other are meant so, and so is one beside a Python file of its name, which
    other versions import in its place. A file with the name of a module that neither has an init function nor uses the
    interpreter is loaded through ctypes or cffi. One for a single platform in a wheel for any is not needed on the
    others, nor by other versions (debugpy). A module under the tag of another version is WC306's matter.

    Source: PEP 425 and 3149.
    Remedy: let the build backend infer the tag (hatchling: `infer_tag = True`; poetry-core: a build script; `wheel tags
    --python-tag cp311 --abi-tag cp311`), or build for the stable ABI.
    """
    if any(tag.abi != "none" or not tag.python.startswith("py") for tag in wheel.name.tags):
        return
    modules = [(member, name) for member in wheel.natives if member.linked and (name := parse_module_name(member.path))]
    versions, machines = defaultdict(set), defaultdict(set)
    for member, name in modules:
        versions[_stem(member.path)].add(name.interpreter)
        machines[_stem(member.path)].add(name.platform)
    is_for_any = all(platform.is_any for platform in wheel.platforms)
    sources = {member.path for member in wheel.members}
    for member, name in modules:
        stem = _stem(member.path)
        is_optional = is_for_any and name.platform and len(machines[stem]) == 1
        is_alone = len(versions[stem]) == 1 and not name.is_stable and f"{stem}.py" not in sources
        if (
            is_alone
            and not is_optional
            and not is_test_data(member.path)
            and any(_is_imported(slice_) for slice_ in member.slices)
        ):
            tags = ".".join(sorted({tag.python for tag in wheel.name.tags}))
            found = f"only {name.interpreter} imports it, but a wheel for {tags}-none is installed by others too"
            yield Hit(member.path, found)


def _stem(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/{module_of(name)}"


def _is_imported(slice_: Slice) -> bool:
    """Return whether code offers an init function or uses the interpreter."""
    return any(slice_.exports.beginning_with(hook) for hook in HOOKS) or any(taken(slice_))


@rule("WC438", on=Wheel, severity=("error", "warning"), needs=without_readable_tags)
def requires_python_admits_the_interpreters_of_the_tags(wheel: Wheel) -> Iterator[Hit]:
    """Requires-Python admits a Python of every tag.

    Installers look at both. A wheel for cp39 that requires `>=3.10` is never installed by anybody: an error if it is so
    for every tag, a warning if some tags are left. Tags for any version of Python 3, and those of the stable ABI, which
    name the oldest of many, are sound as long as one later version is admitted: `py3` with `>=3.12`, but not with `<3`.
    `py2` beside `py3` is a habit and not reported.

    Source: core metadata specification (PyPA), Requires-Python; PEP 425.
    Remedy: do not build for versions that `requires-python` excludes, or correct `requires-python`.
    """
    promises = {tag: promised_versions(tag) for tag in wheel.name.tags}
    excluded = sorted(
        {
            f"{tag.python}-{tag.abi}"
            for tag, versions in promises.items()
            if versions and not is_admitted(wheel, versions)
        }
    )
    kept = {f"{tag.python}-{tag.abi}" for tag in promises} - set(excluded)
    if kept:  # `py2` of `py2.py3` is a habit that excludes nobody
        excluded = sorted(set(excluded) - {f"{tag.python}-{tag.abi}" for tag in promises if names_no_minor(tag)})
    if excluded:
        wanted = wheel.dist_info.metadata.get("Requires-Python", "")
        message = f"found Requires-Python {str(wanted)!r}, which excludes {', '.join(excluded)}"
        yield Hit(f"{wheel.dist_info.folder}/METADATA", message, severity="warning" if kept else None)
