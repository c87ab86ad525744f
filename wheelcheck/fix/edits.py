"""From a wheel's facts and its fixable findings to the facts of the fixed wheel."""

from __future__ import annotations

import hashlib
import stat

from wheelcheck.facts.collect import KEPT_HEAD
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.fix.floors import with_raised_tags
from wheelcheck.records import replace
from wheelcheck.rules.names import root_is_purelib
from wheelcheck.typed import TYPE_CHECKING
from wheelcheck.wheel_writer import expanded_tags, record_text, with_field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wheelcheck.facts import Member, Wheel
    from wheelcheck.rules import Finding

_MUST_START = "WC302"  # its files must be executable; the other rules about modes leave that as it is


def edited(wheel: Wheel, findings: Collection[Finding]) -> Wheel:
    """Return the facts of the wheel after the fixes of these findings; its own size and hash are not known yet.

    RECORD is written again if a file's row in it changes.
    """
    fixes = {finding.fix for finding in findings}
    file = (
        with_raised_tags(wheel, {each.path for each in findings if each.fix == "floor"})
        if "floor" in fixes
        else wheel.file
    )
    members = _with_modes(wheel.members, [finding for finding in findings if finding.fix == "mode"])
    after = replace(wheel, file=file, name=parse_file_name(file), members=members, damage=(), size=0, sha256="")
    text = wheel.dist_info.texts["WHEEL"]
    if fixes & {"floor", "tags"}:
        text = with_field(text, "Tag", expanded_tags(file))
    if "purelib" in fixes and (pure := root_is_purelib(wheel)) is not None:
        text = with_field(text, "Root-Is-Purelib", [str(pure).lower()])
    is_new = text != wheel.dist_info.texts["WHEEL"]
    after = _with_text(after, "WHEEL", text) if is_new else after
    after = _with_text(after, "RECORD", _record(after)) if is_new or "record" in fixes else after
    return replace(after, damage=tuple(each for each in wheel.damage if not each.kind.startswith("zip-")))


def _with_modes(members: tuple[Member, ...], findings: Iterable[Finding]) -> tuple[Member, ...]:
    """Return the members with the modes that installers keep: 0755 and 0644, as regular files."""
    codes = {(finding.path, finding.code) for finding in findings}
    paths = {path for path, _ in codes}
    return tuple(
        replace(member, mode=_mode(member, starts=(member.path, _MUST_START) in codes))
        if member.path in paths
        else member
        for member in members
    )


def _mode(member: Member, *, starts: bool) -> int:
    return stat.S_IFREG | (0o755 if starts or member.mode & 0o111 else 0o644)


def _with_text(wheel: Wheel, name: str, text: str) -> Wheel:
    """Return the wheel with another content of one file of .dist-info."""
    path, content = wheel.dist_info.path(name), text.encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(content).hexdigest()
    members = tuple(
        replace(member, size=len(content), sha256=digest, head=content[:KEPT_HEAD]) if member.path == path else member
        for member in wheel.members
    )
    return replace(wheel, members=members, texts={**wheel.texts, path: text})


def _record(wheel: Wheel) -> str:
    """Return a true RECORD: rows stay in their order, and those that were missing come after them, its own last."""
    own = wheel.dist_info.path("RECORD")
    files = {member.path: member for member in wheel.members if member.kind != "directory"}
    listed = (row.path if row.path in files else row.path.replace("\\", "/") for row in wheel.dist_info.rows)
    paths = dict.fromkeys(path for path in (*listed, *sorted(files, key=own.__eq__)) if path in files)
    return record_text((path, "" if path == own else files[path].sha256, files[path].size) for path in paths)
