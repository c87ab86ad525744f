"""WC24x: what a wheel installs works for the people who use it, and is meant to be there."""

from __future__ import annotations

from collections import defaultdict

from wheelcheck.facts import Wheel
from wheelcheck.facts.dist_info import GROUPS
from wheelcheck.facts.file_names import installed_path, is_package
from wheelcheck.facts.text_limits import PACKAGES_CAP
from wheelcheck.patterns import regex
from wheelcheck.platforms import hints
from wheelcheck.platforms.paths import parts_of
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.rules import Hit, LimitReachedError, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Member

# Interpreters that are at the same place on every system of the tag; `env` finds the others.
_EVERYWHERE = regex(rb"(?:/usr)?/bin/(?:env|sh|bash|python3?|perl)")
_FOR_DEVELOPERS = frozenset(
    {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmark", "benchmarks"}
)
_FILES_FOR_DEVELOPERS = frozenset({"setup.py", "conftest.py", "noxfile.py", "tasks.py", "conf.py", "pyproject.toml"})
_PRIVATE = (b"/home/", b"/Users/", b"/root/", b"/tmp/", b"/opt/", b"/build", b"/project", b"/io/")
_SPREADS = ("__path__", "declare_namespace", "meta_path")  # how a package finds modules in further places
_BIG = 2**20  # bytes from which a second copy counts
_MOST_DEBUG = 2**20
_DEBUG_SHARE = 0.05
_REFERENCE = regex(r"([\w.]+)\s*:\s*([\w.]+)")


@rule("WC240", on=Wheel)
def scripts_are_started_by_an_interpreter_that_users_have(wheel: Wheel) -> Iterator[Hit]:
    """The `#!` line of a script in `.data/scripts` is `#!python`, or names an interpreter that is on every system.

    Installers write the environment's own interpreter in place of `#!python`. They leave every other line as it is, so
    `#!/home/builder/venv/bin/python3` ends in "bad interpreter: No such file or directory" for everybody but the
    builder. The same comes of a name that is no path, as in `#! python` or `#!env python3`: with anything between, it
    is not the word that installers replace, and the kernel looks for it in the current folder. Windows does not read
    the line.

    Source: the binary distribution format (PyPA), "Recommended installer features"; pip's `fix_script`.
    Remedy: begin the script with `#!python`, or declare an entry point in [project.scripts].
    """
    if all(platform.system == "windows" for platform in wheel.platforms):
        return
    for member in wheel.members:
        if _is_script(member) and (program := _interpreter(member.head)):
            where = "which exists only on the machine that built the wheel"
            if not program.startswith("/"):
                where = "which installers do not replace: the kernel looks for it in the current folder"
            yield Hit(member.path, f"its first line names {program!r}, {where}")


def _is_script(member: Member) -> bool:
    if member.head[:2] != b"#!":
        return False
    parts = parts_of(member.path)
    return len(parts) == 3 and parts[0].endswith(".data") and parts[1] == "scripts"


def _interpreter(head: bytes) -> str:
    """Return the interpreter of a first line, if it is a Python or lies in somebody's folder, or is no absolute path.

    Empty text for another, and for what installers replace.
    """
    words = head[2:].split(b"\n")[0].split()
    program = words[0] if words else b""
    if head.startswith(b"#!python") or _EVERYWHERE.fullmatch(program):
        return ""
    is_private = program.startswith(_PRIVATE) or not program.startswith(b"/")
    return program.decode("utf-8", "backslashreplace") if is_private or b"python" in program else ""


@rule("WC241", on=Wheel, severity="warning")
def every_script_starts_a_function_that_its_module_has(wheel: Wheel) -> Iterator[Hit]:
    """The attribute that a console script starts is defined in its module, as far as the source of the module shows.

    Otherwise the command is installed and ends in "ImportError: cannot import name". The module is parsed, not run. A
    module with a star import, `__getattr__`, `exec`, `globals()`, `sys.modules` or a syntax error may have any
    attribute and is not judged, nor is one that is compiled. Of a class, only what it defines itself is known, and of
    modules of more than 30,000 words and signs in all, only whether they mention the attribute.

    Source: entry points specification (PyPA).
    Remedy: correct the reference in [project.scripts].
    """
    path, by_module = wheel.dist_info.path("entry_points.txt"), defaultdict(list)
    for group in sorted(GROUPS):
        for name, reference in wheel.dist_info.entry_points.get(group, {}).items():
            if found := _REFERENCE.match(reference.strip()):
                by_module[found[1]].append((name, found[2]))
    if not by_module:
        return
    from wheelcheck.facts.python_names import Parsing  # noqa: PLC0415  # slow to import, and most wheels have no scripts

    parsing = Parsing()
    for module, references in by_module.items():
        base = module.replace(".", "/")
        text = next((wheel.texts[path] for path in wheel.module_paths(base) if path in wheel.texts), None)
        asked = tuple(reference for _, reference in references)
        missing = parsing.lacking(text, asked) if text is not None else frozenset[str]()
        for name, reference in references:
            if reference in missing and not _is_module(wheel, f"{base}/{reference.partition('.')[0]}"):
                yield Hit(path, f"{name} starts {reference} of {module}, which defines no such name")


def _is_module(wheel: Wheel, base: str) -> bool:
    """Return whether the wheel has a module or a package of this name, with slashes for dots."""
    return base in wheel.folders or bool(wheel.module_paths(base))


@rule("WC245", on=Wheel, absence=True)
def every_package_finds_the_modules_that_it_imports(wheel: Wheel) -> Iterator[Hit]:
    """What a package of the wheel imports from itself when it is imported, or a command of it started, is there.

    Otherwise `import demo` ends in ModuleNotFoundError for everybody. Most often it is the extension module that was
    not built, or a folder that the build backend was not told to pack. Imports are followed from the `__init__.py` of
    each top-level package, from its `__main__.py` and from the modules of console scripts through all files of the
    package, up to a megabyte of them. Only those at the beginning of a line are judged, because those in functions,
    `if` and `try` may be meant to fail, and `from demo import x` only if `demo/__init__.py` cannot bind `x` otherwise.

    rustyaml 0.1.1 is such a wheel: its extension module is missing. In pyfury 0.10.3, modules that its `__init__.py`
    imports lack what they import themselves. The command of pipenv-pipes 0.5.0 imports `pipenv_pipes.picker`, a folder
    that the wheel does not have (gtalarico/pipenv-pipes issue 9).

    Nothing is said where another distribution may bring the module: one
    that is required and whose name begins as the package's (mujoco-core, for mujoco), or any if the package looks for
    its modules in several folders (`__path__`). Nothing is said either of what is below a module that is no package,
    or below a package whose `__init__` is compiled: it makes such modules itself when it is imported, as those of cffi
    (`demo._native.lib`), PyO3 and `six.moves` do.

    Source: Python's import system, "Submodules".
    Remedy: build the extension before the wheel, and include the module or package in the backend's configuration.
    """
    modules = _modules(wheel) if wheel.needed else frozenset[str]()
    absent = [each for each in wheel.needed if each.module.replace(".", "/") not in modules]
    makers = _makers(wheel) if absent else frozenset[str]()
    others = {
        package for package in {_package(each.module) for each in absent} if _is_brought_by_others(package, wheel)
    }
    for each in absent:
        if _package(each.module) not in others and not _is_made_by_a_module(each.module, makers):
            yield Hit(each.path, f"imports {each.module}, which the wheel does not have: {each.start} fails")
    if sum(member.size for member in wheel.members if is_package(member.path)) > PACKAGES_CAP:
        raise LimitReachedError(f"the packages have more than {PACKAGES_CAP:,} bytes of `__init__.py`")


def _package(module: str) -> str:
    return module.partition(".")[0]


def _is_brought_by_others(package: str, wheel: Wheel) -> bool:
    """Return whether other distributions may bring modules of a package."""
    texts = (wheel.texts[path] for path in wheel.module_paths(package) if path in wheel.texts)
    if any(word in text for text in texts for word in _SPREADS):
        return True
    return bool(wheel.required.beginning_as((package, wheel.name.project)))


def _is_made_by_a_module(name: str, makers: frozenset[str]) -> bool:
    """Return whether a module is below one that is no package of Python files, and that alone can make it."""
    folder, *between = name.split(".")[:-1]
    above = {"/".join([folder, *between[: number + 1]]) for number in range(len(between))}
    return not makers.isdisjoint(above)


def _makers(wheel: Wheel) -> frozenset[str]:
    """Return the paths of modules that are files, and of packages with a compiled `__init__`, without suffixes."""
    found, packages = set(), set()
    for member in wheel.members:
        folder, _, name = installed_path(member.path).rpartition("/")
        stem = f"{folder}/{name.partition('.')[0]}"
        if name == "__init__.py":
            packages.add(folder)
        elif name.endswith(".py") or is_extension_module(name):
            found.add(stem.removesuffix("/__init__"))
    return frozenset(found - packages)


def _modules(wheel: Wheel) -> frozenset[str]:
    """Return the paths of what can be imported, folders as well, without suffixes."""
    found: set[str] = set()
    for member in wheel.members:
        folder, _, name = installed_path(member.path).rpartition("/")
        found.add(f"{folder}/{name.partition('.')[0]}")
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)


