"""What setuptools builds: ext-modules of pyproject.toml, setup.py read as text, CFFI and setuptools-rust."""

from __future__ import annotations

import ast
import re

from wheelcheck.config import Payload
from wheelcheck.facts import toml
from wheelcheck.init import commands, package
from wheelcheck.init.compiled import Compiled, stable
from wheelcheck.init.crates import BINDINGS, Workspace, stable_since
from wheelcheck.init.project import UnknownError
from wheelcheck.init.setup_script import called, constant, keyword
from wheelcheck.patterns import regex
from wheelcheck.records import replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wheelcheck.init.project import Project
    from wheelcheck.init.setup_script import Script

_EXTENSIONS = ("Extension", "Pybind11Extension", "CythonExtension", "CMakeExtension", "cythonize", "mypycify")
_RUST = ("RustExtension", "RustBin")
# What setup() may be given without changing what is compiled; the rest of its arguments is not ours to guess.
_HARMLESS = frozenset({
    "name", "version", "description", "long_description", "long_description_content_type", "author", "author_email",
    "maintainer", "maintainer_email", "url", "download_url", "project_urls", "license", "license_file",
    "license_files", "license_expression", "keywords", "classifiers", "platforms", "python_requires",
    "install_requires", "extras_require", "setup_requires", "tests_require", "test_suite", "dependency_links",
    "packages", "package_dir", "package_data", "include_package_data", "exclude_package_data", "py_modules",
    "namespace_packages", "entry_points", "scripts", "data_files", "zip_safe", "provides", "obsoletes", "requires",
    "use_scm_version", "test_loader", "command_options", "include_dirs",
})  # fmt: skip
_READ = frozenset({"ext_modules", "rust_extensions", "cffi_modules", "cmdclass", "options", "ext_package"})
# What an extension module may depend on without being part of every Linux wheel: the user, or the system.
_CHOSEN = regex(r"environ|getenv|argv|sys\.platform|os\.name|platform\.(system|machine|uname|platform)\b")
_FIX = "write [tool.wheelcheck] yourself"


def compiled(project: Project) -> Compiled:
    """Return what setuptools compiles. Raises UnknownError where the text of setup.py does not say it."""
    tables = toml.tables(project.tool("setuptools"), "ext-modules")
    rust = project.tool("setuptools-rust")
    script = project.script
    if script:
        _require_readable(script)
    commands.require_known(project)
    limits = [bool(table.get("py-limited-api")) for table in tables]
    modules = [str(table.get("name", "")) for table in tables]
    if script:
        limits += _extensions(script)
        modules += _named(script, _EXTENSIONS)
    bins = [{**one, "binding": "Exec"} for one in toml.tables(rust, "bins")]
    if crates := [*toml.tables(rust, "ext-modules"), *bins] or (script and _rust(script)):
        return _with_rust(project, crates, limits, modules)
    if not limits and not (script and _cffi(script)):
        return Compiled()
    return _tagged(project, limits or [bool(_tag(project))], modules)  # CFFI follows the tag


def _tagged(project: Project, limits: Iterable[bool], modules: Iterable[str]) -> Compiled:
    """Return the tags for extension modules of which `limits` says which are for the stable ABI."""
    module = next((package.importable(project, name) for name in modules if name), "")
    tag = _tag(project)
    kinds = set(limits)
    if project.script and (own := commands.own_tag(project.script)):
        raise project.unknown(f"which wheels to build: bdist_wheel of setup.py tags them all {own}", _FIX)
    if tag and kinds == {True}:
        return Compiled(python=stable(int(tag.removeprefix("cp3"))), module=module)
    if kinds == {False} and not tag:
        return Compiled(python=project.pythons, needs_each_python=True, module=module)
    if tag:
        what = f"which wheels to build: they are tagged {tag}-abi3, but not every extension module has py_limited_api"
        raise project.unknown(what, "set py_limited_api for each of them")
    if len(kinds) > 1:
        raise project.unknown("which wheels to build: only some extension modules have py_limited_api", _FIX)
    what = "which Python the wheels are for: the extension modules are for the stable ABI, and no tag says since when"
    raise project.unknown(what, 'set tool.distutils.bdist_wheel.py-limited-api = "cp310", or the version that is meant')


