"""Memory of the gate's detectors, and of the counting of groups, on rows written on the spot.

Run it from the repository's root:

    python benchmarks/gate_memory.py [--rows 500000] [--kinds independent groups] [--scratch DIR] [--json OUT]

Rows are short, and each has words, and quasi-identifiers, that no other has: what grows with the rows is what is
remembered of them. Resident memory is taken at each fifth of the rows; the slope is fitted to the five.
"""

# ruff: noqa: E402 - the repository's root is put on the path first
from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.core.policies import load_policy
from tasks.methods.gate.evidence import Scan, ScanColumn, ShardInput
from tasks.methods.gate.groups import write_groups
from tasks.methods.gate.placeholders import Placeholders
from tasks.methods.gate.registry import detectors

SHARD = 50_000
STEADY = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "ARROW_IO_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}
"""What allocators and threads keep for later differs by 20 MB from run to run; this is without it."""
KINDS = ("independent", "groups")


def write(folder: Path, rows: int) -> list[ShardInput]:
    """Write shards of masked rows; one in twenty still holds a name."""
    shards = []
    for first in range(0, rows, SHARD):
        numbers = range(first, min(rows, first + SHARD))
        marks = [f"q{n:x}" for n in numbers]
        names = ["Ann Lee" if n % 20 == 0 else "<PERSON>" for n in numbers]
        table = pa.table(
            {
                "record_id": pa.array(numbers, pa.int64()),
                "note": [f"{mark} by {name}" for mark, name in zip(marks, names, strict=True)],
                "place": marks,
            }
        )
        path = folder / f"masked-{first // SHARD}.parquet"
        pq.write_table(table, path, row_group_size=5_000)
        shards.append(ShardInput(first // SHARD, path, len(numbers)))
    return shards


class Marks:
    """Resident memory at each fifth of the rows."""

    def __init__(self, rows: int) -> None:
        self.step, self.done, self.megabytes = rows // 5, 0, dict[int, float]()

    def advance(self, rows: int) -> None:
        """Count rows."""
        before, self.done = self.done, self.done + rows
        if before // self.step < self.done // self.step:
            gc.collect()
            resident = Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]
            self.megabytes[self.done // self.step * self.step] = round(int(resident) / 1024, 1)

    def slope(self) -> float:
        """MB for 100,000 rows, by least squares."""
        places, count = sorted(self.megabytes), len(self.megabytes)
        mean, level = sum(places) / count, sum(self.megabytes.values()) / count
        above = sum((place - mean) * (self.megabytes[place] - level) for place in places)
        return above / sum((place - mean) ** 2 for place in places) * 100_000


def independent(folder: Path, shards: list[ShardInput], advance: Callable[[int], None]) -> dict[str, int]:
    """All the gate's detectors of the default policy over the notes."""
    policy = load_policy("default")
    asked = detectors(policy.detectors.gate, 0.7, 1, policy.models)
    tags = Placeholders(policy.tags, policy.placeholder_patterns)
    scan = Scan(asked, policy.gate_entities, [ScanColumn("note")], tags)
    with open(folder / "findings", "wb") as findings, open(folder / "rows", "wb") as rows:
        scan.run(shards, findings, rows, 256, advance)
    return {"rows_with_a_person": scan.rows_with["PERSON"]}


def groups(folder: Path, shards: list[ShardInput], advance: Callable[[int], None]) -> dict[str, int]:
    """Groups of one row each; read twice, marked in the second reading as well."""
    with open(folder / "rows", "wb") as rows:
        found = write_groups(shards, ["place"], None, folder, rows, advance)
    return {"unique_rows": found["unique_rows"]}


def measure(kind: str, folder: Path, rows: int) -> dict[str, Any]:
    """Look, in this process."""
    shards = [ShardInput(int(p.stem.split("-")[1]), p, pq.read_metadata(p).num_rows) for p in folder.glob("masked-*")]
    marks = Marks(rows * (2 if kind == "groups" else 1))
    start = time.process_time()
    found = {"independent": independent, "groups": groups}[kind](
        folder, sorted(shards, key=lambda shard: shard.number), marks.advance
    )
    return {
        "kind": kind,
        "rows": rows,
        "processor_seconds": round(time.process_time() - start, 1),
        "resident_MB": {str(place): marks.megabytes[place] for place in sorted(marks.megabytes)},
        "MB_per_100000_rows": round(marks.slope(), 3),
        **found,
    }


def _steady(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, env=os.environ | STEADY).stdout


def main() -> None:
    """Measure each kind in a process of its own, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=500_000, help="a multiple of 5")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.kinds[0], args.one, args.rows)))
        return
    found = []
    with tempfile.TemporaryDirectory(prefix="airlock-", dir=args.scratch) as folder:
        write(Path(folder), args.rows)
        for kind in args.kinds:
            command = [sys.executable, __file__, "--one", folder, "--rows", str(args.rows), "--kinds", kind]
            found.append(json.loads(_steady(command)))
            print(json.dumps(found[-1]), flush=True)
    if args.json:
        args.json.write_text(json.dumps({"kinds": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
