"""The largest singular value is limited, whatever the matrix, and what is reported is an upper bound on it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.clip.spectral import largest_singular_value, limit

SHAPES = st.tuples(st.integers(1, 24), st.integers(1, 24), st.integers(0, 2**31))


def matrix(shape: tuple[int, int, int], size: float = 1.0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    rows, columns, seed = shape
    return (size * torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))).to(dtype)


def sigma(weights: torch.Tensor) -> float:
    """The largest singular value by another library's decomposition."""
    return float(np.linalg.svd(weights.double().numpy(), compute_uv=False)[0])


@settings(max_examples=150, deadline=None)
@given(
    SHAPES,
    st.sampled_from([1e-6, 1e-2, 1.0, 1e6]),
    st.floats(1e-3, 1e3),
    st.sampled_from([torch.float64, torch.float32, torch.bfloat16, torch.float16]),
)
def test_no_singular_value_is_above_the_bound(
    shape: tuple[int, int, int], size: float, bound: float, dtype: torch.dtype
) -> None:
    if dtype is torch.float16 and size > 1:
        size = 1.0  # its range ends at 65,504
    weights = matrix(shape, size, dtype)
    found = limit(weights, bound)
    # Strictly at most the bound in the dtype it is stored in; the last digits of the check's own float64.
    assert sigma(found) <= bound * (1 + 1e-13)
    assert torch.equal(limit(found, bound), found)
    if sigma(weights) <= bound * (1 - 1e-12):
        assert torch.equal(found, weights)


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.floats(0.2, 3))
def test_it_is_the_nearest_such_matrix(shape: tuple[int, int, int], bound: float) -> None:
    weights = matrix(shape, dtype=torch.float64)
    left, values, right = torch.linalg.svd(weights, full_matrices=False)
    nearest = left @ torch.diag(values.clamp(max=bound)) @ right
    torch.testing.assert_close(limit(weights, bound), nearest, atol=1e-9, rtol=1e-9)


def test_a_value_far_above_the_bound_and_equal_values_are_limited_too() -> None:
    left = torch.linalg.qr(torch.randn(20, 20, generator=torch.Generator().manual_seed(1), dtype=torch.float64))[0]
    for values in ([1e12, *[0.5] * 19], [2.0] * 20, [1 + 1e-15] * 20, [1e-30] * 20):
        weights = left @ torch.diag(torch.tensor(values, dtype=torch.float64)) @ left.T
        for dtype in (torch.float64, torch.float32):
            assert sigma(limit(weights.to(dtype), 1.0)) <= 1 + 1e-13


def test_a_power_iteration_would_have_said_less() -> None:
    """Two nearly equal values: thirty iterations still lie below; the bound must not."""
    values = torch.tensor([1.0, 0.9999, 0.9998, 0.5], dtype=torch.float64)
    basis = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64))[0]
    weights = basis @ torch.diag(values) @ basis.T
    vector = torch.ones(4, dtype=torch.float64)
    for _ in range(30):
        vector = weights.T @ (weights @ vector)
        vector /= vector.norm()
    assert float((weights @ vector).norm()) < 1.0 - 1e-7
    assert largest_singular_value(weights) >= 1.0 - 1e-15


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.sampled_from([1e-20, 1.0, 1e20]))
def test_what_is_reported_bounds_the_layers_outputs(shape: tuple[int, int, int], size: float) -> None:
    weights = matrix(shape, size)
    bound = largest_singular_value(weights)
    assert sigma(weights) <= bound <= sigma(weights) * (1 + 1e-12)
    inputs = torch.randn(50, shape[1], generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    outputs = inputs @ weights.double().T
    assert bool((outputs.norm(dim=1) <= bound * inputs.norm(dim=1) * (1 + 1e-12)).all())


def test_only_matrices_of_finite_numbers_have_singular_values() -> None:
    with pytest.raises(ValueError, match="matrix"):
        limit(torch.ones(3), 1.0)
    with pytest.raises(ValueError, match="matrix"):
        largest_singular_value(torch.ones(2, 2, 2))
    with pytest.raises(ValueError, match="finite"):
        limit(torch.tensor([[math.nan]]), 1.0)
    with pytest.raises(ValueError, match="public constant"):
        limit(torch.ones(2, 2), 0.0)
    assert largest_singular_value(torch.zeros(0, 3)) == 0.0
    assert limit(torch.zeros(0, 3), 1.0).shape == (0, 3)
