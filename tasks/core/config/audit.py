"""Configuration of the audit stage."""

from __future__ import annotations

from typing import Literal

from tasks.core.config.base import Field, Section, knob


class AuditConfig(Section):
    """Attacks on the model that is to be released, and what they may find."""

    bound: Literal["one_run", "one_run_gaussian"] = Field(
        "one_run",
        title="Deciding bound",
        description="The lower bound on epsilon that decides, named before the run. one_run holds for every (epsilon, "
        "delta) guarantee; one_run_gaussian sees further and also holds the training to a Gaussian's curve.",
    )
    guesses: float = Field(
        0.2,
        title="Guesses",
        description="Share of the canaries whose coin is guessed, half of them from either end of the scores; the "
        "attack abstains on the others.",
        gt=0,
        le=1,
    )
    rows: int = Field(
        200,
        title="Records attacked",
        description="At most so many training records, and as many held-out ones, are attacked by membership and by "
        "verbatim extraction. A true-positive rate at 0.1 % needs 10,000; 0: none.",
        ge=0,
    )
    max_tpr: float | None = Field(
        None,
        title="Highest true-positive rate",
        description="Of a membership attack at a false-positive rate of 1 %, as its lower 95 % bound; over it the "
        "hand-off is refused. Empty: no limit.",
        gt=0,
        le=1,
    )
    max_exposure: float | None = Field(
        None,
        title="Highest exposure",
        description="Mean exposure of the trained canaries, in bits; untrained ones have about 1.44. Over it the "
        "hand-off is refused. Empty: no limit.",
        gt=0,
    )
    max_extracted: float | None = Field(
        None,
        title="Highest extracted share",
        description="Of the attacked training records, the share whose continuation the model says word for word. "
        "Over it the hand-off is refused. Empty: no limit.",
        ge=0,
        le=1,
    )
    physical_batch: int = knob(8, title="Batch", description="Rows on the device at once.", ge=1)
