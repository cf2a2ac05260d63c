"""Projection of trained weights onto what rules allow, after each step of an optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from tasks.core.errors import AirlockError, UserError
from tasks.methods.clip.rules import Bounded, apply_bound, assign, terms
from tasks.methods.clip.tensors import of_model


class Projection:
    """Limits a model's trainable weights, in place, each time it is called.

    Args:
        rules: in order; the first that fits a trained tensor decides. Each has a ``bound``: what a second call would
            change again, such as noise or a multiple of a deviation, is no projection.
        model: as it is trained, with its adapter on it; weights that aren't trained are never touched.

    Formal guarantees:
        Called after each noisy step it is post-processing of that step, and the next step is a mechanism that was
        chosen by its outcome, which adaptive composition covers: ε of the whole is that of the steps without it. It is
        a function of the weights and of public constants alone, without randomness, so a run that goes on from a
        checkpoint gives the same bits. Each tensor is within its bound at the end of every step. Projected gradient
        steps under DP: Bassily, Smith and Thakurta, Private Empirical Risk Minimization, 2014, algorithm 1.

    Raises:
        UserError: a rule fits no trained tensor, or can't limit one that it fits.
        AirlockError: on a call, weights aren't finite.
    """

    def __init__(self, rules: Sequence[Bounded], model: nn.Module) -> None:
        weights = of_model(model, trainable=True)
        assigned = assign(rules, weights, "train.projection")
        self._rules = list(rules)
        self._work = [(assigned[w.name], w) for w in weights if w.name in assigned]
        for index, w in self._work:
            try:
                apply_bound(self._rules[index], w)  # to see that it can: training hasn't begun, nothing is kept
            except ValueError as exc:
                method = self._rules[index].method
                raise UserError(f"train.projection[{index}]: {method} doesn't fit {w.name}: {exc}") from None

    @torch.no_grad()
    def __call__(self) -> None:
        """Limit the weights now."""
        for index, weights in self._work:
            try:
                weights.tensor.copy_(apply_bound(self._rules[index], weights))
            except ValueError as exc:
                raise AirlockError(f"train: projection of {weights.name} after a step: {exc}") from None

    def report(self) -> list[dict[str, Any]]:
        """The rules as plain JSON, each with how many tensors and weights it limits."""
        return [
            {
                **terms(rule),
                "tensors": sum(own == index for own, _ in self._work),
                "weights": sum(w.tensor.numel() for own, w in self._work if own == index),
            }
            for index, rule in enumerate(self._rules)
        ]
