"""WC302, WC305, WC310 and WC311: what is named or declared as native code is whole, and programs can be started."""

from __future__ import annotations

import re

from wheelcheck.counting import counted
from wheelcheck.facts import Release, Wheel
from wheelcheck.facts.dist_info import GROUPS, without_wrapper_suffix
from wheelcheck.facts.file_names import member_path
from wheelcheck.facts.fit import is_emulated, is_foreign_payload, native_slices, same_system
from wheelcheck.patterns import regex
from wheelcheck.platforms import hints
from wheelcheck.platforms.magic import LFS_POINTER
from wheelcheck.platforms.paths import name_of, parts_of, suffix_of
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.platforms.tags import SYSTEM_NAMES, parse_platform
from wheelcheck.platforms.wheel_tags import Wheels, WheelTag
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Binary, Slice, System
    from wheelcheck.config import Payload
    from wheelcheck.config.fields import Severity
    from wheelcheck.facts import Member

_LINKER_SCRIPT = regex(rb"(?:INPUT|GROUP|OUTPUT_FORMAT|SEARCH_DIR|TARGET|VERSION)\s*\(")
_BUILT = regex(r"\.(?:o|obj|a|bpf|exe|node|wasm)$", re.IGNORECASE)  # what only a compiler or linker writes
_CODE_ENDINGS = frozenset(["so", "dylib", "pyd", "dll", "o", "obj", "a", "bpf", "exe", "node", "wasm"])
_WINDOWS_CODE = frozenset({".exe", ".dll", ".pyd"})
_ONLY_CODE = {"windows": _WINDOWS_CODE, "macos": frozenset({".dylib"})}  # endings under which a system expects code
_STUBS = (
    (regex(re.escape(LFS_POINTER)), "a git-lfs pointer"),
    (regex(rb"\s*<(?:!doctype\s+html|html|head|\?xml)", re.IGNORECASE), "an HTML or XML page"),
    (regex(rb"\xca\xfe\xba\xbe"), "a Java class"),
)
_SYSTEMS: tuple[tuple[System, str], ...] = (("linux", "ELF"), ("macos", "Mach-O"), ("windows", "PE"))
_CUT_OFF = frozenset({"elf-truncated", "macho-truncated", "pe-truncated"})
_UNLOADABLE = frozenset({"object", "archive", "core"})  # no loader takes a file with nothing else in it
_PROGRAM_FOLDERS = frozenset({"bin", "scripts", "libexec", "sbin"})
_MARK = b"\xef\xbb\xbf"  # of UTF-8, as editors on Windows write it
_NOT_EXECUTABLE = 'is not executable: pip installs it without an exec bit. Running it says "Permission denied"'
_FAKE_LINK = regex(rb"[\w./+-]{1,255}\Z")


