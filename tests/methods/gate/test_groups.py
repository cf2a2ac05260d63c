"""k-anonymity and l-diversity against counting by hand, and a scratch that holds no value."""

from __future__ import annotations

import datetime
import io
import math
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.methods.gate import groups
from tasks.methods.gate.evidence import ShardInput
from tasks.methods.gate.groups import ROWS_SCHEMA, below, write_groups

SCHEMA = pa.schema(
    [("record_id", pa.int64()), ("age", pa.int64()), ("zip", pa.string()), ("rate", pa.float64()), ("ill", pa.string())]
)
Row = tuple[int | None, str | None, float | None, str | None]


def shards(folder: Path, tables: list[list[Row]]) -> list[ShardInput]:
    inputs = []
    for number, rows in enumerate(tables):
        columns = list(zip(*rows, strict=True)) or [[]] * 4
        ids = [(number << 40) | k for k in range(len(rows))]
        path = folder / f"{number}.parquet"
        pq.write_table(pa.table([pa.array(ids), *map(pa.array, columns)], schema=SCHEMA), path)
        inputs.append(ShardInput(number, path, len(rows)))
    return inputs


def counted(
    folder: Path, tables: list[list[Row]], columns: list[str], sensitive: str | None = "ill"
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    sink = io.BytesIO()
    found = write_groups(shards(folder, tables), columns, sensitive, folder, sink)
    return found, pq.read_table(io.BytesIO(sink.getvalue())).to_pylist()


def same(value: object) -> object:
    """What counts as one value: every not-a-number does, and both zeros."""
    return "nan" if isinstance(value, float) and math.isnan(value) else value


CELLS = st.tuples(
    st.one_of(st.none(), st.integers(0, 3)),
    st.one_of(st.none(), st.sampled_from(["", "None", "a", "ab", "b", "é", "\x00", "', '"])),
    st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.0, float("nan"), float("inf")])),
    st.one_of(st.none(), st.sampled_from(["flu", "None", "", "gout"])),
)


@given(tables=st.lists(st.lists(CELLS, max_size=25), min_size=1, max_size=3), k=st.integers(1, 6), l=st.integers(1, 4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_groups_are_what_counting_by_hand_finds(tmp_path: Path, tables: list[list[Row]], k: int, l: int) -> None:  # noqa: E741
    found, rows = counted(tmp_path, tables, ["age", "zip", "rate"])
    flat = [tuple(map(same, row)) for table in tables for row in table]
    sizes = Counter(row[:3] for row in flat)
    values = defaultdict(set)
    for row in flat:
        values[row[:3]].add(row[3])
    assert [row["group_rows"] for row in rows] == [sizes[row[:3]] for row in flat]
    assert [row["group_values"] for row in rows] == [len(values[row[:3]]) for row in flat]
    assert [(r["shard"], r["record_id"]) for r in rows] == [
        (number, (number << 40) | place) for number, table in enumerate(tables) for place in range(len(table))
    ]
    assert (found["rows"], found["groups"]) == (len(flat), len(sizes))
    assert found["unique_rows"] == sum(size == 1 for size in sizes.values())
    assert found["smallest"] == min(sizes.values(), default=0)
    judged = below(found, k, l)
    assert judged["rows_below_k"] == sum(row["group_rows"] < k for row in rows)
    assert judged["groups_below_k"] == sum(size < k for size in sizes.values())
    assert judged["rows_below_l"] == sum(row["group_values"] < l for row in rows)


def test_groups_go_on_over_batches_and_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables: list[list[Row]] = [[(k % 7, "a", -0.0 if k % 2 else 0.0, str(k % 3)) for k in range(200)] for _ in range(3)]
    whole, rows = counted(tmp_path, tables, ["age", "rate"])
    monkeypatch.setattr(groups, "_BATCH", 7)
    monkeypatch.setattr(groups, "_AT_ONCE", 2)
    parts, again = counted(tmp_path, tables, ["age", "rate"])
    assert whole == parts and rows == again
    assert whole["groups"] == 7 and whole["smallest"] == 3 * 28 and whole["unique_rows"] == 0
    assert whole["values"] == {"3": 600}


def test_no_rows_no_groups(tmp_path: Path) -> None:
    found, rows = counted(tmp_path, [[], []], ["age"])
    assert rows == [] and found["rows"] == found["groups"] == found["smallest"] == 0 and found["sizes"] == {}
    assert below(found, 5, 2)["rows_below_k"] == 0


def test_without_a_sensitive_column_there_is_no_diversity(tmp_path: Path) -> None:
    found, rows = counted(tmp_path, [[(1, "a", 0.0, "x"), (1, "a", 0.0, "y")]], ["age"], None)
    assert found["values"] == {} and [row["group_values"] for row in rows] == [0, 0]


def test_a_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    inputs = shards(tmp_path, [[(1, "a", 0.0, "x")]])
    with pytest.raises(KeyError):
        write_groups(inputs, ["salary"], None, tmp_path, io.BytesIO())
    with pytest.raises(ValueError, match="at least one"):
        write_groups(inputs, [], None, tmp_path, io.BytesIO())


def test_dates_are_values_too(tmp_path: Path) -> None:
    path = tmp_path / "0.parquet"
    days = [datetime.date(1980, 1, 1), datetime.date(1980, 1, 1), datetime.date(1980, 1, 2), None]
    pq.write_table(pa.table({"record_id": pa.array(range(4), pa.int64()), "born": pa.array(days, pa.date32())}), path)
    found = write_groups([ShardInput(0, path, 4)], ["born"], "born", tmp_path, io.BytesIO())
    assert found["sizes"] == {"1": 2, "2": 1} and found["values"] == {"1": 4}


def test_the_same_rows_have_the_same_bytes_and_the_scratch_holds_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[list[Row]] = [[(40 + k, f"zebrafinch{k}", 0.5, "siskinitis") for k in range(50)]]
    inputs = shards(tmp_path, tables)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    seen = []
    histograms = groups._histograms

    def look(*args: Any) -> Any:
        seen.extend(path.read_bytes() for path in scratch.rglob("*") if path.is_file())
        return histograms(*args)

    monkeypatch.setattr(groups, "_histograms", look)
    sinks = [io.BytesIO(), io.BytesIO()]
    first, second = (write_groups(inputs, ["age", "zip"], "ill", scratch, sink) for sink in sinks)
    assert first == second and sinks[0].getvalue() == sinks[1].getvalue()
    assert pq.read_schema(io.BytesIO(sinks[0].getvalue())) == ROWS_SCHEMA
    assert seen and not any(b"zebrafinch" in text or b"siskinitis" in text for text in seen)
    assert seen[0] != seen[1], "the digests have a key of their own in each call"
    assert not list(scratch.iterdir()) and "zebrafinch" not in str(first) and b"zebrafinch" not in sinks[0].getvalue()