@rule("WC246", on=Wheel, severity="warning")
def no_package_hides_an_extension_module(wheel: Wheel) -> Iterator[Hit]:
    """No extension module has the name of a package beside it, which Python finds first.

    Of `demo/fast/__init__.py` and `demo/fast.cpython-311-x86_64-linux-gnu.so`, `import demo.fast` takes the package.
    The module is never loaded, and what only it has is missing.

    Source: CPython's `importlib._bootstrap_external.FileFinder.find_spec`.
    Remedy: rename the module (`_fast`), or build it into the package (`demo/fast/_core`).
    """
    packages = {
        installed_path(member.path).rpartition("/")[0]
        for member in wheel.members
        if member.path.rpartition("/")[2].startswith("__init__.") and not member.path.endswith(".pyi")
    }
    for member in wheel.natives if packages else ():
        folder, _, name = installed_path(member.path).rpartition("/")
        package = f"{folder}/{name.partition('.')[0]}".lstrip("/")
        if package in packages and is_extension_module(member.path):
            yield Hit(member.path, f"is never loaded: Python takes the package {package} for this name")


@rule("WC242", on=Wheel, severity="note")
def nothing_for_developers_is_installed_beside_the_package(wheel: Wheel) -> Iterator[Hit]:
    """No folder named `tests`, `docs`, `examples` or similar, and no `setup.py`, is at the top of site-packages.

    All distributions share that folder: `import tests` then finds the tests of another project, and the files of two
    projects overwrite each other. It is most often a mistake in package discovery.

    Source: setuptools' package discovery; check-wheel-contents, W005.
    Remedy: exclude them: `[tool.setuptools.packages.find] exclude = ["tests*"]`.
    """
    places = {installed_path(member.path) for member in wheel.members if member.kind != "directory"}
    tops = {top for top, inside, _ in (place.partition("/") for place in places) if inside}
    names = {top for top in tops if top.lower() in _FOR_DEVELOPERS and wheel.name.project != top.lower()}
    for top in sorted(names | (places & _FILES_FOR_DEVELOPERS)):
        yield Hit(top, f"installs {top} at the top of site-packages, where all projects share the name")