@rule("WC302", on=Wheel, severity=("error", "warning"), fix="mode")
def every_executable_has_its_exec_bit(wheel: Wheel) -> Iterator[Hit]:
    """Every program and every `#!` script for Linux or macOS is a regular file that pip installs with its exec bit.

    pip sets the exec bits of a file only if its entry says `S_ISREG(mode) and mode & 0o111`; a file at 0o755 without
    the file type is installed without exec bits. microsandbox 0.6.10 bundles its command line tool at 0644: "Permission
    denied" for every user. Libraries need no exec bit; they are recognised by content (no PT_INTERP, not ET_EXEC, not
    PIE), not by suffix.

    A package that sets the bit itself before it starts the program works for a user who owns the installation. It fails
    where site-packages is read-only or shared with other users, so this stays an error; a project that can live with it
    ignores the code with a reason. A wheel for any platform chooses its program at run time and can make it executable
    then, so that is a warning, except in `.data/scripts`, where the user starts the file.

    A script of `.data/scripts` or `.data/data/bin` that begins with `#!` needs the bit as a program does: pip keeps its
    mode. Where a script of `.data/scripts` begins with `#!python`, it is a warning: the specification leaves the bit to
    the installer, and uv adds it, though pip does not. The first line must hold no carriage return,
    except that of `#!python` in `scripts`, which both rewrite: the kernel looks for an interpreter named `python3^M`.
    Nor does the kernel see `#!` behind a byte order mark. In a wheel for Windows alone none of this matters. The only
    wheel of 356 with such a script is llama_bsl 0.3, built on Windows: no user of Linux or macOS can start its command.

    Source: the binary distribution format (PyPA); pip's `zip_item_is_executable` and `fix_script`, tried with pip
    26.3 and uv 0.13.9; microsandbox#1408.
    Remedy: chmod 0755 before the wheel is built. A transport such as upload-artifact loses modes: set them again after.
    Where a launcher sets the bit at run time, a `severity` entry for WC302 says so.
    """
    launchers = {name for group in GROUPS for name in wheel.dist_info.entry_points.get(group, {})}
    for member in wheel.natives:
        programs = [slice_ for slice_ in native_slices(member) if _must_start(slice_, wheel)]
        if programs and not member.pip_installs_executable and not hints.is_fixture(member.path):
            chosen = wheel.is_any and not _is_command(member, launchers)
            message = _not_executable(member)
            yield Hit(member.path, message, severity="warning" if chosen else None, cause=_NOT_EXECUTABLE)
    for member in wheel.members:
        if (
            member.head.removeprefix(_MARK).startswith(b"#!")
            and _has_exec_bits(wheel)
            and _is_command(member, launchers)
        ):
            yield from _script_hits(member)


def _not_executable(member: Member) -> str:
    """Say why installers leave a file without its exec bit, and what its user sees."""
    if member.mode & 0o111:
        why = f"its mode {member.mode:#o} does not say that it is a regular file, and pip leaves the exec bit out"
    else:
        why = f"its mode {member.mode:#o} has no exec bit, and pip installs it as it is"
    return f'is not executable: {why}. Running it says "Permission denied"'


def _must_start(slice_: Slice, wheel: Wheel) -> bool:
    if slice_.kind != "executable" or slice_.system not in ("linux", "macos"):
        return False
    return wheel.is_any or any(same_system(slice_, platform) for platform in wheel.platforms)


def _has_exec_bits(wheel: Wheel) -> bool:
    """Return whether some platform of the tags starts a file by its exec bit, as all but Windows do."""
    return any(platform.system != "windows" for platform in wheel.platforms)


def _is_command(member: Member, launchers: set[str]) -> bool:
    """Return whether installers make a command of the member, as of each file in `.data/scripts` and `.data/data/bin`.

    They leave out a script that is named like the launcher of an entry point.
    """
    top, *folders = parts_of(member.path) or ("",)
    if not top.endswith(".data") or member.kind != "file":
        return False
    name = folders.pop() if folders else ""
    return folders == ["data", "bin"] or (folders == ["scripts"] and without_wrapper_suffix(name) not in launchers)


def _script_hits(member: Member) -> Iterator[Hit]:
    """Judge the mode and the first line of a script that the kernel starts."""
    line = member.head.partition(b"\n")[0]
    is_rewritten = line.startswith(b"#!python") and parts_of(member.path)[-2:-1] == ("scripts",)
    if not member.pip_installs_executable:
        severity: Severity | None = "warning" if is_rewritten else None
        yield Hit(member.path, _not_executable(member), severity=severity, cause=_NOT_EXECUTABLE)
    if b"\r" in (line.removesuffix(b"\r") if is_rewritten else line):
        yield Hit(
            member.path,
            f"its first line {line[:80]!r} ends with a carriage return, which the kernel takes for part of the name",
            fixable=False,
        )
    if line.startswith(_MARK):
        yield Hit(member.path, "begins with a byte order mark, so the kernel does not see its #!", fixable=False)


