"""One shard in, the same rows masked out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airlock_airflow.operators.base import StageOperator


class MaskOperator(StageOperator):
    """Masks personal data in one shard by the policy: mapped, one task a shard.

    Args:
        shard: the shard's reference.
        statistics: the reference of what was released of columns that are filled with their mean.
    """

    stage = "mask"
    ui_color = "#f3e3b3"
    template_fields: Sequence[str] = ("shard", "statistics")

    def __init__(self, *, shard: Any, statistics: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shard = shard
        self.statistics = statistics

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Also the label of each mapped task, such as "00003 · 1,000 rows"."""
        return {**super().defaults(), "map_index_template": "{{ task.shard['counts']['label'] }}"}

    def shard_number(self) -> int | None:
        """The number in the shard's reference."""
        return int(self.shard["counts"]["shard"])
