"""The clean table: the masked rows as they are, masked again by their own findings, or without those that have one."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tasks.core.artifacts import Ref, Writer
from tasks.core.errors import AirlockError, GateRefused
from tasks.core.stage import Context, Stage
from tasks.stages.leakcheck.shards import Shards

STAGE = Stage("leakcheck", version=3, zone="clean", libraries=("pyarrow",))


def clean_table(ctx: Context, shards: Shards, evidence: Ref) -> Ref:
    """Write the table of people's rows; planted rows are not in it.

    Raises:
        GateRefused: where no row is left.
        AirlockError: where rows are not conserved.
    """
    on_finding, policy = ctx.config.leakcheck.on_finding, shards.policy
    planted = sum(masked.counts["rows"] for _, masked in shards.planted)

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.gate import clean, remask

        left_out: dict[int, set[int]] = defaultdict(set)
        known = ctx.open(evidence)
        if on_finding == "quarantine":
            for shard, record in clean.flagged(known.local("rows.parquet")):
                left_out[shard].add(record)
        findings = remask.Findings(known.local("findings.parquet")) if on_finding == "remask" else None
        rows_out = remasked = 0
        for ref in shards.masked:
            masked, number = ctx.open(ref), ref.counts["shard"]
            rows = masked.local("rows.parquet")
            if clean.holds_planted(rows):
                raise AirlockError("leakcheck: a planted row stands among people's rows")
            if number == 0:
                writer.write_json("columns.json", masked.read_json("columns.json"))
            with writer.open(f"table/{number:05d}.parquet") as sink:
                if findings is None:
                    written, changed = clean.write_without(rows, sink, left_out[number]), 0
                else:
                    written, changed = remask.write_remasked(rows, sink, findings, policy.tag)
            rows_out, remasked = rows_out + written, remasked + changed
        if findings is not None:
            findings.finish()
        quarantined = sum(map(len, left_out.values()))
        if shards.rows != rows_out + quarantined:
            raise AirlockError("leakcheck: rows are not conserved between the masked shards and the clean table")
        if not rows_out:
            raise GateRefused("leak gate: no row is left for the clean table; improve the masking policy")
        return {
            "rows_in": shards.rows + planted,
            "rows": rows_out,
            "quarantined": quarantined,
            "planted_removed": planted,
            "remasked": remasked,
            "rows_with": known.manifest["counts"]["rows_with"],
        }

    decides: dict[str, Any] = {"on_finding": on_finding, "planted_removed": planted}
    if on_finding == "remask":
        decides["tags"] = {entity: policy.tag(entity) for entity in policy.gate_entities}
    return ctx.artifact(STAGE, None, decides, build, inputs={"masked": shards.masked, "evidence": [evidence]})
