"""What a reader records instead of raising: bytes that are not what they must be, or more than a cap allows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Damage:
    """One thing wrong with bytes, found while reading them.

    `path` is the member (empty: the container itself), `kind` a stable slug such as `zip-gap` that rules select by,
    `why` a sentence with what was found and what was expected. `cap` is true where reading stopped at a limit of
    ours: nothing is known to be wrong, and nothing is proven either, so the verdict is "could not verify".
    """

    path: str
    kind: str
    why: str
    cap: bool = False


# Every kind of damage an archive reader records, with what it means: the one list that rules select from.

ARCHIVE_KINDS = {
    # any file
    "empty": "the file has no bytes",
    "not-an-archive": "the content is that of no container known here",
    "unsupported-archive": "a container that no reader here opens",
    # zip: the end record and the central directory
    "not-a-zip": "no end-of-central-directory record",
    "zip-truncated": "the file begins as a zip and its end is missing",
    "zip-comment": "an archive comment, where another archive can hide",
    "zip-writer-comment": "the fixed archive comment of a library that writes zips",
    "zip-suffix": "bytes after the archive",
    "zip-prefix": "bytes before the first member, as in self-extracting archives and spanned markers",
    "zip-two-ends": "several end records, so that readers disagree which archive this is",
    "zip-disk": "part of a set of disks",
    "zip-zip64": "zip64 values missing, of the wrong length or in conflict with the classic ones",
    "zip-zip64-unneeded": "zip64 structures for values that fit without",
    "zip-directory": "the central directory is not where or what it must be",
    "zip-entry-count": "the end record counts other members than there are",
    "zip-no-members": "a zip of nothing",
    "zip-member-comment": "a comment on a member",
    "zip-version": "a member needs a version of the format that does not exist",
    "zip-extra": "an extra field that is not a sequence of whole, distinct blocks",
    "zip-unicode-path": "an extra field gives a member another name",
    "zip-name-flag": "a name beyond ASCII that is not marked as UTF-8",
    "zip-duplicate-name": "two members of one name",
    # members of a zip
    "zip-no-local": "no local header where the central directory says",
    "zip-local-differs": "the local header and the central directory disagree",
    "zip-order": "members lie in another order than they are listed",
    "zip-overlap": "members share bytes",
    "zip-gap": "bytes that belong to no member, or to one that is not listed",
    "zip-descriptor": "sizes follow the data instead of preceding it",
    "zip-descriptor-differs": "the sizes after the data are missing or wrong",
    "zip-flags": "flags that no reader agrees about",
    "zip-encrypted": "encrypted data",
    "zip-method": "a compression method that installers do not know",
    "zip-deflate": "a broken deflate stream",
    "zip-size": "the data has another size than declared",
    "zip-crc": "the data has another CRC-32 than declared",
    "zip-stream-suffix": "bytes after the end of the deflate stream",
    "zip-kind-differs": "the mode and the trailing slash disagree about what is a directory",
    # tar
    "tar-checksum": "a block that is no tar header",
    "tar-truncated": "the archive ends inside a member",
    "tar-no-end": "two blocks of zeros do not end the archive",
    "tar-data-after-end": "data after the end of the archive",
    "tar-no-members": "a tar of nothing",
    "tar-magic": "neither a POSIX, a GNU nor a version 7 header",
    "tar-hidden": "bytes in unused parts of a header",
    "tar-number": "a number that readers parse differently",
    "tar-padding": "bytes between a member and the next block",
    "tar-type": "a type of member that readers treat differently",
    "tar-type-data": "data on a link, directory or device, which some readers take for further members",
    "tar-sparse": "a file with holes",
    "tar-duplicate-name": "two members of one name",
    "tar-gnu-long": "a malformed GNU long name",
    "tar-pax-record": "a malformed pax record",
    "tar-pax-duplicate": "a pax record set twice",
    "tar-pax-charset": "names in another encoding than UTF-8",
    "tar-pax-conflict": "pax header and ustar header disagree about the size",
    "tar-pax-global": "a global header that renames or resizes members",
    "tar-extension-order": "extended headers that readers combine differently, or that describe nothing",
    "tar-link-outside": "a link out of the archive",
    "tar-link-missing": "a hard link to no file of the archive",
    "tar-link-chain": "a symbolic link that goes up after passing through another",
    # compression around a tar
    "not-gzip": "no gzip header",
    "gzip-header": "reserved flags, a wrong header checksum or an endless name",
    "gzip-hidden": "an extra field or comment in the gzip header",
    "gzip-truncated": "the stream is cut short",
    "gzip-deflate": "a broken deflate stream",
    "gzip-crc": "the content has another CRC-32 than declared",
    "gzip-size": "the content has another size than declared",
    "gzip-concatenated": "a second gzip member, which some readers ignore",
    "gzip-trailing": "bytes after the end",
    "stream-truncated": "an xz or bzip2 stream is cut short",
    "stream-damaged": "a broken xz or bzip2 stream",
    "stream-trailing": "bytes after the end of an xz or bzip2 stream",
    # members of either
    "entry-device": "a device, pipe or socket",
    "entry-directory-data": "a directory with content",
    "name-empty": "no name",
    "name-encoding": "a name that is not UTF-8",
    "name-drive": "a Windows drive or network share",
    "name-absolute": "an absolute path",
    "name-backslash": "a separator on Windows alone",
    "name-control": "a control character",
    "name-bidi": "a character that reorders text",
    "name-compatibility": "a character that becomes a separator or dots when normalised",
    "name-component": "an empty or '.' component",
    "name-parent": "a '..' component",
    "name-trailing": "a trailing dot or space, which Windows drops",
    "name-colon": "an alternate data stream on Windows",
    "name-reserved": "a device name of Windows",
    "name-long": "a component of more than 255 bytes",
    "name-case-collision": "names that differ in case alone",
    "name-unicode-collision": "names that differ in normalisation alone",
    "name-below-file": "members below something that is no directory",
    # limits of ours: the verdict is "could not verify"
    "cap-members": "too many members",
    "cap-unpacked": "too many bytes",
    "cap-ratio": "too many bytes from too few",
    "cap-name": "too long a name",
    "cap-depth": "too deep a path",
    "cap-directory": "too large a central directory",
    "cap-pax": "too large an extended header",
    "cap-held": "too large a member to be kept whole",
    "cap-reread": "too much jumping about in a member",
    "cap-memory": "a decompressor that asks for too much memory",
    "cap-damage": "too many faults to list",
}

# What the format allows and installers read alike; whether a release may do it is for a rule to say.
POLICY = frozenset(
    {
        *("zip-comment", "zip-writer-comment", "zip-member-comment"),
        *("zip-descriptor", "zip-order", "zip-zip64-unneeded"),
        *("name-case-collision", "name-colon", "name-reserved", "name-trailing"),
    }
)


# Every kind of damage the native readers record, and what it means; rules select by these slugs.
#
# A kind that ends in `-limit` is recorded where reading stopped at a cap of ours (`Damage.cap`): nothing is proven. All
# others say that the bytes are wrong. A test proves that some input produces each of them.

BINARY_KINDS = {
    "elf-truncated": "the ELF header, program headers or a PT_LOAD reach past the end of the file",
    "elf-header": "a field of the ELF header has a value no loader accepts",
    "elf-osabi": "EI_OSABI or EI_ABIVERSION is one that Linux's dynamic loader refuses",
    "elf-machine-none": "e_machine is 0, EM_NONE: no CPU can run it (sdbus 0.14.1 shipped such files)",
    "elf-segment": "program headers contradict themselves or each other",
    "elf-sections": "the section header table is impossible; the loader does not read it, strip and debuggers do",
    "elf-interpreter": "PT_INTERP is not a path that ends in NUL within the kernel's PATH_MAX",
    "elf-dynamic": "the dynamic segment is missing, unmapped, without an end, or lacks what it refers to",
    "elf-string": "a string of the dynamic segment lies outside its table, has no end or is not UTF-8",
    "elf-versions": "the symbol version needs (.gnu.version_r) are malformed",
    "elf-limit": "more entries or bytes than the ELF reader's caps",
    "macho-truncated": "a Mach-O header, slice, load command or segment reaches past the end of the file",
    "macho-header": "a field of the Mach-O header has a value no loader accepts",
    "macho-command": "a load command has an impossible size or string",
    "macho-fat": "the slices of a universal file overlap, repeat a CPU or are not what the fat header says",
    "macho-version": "minimum OS versions contradict each other",
    "macho-encrypted": "a segment is encrypted, so only Apple's store can run it",
    "macho-limit": "more slices, load commands or bytes than the Mach-O reader's caps",
    "pe-truncated": "a PE header, section or table reaches past the end of the file",
    "pe-header": "a field of the PE headers has a value no loader accepts",
    "pe-machine": "the PE machine number is 0, or a .NET ReadyToRun number without a .NET directory",
    "pe-imports": "the import tables are unmapped, without an end, or name libraries unreadably",
    "pe-limit": "more sections, imports or bytes than the PE reader's caps",
    "ar-truncated": "an archive member's header or data reach past the end of the file",
    "ar-member": "an archive member's header is malformed",
    "ar-limit": "more archive members or bytes than the reader's caps",
    "wasm-truncated": "a WebAssembly header or section reaches past the end of the file",
    "wasm-header": "the WebAssembly version or a section's identity is unknown",
    "wasm-limit": "more WebAssembly sections or bytes than the reader's caps",
}
