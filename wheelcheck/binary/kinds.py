"""Every kind of damage the native readers record, and what it means; rules select by these slugs.

A kind that ends in `-limit` is recorded where reading stopped at a cap of ours (`Damage.cap`): nothing is proven. All
others say that the bytes are wrong. A test proves that some input produces each of them.
"""

from __future__ import annotations

KINDS = {
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
