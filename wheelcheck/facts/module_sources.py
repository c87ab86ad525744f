"""Reads the sources of a wheel's own modules again, for what runs when it is imported: of few of them, and each once.

The wheels of one release have most sources in common. What an equal one said at the same place is known then, and it
costs the same steps as if it were read: a wheel is judged alike, whatever was read before it.
"""

from __future__ import annotations

from wheelcheck.archive import reread_zip
from wheelcheck.facts import costs
from wheelcheck.facts.runs import source_of
from wheelcheck.typed import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from wheelcheck.archive.limits import Budget
    from wheelcheck.archive.zip import Located
    from wheelcheck.damage import Damage
    from wheelcheck.facts import Member
    from wheelcheck.facts.repeats import Shared
    from wheelcheck.facts.runs import Source

MOST_BYTES = 1 << 20  # of the sources that are followed in one wheel


class Walked(Protocol):
    """What the walk over a wheel has collected."""

    shared: Shared
    budget: Budget
    texts: dict[str, str]
    damage: list[Damage]
    located: list[Located]


class ModuleSources:
    """The sources of one wheel that was walked; `places` are its members by where they are installed."""

    def __init__(self, walk: Walked, file: BinaryIO, places: Mapping[str, Member]) -> None:
        self._walk, self._file, self._places = walk, file, places
        self._damaged = {damage.path for damage in walk.damage}
        self._left = MOST_BYTES

    def read(self, wanted: Collection[str]) -> dict[str, Source]:
        """Return what the sources at some places say, without those that are damaged, as long as limits allow."""
        afford, damage = self._walk.budget.affords, self._walk.damage
        found, unread = {}, {}
        for place in filter(self._takes, wanted):
            member = self._places[place]
            known = self._walk.shared.sources.get((place, member.sha256))
            if member.path in self._walk.texts:  # kept already, and counted
                found[place] = known[0] if known else self._learn(place, self._walk.texts[member.path], 0)
            elif not known:
                unread[member.path] = place
            elif afford(known[1], member.path, damage):
                found[place] = known[0]
        contents = reread_zip(self._file, self._walk.located, unread, MOST_BYTES) if unread else {}
        for path, content in contents.items():
            steps = costs.of_text(path, content)
            if not afford(steps, path, damage):
                break
            found[unread[path]] = self._learn(unread[path], content.decode("utf-8", "replace"), steps)
        return found

    def _takes(self, place: str) -> bool:
        """Return whether there is room for one more source, and take its bytes from it."""
        member = self._places[place]
        if member.path in self._walk.texts:
            return True
        self._left -= member.size
        return self._left >= 0 and member.path not in self._damaged

    def _learn(self, place: str, text: str, steps: int) -> Source:
        source = source_of(place, text)
        self._walk.shared.learn_source(place, self._places[place], source, steps)
        return source
