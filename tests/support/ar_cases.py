"""Archives of objects written byte by byte, and every way they can be wrong."""

from __future__ import annotations

from tests.support import native


def member(name: bytes, content: bytes, size: bytes | None = None, end: bytes = b"`\n") -> bytes:
    digits = str(len(content)).encode() if size is None else size
    head = name.ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"644".ljust(8) + digits.ljust(10) + end
    return head + content + b"\n" * (len(content) % 2)


def archive(*members: bytes) -> bytes:
    return b"!<arch>\n" + b"".join(members)


GOOD = archive(member(b"a.o/", native.object_file()), member(b"b.o/", native.object_file()))

CASES: dict[str, tuple[bytes, str]] = {
    "header cut off": (GOOD[:40], "ar-truncated"),
    "member cut off": (GOOD[:200], "ar-truncated"),
    "last member cut off": (GOOD[:-8], "ar-truncated"),
    "size that is no number": (archive(member(b"a.o/", b"x", size=b"-1")), "ar-member"),
    "size that is empty": (archive(member(b"a.o/", b"x", size=b"")), "ar-member"),
    "header without its end": (archive(member(b"a.o/", b"x", end=b"!!")), "ar-member"),
    "BSD name longer than its member": (archive(member(b"#1/200", b"short")), "ar-member"),
    "BSD name of no length": (archive(member(b"#1/x", b"name")), "ar-member"),
    **{
        f"object in place of the table {name}": (archive(member(name.encode(), native.object_file())), "ar-member")
        for name in ("/", "//", "/SYM64/", "/<ECSYMBOLS>/")
    },
    "member of 10 GB": (archive(member(b"a.o/", b"x", size=b"9999999999")), "ar-truncated"),
    "table of a thin archive cut off": (b"!<thin>\n" + member(b"//", b"", size=b"100"), "ar-truncated"),
    "ELF member with a broken header": (archive(member(b"a.o/", b"\x7fELF" + bytes(60))), "elf-header"),
}
