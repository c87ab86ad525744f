"""Where links of a tar lead: only to what is inside the same archive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.archive.budget import Log
    from wheelcheck.archive.source import EntryKind


def steps(path: str, link: str) -> list[str] | None:
    """Return the paths a symbolic link passes through, its target last; None if it leaves the archive."""
    if link.startswith("/"):
        return None
    reached = path.split("/")[:-1]
    passed = []
    for component in link.split("/"):
        if component == "..":
            if not reached:
                return None
            reached.pop()
        elif component not in ("", "."):
            reached.append(component)
        passed.append("/".join(reached))
    return passed


@dataclass(slots=True)
class LinkTable:
    """The links of one archive, judged once all members are known."""

    log: Log
    _links: list[tuple[str, EntryKind, str]] = field(default_factory=list)

    def add(self, path: str, kind: EntryKind, link: str) -> None:
        """Note a link; a target outside is damage at once."""
        passed = steps("" if kind == "hardlink" else path, link)
        if not link or passed is None:
            self.log.note("tar-link-outside", f"a {kind} to {link!r}, expected a target inside the archive", path)
        else:
            self._links.append((path, kind, link))

    def finish(self, kinds: Mapping[str, EntryKind]) -> None:
        """Find hard links to nothing, and symbolic links that turn back up after passing through another."""
        for path, kind, link in self._links:
            if kind == "hardlink" and kinds.get(link) not in ("file", "hardlink"):
                why = f"a hard link to {link!r}, which is no file of this archive, expected one"
                self.log.note("tar-link-missing", why, path)
            turns = kind == "symlink" and "/.." in link
            through = [step for step in (steps(path, link) or [])[:-1] if kinds.get(step) == "symlink"] if turns else []
            if through:
                why = f"a symbolic link to {link!r} through the link {through[0]!r}, expected a path without links"
                self.log.note("tar-link-chain", why, path)