@rule("WC305", on=Wheel, severity=("error", "warning"))
def every_binary_is_whole(wheel: Wheel) -> Iterator[Hit]:
    """Files that look like native code are complete: not empty, truncated, a Git LFS pointer or an HTML page.

    packetframe 0.0.1 shipped zero-byte BPF objects for four targets while its tests passed in 0.00 s.
    ffmpegarm64v8a-mkkk ships a saved GitHub page as libffmpeg.so, and sdbus 0.14.1 an ELF file with e_machine 0. Linker
    scripts are legitimate, and so are empty placeholders whose path names another platform.

    Errors, besides damage to native code:

    - a file with an exec bit that is empty or nothing but zeros, under any name;
    - a file that is named as an extension module and holds no library: a text, a Java class, WebAssembly, an object
      file, a program;
    - a Java class under any name of native code;
    - debug data in place of a program;
    - a text that is named `.exe`, `.dll` or `.pyd` in a Windows wheel, or `.dylib` in a macOS wheel;
    - an `.exe` in a Windows wheel that Windows does not start: a library, or a program of a subsystem other than those
      with windows or a console.

    Under another name of a library it is a warning: a text, an object, a static library, WebAssembly, and debug data
    outside of `.debug`. Damage other than a missing end is excused in code for a platform that the tags do not promise,
    if its path names that platform: other loaders have other rules.

    Source: the ELF, Mach-O and PE specifications; the git-lfs pointer format.
    Remedy: make the build fail when its output is missing, and fetch LFS content before packaging.
    """
    for member in wheel.members:
        if member.kind != "file" or not (member.binary or _may_claim(member)) or hints.is_fixture(member.path):
            continue
        if member.binary:
            broken = [damage for damage in member.binary.damage if not damage.cap]
            cut_off = any(damage.kind in _CUT_OFF for damage in broken)
            if cut_off or (broken and not is_foreign_payload(member, wheel)):
                yield Hit(member.path, f"{broken[0].kind}: {broken[0].why}")
            elif found := _misnamed(member, member.binary, wheel):
                yield found
        elif found := _stub(member, wheel):
            yield found


def _misnamed(member: Member, binary: Binary, wheel: Wheel) -> Hit | None:
    """Judge native code whose name promises something that a loader takes."""
    if not binary.slices:  # a limit of ours ended the reading
        return None
    kinds = " and ".join(sorted(binary.kinds)) or binary.format
    is_for_browsers = binary.format == "wasm" and not any(p.system in ("wasm", "other") for p in wheel.platforms)
    if is_extension_module(member.path):
        if is_for_browsers or (binary.format == "ELF" and not native_slices(member)):
            return Hit(member.path, "found code for no CPU that runs Python, which cannot import it")
        if not _is_loadable(member):
            return Hit(member.path, f"found {kinds} code, expected a library: Python cannot import it")
        return None
    if binary.kinds == {"debug"} and not hints.holds_debug_data(member.path):
        return _debug_data_alone(member)
    suffix = suffix_of(member.path).lower()
    if suffix == ".exe" and binary.format == "PE" and not any(map(_is_started, binary.slices)):
        return _not_started(member, kinds, wheel)
    is_loaded = suffix in _WINDOWS_CODE or hints.is_library(member.path)
    if not is_loaded or is_foreign_payload(member, wheel) or not (is_for_browsers or binary.kinds <= _UNLOADABLE):
        return None
    found = "WebAssembly" if is_for_browsers else f"{kinds} code"
    message = f"found {found}, expected a library that a loader can load"
    return Hit(member.path, message, severity=None if _system_of_name(member, wheel) else "warning")


def _debug_data_alone(member: Member) -> Hit | None:
    """Judge what `objcopy --only-keep-debug` leaves of a file, under the name of the file itself."""
    found = "found debug data without code, which nothing can load or start"
    if _is_program(member) or _is_command(member, set()):
        return Hit(member.path, f"{found}, expected a program")
    return Hit(member.path, f"{found}, expected a library", "warning") if hints.is_library(member.path) else None


def _is_started(slice_: Slice) -> bool:
    return slice_.managed or (slice_.kind == "executable" and slice_.system == "windows")


def _not_started(member: Member, kinds: str, wheel: Wheel) -> Hit | None:
    """Judge an .exe that Windows would refuse to start: a library, a driver, or a program for firmware."""
    if is_foreign_payload(member, wheel) or not any(platform.system == "windows" for platform in wheel.platforms):
        return None
    return Hit(member.path, f"found {kinds} code that Windows does not start, expected a program for Windows")


