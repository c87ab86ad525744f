"""ELF as the kernel and ld.so see it.

The walk is our own, because pyelftools' high-level reader trusts section
headers, which no loader reads (docs/design.md, decisions). Section headers are read here for only two things: whether
the table is where the header says (linkers write it last, so it is the first thing missing from a truncated file), and
whether a file is split debug data (`objcopy --only-keep-debug`), whose segments are past its end.
"""

from __future__ import annotations

from wheelcheck.binary.elf_dynamic import Dynamic, has_dynamic_table, read_dynamic
from wheelcheck.binary.elf_header import LINKED, judge_linked, judge_type, read_header
from wheelcheck.binary.elf_layout import Section
from wheelcheck.binary.elf_notes import Notes, read_notes
from wheelcheck.binary.elf_segments import Image, judge_mapping, read_image, read_interpreter
from wheelcheck.binary.model import Kind, Slice, System
from wheelcheck.binary.x86_code import X86Code, read_x86_code
from wheelcheck.patterns import regex
from wheelcheck.platforms.loaders import is_of_another_unix
from wheelcheck.records import replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.reader import Reading


SECTION_LIMIT = 4096
_NAMES_LIMIT = 2**20  # bytes of section names
_SHN_XINDEX = 0xFFFF
_SHT_NOTE, _SHT_NOBITS = 7, 8
_SHF_ALLOC = 0x2

_GNU_SEGMENTS = ("PT_GNU_RELRO", "PT_GNU_EH_FRAME", "PT_TLS", "PT_NOTE")
MMAP_MIN_ADDR = 4096  # the lowest value that kernels are configured with
_LINUX_NOTES = ("Linux", "Android")
# Versions of symbols in the C libraries of FreeBSD, Solaris, illumos. Others may have them: OpenJDK's libjvm.so does.
_UNIX_VERSIONS = ("FBSD", "SUNW", "ILLUMOS")
_C_LIBRARIES = regex(r"lib(?:c|m|thr|pthread|rt|dl|socket|nsl)\.so\.[0-9]+")
_OSABI_WORDS = {"FREEBSD": "FreeBSD", "NETBSD": "NetBSD", "OPENBSD": "OpenBSD", "HURD": "Hurd"}
_NOT_FOREIGN = ("ELFOSABI_SYSV", "ELFOSABI_LINUX", "ELFOSABI_ARM_AEABI", "ELFOSABI_ARM", "ELFOSABI_STANDALONE")


def judge_sections(reading: Reading, header: Header) -> None:
    """Record an impossible section header table. Only an object needs a table at all."""
    if header.shoff == 0:
        if header.type == "ET_REL" or header.shnum:
            reading.damage("elf-sections", f"e_shoff 0 with e_shnum {header.shnum} in a file of type {header.type}")
        return
    size = header.layouts.section.size
    if header.shentsize != size:
        reading.damage("elf-sections", f"e_shentsize {header.shentsize}: expected {size}")
        return
    count = header.shnum or _extended(reading, header).size
    if count == 0 and header.type != "ET_REL":
        return
    if header.shoff + count * size > reading.size:
        table = f"{count} section headers at {header.shoff:#x}"
        reading.damage("elf-truncated", f"{table} reach past the end of the file ({reading.size} bytes)")
        return
    names = header.shstrndx if header.shstrndx != _SHN_XINDEX else _extended(reading, header).link
    if names >= count:
        reading.damage("elf-sections", f"e_shstrndx {names}: there are {count} sections")


def _extended(reading: Reading, header: Header) -> Section:
    """Return section 0, which holds the counts that are too big for the header (gABI, e_shnum and e_shstrndx)."""
    return _section(reading, header, 0) or Section(0, 0, 0, 0, 0, 1, 1, 0, 0, 0)


def _section(reading: Reading, header: Header, index: int) -> Section | None:
    layout = header.layouts.section
    raw = reading.read(header.shoff + index * layout.size, layout.size)
    return Section(*layout.unpack(raw)) if len(raw) == layout.size else None


