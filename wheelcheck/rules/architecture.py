"""WC301, WC303, WC304 and WC307 to WC309: native code is for the CPU and the operating system that the tags promise."""

from __future__ import annotations

from itertools import chain

from wheelcheck.facts import Wheel
from wheelcheck.facts.file_names import canonical_version
from wheelcheck.facts.fit import (
    code_platforms,
    describe,
    fit,
    is_declared,
    is_emulated,
    native_slices,
    needs,
    same_system,
    served_cpus,
    without_readable_tags,
)
from wheelcheck.facts.leftovers import Leftovers
from wheelcheck.platforms import hints
from wheelcheck.platforms.paths import folder_of, name_of, suffix_of
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.config.fields import Severity
    from wheelcheck.facts import Member
    from wheelcheck.facts.fit import Fit

    Place = tuple[str, str, tuple[str, ...]]


def _tags(wheel: Wheel) -> str:
    return ".".join(wheel.name.platforms)


def _misfits(wheel: Wheel, kinds: tuple[str, ...], wanted: Fit) -> Iterator[Member]:
    """Yield the undeclared members whose slices fit the wheel's tags in the `wanted` wrong way."""
    if wheel.is_any:
        return
    wrong = []
    for member in wheel.natives:
        slices = tuple(slice_ for slice_ in native_slices(member) if slice_.kind in kinds)
        if slices and fit(slices, wheel.platforms) == wanted and not is_declared(member, wheel):
            wrong.append(member)
    loaded = _loaded_by_payload(wheel) if wrong else set()
    yield from (member for member in wrong if loaded.isdisjoint(_names_of(member)))


def _loaded_by_payload(wheel: Wheel) -> set[Place]:
    """Return the libraries that declared payload loads by name: such a library is payload too.

    It stands for the same CPU in the same folder.
    """
    return {
        (folder_of(member.path), name.lower(), slice_.arches)
        for member in wheel.natives
        for slice_ in native_slices(member)
        if slice_.needed and is_declared(member, wheel)
        for name in slice_.needed
    }


def _names_of(member: Member) -> set[Place]:
    """Return under which folder, name and CPU a member is found by a file that loads it."""
    folder, name = folder_of(member.path), name_of(member.path).lower()
    return {(folder, name, slice_.arches) for slice_ in native_slices(member)}


@rule("WC301", on=Wheel, severity=("error", "warning"), needs=without_readable_tags)
def every_binary_matches_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """Executables and libraries are for the CPU of every platform tag: machine, class, byte order and ABI flags.

    Nothing between the build and PyPI compares them. swig 4.1.1's macosx_11_0_arm64 wheel holds an x86_64 swig;
    llama-cpp-binaries shipped arm64 executables in an x86_64 wheel. Such a wheel installs without a complaint, and its
    programs end in "Exec format error". A file whose own path names its CPU is declared payload and is not reported.

    Two cases are warnings. Code that Windows emulates in a process of its own works. And a library that stands beside a
    native one of the same name (`foo32.dll` beside `foo.dll`), and that no other file of the wheel links to, is most
    likely left over from another build and harms nobody.

    Source: the ELF, Mach-O and PE headers; PEP 425, 600 and 656 for the tags.
    Remedy: build for the tag's CPU, clean the staging folder between architectures, or correct the tag.
    """
    processes = any(_runs_emulated(member, wheel) for member in wheel.natives)
    leftovers = Leftovers(wheel)
    for member in _misfits(wheel, ("executable", "library"), "foreign-cpu"):
        emulated = processes and all(
            is_emulated(slice_, p) for slice_ in native_slices(member) for p in wheel.platforms
        )
        twin = leftovers.native_twin(member)
        found, flags = describe(native_slices(member)), _refused_flags(member)
        message = f"found {found} code{flags}, expected {_expected(wheel)} for {_tags(wheel)}"
        message += f"; {twin} is the native one, and nothing links to this" if twin else ""
        yield Hit(member.path, message, severity="warning" if emulated or twin else None)


