"""The clean table in, a privately trained adapter out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airlock_airflow.operators.base import StageOperator


class TrainOperator(StageOperator):
    """Trains with DP-SGD to the target ε and δ, in the deployment's training pool and queue.

    Args:
        clean: the reference of the clean table; the stage accepts no other table.
        budget: the reference of what the budget stage found.
        statistics: the reference of the means that stand in the table.
        canaries: the reference of the audit's canaries.
    """

    stage = "train"
    ui_color = "#c5d9f1"
    template_fields: Sequence[str] = ("clean", "budget", "statistics", "canaries")

    def __init__(self, *, clean: Any, budget: Any, statistics: Any, canaries: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clean = clean
        self.budget = budget
        self.statistics = statistics
        self.canaries = canaries
