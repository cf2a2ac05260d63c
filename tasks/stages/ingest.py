"""ingest: raw records in, typed shards out; what doesn't frame or fit is set aside by position and reason.

The artifact is kept by the content of the source files, so the same rows under another name are the same input. The
limits (share set aside, change in row count) are held against its counts anew in every run. Rows of people on the data
set's opt-out list are left out before anything else is made of them; a list with somebody on it is part of the key.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import optout
from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.errors import AirlockError, TryAgain, UserError
from tasks.core.stage import Context, Stage

if TYPE_CHECKING:
    from tasks.methods.records.shards import Cut
    from tasks.methods.records.sources import Source

STAGE = Stage("ingest", version=1, zone="raw", libraries=("polars", "pyarrow"))


def run(ctx: Context) -> list[Ref]:
    """Read the source.

    Writes: ``shards/00000.parquet`` and on (record_id, unit_id, split, then the declared columns but the person's),
    ``quarantine.parquet`` (positions and reasons), ``units.parquet`` (unit_id to the source's id of the person) and
    ``columns.json``.

    Returns:
        one reference a shard: the artifact's, with the digest of the shard's file.

    Raises:
        EmptyPartition: no file for the run's data interval.
        UserError: a source that fails whole, or one that is over a limit.
        TryAgain: a source, or the opt-out list, that changes while it is read.
    """
    from tasks.methods.records.read import count_at_most
    from tasks.methods.records.shards import plan_cut
    from tasks.methods.records.sources import expand_source

    config = ctx.config.ingest
    start, end = map(datetime.fromisoformat, ctx.interval) if ctx.interval else (None, None)
    sources = expand_source(config.source, start, end, config.format)
    hashed = [count_at_most(source) for source in sources]
    digests = [digest for digest, _ in hashed]
    cut = plan_cut([records for _, records in hashed], config.shard_rows)
    decides = {
        "sources": [[source.format, digest] for source, digest in zip(sources, digests, strict=True)],
        "unit_key": ctx.keys.key_id("unit"),
        "split_key": ctx.keys.key_id("split"),
    }
    gone = _opted_out(ctx)
    if gone:
        decides["opted_out"] = optout.digest(gone)
    ref = ctx.artifact(STAGE, config, decides, lambda writer: _build(ctx, writer, sources, digests, cut, gone))
    artifact = ctx.open(ref)
    _verdict(ctx, artifact, sources)
    return _shards(artifact)


def _opted_out(ctx: Context) -> frozenset[str]:
    """Who is on the data set's list; nobody where no column says whom a row is about."""
    if not any(column.role == "person" for column in ctx.config.ingest.columns):
        return frozenset()
    return optout.read(ctx.zone("raw"), ctx.config.dataset, ctx.keys)


def _build(
    ctx: Context, writer: Writer, sources: Sequence[Source], digests: Sequence[str], cut: Cut, gone: frozenset[str]
) -> dict[str, Any]:
    import pyarrow as pa

    from tasks.methods.records import distinct, people, shards
    from tasks.methods.records.columns import Column
    from tasks.methods.records.read import Layout, read_source

    config = ctx.config.ingest
    columns = [
        Column(c.name, c.type, c.required or c.role == "person", c.unique, c.role == "label") for c in config.columns
    ]
    person = next((c.name for c in config.columns if c.role == "person"), None)
    kept = [column for column in columns if column.name != person]
    layout = Layout(config.delimiter, config.quoting, config.encoding, config.max_record_bytes)
    unit_key, split_key = ctx.keys.secret("unit"), ctx.keys.secret("split")

    def listed(unit_id: str) -> bool:
        return optout.mark(unit_id, unit_key) in gone

    leave_out = people.OptedOut(person, listed, unit_key) if person and gone else None
    records, left_out, reasons, splits = 0, 0, Counter[str](), Counter[str]()
    progress = ctx.progress("ingest")
    with (
        # Values in temporary files stay in the attempt, which lies in the raw zone.
        tempfile.TemporaryDirectory(prefix=".scratch-", dir=writer.local_dir()) as folder,
        writer.open("quarantine.parquet") as sink,
        shards.parquet_writer(sink, shards.QUARANTINE_SCHEMA) as quarantine,
        distinct.UniqueColumns(Path(folder) / "unique", [c.name for c in columns if c.unique]) as unique,
        distinct.UnitMap(Path(folder) / "units") as units,
        shards.ShardWriter(writer.open, kept, cut) as tables,
    ):
        for source, digest in zip(sources, digests, strict=True):
            tables.begin_file(source.ordinal)
            in_file = 0
            for batch in read_source(source, columns, layout, digest, Path(folder), leave_out):
                rows, repeats = unique.sift(batch.rows)
                rejects = sorted([*batch.rejects, *repeats], key=lambda reject: reject.row)
                rows, known = people.with_units(
                    rows, [c.name for c in kept], person, unit_key, split_key, config.heldout_share
                )
                units.add(known)
                in_file += len(rows) + len(rejects) + batch.opted_out
                left_out += batch.opted_out
                tables.write(rows, in_file)
                if rejects:
                    quarantine.write_table(shards.quarantine_table(source.ordinal, rejects))
                reasons.update(reject.reason for reject in rejects)
                splits.update(rows["split"].to_list())
                progress.advance(len(rows) + len(rejects) + batch.opted_out)
            records += in_file
        progress.close()
        with writer.open("units.parquet") as out, shards.parquet_writer(out, shards.UNITS_SCHEMA) as table:
            for pairs in units.batches():
                table.write_table(pa.table(list(zip(*pairs, strict=True)), schema=shards.UNITS_SCHEMA))
        people_seen, repeated = len(units), unique.repeated
    writer.write_json("columns.json", [column.model_dump(mode="json") for column in config.columns])
    writer.note(files=[source.name for source in sources])
    if records != sum(tables.rows) + sum(reasons.values()) + left_out:
        raise AirlockError("ingest: records in are not records out, quarantined and opted out")
    if _opted_out(ctx) != gone:  # somebody asked for it meanwhile: what they gave is in this attempt
        raise TryAgain("ingest: the data set's opt-out list changed while the source was read; try again")
    return {
        "files": len(sources),
        "records": records,
        "rows": sum(tables.rows),
        "quarantined": sum(reasons.values()),
        "reasons": dict(sorted(reasons.items())),
        **({"opted_out": left_out} if gone else {}),
        "repeated_outside_guarantee": repeated,
        "splits": dict(sorted(splits.items())),
        "units": people_seen,
        "shards": tables.rows,
    }


def _verdict(ctx: Context, artifact: Artifact, sources: Sequence[Source]) -> None:
    """Hold the limits against the counts; the row count is remembered where they are met."""
    config, counts = ctx.config.ingest, artifact.ref.counts
    aside, records, rows = counts["quarantined"], counts["records"], counts["rows"]
    ctx.log.info("ingest: %s records, %s rows, %s quarantined", f"{records:,}", f"{rows:,}", f"{aside:,}")
    if "opted_out" in counts:
        ctx.log.info("ingest: %s records opted out", f"{counts['opted_out']:,}")
    why = ", ".join(f"{number:,} {reason}" for reason, number in counts["reasons"].items())
    if rows == 0 and aside == 0:
        raise UserError(f"ingest: no row is left of {records:,} records: everybody in them has opted out")
    if rows == 0:
        raise UserError(f"ingest: no row is left of {records:,} records ({why}); {_first(artifact, sources)}")
    if aside > config.max_quarantined_share * records:
        raise UserError(
            f"ingest: {aside:,} of {records:,} records are quarantined ({why}), more than ingest.max_quarantined_share "
            f"({config.max_quarantined_share:.2%}); {_first(artifact, sources)}"
        )
    zone, name = ctx.zone("raw"), f"last-counts/{ctx.config.dataset}.json"
    try:
        last = json.loads(zone.read_bytes(name))["rows"]
    except FileNotFoundError:
        last = None
    if config.max_row_change is not None and last and abs(rows - last) > config.max_row_change * last:
        raise UserError(
            f"ingest: {rows:,} rows where the data set's last accepted run had {last:,}, a change beyond "
            f"ingest.max_row_change ({config.max_row_change:.2%}); raise it if the change is meant"
        )
    if rows != last:
        zone.write_bytes(name, json.dumps({"rows": rows}).encode())


def _first(artifact: Artifact, sources: Sequence[Source]) -> str:
    """Where the first record that was set aside stands, and where all are listed."""
    import pyarrow.parquet as pq

    from tasks.methods.records.columns import REASONS, Reject

    with artifact.open("quarantine.parquet") as stream:
        (row,) = next(pq.ParquetFile(stream).iter_batches(batch_size=1)).to_pylist()
    ordinal = row.pop("file")
    reject = Reject(**row)
    column = f", column {reject.column!r}" if reject.column else ""
    return (
        f"the first is {sources[ordinal].name} {reject.position}{column}: {REASONS[reject.reason]}; "
        f"quarantine.parquet in {artifact.ref.uri} lists all"
    )


def _shards(artifact: Artifact) -> list[Ref]:
    from tasks.methods.records.shards import shard_name

    ref, files = artifact.ref, artifact.manifest["files"]
    whole = {
        name: ref.counts[name]
        for name in ("records", "rows", "quarantined", "reasons", "splits", "opted_out")
        if name in ref.counts
    }
    return [
        Ref(
            ref.uri,
            ref.stage,
            ref.key,
            files[shard_name(i)]["sha256"],
            {
                "shard": i,
                "rows": rows,
                "label": f"{i:05d} · {rows:,} rows",
                "file": shard_name(i),
                "source": whole if i == 0 else {},
            },
        )
        for i, rows in enumerate(ref.counts["shards"])
    ]
