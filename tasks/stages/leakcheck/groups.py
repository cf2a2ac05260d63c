"""Evidence of a table's columns: how many rows agree in all quasi-identifiers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tasks.core.artifacts import Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.errors import UserError
from tasks.core.stage import Context, Stage
from tasks.stages.leakcheck.independent import declared_columns
from tasks.stages.leakcheck.shards import Shards

GROUPS = Stage("leakcheck-groups", version=1, zone="raw", libraries=("pyarrow",))


def look(ctx: Context, shards: Shards) -> Ref | None:
    """The groups of people's rows; ``None`` where the table has none of the policy's quasi-identifiers.

    Raises:
        UserError: where the policy names a column that the table doesn't have, or none is the sensitive one.
    """
    asked = shards.policy.evidence.groups
    assert asked is not None
    columns = declared_columns(ctx.open(shards.masked[0]))
    names = [name for given in asked.quasi_identifiers for name in _columns(given, columns, ctx)]
    sensitive = next(iter(_columns(asked.sensitive, columns, ctx)), None) if asked.sensitive else None
    if not names:
        return None
    if asked.sensitive and sensitive is None:
        raise UserError("policy, evidence.groups: the table has no column for `sensitive`; leave it and `l` out")
    decides = {"rules": sha256_sources("tasks.methods.gate"), "columns": names, "sensitive": sensitive}

    def build(writer: Writer) -> dict[str, Any]:
        from tasks.methods.gate.evidence import ShardInput
        from tasks.methods.gate.groups import write_groups

        inputs = [
            ShardInput(ref.counts["shard"], ctx.open(ref).local("rows.parquet"), ref.counts["rows"])
            for ref in shards.masked
        ]
        progress = ctx.progress("leakcheck groups", 2 * shards.rows)  # each row is read twice
        with (
            tempfile.TemporaryDirectory(prefix=".scratch-", dir=writer.local_dir()) as scratch,
            writer.open("rows.parquet") as rows,
        ):
            found = write_groups(inputs, list(dict.fromkeys(names)), sensitive, Path(scratch), rows, progress.advance)
        progress.close()
        writer.write_json("groups.json", found)
        return {"rows": found["rows"], "groups": found["groups"], "unique_rows": found["unique_rows"]}

    return ctx.artifact(GROUPS, None, decides, build, {"masked": shards.masked})


def _columns(given: str, columns: list[dict[str, Any]], ctx: Context) -> list[str]:
    """The columns of a name, or of a kind."""
    found = [column["name"] for column in columns if given in (column["name"], column.get("kind"))]
    declared = {column.name for column in ctx.config.ingest.columns}
    if not found and not given.isupper() and given not in declared:
        raise UserError(f"policy, evidence.groups: the table has no column of the name {given}")
    return found
