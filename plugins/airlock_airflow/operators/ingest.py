"""Raw rows in, shards out."""

from __future__ import annotations

from typing import Any

from airlock_airflow.operators.base import Refs, StageOperator


class IngestOperator(StageOperator):
    """Reads the source, quarantines what doesn't fit its declaration, splits by person and cuts shards.

    Hands on one reference a shard. A scheduled run takes the partition of its data interval and is skipped where
    that holds no file.
    """

    stage = "ingest"
    ui_color = "#f6d5c2"

    def output_of(self, refs: list[dict[str, Any]]) -> Refs:
        """All shards, in order."""
        return refs
