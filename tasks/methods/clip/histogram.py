"""How a tensor's weights were spread before and after a rule."""

from __future__ import annotations

from dataclasses import dataclass

import torch

BINS = 48


@dataclass(frozen=True)
class Histogram:
    """Counts of weights in bins of equal width.

    Attributes:
        low: where the first bin begins.
        high: where the last ends.
        before: how many weights were in each bin, :data:`BINS` numbers.
        after: how many are now.
    """

    low: float
    high: float
    before: list[int]
    after: list[int]

    @classmethod
    def of(cls, before: torch.Tensor, after: torch.Tensor) -> Histogram:
        """Count two tensors of finite weights in the same bins, which reach from the smallest to the largest of both.

        Raises:
            ValueError: a weight isn't finite.
        """
        both = [tensor.detach().flatten().double().cpu() for tensor in (before, after)]
        if not both[0].numel():
            return cls(0.0, 1.0, [0] * BINS, [0] * BINS)
        if not all(bool(torch.isfinite(tensor).all()) for tensor in both):
            raise ValueError("the weights aren't finite numbers")
        low = min(float(tensor.min()) for tensor in both)
        high = max(float(tensor.max()) for tensor in both)
        if low == high:
            low, high = low - 0.5, high + 0.5
        return cls(low, high, *([int(n) for n in torch.histc(t, BINS, low, high)] for t in both))
