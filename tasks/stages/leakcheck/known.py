"""Evidence of known values: what was masked somewhere or fills an identifying column, and still stands somewhere."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tasks.core.artifacts import Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.policies import UNDECLARED, Policy
from tasks.core.stage import Context, Stage
from tasks.stages.leakcheck.independent import declared_columns
from tasks.stages.leakcheck.shards import Shards

KNOWN = Stage("leakcheck-known", version=1, zone="raw", libraries=("pyahocorasick", "pyarrow"))


def entities_of(policy: Policy) -> list[str]:
    """The kinds whose values are looked for: those that the gate counts, and those of which masking leaves a part."""
    return [e for e in policy.text_entities if policy.entities[e].gate is not False]


def look(ctx: Context, shards: Shards) -> Ref:
    """Where known values stand in the masked rows of people."""
    policy = shards.policy
    raw_columns = [column.model_dump(mode="json") for column in ctx.config.ingest.columns]
    decides = {
        "rules": sha256_sources("tasks.methods.gate"),
        "entities": entities_of(policy),
        "operators": {entity: rule.operator for entity, rule in policy.entities.items()},
        "tags": policy.tags,
        "marks": policy.placeholder_patterns,
        "allow": sorted(policy.allow),
        "columns": raw_columns,
    }

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.gate.known.look import KnownColumn, KnownShard, look
        from tasks.methods.gate.placeholders import Placeholders

        opened = ctx.open_all(raw for raw, _ in shards.real)
        pairs = [(ref.counts, raw, ctx.open(masked)) for raw, (ref, masked) in zip(opened, shards.real, strict=True)]
        left = {column["name"]: column for column in declared_columns(pairs[0][2])}
        columns = [
            KnownColumn(
                column["name"],
                column["kind"],
                collected=column["role"] == "structured" and _identifies(policy, column["kind"]),
                searched=column["role"] == "text" and column["name"] in left,
            )
            for column in raw_columns
            if column["role"] in ("text", "structured")
        ]
        inputs = [
            KnownShard(
                counts["shard"], raw.local(counts["file"]), masked.local("spans.parquet"), masked.local("rows.parquet")
            )
            for counts, raw, masked in pairs
        ]
        progress = ctx.progress("leakcheck known values")
        with (
            # Values in temporary files stay in the attempt, which lies in the raw zone.
            tempfile.TemporaryDirectory(prefix=".scratch-", dir=writer.local_dir()) as scratch,
            writer.open("findings.parquet") as findings,
            writer.open("rows.parquet") as rows,
        ):
            found = look(
                inputs,
                columns,
                entities_of(policy),
                Placeholders(policy.tags, policy.placeholder_patterns),
                Path(scratch),
                findings,
                rows,
                allow=policy.allow,
                advance=progress.advance,
            )
        progress.close()
        writer.write_json("known.json", found)
        return {"rows": found["rows"], "rows_with": found["rows_with"]}

    inputs = {"raw": [raw for raw, _ in shards.real], "masked": shards.masked}
    return ctx.artifact(KNOWN, None, decides, build, inputs)


def _identifies(policy: Policy, kind: str) -> bool:
    """Whether a column's cells are values to look for; one whose kind nobody declared is full of ordinary words."""
    return bool(kind) and kind != UNDECLARED and kind in policy.entities and policy.entities[kind].masks_text
