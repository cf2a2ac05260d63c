"""Evidence of a table's columns: how many rows agree in all quasi-identifiers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tasks.core.artifacts import Ref, Writer
from tasks.core.errors import AirlockError, UserError
from tasks.core.stage import Context, Stage
from tasks.stages.leakcheck.handover import Handover, decided_by
from tasks.stages.leakcheck.independent import declared_columns
from tasks.stages.leakcheck.shards import Shards

GROUPS = Stage("leakcheck-groups", version=1, zone="raw", libraries=("pyarrow",))


def look(ctx: Context, shards: Shards, evidence: Ref) -> tuple[Ref | None, list[str]]:
    """The groups of people's rows as the clean table would have them.

    Args:
        evidence: of the gate's own detectors: what becomes of a row by it may make a group smaller.

    Returns:
        the artifact, ``None`` where the table has none of the policy's quasi-identifiers; and which it doesn't have.

    Raises:
        UserError: where the policy names what is neither a column nor a kind, or there is no sensitive column.
    """
    asked = shards.policy.evidence.groups
    assert asked is not None
    columns = declared_columns(ctx.open(shards.masked[0]))
    fitting = {given: _columns(given, columns, ctx, shards) for given in asked.quasi_identifiers}
    names = list(dict.fromkeys(name for found in fitting.values() for name in found))
    missing = [given for given, found in fitting.items() if not found]
    sensitive = next(iter(_columns(asked.sensitive, columns, ctx, shards)), None) if asked.sensitive else None
    if not names:
        return None, missing
    if asked.sensitive and sensitive is None:
        raise UserError("policy, evidence.groups: the table has no column for `sensitive`; leave it and `l` out")

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.gate.evidence import ShardInput
        from tasks.methods.gate.groups import write_groups

        progress = ctx.progress("leakcheck groups", 2 * shards.rows)  # each row is read twice
        with (
            tempfile.TemporaryDirectory(prefix=".scratch-", dir=writer.local_dir()) as scratch,
            writer.open("rows.parquet") as rows,
        ):
            handover, inputs, handed = Handover(ctx, shards.policy, ctx.open(evidence)), [], 0
            for ref in shards.masked:
                number, masked = ref.counts["shard"], ctx.open(ref)
                path = Path(scratch) / f"{number:05d}.parquet"
                with path.open("wb") as sink:
                    written, _ = handover.write(number, masked.local("rows.parquet"), sink)
                inputs.append(ShardInput(number, path, written))
                handed += written
            handover.finish()
            if handed + handover.left_out != shards.rows:
                raise AirlockError("leakcheck: rows are not conserved on their way to the groups")
            found = write_groups(inputs, names, sensitive, Path(scratch), rows, progress.advance)
        progress.close()
        writer.write_json("groups.json", found)
        return {"rows": found["rows"], "groups": found["groups"], "unique_rows": found["unique_rows"]}

    decides = {**decided_by(ctx, shards.policy), "columns": names, "sensitive": sensitive}
    return ctx.artifact(GROUPS, None, decides, build, {"masked": shards.masked, "evidence": [evidence]}), missing


def _columns(given: str, columns: list[dict[str, Any]], ctx: Context, shards: Shards) -> list[str]:
    """The columns of a name, or of a kind."""
    found = [column["name"] for column in columns if given in (column["name"], column.get("kind"))]
    known = {*(column.name for column in ctx.config.ingest.columns), *shards.policy.entities}
    if not found and given not in known:
        raise UserError(f"policy, evidence.groups: {given} is neither a column of the table nor a kind of the policy")
    return found
