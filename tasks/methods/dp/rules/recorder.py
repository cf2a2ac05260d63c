"""Recording one physical batch, so that every unit's gradient can be told afterwards."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import Literal

from torch import Tensor, nn

from tasks.core.errors import UserError
from tasks.methods.dp.rules.contribution import Contribution
from tasks.methods.dp.rules.first_batch import FirstBatch

Check = Literal["sums", "apart"]
Found = list[list[Contribution]]
"""For each trainable parameter what was recorded of it; empty where no gradient reached it."""


class Recorder(ABC):
    """A way to get per-unit gradients in one forward and one backward pass.

    Args:
        model: any model; nothing about it changes outside :meth:`record` but that hooks hang on it.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._names = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self._params = list(self._names.values())

    def record(
        self, losses: Callable[[], Tensor], rows_per_unit: int, unchecked: Collection[Check] = ()
    ) -> tuple[Found, set[Check]]:
        """Run one physical batch forward and backward.

        Args:
            losses: the forward pass, [rows].
            rows_per_unit: so many consecutive rows are one unit.
            unchecked: what to hold against plain autograd.

        Returns:
            what was recorded, and what of ``unchecked`` holds. A batch of one unit can't tell whether units are apart,
            nor one whose gradients are not finite whether they add up.

        Raises:
            UserError: losses are not one a row, or a trainable layer's gradient can't be told apart by rows.
        """
        sums, apart = "sums" in unchecked, "apart" in unchecked
        first, hold = FirstBatch(self._model, apart, sums) if unchecked else None, set[Check]()
        try:
            self._before(summed_too=sums)
            each = losses()
            if each.dim() != 1 or len(each) % rows_per_unit:
                raise UserError("train: the model must give one loss a row, and the rows of each unit complete.")
            found: Found = [[] for _ in self._params]
            if len(each) and each.requires_grad:
                self._check_rows(len(each))
                if first is not None and apart:
                    self._off()
                    hold |= {"apart"} if first.check_apart(each, rows_per_unit) else set()
                self._on(rows_per_unit)
                self._backward(each)
                found = self._collect(len(each), rows_per_unit)
            if first is not None and sums and len(each) and first.check_sums(self._names, found):
                hold.add("sums")
            return found, hold
        finally:
            if first is not None:
                first.close()
            self._after()

    @abstractmethod
    def _before(self, summed_too: bool) -> None:
        """Get ready for a forward pass; with ``summed_too`` autograd shall compute the batch's gradient as well."""

    def _check_rows(self, rows: int) -> None:  # noqa: B027 - a recorder that can tell only afterwards has nothing here
        """Refuse layers whose output is not by rows, as far as the forward pass shows it."""

    @abstractmethod
    def _off(self) -> None:
        """Record nothing in the backward passes to come."""

    @abstractmethod
    def _on(self, rows_per_unit: int) -> None:
        """Record the next backward pass."""

    def _backward(self, losses: Tensor) -> None:
        losses.sum().backward()

    @abstractmethod
    def _collect(self, rows: int, rows_per_unit: int) -> Found:
        """What the backward pass brought."""

    @abstractmethod
    def _after(self) -> None:
        """Leave the model as it was before the batch, after an error too."""

    @abstractmethod
    def close(self) -> None:
        """Remove the hooks."""


def not_by_rows(name: str) -> UserError:
    """The refusal of a layer that sees something else than the batch's rows (Opacus #841: GPT-2's position ids)."""
    return UserError(
        f"train: {name} does not see the batch row by row (its first dimension is not the batch's), so that its "
        "gradient can't be told apart by example; freeze it, or pass what it reads for every row (position ids, say)."
    )