def _runs_emulated(member: Member, wheel: Wheel) -> bool:
    return any(
        slice_.kind == "executable" and is_emulated(slice_, platform)
        for slice_ in native_slices(member)
        for platform in wheel.platforms
    )


def _refused_flags(member: Member) -> str:
    flags = [f"{slice_.flags:#x}" for slice_ in native_slices(member) if not slice_.abi_accepted]
    return f" with ABI flags {', '.join(flags)}" if flags else ""


def _expected(wheel: Wheel) -> str:
    names = dict.fromkeys(name for platform in wheel.platforms for name in platform.arches)
    return " + ".join(names) or "a CPU that wheelcheck knows"


@rule("WC303", on=Wheel, severity=("error", "warning"))
def an_any_wheel_holds_no_single_platform_code(wheel: Wheel) -> Iterator[Hit]:
    """A wheel tagged `any` holds no native code, or code for several platforms to choose from at run time.

    setuptools, hatchling, flit, poetry-core and uv_build tag a package `any` even if its data holds an ELF file. It
    then installs on every machine and works on one kind. Many releases on PyPI have this fault. Test data does not
    count as a second platform.

    A path that names its system and CPU in words (`win32-x86_64/`) says that the file is one of several. Where all
    native code is for that one platform, it is a warning: wasmtime 0.40.0 has such a wheel on purpose, which says on
    other systems that they are not supported. A suffix (`dll/x64/x.dll`) says nothing about other systems: an error.

    Source: PEP 425: `any` promises every platform.
    Remedy: tag the wheel for its platform (`[tool.distutils.bdist_wheel] plat-name`, hatchling's build hook with
    `pure_python = False`, `infer_tag = True`), and build one wheel per platform.
    """
    if not wheel.is_any:
        return
    linked = [member for member in wheel.loaded if native_slices(member)]
    if len({code_platforms(member) for member in linked}) > 1:
        return
    for member in linked:
        named = _names_its_platform(member)
        expected = "code for several platforms or none" if named else "none"
        message = f"found {describe(native_slices(member))} code, expected {expected} in a wheel for any platform"
        yield Hit(member.path, message, severity="warning" if named else None)


def _names_its_platform(member: Member) -> bool:
    """Return whether the path names both the system and the CPU of a file that is loaded by path, not imported."""
    if is_extension_module(member.path):
        return False
    slices = native_slices(member)
    path = member.path
    return all(hints.names_system_in_words(path, p.system) and hints.names_cpu(path, p) for p in slices)


@rule("WC304", on=Wheel, severity=("error", "warning", "note"), needs=without_readable_tags, absence=True)
def a_platform_wheel_holds_code_for_its_platform(wheel: Wheel) -> Iterator[Hit]:
    """A wheel for one platform holds native code for it.

    rustyaml 0.1.1's cp37 manylinux wheel has no extension module: it installs, and the import fails. Where the ABI tag
    is `none`, the platform tag may have been set on purpose for headers, data or code for other platforms whose paths
    say so; so this is a warning there, and WC311 asks the configuration. It is also a warning for a wheel that holds
    stubs alone, or that pins other distributions exactly, as pyside6 (cp310-abi3) pins those that hold its modules.
    Of a set of tags for several systems (`ios_…_iphoneos.ios_…_iphonesimulator`), each needs code.
    A nested archive may hold the code that a program unpacks, which cannot be judged and is a note; but no interpreter
    imports a module from an archive, so that an ABI tag's promise stays broken and this an error.

    Source: PEP 425: an ABI tag promises an extension module; `zipimport` ("dynamic modules [...] are disallowed").
    Remedy: make the build fail when the extension or executable is missing; tag a pure package `py3-none-any`.
    """
    if wheel.is_any:
        return
    code = [member for member in wheel.natives if member.binary and member.binary.kinds != {"debug"}]
    together = tuple(chain.from_iterable(native_slices(member) for member in code))
    packed = [member.path for member in wheel.members if member.archive]
    if (forgotten := _forgotten(together, wheel)) and not packed:
        yield Hit("", f"found only {describe(together)} code, expected code for {'.'.join(forgotten)} too")
    if any(_answers_for_the_tag(member, wheel) for member in code) or fit(together, wheel.platforms) == "native":
        return
    promised = any(tag.abi != "none" for tag in wheel.name.tags) and (code or not _has_code_elsewhere(wheel))
    partly = any(served_cpus(slice_, platform) for slice_ in together for platform in wheel.platforms)
    found = f"native code only inside {packed[0]}, if any" if packed else "no native code"
    found = f"only {describe(native_slices(code[0]))} code" if code else found
    severity: Severity | None = None if promised or (partly and not packed) else "note" if packed else "warning"
    yield Hit("", f"found {found}, expected {_expected(wheel)} code for {_tags(wheel)}", severity=severity)


