"""One logical step of DP-SGD: per-example gradients, clipping, noise once, a public divisor.

Per-example gradients are Opacus's (hooks on the trainable layers). Its optimizer is kept as the frame and mended in
four places, each named where it is done.

Reference: Abadi et al. 2016, "Deep Learning with Differential Privacy", Algorithm 1, with Poisson sampling.
"""

from __future__ import annotations

import numpy as np
import torch
from opacus.grad_sample import GradSampleModule
from opacus.optimizers import DPOptimizer
from torch import nn

from tasks.core.errors import AirlockError


class LogicalStepOptimizer(DPOptimizer):
    """A DP optimizer whose steps are logical: any number of physical batches, none included, then noise once.

    Args:
        optimizer: the optimizer that applies the noisy gradient.
        noise_multiplier: σ.
        max_grad_norm: C, the L2 norm that each example's gradient is clipped to.
        expected_batch: the divisor. A public constant given in the configuration: Opacus computes floor(n·q), which
            differs between neighbouring data sets (Opacus #571, #819).
        steps: the number of steps the accountant was told of; one more is refused.
        noise: the stream that noise is drawn from, in float32, on the CPU, so that a device doesn't change it.

    Formal guarantees:
        Before noise is added the sum of all examples' gradients changes by at most C in L2 norm when one example is
        added or removed: each is scaled to at most C, and one whose norm is not finite counts as zero. Every logical
        step, an empty one too, adds Gaussian noise of standard deviation σC to every coordinate exactly once. Physical
        batch sizes change the result by rounding only.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        *,
        noise_multiplier: float,
        max_grad_norm: float,
        expected_batch: int,
        steps: int,
        noise: np.random.Generator,
    ) -> None:
        super().__init__(
            optimizer,
            noise_multiplier=noise_multiplier,
            max_grad_norm=max_grad_norm,
            expected_batch_size=expected_batch,
            loss_reduction="sum",
        )
        self._noise = noise
        self._steps_left = steps
        self.examples = 0
        self.nonfinite = 0
        self._clear()

    def clip_and_accumulate(self) -> None:
        """Clip the gradients of one physical batch and add them to the logical step's sum.

        Unlike Opacus's, an example with a NaN or infinite gradient adds nothing (zero times infinity is NaN, and one
        NaN would void the step for all), and the sums are kept in float32.
        """
        flat = [g.reshape(len(g), -1).float() for g in self.grad_samples]
        norms = torch.stack([g.norm(2, dim=1) for g in flat], dim=1).norm(2, dim=1)
        finite = torch.isfinite(norms)
        factors = torch.where(finite, (self.max_grad_norm / (norms + 1e-6)).clamp(max=1.0), torch.zeros_like(norms))
        self.examples += len(norms)
        bad = int((~finite).sum())
        self.nonfinite += bad
        for p, g in zip(self.params, flat, strict=True):
            if bad:
                g = torch.where(finite[:, None], g, torch.zeros_like(g))
            p.summed_grad += (factors @ g).view_as(p)
            p.grad_sample = None
            p.grad = None

    def add_noise(self) -> None:
        """Draw the step's noise and put the noisy sum into ``grad``."""
        std = self.noise_multiplier * self.max_grad_norm
        for p in self.params:
            draw = self._noise.standard_normal(p.numel(), dtype=np.float32)
            p.grad = (p.summed_grad + std * torch.from_numpy(draw).to(p.device).view_as(p)).to(p.dtype)

    def scale_grad(self) -> None:
        """Divide by the expected batch, whatever the real one was."""
        for p in self.params:
            p.grad /= self.expected_batch_size

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """End a logical step: noise, divisor, update. Valid without any physical batch before it.

        Raises:
            AirlockError: all planned steps have been taken.
        """
        if self._steps_left == 0:
            raise AirlockError("the planned number of noisy steps has been taken; another would not be accounted for")
        self._steps_left -= 1
        self.add_noise()
        self.scale_grad()
        self.original_optimizer.step()
        self._clear()

    def _clear(self) -> None:
        for p in self.params:
            p.grad_sample = None
            p.grad = None
            p.summed_grad = torch.zeros_like(p, dtype=torch.float32)


def per_example(model: nn.Module) -> GradSampleModule:
    """Wrap a model so that backward from a sum of per-example losses leaves ``grad_sample`` on trainable parameters.

    Raises:
        AirlockError: nothing is trainable, or a trainable layer has no per-example gradient rule.
    """
    if not any(p.requires_grad for p in model.parameters()):
        raise AirlockError("the model has no trainable parameter")
    try:
        return GradSampleModule(model, batch_first=True, loss_reduction="sum", strict=True)
    except NotImplementedError:
        raise AirlockError("a trainable layer keeps state across examples; per-example gradients don't exist") from None
