"""Where a weight tensor keeps its inputs and its units.

Keras's kernels are ``(inputs, units)``; torch's ``Linear`` stores ``(units, inputs)``, transformers' ``Conv1D`` and
torch's ``Embedding`` store Keras's order, convolutions ``(units, inputs, *window)`` against ``(*window, inputs,
units)``.
"""

from __future__ import annotations

from typing import Literal

import torch
from transformers.pytorch_utils import Conv1D

Layout = Literal["linear", "keras", "convolution", "vector", "unknown"]


def layouts(model: torch.nn.Module) -> dict[str, Layout]:
    """The layout of every parameter of ``model`` by name; tied parameters once, under their first name."""
    modules = dict(model.named_modules())
    return {name: layout_of(modules[name.rpartition(".")[0]], weights) for name, weights in model.named_parameters()}


def layout_of(module: torch.nn.Module, weights: torch.Tensor) -> Layout:
    """The layout of one of a module's own parameters. Biases, gains of norms and other vectors are ``vector``."""
    if weights.dim() < 2:
        return "vector"
    if isinstance(module, torch.nn.Linear):
        return "linear"
    if isinstance(module, Conv1D | torch.nn.Embedding):
        return "keras"
    if isinstance(module, torch.nn.Conv1d | torch.nn.Conv2d | torch.nn.Conv3d):
        return "convolution"
    return "unknown"


def norm_dims(layout: Layout, dim: int, axis: int | None = None) -> tuple[int, ...]:
    """The dimensions of a torch tensor over which Keras's ``MaxNorm(axis=axis)`` takes the norm.

    Args:
        layout: the tensor's layout.
        dim: how many dimensions it has.
        axis: an axis of the Keras kernel; ``None`` is each unit's incoming weights: axis 0 of a dense kernel, all but
            the last of a convolution's. A vector (a bias, a gain) has one norm, that of the whole vector.

    Raises:
        ValueError: the tensor has no such axis, or its layout isn't known.

    >>> norm_dims("linear", 2), norm_dims("keras", 2), norm_dims("convolution", 4), norm_dims("vector", 1)
    ((1,), (0,), (1, 2, 3), (0,))
    >>> norm_dims("keras", 2, axis=1)
    (1,)
    """
    if layout == "unknown":
        raise ValueError("the layer's layout of inputs and units isn't known")
    if axis is not None and axis >= max(dim, 1):
        raise ValueError("it has no such axis")
    if layout == "vector":
        return (0,) if dim else ()
    order = {"linear": [1, 0], "keras": [0, 1], "convolution": [*range(2, dim), 1, 0]}[layout]
    return (order[axis],) if axis is not None else tuple(sorted(order[:-1]))
