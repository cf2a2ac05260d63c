from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.methods.gate.evidence import ShardInput
from tasks.methods.gate.flagged import in_small_groups
from tasks.methods.gate.groups import below, write_groups


def test_the_flagged_records_are_the_counted_ones(tmp_path: Path) -> None:
    places, illnesses = ["a", "a", "a", "b", "b", "c"], ["x", "x", "x", "x", "y", "x"]
    table = pa.table({"record_id": list(range(6)), "place": places, "illness": illnesses})
    pq.write_table(table, tmp_path / "masked.parquet")
    with open(tmp_path / "groups.parquet", "wb") as rows:
        shard = ShardInput(0, tmp_path / "masked.parquet", 6)
        counts = write_groups([shard], ["place"], "illness", tmp_path, rows)
    assert list(in_small_groups(tmp_path / "groups.parquet", 2)) == [5]
    assert list(in_small_groups(tmp_path / "groups.parquet", 3)) == [3, 4, 5]
    assert list(in_small_groups(tmp_path / "groups.parquet", 2, 2)) == [0, 1, 2, 5], (
        "one illness in the group gives it away"
    )
    assert below(counts, 3)["rows_below_k"] == 3 and below(counts, 2, 2)["rows_below_l"] == 4
