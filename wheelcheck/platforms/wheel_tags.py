"""The tags of wheels, and which wheel serves everybody whom another tag serves."""

from __future__ import annotations

from wheelcheck.platforms.tags import parse_platform
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Place = tuple[str, str, str]  # interpreter, ABI, and the platform without its floor


@dataclass(frozen=True, slots=True, order=True)
class WheelTag:
    """One expanded tag of a wheel: interpreter, ABI, platform. A release expects its wheels by such tags."""

    python: str
    abi: str
    platform: str

    def __str__(self) -> str:
        return f"{self.python}-{self.abi}-{self.platform}"

    @property
    def place(self) -> Place:
        """What the wheel is for, whatever the oldest version is that its platform tag supports."""
        parsed = parse_platform(self.platform)
        same = f"{parsed.family} {' '.join(parsed.arches)}" if parsed.floor and parsed.arches else self.platform
        return self.python, self.abi, same

    @property
    def floor(self) -> tuple[int, ...]:
        """The oldest version of the system that the platform tag supports; empty if it names none."""
        return parse_platform(self.platform).floor


class Wheels:
    """Some wheels, indexed by what they are for: each question takes one look, however many wheels there are.

    A wheel fills the place of another one if its floor is the same or older: an installer that takes manylinux_2_17
    takes manylinux_2_5 as well.
    """

    def __init__(self, wheels: Iterable[tuple[WheelTag, str]]) -> None:
        """Index wheels; each has a name to report it by."""
        self._oldest: dict[Place, tuple[int, ...]] = {}
        self._newest: dict[Place, tuple[int, ...]] = {}
        self._same_place: dict[Place, str] = {}
        self._same_platform: dict[str, tuple[str, str]] = {}
        self._same_python: dict[tuple[str, str], tuple[str, str]] = {}
        for wheel, name in wheels:
            place, floor = wheel.place, wheel.floor
            self._oldest[place] = min(floor, self._oldest.get(place, floor))
            self._newest[place] = max(floor, self._newest.get(place, floor))
            self._same_place.setdefault(place, name)
            self._same_platform.setdefault(wheel.platform, (name, f"{wheel.python}-{wheel.abi}"))
            self._same_python.setdefault((wheel.python, wheel.abi), (name, wheel.platform))

    def fill(self, expected: WheelTag) -> bool:
        """Return whether one of these wheels fills the place of an expected one."""
        oldest = self._oldest.get(expected.place)
        return oldest is not None and oldest <= expected.floor

    def need(self, wheel: WheelTag) -> bool:
        """Return whether a wheel fills the place of one of these."""
        newest = self._newest.get(wheel.place)
        return newest is not None and wheel.floor <= newest

    def nearest(self, wheel: WheelTag) -> tuple[str, str]:
        """Return the name of the wheel that is most like another one, and its part that differs; both may be empty."""
        if name := self._same_place.get(wheel.place):
            return name, "version"
        if found := self._same_platform.get(wheel.platform):
            return found
        return self._same_python.get((wheel.python, wheel.abi), ("", ""))