def _forgotten(slices: tuple[Slice, ...], wheel: Wheel) -> list[str]:
    """Return the tags without code for their system, in a set of which another tag has code for its own."""
    without = [p.tag for p in wheel.platforms if p.arches and not any(same_system(slice_, p) for slice_ in slices)]
    is_partly_served = any(same_system(slice_, platform) for slice_ in slices for platform in wheel.platforms)
    return without if is_partly_served else []


def _has_code_elsewhere(wheel: Wheel) -> bool:
    """Return whether the wheel is a meta package: stubs alone, or pins that are exact.

    Beside modules of its own only a pin to its own version counts, which distributions of one project have in common.
    """
    suffixes = {suffix_of(member.path) for member in wheel.members}
    if ".py" not in suffixes:
        return ".pyi" in suffixes or bool(wheel.dist_info.pins)
    own = canonical_version(wheel.name.version)
    return any(canonical_version(pin) == own for pin in wheel.dist_info.pins)


def _answers_for_the_tag(member: Member, wheel: Wheel) -> bool:
    """Return whether the member is the platform's own code, or another rule judges that it is not."""
    slices = native_slices(member)
    return not slices or fit(slices, wheel.platforms) in ("native", "missing-slice") or not is_declared(member, wheel)


@rule("WC307", on=Wheel, needs=without_readable_tags)
def every_slice_of_a_universal_wheel_is_there(wheel: Wheel) -> Iterator[Hit]:
    """Where the macOS tags promise two CPUs, each binary has a slice for both, or there is a separate file for each.

    capstone 5.0.0.post1's universal2 wheel holds a library for x86_64 only: on Apple silicon `import` fails. Separate
    files are accepted if their paths name their CPU and none is missing.

    Source: PEP 425 platform tags of macOS; `lipo -archs FILE` shows the slices.
    Remedy: build with ARCHFLAGS="-arch x86_64 -arch arm64" and merge dependencies with lipo, or tag one CPU.
    """
    for member in _misfits(wheel, ("executable", "library"), "missing-slice"):
        yield _missing_slice(member, wheel)
    for member in _twinless(wheel):
        yield _missing_slice(member, wheel)


def _missing_slice(member: Member, wheel: Wheel) -> Hit:
    found = describe(native_slices(member))
    return Hit(member.path, f"found {found}, expected {_expected(wheel)} as {_tags(wheel)} promises")


def _twinless(wheel: Wheel) -> Iterator[Member]:
    """Yield members that name their CPU in their path while no twin serves the other CPU."""
    wanted = {choice for platform in wheel.platforms for choice in needs(platform)}
    if wheel.is_any or len(wanted) < 2:
        return
    families: dict[str, list[Member]] = {}
    for member in wheel.natives:
        if member.linked and hints.without_cpu(member.path) != member.path:
            families.setdefault(hints.without_cpu(member.path), []).append(member)
    for members in families.values():
        slices = tuple(chain.from_iterable(native_slices(member) for member in members))
        if slices and fit(slices, wheel.platforms) == "missing-slice":
            yield from (member for member in members if is_declared(member, wheel))