def _with_rust(project: Project, crates: list[dict[str, object]], limits: list[bool], modules: list[str]) -> Compiled:
    """Return what setuptools-rust builds. `crates` are its tables, or the same read from setup.py."""
    bindings = {str(one.get("binding", "PyO3")).removeprefix("Binding.") for one in crates}
    if bindings == {"Exec"} and not limits:
        return _programs(project, crates)
    if bindings & {"Exec", "NoBinding"}:
        raise project.unknown("where setuptools-rust puts a library or program that is no extension module", _FIX)
    auto = "auto"
    limited = {one.get("py-limited-api", auto) for one in crates}
    found = [_stable_since(project, one) for one in crates]
    targets = [*modules, *(str(one.get("target", "")) for one in crates)]
    tag = _tag(project)
    if limited <= {auto} and not tag and any(found):
        since = max(one for one in found if one)
        settings = (("--build-option", f"--py-limited-api=cp3{since}"),)
        module = next((package.importable(project, name) for name in targets if name), "")
        if limits:
            raise project.unknown("which wheels to build: only the crates are for the stable ABI", _FIX)
        return Compiled(python=stable(since), rust=True, module=module, settings=settings)
    is_limited = [bool(tag) if one == auto else bool(one) for one in limited]
    return replace(_tagged(project, [*limits, *is_limited], targets), rust=True)


def _programs(project: Project, crates: list[dict[str, object]]) -> Compiled:
    """Return programs of setuptools-rust, which it puts into the scripts folder of a wheel for one Python.

    Raises UnknownError unless a bdist_wheel of the project's own tags that wheel for any Python.
    """
    script = project.script
    tag = commands.own_tag(script) if script else ""
    if tag != "py3-none":
        what = "how the wheels are tagged: setuptools tags wheels with programs for one Python"
        raise project.unknown(what, "replace bdist_wheel, so that its get_tag() says py3-none, or let maturin build it")
    names = [str(one.get("target", "")) for one in crates]
    payload = tuple(Payload(name, "executable", f".data/scripts/{name}", from_backend=True) for name in names)
    folders = package.folders(project)
    return Compiled(payload=payload, rust=True, module=next(iter(folders)) if len(folders) == 1 else "")


def _stable_since(project: Project, entry: dict[str, object]) -> int | None:
    """Return since which Python the crate of an entry is for the stable ABI; None if it is not."""
    manifest = project.folder / str(entry.get("path", "Cargo.toml"))
    project.require_inside(manifest, "the crate")
    if not manifest.is_file():
        raise project.unknown(f"where the crate is: there is no {entry.get('path', 'Cargo.toml')}", "correct the path")
    workspace = Workspace.read(manifest)
    project.require_inside(workspace.outside(project.folder), "the crate's workspace or dependency")
    crate = workspace.named
    if crate is None:
        raise project.unknown(f"which crate to build: {manifest} is a workspace without a package", "name the crate")
    named = entry.get("features")
    chosen = crate.enabled(["default", *(named if isinstance(named, list) else [])])
    features = {one for name in BINDINGS for one in workspace.features_of(crate, name, chosen) or ()}
    return stable_since(features, project.file, project.oldest_promised)


def _tag(project: Project) -> str:
    """Return the `cp3…` that bdist_wheel is told, empty if none: by pyproject.toml, setup.cfg or setup()."""
    table = project.tool("distutils", "bdist_wheel")
    options = constant(project.script.argument("options")) if project.script else None
    given = options.get("bdist_wheel", {}) if isinstance(options, dict) else {}
    places = (table, project.setup_cfg.get("bdist_wheel", {}), given if isinstance(given, dict) else {})
    keys = ("py-limited-api", "py_limited_api")
    tag = next((str(place[key]) for place in places for key in keys if place.get(key)), "")
    if tag and not re.fullmatch(r"cp3\d+", tag):
        raise project.unknown(f"what py_limited_api = {tag!r} means", 'write it as "cp310"')
    return tag


def _require_readable(script: Script) -> None:
    """Raise UnknownError for what setup() is given that its text does not show, or that may compile something."""
    if not script.calls("setup"):
        raise UnknownError(script.file, "what it builds, because it never calls setup()", _FIX)
    for name, values in script.arguments.items():
        if name not in _HARMLESS | _READ:
            shown = "**" if name == "**" else f"argument {name}"
            line = values[0].lineno
            raise UnknownError(script.file, f"what setup() makes of its {shown} in line {line}", _FIX)


