"""Which masked shards hold people's rows, and which the planted ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from tasks.core.artifacts import Ref
from tasks.core.errors import AirlockError
from tasks.core.policies import Policy, load_policy
from tasks.core.stage import Context

Pair = tuple[Ref, Ref]
"""A shard before masking and after."""


@dataclass(frozen=True)
class Shards:
    """The run's shards, in the order of their numbers.

    Attributes:
        real: people's rows, (raw, masked).
        planted: rows that the plant stage made, (raw, masked).
        policy: the masking policy.
    """

    real: list[Pair]
    planted: list[Pair]
    policy: Policy

    @classmethod
    def of(cls, ctx: Context) -> Self:
        """The shards among a stage's inputs.

        Raises:
            AirlockError: where the masked shards are not the masked form of the raw ones.
        """
        raw, masked = (sorted(ctx.inputs.get(r, ()), key=lambda ref: ref.counts["shard"]) for r in ("raw", "masked"))
        if not masked or [ref.counts["shard"] for ref in masked] != list(range(len(masked))):
            raise AirlockError("leakcheck: the masked shards are not numbered 0, 1, 2, … without a gap")
        if [ref.counts["shard"] for ref in raw] != [ref.counts["shard"] for ref in masked]:
            raise AirlockError("leakcheck: the raw shards and the masked ones don't belong together")
        pairs = list(zip(raw, masked, strict=True))
        return cls(
            [pair for pair in pairs if pair[0].stage != "plant"],
            [pair for pair in pairs if pair[0].stage == "plant"],
            load_policy(ctx.config.mask.policy),
        )

    @property
    def masked(self) -> list[Ref]:
        """The masked shards of people's rows."""
        return [masked for _, masked in self.real]

    @property
    def rows(self) -> int:
        """How many rows of people masking promises."""
        return sum(ref.counts["rows"] for ref in self.masked)
