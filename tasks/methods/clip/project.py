"""What a rule does to one weight tensor: truncation, max-norm, Gaussian perturbation and redrawing.

Formal guarantees:
    None of their own. Applied to the output of DP-SGD with public constants each is post-processing and costs no
    further ε (Dwork and Roth, The Algorithmic Foundations of Differential Privacy, 2014, proposition 2.1), also where
    the constant is a multiple of the tensor's own deviation: that is computed from the noisy weights. Applied to a
    model that was trained without differential privacy they have unknown sensitivity: no formal guarantee follows, and
    the noise of :func:`perturb` or :func:`redraw` must not be turned into an ε.

All of them compute in float64 and return the dtype they were given, so that a result doesn't depend on the order in
which a device adds up. Each raises ``ValueError`` for weights that aren't finite and for a bound that isn't a finite
number above 0. The largest singular value is limited in :mod:`tasks.methods.clip.spectral`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from tasks.methods.dp.randomness import Stream

KERAS_EPSILON = 1e-7
"""What Keras adds to the norm before it divides."""

_WIDEST_FIT = 100.0
"""A normal that wide is flat between the cut-offs to a part in 10,000: wider ones can't be told apart there."""


def truncate(weights: torch.Tensor, bound: float) -> torch.Tensor:
    """Limit every weight to ``[-bound, bound]``.

    Args:
        weights: any shape.
        bound: a public constant above 0.

    >>> truncate(torch.tensor([-2.0, 0.25]), 0.5).tolist()
    [-0.5, 0.25]
    """
    check(weights, bound)
    return weights.clamp(min=-bound, max=bound)


def truncate_deviations(weights: torch.Tensor, deviations: float) -> torch.Tensor:
    """Limit every weight to ``[-kσ, kσ]``, where σ is the tensor's own standard deviation about its mean.

    Args:
        weights: any shape. Weights that are all alike have no deviation and are returned as they are.
        deviations: k, a public constant above 0.

    Raises:
        ValueError: the tensor's mean lies beyond the limit, as a norm's gains do, which lie about 1: limiting them
            around zero would make nearly all of them the same.

    >>> truncate_deviations(torch.tensor([-1.0, -1.0, -1.0, -1.0, 4.0]), 1.0).tolist()
    [-1.0, -1.0, -1.0, -1.0, 2.0]
    """
    check(weights, deviations)
    exact = weights.double()
    mean, deviation = _moments(exact)
    if deviation == 0:
        return weights.clone()
    if abs(mean) > deviations * deviation:
        raise ValueError("the mean of its weights lies beyond the limit; give a bound")
    return truncate(weights, deviations * deviation)


def max_norm(weights: torch.Tensor, bound: float, dims: int | Sequence[int] = 0) -> torch.Tensor:
    """Limit the L2 norm over ``dims`` to ``bound``, with the meaning of Keras's ``MaxNorm(max_value, axis)``.

    ``w * clip(norm, 0, bound) / (1e-7 + norm)`` where the norm is above the bound. Weights within the bound are kept as
    they are; Keras multiplies them by ``norm / (1e-7 + norm)``, which moves no weight by more than 1e-7.

    Args:
        weights: any shape. ``dims`` are dimensions of this tensor; see :mod:`tasks.methods.clip.layout` for Keras's
        axes. bound: a public constant above 0.

    >>> max_norm(torch.tensor([[3.0, 0.25], [4.0, 0.5]]), 1.0, 0)
    tensor([[0.6000, 0.2500],
            [0.8000, 0.5000]])
    """
    check(weights, bound)
    exact = weights.to(torch.float64, copy=True)
    norm = exact.square().sum(dim=dims, keepdim=True).sqrt_()
    limited = exact.mul_(bound / (norm + KERAS_EPSILON))
    return torch.where(norm > bound, limited.to(weights.dtype), weights)


def perturb(weights: torch.Tensor, scale: float, stream: Stream) -> torch.Tensor:
    """Add independent normal noise of standard deviation ``scale`` to every weight.

    Args:
        weights: any shape, on the CPU.
        scale: a public constant above 0.
        stream: keyed draws, for this tensor alone.
    """
    check(weights, scale)
    noise = stream.normal(weights.shape).double()
    return weights.double().add(noise, alpha=scale).to(weights.dtype)


