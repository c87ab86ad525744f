"""What a reader records instead of raising: bytes that are wrong, or more work than a cap allows."""

from __future__ import annotations

from wheelcheck.records import dataclass
from wheelcheck.typed import Literal

Topic = Literal["structure", "name", "collision", "storage", "content", "hidden data", "outside", "native", "limit"]

TOPICS: dict[Topic, str] = {
    "structure": "The container is malformed, ambiguous, or has bytes that it does not account for.",
    "name": "A member's name is not safe to write on every system.",
    "collision": "Members have names that are the same file on some systems.",
    "storage": "A member is stored in a way that not every installer reads.",
    "content": "The content of a member is not what the container states.",
    "hidden data": "The container has parts that can hide data and that no build backend writes.",
    "outside": "A member leads out of the archive, or is not a file.",
    "native": "No loader accepts the native file as it is, or it is not what its headers say.",
    "limit": "Reading stopped at a limit of wheelcheck. Nothing is known to be wrong, and the file is not verified.",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of damage means, and the topic by which rules select it.

    `legal` is true for what the format allows and all installers read alike; rules decide if a release may do it.
    """

    topic: Topic
    meaning: str
    legal: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Damage:
    """One thing wrong with bytes, found while reading them.

    `path` is the member (empty: the container itself), `kind` a key of KINDS such as `zip-gap`, `why` a sentence with
    what was found and what was expected. `cap` is true if reading stopped at a limit of wheelcheck: nothing is known to
    be wrong, but the file is not verified either. Raises ValueError for an unknown kind.
    """

    path: str
    kind: str
    why: str
    cap: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is not a kind of damage: add it to wheelcheck/damage.py")


EMPTY = "the file is empty (0 bytes), expected an archive: was the build or the download cut short?"


def beginning(head: bytes) -> str:
    """Return the first bytes of a file as people read them: as text if they are text, else in hexadecimal."""
    first = head[:16].partition(b"\n")[0].rstrip(b"\r")
    is_text = first.isascii() and first.decode("ascii").isprintable()
    return f'"{first.decode("ascii")}"' if first and is_text else head[:8].hex(" ")


# What the archive readers record. A test proves that some input produces each kind.
_ARCHIVE: dict[str, Kind] = {
    # any file
    "empty": Kind("structure", "the file has no bytes"),
    "not-an-archive": Kind("structure", "the content is not a known archive format"),
    "unsupported-archive": Kind("storage", "an archive format that wheelcheck does not read"),
    "two-formats": Kind("structure", "a file that is a zip for some readers and a tar for others"),
    # zip: the end record and the central directory
    "not-a-zip": Kind("structure", "there is no end-of-central-directory record"),
    "zip-truncated": Kind("structure", "the file begins like a zip, but its end is missing"),
    "zip-comment": Kind("hidden data", "an archive comment, where another archive can hide", legal=True),
    "zip-writer-comment": Kind("hidden data", "the fixed archive comment of a library that writes zips", legal=True),
    "zip-suffix": Kind("structure", "bytes after the archive"),
    "zip-prefix": Kind(
        "structure", "bytes before the first member, as in self-extracting archives and spanned markers"
    ),
    "zip-two-ends": Kind("structure", "several end records, so that readers disagree which archive this is"),
    "zip-disk": Kind("structure", "part of a set of disks"),
    "zip-zip64": Kind("structure", "zip64 values missing, of the wrong length or in conflict with the classic ones"),
    "zip-zip64-unneeded": Kind("hidden data", "zip64 structures for values that do not need them", legal=True),
    "zip-directory": Kind("structure", "the central directory is misplaced or malformed"),
    "zip-entry-count": Kind("structure", "the end record has the wrong number of members"),
    "zip-no-members": Kind("structure", "a zip without members"),
    "zip-member-comment": Kind("hidden data", "a comment on a member", legal=True),
    "zip-version": Kind("structure", "a member needs a version of the format that does not exist"),
    "zip-extra": Kind("structure", "an extra field that is not a sequence of whole, distinct blocks"),
    "zip-extra-data": Kind("hidden data", "an extra field with data that no zip tool needs", legal=True),
    "zip-unicode-path": Kind("structure", "an extra field gives a member another name"),
    "zip-name-flag": Kind("structure", "a name beyond ASCII that is not marked as UTF-8"),
    "zip-duplicate-name": Kind("collision", "two members with the same name"),
    # members of a zip
    "zip-no-local": Kind("structure", "no local header where the central directory says"),
    "zip-local-differs": Kind("structure", "the local header and the central directory disagree"),
    "zip-order": Kind("hidden data", "members are stored in another order than they are listed", legal=True),
    "zip-overlap": Kind("structure", "members share bytes"),
    "zip-gap": Kind("structure", "bytes that belong to no member, or to one that is not listed"),
    "zip-descriptor": Kind("hidden data", "sizes follow the data instead of preceding it", legal=True),
    "zip-descriptor-differs": Kind("content", "the sizes after the data are missing or wrong"),
    "zip-flags": Kind("storage", "flags that readers interpret differently"),
    "zip-encrypted": Kind("storage", "encrypted data"),
    "zip-method": Kind("storage", "a compression method that installers do not know"),
    "zip-deflate": Kind("content", "a broken deflate stream"),
    "zip-size": Kind("content", "the data has another size than declared"),
    "zip-crc": Kind("content", "the data has another CRC-32 than declared"),
    "zip-stream-suffix": Kind("content", "bytes after the end of the deflate stream"),
    "zip-kind-differs": Kind("structure", "mode, MS-DOS attributes and trailing slash disagree about what is a file"),
    # tar
    "tar-checksum": Kind("structure", "a block that is not a tar header"),
    "tar-truncated": Kind("content", "the archive ends inside a member"),
    "tar-no-end": Kind("structure", "two blocks of zeros do not end the archive"),
    "tar-data-after-end": Kind("structure", "data after the end of the archive"),
    "tar-no-members": Kind("structure", "a tar without members"),
    "tar-magic": Kind("structure", "neither a POSIX, a GNU nor a version 7 header"),
    "tar-hidden": Kind("structure", "bytes in unused parts of a header"),
    "tar-number": Kind("structure", "a number that readers parse differently"),
    "tar-padding": Kind("structure", "bytes between a member and the next block"),
    "tar-type": Kind("storage", "a type of member that readers treat differently"),
    "tar-type-data": Kind(
        "structure", "data on a link, directory or device, which some readers parse as further members"
    ),
    "tar-sparse": Kind("storage", "a file with holes"),
    "tar-privileges": Kind("storage", "an access list, a privilege or a flag, which some readers restore"),
    "tar-duplicate-name": Kind("collision", "two members with the same name"),
    "tar-gnu-long": Kind("structure", "a malformed GNU long name"),
    "tar-pax-record": Kind("structure", "a malformed pax record"),
    "tar-pax-duplicate": Kind("structure", "a pax record set twice"),
    "tar-pax-charset": Kind("structure", "names in another encoding than UTF-8"),
    "tar-pax-conflict": Kind("structure", "an extended header and the block disagree about the size or a name"),
    "tar-pax-global": Kind("structure", "a global header that renames or resizes members"),
    "tar-extension-order": Kind(
        "structure", "extended headers that readers combine differently, or that describe nothing"
    ),
    "tar-link-outside": Kind("outside", "a link out of the archive, or out of its one top folder"),
    "tar-link-missing": Kind("outside", "a hard link to no earlier file of the archive"),
    "tar-link-mode": Kind("outside", "a hard link with another mode than its file"),
    "tar-link-loop": Kind("outside", "a symbolic link that leads back to itself"),
    "tar-link-dangling": Kind("outside", "a symbolic link to nothing in the archive"),
    "tar-link-chain": Kind("outside", "a symbolic link that goes up after passing through another"),
    # compression around a tar
    "not-gzip": Kind("structure", "no gzip header"),
    "gzip-header": Kind("structure", "reserved flags, a wrong header checksum or an endless name"),
    "gzip-hidden": Kind("hidden data", "an extra field or comment in the gzip header"),
    "gzip-truncated": Kind("content", "the stream is cut short"),
    "gzip-deflate": Kind("content", "a broken deflate stream"),
    "gzip-crc": Kind("content", "the content has another CRC-32 than declared"),
    "gzip-size": Kind("content", "the content has another size than declared"),
    "gzip-concatenated": Kind("structure", "a second gzip member, which some readers ignore"),
    "gzip-trailing": Kind("structure", "bytes after the end"),
    "stream-truncated": Kind("content", "an xz or bzip2 stream is cut short"),
    "stream-damaged": Kind("content", "a broken xz or bzip2 stream"),
    "stream-trailing": Kind("structure", "bytes after the end of an xz or bzip2 stream"),
    # members of either
    "entry-device": Kind("outside", "a device, pipe or socket"),
    "entry-directory-data": Kind("structure", "a directory with content"),
    "name-empty": Kind("name", "an empty name"),
    "name-encoding": Kind("name", "a name that is not UTF-8"),
    "name-drive": Kind("name", "a Windows drive or network share"),
    "name-absolute": Kind("name", "an absolute path"),
    "name-backslash": Kind("name", "a separator only on Windows"),
    "name-control": Kind("name", "a control character"),
    "name-bidi": Kind("name", "a character that reorders text"),
    "name-invisible": Kind("name", "a character that nobody sees or that has no meaning: uv refuses such a name"),
    "name-joined": Kind("name", "an emoji joined of several: uv refuses such a name in a wheel", legal=True),
    "name-compatibility": Kind("name", "a character that becomes a separator or dots when normalised"),
    "name-component": Kind("name", "an empty or '.' component"),
    "name-parent": Kind("name", "a '..' component"),
    "name-trailing": Kind("name", "a trailing dot or space, which Windows drops", legal=True),
    "name-colon": Kind("name", "an alternate data stream on Windows", legal=True),
    "name-reserved": Kind("name", "a device name of Windows", legal=True),
    "name-wildcard": Kind("name", "a character that no name on Windows can have", legal=True),
    "name-long": Kind("name", "a component of more than 255 bytes"),
    "name-case-collision": Kind("collision", "names that differ only in case", legal=True),
    "name-unicode-collision": Kind("collision", "names that differ only in normalisation"),
    "name-below-file": Kind("collision", "members below a path that is not a directory"),
    # limits of ours: the verdict is "could not verify"
    "cap-members": Kind("limit", "too many members"),
    "cap-unpacked": Kind("limit", "too many bytes"),
    "cap-ratio": Kind("limit", "too high a compression ratio"),
    "cap-name": Kind("limit", "too long a name"),
    "cap-depth": Kind("limit", "too deep a path"),
    "cap-directory": Kind("limit", "too large a central directory"),
    "cap-pax": Kind("limit", "too large an extended header"),
    "cap-held": Kind("limit", "a member too large to be kept in memory"),
    "cap-reread": Kind("limit", "too much random access within a member"),
    "cap-memory": Kind("limit", "a decompressor that needs too much memory"),
    "cap-damage": Kind("limit", "too much damage to list"),
    "cap-steps": Kind("limit", "too much work, counted in steps of about a microsecond"),
}


# What the readers of native code record. A kind that ends in `-limit` is recorded if reading stopped at a cap of
# wheelcheck, so the file is not verified; every other kind means that the bytes are wrong. A test produces each.
_BINARY: dict[str, Kind] = {
    "elf-truncated": Kind(
        "native", "the ELF header, the program or section headers or a PT_LOAD reach past the end of the file"
    ),
    "elf-header": Kind("native", "a field of the ELF header has a value no loader accepts"),
    "elf-osabi": Kind("native", "EI_OSABI or EI_ABIVERSION is one that Linux's dynamic loader refuses"),
    "elf-machine-none": Kind("native", "e_machine is 0, EM_NONE: no CPU can run it (sdbus 0.14.1 shipped such files)"),
    "elf-segment": Kind("native", "program headers contradict themselves or each other"),
    "elf-sections": Kind(
        "native", "the section header table is impossible; the loader does not read it, strip and debuggers do"
    ),
    "elf-interpreter": Kind("native", "PT_INTERP is not a path that ends in NUL within the kernel's PATH_MAX"),
    "elf-dynamic": Kind(
        "native", "the dynamic segment is missing, unmapped, without an end, or lacks what it refers to"
    ),
    "elf-string": Kind("native", "a string of the dynamic segment is outside its table, has no end or is not UTF-8"),
    "elf-versions": Kind("native", "the symbol version needs (.gnu.version_r) are malformed"),
    "elf-limit": Kind("limit", "more entries or bytes than the ELF reader's caps"),
    "macho-truncated": Kind(
        "native", "a Mach-O header, slice, load command or segment reaches past the end of the file"
    ),
    "macho-header": Kind("native", "a field of the Mach-O header has a value no loader accepts"),
    "macho-command": Kind("native", "a load command has an impossible size or string"),
    "macho-fat": Kind(
        "native", "the slices of a universal file overlap, repeat a CPU or are not what the fat header says"
    ),
    "macho-version": Kind("native", "minimum OS versions contradict each other"),
    "macho-encrypted": Kind("native", "a segment is encrypted, so only Apple's store can run it"),
    "macho-limit": Kind("limit", "more slices, load commands or bytes than the Mach-O reader's caps"),
    "pe-truncated": Kind("native", "a PE header, section or table reaches past the end of the file"),
    "pe-header": Kind("native", "a field of the PE headers has a value no loader accepts"),
    "pe-machine": Kind("native", "the PE machine number is 0, or a .NET ReadyToRun number without a .NET directory"),
    "pe-imports": Kind("native", "the import tables are unmapped, without an end, or name libraries unreadably"),
    "pe-limit": Kind("limit", "more sections, imports or bytes than the PE reader's caps"),
    "ar-truncated": Kind("native", "an archive member's header or data reach past the end of the file"),
    "ar-member": Kind("native", "an archive member's header is malformed"),
    "ar-limit": Kind("limit", "more archive members or bytes than the reader's caps"),
    "wasm-truncated": Kind("native", "a WebAssembly header or section reaches past the end of the file"),
    "wasm-header": Kind("native", "the WebAssembly version or a section's identity is unknown"),
    "wasm-limit": Kind("limit", "more WebAssembly sections or bytes than the reader's caps"),
}


# What stops the walk over an artifact.
_WALK: dict[str, Kind] = {
    "text-cap": Kind(
        "limit",
        "a metadata file is too large to be read, alone or with the others, or its lines are too many or too long",
    ),
    "nested-cap": Kind("limit", "an archive in the sdist is too large, or nested too deep, to be opened"),
    "needs-cap": Kind("limit", "the native files of the artifact need too many libraries and symbol versions"),
    "names-cap": Kind("limit", "the symbols of the artifact's native files have too many or too long names"),
    "release-cap": Kind("limit", "the facts of the files before it take all the memory that a run may keep"),
    "changed": Kind("limit", "the file changed while it was being read"),
}

ARCHIVE_KINDS = {kind: row.meaning for kind, row in _ARCHIVE.items()}
BINARY_KINDS = {kind: row.meaning for kind, row in _BINARY.items()}
KINDS = _ARCHIVE | _BINARY | _WALK
# The limits that end the walk over the members; after any other one, only a part of one member is not known.
ENDING = frozenset({"release-cap"}).union(
    f"cap-{what}"
    for what in ("members", "unpacked", "ratio", "name", "depth", "directory", "pax", "memory", "damage", "steps")
)
POLICY = frozenset(kind for kind, row in KINDS.items() if row.legal)


def of_topic(*topics: Topic) -> frozenset[str]:
    """Return the kinds of these topics."""
    return frozenset(kind for kind, row in KINDS.items() if row.topic in topics)


def explain(kind: str) -> str | None:
    """Return what a kind of damage means, for people; None if there is no such kind."""
    row = KINDS.get(kind)
    return f"{kind}: {row.meaning}\n\n{TOPICS[row.topic]}" if row else None
