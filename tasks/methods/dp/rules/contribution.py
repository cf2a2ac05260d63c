"""What one call of one layer adds to the gradients of one parameter, unit by unit."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor


class Contribution(ABC):
    """Per-unit gradients of one parameter, usually not written out but kept as the factors they are products of.

    A unit is what is clipped at once: one row of the batch, or the rows of one person.
    """

    units: int

    @abstractmethod
    def squared(self) -> tuple[Tensor, Tensor]:
        """Size of each unit's gradient.

        Returns:
            the squared L2 norms, and for each unit the sum of the norms of all terms its gradient is a sum of, which
            is never less than the norm and says how much rounding may have cost; both [units], float32.
        """

    @abstractmethod
    def drop(self, kept: Tensor) -> None:
        """Set the gradients of the units that aren't ``kept`` [units] to 0, whatever their values: 0 · NaN is NaN."""

    @abstractmethod
    def add_to(self, total: Tensor, factors: Tensor) -> None:
        """Add the weighted sum of all units' gradients to ``total``.

        Args:
            total: shaped like the parameter, float32.
            factors: [units], float32.
        """


def exact_bmm(x: Tensor, y: Tensor) -> Tensor:
    """``torch.bmm`` with a float32 result and float32 sums: products of two bfloat16 numbers are exact in it."""
    if x.dtype == y.dtype == torch.float32:
        return torch.bmm(x, y)
    if x.is_cuda and x.dtype == y.dtype:
        return torch.bmm(x, y, out_dtype=torch.float32)
    return torch.bmm(x.float(), y.float())


def add_product(total: Tensor, x: Tensor, y: Tensor) -> None:
    """``total += x @ y`` with float32 sums, in place."""
    if x.is_cuda and x.dtype == y.dtype != torch.float32:
        total += torch.mm(x, y, out_dtype=torch.float32)
    else:
        total.addmm_(x.float(), y.float())


def weighted(values: Tensor, factors: Tensor) -> Tensor:
    """``values`` [units, ...] times ``factors`` [units]: multiplied in float32, rounded once to the values' dtype."""
    return torch.mul(values, by_unit(factors, values), out=torch.empty_like(values))


def by_unit(one_each: Tensor, values: Tensor) -> Tensor:
    """One number a unit, [units], shaped to broadcast over ``values`` [units, ...]."""
    return one_each.view(-1, *[1] * (values.dim() - 1))


def only(kept: Tensor, values: Tensor) -> Tensor:
    """``values`` [units, ...] with all but the kept units set to 0."""
    return torch.where(by_unit(kept, values), values, 0)
