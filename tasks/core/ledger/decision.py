"""What a charge is, and what the ledger answers to one before anything is written."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tasks.core.dp_events import Event, SampledGaussian
from tasks.core.errors import UserError
from tasks.core.ledger.filter import Filter, Spent
from tasks.core.ledger.units import UnitSet

Tight = Callable[[tuple[Event, ...], float], float]
"""An upper bound on the ε at δ of events fixed beforehand; the accountant is :mod:`tasks.methods.dp`'s."""

UNITS = ("record", "person")
RELATIONS = ("add_or_remove", "zero_out")
"""Neighbouring relations that one figure covers; replace-one would cost more than these mechanisms say."""


@dataclass(frozen=True)
class Charge:
    """What somebody wants to spend on a data set.

    Attributes:
        dataset: the registered data set.
        run_id: the run.
        key: key of the stage's artifact: the data and every setting that decides the result.
        events: the mechanisms, all parameters fixed.
        epsilon: the tight ε of these events alone, at ``delta``.
        delta: the run's δ.
        unit: ``record`` or ``person``.
        relation: ``add_or_remove`` or ``zero_out``.
        tight: the accountant.
        released: what comes out, in a word: ``model`` or ``statistic``. It leaves with the ledger's statement, so it
            names no column.
        claim: digest of source partition and budget-deciding settings; a second charge under the same is the same
            training, or the same statistic, again. Empty: none.
        interval: the data interval of a scheduled run. Empty: none.
        block: the part of the data set that is used, where it is partitioned by person. Empty: all of it.
        units: the people, where they are known.
        actor: who asked.
    """

    dataset: str
    run_id: str
    key: str
    events: tuple[Event, ...]
    epsilon: float
    delta: float
    unit: str
    relation: str
    tight: Tight
    released: str = "model"
    claim: str = ""
    interval: str = ""
    block: str = ""
    units: UnitSet | None = None
    actor: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS or self.relation not in RELATIONS:
            raise UserError(f"ledger: a charge's unit is one of {UNITS} and its relation one of {RELATIONS}")
        if not self.events:
            raise UserError("ledger: a charge needs at least one mechanism")


@dataclass(frozen=True)
class Decision:
    """The ledger's answer.

    Attributes:
        fits: whether the charge may be made.
        budget: ε of the data set's budget.
        delta: δ of the budget.
        spent: ε at the budget's δ of what stands, before the charge.
        after: the same with it.
        by: the argument that decided: ``filter``, or ``composition`` where nothing else stands.
        would_fit: finds :attr:`fitting`.
        paid: id of a standing charge with the same claim, which makes this one free of a new cost; else empty.
    """

    fits: bool
    budget: float
    delta: float
    spent: float
    after: float
    by: str
    would_fit: Callable[[], dict[str, Any]] = field(repr=False, compare=False)
    paid: str = ""

    @cached_property
    def fitting(self) -> dict[str, Any]:
        """Where it doesn't fit, what would: ``steps``, ``noise_multiplier``, ``epsilon``; those that there are.

        Found when it is asked for, which takes many figures: not while the ledger is locked.
        """
        return {} if self.fits else self.would_fit()

    @property
    def left(self) -> float:
        """What is left of ε before the charge."""
        return max(self.budget - self.spent, 0.0)


