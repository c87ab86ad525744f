"""What the content of members costs, in the steps of `Budget.spend`: the reading, and the rules that judge it later.

They are what whole runs took on files of thousands of such members, divided by their number, and rounded up.
"""

from __future__ import annotations

from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.model import Binary, Slice
    from wheelcheck.facts import Member

NESTED = 100  # an archive within an sdist, without its members
HASHED = 30  # a file that is read again for the hash that RECORD gives instead of sha256
TEXT, _LINE, _ROW, _IMPORT = 30, 8, 3, 12  # a file that is kept as text; a line of it, one of RECORD, an import
_TOML_MARKS = (b",", b"=", b"[", b".")
_PLACED, _SCRIPT = 20, 40  # a file in `.data` or `.dist-info`; a script there
_CONTENT = 10  # to look at the first bytes of a file
_NATIVE_LOOK = 35  # if they may be of native code
_SLICE, _LINKED, _LINKED_ELF, _TAG = 60, 160, 400, 40  # code; more if it is loaded, and that for each tag
_NEED, _IMPORTS = 30, 6  # a library, version or search path; an imported symbol
_ROW_OF_TABLE, _USUAL_ROWS = 8, 100  # a row of a table, and how many are in the costs of code already


def of_member(member: Member, tags: int, *, may_be_native: bool) -> int:
    """Return the steps for what is in a member of a file with so many platform tags, beyond its being there."""
    steps = (_CONTENT if member.size else 0) + (_NATIVE_LOOK if may_be_native else 0)
    if ".data/" in member.path or ".dist-info/" in member.path:
        steps += _PLACED + (_SCRIPT if ".data/scripts/" in member.path else 0)
    return steps + (_of_binary(member.binary, tags) if member.binary else 0)


def of_text(path: str, content: bytes) -> int:
    """Return the steps for a file that is kept as text and parsed."""
    lines, kind = content.count(b"\n"), path.rpartition(".")[2]
    if kind in ("toml", "lock"):
        return 2 * TEXT + 2 * sum(map(content.count, _TOML_MARKS)) + lines + len(content) // 8
    if kind in ("py", "cfg"):
        return TEXT + _IMPORT * content.count(b"import") + len(content) // 16
    return TEXT + (_ROW if path.endswith("/RECORD") else _LINE) * lines + len(content) // 64


def _of_binary(binary: Binary, tags: int) -> int:
    linked = _TAG * tags + (_LINKED_ELF if binary.format == "ELF" else _LINKED)
    rows = _ROW_OF_TABLE * max(binary.rows - _USUAL_ROWS, 0)
    return _SLICE + rows + sum(_of_slice(code) + (linked if code.kind != "object" else 0) for code in binary.slices)


def _of_slice(code: Slice) -> int:
    entries = len(code.needed) + len(code.versions) + len(code.rpath) + len(code.runpath)
    return _SLICE + _NEED * entries + _IMPORTS * len(code.imports)
