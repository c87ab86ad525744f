"""The first bytes of native files: binary readers recognise formats by them, archives keep more of such files."""

from __future__ import annotations

from wheelcheck.platforms.arch import ARCHES

ELF = b"\x7fELF"
PE = b"MZ"
AR, THIN_AR = b"!<arch>\n", b"!<thin>\n"
WASM = b"\0asm"
ANONYMOUS_COFF = b"\0\0\xff\xff"  # big objects and short import objects; other COFF objects begin with a machine number
BITCODE = b"BC\xc0\xde"  # LLVM's, which an `ar` may hold
LFS_POINTER = b"version https://git-lfs.github.com/spec/"  # git-lfs: what stands for a file that was not fetched
# The first bytes of Mach-O files -> bits, byte order
MACHO = {
    b"\xfe\xed\xfa\xce": (32, ">"),
    b"\xce\xfa\xed\xfe": (32, "<"),
    b"\xfe\xed\xfa\xcf": (64, ">"),
    b"\xcf\xfa\xed\xfe": (64, "<"),
}
# Universal Mach-O -> layout of one entry: cputype, cpusubtype, offset, size, align (and reserved); always big-endian
FAT = {b"\xca\xfe\xba\xbe": ">5I", b"\xca\xfe\xba\xbf": ">2I2Q2I"}

_COFF = (machine.to_bytes(2, "little") for row in ARCHES for machine in row.pe_machines)
BEGINNINGS = (ELF, PE, AR, THIN_AR, WASM, ANONYMOUS_COFF, BITCODE, *MACHO, *FAT, *_COFF)
