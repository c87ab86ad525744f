"""WC1xx: the container accounts for every byte, and every member can be installed as what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.facts import Sdist, Wheel
from wheelcheck.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Artifact

# Legal by the letter of the format, and written by tools that are in use.
TOLERATED = frozenset({"zip-descriptor", "zip-order", "zip-writer-comment"})
# What Windows makes of a name. No installer creates a folder for its own entry; a file below has the flaw itself.
_ON_WINDOWS = frozenset({"name-trailing", "name-colon", "name-reserved"})


def _damage(artifact: Artifact) -> Iterator[Hit]:
    folders = {member.path for member in artifact.members if member.kind == "directory"}
    for damage in artifact.damage:
        if not damage.cap:
            tolerated = damage.kind in TOLERATED or (damage.kind in _ON_WINDOWS and damage.path in folders)
            yield Hit(damage.path, f"{damage.kind}: {damage.why}", severity="note" if tolerated else None)


@rule("WC101", on=Wheel)
def wheel_container_accounts_for_every_byte(wheel: Wheel) -> Iterator[Hit]:
    """The zip container is whole, unambiguous, and has no byte that its directory does not account for.

    Two readers of an ambiguous zip see two different wheels: one is audited, the other installed. PyPI and uv began to
    refuse such archives in 2025. Every member is inflated and compared with its CRC-32; local headers must equal the
    central directory; members must tile the file without gap or overlap.

    Source: APPNOTE.TXT 6.3.10, PyPI's and uv's published rules on ambiguous zips.
    Remedy: write the wheel again with an ordinary build backend; never edit or concatenate a finished wheel.
    """
    yield from _damage(wheel)


@rule("WC102", on=Sdist)
def sdist_container_accounts_for_every_byte(sdist: Sdist) -> Iterator[Hit]:
    """The tar.gz container is one whole gzip stream of well-formed headers, with nothing before, between or after.

    Readers disagree about malformed pax records, concatenated streams and data after the end, so one extracts what
    another never shows.

    Source: RFC 1952, POSIX.1-2017 pax, PEP 625 and PEP 721.
    Remedy: build the sdist again with `python -m build --sdist`; never edit or concatenate a finished archive.
    """
    yield from _damage(sdist)


@rule("WC110", on=Wheel)
def no_wheel_member_is_a_link(wheel: Wheel) -> Iterator[Hit]:
    """A wheel holds files and directories: installers do not create symbolic links, devices or pipes.

    pip and uv write a symbolic link's entry as a small regular file that holds the link's text. nodejs-bin 18.4.0a4
    shipped `npm`, `npx` and `corepack` as links: pip installs them as files without a working content.

    Source: the binary distribution format (PyPA), which has no links.
    Remedy: store the target's content, or create the link or an entry point at run time.
    """
    for member in wheel.members:
        if member.kind not in ("file", "directory"):
            target = f" to {member.link!r}" if member.link else ""
            yield Hit(member.path, f"found a {member.kind}{target}, expected a regular file with the content itself")
