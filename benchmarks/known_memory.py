"""Memory and speed of the look for known values, on rows written on the spot.

Run it from the repository's root on a machine that does nothing else:

    python benchmarks/known_memory.py [--rows 100000 500000] [--scratch DIR] [--json OUT]

Each row has a note of about 350 characters with two names and a telephone number, and a column with one of the names,
all of them drawn anew, so that the known values grow with the rows; one in a hundred is left unmasked in the note. Each
size runs in a process of its own; its peak of resident memory is taken while it looks, without the writing of the rows.
"""

# ruff: noqa: E402 - the repository's root is put on the path first
from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.methods.gate.known.look import KnownColumn, KnownShard, look
from tasks.methods.gate.placeholders import Placeholders

SHARD, BATCH = 50_000, 5_000
STEADY = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "ARROW_IO_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}
"""What allocators and threads keep for later differs by 20 MB from run to run; this is without it."""
ROWS = pa.schema([("record_id", pa.int64()), ("note", pa.string()), ("name", pa.string())])
SPANS = pa.schema(
    [(name, pa.string() if name in ("column", "entity") else pa.int64())
     for name in ("record_id", "column", "start", "end", "entity")]
)  # fmt: skip


class Rows:
    """Draws rows."""

    def __init__(self) -> None:
        self.draw = random.Random(1)
        letters = "abcdefghijklmnopqrstuvwxyz"
        words = ["".join(self.draw.choices(letters, k=self.draw.randint(3, 9))) for _ in range(5_000)]
        self.filler = [f" {' '.join(self.draw.choices(words, k=15))} " for _ in range(20_000)]
        self.syllables = [a + b for a in "bcdfglmnprst" for b in "aeiou"]

    def name(self) -> str:
        """A given name and a surname."""
        return " ".join("".join(self.draw.choices(self.syllables, k=self.draw.randint(2, 4))).title() for _ in "12")

    def row(self, record_id: int) -> tuple[tuple[Any, ...], tuple[Any, ...], list[tuple[Any, ...]]]:
        """A raw row, the masked one, and its spans."""
        owner = self.name()
        number = f"({self.draw.randint(200, 999)}) 555-{self.draw.randint(1000, 9999)}"
        raw = masked = ""
        spans = []
        for value, entity in ((owner, "PERSON"), (number, "PHONE_NUMBER"), ("", ""), (self.name(), "PERSON")):
            between = self.draw.choice(self.filler)
            raw, masked = raw + between, masked + between
            if value and self.draw.random() >= 0.01:
                spans.append((record_id, "note", len(raw), len(raw) + len(value), entity))
                masked += f"<{entity}>"
            else:
                masked += value
            raw += value
        return (record_id, raw, owner), (record_id, masked, "<PERSON>"), spans


def write(folder: Path, rows: int) -> None:
    """Write shards of raw rows, spans and masked rows."""
    drawn = Rows()
    for shard in range(0, rows, SHARD):
        schemas = {"raw": ROWS, "masked": ROWS, "spans": SPANS}
        writers = {n: pq.ParquetWriter(folder / f"{n}-{shard // SHARD}.parquet", s) for n, s in schemas.items()}
        for first in range(shard, min(shard + SHARD, rows), BATCH):
            raw, masked, spans = zip(*(drawn.row(n) for n in range(first, first + BATCH)), strict=True)
            tables = {"raw": raw, "masked": masked, "spans": [span for some in spans for span in some]}
            for name, lines in tables.items():
                columns = [
                    pa.array(column, f.type) for column, f in zip(zip(*lines, strict=True), schemas[name], strict=True)
                ]
                writers[name].write_batch(pa.RecordBatch.from_arrays(columns, schema=schemas[name]))
        for writer in writers.values():
            writer.close()


def measure(folder: Path, rows: int) -> dict[str, Any]:
    """Look, in this process."""
    shards = [
        KnownShard(n, *(folder / f"{name}-{n}.parquet" for name in ("raw", "spans", "masked")))
        for n in range(-(-rows // SHARD))
    ]
    columns = [KnownColumn("note"), KnownColumn("name", "PERSON", collected=True)]
    tags = Placeholders(["<PERSON>", "<PHONE_NUMBER>"])
    started = time.process_time()
    with open(folder / "findings", "wb") as findings, open(folder / "counts", "wb") as counts:
        found = look(shards, columns, ["PERSON", "PHONE_NUMBER"], tags, folder, findings, counts)
    seconds = time.process_time() - started
    status = Path("/proc/self/status").read_text()
    return {
        "rows": rows,
        "processor_seconds": round(seconds, 1),
        "rows_per_processor_second": round(rows / seconds),
        "peak_mb": round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1),
        "values": sum(found["values"].values()),
        "looked_for": sum(found["looked_for"].values()),
        "rows_with": found["rows_with"],
        "passes": found["passes"],
    }


def _steady(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, env=os.environ | STEADY).stdout


def main() -> None:
    """Measure each size in a process of its own, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 500_000], help="multiples of 5,000")
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.one, args.rows[0])))
        return
    sizes = []
    for rows in args.rows:
        with tempfile.TemporaryDirectory(prefix="airlock-", dir=args.scratch) as folder:
            write(Path(folder), rows)
            command = [sys.executable, __file__, "--one", folder, "--rows", str(rows)]
            sizes.append(json.loads(_steady(command)))
        print(json.dumps(sizes[-1]))
    report: dict[str, Any] = {"sizes": sizes}
    if len(sizes) > 1:
        more = (sizes[-1]["rows"] - sizes[0]["rows"]) / 100_000
        report["mb_per_100000_rows"] = round((sizes[-1]["peak_mb"] - sizes[0]["peak_mb"]) / more, 2)
        print(json.dumps({"mb_per_100000_rows": report["mb_per_100000_rows"]}))
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
