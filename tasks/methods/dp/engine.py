"""The gradient engine: sums of per-unit gradients, each clipped, over any number of physical batches.

Reference: Abadi et al. 2016, "Deep Learning with Differential Privacy", Algorithm 1, as far as its noise.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tasks.core.errors import UserError
from tasks.methods.dp.rules.bookkeeping import BookKeeping, without_rule
from tasks.methods.dp.rules.hooks import OpacusHooks
from tasks.methods.dp.rules.norms import Flat, batch_norms_squared
from tasks.methods.dp.rules.recorder import Check, Found, Recorder
from tasks.methods.dp.rules.refusals import check_layers

MODES = ("auto", "book-keeping", "hooks")


class GradientEngine:
    """Per-unit clipped gradient sums of a model's trainable parameters.

    Args:
        model: on its device, in the mode (training or not) it is trained in, with what shall be trained requiring a
            gradient.
        max_grad_norm: C, the L2 norm that each unit's gradient is clipped to.
        mode: ``book-keeping``; ``hooks``, Opacus's, slower and with a copy of the gradient for each row in memory; or
            ``auto``, the first that knows every trainable layer.
        precision: ``torch.bfloat16`` for a forward pass under autocast; ``None`` for the parameters' own.

    Attributes:
        mode: the mode in use.
        reason: why ``auto`` did not choose book-keeping; empty where it did.
        params: the trainable parameters, in the model's order.
        max_grad_norm: C.
        examples: units accumulated since the start.
        nonfinite: those of them whose gradient was not finite and counted as zero; a tensor, so that reading it waits
            for the device.
        clipped: those that were scaled down; a tensor too. All three depend on the private records.

    Formal guarantees:
        The sums change by at most C in L2 norm when one unit is added to or removed from the batches, whatever its
        values: a unit's gradient is scaled to at most C, and one whose norm is not finite adds nothing. Physical
        batch sizes change the sums by rounding only.

        Rounding of a unit's own contribution is covered. Gradients are scaled to C(1 - margin), with a margin of
        1e-5 (2^-6 where products are of bfloat16 or TF32 numbers), by a norm that is an upper bound: to the square of
        a norm, taken from products whose terms may cancel, is added a share of the squared sum of the terms' norms,
        2^-18 (2^-13), more than rounding of the norm and of the scaled terms can take from it in float32 with
        blockwise sums. Not covered: the rounding, of the order of 1e-7 of the sums, by which other units' addition
        depends on a unit; and that libraries may choose other kernels for another batch size.

    Raises:
        UserError: nothing is trainable, a layer mixes the examples of a batch, or the mode does not know a trainable
            layer.
    """

    def __init__(
        self,
        model: nn.Module,
        max_grad_norm: float,
        mode: str = "auto",
        precision: torch.dtype | None = None,
    ) -> None:
        check_layers(model)
        self.mode, self.reason = _choose(mode, model)
        self.params = [p for p in model.parameters() if p.requires_grad]
        self.max_grad_norm = max_grad_norm
        self._recorder: Recorder = BookKeeping(model) if self.mode == "book-keeping" else OpacusHooks(model)
        self._device = self.params[0].device
        self._precision = precision
        coarse = precision is not None or any(p.dtype != torch.float32 for p in model.parameters())
        coarse = coarse or (self._device.type == "cuda" and torch.get_float32_matmul_precision() != "highest")
        margin, self._allowance = (2**-6, 2**-13) if coarse else (1e-5, 2**-18)
        self._bound = max_grad_norm * (1 - margin)
        self.examples = 0
        self.nonfinite = torch.zeros((), dtype=torch.int64, device=self._device)
        self.clipped = torch.zeros_like(self.nonfinite)
        self._unchecked: set[Check] = {"sums", "apart"}
        self._sums: list[Tensor] | None = None

    @property
    def sums(self) -> list[Tensor]:
        """The clipped sums since the last :meth:`take`: float32, shaped like :attr:`params`, parts of one tensor."""
        if self._sums is None:
            sizes = [p.numel() for p in self.params]
            flat = torch.zeros(sum(sizes), dtype=torch.float32, device=self._device)
            self._sums = [part.view(p.shape) for p, part in zip(self.params, flat.split(sizes), strict=True)]
        return self._sums

    def accumulate(self, losses: Callable[[], Tensor], rows_per_unit: int = 1) -> None:
        """Run one physical batch and add each unit's clipped gradient to the sums.

        Args:
            losses: runs the forward pass of the batch and returns each row's loss, [rows].
            rows_per_unit: so many consecutive rows are one unit, clipped together.

        Raises:
            UserError: the losses aren't one a row, or a trainable layer doesn't see the batch by rows. On the first
                batches also: no gradient reaches a trainable parameter, its gradient is not the sum of what was
                recorded, or one example's loss depends on another.
        """
        with torch.enable_grad():
            found, hold = self._recorder.record(self._in_precision(losses), rows_per_unit, self._unchecked)
        self._unchecked -= hold
        with torch.no_grad():
            self._clip(found)

    def _in_precision(self, losses: Callable[[], Tensor]) -> Callable[[], Tensor]:
        if self._precision is None:
            return losses

        def under_autocast() -> Tensor:
            with torch.autocast(self._device.type, self._precision):
                return losses()

        return under_autocast

    def _clip(self, found: Found) -> None:
        """Clip a batch's units and add them up; ``found`` is emptied on the way to free its memory."""
        flat = Flat(found)
        squared = batch_norms_squared(found, flat, self._allowance)
        if squared is None:
            return
        finite = torch.isfinite(squared)
        factors = torch.where(finite, (self._bound / squared.clamp(min=0).sqrt()).clamp(max=1), 0)
        self.examples += len(squared)
        self.nonfinite += (~finite).sum()
        self.clipped += (finite & (factors < 1)).sum()
        # The one wait for the device: a second copy of all that was kept, to be safe, would cost more.
        drop = not bool(finite.all())
        for total, contributions in zip(self.sums, found, strict=True):
            while contributions:
                contribution = contributions.pop()
                if drop:
                    contribution.drop(finite)
                contribution.add_to(total, factors)
        if drop and flat.dense is not None:
            flat.dense.drop(finite)
        flat.add_to(self.sums, factors)

    def take(self) -> list[Tensor]:
        """The sums since the last call; they start again at zero."""
        taken, self._sums = self.sums, None
        return taken

    def close(self) -> None:
        """Remove all hooks; the model is as it was, but for its weights."""
        self._recorder.close()


def _choose(mode: str, model: nn.Module) -> tuple[str, str]:
    if mode not in MODES:
        raise UserError(f"train: the gradient mode must be one of {', '.join(MODES)}.")
    if mode == "hooks":
        return mode, ""
    unknown = without_rule(model)
    if unknown is None:
        return "book-keeping", ""
    reason = f"{unknown[0] or 'the model itself'} ({type(unknown[1]).__name__}) has no book-keeping rule"
    if mode == "book-keeping":
        raise UserError(f"train: {reason}; freeze it or choose the gradient mode auto.")
    return "hooks", reason
