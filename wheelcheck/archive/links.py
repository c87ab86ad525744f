"""Where the links of a tar lead: to something inside the folder that installers extract."""

from __future__ import annotations

from wheelcheck.archive.limits import LINK
from wheelcheck.platforms.paths import folders_of
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wheelcheck.archive.limits import Log
    from wheelcheck.source import EntryKind

_DEEPEST = 64  # levels of a path: one that grows further while its links are followed is as good as a loop


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


def top_folder(paths: Iterable[str]) -> str:
    """Return the one folder that holds every member, which pip strips before it extracts; empty if there is none."""
    parts = [path.partition("/") for path in paths]
    tops = {top for top, _, _ in parts}
    return tops.pop() if len(tops) == 1 and any(below for _, _, below in parts) else ""


@dataclass(slots=True)
class LinkTable:
    """The links of one archive. `kinds` are its members so far; symbolic links are judged once all are known."""

    log: Log
    kinds: Mapping[str, EntryKind]
    _modes: dict[str, int] = field(default_factory=dict)  # files: path → permissions, which a hard link shares
    _links: dict[str, str] = field(default_factory=dict)  # symbolic links: path → what is written in them

    def add(self, path: str, kind: EntryKind, link: str, mode: int) -> None:
        """Note a file or a link before its own name is a member.

        A target outside, and a hard link to nothing or with another mode than its file, is damage now.
        """
        if kind == "file":
            self._modes[path] = mode
        elif kind in ("symlink", "hardlink"):
            self._add_link(path, kind, link, mode)

    def _add_link(self, path: str, kind: EntryKind, link: str, mode: int) -> None:
        self.log.budget.spend(LINK)
        if not link or steps("" if kind == "hardlink" else path, link) is None:
            self.log.note("tar-link-outside", f"a {kind} to {link!r}, expected a target inside the archive", path)
        elif kind == "symlink":
            self._links.setdefault(path, link)
        elif self.kinds.get(link) not in ("file", "hardlink"):
            why = f"a hard link to {link!r}, which is no earlier file of this archive, expected one"
            self.log.note("tar-link-missing", why, path)
        else:
            first = self._modes[path] = self._modes.get(link, mode)
            if mode != first:
                why = f"a hard link of mode {mode:#o} to {link!r}, whose mode is {first:#o}, expected the same mode"
                self.log.note("tar-link-mode", why, path)

    def finish(self) -> None:
        """Judge the symbolic links, each for the first fault that it has."""
        if not self._links:
            return
        top = top_folder(self.kinds)
        ends = Ends({path: (steps(path, link) or [""])[-1] for path, link in self._links.items()})
        folders = folders_of(self.kinds)
        for path, link in self._links.items():
            for kind, why in self._flaws(link, top, steps(path, link) or [], ends.of(path), folders):
                self.log.note(kind, f"a symbolic link to {link!r} {why}", path)
                break

    def _flaws(
        self, link: str, top: str, passed: list[str], end: str | None, folders: set[str]
    ) -> Iterator[tuple[str, str]]:
        if top and any(step.partition("/")[0] != top for step in passed):
            yield "tar-link-outside", f"that leaves {top!r}, which pip extracts alone, expected a path that stays in it"
        is_back = "/.." in link
        through = [step for step in passed[:-1] if step in self._links] if is_back else []
        if through:
            yield "tar-link-chain", f"through the link {through[0]!r}, expected a path without links"
        missing = [step for step in passed[:-1] if step and step not in self.kinds and step not in folders]
        if is_back and missing:  # the name is no less wrong for the `..` behind it
            yield "tar-link-dangling", f"through {missing[0]!r}, which is not in this archive, expected one that is"
        crossed = [*passed[:-1], end or ""] if link.rstrip(".").endswith("/") else passed[:-1]
        for file in (step for step in crossed if self.kinds.get(step) in ("file", "hardlink")):
            yield "tar-link-dangling", f"in which {file!r} would have to be a folder, expected a path to a file itself"
        if end is None:
            yield "tar-link-loop", "that leads back to itself, expected a file or folder at its end"
        elif end and end not in self.kinds and end not in folders:
            yield "tar-link-dangling", "which is not in this archive, expected a target that is"


@dataclass(slots=True)
class Ends:
    """Where symbolic links end once every link on the way is followed; `targets` are their paths, one step further."""

    targets: dict[str, str]
    _known: dict[str, str | None] = field(default_factory=dict)

    def of(self, path: str) -> str | None:
        """Return the path at the end of a link; None if links form a loop."""
        waiting = {} if path in self._known else {path: None}  # in this order, the last one first
        while waiting:
            last, _ = waiting.popitem()
            link = self._next_link(self.targets[last])
            if link is None:
                self._known[last] = self.targets[last]
            elif link in waiting or link == last or not self._go_on(last, link):
                self._known[last] = None
            else:
                waiting[last] = None
                if link not in self._known:
                    waiting[link] = None
        return self._known[path]

    def _go_on(self, path: str, link: str) -> bool:
        """Replace the link at the beginning of a target by its end, once known; False if the target has no end."""
        if link not in self._known:
            return True
        end = self._known[link]
        further = None if end is None else (end + self.targets[path][len(link) :]).lstrip("/")
        if further is None or further.count("/") > _DEEPEST:
            return False
        self.targets[path] = further
        return True

    def _next_link(self, target: str) -> str | None:
        """Return the shortest beginning of a path that is a link."""
        at = target.find("/")
        while at >= 0:
            if target[:at] in self.targets:
                return target[:at]
            at = target.find("/", at + 1)
        return target if target in self.targets else None
