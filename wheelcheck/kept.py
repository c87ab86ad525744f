"""What is kept in memory of the artifacts of a run: each of them is bounded by itself, and their number is not.

The rules about a release need the facts of all artifacts at a time, and a report all findings. Files of a few kilobytes
can unpack to tens of megabytes of names, texts and members, so the room for them grows with the bytes that are given.
"""

from __future__ import annotations

import sys

from wheelcheck.damage import Damage
from wheelcheck.facts.slim import without_symbols
from wheelcheck.facts.text_limits import MIB
from wheelcheck.records import dataclass, replace
from wheelcheck.results import Gap
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wheelcheck.binary import Binary
    from wheelcheck.facts import Artifact
    from wheelcheck.results import Judgement
    from wheelcheck.rules import Finding

_LIGHT = MIB  # bytes of facts that are kept as they are
_MEMBER, _CODE, _SYMBOL = 500, 1_000, 150  # bytes of one, without what is counted besides


@dataclass(slots=True)
class Room:
    """How much of further artifacts can be kept: bytes of facts, characters of findings.

    The release is judged with the name of every artifact, and with the worst finding of each.
    """

    order: Callable[[Finding], Any]  # the worst first
    facts: int = 64 * MIB  # besides as many as the files have
    text: int = 8 * MIB

    def keep(self, judgement: Judgement) -> Judgement:
        """Return a judgement with what there is room for; a gap says so where that is not all."""
        return self._with_facts(self._with_findings(judgement))

    def _with_findings(self, judgement: Judgement) -> Judgement:
        used = sum(finding.length for finding in judgement.findings)
        if used <= self.text or len(judgement.findings) <= 1:
            self.text -= used
            return judgement
        worst = min(judgement.findings, key=self.order)
        why = (
            f"{len(judgement.findings):,} faults, of which the worst is listed: those of the files before take all room"
        )
        return replace(judgement, findings=frozenset({worst}), gaps=(*judgement.gaps, Gap(worst.artifact, "", why)))

    def _with_facts(self, judgement: Judgement) -> Judgement:
        artifact = judgement.artifact
        if artifact is None:
            return judgement
        if (weight := _weight(artifact)) > _LIGHT:
            artifact = without_symbols(artifact)
            weight = _weight(artifact)
        self.facts += artifact.size
        if weight <= self.facts:
            self.facts -= weight
            return replace(judgement, artifact=artifact)
        why = "the files before it take all room for facts, so the release is judged without its content"
        damage = Damage("", "release-cap", why, cap=True)
        emptied = replace(artifact, members=(), texts={}, damage=(damage,))
        gap = Gap(artifact.file, "", f"{damage.kind}: {why}")
        return replace(judgement, artifact=emptied, gaps=(*judgement.gaps, gap))


def _weight(artifact: Artifact) -> int:
    """Return how many bytes of memory the facts of an artifact take, about."""
    binaries = (member.binary for member in artifact.natives if member.binary)
    texts = sum(map(sys.getsizeof, artifact.texts.values()))
    heads = sum(len(member.head) for member in artifact.members)
    return _MEMBER * len(artifact.members) + heads + texts + sum(map(_weight_of_code, binaries))


def _weight_of_code(binary: Binary) -> int:
    weight = 0
    for code in binary.slices:
        names = (*code.needed, *code.rpath, *code.runpath, *code.defined_versions)
        weight += _CODE + len(code.exports.joined) + _SYMBOL * (len(code.imports) + len(code.versions))
        weight += sum(map(sys.getsizeof, names))
    return weight + (binary.name_bytes if any(code.imports for code in binary.slices) else 0)
