"""An artifact without what only its own rules read, so that it is small enough to be sent and kept.

The rules about a release compare names, tags, hashes, metadata and native files. They do not read the first bytes of a
file, RECORD, the description of the project, or the symbols of a library.
"""

from __future__ import annotations

from wheelcheck.binary.model import Names
from wheelcheck.facts import Wheel
from wheelcheck.patterns import regex
from wheelcheck.records import replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.binary.model import Binary, Slice
    from wheelcheck.facts import Artifact, Member

_BODY = regex(r"\r?\n\r?\n")  # what ends the headers
_HEADERS = ("METADATA", "PKG-INFO")
_UNREAD = ("RECORD", "entry_points.txt", "top_level.txt")  # in .dist-info


def slim(artifact: Artifact) -> Artifact:
    """Return the artifact with what the rules about a release read, to be sent: without the beginnings of files."""
    kept = without_symbols(artifact)
    if isinstance(kept, Wheel):
        return replace(kept, members=tuple(replace(member, head=b"") for member in kept.members), digests={})
    members = tuple(replace(member, head=b"", sha256="") for member in kept.members)  # only wheels are compared
    return replace(kept, members=members)


def without_symbols(artifact: Artifact) -> Artifact:
    """Return the artifact without symbols and texts that no rule about a release reads.

    Members that are no native code stay the same objects: those of several wheels of one release take memory once.
    """
    return replace(artifact, members=tuple(map(_member, artifact.members)), texts=_texts(artifact.texts))


def _texts(texts: Mapping[str, str]) -> dict[str, str]:
    kept = {}
    for path, text in texts.items():
        name = path.rpartition("/")[2]
        if ".dist-info/" not in path or name not in _UNREAD:
            kept[path] = _BODY.split(text, maxsplit=1)[0] if name in _HEADERS else text
    return kept


def _member(member: Member) -> Member:
    return replace(member, binary=_binary(member.binary)) if member.binary else member


def _binary(binary: Binary) -> Binary:
    return replace(binary, slices=tuple(map(_slice, binary.slices)))


def _slice(slice_: Slice) -> Slice:
    """Return the slice without its symbols; with those that it imports where they say which weak needs bind."""
    imports = slice_.imports if any(need.weak for need in slice_.versions) else ()
    return replace(slice_, imports=imports, exports=Names())
