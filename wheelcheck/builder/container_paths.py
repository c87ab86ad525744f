"""Maps paths inside a container to this machine: a cargo that ran in a container reports the container's paths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class PathMap:
    """Folders of a container, each with the folder on this machine that is mounted there."""

    pairs: tuple[tuple[PurePosixPath, Path], ...] = ()

    @classmethod
    def of(cls, words: Iterable[str]) -> PathMap:
        """Read `CONTAINER=HOST` words, the first absolute. Raises ConfigError."""
        pairs = []
        for word in words:
            inside, _, outside = word.partition("=")
            if not inside.startswith("/") or not outside:
                raise ConfigError(f"--map: {word!r} is not CONTAINER=HOST, such as /io=.")
            pairs.append((PurePosixPath(inside), Path(outside).resolve()))
        return cls(tuple(pairs))

    def to_host(self, path: Path) -> Path:
        """Return the path on this machine for a path of the container, by the longest folder that contains it."""
        holding = [(inside, outside) for inside, outside in self.pairs if path.is_relative_to(inside)]
        if not holding:
            return path
        inside, outside = max(holding, key=lambda pair: len(pair[0].parts))
        return outside / path.relative_to(inside)
