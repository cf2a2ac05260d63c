"""review: a sample of masked rows for a person to read, where the policy asks for one."""

from __future__ import annotations

import json
import re
from typing import Any

from tasks.core.answers import PAGE
from tasks.core.artifacts import Ref, Writer
from tasks.core.errors import AirlockError, describe
from tasks.core.operators import placeholder_pattern
from tasks.core.policies import Policy, load_policy
from tasks.core.stage import Context, Stage

STAGE = Stage("review", version=1, zone="raw", libraries=("pyarrow",))


def run(ctx: Context) -> Ref:
    """Draw the sample and seed known leaks among its rows; planted shards are left out.

    Writes: ``sample.jsonl`` (ordinal, texts by column), ``key.parquet`` (ordinal, seeded, record_id, shard), and the
    page for readers as a view. Where the policy asks for no reader, the counts say 0 rows.

    The rows are as masking left them, before whatever the gate itself still masks or sets aside in them.

    The key doesn't hold the rules of masking or of the gate, nor the limit: the same masked rows keep their sample, and
    its answer, whatever is made of it.
    """
    policy = load_policy(ctx.config.mask.policy)
    asked = policy.evidence.review
    pairs = _pairs(ctx)
    inputs = {"masked": [masked for masked, _ in pairs], "raw": [raw for _, raw in pairs]}
    decides: dict[str, Any] = {"rows": asked.rows if asked else 0, "seeded": asked.seeded if asked else 0}
    if asked:
        marks = {entity: mark.pattern for entity, mark in _marks(policy).items() if mark}
        decides |= {"kinds": policy.gate_entities, "marks": marks}

    def build(writer: Writer) -> dict[str, Any]:
        try:
            return _build(ctx, writer, policy, pairs) if asked else _nothing(writer)
        except AirlockError:
            raise
        except Exception as exc:
            raise AirlockError(f"review: {describe(exc)}") from None

    return ctx.artifact(STAGE, None, decides, build, inputs=inputs)


def _pairs(ctx: Context) -> list[tuple[Ref, Ref]]:
    """Each masked shard with its raw one, in the order of their numbers, without the planted."""
    raw = {ref.counts["shard"]: ref for ref in ctx.inputs["raw"]}
    masked = {ref.counts["shard"]: ref for ref in ctx.inputs["masked"]}
    if set(raw) != set(masked) or len(masked) != len(ctx.inputs["masked"]):
        raise AirlockError("review: the masked shards are not those of the raw ones")
    return [(masked[number], raw[number]) for number in sorted(raw) if raw[number].stage != "plant"]


def _nothing(writer: Writer) -> dict[str, Any]:
    with writer.open("sample.jsonl"):
        pass
    return {"rows": 0, "seeded": 0}


def _marks(policy: Policy) -> dict[str, re.Pattern[str] | None]:
    """What stands in the place of each kind that is masked in text, as far as its operator says."""
    marks: dict[str, re.Pattern[str] | None] = {}
    for entity in policy.text_entities:
        operator, tag = policy.entities[entity].operator, policy.tag(entity)
        pattern = placeholder_pattern(tag, operator)
        if operator in ("redact", "delete"):
            marks[entity] = re.compile("")
        elif operator in ("tag", "noise", "jitter", "mean"):
            marks[entity] = re.compile(re.escape(tag))
        else:  # wherever an operator can't read a value, the tag stands
            marks[entity] = re.compile(f"{re.escape(tag)}|{pattern}") if pattern else None
    return marks


def _build(ctx: Context, writer: Writer, policy: Policy, pairs: list[tuple[Ref, Ref]]) -> dict[str, Any]:
    import pyarrow as pa

    from tasks.methods.gate.placeholders import Placeholders
    from tasks.methods.gate.review_page import as_html
    from tasks.methods.gate.review_sample import ReviewSample, SampleShard
    from tasks.methods.gate.tables import TableWriter

    asked = policy.evidence.review
    assert asked is not None
    opened = list(
        zip(map(ctx.open, [masked for masked, _ in pairs]), ctx.open_all(raw for _, raw in pairs), strict=True)
    )
    columns = [column["name"] for column in opened[0][0].read_json("columns.json") if column["role"] == "text"]
    shards = [
        SampleShard(
            ref.counts["shard"],
            ref.counts["rows"],
            masked.local("rows.parquet"),
            masked.local("spans.parquet"),
            raw.local(raw_ref.counts["file"]),
        )
        for (ref, raw_ref), (masked, raw) in zip(pairs, opened, strict=True)
    ]
    total = sum(shard.rows for shard in shards)
    progress = ctx.progress("review", total)
    sampler = ReviewSample(columns, _marks(policy), policy.gate_entities, writer.key)
    sample = sampler.draw(shards, asked.rows, asked.seeded, progress.advance)
    progress.close()
    with writer.open("sample.jsonl") as out:
        for ordinal, row in enumerate(sample, 1):
            out.write(json.dumps({"ordinal": ordinal, "texts": row.texts}, ensure_ascii=False).encode() + b"\n")
    schema = pa.schema(
        [("ordinal", pa.int32()), ("seeded", pa.bool_()), ("record_id", pa.int64()), ("shard", pa.int32())]
    )
    with writer.open("key.parquet") as out, TableWriter(out, schema) as key:
        key.write_rows(
            [
                {"ordinal": ordinal, "seeded": row.seeded, "record_id": row.record_id, "shard": row.shard}
                for ordinal, row in enumerate(sample, 1)
            ]
        )
    tags = policy.tags
    command = f"airlock review {writer.key[:12]} --read {len(sample)} --leaking"
    with writer.view(PAGE) as page:
        placeholders = Placeholders(tags, policy.placeholder_patterns)
        page.write(as_html([row.texts for row in sample], placeholders, policy.gate_entities, command).encode())
    seeded = sum(row.seeded for row in sample)
    ctx.log.info("review: %d rows drawn of %s, %d known leaks among them", len(sample) - seeded, f"{total:,}", seeded)
    return {"rows": len(sample) - seeded, "seeded": seeded, "population": total}
