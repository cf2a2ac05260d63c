"""All shards in, the same shards and the planted ones out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airlock_airflow.operators.base import Refs, StageOperator


class PlantOperator(StageOperator):
    """Adds shards of synthetic records with known personal data, where the policy measures its masking by them.

    Hands on one reference a shard, ingest's first. What is planted never reaches the clean table.

    Args:
        shards: the references of ingest's shards.
    """

    stage = "plant"
    ui_color = "#d9e4b4"
    template_fields: Sequence[str] = ("shards",)

    def __init__(self, *, shards: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shards = shards

    def output_of(self, refs: list[dict[str, Any]]) -> Refs:
        """All shards, in order."""
        return refs
