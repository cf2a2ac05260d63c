"""The clean table: the masked rows as they are, masked again by their own findings, or without those that have one."""

from __future__ import annotations

from typing import Any

from tasks.core.artifacts import Ref, Writer
from tasks.core.errors import AirlockError, GateRefused
from tasks.core.stage import Context, Stage
from tasks.stages.leakcheck.handover import Handover, decided_by
from tasks.stages.leakcheck.shards import Shards

STAGE = Stage("leakcheck", version=3, zone="clean", libraries=("pyarrow",))


def clean_table(ctx: Context, shards: Shards, evidence: Ref) -> Ref:
    """Write the table of people's rows; planted rows are not in it.

    Raises:
        GateRefused: where no row is left.
        AirlockError: where rows are not conserved.
    """
    policy, planted = shards.policy, sum(masked.counts["rows"] for _, masked in shards.planted)

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.gate import clean

        looked = ctx.open(evidence)
        handover = Handover(ctx, policy, looked)
        rows_out = remasked = 0
        for ref in shards.masked:
            masked, number = ctx.open(ref), ref.counts["shard"]
            rows = masked.local("rows.parquet")
            if clean.holds_planted(rows):
                raise AirlockError("leakcheck: a planted row stands among people's rows")
            if number == 0:
                writer.write_json("columns.json", masked.read_json("columns.json"))
            with writer.open(f"table/{number:05d}.parquet") as sink:
                written, changed = handover.write(number, rows, sink)
            rows_out, remasked = rows_out + written, remasked + changed
        handover.finish()
        if shards.rows != rows_out + handover.left_out:
            raise AirlockError("leakcheck: rows are not conserved between the masked shards and the clean table")
        if not rows_out:
            raise GateRefused("leak gate: no row is left for the clean table; improve the masking policy")
        return {
            "rows_in": shards.rows + planted,
            "rows": rows_out,
            "quarantined": handover.left_out,
            "planted_removed": planted,
            "remasked": remasked,
            "rows_with": looked.manifest["counts"]["rows_with"],
        }

    decides = {**decided_by(ctx, policy), "planted_removed": planted}
    return ctx.artifact(STAGE, None, decides, build, inputs={"masked": shards.masked, "evidence": [evidence]})
