"""All shards in, the private means that masking fills columns with out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airlock_airflow.operators.base import StageOperator


class StatisticsOperator(StageOperator):
    """Releases the column means that the policy asks for, each charged to the privacy ledger before its noise is drawn.

    Without such a column it charges nothing.

    Args:
        shards: the references of ingest's shards.
        budget: the reference of what the budget stage found.
    """

    stage = "statistics"
    ui_color = "#d9ead3"
    template_fields: Sequence[str] = ("shards", "budget")

    def __init__(self, *, shards: Any, budget: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shards = shards
        self.budget = budget
