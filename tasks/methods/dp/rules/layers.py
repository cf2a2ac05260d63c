"""The layers whose per-unit gradients are known, and how to get them from a call's input and output gradient."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from tasks.methods.dp.rules.contribution import Contribution
from tasks.methods.dp.rules.dense import Dense
from tasks.methods.dp.rules.lookup import Lookup
from tasks.methods.dp.rules.outer import Outer

Rule = Callable[[nn.Module, frozenset[str], Tensor, Tensor], dict[str, Contribution]]
"""(layer, names of its trainable parameters, its input, the gradient of its output) -> contributions by name.

Input and gradient are [units, tokens, features], the input of an embedding [units, tokens].
"""


def rule_for(module: nn.Module, trainable: frozenset[str]) -> Rule | None:
    """The rule of a layer, or ``None`` where it has none for the parameters that are trainable.

    A subclass counts as the layer only where it inherits the layer's ``forward``.
    """
    forward = type(module).forward
    if trainable <= {"weight", "bias"}:
        if forward is nn.Linear.forward:
            return _linear
        if forward is Conv1D.forward:
            return _conv1d
        if forward is nn.LayerNorm.forward and len(module.normalized_shape) == 1:  # type: ignore[arg-type]
            return _layer_norm
        if _plain_embedding(module):
            return _embedding
        if trainable == {"weight"} and _scales_by_rms(module):
            return _rms_norm
    return None


def _matrix(name: str, outer: Outer) -> dict[str, Contribution]:
    return {name: outer.dense() if outer.cheaper_written_out else outer}


def _bias(grad: Tensor) -> Dense:
    return Dense(grad.sum(1, dtype=torch.float32))


def _linear(module: nn.Module, trainable: frozenset[str], given: Tensor, grad: Tensor) -> dict[str, Contribution]:
    found = _matrix("weight", Outer(grad, given)) if "weight" in trainable else {}
    return found | ({"bias": _bias(grad)} if "bias" in trainable else {})


def _conv1d(module: nn.Module, trainable: frozenset[str], given: Tensor, grad: Tensor) -> dict[str, Contribution]:
    found = _matrix("weight", Outer(given, grad)) if "weight" in trainable else {}
    return found | ({"bias": _bias(grad)} if "bias" in trainable else {})


def _plain_embedding(module: nn.Module) -> bool:
    """Not those that rescale their weights by the batch, nor sparse ones."""
    return type(module).forward is nn.Embedding.forward and not (
        module.max_norm is not None or module.scale_grad_by_freq or module.sparse
    )


def _embedding(module: nn.Module, trainable: frozenset[str], given: Tensor, grad: Tensor) -> dict[str, Contribution]:
    return {"weight": Lookup(given, grad, module.num_embeddings, module.padding_idx)}  # type: ignore[arg-type]


def _layer_norm(module: nn.Module, trainable: frozenset[str], given: Tensor, grad: Tensor) -> dict[str, Contribution]:
    found: dict[str, Contribution] = {}
    if "weight" in trainable:
        plain = F.layer_norm(given.float(), module.normalized_shape, eps=module.eps)  # type: ignore[arg-type]
        found["weight"] = Dense((plain * grad).sum(1))
    return found | ({"bias": _bias(grad)} if "bias" in trainable else {})


def _rms(module: nn.Module) -> float | None:
    eps = getattr(module, "variance_epsilon", getattr(module, "eps", None))
    return eps if isinstance(eps, float) else None


def _rms_norm(module: nn.Module, trainable: frozenset[str], given: Tensor, grad: Tensor) -> dict[str, Contribution]:
    plain = F.rms_norm(given.float(), given.shape[-1:], eps=_rms(module))
    return {"weight": Dense((plain * grad).sum(1))}


def _over_rms(given: Tensor, eps: float) -> Tensor:
    return given * torch.rsqrt(given.square().mean(-1, keepdim=True) + eps)


def _scales_by_rms(module: nn.Module) -> bool:
    """Whether a layer is x / rms(x) * weight, or * (1 + weight): every model family brings its own class for it.

    Told by the parts it has, then by what it does to random numbers.
    """
    weight = getattr(module, "weight", None)
    if not isinstance(weight, nn.Parameter) or weight.dim() != 1 or _rms(module) is None:
        return False
    if len(list(module.parameters())) != 1 or list(module.children()) or list(module.buffers()):
        return False
    generator = torch.Generator().manual_seed(0)
    given = torch.randn(2, 3, len(weight), generator=generator).to(weight)
    scale = torch.randn(len(weight), generator=generator).to(weight)
    try:
        with torch.no_grad():
            found = torch.func.functional_call(module, {"weight": scale}, given)
    except (RuntimeError, TypeError, ValueError):
        return False
    if not isinstance(found, Tensor) or found.shape != given.shape:
        return False
    plain = _over_rms(given.float(), _rms(module))  # type: ignore[arg-type]
    tolerance = 1e-4 if weight.dtype == torch.float32 else 3e-2
    return any(
        torch.allclose(found.float(), plain * (offset + scale.float()), rtol=tolerance, atol=tolerance)
        for offset in (0, 1)
    )
