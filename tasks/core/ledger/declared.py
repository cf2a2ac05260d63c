"""Registering a data set by the budget that a configuration declares for it."""

from __future__ import annotations

from tasks.core.config import Config
from tasks.core.ledger.book import Ledger


def register_declared(ledger: Ledger, config: Config, unit: str, delta: float) -> None:
    """Register the configuration's data set where it declares a budget; a registered one is left as it is.

    Whoever may name a data set may thereby register a new one. People who are in another data set already are noticed
    by their hashes all the same.

    Args:
        unit: whose privacy the run's charge counts.
        delta: the run's δ, for a budget that says none.
    """
    budget = config.budget
    if budget.epsilon is None:
        return
    ledger.set_budget(
        config.dataset,
        epsilon=budget.epsilon,
        delta=budget.delta if budget.delta is not None else delta,
        period=budget.period,
        owner=budget.owner,
        reason=budget.reason,
        unit=unit,
        only_new=True,
    )
