"""The norms a GPU's kernel gives are those of the gradients, in any shape and layout, and the same every time."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from torch import Tensor

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available() or importlib.util.find_spec("triton") is None, reason="needs a GPU and Triton"
)
DTYPES = [torch.float32, torch.bfloat16, torch.float16]


def numbers(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to("cuda", dtype)


def expected(left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    left, right = left.double(), right.double()
    gradients = torch.einsum("utp,utd->upd", left, right)
    return gradients.square().sum((1, 2)), (left.norm(dim=2) * right.norm(dim=2)).sum(1)


def check(found: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor], exact: bool = True) -> None:
    # Well below what the engine allows for: 2^-18 of the squared terms; 2^-13 where tensor cores sum.
    share = 2**-20 if exact else 2**-15
    assert ((found[0] - wanted[0]).abs() <= share * wanted[1].square()).all()
    assert ((found[1] - wanted[1]).abs() <= 8 * share * wanted[1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("units", "tokens", "p", "d"),
    [(1, 1, 1, 1), (3, 5, 7, 9), (2, 64, 192, 576), (5, 128, 576, 64), (2, 129, 33, 70), (2, 300, 20, 17)],
)
def test_norms_are_those_of_the_gradients(dtype: torch.dtype, units: int, tokens: int, p: int, d: int) -> None:
    from tasks.methods.dp.rules import ghost_triton

    left, right = numbers(units, tokens, p, dtype=dtype), numbers(units, tokens, d, dtype=dtype, seed=1)
    check(ghost_triton.ghost(left, right), expected(left, right), dtype == torch.float32)


def test_many_layers_at_once() -> None:
    from tasks.methods.dp.rules import ghost_triton

    kinds = [
        (9, 8, 8, torch.float32, torch.float32),
        (9, 24, 80, torch.bfloat16, torch.bfloat16),
        (140, 8, 8, torch.bfloat16, torch.bfloat16),
        (9, 200, 8, torch.bfloat16, torch.float32),
        (9, 13, 80, torch.bfloat16, torch.bfloat16),
        (9, 16, 800, torch.bfloat16, torch.bfloat16),
    ]
    pairs = [
        (numbers(4, tokens, p, dtype=one, seed=n), numbers(4, tokens, d, dtype=other, seed=-n))
        for n, (tokens, p, d, one, other) in enumerate(kinds, 1)
    ]
    squared, terms = ghost_triton.ghosts(pairs)
    assert squared.shape == terms.shape == (6, 4)
    for n, (left, right) in enumerate(pairs):
        check((squared[n], terms[n]), expected(left, right), left.dtype == right.dtype == torch.float32)
    for again in ghost_triton.ghosts(pairs), ghost_triton.ghosts(pairs):
        assert torch.equal(again[0], squared)
        assert torch.equal(again[1], terms)


def test_any_layout() -> None:
    from tasks.methods.dp.rules import ghost_triton

    left, right = numbers(6, 40, 100)[::2, 3:33, 5:60], numbers(30, 3, 44).transpose(0, 1)
    check(ghost_triton.ghost(left, right), expected(left, right))
    left = numbers(3, 40, 30).mT
    check(ghost_triton.ghost(left, left[:, :, :1].expand(3, 30, 8)), expected(left, left[:, :, :1].expand(3, 30, 8)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_long_sums_of_one_sign(dtype: torch.dtype) -> None:
    """Tensor cores truncate: 50,000 numbers summed by them alone would lose more than is allowed for."""
    from tasks.methods.dp.rules import ghost_triton

    left, right = numbers(1, 130, 50_257, dtype=dtype).abs(), numbers(1, 130, 64, dtype=dtype).abs()
    check(ghost_triton.ghost(left, right), expected(left, right), dtype == torch.float32)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("tokens", [20, 200])
def test_a_unit_that_is_not_finite_spoils_no_other(bad: float, tokens: int) -> None:
    from tasks.methods.dp.rules import ghost_triton

    left, right = numbers(3, tokens, 24), numbers(3, tokens, 16)
    wanted = expected(left, right)
    left[1, 3, 4] = bad
    squared, terms = ghost_triton.ghost(left, right)
    assert (squared + terms).isfinite().tolist() == [True, False, True]
    check((squared[::2], terms[::2]), (wanted[0][::2], wanted[1][::2]))


def test_nothing_to_measure() -> None:
    from tasks.methods.dp.rules import ghost_triton

    assert [x.tolist() for x in ghost_triton.ghost(numbers(0, 3, 4), numbers(0, 3, 5))] == [[], []]
    assert [x.tolist() for x in ghost_triton.ghost(numbers(2, 0, 4), numbers(2, 0, 5))] == [[0, 0], [0, 0]]
