"""Writes the fixed wheel beside the original: what is not changed is copied as it is packed, without being unpacked."""

from __future__ import annotations

import filecmp
from copy import copy
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile

from wheelcheck.archive.zip import LOCAL
from wheelcheck.facts.collect import collect
from wheelcheck.inputs import open_regular
from wheelcheck.typed import TYPE_CHECKING, BinaryIO
from wheelcheck.wheel_writer import Packed, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from zipfile import ZipInfo

    from wheelcheck.fix import Plan
    from wheelcheck.wheel_writer import Entry

_UNIX = 3
_DOS_ARCHIVE = 0x20  # zipfile gives a mode to a member without any attributes


class UnwritableError(Exception):
    """A fixed wheel was not written; the message says which and why."""


def rewrite(plan: Plan, originals: Sequence[Path], folder: Path) -> Path:
    """Write the fixed wheel into `folder` and return its path. `originals` are the files of the planned name: one.

    It is read back before it gets its name. The same wheel gives the same bytes: order, dates and packed data are those
    of the original. Raises UnwritableError if there are several originals, if another file has that name, or if the
    original has changed since it was judged; and OSError.
    """
    if len(originals) != 1:
        raise UnwritableError(f"{plan.before.file}: given {len(originals)} times; fix one folder after the other")
    source = originals[0]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / plan.after.file
    with TemporaryDirectory(prefix=".wheelcheck-", dir=folder) as scratch, open_regular(source) as file:
        made = type(folder)(scratch) / plan.after.file
        try:
            with ZipFile(file) as archive:
                write(made, _entries(plan, archive, file))
        except (BadZipFile, KeyError) as problem:
            raise UnwritableError(f"{source}: changed while it was being fixed ({problem})") from problem
        _require_planned(plan, made, source)
        if not target.exists():
            made.replace(target)
        elif not filecmp.cmp(made, target, shallow=False):
            raise UnwritableError(f"{target}: is there already and is another file; move it away, or set --fix-to")
    return target


def _entries(plan: Plan, archive: ZipFile, file: BinaryIO) -> Iterator[Entry]:
    """Yield the members of the original, in its order, with their new modes and texts."""
    old = {member.path: member for member in plan.before.members}
    new = {member.path: member for member in plan.after.members}
    for info in archive.infolist():
        path = info.filename.rstrip("/")
        header = copy(info)
        if old[path].mode != new[path].mode:
            header.create_system = _UNIX  # for other systems some installers ignore the mode
            header.external_attr = new[path].mode << 16 | info.external_attr & 0xFFFF
        if old[path].sha256 == new[path].sha256:
            yield header, _packed(info, file)
        else:
            header.external_attr |= 0 if header.external_attr else _DOS_ARCHIVE
            yield header, plan.after.texts[path].encode("utf-8", "surrogateescape")


def _packed(info: ZipInfo, file: BinaryIO) -> Packed:
    """Return where the packed data of a member is, behind its local header."""
    file.seek(info.header_offset)
    *_, name, extra = LOCAL.unpack(file.read(LOCAL.size))
    file.seek(name, 1)
    local = file.read(extra)
    return Packed(file, file.tell(), info.compress_size, local)


def _require_planned(plan: Plan, made: Path, source: Path) -> None:
    """Read the new wheel and compare it with the plan, member by member."""
    found, planned = collect(made), plan.after
    if (found.members, found.texts, found.damage) != (planned.members, planned.texts, planned.damage):
        raise UnwritableError(f"{source}: the fixed wheel is not what was planned; did the original change?")
