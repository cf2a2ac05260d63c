"""All masked shards in, the clean table out, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airlock_airflow.operators.base import StageOperator


class LeakcheckOperator(StageOperator):
    """The leak gate. Its artifact is the clean table; over the policy's limit there is none and the run stops.

    Args:
        masked: the references of all masked shards.
        raw: the references of the same shards before masking, planted ones among them.
        review: the reference of the sample that a person reads.
    """

    stage = "leakcheck"
    ui_color = "#f2b8b5"
    template_fields: Sequence[str] = ("masked", "raw", "review")

    def __init__(self, *, masked: Any, raw: Any, review: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.masked = masked
        self.raw = raw
        self.review = review
