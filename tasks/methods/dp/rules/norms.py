"""The squared norms of a batch's units over all parameters, in as few operations as it goes.

A small model's layers take a GPU less time than their launches take the host, so what can be done for many layers at
once is.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tasks.methods.dp.rules.contribution import Contribution
from tasks.methods.dp.rules.dense import Dense
from tasks.methods.dp.rules.inner import norms_squared
from tasks.methods.dp.rules.outer import Outer

try:
    from tasks.methods.dp.rules import ghost_triton
except ImportError:  # Triton comes with PyTorch for CUDA only
    ghost_triton = None  # type: ignore[assignment]

_SMALL = 1 << 17
"""A parameter of so many numbers or fewer is joined with the others: a copy is cheaper than operations of its own."""


class Flat:
    """Small per-unit gradients of many parameters side by side: one norm and one weighted sum for all of them.

    Args:
        found: of each parameter its contributions; those that are joined are taken out.
    """

    def __init__(self, found: list[list[Contribution]]) -> None:
        parts, self._places = [], []
        for place, contributions in enumerate(found):
            only = contributions[0] if len(contributions) == 1 else None
            if isinstance(only, Dense) and math.prod(only.gradients.shape[1:]) <= _SMALL:
                parts.append(only.gradients.flatten(1))
                self._places.append(place)
                contributions.clear()
        self._sizes = [part.shape[1] for part in parts]
        self.dense = Dense(torch.cat(parts, 1).float()) if parts else None

    def add_to(self, sums: list[Tensor], factors: Tensor) -> None:
        """Add the weighted sums of all units' gradients to those parameters' ``sums``."""
        if self.dense is not None:
            parts = torch.mv(self.dense.gradients.T, factors).split(self._sizes)
            torch._foreach_add_([sums[place].view(-1) for place in self._places], list(parts))


def batch_norms_squared(found: list[list[Contribution]], flat: Flat, allowance: float) -> Tensor | None:
    """Squared norms over all parameters, plus ``allowance`` times the squares of the terms' norms.

    Returns:
        [units], float32; ``None`` where nothing was recorded.
    """
    reached = [contributions for contributions in found if contributions]
    sizes = [] if flat.dense is None else [flat.dense.squared()]
    if ghost_triton is not None:
        alone = [c[0] for c in reached if _in_one_launch(c)]
        if alone:
            sizes.append(ghost_triton.ghosts([(c.left, c.right) for c in alone]))  # type: ignore[attr-defined]
            reached = [c for c in reached if not _in_one_launch(c)]
    sizes += [norms_squared(contributions) for contributions in reached]
    if not sizes:
        return None
    squared = torch.cat([torch.atleast_2d(s) for s, _ in sizes])
    terms = torch.cat([torch.atleast_2d(t) for _, t in sizes])
    return squared.addcmul(terms, terms, value=allowance).sum(0)


def _in_one_launch(contributions: list[Contribution]) -> bool:
    """Whether the grouped kernel takes these: alone, on a GPU, of half precision (in float32 cuBLAS is faster)."""
    only = contributions[0]
    if len(contributions) > 1 or not isinstance(only, Outer) or not only.left.is_cuda:
        return False
    return only.left.element_size() == 2 and only.right.element_size() == 2
