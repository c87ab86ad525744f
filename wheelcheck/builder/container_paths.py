"""Where the paths of a container are on this machine: a cargo that ran in one reports what it saw there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class PathMap:
    """Folders of a container, each with the same folder on this machine."""

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
        """Return where a path of the container is here, by the longest folder that holds it."""
        holding = [(inside, outside) for inside, outside in self.pairs if path.is_relative_to(inside)]
        if not holding:
            return path
        inside, outside = max(holding, key=lambda pair: len(pair[0].parts))
        return outside / path.relative_to(inside)