def debug_size(reading: Reading, header: Header) -> int:
    """Return how many bytes of a file are debug information, as its section headers say; 0 where they cannot be read.

    Nothing but the size of a released file depends on it.
    """
    size, count = header.layouts.section.size, min(header.shnum, SECTION_LIMIT)
    table = reading.read(header.shoff, count * size) if header.shoff and header.shentsize == size else b""
    rows = header.layouts.section.iter_unpack(table[: len(table) // size * size])
    sections = [(name, kind, at, length) for name, kind, _, _, at, length, *_ in rows]
    if header.shstrndx >= len(sections):
        return 0
    _, _, at, length = sections[header.shstrndx]
    names = reading.read(at, min(length, _NAMES_LIMIT))
    marks = (b".debug_", b".zdebug_")
    return sum(length for name, kind, _, length in sections if kind != _SHT_NOBITS and names.startswith(marks, name))


def is_split_debug(reading: Reading, header: Header) -> bool:
    """Return whether everything a loader would map is declared absent: all allocated sections NOBITS, notes aside."""
    count = min(header.shnum, SECTION_LIMIT)
    if header.shnum > count:
        reading.limit(f"{header.shnum} sections: only the first {SECTION_LIMIT} were read")
    reading.walk(count)
    parsed = (_section(reading, header, index) for index in range(count))
    types = [section.type for section in parsed if section is not None and section.flags & _SHF_ALLOC]
    return _SHT_NOBITS in types and {*types} <= {_SHT_NOBITS, _SHT_NOTE}


def read_elf(reading: Reading) -> tuple[Slice, ...]:
    """Return the slice of an ELF file, or none if its header cannot be read."""
    header = read_header(reading)
    if header is None:
        return ()
    judge_sections(reading, header)
    if header.type in LINKED:
        return (_read_linked(reading, header),)
    if header.is_known_machine:
        judge_type(reading, header)
    if header.is_known_machine or header.type == "ET_CORE":
        _judge_unlinked(reading, header)
    kind: Kind = "core" if header.type == "ET_CORE" else "object"
    return (identify(header, kind, "linux" if header.is_known_machine else "bare"),)


def _judge_unlinked(reading: Reading, header: Header) -> None:
    """Record the segments of a program in a file whose type says that it is none: nothing loads it."""
    image = read_image(reading.apart(0, reading.size), header)
    for single in ("PT_INTERP", "PT_DYNAMIC"):
        if image.of(single):
            reading.damage("elf-header", f"e_type {header.type} in a file with {single}: expected a program or library")
            return


def identify(header: Header, kind: Kind, system: System) -> Slice:
    """Return what the header says. x32 (x86-64 in 32 bits) is in no row of the CPU table."""
    is_x32 = header.machine_name == "EM_X86_64" and header.bits == 32
    return Slice(
        machine="x32" if is_x32 else header.machine_name,
        arches=tuple(row.name for row in header.rows),
        kind=kind,
        system=system,
        bits=header.bits,
        little_endian=header.little_endian,
        abi_accepted=header.abi_accepted,
        flags=header.flags,
    )


def _read_linked(reading: Reading, header: Header) -> Slice:
    """Read a program or library into a separate reading: damage counts only if it is for Linux, not for a GPU."""
    walk = reading.apart(0, reading.size)
    image = read_image(walk, header)
    interpreter = read_interpreter(walk, image)
    dynamic = read_dynamic(walk, header, image)
    notes = read_notes(walk, header, image)
    named = _named_systems(header, notes)
    if not _is_there(walk, header, image) and is_split_debug(reading, header):
        return identify(header, "debug", "linux" if header.is_known_machine else "bare")
    system = _system(header, image, dynamic)
    if system == "linux" and _is_for_another_unix(header, image, dynamic, interpreter, named):
        system = "other"
    if system == "linux":
        _judge_dynamic(walk, header, image)
        judge_mapping(walk, header, image)
    if system == "linux" and header.is_known_machine:
        judge_linked(walk, header)
    if system != "bare":
        reading.adopt(walk)
    found = _assemble(header, image, interpreter, dynamic, system)
    code = read_x86_code(walk, image) if header.machine_name == "EM_X86_64" and system == "linux" else X86Code()
    return replace(
        found,
        named_systems=named,
        x86_level=notes.x86_level,
        debug_size=min(debug_size(walk, header), reading.size),
        x86_extensions=code.extensions,
        asks_cpu=code.asks,
    )


def _is_there(reading: Reading, header: Header, image: Image) -> bool:
    """Return whether the bytes that a loader needs are in the file: then it is no split debug data, whatever it claims.

    No loader reads section headers, so a library can declare every section absent and be loaded.
    """
    if image.of("PT_DYNAMIC"):
        return has_dynamic_table(reading, header, image)
    code = [load for load in image.of("PT_LOAD") if load.is_executable and load.filesz]
    return bool(code) and all(load.offset + load.filesz <= reading.size for load in code)


def _judge_dynamic(reading: Reading, header: Header, image: Image) -> None:
    """Record a missing PT_DYNAMIC. Only a fixed-address program without a loader may lack it."""
    if image.of("PT_DYNAMIC"):
        return
    if header.type == "ET_DYN" or image.of("PT_INTERP"):
        reading.damage("elf-dynamic", "no PT_DYNAMIC, which the loader of a shared or dynamic file needs")


def _system(header: Header, image: Image, dynamic: Dynamic) -> System:
    """Return whether a program or library is for an operating system, by evidence and not by a second list of CPUs.

    A machine in no row of the table (GPU, BPF, micro-controller) is "bare" unless it needs a loader or a library. So is
    firmware: a static program without any mark of a Linux tool chain, whose ABI flags every row refuses or that begins
    at address 0.
    """
    is_hosted = bool(image.of("PT_INTERP") or dynamic.needed)
    if not header.is_known_machine:
        return "linux" if is_hosted else "bare"
    is_static = header.type == "ET_EXEC" and not is_hosted
    is_marked = any(segment.type in _GNU_SEGMENTS for segment in image.segments)
    is_foreign_abi = bool(header.rows) and not header.abi_accepted
    is_firmware = is_foreign_abi or _is_unmappable(header, image)
    return "bare" if is_static and is_firmware and not is_marked else "linux"


def _named_systems(header: Header, notes: Notes) -> tuple[str, ...]:
    """Return the systems that EI_OSABI and the notes name, e.g. FreeBSD, Solaris, Android."""
    osabi = header.osabi if isinstance(header.osabi, str) and header.osabi not in _NOT_FOREIGN else ""
    word = osabi.removeprefix("ELFOSABI_")
    named = [_OSABI_WORDS.get(word, word.title())] if osabi else []
    return tuple(dict.fromkeys((*named, *notes.systems)))


def _is_for_another_unix(
    header: Header, image: Image, dynamic: Dynamic, interpreter: str, named: tuple[str, ...]
) -> bool:
    """Return whether one proof says that the file is not for Linux: EI_OSABI, a note, a version or a program's loader.

    Linux's kernel and loaders ignore a note, and the kernel EI_OSABI too, but Linux code is never built with either.
    A program that another system's loader starts cannot be started there. MIPS and PowerPC, which
    the table does not hold, are not asked: glibc's loader has a name there (ld.so.1) that other systems use as well.
    """
    if any(system not in _LINUX_NOTES for system in named):
        return True
    needs = (need for need in dynamic.versions if need.version.startswith(_UNIX_VERSIONS))
    if any(_C_LIBRARIES.fullmatch(need.library) for need in needs):
        return True
    is_program = _kind(header, image, dynamic) == "executable"
    return is_program and header.is_known_machine and is_of_another_unix(interpreter)


def _is_unmappable(header: Header, image: Image) -> bool:
    """Return whether a 32-bit program is for a micro-controller: it begins at an address that Linux does not map."""
    lowest = min((load.vaddr for load in image.of("PT_LOAD")), default=MMAP_MIN_ADDR)
    return header.bits == 32 and lowest < MMAP_MIN_ADDR and not image.of("PT_GNU_STACK")


def _kind(header: Header, image: Image, dynamic: Dynamic) -> Kind:
    """Distinguish a program from a library; PT_INTERP with DT_SONAME is a library that can also be run."""
    if header.type == "ET_EXEC" or dynamic.is_pie:
        return "executable"
    return "executable" if image.of("PT_INTERP") and not dynamic.soname else "library"


def _assemble(header: Header, image: Image, interpreter: str, dynamic: Dynamic, system: System) -> Slice:
    kind = _kind(header, image, dynamic)
    return replace(
        identify(header, kind, system),
        interpreter=interpreter,
        soname=dynamic.soname,
        needed=dynamic.needed,
        versions=dynamic.versions,
        defined_versions=dynamic.defined_versions,
        rpath=dynamic.rpath,
        runpath=dynamic.runpath,
        dynamic=dynamic.proven,
        largest_page=image.largest_page(by_loader=kind == "library"),
        executable_stack=image.has_executable_stack,
        text_relocations=dynamic.text_relocations,
        no_dlopen=dynamic.no_dlopen,
        static_tls=image.tls_size if dynamic.static_tls else 0,
        dynamic_tags=dynamic.tags,
        imports=dynamic.symbols.imports,
        exports=dynamic.symbols.exports,
        symbols_known=dynamic.symbols.known,
    )
