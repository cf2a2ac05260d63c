"""All the evidence that the policy asks for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tasks.core import answers
from tasks.core.artifacts import Ref
from tasks.core.stage import Context
from tasks.stages.leakcheck import groups, independent, known, planted
from tasks.stages.leakcheck.shards import Shards

Found = TypeVar("Found")


@dataclass
class Gathered:
    """The evidence.

    Attributes:
        independent: what the gate's own detectors find.
        known: values known from elsewhere in the run.
        planted: what became of planted values.
        groups: sizes of groups that agree in the quasi-identifiers.
        review: the bound that a person's sample gives, as plain numbers.
        seconds: how long each kind took in this run; next to nothing where it was reused.
        missing: what the policy asks for and this table has nothing of, as ends of sentences.
    """

    independent: Ref
    known: Ref | None = None
    planted: Ref | None = None
    groups: Ref | None = None
    review: dict[str, Any] | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def gather(ctx: Context, shards: Shards) -> Gathered:
    """Look for every kind of evidence that the policy asks for.

    Raises:
        TryAgain: where nobody has read the sample yet; said after all else was looked for.
    """
    asked, seconds = shards.policy.evidence, dict[str, float]()

    def timed(kind: str, look: Callable[[], Found]) -> Found:
        started = time.monotonic()
        found = look()
        seconds[kind] = time.monotonic() - started
        return found

    evidence = Gathered(timed("independent", lambda: independent.look(ctx, shards)), seconds=seconds)
    if asked.known_values is not None:
        evidence.known = timed("known values", lambda: known.look(ctx, shards))
    if asked.planted is not None:
        if shards.planted:
            evidence.planted = timed("planted values", lambda: planted.look(ctx, shards))
        else:
            evidence.missing.append(
                "planted values: plant.values_per_kind is 0, or the policy promises no kind of text"
            )
    if asked.groups is not None:
        evidence.groups, missing = timed("groups", lambda: groups.look(ctx, shards, evidence.independent))
        if missing:
            evidence.missing.append(f"groups by {', '.join(missing)}: the table has no such column")
    if asked.review is not None:
        evidence.review = _review(ctx)
    return evidence


def _review(ctx: Context) -> dict[str, Any]:
    from tasks.methods.gate import review

    sample = ctx.input("review")
    if not answers.rows_of(sample):  # nothing to read says nothing
        return review.bound(0, 0, 0, 0).to_dict()
    answer = answers.answer_of(ctx.zone("raw"), sample)
    if answer is None:
        raise answers.missing(sample) from None
    drawn = ctx.open(sample)  # held: where it was fetched, its files last as long as it does
    return review.judge(drawn.local("key.parquet"), answer.read, answer.leaking).to_dict()
