"""What can be known of a model's gradients from a batch alone, checked on the first one that can tell.

A layer may use a weight in a way no hook sees, or let one example change another's gradient. Neither can be read off
the model; both show in the gradients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from tasks.core.errors import UserError
from tasks.methods.dp.rules.contribution import Contribution

_OF_GRADIENT = {False: 1e-3, True: 5e-2}
_OF_TERMS = {False: 1e-5, True: 1e-3}
"""How far the sums may lie from autograd's: a share of the parameter's gradient or, as that may be nothing but rounding
(a key's bias in attention), of a bound on the terms it is a sum of. The second figures are for coarse numbers."""


class FirstBatch:
    """Watches one batch. Between :meth:`check_apart` and :meth:`check_sums` lies the batch's backward pass.

    Args:
        model: the outputs of its layers with trainable parameters are watched until :meth:`close`.
        apart: whether :meth:`check_apart` will be asked.
        sums: whether :meth:`check_sums` will be.
    """

    def __init__(self, model: nn.Module, apart: bool, sums: bool) -> None:
        self._apart, self._sums = apart, sums
        self._outputs: list[tuple[str, Tensor]] = []
        self._terms: dict[int, Tensor] = {}
        self._coarse = False
        self._handles = [
            module.register_forward_hook(partial(self._seen, name), with_kwargs=True)
            for name, module in model.named_modules()
            if any(p.requires_grad for p in module.parameters(recurse=False))
        ]

    def _seen(self, name: str, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if not isinstance(output, Tensor) or not output.requires_grad:
            return
        if self._apart:
            self._outputs.append((name, output))
        if not self._sums:
            return
        self._coarse |= output.dtype != torch.float32 or (
            output.is_cuda and torch.get_float32_matmul_precision() != "highest"
        )
        given = [x.detach().float().norm() for x in (*args, *kwargs.values()) if _numbers(x)]
        size = sum(given, start=torch.tensor(output.numel() ** 0.5, device=output.device))
        output.register_hook(partial(self._arrived, module, size))

    def _arrived(self, module: nn.Module, size: Tensor, grad: Tensor) -> None:
        for p in module.parameters(recurse=False):
            self._terms[id(p)] = self._terms.get(id(p), 0) + size * grad.detach().float().norm()

    def check_apart(self, losses: Tensor, rows_per_unit: int) -> bool:
        """Hold that a unit's loss has no gradient in another unit's rows.

        Args:
            losses: [rows], with their graph, which is kept.

        Returns:
            whether it could be told: a batch of one unit says nothing of it.

        Raises:
            UserError: it has one.
        """
        even = torch.arange(len(losses), device=losses.device) // rows_per_unit % 2 == 0
        by_rows = [(name, output) for name, output in self._outputs if len(output) == len(losses)]
        if not by_rows or bool(even.all()):
            self._outputs.clear()
            return not by_rows
        grads = torch.autograd.grad(losses[even].sum(), [o for _, o in by_rows], retain_graph=True, allow_unused=True)
        for (name, _), grad in zip(by_rows, grads, strict=True):
            if grad is not None and bool((torch.nan_to_num(grad[~even], 0, 0, 0) != 0).any()):
                raise UserError(
                    f"train: the loss of one example depends on others of its batch, above {name}: no example has a "
                    "gradient of its own. Replace the layer or the loss that mixes them."
                )
        self._outputs.clear()
        self._terms.clear()
        return True

    def check_sums(self, names: Mapping[str, nn.Parameter], found: Sequence[Sequence[Contribution]]) -> bool:
        """Hold that the recorded gradients add up to the one autograd put into ``grad``.

        Returns:
            whether it could be told: not where a gradient isn't finite.

        Raises:
            UserError: no gradient reaches a parameter, or one that was not recorded.
        """
        if not all(bool(p.grad.isfinite().all()) for p in names.values() if p.grad is not None):
            return False
        for (name, p), contributions in zip(names.items(), found, strict=True):
            if p.grad is None and not contributions:
                raise UserError(f"train: no gradient reaches {name}; freeze it, or let the model's loss use it.")
            missed = torch.zeros_like(p, dtype=torch.float32) if p.grad is None else -p.grad.float()
            wanted = missed.norm()
            for c in contributions:
                c.add_to(missed, torch.ones(c.units, device=p.device))
            terms = self._terms.get(id(p), torch.zeros_like(wanted))
            if missed.norm() > torch.maximum(_OF_GRADIENT[self._coarse] * wanted, _OF_TERMS[self._coarse] * terms):
                raise UserError(
                    f"train: {name} is used outside the layer it belongs to, so that its gradient can't be told apart "
                    "by example; freeze it, or choose another way to adapt the model."
                )
        return True

    def close(self) -> None:
        """Watch no longer."""
        for handle in self._handles:
            handle.remove()
        self._outputs.clear()


def _numbers(x: Any) -> bool:
    return isinstance(x, Tensor) and x.is_floating_point()
