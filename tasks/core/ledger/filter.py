"""The privacy filter: whether one more charge, chosen after seeing all before it, still fits into (ε, δ)."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from tasks.core.dp_events import Event, Gaussian, SampledGaussian
from tasks.core.errors import UserError
from tasks.core.ledger.divergence import divergences, log_truncated

TRUNCATED_SHARE = 0.05
"""The share of δ kept for truncated batches."""
_SPREAD = (0.4, 0.65, 1.0, 1.5, 2.5, 6.0)
_WEIGHTS = (0.04, 0.1, 0.65, 0.13, 0.05, 0.03)
"""Shares of δ by order: most for the order that serves charges like the reference best."""
_CANDIDATES = tuple(1 + 2 ** (eighth / 4) for eighth in range(-16, 41))
TRAINING: tuple[Event, ...] = (SampledGaussian(0.6, 0.01, 200),)
"""A training of ordinary size: what orders are chosen for where the first charge says nothing of trainings to come."""


@dataclass(frozen=True)
class Spent:
    """What charges add up to, in a form that can be added to.

    Attributes:
        divergences: the sum of Rényi divergences at each of the filter's orders.
        truncated: what truncated batches took of δ.
        charges: how many charges.
    """

    divergences: tuple[float, ...]
    truncated: float = 0.0
    charges: int = 0

    def __add__(self, other: Spent) -> Spent:
        sums = tuple(a + b for a, b in zip(self.divergences, other.divergences, strict=True))
        return Spent(sums, self.truncated + other.truncated, self.charges + other.charges)


@dataclass(frozen=True)
class Filter:
    """A Rényi filter with several orders for a budget of (ε, δ).

    Attributes:
        epsilon: ε of the budget.
        delta: δ of the budget.
        reference: the mechanism that the orders are chosen for: by the first that was charged (:meth:`of`), which was
            chosen before anything was released.
        orders: Rényi orders, fixed by budget and reference alone.
        allowed: the divergence that may be spent at each order.

    Formal guarantees:
        Let charges be chosen one after the other, each as a function of all outputs before it, and let one be made
        only while :meth:`fits` holds for the sum that includes it. Then all outputs together are (ε, δ)-differentially
        private. At one order α, exp((α-1)(L - Σρ)) is a supermartingale in the privacy loss L (Feldman and Zrnic 2021,
        "Individual Privacy Accounting via a Rényi Filter", Theorem 3.1), and δ(ε) ≤ E[c_α e^((α-1)(L-ε))] with
        c_α = (1-1/α)^(α-1)/α (Canonne, Kamath and Steinke 2020, "The Discrete Gaussian for Differential Privacy",
        Proposition 12). Where the charges end within the allowance of order α, their part of that expectation is at
        most that order's share of δ; the shares add up to δ, so which order it is may depend on the outputs. Truncated
        batches have a share of their own, fixed beforehand.

    Raises:
        UserError: a budget that promises nothing.
    """

    epsilon: float
    delta: float
    reference: tuple[Event, ...] = (Gaussian(1.0),)
    orders: tuple[float, ...] = field(init=False)
    allowed: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.epsilon) and self.epsilon > 0):
            raise UserError("budget: epsilon must be a finite number above 0")
        if not 0 < self.delta < 1:
            raise UserError("budget: delta must lie between 0 and 1")
        best = _best_order(self.epsilon, self.delta, self.reference)
        orders = tuple(1 + (best - 1) * factor for factor in _SPREAD)
        object.__setattr__(self, "orders", orders)
        object.__setattr__(self, "allowed", tuple(self.epsilon - extra for extra in _conversions(orders, self.delta)))

    @classmethod
    def of(cls, epsilon: float, delta: float, first: tuple[Event, ...]) -> Self:
        """The filter of a budget whose first charge ever was made of these events; of none, where nothing was charged.

        A statistic that is charged before the first training would choose orders at which trainings are dear, or out of
        reach: under it the orders are those that suit :data:`TRAINING`. Either way nothing released decides them.
        """
        if not first:
            return cls(epsilon, delta)
        trains = any(isinstance(event, SampledGaussian | Gaussian) for event in first)
        return cls(epsilon, delta, first if trains else TRAINING)

    def nothing(self) -> Spent:
        """No charge."""
        return Spent((0.0,) * len(self.orders))

    def cost(self, events: Iterable[Event]) -> Spent:
        """What one charge adds."""
        return _cost(self, tuple(events))

    def fits(self, spent: Spent) -> bool:
        """Whether a sum of charges lies within the budget."""
        if spent.truncated > TRUNCATED_SHARE * self.delta:
            return False
        return any(one <= allowed for one, allowed in zip(spent.divergences, self.allowed, strict=True))

    def epsilon_of(self, spent: Spent) -> float:
        """The ε at the budget's δ that a sum of charges has come to, by the filter's own argument."""
        if not spent.charges:
            return 0.0
        return max(min(one + self.epsilon - a for one, a in zip(spent.divergences, self.allowed, strict=True)), 0.0)


@functools.lru_cache(maxsize=4096)
def _cost(filter_: Filter, events: tuple[Event, ...]) -> Spent:
    sums = np.zeros(len(filter_.orders))
    truncated = 0.0
    for event in events:
        sums += divergences(event, filter_.orders)
        log_cost = log_truncated(event, filter_.epsilon)
        truncated += math.exp(min(log_cost, 0.0))
    return Spent(tuple(float(one) for one in sums), truncated, 1)


@functools.lru_cache(maxsize=1024)
def _best_order(epsilon: float, delta: float, reference: tuple[Event, ...]) -> float:
    """The order at which most charges like the reference fit into the budget."""
    costs = sum(divergences(event, _CANDIDATES) for event in reference)
    room = [epsilon - _conversion(order, delta) for order in _CANDIDATES]
    return max(zip(np.array(room) / costs, _CANDIDATES, strict=True))[1]


def _conversions(orders: tuple[float, ...], delta: float) -> list[float]:
    share = (1 - TRUNCATED_SHARE) * delta
    return [_conversion(order, weight * share) for order, weight in zip(orders, _WEIGHTS, strict=True)]


def _conversion(order: float, delta: float) -> float:
    """What is added to a divergence of an order to give ε at δ."""
    return math.log1p(-1 / order) - math.log(delta * order) / (order - 1)
