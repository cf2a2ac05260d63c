"""Configuration of the canaries that an audit looks for in the model."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from tasks.core.config.base import Field, Section


class CanaryConfig(Section):
    """Invented records, each added to the training table or left out by a secret coin."""

    count: int = Field(
        0,
        title="Canaries",
        description="How many have a coin; about half of them are trained on. They count as training records in the "
        "privacy ledger. With 1,000 of them and the defaults an audit can refute an epsilon of up to 2.6; its report "
        "says how far it could see. 0: none, and no lower bound on epsilon is measured.",
        ge=0,
        le=1_000_000,
    )
    kinds: tuple[Literal["random_token", "new_token", "high_temperature", "pii_sentence"], ...] = Field(
        ("random_token",),
        title="Kinds",
        description="random_token: tokens drawn from the vocabulary. new_token: from its rarest part. "
        "high_temperature: what the base model says at a high temperature. pii_sentence: sentences about an invented "
        "person.",
        min_length=1,
    )
    repeats: int = Field(
        1,
        title="Repeats",
        description="How often a canary stands in the table. At 1 the audit speaks of one record, above it of groups "
        "of so many; where persons are counted, a canary's repeats are one person's.",
        ge=1,
        le=1_000,
    )

    @model_validator(mode="after")
    def _several(self) -> Self:
        if len(set(self.kinds)) < len(self.kinds):
            raise ValueError("kinds: one is there twice")
        if 0 < self.count < 10:
            raise ValueError("count: fewer than 10 canaries can't refute anything; take some hundreds, or 0")
        return self
