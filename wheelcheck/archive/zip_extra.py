"""Extra fields of zip headers: blocks of identifier, length and data (PKWARE APPNOTE 4.5, 4.6.9)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.archive.budget import Log

ZIP64 = 0x0001
UNICODE_PATH = 0x7075
UNICODE_COMMENT = 0x6375
STRONG_ENCRYPTION = (0x0017, 0x9901)
MOST_BLOCKS = 64
_LIMIT = 0xFFFFFFFF


def parse_extra(extra: bytes, name: str, where: str, log: Log) -> dict[int, bytes]:
    """Return data by identifier; `where` names the header for messages. Blocks must fill the field exactly."""
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(extra):
        identifier, length = (
            int.from_bytes(extra[at : at + 2], "little"),
            int.from_bytes(extra[at + 2 : at + 4], "little"),
        )
        at += 4
        if at + length > len(extra):
            log.note("zip-extra", f"the extra field of the {where} is cut short, expected whole blocks", name)
            break
        if len(fields) == MOST_BLOCKS:
            log.note("zip-extra", f"the {where} has over {MOST_BLOCKS} extra blocks, expected a few", name)
            break
        if identifier in fields:
            log.note("zip-extra", f"the {where} has extra block {identifier:#06x} twice, expected it once", name)
        if identifier in STRONG_ENCRYPTION:
            log.note("zip-encrypted", f"the {where} announces encryption, expected none", name)
        fields.setdefault(identifier, extra[at : at + length])
        at += length
    return fields


def widen(fields: dict[int, bytes], values: dict[str, int], name: str, log: Log) -> tuple[int, ...]:
    """Replace those of `values` (in the order of the zip64 block) that are at the 32-bit limit."""
    block = fields.get(ZIP64)
    wanted = [key for key, value in values.items() if value == _LIMIT]
    if block is None:
        if wanted:
            log.note("zip-zip64", f"{' and '.join(wanted)} at the 32-bit limit, expected a zip64 extra block", name)
        return tuple(values.values())
    if len(block) != 8 * len(wanted):
        log.note("zip-zip64", f"a zip64 extra block of {len(block)} bytes, expected {8 * len(wanted)}", name)
    wide = {key: int.from_bytes(block[8 * n : 8 * n + 8], "little") for n, key in enumerate(wanted)}
    if wide and all(value < _LIMIT for value in wide.values()):
        log.note("zip-zip64-unneeded", "a zip64 extra block for values that fit without, expected none", name)
    return tuple((values | wide).values())


def check_unicode_path(fields: dict[int, bytes], raw: bytes, name: str, log: Log) -> None:
    """Compare Info-ZIP's second name with the first: version 1, CRC-32 of the raw name, the name in UTF-8."""
    if UNICODE_COMMENT in fields:
        log.note("zip-member-comment", "a Unicode comment in the extra field, expected none", name)
    block = fields.get(UNICODE_PATH)
    if block is None:
        return
    expected = b"\1" + zlib.crc32(raw).to_bytes(4, "little") + name.encode(errors="replace")
    if block != expected:
        other = block[5:][:80].decode(errors="replace")
        log.note("zip-unicode-path", f"the extra field gives the name {other!r}, expected {name!r}", name)