@rule("WC308", on=Wheel, severity=("error", "warning"), needs=without_readable_tags)
def no_binary_is_for_another_operating_system(wheel: Wheel) -> Iterator[Hit]:
    """Executables and libraries are for the tag's operating system.

    kingfisher-bin 2.14.0's win_arm64 wheel contains a 36 MB macOS executable from an earlier build. microbiorust
    0.1.6's manylinux wheel contains a Mach-O `microbiorust.abi3.so`, which hides the real module.

    ELF is not Linux alone: EI_OSABI, a note, symbol versions or a dynamic loader that no C library of Linux has say
    that a file is for FreeBSD, Solaris and so on, and no Linux or Android loads it. Mach-O is not macOS alone:
    LC_BUILD_VERSION names one of Apple's systems. dyld loads code for its own only, a simulator's never on a device.

    A file whose path or suffix names its own system (`win-x64/`, `.dll`, `.dylib`) is declared payload and is not
    reported, unless it is left over: one that is declared by its suffix alone, beside a native one of the same name
    (`libx.dylib` beside `libx.so`, `tool.exe` beside `tool`), is a warning, since it is dead weight.

    Source: the ELF gABI, Apple's <mach-o/loader.h> and the PE format; PEP 425, 600, 730 and 738 for the tags.
    Remedy: clean the staging folder before each platform's build.
    """
    for member in _misfits(wheel, ("executable", "library"), "foreign-system"):
        yield Hit(member.path, f"found {describe(native_slices(member))} code, expected code for {_tags(wheel)}")
    leftovers = Leftovers(wheel)
    for member in wheel.natives:
        twin = leftovers.native_twin(member) or leftovers.native_program(member)
        if twin and not wheel.is_any and _is_declared_by_suffix(member, wheel):
            message = f"found {describe(native_slices(member))} code beside {twin}, which is for {_tags(wheel)}"
            yield Hit(member.path, message, severity="warning")


def _is_declared_by_suffix(member: Member, wheel: Wheel) -> bool:
    """Return whether nothing but its suffix says that a member is payload for another system."""
    slices = native_slices(member)
    if not slices or fit(slices, wheel.platforms) != "foreign-system" or hints.is_fixture(member.path):
        return False
    path = wheel.below_package(member.path)
    named = any(hints.names_system_in_words(path, slice_.system) for slice_ in slices)
    return not named and is_declared(member, wheel)


@rule("WC309", on=Wheel, severity=("error", "warning"), needs=without_readable_tags)
def static_libraries_match_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """Static libraries and objects are for the CPU of the platform tag, unless their path names another one.

    clangTooling 0.0.7's i686 wheels bundle x86_64 archives: linking against them fails. Code that Windows emulates is a
    warning. An archive with objects for the tag's CPU and for others is an error: linkers stop at the others, or leave
    them out without a word. Archives for another system alone are not judged, because cross compilers bring them.

    Source: the headers of the archive's members.
    Remedy: build the library for the tag's CPU, or name the CPU in its path.
    """
    for member in _misfits(wheel, ("archive", "object"), "foreign-cpu"):
        emulated = all(is_emulated(slice_, p) for slice_ in native_slices(member) for p in wheel.platforms)
        message = f"found {describe(native_slices(member))} objects, expected {_expected(wheel)} for {_tags(wheel)}"
        yield Hit(member.path, message, severity="warning" if emulated else None)
    for member in wheel.natives:
        if others := _foreign_objects(member, wheel):
            message = (
                f"found {describe(others)} objects among others, expected only {_expected(wheel)} for {_tags(wheel)}"
            )
            yield Hit(member.path, message)


def _foreign_objects(member: Member, wheel: Wheel) -> tuple[Slice, ...]:
    """Return the objects for other CPUs in a static library that has objects for the tag's CPU, too.

    Windows is left out: one library may hold objects for ARM64 and for code that it emulates.
    """
    slices = native_slices(member)
    if not member.binary or member.binary.format != "ar" or len(slices) < 2 or fit(slices, wheel.platforms) != "native":
        return ()
    others = (slice_ for slice_ in slices if slice_.arches and slice_.system != "windows")
    foreign = tuple(each for each in others if not any(served_cpus(each, platform) for platform in wheel.platforms))
    return () if wheel.is_any or is_declared(member, wheel) else foreign
