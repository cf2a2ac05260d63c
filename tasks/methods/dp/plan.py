"""What a training run will do and cost, known before its first step: sampler, mechanism and δ."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.core.errors import UserError
from tasks.methods.dp.accounting import Mechanism, cap_for, check_target, default_delta
from tasks.methods.dp.calibrate import calibrate
from tasks.methods.dp.sampling import PoissonSampler


@dataclass(frozen=True)
class Plan:
    """A run's privacy parameters.

    Attributes:
        sampler: who is in each step's batch.
        mechanism: what the accountant is told.
        delta: δ.
    """

    sampler: PoissonSampler
    mechanism: Mechanism
    delta: float


def plan_for(
    *,
    epsilon: float,
    delta: float | None,
    expected_batch: int,
    steps: int,
    population: int | None,
    truncate: bool,
    counted: int,
    unit: str,
    canaries: int = 0,
    planted: int = 0,
) -> Plan:
    """The least noise that keeps a run within its ε: from a declared population where there is one, else from a count.

    Args:
        epsilon: ε that may be spent.
        delta: δ; ``None``: just below population^-1.1.
        expected_batch: units a step uses on average.
        steps: T.
        population: the declared public number of units; ``None``: ``counted`` is taken, and is public thereby.
        truncate: whether the largest batch is capped.
        counted: units among the training rows.
        unit: ``record`` or ``person``, for messages.
        canaries: invented units with a coin each, in the table or not. The sampling rate is that of a table with all of
            them, so it says nothing of their coins.
        planted: how many of them are in the table.

    Raises:
        UserError: nothing to train on, a batch larger than the population, or a target that promises nothing.
    """
    if counted == 0:
        raise UserError("train: the clean table has no training record with this split; ingest more rows.")
    public = (population if population is not None else counted) + canaries
    if public < 2 or expected_batch > public:
        raise UserError(
            f"train.expected_batch: {expected_batch} is more than the population of {public} training "
            f"{unit}s (at least 2 are needed)."
        )
    delta = delta if delta is not None else default_delta(public)
    check_target(epsilon, delta, public)
    rate = expected_batch / public
    cap = cap_for(public, rate, steps, epsilon, delta) if truncate else None
    mechanism = calibrate(epsilon, delta, rate, steps, cap, None if cap is None else public)
    declared = None if population is None and not canaries else public
    return Plan(PoissonSampler(counted + planted, rate, truncate=cap, declared=declared), mechanism, delta)
