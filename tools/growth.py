"""How the work of each rule grows with its input: four times the members may take at most five times the work.

Each shape is a wheel, an sdist or a release that grows in one way. `python -m tools.benchmark --growth N` measures the
CPU time on each at two sizes, side by side; a test counts calls instead, which do not depend on a busy machine.
"""

from __future__ import annotations

import itertools
import sys
import time
from typing import TYPE_CHECKING, Any

from wheelcheck.binary.model import Binary, Names, Slice, Symbol, VersionNeed
from wheelcheck.config import Expected, Payload
from wheelcheck.damage import Damage
from wheelcheck.facts import Member, Release, Sdist, Wheel
from wheelcheck.facts.evidence import Statement
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wheelcheck.binary.model import Kind
    from wheelcheck.facts import Artifact
    from wheelcheck.rules import Rule

    Subject = Artifact | Release
    Shape = Callable[[int, str], Subject]

GROWTH = 4  # times the input
ALLOWED = 5.0  # times the work
LINUX = "cp311-cp311-manylinux_2_17_x86_64"
FOLDER = "demo-1.0.dist-info"
_METADATA = "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n"


def _elf(cpu: str, kind: Kind = "library", **other: Any) -> Binary:
    return Binary("ELF", (Slice(f"EM_{cpu}", (cpu,), kind, "linux", **other),))


def _wheel(members: list[Member], tags: str = LINUX, **other: Any) -> Wheel:
    name = f"demo-1.0-{tags}.whl"
    return Wheel(name, parse_file_name(name), tuple(members), **other)


def _sdist(members: list[Member], texts: dict[str, str] | None = None, version: str = "1.0") -> Sdist:
    name = f"demo-{version}.tar.gz"
    return Sdist(name, parse_file_name(name), tuple(members), texts or {})


def modules(count: int, name: str) -> Wheel:
    """Return a wheel of extension modules for another Python."""
    paths = (f"{name}/m{number}.cpython-310-x86_64-linux-gnu.so" for number in range(count))
    return _wheel([Member(path, binary=_elf("x86_64")) for path in paths])