def decide(
    filter_: Filter,
    standing: list[Spent],
    charge: Charge,
    lone: float | None,
    before: Sequence[tuple[Event, ...]] = (),
) -> Decision:
    """Hold a charge against what stands.

    Args:
        filter_: the budget's filter.
        standing: the sums that the charge adds to: one for each group of people that it may touch.
        charge: the charge.
        lone: the tight ε, at the budget's δ, of the one charge that stands; ``None`` where several stand or none.
        before: the events of charges that are to be made before this one; each of them fits where this one does.

    Formal guarantees:
        A charge passes where :class:`Filter`'s sum with it fits for every group, or where nothing else stands and its
        own tight ε at the budget's δ fits. The second is decided by parameters that were fixed before anything was
        released, so the two don't add up: either the first charge fills the budget alone and the filter lets nothing
        follow, or the filter holds for all. (A charge that passed by its tight ε is never made smaller, or the filter
        would open again.) A budget that is changed, or linked, after outputs were seen is a new promise about all that
        stands: what holds is then the largest ε that was in force, at the sum of the δ of all budgets that were.
    """
    spent = 0.0
    if any(one.charges for one in standing):
        spent = lone if lone is not None else max(filter_.epsilon_of(one) for one in standing)
    standing = [sum((filter_.cost(planned) for planned in before), one) for one in standing]
    nothing = all(not one.charges for one in standing)
    events = charge.events

    def fits(tried: tuple[Event, ...]) -> bool:
        cost = filter_.cost(tried)
        if all(filter_.fits(one + cost) for one in standing):
            return True
        return nothing and charge.tight(tried, filter_.delta) <= filter_.epsilon

    cost = filter_.cost(events)
    after = max(filter_.epsilon_of(one + cost) for one in standing)
    by = "filter"
    if nothing and (tight := charge.tight(events, filter_.delta)) <= after:
        after, by = tight, "composition"
    fit = fits(events)
    return Decision(fit, filter_.epsilon, filter_.delta, spent, after, by, lambda: _fitting(charge, fits))


def _fitting(charge: Charge, fits: Callable[[tuple[Event, ...]], bool]) -> dict[str, Any]:
    """The most steps and the least noise that would fit, the other kept."""
    if len(charge.events) != 1 or not isinstance(event := charge.events[0], SampledGaussian):
        return {}
    found: dict[str, Any] = {}
    low, high = 0, event.steps
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits((dataclasses.replace(event, steps=middle),)) else (low, middle)
    if low:
        found["steps"] = low
    quiet, loud = event.noise_multiplier, event.noise_multiplier
    while loud < 1e4 * event.noise_multiplier and not fits((dataclasses.replace(event, noise_multiplier=loud),)):
        quiet, loud = loud, loud * 2
    if fits((noisy := dataclasses.replace(event, noise_multiplier=loud),)):
        while loud / quiet > 1.005:
            middle_sigma = (loud * quiet) ** 0.5
            tried = dataclasses.replace(event, noise_multiplier=middle_sigma)
            if fits((tried,)):
                loud, noisy = middle_sigma, tried
            else:
                quiet = middle_sigma
        found["noise_multiplier"] = noisy.noise_multiplier
        found["epsilon"] = charge.tight((noisy,), charge.delta)
    return found


def asked_for(charge: Charge, before: Sequence[Charge] = ()) -> str:
    """What a run asks for, in words: its charge at its own δ, and the statistics that it charges before.

    Args:
        charge: the charge.
        before: charges that the run makes before it.
    """
    means = [f"ε = {one.epsilon:g}" + (f" at δ = {one.delta:g}" if one.delta else "") for one in before]
    statistics = f"{' and '.join(means)} for {'its mean' if len(means) == 1 else 'its means'}, and " if means else ""
    training = " for the training" if means else ""
    return f"{statistics}ε = {charge.epsilon:.2f} at δ = {charge.delta:g}{training}"


def refusal(dataset: str, decision: Decision, charge: Charge, before: Sequence[Charge] = ()) -> str:
    """The sentence of a refused charge; arguments as for :func:`asked_for`."""
    text = (
        f"budget: data set {dataset} may spend ε = {decision.budget:g} at δ = {decision.delta:g}; "
        f"{decision.spent:.2f} is spent, {decision.left:.2f} is left. This run asks for {asked_for(charge, before)} "
        f"and would make it {decision.after:.2f}."
    )
    if charge.delta > decision.delta:
        text += f" With train.delta {decision.delta:g} its noise would be calibrated for the budget's δ."
    found = decision.fitting
    if found:
        steps = f"{found['steps']:,} steps as they are, or " if "steps" in found else ""
        noise = (
            f"a noise multiplier of {found['noise_multiplier']:.3f} (train.epsilon {found['epsilon']:.2f})"
            if "epsilon" in found
            else "no noise multiplier that still learns"
        )
        text += f" What would fit: {steps}{noise}."
    return text + f" Only its owner can raise it: `airlock ledger set-budget {dataset}`."