def _is_loadable(member: Member) -> bool:
    """Return whether native code is a library, or lies where only debuggers look for it."""
    kinds = member.binary.kinds if member.binary else frozenset()
    return "library" in kinds or (kinds == {"debug"} and hints.holds_debug_data(member.path))


def _stub(member: Member, wheel: Wheel) -> Hit | None:
    """Judge a file that is not native code but may claim to be."""
    library, built = hints.is_library(member.path), bool(_BUILT.search(name_of(member.path)))
    claims = library or built or _is_program(member)
    if (claims or _is_blank_program(member, wheel)) and not member.head.strip(b"\0"):
        found = "nothing but zeros" if member.size else "an empty file"
        excused = name_of(member.path).startswith(".") or (not member.size and _placeholder(member, wheel))
        return None if excused else Hit(member.path, f"found {found}, expected native code")
    for pattern, what in _STUBS[: None if claims else 1]:
        if pattern.match(member.head):
            return Hit(member.path, f"found {what}, expected the file's own content")
    if system := _system_of_name(member, wheel):
        return Hit(member.path, f"found {member.head[:16]!r}…, expected native code: {system} loads nothing else")
    if is_extension_module(member.path):
        return Hit(member.path, f"found {member.head[:16]!r}…, expected native code: Python can import nothing else")
    if not library or _is_linker_script(member.head):
        return None
    if member.size <= 255 and _FAKE_LINK.fullmatch(member.head.strip()):
        return Hit(member.path, f"found a link's text {member.head!r}, expected native code")
    return Hit(member.path, f"found {member.head[:16]!r}…, expected native code", severity="warning")


def _system_of_name(member: Member, wheel: Wheel) -> str:
    """Return the system of the wheel on which a file of this name is code and nothing else; empty if there is none."""
    suffix = suffix_of(member.path).lower()
    systems = (platform.system for platform in wheel.platforms)
    return next((SYSTEM_NAMES[system] for system in systems if suffix in _ONLY_CODE.get(system, ())), "")


def _may_claim(member: Member) -> bool:
    """Return whether a file may claim to be native code, by mode, name or content; a quick look, hardly any does."""
    if member.mode & 0o111:
        return True
    ending = member.path.rpartition(".")[2].rstrip("\n").lower()
    return ending in _CODE_ENDINGS or ending.isdecimal() or member.head.startswith(LFS_POINTER)


def _is_linker_script(head: bytes) -> bool:
    """Return whether a text is a script of the linker, after its comments."""
    head = head.lstrip()
    if head.startswith(b"/* GNU ld script"):
        return True
    while head.startswith(b"/*"):
        head = head.partition(b"*/")[2].lstrip()
    return _LINKER_SCRIPT.match(head) is not None


def _is_program(member: Member) -> bool:
    """Return whether mode, name and folder say that this is a program, of whatever kind."""
    if not member.mode & 0o111 or suffix_of(member.path):
        return False
    return _PROGRAM_FOLDERS.issuperset(parts_of(member.path)[-2:-1] or ("",))


def _is_blank_program(member: Member, wheel: Wheel) -> bool:
    """Return whether a file has nothing but zeros, or no byte, although its exec bit says that it can be started.

    Where every file has the bit, it comes from a file system without modes and says nothing. An empty file is meant
    only without suffix (`tool`, `tool-1.2`): `__init__.py` and `py.typed` are not.
    """
    if not (member.mode & 0o111 and wheel.has_plain_files) or member.head.strip(b"\0") or ".dist-info/" in member.path:
        return False
    if member.size:
        return member.sha256 == _hash_of_zeros(member.size)
    suffix = suffix_of(member.path)
    return not suffix or suffix[1:].isdecimal()


