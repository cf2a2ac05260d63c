"""The conflict rule: what happens where findings overlap.

1. A finding of a kind that the policy keeps is dropped first. It protects nothing: a character that another finding
   covers is masked.
2. Findings that share a character are one stretch, and so are findings that overlap in a chain. The stretch is the
   union of their characters.
3. The stretch is named after its finding with the highest score; of equal scores, the longest; of those, the kind
   that comes first in the policy, then the alphabet, then the one that starts first. Its score and detector are that
   finding's.
4. Findings that only touch stay apart.

Formal guarantees:
    Every character of a finding of a masked kind is in exactly one stretch, and no stretch has a character that is in
    no finding. The result does not depend on the order of the findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tasks.methods.detect.spans import Span


def resolve(spans: Iterable[Span], masked: Sequence[str]) -> list[Span]:
    """Stretches to mask, in order and disjoint.

    Args:
        spans: findings, in any order.
        masked: the kinds that are masked, in the policy's order.

    >>> resolve([Span(0, 8, "PERSON", 0.7, "a"), Span(5, 12, "ORGANIZATION", 0.6, "b")], ["PERSON", "ORGANIZATION"])
    [Span(start=0, end=12, entity='PERSON', score=0.7, detector='a')]
    """
    rank = {entity: place for place, entity in enumerate(masked)}
    findings = sorted((s for s in spans if s.entity in rank), key=lambda s: (s.start, s.end))
    stretches: list[Span] = []
    group: list[Span] = []
    end = 0
    for span in findings:
        if group and span.start >= end:
            stretches.append(_named(group, rank))
            group = []
        end = max(end, span.end) if group else span.end
        group.append(span)
    if group:
        stretches.append(_named(group, rank))
    return stretches


def _named(group: list[Span], rank: dict[str, int]) -> Span:
    best = min(group, key=lambda s: (-s.score, s.start - s.end, rank[s.entity], s.entity, s.start, s.detector))
    start, end = min(s.start for s in group), max(s.end for s in group)
    return Span(start, end, best.entity, best.score, best.detector)
