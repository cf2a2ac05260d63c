"""Evidence of the gate's own detectors: their findings in masked text, and counts of them by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.policies import Policy
from tasks.core.stage import Context, Stage
from tasks.stages.leakcheck.shards import Pair, Shards

EVIDENCE = Stage(
    "leakcheck-evidence", version=2, zone="raw", libraries=("numpy", "onnx", "onnxruntime", "pyarrow", "tokenizers")
)
ROW_COLUMNS = ("record_id integer", "unit_id string", "split string")
"""What stands before the declared columns in every table of rows."""


def look(ctx: Context, shards: Shards) -> Ref:
    """Findings and counts by row of every detector that the policy keeps for the gate, in people's rows."""

    def build(writer: Writer) -> dict[str, Any]:
        counts, evidence = scan(ctx, writer.open, shards.policy, shards.real)
        writer.write_json("evidence.json", evidence)
        return counts

    return ctx.artifact(EVIDENCE, None, decided_by(ctx, shards.policy), build, {"masked": shards.masked})


def decided_by(ctx: Context, policy: Policy) -> dict[str, Any]:
    """All that decides what the detectors find, but the rows."""
    from tasks.methods.gate.registry import identities

    return {
        "detectors": identities(policy.detectors.gate, ctx.config.leakcheck.model_threshold, policy.models),
        "rules": [sha256_sources(f"tasks.methods.{name}") for name in ("gate", "rowwise")],
        "entities": policy.gate_entities,
        "tags": [*policy.tags, *policy.placeholder_patterns],
        "kept_kinds": sorted(_kept(policy)),
        "allow": sorted(policy.allow),
        "required": _required(ctx),
    }


def scan(
    ctx: Context, opened: Callable[[str], BinaryIO], policy: Policy, pairs: Sequence[Pair]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Look through some shards.

    Args:
        opened: opens a file to write: ``findings.parquet`` and ``rows.parquet``.
        pairs: the shards.

    Returns:
        the artifact's counts, and what is known of detectors, shards and columns.
    """
    from tasks.methods.gate.evidence import Scan, ScanColumn, ShardInput
    from tasks.methods.gate.placeholders import Placeholders
    from tasks.methods.gate.registry import detectors, identities

    config = ctx.config.leakcheck
    masked = [ctx.open(ref) for _, ref in pairs]
    declared, kept = declared_columns(masked[0]), _kept(policy)
    asked = detectors(policy.detectors.gate, config.model_threshold, config.workers, policy.models)
    seen_kinds = frozenset().union(*(detector.entities for detector in asked))
    look_into = Scan(
        asked,
        policy.gate_entities,
        [
            ScanColumn(c["name"], c.get("kind", ""), free_text=c["role"] != "label" and c["type"] == "string")
            for c in declared
            if c.get("kind", "") not in kept
        ],
        Placeholders(policy.tags, policy.placeholder_patterns),
        _required(ctx),
        policy.allow,
    )
    inputs = (
        ShardInput(ref.counts["shard"], a.local("rows.parquet"), ref.counts["rows"], a.local("spans.parquet"))
        for (_, ref), a in zip(pairs, masked, strict=True)
    )
    progress = ctx.progress("leakcheck", sum(ref.counts["rows"] for _, ref in pairs))
    with opened("findings.parquet") as findings, opened("rows.parquet") as rows:
        seen = look_into.run(inputs, findings, rows, config.batch_rows, progress.advance)
    progress.close()
    found_by: dict[str, dict[str, int]] = defaultdict(dict)
    for (entity, detector), count in sorted(look_into.found_by.items()):
        found_by[entity][detector] = count
    evidence = {
        "detectors": identities(policy.detectors.gate, config.model_threshold, policy.models),
        "shards": [asdict(s) for s in seen],
        "columns": ", ".join([*ROW_COLUMNS, *(f"{c['name']} {c['type']}" for c in declared)]),
        "no_independent_evidence": [e for e in policy.gate_entities if e not in seen_kinds],
        "columns_kept_by_policy": [c["name"] for c in declared if c.get("kind", "") in kept],
        "found_by": found_by,
    }
    with_kind = {e: look_into.rows_with[e] for e in policy.gate_entities}
    return {"rows": sum(s.rows for s in seen), "rows_with": with_kind}, evidence


def declared_columns(masked: Artifact) -> list[dict[str, Any]]:
    """The columns that a masked shard has."""
    return [column for column in masked.read_json("columns.json") if column["role"] != "person"]


def _kept(policy: Policy) -> frozenset[str]:
    return frozenset(entity for entity, rule in policy.entities.items() if rule.operator == "keep")


def _required(ctx: Context) -> list[str]:
    return [column.name for column in ctx.config.ingest.columns if column.role == "text" and column.required]
