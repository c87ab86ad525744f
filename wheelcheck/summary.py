"""What a judgement of one artifact weighs when it travels: the findings, and what the rules about a release read."""

from __future__ import annotations

import pickle
import zlib
from dataclasses import fields

from wheelcheck.engine import judge
from wheelcheck.facts.slim import slim
from wheelcheck.records import dataclass
from wheelcheck.results import Judgement
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ArtifactSummary(Judgement):
    """A judgement of one artifact without what only its own rules read; pickled it is compressed."""

    def __reduce__(self) -> tuple[Any, ...]:
        values = tuple(getattr(self, field.name) for field in fields(self) if field.compare)
        return _restored, (zlib.compress(pickle.dumps(values, 5), 6),)


def summarise(path: Path) -> ArtifactSummary:
    """Read one artifact, apply every rule that judges it alone, and keep what a release needs."""
    said = judge(path)
    artifact = slim(said.artifact) if said.artifact else None
    return ArtifactSummary(artifact, said.findings, said.gaps, said.ran, said.skips)


def _restored(packed: bytes) -> ArtifactSummary:
    """Return a summary from its pickle, which is as trusted as the one around it."""
    return ArtifactSummary(*pickle.loads(zlib.decompress(packed)))  # noqa: S301
