"""Norms, inner products and sums of contributions equal those of gradients written out, whatever the shapes."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tasks.methods.dp.rules import outer as outer_module
from tasks.methods.dp.rules.contribution import Contribution
from tasks.methods.dp.rules.dense import Dense
from tasks.methods.dp.rules.inner import inner, norms_squared
from tasks.methods.dp.rules.layers import rule_for
from tasks.methods.dp.rules.lookup import Lookup
from tasks.methods.dp.rules.outer import Outer
from tests.methods.dp.loop import one_thread  # noqa: F401 - a fixture

shapes = st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5), st.integers(1, 5))


def contributions(units: int, tokens: int, rows: int, columns: int, dtype: torch.dtype) -> list[Contribution]:
    def numbers(*shape: int) -> Tensor:
        return torch.randn(shape).to(dtype)

    def ids(tokens: int) -> Tensor:
        return torch.randint(0, rows, (units, tokens))

    return [
        Outer(numbers(units, tokens, rows), numbers(units, tokens, columns)),
        Outer(numbers(units, tokens + 1, rows), numbers(units, tokens + 1, columns)),
        Lookup(ids(tokens), numbers(units, tokens, columns), rows),
        Lookup(ids(tokens + 2), numbers(units, tokens + 2, columns), rows, padding=0),
        Dense(torch.randn(units, rows, columns)),
    ]


def written_out(c: Contribution) -> Tensor:
    """[units, rows, columns], float64, one token after another."""
    if isinstance(c, Dense):
        return c.gradients.double()
    left = c.left.double() if isinstance(c, Outer) else nn.functional.one_hot(c.ids, c.rows).double()  # type: ignore[attr-defined]
    return torch.stack(
        [
            sum(torch.outer(a, b) for a, b in zip(x, y, strict=True))  # type: ignore[misc]
            for x, y in zip(left, c.right.double(), strict=True)  # type: ignore[attr-defined]
        ]
    )


@settings(max_examples=30, deadline=None)
@given(shape=shapes, seed=st.integers(0, 1000), dtype=st.sampled_from([torch.float32, torch.bfloat16]))
def test_norms_inner_products_and_sums(shape: tuple[int, ...], seed: int, dtype: torch.dtype) -> None:
    torch.manual_seed(seed)
    found = contributions(*shape, dtype)
    factors, kept = torch.rand(shape[0]), torch.arange(shape[0]) % 2 == 0
    tolerance = {"rtol": 1e-4, "atol": 1e-4}
    for c in found:
        full = written_out(c)
        squared, terms = c.squared()
        torch.testing.assert_close(squared.double(), full.square().sum((1, 2)), **tolerance)
        assert (terms.double() ** 2 >= full.square().sum((1, 2)) * (1 - 1e-3) - 1e-6).all()
        # A factor may round in bfloat16; dropped units add nothing even if they hold no numbers.
        coarse = {"rtol": 0.02, "atol": 0.05} if dtype == torch.bfloat16 else tolerance
        total = torch.ones(shape[2:])
        c.add_to(total, factors)
        torch.testing.assert_close(total.double(), 1 + (factors.double()[:, None, None] * full).sum(0), **coarse)
        c.drop(kept)
        total = torch.zeros(shape[2:])
        c.add_to(total, torch.ones(shape[0]))
        torch.testing.assert_close(total.double(), full[kept].sum(0), **tolerance)
    found = contributions(*shape, dtype)
    for one, other in itertools.product(found, found):
        products = (written_out(one) * written_out(other)).sum((1, 2))
        torch.testing.assert_close(inner(one, other).double(), products, **tolerance)
    for some in (found, found[:1], found[:3], found[2:4]):
        squared, terms = norms_squared(some)
        whole = sum(written_out(c) for c in some).square().sum((1, 2))  # type: ignore[union-attr]
        torch.testing.assert_close(squared.double(), whole, **tolerance)
        assert (terms.double() ** 2 >= whole * (1 - 1e-3) - 1e-6).all()


def test_batches_too_large_for_memory_are_done_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    found = contributions(7, 5, 4, 3, torch.float32)
    whole = norms_squared(found)
    monkeypatch.setattr(outer_module, "_GRAM_ELEMENTS", 60)
    assert len(list(outer_module.chunks(7, 25))) == 4
    torch.testing.assert_close(norms_squared(found), whole)


def test_lookup_without_padding_writes_out_the_same() -> None:
    torch.manual_seed(0)
    for padding in (None, 2):
        c = Lookup(torch.randint(0, 5, (3, 8)), torch.randn(3, 8, 4), 5, padding)
        torch.testing.assert_close(c.dense().gradients.double(), written_out(c))


def test_values_that_are_not_numbers_are_dropped() -> None:
    for c in contributions(3, 2, 3, 2, torch.float32):
        for name in ("left", "right", "gradients"):
            if hasattr(c, name):
                getattr(c, name)[1] = float("nan")
        wanted = written_out(c)[[0, 2]].sum(0)
        c.drop(torch.tensor([True, False, True]))
        total = torch.zeros(3, 2)
        c.add_to(total, torch.tensor([1.0, 0.0, 1.0]))
        torch.testing.assert_close(total.double(), wanted, rtol=1e-5, atol=1e-6)


class GemmaNorm(nn.Module):
    """An RMS norm whose weight is an offset from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.randn(6)), 1e-6

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * (1 + self.weight)


@pytest.mark.parametrize("layer", [GemmaNorm(), nn.RMSNorm(6, eps=1e-5), nn.LayerNorm(6), nn.LayerNorm(6, bias=False)])
def test_norms_of_every_make(layer: nn.Module) -> None:
    torch.manual_seed(0)
    names = frozenset(name for name, _ in layer.named_parameters())
    rule = rule_for(layer, names)
    assert rule is not None
    x, grad = torch.randn(3, 4, 6), torch.randn(3, 4, 6)
    found = rule(layer, names, x, grad)
    for unit in range(3):
        wanted = torch.autograd.grad((layer(x[unit]) * grad[unit]).sum(), list(layer.parameters()))
        for name, want in zip(names if len(names) == 1 else ("weight", "bias"), wanted, strict=True):
            torch.testing.assert_close(found[name].gradients[unit], want)  # type: ignore[attr-defined]
