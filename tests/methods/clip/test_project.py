"""Truncation, max-norm against Keras, and the Gaussian projections."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tasks.methods.clip.layout import layout_of, norm_dims
from tasks.methods.clip.project import fitted_deviation, max_norm, perturb, redraw, truncate, truncate_deviations
from tasks.methods.clip.spectral import limit
from tasks.methods.dp.randomness import KeyedRandomness, Stream

# Computed by keras 3.15.1, keras.constraints.MaxNorm: (weights, max_value, axis, expected).
KERAS = [
    ([-1.021, 1.036, -1.931, 0.856, 0.045, -0.995], 3.0, 0, [-1.021, 1.036, -1.931, 0.856, 0.045, -0.995]),
    (
        [[-2.598, -5.429], [-0.139, -2.898], [-0.201, -2.387]],
        0.5,
        1,
        [[-0.21583, -0.45102], [-0.02395, -0.49943], [-0.04195, -0.49824]],
    ),
    ([0.202, -0.097, 3.161, 0.991, 2.292, 2.37], 3.0, 0, [0.12951, -0.06219, 2.02665, 0.63537, 1.4695, 1.51951]),
    ([-0.019, 0.152, 0.537, -0.527, 1.437, 0.825], 1.0, 0, [-0.0104, 0.08323, 0.29405, -0.28857, 0.78686, 0.45175]),
    (
        [
            [1.856, -2.034, -2.878, 0.239, 0.442],
            [2.215, -3.88, -0.806, -4.794, -0.924],
            [-1.354, -1.059, -2.647, -0.897, -1.714],
            [-0.877, 1.265, -1.587, -0.204, -0.323],
        ],
        2.0,
        1,
        [
            [0.92462, -1.01329, -1.43376, 0.11906, 0.22019],
            [0.66448, -1.16397, -0.24179, -1.43817, -0.27719],
            [-0.73152, -0.57214, -1.43009, -0.48462, -0.92602],
            [-0.78177, 1.12764, -1.41467, -0.18185, -0.28793],
        ],
    ),
    (
        [-1.785, -3.389, -1.99, -0.166, -3.827, 0.194],
        2.0,
        0,
        [-0.61825, -1.17382, -0.68926, -0.0575, -1.32552, 0.06719],
    ),
    (
        [[1.377, 0.041], [-0.845, 0.085], [-0.462, -0.58]],
        0.5,
        0,
        [[0.40973, 0.03489], [-0.25143, 0.07232], [-0.13747, -0.49351]],
    ),
    ([-0.519, 1.58, -2.929, 0.563, -0.37, 3.467], 1.0, 0, [-0.10634, 0.32374, -0.60015, 0.11536, -0.07581, 0.71039]),
    (
        [
            [-0.608, -1.389, -4.558, 1.777, -1.769],
            [1.577, -1.158, 2.96, 1.792, -5.269],
            [-0.538, 2.456, 1.253, -1.652, -0.952],
            [1.934, 1.52, 2.059, 1.244, -2.415],
        ],
        2.0,
        0,
        [
            [-0.46338, -0.81521, -1.53332, 1.08926, -0.57675],
            [1.20189, -0.67963, 0.99575, 1.09845, -1.71787],
            [-0.41003, 1.44143, 0.42151, -1.01264, -0.31038],
            [1.47398, 0.89209, 0.69265, 0.76254, -0.78737],
        ],
    ),
    (
        [[[1.452, 0.88], [0.684, 3.334], [-2.87, 0.372]], [[-1.373, 2.376], [-2.377, 0.58], [3.103, -1.416]]],
        0.5,
        0,
        [
            [[0.3633, 0.17366], [0.13827, 0.4926], [-0.3395, 0.12704]],
            [[-0.34353, 0.46887], [-0.4805, 0.0857], [0.36707, -0.48359]],
        ],
    ),
    (
        [-1.671, -2.608, -1.765, -0.738, 1.34, -0.131],
        2.0,
        0,
        [-0.86099, -1.34379, -0.90943, -0.38026, 0.69044, -0.0675],
    ),
    (
        [[[0.513, -2.145], [-1.239, -2.659], [-0.082, -0.835]], [[-0.881, -0.412], [0.221, -0.859], [0.652, -0.047]]],
        1.0,
        0,
        [
            [[0.5032, -0.98205], [-0.98446, -0.95158], [-0.082, -0.835]],
            [[-0.86417, -0.18863], [0.1756, -0.30741], [0.652, -0.047]],
        ],
    ),
    ([-0.435, 5.714, 0.668, -1.462, -0.391, 0.621], 1.0, 0, [-0.07254, 0.95285, 0.11139, -0.2438, -0.0652, 0.10356]),
    ([1.146, 0.57, 0.07, -1.796, 1.011, -0.289], 1.0, 0, [0.46885, 0.2332, 0.02864, -0.73478, 0.41362, -0.11824]),
    (
        [[1.676, 2.552], [-0.175, -1.554], [2.162, -0.633]],
        1.0,
        1,
        [[0.54894, 0.83586], [-0.11191, -0.99372], [0.95971, -0.28099]],
    ),
    (
        [
            [-0.115, 5.284, -0.875, 3.997, -1.7],
            [0.952, 1.977, 2.303, 1.33, -2.134],
            [-1.592, 2.081, -0.06, 1.885, -0.82],
            [-0.577, -0.757, -3.805, 0.209, 1.409],
        ],
        2.0,
        1,
        [
            [-0.03335, 1.53231, -0.25374, 1.15909, -0.49298],
            [0.46957, 0.97514, 1.13593, 0.65601, -1.05258],
            [-0.95593, 1.24955, -0.03603, 1.13186, -0.49237],
            [-0.27655, -0.36282, -1.82368, 0.10017, 0.67531],
        ],
    ),
]


@pytest.mark.parametrize(("weights", "bound", "axis", "expected"), KERAS)
def test_max_norm_agrees_with_keras(weights: list, bound: float, axis: int, expected: list) -> None:
    found = max_norm(torch.tensor(weights), bound, axis)
    # The vectors are given to five decimals: half a unit of the last, and float32's own rounding.
    torch.testing.assert_close(found, torch.tensor(expected), atol=5.1e-6, rtol=0)


@pytest.mark.parametrize(
    ("weights", "bound", "axis", "expected"), [row for row in KERAS if isinstance(row[0][0], list)]
)
def test_a_torch_layer_is_clipped_as_its_keras_kernel(weights: list, bound: float, axis: int, expected: list) -> None:
    keras, wanted = torch.tensor(weights), torch.tensor(expected)
    if keras.dim() == 2:
        stored, layout = keras.T.contiguous(), layout_of(torch.nn.Linear(2, 2), keras)
        found = max_norm(stored, bound, norm_dims(layout, 2, axis)).T
    else:
        stored, layout = keras.permute(2, 1, 0).contiguous(), layout_of(torch.nn.Conv1d(2, 2, 2), keras)
        found = max_norm(stored, bound, norm_dims(layout, 3, axis)).permute(2, 1, 0)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def test_by_default_each_unit_of_a_linear_layer_has_its_own_norm() -> None:
    layer = torch.nn.Linear(3, 2)
    weights = torch.tensor([[3.0, 4.0, 0.0], [0.1, 0.2, 0.2]])  # two units, three inputs
    found = max_norm(weights, 1.0, norm_dims(layout_of(layer, weights), 2))
    torch.testing.assert_close(found, torch.tensor([[0.6, 0.8, 0.0], [0.1, 0.2, 0.2]]))
    bias = torch.tensor([3.0, 4.0])
    torch.testing.assert_close(max_norm(bias, 1.0, norm_dims("vector", 1)), torch.tensor([0.6, 0.8]))


def test_an_axis_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="axis"):
        norm_dims("vector", 1, axis=1)
    with pytest.raises(ValueError, match="isn't known"):
        norm_dims("unknown", 3)


MATRICES = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**31), st.sampled_from([1e-4, 1.0, 1e4]))


@settings(max_examples=60, deadline=None)
@given(MATRICES, st.floats(1e-3, 1e3), st.sampled_from([(0,), (1,), (0, 1)]))
def test_max_norm_bounds_every_norm_and_keeps_what_is_within(
    shape: tuple[int, int, int, float], bound: float, dims: tuple[int, ...]
) -> None:
    rows, columns, seed, size = shape
    weights = size * torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    found = max_norm(weights, bound, dims)
    norms = weights.double().square().sum(dims, keepdim=True).sqrt().expand_as(weights)
    assert (found.double().square().sum(dims).sqrt() <= bound * (1 + 1e-6)).all()
    assert torch.equal(found[norms <= bound], weights[norms <= bound])
    assert (found.sign() * weights.sign() >= 0).all()
    torch.testing.assert_close(max_norm(found, bound, dims), found, atol=0, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(MATRICES, st.floats(1e-3, 1e3))
def test_truncation_bounds_every_weight_and_is_idempotent(shape: tuple[int, int, int, float], bound: float) -> None:
    rows, columns, seed, size = shape
    weights = size * torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    once = truncate(weights, bound)
    assert float(once.abs().max()) <= torch.tensor(bound)
    assert torch.equal(truncate(once, bound), once)
    within = weights.abs() <= bound
    assert torch.equal(once[within], weights[within])


def stream(label: str = "x", secret: bytes = b"s" * 32) -> Stream:
    return KeyedRandomness(secret, "test", b"").stream(label)


def ks(sample: torch.Tensor, distribution: Any) -> float:
    return float(stats.kstest(sample.double().flatten().numpy(), distribution.cdf).pvalue)


def test_perturbation_is_normal_with_the_scale_it_was_given() -> None:
    noise = perturb(torch.zeros(600, 500), 0.02, stream())
    assert ks(noise, stats.norm(0, 0.02)) > 0.01
    # The same test tells a scale that is 5 % off, and one for which a variance was taken.
    for wrong in (0.019, 0.021, 0.02**2, math.sqrt(0.02)):
        assert ks(noise, stats.norm(0, wrong)) < 1e-6


def test_perturbation_adds_to_the_weights_and_follows_from_the_key_alone() -> None:
    weights = torch.randn(50, 40, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    once, again, other = (perturb(weights, 0.1, stream(secret=key)) for key in (b"s" * 32, b"s" * 32, b"t" * 32))
    assert once.numpy().tobytes() == again.numpy().tobytes()
    assert not torch.equal(once, other)
    torch.testing.assert_close(once - weights, perturb(torch.zeros_like(weights), 0.1, stream()), atol=1e-12, rtol=0)
    torch.manual_seed(1)  # the process's own generator has no say
    assert torch.equal(perturb(weights, 0.1, stream()), once)


@pytest.mark.parametrize("cutoff", [0.5, 1.0, 2.0])
def test_redrawing_replaces_outliers_alone_by_draws_of_the_truncated_normal(cutoff: float) -> None:
    weights = 2 + 0.5 * torch.randn(500, 500, generator=torch.Generator().manual_seed(3))
    mean, deviation = weights.double().mean(), float(weights.double().std(correction=0))
    beyond = (weights.double() - mean).abs() > cutoff * deviation
    found = redraw(weights, cutoff, stream())
    assert torch.equal(found[~beyond], weights[~beyond])
    assert float((found.double() - mean).abs().max()) <= cutoff * deviation * (1 + 1e-6)
    drawn = found[beyond].double() - mean
    assert len(drawn) > 10_000
    assert ks(drawn, stats.truncnorm(-cutoff, cutoff, scale=0.5)) > 0.001
    assert ks(drawn, stats.truncnorm(-cutoff / 1.3, cutoff / 1.3, scale=0.65)) < (0.001 if cutoff >= 1 else 1)
    assert ks(drawn, stats.norm(0, 0.5)) < 1e-4


def test_what_is_redrawn_is_as_wide_as_what_lies_within_and_not_as_the_outliers() -> None:
    generator = torch.Generator().manual_seed(4)
    weights = torch.randn(400, 400, generator=generator)
    weights[:, :100] *= 8  # a heavy tail: the tensor's own deviation is 4.1
    found = redraw(weights, 1.0, stream())
    half = float(weights.double().std(correction=0))
    drawn, within = found[weights.abs() > half], weights[weights.abs() <= half]
    assert len(drawn) > 20_000
    assert abs(float(drawn.std()) / float(within.std()) - 1) < 0.02


@pytest.mark.parametrize("half", [1e-3, 1.0, 40.0])
@pytest.mark.parametrize("ratio", [0.2, 0.5, 1.0, 3.0, 18.0])
def test_the_fit_finds_the_deviation_of_a_truncated_normal(half: float, ratio: float) -> None:
    moment = float(stats.truncnorm(-1 / ratio, 1 / ratio, scale=ratio * half).var())
    assert fitted_deviation(moment, half) == pytest.approx(ratio * half, rel=1e-3 if ratio < 10 else 0.05)


def test_weights_flatter_than_any_normal_are_redrawn_evenly() -> None:
    assert fitted_deviation(0.5, 1.0) > 99
    weights = torch.rand(300, 300, generator=torch.Generator().manual_seed(5)) - 0.5
    found = redraw(weights, 1.0, stream())
    drawn = found[weights.sub(weights.mean()).abs() > weights.double().std(correction=0)]
    width = float(weights.double().std(correction=0))
    assert ks(drawn.double() - float(weights.double().mean()), stats.uniform(-width, 2 * width)) > 0.001


def test_a_constant_layer_has_nothing_to_redraw_and_no_deviation() -> None:
    weights = torch.full((4, 4), 0.1)
    assert torch.equal(redraw(weights, 3.0, stream()), weights)
    assert torch.equal(truncate_deviations(weights, 3.0), weights)


@settings(max_examples=60, deadline=None)
@given(MATRICES, st.floats(0.5, 5))
def test_truncation_by_deviations_is_truncation_at_that_multiple(
    shape: tuple[int, int, int, float], deviations: float
) -> None:
    rows, columns, seed, size = shape
    weights = size * torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    bound = deviations * float(weights.double().std(correction=0))
    if float(weights.double().mean().abs()) > bound:
        return
    found = truncate_deviations(weights, deviations)
    assert float(found.abs().max()) <= bound * (1 + 1e-6) or rows * columns == 1
    within = weights.double().abs() <= bound * (1 - 1e-6)
    assert torch.equal(found[within], weights[within])


def test_gains_about_one_are_not_truncated_around_zero() -> None:
    gains = 1 + 0.01 * torch.randn(100, generator=torch.Generator().manual_seed(1))
    with pytest.raises(ValueError, match="give a bound"):
        truncate_deviations(gains, 3.0)


RULES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "truncate": lambda w: truncate(w, 0.5),
    "deviations": lambda w: truncate_deviations(w, 2.0),
    "max_norm": lambda w: max_norm(w, 0.5, 1),
    "perturb": lambda w: perturb(w, 0.1, stream()),
    "redraw": lambda w: redraw(w, 1.0, stream()),
    "spectral": lambda w: limit(w, 0.5),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
@settings(max_examples=15, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 2**31),
    dtype=st.sampled_from([torch.float64, torch.float32, torch.bfloat16]),
)
def test_shape_dtype_and_the_tensor_given_are_kept(
    rule: Callable[[torch.Tensor], torch.Tensor], shape: tuple[int, int], seed: int, dtype: torch.dtype
) -> None:
    weights = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)
    before = weights.clone()
    if rule is RULES["deviations"] and abs(float(weights.double().mean())) > 2 * float(
        weights.double().std(correction=0)
    ):
        return
    found = rule(weights)
    assert (found.shape, found.dtype) == (weights.shape, dtype)
    assert bool(torch.isfinite(found).all())
    assert torch.equal(weights, before)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_refused(rule: Callable[[torch.Tensor], torch.Tensor], value: float) -> None:
    weights = torch.ones(3, 3)
    weights[1, 2] = value
    with pytest.raises(ValueError, match="finite"):
        rule(weights)


@pytest.mark.parametrize("bound", [0.0, -1.0, math.inf, math.nan])
def test_a_bound_is_a_finite_number_above_zero(bound: float) -> None:
    with pytest.raises(ValueError, match="public constant"):
        truncate(torch.ones(2), bound)
    with pytest.raises(ValueError, match="public constant"):
        max_norm(torch.ones(2), bound)
