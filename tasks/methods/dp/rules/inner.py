"""Norms of parameters that several layers, or several calls of one, use: tied embeddings above all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from tasks.methods.dp.rules.contribution import Contribution, exact_bmm
from tasks.methods.dp.rules.dense import Dense
from tasks.methods.dp.rules.lookup import Lookup
from tasks.methods.dp.rules.outer import Outer, chunks


def norms_squared(contributions: Sequence[Contribution]) -> tuple[Tensor, Tensor]:
    """Squared norms of the sum of several contributions to one parameter.

    Returns:
        as :meth:`Contribution.squared`.
    """
    found = [c.squared() for c in contributions]
    squared, terms = sum(n for n, _ in found), sum(m for _, m in found)
    for one, other in itertools.combinations(contributions, 2):
        squared = squared + 2 * inner(one, other)
    return squared, terms  # type: ignore[return-value]


def inner(one: Contribution, other: Contribution) -> Tensor:
    """Inner products of two contributions to the same parameter, unit by unit.

    Returns:
        [units], float32.
    """
    if isinstance(one, Outer) and isinstance(other, Outer):
        return _outer_outer(one, other)
    if isinstance(one, Lookup) and isinstance(other, Lookup):
        return _lookup_lookup(one, other)
    if isinstance(one, Outer) and isinstance(other, Lookup):
        return _outer_lookup(one, other)
    if isinstance(one, Lookup) and isinstance(other, Outer):
        return _outer_lookup(other, one)
    return torch.linalg.vecdot(_written_out(one).flatten(1), _written_out(other).flatten(1))


def _outer_outer(one: Outer, other: Outer) -> Tensor:
    found = []
    for some in chunks(one.units, one.left.shape[1] * other.left.shape[1]):
        x = exact_bmm(one.left[some], other.left[some].transpose(1, 2))
        y = exact_bmm(one.right[some], other.right[some].transpose(1, 2))
        found.append(torch.linalg.vecdot(x.flatten(1), y.flatten(1)))
    return torch.cat(found)


def _lookup_lookup(one: Lookup, other: Lookup) -> Tensor:
    found = []
    for some in chunks(one.units, one.ids.shape[1] * other.ids.shape[1]):
        products = exact_bmm(one.right[some], other.right[some].transpose(1, 2))
        same = one.ids[some][:, :, None] == other.ids[some][:, None, :]
        found.append(torch.linalg.vecdot(products.flatten(1), same.flatten(1).float()))
    return torch.cat(found)


def _outer_lookup(outer: Outer, lookup: Lookup) -> Tensor:
    """Σ_{s,t} left[s, id_t] · (right_s · looked-up right_t): the one-hot side of the product is a gather."""
    found = []
    for some in chunks(outer.units, outer.left.shape[1] * lookup.ids.shape[1]):
        left, ids = outer.left[some], lookup.ids[some]
        picked = left.gather(2, ids[:, None, :].expand(-1, left.shape[1], -1)).float()
        products = exact_bmm(outer.right[some], lookup.right[some].transpose(1, 2))
        found.append(torch.linalg.vecdot(picked.flatten(1), products.flatten(1)))
    return torch.cat(found)


def _written_out(contribution: Contribution) -> Tensor:
    dense = contribution if isinstance(contribution, Dense) else contribution.dense()  # type: ignore[attr-defined]
    return dense.gradients.float()
