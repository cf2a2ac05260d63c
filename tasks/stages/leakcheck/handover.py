"""What becomes of each masked row by its own findings: the rows as the clean table has them."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, BinaryIO

from tasks.core.artifacts import Artifact
from tasks.core.canonical import sha256_sources
from tasks.core.policies import Policy
from tasks.core.stage import Context


def decided_by(ctx: Context, policy: Policy) -> dict[str, Any]:
    """All that decides it, but the rows and the findings."""
    on_finding = ctx.config.leakcheck.on_finding
    decides: dict[str, Any] = {"on_finding": on_finding, "rules": sha256_sources("tasks.methods.gate")}
    if on_finding == "remask":
        decides["tags"] = {entity: policy.tag(entity) for entity in policy.gate_entities}
    return decides


class Handover:
    """Writes masked shards, in the order of their numbers, as they go into the clean table.

    Formal guarantees:
        A row's cells, and whether it is left out, are a function of its masked cells and of the findings of the gate's
        own detectors in that row.

    Args:
        evidence: of those detectors.
    """

    def __init__(self, ctx: Context, policy: Policy, evidence: Artifact) -> None:
        from tasks.methods.gate import clean, remask

        self._on_finding, self._tag = ctx.config.leakcheck.on_finding, policy.tag
        self._evidence = evidence  # held: where it was fetched, its files last as long as it does
        self._left_out: dict[int, set[int]] = defaultdict(set)
        if self._on_finding == "quarantine":
            for shard, record in clean.flagged(evidence.local("rows.parquet")):
                self._left_out[shard].add(record)
        remasks = self._on_finding == "remask"
        self._findings = remask.Findings(evidence.local("findings.parquet")) if remasks else None

    @property
    def left_out(self) -> int:
        """Rows that are not handed over."""
        return sum(map(len, self._left_out.values()))

    def write(self, number: int, rows: Path, sink: BinaryIO) -> tuple[int, int]:
        """Write a shard; how many rows were written, and how many of them were masked again."""
        from tasks.methods.gate import clean, remask

        if self._findings is None:
            return clean.write_without(rows, sink, self._left_out[number]), 0
        return remask.write_remasked(rows, sink, self._findings, self._tag)

    def finish(self) -> None:
        """Make sure that every finding was handed to its row.

        Raises:
            AirlockError: where some belong to no row.
        """
        if self._findings is not None:
            self._findings.finish()
