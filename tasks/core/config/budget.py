"""What the data set may spend, and how a run is held against it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from tasks.core.config.base import Section, knob


class BudgetConfig(Section):
    """The privacy budget that the data set is registered with, and what a run may do to it."""

    epsilon: float | None = knob(
        None,
        title="Budget ε",
        description="Registers the data set with this budget where it isn't registered yet; a registered one is left "
        "as it is. Empty: it must be registered, with `airlock ledger set-budget`.",
        gt=0,
        le=1000,
        allow_inf_nan=False,
    )
    delta: float | None = knob(
        None,
        title="Budget δ",
        description="δ of that budget. Empty: the δ of the run that registers it.",
        gt=0,
        lt=1,
    )
    period: Literal["lifetime", "year", "month"] = knob(
        "lifetime",
        title="Period",
        description="What that budget is for: the data set's whole life, or each calendar year or month anew.",
    )
    owner: str = knob("", title="Owner", description="Who answers for that budget.", max_length=200)
    reason: str = knob("", title="Reason", description="Why it is that large.", max_length=1000)
    retrain: bool = knob(
        False,
        title="Train an interval again",
        description="Train again, at its full cost, on a data interval that a model was trained on already and whose "
        "rows have changed since. Otherwise late rows don't retrain it.",
    )
    backfill_runs: int = knob(
        0,
        title="Runs of a backfill",
        description="Confirms a backfill of so many runs, whose costs add up. 0: a backfill is refused, and says what "
        "it would cost.",
        ge=0,
        le=100_000,
    )

    @model_validator(mode="after")
    def _registered_by_somebody(self) -> Self:
        if self.epsilon is not None and not (self.owner.strip() and self.reason.strip()):
            raise ValueError("owner and reason: a budget needs both")
        if self.epsilon is None and self.delta is not None:
            raise ValueError("delta: goes with epsilon")
        return self
