"""The DP-SGD loop: Poisson batches, per-example losses, logical steps, a hard stop."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from tasks.core.progress import Progress
from tasks.methods.dp.accounting import Mechanism, epsilon
from tasks.methods.dp.randomness import KeyedRandomness, poisson_batches
from tasks.methods.dp.step import LogicalStepOptimizer, per_example
from tasks.methods.lm.causal import MovedCheck, example_losses
from tasks.methods.lm.tokens import Batch, TokenTable

_EPSILON_POINTS = 10
_DISPLAY_ERROR = 0.02


@dataclass(frozen=True)
class Recipe:
    """How to train, beside the mechanism.

    Attributes:
        max_grad_norm: C, the L2 norm each example's gradient is clipped to.
        expected_batch: the public divisor of the noisy sum.
        learning_rate: Adam's step size at the start; it falls linearly to zero at the last planned step.
        physical_batch: examples on the device at once; changes the result by rounding only.
    """

    max_grad_norm: float
    expected_batch: int
    learning_rate: float
    physical_batch: int


@dataclass(frozen=True)
class Outcome:
    """Facts of a run that depend on the private records, so lie outside the guarantee.

    Attributes:
        examples: gradients computed in all.
        nonfinite: how many of them were not finite and counted as zero.
        empty_steps: steps whose batch was empty; they took noise all the same.
    """

    examples: int
    nonfinite: int
    empty_steps: int


def train(
    model: nn.Module,
    table: TokenTable,
    mechanism: Mechanism,
    recipe: Recipe,
    randomness: KeyedRandomness,
    device: torch.device,
    progress: Progress | None = None,
    note: Callable[[int], str] = lambda step: "",
) -> Outcome:
    """Train a model's trainable parameters in place.

    Args:
        model: a causal language model with an adapter, on ``device``.
        table: the training records, one a row; one record is one example.
        mechanism: σ, q and T, as they were given to the accountant.
        randomness: keyed by the secret and the ledger's nonce; the labels ``sampling`` and ``noise`` are used.
        progress: one unit a step.
        note: text for the progress line after a step, computed without the records.

    Formal guarantees:
        The weights after the last step, and after every other one, are (ε, δ)-differentially private with the ε of
        :func:`tasks.methods.dp.accounting.epsilon` for ``mechanism``, under adding or removing one row of ``table``
        where the sampling rate doesn't depend on its length, under blanking one row otherwise. No loss, gradient norm
        or batch size of a training record is logged or returned.

    Raises:
        AirlockError: training doesn't reach the adapter.
    """
    wrapped = per_example(model)
    trainable = [p for p in model.parameters() if p.requires_grad]
    adam = torch.optim.Adam(trainable, lr=recipe.learning_rate, foreach=False)
    optimizer = LogicalStepOptimizer(
        adam,
        noise_multiplier=mechanism.noise_multiplier,
        max_grad_norm=recipe.max_grad_norm,
        expected_batch=recipe.expected_batch,
        steps=mechanism.steps,
        noise=randomness.stream("noise"),
    )
    batches = poisson_batches(randomness.stream("sampling"), len(table), mechanism.sample_rate, mechanism.steps)
    moved, empty = MovedCheck(model), 0
    # Per-example hooks work in training mode only; LoRA has no dropout here, so the forward pass is the same.
    wrapped.train()
    try:
        for step, drawn in enumerate(batches):
            empty += len(drawn) == 0
            for _, batch in table.batches(drawn, recipe.physical_batch):
                losses, _ = example_losses(wrapped, Batch(batch.ids.to(device), batch.mask.to(device)))
                with warnings.catch_warnings():
                    # The lowest adapter's input needs no gradient: the base below it is frozen, as meant.
                    warnings.filterwarnings("ignore", message="Full backward hook is firing")
                    losses.sum().backward()
                optimizer.clip_and_accumulate()
            for group in adam.param_groups:
                group["lr"] = recipe.learning_rate * (1 - step / mechanism.steps)
            optimizer.step()
            if step == 0:
                moved.verify(model)
            if progress is not None:
                progress.advance(1, note(step + 1))
    finally:
        wrapped.remove_hooks()
        model.eval()
    return Outcome(examples=optimizer.examples, nonfinite=optimizer.nonfinite, empty_steps=empty)


class EpsilonSoFar:
    """The note of a progress line: ε so far, and examples a second as expected from the public batch size.

    ε is a bound at the next of ten points of the run, computed when that is reached. Real batch sizes aren't shown:
    who was drawn stays secret.
    """

    def __init__(self, mechanism: Mechanism, delta: float, expected_batch: int) -> None:
        self._mechanism, self._delta, self._batch = mechanism, delta, expected_batch
        self._known: dict[int, float] = {}
        self._start = time.monotonic()

    def __call__(self, step: int) -> str:
        """The note after ``step`` steps."""
        total = self._mechanism.steps
        point = math.ceil(step * _EPSILON_POINTS / total)
        until = max(step, point * total // _EPSILON_POINTS)
        if point not in self._known:
            whole = epsilon(self._mechanism, self._delta)
            # The coarse bound of a part may exceed the fine one of the whole, which bounds it too.
            self._known[point] = min(epsilon(self._mechanism, self._delta, until, _DISPLAY_ERROR * whole), whole)
        rate = step * self._batch / max(time.monotonic() - self._start, 1e-9)
        return f"epsilon at most {self._known[point]:.2f}, about {rate:,.1f} examples/s"