@rule("WC243", on=Wheel, severity="note")
def no_large_library_is_there_twice(wheel: Wheel) -> Iterator[Hit]:
    """No native file of over 1 MiB is in the wheel several times with the same bytes.

    A wheel holds no symbolic links, so `libfoo.so`, `libfoo.so.1` and `libfoo.so.1.2.3` become three whole copies, and
    a process that loads two of them has two sets of global variables.

    Source: the binary distribution format (PyPA); wheels of tbb and LLVM.
    Remedy: keep the one name that DT_NEEDED or the loading code uses.
    """
    same: dict[str, list[Member]] = defaultdict(list)
    for member in wheel.natives:
        if member.linked and member.size > _BIG and member.sha256:
            same[member.sha256].append(member)
    for copies in same.values():
        if len(copies) > 1:
            size = f"{copies[0].size / 2**20:.1f} MiB"
            yield Hit(copies[1].path, f"has the same {size} as {copies[0].path}, {len(copies)} copies in all")


@rule("WC244", on=Wheel, severity="note")
def debug_information_is_left_out(wheel: Wheel) -> Iterator[Hit]:
    """Linked ELF files hold at most a megabyte of debug information, and no more than a twentieth of them is that.

    It makes a wheel several times larger, and holds the folders of the machine that built it.

    Source: DWARF; section headers of the file (`.debug_*`).
    Remedy: link with `-s` or `strip = true` in Cargo's profile, or keep it in a file of its own (`objcopy
    --only-keep-debug`).
    """
    for member in wheel.natives:
        size = sum(slice_.debug_size for slice_ in member.slices) if member.linked else 0
        if not hints.is_fixture(member.path) and (size > _MOST_DEBUG or size > _DEBUG_SHARE * member.size):
            message = f"holds {size / 1024:.0f} KiB of debug information, of {member.size / 1024:.0f} KiB"
            yield Hit(member.path, message, cause="holds debug information")
