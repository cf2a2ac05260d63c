"""All shards in; the run goes on only where the data set can pay for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airlock_airflow.operators.base import StageOperator


class BudgetOperator(StageOperator):
    """Asks the privacy ledger, in every run anew, whether the planned training still fits into the data set's budget.

    A refusal isn't retried. Nothing is charged: the training reserves just before its first noisy step.

    Args:
        shards: the references of ingest's shards.
    """

    stage = "budget"
    ui_color = "#f3e3a8"
    template_fields: Sequence[str] = ("shards",)

    def __init__(self, *, shards: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shards = shards
