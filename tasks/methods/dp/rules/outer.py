"""Gradients of a matrix that multiplies tokens: a sum of outer products, one a token.

Reference: Goodfellow 2015, "Efficient Per-Example Gradient Computations"; Li, Tramèr, Liang and Hashimoto 2022, "Large
Language Models Can Be Strong Differentially Private Learners", section 4 (ghost norm of sequences).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from tasks.methods.dp.rules.contribution import Contribution, add_product, exact_bmm, only, weighted
from tasks.methods.dp.rules.dense import Dense

_GRAM_ELEMENTS = 1 << 25
"""A pair of Gram matrices is built for so many units at once that each stays below 128 MB."""


class Outer(Contribution):
    """Unit u's gradient is Σ_t left[u, t] ⊗ right[u, t].

    Args:
        left: [units, tokens, rows of the parameter].
        right: [units, tokens, columns of the parameter].
    """

    def __init__(self, left: Tensor, right: Tensor) -> None:
        self.left, self.right, self.units = left, right, len(left)

    @property
    def cheaper_written_out(self) -> bool:
        """Whether the per-unit gradients, in float32, are smaller than what is kept without them.

        With T tokens and a p x d matrix the ghost norm takes T²(p + d) products and keeps T(p + d) numbers; writing
        the gradient out takes Tpd and keeps pd (Bu et al. 2022, "MixOpt"). In float32 what is smaller is faster too.
        """
        p, d = self.left.shape[2], self.right.shape[2]
        return 4 * p * d <= self.left.element_size() * self.left.shape[1] * (p + d)

    def dense(self) -> Dense:
        """The gradients written out: [units, rows, columns]."""
        return Dense(exact_bmm(self.left.transpose(1, 2), self.right))

    def squared(self) -> tuple[Tensor, Tensor]:
        found = []
        for some in chunks(self.units, self.left.shape[1] ** 2):
            left, right = self.left[some], self.right[some]
            x, y = exact_bmm(left, left.transpose(1, 2)), exact_bmm(right, right.transpose(1, 2))
            terms = (x.diagonal(dim1=1, dim2=2) * y.diagonal(dim1=1, dim2=2)).sqrt().sum(1)
            found.append((torch.linalg.vecdot(x.flatten(1), y.flatten(1)), terms))
        return torch.cat([n for n, _ in found]), torch.cat([m for _, m in found])

    def drop(self, kept: Tensor) -> None:
        self.left, self.right = only(kept, self.left), only(kept, self.right)

    def add_to(self, total: Tensor, factors: Tensor) -> None:
        left, right = self.left, self.right
        if left.shape[2] <= right.shape[2]:
            left = weighted(left, factors)
        else:
            right = weighted(right, factors)
        add_product(total, left.flatten(0, 1).T, right.flatten(0, 1))


def chunks(units: int, elements: int) -> Iterator[slice]:
    """Slices of units that keep ``elements`` numbers a unit within memory."""
    size = max(1, _GRAM_ELEMENTS // max(1, elements))
    return (slice(start, start + size) for start in range(0, units, size))
