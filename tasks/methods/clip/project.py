"""Projections of one weight tensor: truncation, max-norm and Gaussian perturbation.

Formal guarantees:
    None of their own. Applied to the output of DP-SGD with public constants each is post-processing and costs no
    further ε (Dwork and Roth, The Algorithmic Foundations of Differential Privacy, 2014, proposition 2.1). Applied to
    a model that was trained without differential privacy they have unknown sensitivity: no formal guarantee follows,
    and the noise of :func:`perturb` or :func:`redraw` must not be turned into an ε.

All of them compute in float64 and return the dtype they were given, so that a result doesn't depend on the order in
which a device adds up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

KERAS_EPSILON = 1e-7
"""What Keras adds to the norm before it divides."""


def truncate(weights: torch.Tensor, bound: float) -> torch.Tensor:
    """Limit every weight to ``[-bound, bound]``.

    Args:
        weights: any shape.
        bound: a public constant above 0.

    >>> truncate(torch.tensor([-2.0, 0.25]), 0.5).tolist()
    [-0.5, 0.25]
    """
    _positive(bound)
    return weights.clamp(min=-bound, max=bound)


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
    _positive(bound)
    exact = weights.double()
    norm = exact.square().sum(dim=dims, keepdim=True).sqrt_()
    limited = exact.mul_(bound / (norm + KERAS_EPSILON))
    return torch.where(norm > bound, limited.to(weights.dtype), weights)


def perturb(weights: torch.Tensor, scale: float, generator: torch.Generator) -> torch.Tensor:
    """Add independent normal noise of standard deviation ``scale`` to every weight.

    Args:
        weights: any shape.
        scale: a public constant above 0.
        generator: a seeded CPU generator.
    """
    _positive(scale)
    noise = torch.randn(weights.shape, generator=generator, dtype=torch.float64)
    return weights.double().add_(noise, alpha=scale).to(weights.dtype)


def redraw(weights: torch.Tensor, cutoff: float, generator: torch.Generator) -> torch.Tensor:
    """Draw weights beyond a cut-off anew from the layer's fitted truncated normal.

    The normal is fitted by moments: mean μ and standard deviation σ of the tensor. Weights with ``|w - μ| > cutoff *
    σ`` are replaced by draws from Normal(μ, σ²) truncated to that interval (by inversion of its distribution function);
    the others are kept as they are.

    Args:
        weights: any shape.
        cutoff: in standard deviations, a public constant above 0.
        generator: a seeded CPU generator.
    """
    _positive(cutoff)
    exact = weights.double()
    mean, deviation = exact.mean(), exact.std(correction=0)
    beyond = (exact - mean).abs() > cutoff * deviation
    # One draw a weight, used or not: a weight's draw then doesn't depend on which others are beyond.
    uniform = torch.rand(weights.shape, generator=generator, dtype=torch.float64)
    draws = mean + deviation * math.sqrt(2) * torch.erfinv((2 * uniform - 1) * math.erf(cutoff / math.sqrt(2)))
    draws = torch.minimum(torch.maximum(draws, mean - cutoff * deviation), mean + cutoff * deviation)
    return torch.where(beyond, draws.to(weights.dtype), weights)


def _positive(value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError("a bound is a finite public constant above 0")
