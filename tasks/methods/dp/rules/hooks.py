"""Opacus's per-example gradients, for layers that book-keeping has no rule for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection

import torch
from opacus.grad_sample import GradSampleHooks
from opacus.grad_sample.embedding import compute_embedding_grad_sample
from torch import Tensor, nn

from tasks.core.errors import AirlockError, UserError
from tasks.methods.dp.rules.contribution import Contribution
from tasks.methods.dp.rules.dense import Dense
from tasks.methods.dp.rules.recorder import Check, Found, Recorder, not_by_rows


def _embedding(module: nn.Embedding, given: list[Tensor], grad: Tensor) -> dict[nn.Parameter, Tensor]:
    """Opacus's rule gives the row of padding a gradient, which autograd does not."""
    if module.padding_idx is not None:
        grad = grad.masked_fill((given[0] == module.padding_idx)[..., None], 0)
    return compute_embedding_grad_sample(module, given, grad)


class _Hooks(GradSampleHooks):
    GRAD_SAMPLERS = {**GradSampleHooks.GRAD_SAMPLERS, nn.Embedding: _embedding}


class OpacusHooks(Recorder):
    """Every row's gradient is written out as ``grad_sample``; functorch does the layers Opacus has no rule for.

    Args:
        model: in training mode whenever a batch runs: Opacus's hooks do nothing otherwise.

    Raises:
        UserError: a trainable layer keeps buffers.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        try:
            self._hooks = _Hooks(model, batch_first=True, loss_reduction="sum", strict=True)
        except NotImplementedError:
            raise UserError(
                "train: a trainable layer keeps state across examples, so that no example has a gradient of its own; "
                "freeze it or replace it."
            ) from None
        self._hooks.disable_hooks()  # outside of record the model is used like any other

    def record(
        self, losses: Callable[[], Tensor], rows_per_unit: int, unchecked: Collection[Check] = ()
    ) -> tuple[Found, set[Check]]:
        with warnings.catch_warnings():
            # The lowest trainable layer's input needs no gradient: what lies below is frozen, as meant.
            warnings.filterwarnings("ignore", message="Full backward hook is firing")
            return super().record(losses, rows_per_unit, unchecked)

    def _before(self, summed_too: bool) -> None:
        if not self._model.training:
            raise AirlockError("Opacus's hooks work in training mode only; call model.train() first")
        self._hooks.enable_hooks()

    def _off(self) -> None:
        self._hooks.disable_hooks()

    def _on(self, rows_per_unit: int) -> None:
        self._hooks.enable_hooks()

    def _backward(self, losses: Tensor) -> None:
        try:
            super()._backward(losses)
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError):
            raise UserError(
                "train: Opacus has no per-example gradients of a trainable layer; train LoRA adapters, or linear, "
                "embedding and norm layers only."
            ) from None

    def _collect(self, rows: int, rows_per_unit: int) -> Found:
        return [
            self._taken(name, p.grad_sample, rows, rows_per_unit)  # type: ignore[attr-defined]
            for name, p in self._names.items()
        ]

    def _taken(self, name: str, sampled: Tensor | None, rows: int, rows_per_unit: int) -> list[Contribution]:
        if sampled is None:
            return []
        if not isinstance(sampled, Tensor) or len(sampled) != rows:
            raise not_by_rows(name.rpartition(".")[0])
        if rows_per_unit > 1:
            sampled = sampled.view(-1, rows_per_unit, *sampled.shape[1:]).sum(1)
        return [Dense(sampled.detach())]

    def _after(self) -> None:
        self._hooks.disable_hooks()
        for p in self._params:
            p.grad = p.grad_sample = None  # type: ignore[attr-defined]
            p._forward_counter = 0  # type: ignore[attr-defined]
            vars(p).pop("_current_grad_sample", None)
        for module in self._model.modules():
            # Left behind by a batch that failed, they would be taken for the next one's.
            vars(module).pop("activations", None)
            vars(module).pop("max_batch_len", None)

    def close(self) -> None:
        self._hooks.cleanup()