def redraw(weights: torch.Tensor, cutoff: float, stream: Stream) -> torch.Tensor:
    """Draw weights beyond a cut-off anew from the layer's fitted truncated normal.

    Beyond are weights with ``|w - μ| > cutoff * σ``, μ and σ being the tensor's mean and standard deviation. The normal
    is centred on μ and truncated to that interval, and is fitted to the weights within it alone
    (:func:`fitted_deviation`), so that the outliers don't widen what replaces them. The other weights are kept as they
    are.

    Args:
        weights: any shape, on the CPU.
        cutoff: in standard deviations, a public constant above 0.
        stream: keyed draws, for this tensor alone.
    """
    check(weights, cutoff)
    exact = weights.double()
    mean, deviation = _moments(exact)
    half = cutoff * deviation
    beyond = (exact - mean).abs() > half
    if not bool(beyond.any()):
        return weights.clone()
    within = exact[~beyond] - mean
    fitted = fitted_deviation(float(within.square().mean()) if len(within) else half**2, half)
    # One draw a weight, used or not: a weight's draw then doesn't depend on which others are beyond.
    uniform = torch.from_numpy(stream.uniforms(weights.numel())).view(weights.shape)
    mass = math.erf(half / (fitted * math.sqrt(2)))
    draws = mean + fitted * math.sqrt(2) * torch.erfinv((2 * uniform - 1) * mass)
    draws = draws.clamp(min=mean - half, max=mean + half)
    return torch.where(beyond, draws.to(weights.dtype), weights)


def fitted_deviation(second_moment: float, half: float) -> float:
    """The σ of a normal around 0 that, truncated to ``[-half, half]``, has the given second moment.

    Fitting by that moment is maximum likelihood: the truncated normals around 0 are an exponential family in x²
    (Cohen, Truncated and Censored Samples, 1991, chapter 2). The moment grows with σ towards half² / 3, the uniform
    distribution's; at and beyond it the widest normal tried, of 100 half, is returned, which is flat there. Found by
    bisection to the last digits.

    Args:
        second_moment: mean square of what lies within.
        half: half the interval's width, above 0.

    >>> round(fitted_deviation(0.2911, 1.0), 2)
    1.0
    """
    if second_moment <= 0:
        return half * 1e-6  # everything within is one value: draws are that value, to six digits of the interval
    low, high = 0.0, _WIDEST_FIT * half
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _truncated_moment(middle, half) < second_moment else (low, middle)
    return high


def check(weights: torch.Tensor, bound: float) -> None:
    """Refuse what no rule can work with.

    Raises:
        ValueError: a weight isn't finite, or the bound isn't a finite number above 0.
    """
    if not (bound > 0 and math.isfinite(bound)):
        raise ValueError("a bound is a finite public constant above 0")
    if not bool(torch.isfinite(weights).all()):
        raise ValueError("the weights aren't finite numbers")


def _moments(exact: torch.Tensor) -> tuple[float, float]:
    """Mean and standard deviation (divisor n); the deviation of weights that are all alike is 0 without rounding."""
    if exact.numel() == 0 or bool((exact == exact.flatten()[0]).all()):
        return (float(exact.flatten()[0]) if exact.numel() else 0.0), 0.0
    return float(exact.mean()), float(exact.std(correction=0))


def _truncated_moment(deviation: float, half: float) -> float:
    """E[x²] of Normal(0, deviation²) truncated to ±half: σ² (1 - 2 a φ(a) / (2 Φ(a) - 1)) with a = half / σ."""
    if deviation <= 0:
        return 0.0
    a = half / deviation
    if a < 0.05:
        return (
            half**2 / 3 * (1 - 2 * a**2 / 15)
        )  # the formula's difference cancels here; what is left out is below 1e-7
    density = math.exp(-(a**2) / 2) / math.sqrt(2 * math.pi)
    return deviation**2 * (1 - 2 * a * density / math.erf(a / math.sqrt(2)))
