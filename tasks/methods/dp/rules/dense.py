"""Gradients written out: one tensor a unit."""

from __future__ import annotations

from torch import Tensor

from tasks.methods.dp.rules.contribution import Contribution, only


class Dense(Contribution):
    """Unit u's gradient is ``gradients[u]``.

    Args:
        gradients: [units, *parameter].
    """

    def __init__(self, gradients: Tensor) -> None:
        self.gradients, self.units = gradients, len(gradients)

    def squared(self) -> tuple[Tensor, Tensor]:
        norms = self.gradients.flatten(1).float().norm(dim=1)
        return norms.square(), norms

    def drop(self, kept: Tensor) -> None:
        self.gradients = only(kept, self.gradients)

    def add_to(self, total: Tensor, factors: Tensor) -> None:
        total.view(-1).addmv_(self.gradients.flatten(1).float().T, factors)