def _extensions(script: Script) -> list[bool]:
    """Return for each extension module of setup() whether it is for the stable ABI."""
    values = [script.resolved(value) for value in script.arguments.get("ext_modules", [])]
    given = [value for value in values if not _is_empty(value)]
    calls = script.calls(*_EXTENSIONS)
    if not given:
        if calls and not values:
            raise UnknownError(script.file, f"who builds the extension module of line {calls[0].lineno}", _FIX)
        return []
    if not calls:
        raise UnknownError(script.file, f"which extension modules line {given[0].lineno} gives setup()", _FIX)
    if chosen := next((test for call in calls for test in script.guards(call) if _is_for_some(script, test)), None):
        what = f"whether the extension modules are built: line {chosen.lineno} asks the system or the user"
        raise UnknownError(script.file, what, _FIX)
    limits = [constant(keyword(call, "py_limited_api")) is True for call in calls if called(call) != "cythonize"]
    if not any(limits) and re.search("py_limited_api", script.text, re.IGNORECASE):
        raise UnknownError(script.file, "whether the extension modules are for the stable ABI", _FIX)
    return limits or [False]


def _is_empty(value: ast.expr) -> bool:
    if isinstance(value, ast.List | ast.Tuple) and not value.elts:
        return True
    return isinstance(value, ast.Constant) and value.value is None


def _is_for_some(script: Script, test: ast.expr) -> bool:
    """Return whether a condition holds only for some; `not os.environ.get(…)` holds unless somebody asks for it."""
    if isinstance(test, ast.BoolOp):
        return any(_is_for_some(script, part) for part in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return False
    texts = [
        ast.unparse(test),
        *(ast.unparse(script.resolved(one)) for one in ast.walk(test) if isinstance(one, ast.Name)),
    ]
    return any(_CHOSEN.search(text) for text in texts)


def _named(script: Script, names: tuple[str, ...]) -> list[str]:
    """Return the names of modules in calls of these functions, as far as they are literal."""
    found = []
    for call in script.calls(*names):
        first = call.args[0] if call.args else keyword(call, "name") or keyword(call, "target")
        text = constant(first)
        found += [text] if isinstance(text, str) and re.fullmatch(r"[\w.]+", text) else []
    return found


def _cffi(script: Script) -> bool:
    """Return whether CFFI compiles something: API mode does, ABI mode (`set_source(name, None)`) writes Python only."""
    files = [name for value in script.arguments.get("cffi_modules", []) for name in _texts(script, value)]
    return any(_is_api_mode(script, script.file.parent / name.partition(":")[0]) for name in files)


def _texts(script: Script, value: ast.expr) -> list[str]:
    found = constant(script.resolved(value))
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise UnknownError(script.file, f"which modules line {value.lineno} gives to cffi_modules", _FIX)
    return list(found)


def _is_api_mode(script: Script, file: Path) -> bool:
    tree = ast.parse(file.read_text("utf-8")) if file.is_file() else ast.Module([], [])
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in ("set_source", "set_source_pkgconfig")
    ]
    if not calls or len(calls[0].args) < 2:  # its name and its source
        raise UnknownError(script.file, f"whether {file.name} compiles anything: it shows no set_source()", _FIX)
    return not (isinstance(calls[0].args[1], ast.Constant) and calls[0].args[1].value is None)


def _rust(script: Script) -> list[dict[str, object]]:
    """Return the RustExtension(…) and RustBin(…) of setup.py as the tables of pyproject.toml would be."""
    if not any(not _is_empty(script.resolved(value)) for value in script.arguments.get("rust_extensions", [])):
        return []
    calls = script.calls(*_RUST)
    if not calls:
        raise UnknownError(script.file, "which crates rust_extensions names", _FIX)
    return [_rust_entry(script, call) for call in calls]


def _rust_entry(script: Script, call: ast.Call) -> dict[str, object]:
    names = {"target": 0, "path": 1}
    found: dict[str, object] = {"binding": "Exec"} if called(call) == "RustBin" else {}
    for name, place in names.items():
        value = keyword(call, name) or (call.args[place] if len(call.args) > place else None)
        text = constant(value)
        if value is not None and not isinstance(text, str):
            raise UnknownError(script.file, f"the {name} of the crate in line {call.lineno}", _FIX)
        found |= {name: text} if value is not None else {}
    if binding := keyword(call, "binding"):
        found["binding"] = ast.unparse(binding)
    for name in ("py_limited_api", "features"):
        if (value := keyword(call, name)) is not None:
            if constant(value) is None:
                raise UnknownError(script.file, f"the {name} of the crate in line {call.lineno}", _FIX)
            found[name.replace("_", "-")] = constant(value)
    return found