def _hash_of_zeros(size: int) -> str:
    import hashlib  # noqa: PLC0415  # slow to import: it loads OpenSSL

    hashed, block = hashlib.sha256(), bytes(1 << 20)
    for _ in range(size // len(block)):
        hashed.update(block)
    hashed.update(bytes(size % len(block)))
    return hashed.hexdigest()


def _placeholder(member: Member, wheel: Wheel) -> bool:
    """Return whether an empty file stands for another platform than the wheel's, by its own path."""
    systems = dict.fromkeys(platform.binary_format for platform in wheel.platforms)
    others = [system for system, form in _SYSTEMS if form not in systems]
    return any(hints.names_system(member.path, system) for system in others)


def _without_payload(release: Release) -> str:
    return (
        ""
        if release.expected.payload and release.wheels
        else "the configuration declares no payload, or no wheel is given"
    )


@rule("WC310", on=Release, needs=_without_payload, absence=True)
def every_wheel_carries_the_declared_payload(release: Release) -> Iterator[Hit]:
    """Each file of `[[tool.wheelcheck.payload]]` is in every wheel, and is native code of the declared kind.

    A count or a glob does not notice that one of five executables is missing or empty; a declaration does.

    Source: a requirement of three projects whose releases lost a binary unnoticed (packetframe 0.0.1 among them).
    Remedy: build and stage the missing binary, or take it out of the configuration.
    """
    for wheel in release.wheels:
        members = {member.path: member for member in wheel.members}
        for payload in release.expected.payload:
            path = member_path(payload.path, wheel.file)
            if problem := _payload_problem(members.get(path), payload):
                yield Hit(path, problem, artifact=wheel.file)


def _payload_problem(member: Member | None, payload: Payload) -> str:
    if member is None:
        return f"payload {payload.name!r} is missing, expected a native {payload.kind}"
    kinds = {slice_.kind for slice_ in member.slices}
    if payload.kind not in kinds:
        found = " and ".join(sorted(kinds)) or f"{counted(member.size, 'byte')} and no native code"
        return f"payload {payload.name!r}: found {found}, expected a native {payload.kind}"
    return ""


def _without_platform_wheels(release: Release) -> str:
    wanted = any(not parse_platform(expected.platform).is_any for expected in _expected_wheels(release))
    return (
        "" if wanted and release.wheels else "the configuration expects no wheel for a platform, or no wheel is given"
    )


def _expected_wheels(release: Release) -> tuple[WheelTag, ...]:
    return (*release.expected.wheels, *release.expected.built_elsewhere)


@rule("WC311", on=Release, needs=_without_platform_wheels, absence=True)
def every_expected_platform_wheel_holds_native_code(release: Release) -> Iterator[Hit]:
    """A wheel that the configuration expects for a platform holds native code for that platform.

    The file alone does not always say whether it ought to, and WC304 only warns where the ABI tag is `none` or the
    wheel may be a meta package. A configuration that lists the wheel (`python` and `architectures`, or `wheels`) says
    so: a build that lost its program or library is an error. Test data and payload that its path declares for another
    platform do not make up for it, nor do objects for a debugger. Code that no CPU runs (eBPF, WebAssembly, .NET)
    counts, and so does code of the wrong platform for which another rule has an error. What lies in a nested archive
    is not judged where the ABI tag is `none`; no interpreter imports from it.

    Source: `[tool.wheelcheck]` (python, architectures, wheels).
    Remedy: make the build fail when its output is missing; tag a package without native code `py3-none-any`.
    """
    wanted = Wheels((expected, str(expected)) for expected in _expected_wheels(release))
    for wheel in release.wheels:
        abis = {tag.abi for tag in wheel.name.tags if wanted.need(tag)}
        packed = "none" in abis and any(member.archive for member in wheel.members)
        if abis and not (wheel.is_any or packed or any(_is_held(member, wheel) for member in wheel.natives)):
            message = "found no native code, expected some: the configuration lists this wheel for its platform"
            yield Hit("", message, artifact=wheel.file)


def _is_held(member: Member, wheel: Wheel) -> bool:
    """Return whether the member is native code that the wheel's users run, or that another rule refuses."""
    if not member.binary or member.binary.kinds == {"debug"} or hints.is_fixture(member.path):
        return False
    slices = native_slices(member)
    emulated = any(is_emulated(slice_, platform) for slice_ in slices for platform in wheel.platforms)
    return not slices or emulated or not is_foreign_payload(member, wheel)