def foreign_libraries(count: int, name: str) -> Wheel:
    """Return a wheel with a foreign sysroot: half of its libraries are declared and load the others."""
    declared = [
        Member(f"{name}/aarch64/d{number}.so", binary=_elf("aarch64", needed=(f"l{number}.so",)))
        for number in range(count // 2)
    ]
    others = [Member(f"{name}/lib/l{number}.so", binary=_elf("aarch64")) for number in range(count // 2)]
    return _wheel([*declared, *others])


def foreign_objects(count: int, name: str) -> Wheel:
    """Return a wheel of objects for another CPU."""
    return _wheel([Member(f"{name}/o{number}.o", binary=_elf("aarch64", "object")) for number in range(count)])


def needing_libraries(count: int, name: str) -> Wheel:
    """Return a wheel of libraries that need each other, versions that do not exist, and folders that are not there."""
    binaries = (
        _elf(
            "x86_64",
            needed=(f"l{number}.so", f"x{number}.so", "libc.so.6"),
            soname=f"{name}{number}",
            versions=(VersionNeed("libc.so.6", "GLIBC_2.99"), VersionNeed("libstdc++.so.6", "GLIBCXX_3.4.99")),
            runpath=(f"/{name}/{number}",),
            executable_stack=True,
            text_relocations=True,
        )
        for number in range(count)
    )
    return _wheel([Member(f"{name}/l{number}.so", binary=binary) for number, binary in enumerate(binaries)])


def stable_modules(count: int, name: str) -> Wheel:
    """Return a wheel of modules of the stable ABI without init function, which use private names of CPython."""
    taken = tuple(Symbol(f"_Py{name}_{number}") for number in range(4))
    other = Names.of((b"PyInit_other",))
    binaries = (
        _elf(
            "x86_64",
            imports=taken,
            exports=other,
            symbols_known=True,
            asks_cpu=False,
            x86_extensions=("AVX",),
            static_tls=4,
            dynamic=True,
            largest_page=0,
            executable_stack=None,
            dynamic_tags=frozenset({"DT_RELR"}),
        )
        for _ in range(count)
    )
    members = [Member(f"{name}/m{number}.abi3.so", binary=binary) for number, binary in enumerate(binaries)]
    return _wheel(members, "cp39-abi3-manylinux_2_17_x86_64")


def one_needy_library(count: int, name: str) -> Wheel:
    """Return a wheel of one library that needs everything."""
    binary = _elf(
        "x86_64",
        needed=tuple(f"l{number}.so" for number in range(count)),
        versions=tuple(VersionNeed("libstdc++.so.6", f"GLIBCXX_3.4.{number + 100}") for number in range(count)),
        rpath=tuple(f"/{name}/{number}" for number in range(count)),
    )
    return _wheel([Member(f"{name}/x.so", binary=binary)])


def programs(count: int, name: str) -> Wheel:
    """Return a wheel of programs without exec bit, and of files that look like programs."""
    natives = [Member(f"{name}/bin/p{number}", binary=_elf("x86_64", "executable")) for number in range(count)]
    empty = [Member(f"{name}/bin/e{number}", mode=0o104755) for number in range(count)]
    return _wheel([*natives, *empty])


def dylibs(count: int, name: str) -> Wheel:
    """Return a universal wheel of libraries for one CPU each, some of which name it."""
    slice_ = Slice("arm64", ("aarch64",), "library", "macos", minimum_os=(14, 0), needed=(f"@rpath/{name}.dylib",))
    paths = (f"{name}/{'arm64' if number % 2 else 'lib'}/l{number}.dylib" for number in range(count))
    members = [Member(path, binary=Binary("Mach-O", (slice_,))) for path in paths]
    return _wheel(members, "py3-none-macosx_11_0_universal2")


def dlls(count: int, name: str) -> Wheel:
    """Return a wheel for ARM of DLLs for Intel."""
    slice_ = Slice("amd64", ("x86_64",), "library", "windows", needed=("ucrtbased.dll", f"{name}.dll"))
    members = [Member(f"{name}/l{number}.dll", binary=Binary("PE", (slice_,))) for number in range(count)]
    return _wheel(members, "py3-none-win_arm64")


def linked_dylibs(count: int, name: str) -> Wheel:
    """Return a wheel of libraries that load each other, half of them from where they are not."""
    members = []
    for number in range(count):
        needed = (f"@rpath/l{number + 1}.dylib", f"@loader_path/x/l{number // 2}.dylib", f"/opt/{name}/{number}.dylib")
        code = Slice(
            "arm64", ("aarch64",), "library", "macos", dynamic=True, needed=needed, rpath=("@loader_path",) * 2
        )
        members.append(Member(f"{name}/l{number}.dylib", binary=Binary("Mach-O", (code,))))
    return _wheel(members, "py3-none-macosx_11_0_arm64")


def importing_dlls(count: int, name: str) -> Wheel:
    """Return a wheel of DLLs that import others which nobody brings, among them one that imports many."""
    metadata = "".join(f"Requires-Dist: d{number}\n" for number in range(count))
    many = tuple(f"{name}{number}.dll" for number in range(count))
    slices = [Slice("amd64", ("x86_64",), "library", "windows", needed=("python311.dll", f"{name}.dll"))] * count
    slices.append(Slice("amd64", ("x86_64",), "library", "windows", needed=many))
    members = [Member(f"{name}/{number}.dll", binary=Binary("PE", (code,))) for number, code in enumerate(slices)]
    texts = {"demo-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n{metadata}"}
    return _wheel(members, "cp312-cp312-win_amd64", texts=texts)


def single_platform_files(count: int, name: str) -> Wheel:
    """Return a wheel for any platform with code for one."""
    return _wheel([Member(f"{name}/l{number}.so", binary=_elf("x86_64")) for number in range(count)], "py3-none-any")


def described(count: int, name: str) -> Wheel:
    """Return a wheel whose metadata is as long as its list of members."""
    paths = [f"{name}/m{number}.py" for number in range(count)]
    scripts = "".join(f"s{number} = {name}.n{number}:run\n" for number in range(count))
    fields = "".join(f"Requires-Dist: p{number}>=1\nLicense-File: {number}.txt\n" for number in range(count))
    texts = {
        "METADATA": _METADATA + fields,
        "WHEEL": "Wheel-Version: 1.0\n" + "".join(f"Tag: py3-none-linux_{number}\n" for number in range(count)),
        "RECORD": "".join(f"{path},sha256=AAAA,{number}\n" * 2 for number, path in enumerate(paths)),
        "entry_points.txt": f"[console_scripts]\n{scripts}",
    }
    own = [Member(f"{FOLDER}/{file}") for file in texts]
    compiled = [Member(f"{name}/m{number}.pyc") for number in range(count)]
    data = [Member(f"demo-1.0.data/{name}{number}/x") for number in range(count)]
    members = [*own, *(Member(path) for path in paths), *compiled, *data]
    return _wheel(members, texts={f"{FOLDER}/{file}": text for file, text in texts.items()})


def scripts_of_one_module(count: int, name: str) -> Wheel:
    """Return a wheel whose scripts start functions, and methods, of one module."""
    lines = (f"{name}{number} = {name}:main{number}\nm{number} = {name}:App.m{number}\n" for number in range(count))
    source = "class App:\n" + "".join(f"    def m{number}(self): pass\n" for number in range(count))
    source += "".join(f"def main{number}(): pass\n" for number in range(count))
    points = f"{FOLDER}/entry_points.txt"
    texts = {points: "[console_scripts]\n" + "".join(lines), f"{name}.py": source}
    return _wheel([Member(points), Member(f"{name}.py")], texts=texts)


def many_dist_infos(count: int, name: str) -> Wheel:
    """Return a wheel of .dist-info folders."""
    return _wheel([Member(f"{name}-{number}.dist-info/WHEEL") for number in range(count)])


def damaged(count: int, name: str) -> Wheel:
    """Return a wheel of links, each with a fault of every family."""
    kinds = ("zip-order", "name-colon", "zip-duplicate-name", "zip-method", "zip-crc", "zip-gap")
    damage = [Damage(f"{name}{number}", kind, "x") for number in range(count) for kind in kinds]
    links = [Member(f"{name}{number}", kind="symlink", link="x") for number in range(count)]
    return _wheel(links, damage=tuple(damage))


def crates(count: int, name: str) -> Sdist:
    """Return an sdist of crates that no workspace claims, below one."""
    manifests = {f"demo-1.0/{name}/c{number}/Cargo.toml": f'[package]\nname = "c{number}"\n' for number in range(count)}
    texts = {"demo-1.0/Cargo.toml": '[workspace]\nmembers = ["other"]\n', **manifests}
    return _sdist([Member(path) for path in texts], texts)


def linked_crates(count: int, name: str) -> Sdist:
    """Return an sdist of one workspace whose members depend on each other, with a lock file that holds none of them."""
    links = (f'[dependencies]\nc{number + 1} = {{ path = "../c{number + 1}" }}\n' for number in range(count))
    manifests = {
        f"demo-1.0/{name}/c{number}/Cargo.toml": f'[package]\nname = "c{number}"\nversion = "1.0.0"\n{link}'
        for number, link in enumerate(links)
    }
    members = ", ".join(f'"{name}/c{number}"' for number in range(count))
    texts = {"demo-1.0/Cargo.toml": f"[workspace]\nmembers = [{members}]\n", "demo-1.0/Cargo.lock": "", **manifests}
    return _sdist([Member(path) for path in texts], texts)


def workspaces(count: int, name: str) -> Sdist:
    """Return an sdist of workspaces with a glob each."""
    texts = {f"demo-1.0/{name}/w{number}/Cargo.toml": '[workspace]\nmembers = ["*"]\n' for number in range(count)}
    return _sdist([Member(path) for path in texts], texts)


def prebuilt(count: int, name: str) -> Sdist:
    """Return an sdist of DLLs, archives and top folders."""
    slice_ = Slice("amd64", ("x86_64",), "library", "windows")
    binaries = [Member(f"demo-1.0/{name}/l{number}.dll", binary=Binary("PE", (slice_,))) for number in range(count)]
    return _sdist([*binaries, *(Member(f"{name}{number}/x.7z", archive="7z") for number in range(count))])


def many_wheels(count: int, name: str) -> Release:
    """Return a release of wheels of as many versions, beside an sdist of each, none of which is expected."""
    files = [f"demo-{number}-cp31{number % 2}-none-manylinux_2_17_x86_64.whl" for number in range(count)]
    texts = {FOLDER + "/METADATA": _METADATA}
    module = Member(f"{name}/x.so", binary=_elf("x86_64"), sha256=name)
    wheels = tuple(Wheel(file, parse_file_name(file), (module,), texts) for file in files)
    sdists = tuple(_sdist([], {f"demo-{number}/PKG-INFO": _METADATA}, str(number)) for number in range(count))
    expected = tuple(WheelTag(f"cp{number}", "none", "any") for number in range(count))
    return Release(wheels, sdists, Expected(expected, sdist=True, payload=(Payload("x", "library", "x"),)))


def hollow_wheels(count: int, name: str) -> Release:
    """Return a release of expected platform wheels that hold no native code."""
    tags = [f"cp3{number}-none-manylinux_2_17_x86_64" for number in range(count)]
    wheels = tuple(_wheel([Member(f"{name}/x.py")], tag) for tag in tags)
    expected = tuple(WheelTag(f"cp3{number}", "none", "manylinux_2_17_x86_64") for number in range(count))
    return Release(wheels, (), Expected(expected))


def builds_of_one_wheel(count: int, name: str) -> Release:
    """Return a release of builds of one wheel for several Pythons, beside as many sdists of its version."""
    files = [f"demo-1.0-{number}{name.lower()}-{LINUX}.whl" for number in range(count)]
    wheels = tuple(Wheel(file, parse_file_name(file), (Member("x.so", binary=_elf("x86_64")),)) for file in files)
    return Release(wheels, tuple(_sdist([]) for _ in range(count)), Expected())


def twins_for_each_cpu(count: int, name: str) -> Release:
    """Return a release for two CPUs whose wheels have no file in common."""
    wheels = []
    for cpu in ("x86_64", "aarch64"):
        natives = [Member(f"{name}/{cpu[0]}p{number}", binary=_elf(cpu, "executable")) for number in range(count)]
        texts = [Member(f"{name}/t{number}", sha256=cpu) for number in range(count)]
        wheels.append(_wheel([*natives, *texts], f"cp311-cp311-manylinux_2_17_{cpu}"))
    return Release(tuple(wheels), (), Expected())


def proven_wheels(count: int, name: str) -> Release:
    """Return a release of wheels with a statement of the evidence for each, of which every second one is wrong."""
    files = [f"demo-1.0-cp3{number}-none-manylinux_2_17_x86_64.whl" for number in range(count)]
    wheels = tuple(Wheel(file, parse_file_name(file), sha256=f"{name}{number}") for number, file in enumerate(files))
    proofs = tuple(
        Statement(f"{file}.json", {file: f"{name}{number // 2 * 2}"}, name, "2", file, cpu="aarch64", proofs=("smoke",))
        for number, file in enumerate(files)
    )
    return Release(wheels, (), Expected(), evidence=proofs)


SHAPES: tuple[Shape, ...] = (
    modules,
    foreign_libraries,
    foreign_objects,
    needing_libraries,
    stable_modules,
    one_needy_library,
    programs,
    dylibs,
    dlls,
    linked_dylibs,
    importing_dlls,
    single_platform_files,
    described,
    many_dist_infos,
    scripts_of_one_module,
    damaged,
    crates,
    linked_crates,
    workspaces,
    prebuilt,
    many_wheels,
    hollow_wheels,
    builds_of_one_wheel,
    twins_for_each_cpu,
    proven_wheels,
)
_NAMES = itertools.count()


def fresh(shape: Shape, count: int) -> Subject:
    """Return a subject of this shape under a new name, so that it is in no cache."""
    return shape(count, f"n{next(_NAMES)}")


def rules_for(subject: Subject) -> tuple[Rule[Any], ...]:
    """Return the rules that can judge a subject."""
    return tuple(
        rule for rule in all_rules() if isinstance(subject, rule.on) and not (rule.needs and rule.needs(subject))
    )


def calls(rule: Rule[Any], subject: Subject) -> int:
    """Return how many functions of Python and C are called or resumed while a rule judges a subject."""
    counter = itertools.count()
    sys.setprofile(lambda *_: next(counter))
    try:
        for _ in rule.judge(subject):
            pass
    finally:
        sys.setprofile(None)
    return next(counter)


def seconds(rule: Rule[Any], subject: Subject) -> float:
    """Return the CPU time that a rule takes to judge a subject."""
    start = time.process_time()
    for _ in rule.judge(subject):
        pass
    return time.process_time() - start


def rows(count: int, rounds: int) -> Iterator[str]:
    """Yield the table's lines: for each shape the rule with the greatest growth, among those that take some time.

    The sizes are measured in turn, so that other load affects both.
    """
    for shape in SHAPES:
        worst = max((_measured(shape, rule, count, rounds) for rule in rules_for(fresh(shape, 2))), default=None)
        if worst:
            growth, small, large, code = worst
            verdict = "ok" if growth <= ALLOWED else "TOO MUCH"
            yield f"| {shape.__name__} | {code} | {small:.4f} | {large:.4f} | {growth:.1f} | {verdict} |"


def _measured(shape: Shape, rule: Rule[Any], count: int, rounds: int) -> tuple[float, float, float, str]:
    pairs = [(seconds(rule, fresh(shape, count)), seconds(rule, fresh(shape, GROWTH * count))) for _ in range(rounds)]
    small, large = (min(times) for times in zip(*pairs, strict=True))
    return large / max(small, 0.002), small, large, rule.code
