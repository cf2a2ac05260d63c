"""Gradients of a table that tokens look up: each adds to the row of its own id."""

from __future__ import annotations

import torch
from torch import Tensor

from tasks.methods.dp.rules.contribution import Contribution, by_unit, exact_bmm, only
from tasks.methods.dp.rules.dense import Dense
from tasks.methods.dp.rules.outer import chunks


class Lookup(Contribution):
    """Unit u's gradient is Σ_t onehot(ids[u, t]) ⊗ right[u, t], without the tokens that are padding.

    Args:
        ids: [units, tokens], int64.
        right: [units, tokens, columns of the parameter].
        rows: rows of the parameter.
        padding: the id whose row gets no gradient.
    """

    def __init__(self, ids: Tensor, right: Tensor, rows: int, padding: int | None = None) -> None:
        self.ids, self.rows, self.units = ids, rows, len(ids)
        self.right = right if padding is None else torch.where((ids == padding)[..., None], 0, right)

    def dense(self) -> Dense:
        """The gradients written out: [units, rows, columns]."""
        full = self.right.new_zeros((self.units, self.rows, self.right.shape[2]), dtype=torch.float32)
        return Dense(full.scatter_add_(1, self.ids[..., None].expand(self.right.shape), self.right.float()))

    def squared(self) -> tuple[Tensor, Tensor]:
        found = []
        for some in chunks(self.units, self.ids.shape[1] ** 2):
            ids, right = self.ids[some], self.right[some]
            products = exact_bmm(right, right.transpose(1, 2))
            terms = products.diagonal(dim1=1, dim2=2).sqrt().sum(1)
            same = ids[:, :, None] == ids[:, None, :]
            found.append((torch.linalg.vecdot(products.flatten(1), same.flatten(1).float()), terms))
        return torch.cat([n for n, _ in found]), torch.cat([m for _, m in found])

    def drop(self, kept: Tensor) -> None:
        self.right = only(kept, self.right)

    def add_to(self, total: Tensor, factors: Tensor) -> None:
        total.index_add_(0, self.ids.flatten(), (self.right * by_unit(factors, self.right)).flatten(0, 1).float())
