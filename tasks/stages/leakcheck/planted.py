"""Evidence of planted values: which of them came through the masking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.operators import HIDES
from tasks.core.stage import Context, Stage
from tasks.stages.leakcheck import independent
from tasks.stages.leakcheck.shards import Shards

PLANTED = Stage("leakcheck-planted", version=1, zone="raw", libraries=(*independent.EVIDENCE.libraries, "scipy"))


def look(ctx: Context, shards: Shards) -> Ref:
    """What became of each planted value in masking, and in masking again by the gate's own findings."""
    policy = shards.policy
    operators = {entity: rule.operator for entity, rule in policy.entities.items()}
    tags = {entity: policy.tag(entity) for entity in policy.entities}

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.gate.planted import PlantedShard, Promise, judge_planted

        folder = writer.local_dir()
        independent.scan(ctx, lambda name: (folder / name).open("wb"), policy, shards.planted)
        opened = ctx.open_all(raw for raw, _ in shards.planted)
        pairs = [(ref.counts, raw, ctx.open(masked)) for raw, (ref, masked) in zip(opened, shards.planted, strict=True)]
        found = judge_planted(
            pairs[0][1].local("planted.parquet"),
            [
                PlantedShard(
                    counts["shard"],
                    raw.local(counts["file"]),
                    masked.local("spans.parquet"),
                    masked.local("rows.parquet"),
                    _aside(masked),
                )
                for counts, raw, masked in pairs
            ],
            Promise(operators, policy.gate_entities, tags, policy.placeholder_patterns),
            folder / "findings.parquet",
        )
        writer.write_json("planted.json", found)
        return {"planted": found["planted"], "through": found["through"], "kinds": found["kinds"]}

    inputs = {"raw": [raw for raw, _ in shards.planted], "masked": [masked for _, masked in shards.planted]}
    rules = [sha256_sources(f"tasks.methods.{name}") for name in ("evaluate", "mask")]
    decides = {
        "looks": independent.decided_by(ctx, policy),
        "rules": [*rules, sorted(HIDES)],
        "operators": operators,
        "tags": tags,
    }
    return ctx.artifact(PLANTED, None, decides, build, inputs)


def _aside(masked: Artifact) -> Path | None:
    return masked.local("aside.parquet") if "aside.parquet" in masked.files else None
