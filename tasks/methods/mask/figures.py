"""Columns of numbers that get noise: from a plan to the mechanism."""

from __future__ import annotations

from tasks.core.errors import UserError
from tasks.methods.mask.keyed import MaskKey
from tasks.methods.mask.plan import ColumnPlan
from tasks.methods.numeric.jitter import Jitter
from tasks.methods.numeric.local import LocalNoise
from tasks.methods.numeric.operators import NumberOperator, noise_on_cells
from tasks.methods.numeric.size import cell_error

OPERATORS = frozenset({"noise", "jitter"})
"""Operators that need a column's declaration, not a value alone."""


def mechanism(plan: ColumnPlan) -> LocalNoise | Jitter:
    """The noise of a column; nothing is read from the data.

    Raises:
        UserError: where the column's public bounds are missing or don't fit.
    """
    operation = plan.operation
    if operation is None or operation.operator not in OPERATORS:
        raise ValueError("this column gets no noise")
    if operation.operator == "noise":
        budget = {"epsilon": operation.epsilon, "delta": operation.delta, "empty": operation.empty}
        return noise_on_cells(plan.name, plan.type, plan.bounds, **budget)  # type: ignore[arg-type]
    granularity = plan.bounds[2] or (1 if plan.type == "integer" else None)
    if granularity is None:
        raise UserError(f"column {plan.name}: jitter needs the column's public granularity, such as 0.01")
    if plan.type == "integer" and granularity != int(granularity):
        raise UserError(f"column {plan.name} has type integer: its granularity must be a whole number")
    return Jitter(plan.name, operation.relative or 0, granularity)


def number_operator(plan: ColumnPlan, key: MaskKey | None) -> NumberOperator:
    """What masks the column's cells.

    Raises:
        UserError: where there is no mask key, or the declaration doesn't fit.
    """
    if key is None:
        raise UserError(f"column {plan.name}: noise needs the deployment's mask key")
    return NumberOperator(mechanism(plan), key.subkey("numeric"))


def statements(plan: ColumnPlan) -> list[str]:
    """What a report says of the column: the guarantee, or that there is none, and how large the noise is."""
    noise = mechanism(plan)
    if isinstance(noise, Jitter):
        return [noise.statement()]
    return [noise.statement(), cell_error(noise)]
