"""One logical step of DP-SGD: the clipped sums of any number of physical batches, noise once, a public divisor.

Reference: Abadi et al. 2016, "Deep Learning with Differential Privacy", Algorithm 1, with Poisson sampling.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor

from tasks.core.errors import AirlockError
from tasks.methods.dp.engine import GradientEngine


class NormalStream(Protocol):
    """Where a step's noise comes from."""

    def normal(self, shape: tuple[int, ...], device: torch.device) -> Tensor:
        """Standard normal numbers, float32, the next of the stream."""


class LogicalStep:
    """Ends a logical step: takes the engine's sums, adds noise, divides, updates.

    Args:
        engine: what accumulated the step's physical batches, none included.
        optimizer: the optimizer that applies the noisy gradient, over the engine's parameters.
        noise_multiplier: σ.
        expected_batch: the divisor. A public constant given in the configuration: Opacus computes floor(n·q), which
            differs between neighbouring data sets (Opacus #571, #819).
        steps: the number of steps the accountant was told of and that are left to take; one more is refused.

    Formal guarantees:
        Every logical step, an empty one too, adds Gaussian noise of standard deviation σC to every coordinate of the
        sum exactly once, in float32; C is what the engine clips to. Where several processes train together, their sums
        are added first and each adds the same noise to the whole: one draw, not one a process.

    Raises:
        AirlockError: the optimizer has other parameters than the engine.
    """

    def __init__(
        self,
        engine: GradientEngine,
        optimizer: torch.optim.Optimizer,
        *,
        noise_multiplier: float,
        expected_batch: int,
        steps: int,
    ) -> None:
        if {id(p) for group in optimizer.param_groups for p in group["params"]} != {id(p) for p in engine.params}:
            raise AirlockError("the optimizer must have the engine's parameters, all of them and no others")
        self.engine, self._optimizer = engine, optimizer
        self._std = noise_multiplier * engine.max_grad_norm
        self._expected_batch = expected_batch
        self._steps_left = steps

    def step(self, noise: NormalStream) -> None:
        """Noise, divisor, update. Valid without any physical batch before it.

        Args:
            noise: this step's own stream; the same on every process.

        Raises:
            AirlockError: all planned steps have been taken.
        """
        if self._steps_left == 0:
            raise AirlockError("the planned number of noisy steps has been taken; another would not be accounted for")
        self._steps_left -= 1
        sums = self.engine.take()
        if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
            for total in sums:
                dist.all_reduce(total)
        # One draw, and one operation of each kind, for all parameters: each has a fixed cost of its own.
        draws = noise.normal((sum(total.numel() for total in sums),), sums[0].device)
        parts = draws.split([total.numel() for total in sums])
        torch._foreach_add_(
            sums, [part.view_as(total) for part, total in zip(parts, sums, strict=True)], alpha=self._std
        )
        torch._foreach_div_(sums, self._expected_batch)
        for p, total in zip(self.engine.params, sums, strict=True):
            p.grad = total.to(p.dtype)
        del draws, parts, sums
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
