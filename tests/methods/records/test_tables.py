"""Parquet sources, units and splits, unique columns, and where shards are cut."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import TryAgain, UserError
from tasks.methods.records import shards
from tasks.methods.records.columns import (
    NOT_FINITE,
    OVER_SIZE,
    REPEATED_VALUE,
    TYPE_MISMATCH,
    WRONG_ENCODING,
    Column,
    Reject,
)
from tasks.methods.records.distinct import UniqueColumns, UnitMap
from tasks.methods.records.people import split_of, unit_id, with_units
from tasks.methods.records.read import LENGTH, LINE, OFFSET, ROW, Layout, count_at_most, read_source
from tasks.methods.records.sources import expand_source

KEY = b"k" * 32


def read_file(path: Path, columns: list[Column], layout: Layout | None = None) -> tuple[pl.DataFrame, list[Reject]]:
    (source,) = expand_source(str(path))
    digest, records = count_at_most(source)
    batches = list(read_source(source, columns, layout or Layout(), digest, path.parent))
    rows, rejects = pl.concat([b.rows for b in batches]), [r for b in batches for r in b.rejects]
    assert len(rows) + len(rejects) <= records
    assert sorted([*rows[ROW].to_list(), *(r.row for r in rejects)]) == list(range(len(rows) + len(rejects)))
    return rows, rejects


def test_parquet_cells_keep_to_the_same_rules(tmp_path: Path) -> None:
    text = pa.array([b"Jose\xcc\x81\r\n", b"Jos\xe9", None, b"x" * 99, b"ok"], pa.binary()).view(pa.string())
    table = pa.table(
        {
            "t": text,
            "n": pa.array([1.5, 2.0, 3.0, 4.0, float("nan")]),
            "u": pa.array([1, 2, 3, 4, 5], pa.uint64()),
            "d": pa.array(["a", "b", "a", None, "b"]).dictionary_encode(),
            "w": pa.array([0] * 5, pa.timestamp("ms")),
            "more": pa.array([[1]] * 5),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    columns = [Column("t"), Column("n", "number"), Column("u", "integer"), Column("d"), Column("w", "datetime")]
    rows, rejects = read_file(tmp_path / "x.parquet", columns, Layout(limit=64))
    assert rows["t"].to_list() == ["José\n", None]
    assert rows["d"].to_list() == ["a", "a"]
    assert rows[ROW].to_list() == [0, 2]
    assert [(r.row, r.column, r.reason) for r in rejects] == [
        (1, "t", WRONG_ENCODING),
        (3, None, OVER_SIZE),
        (4, "n", NOT_FINITE),
    ]
    assert rejects[0].position == "row 2"


def test_parquet_cells_that_do_not_fit(tmp_path: Path) -> None:
    table = pa.table({"u": pa.array([1, 2**63], pa.uint64()), "w": pa.array([1000, 0], pa.timestamp("ns"))})
    pq.write_table(table, tmp_path / "x.parquet")
    _, rejects = read_file(tmp_path / "x.parquet", [Column("u", "integer")])
    assert [(r.row, r.reason) for r in rejects] == [(1, TYPE_MISMATCH)]
    pq.write_table(pa.table({"w": pa.array([1000, 1001], pa.timestamp("ns", "Europe/Berlin"))}), tmp_path / "x.parquet")
    rows, rejects = read_file(tmp_path / "x.parquet", [Column("w", "datetime")])
    assert rows["w"].dtype == pl.Datetime("us", "UTC")
    assert [(r.row, r.reason) for r in rejects] == [(1, TYPE_MISMATCH)]


def test_parquet_files_that_fail(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": ["Jane Roe"], "n": ["1"]}), path)
    with pytest.raises(UserError, match="has no column 'b'"):
        read_file(path, [Column("b")])
    with pytest.raises(UserError, match="column 'n' isn't of type integer"):
        read_file(path, [Column("n", "integer")])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match="isn't a Parquet file"):
        read_file(path, [Column("a")])
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), path)
    with pytest.raises(UserError, match="holds no record"):
        (source,) = expand_source(str(path))
        list(read_source(source, [Column("a")], Layout(), count_at_most(source)[0], tmp_path))


def test_gzipped_parquet(tmp_path: Path) -> None:
    import gzip

    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": ["x", "y"]}), buffer)
    (tmp_path / "x.parquet.gz").write_bytes(gzip.compress(buffer.getvalue()))
    rows, _ = read_file(tmp_path / "x.parquet.gz", [Column("a")])
    assert rows["a"].to_list() == ["x", "y"]
    assert [p.name for p in tmp_path.iterdir()] == ["x.parquet.gz"], "the copy is gone"


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_a_source_that_changes_between_hashing_and_reading(tmp_path: Path, name: str) -> None:
    path = tmp_path / name

    def write(cell: str) -> None:
        if name.endswith("csv"):
            path.write_text(f"a\n{cell}\n")
        else:
            pq.write_table(pa.table({"a": [cell]}), path)

    write("one")
    (source,) = expand_source(str(path))
    digest, _ = count_at_most(source)
    write("two")
    with pytest.raises(TryAgain, match="changed while it was read"):
        list(read_source(source, [Column("a")], Layout(), digest, tmp_path))


def test_units_are_keyed_and_people_stay_together() -> None:
    rows = pl.DataFrame({ROW: range(400), "p": [f"P{i % 100}" for i in range(400)], "t": ["x"] * 400})
    found, known = with_units(rows, ["t"], "p", KEY, b"s" * 32, 0.3)
    import hmac

    assert found["unit_id"][0] == hmac.new(KEY, b"P0", hashlib.sha256).hexdigest() == unit_id("P0", KEY)
    assert known[found["unit_id"][7]] == "P7" and len(known) == 100
    assert found.group_by("unit_id").agg(pl.col("split").n_unique())["split"].max() == 1
    assert 0.15 < (found["split"] == "heldout").mean() < 0.45
    other, _ = with_units(rows, ["t"], "p", b"o" * 32, b"o" * 32, 0.3)
    assert not set(other["unit_id"]) & set(found["unit_id"])
    assert other["split"].to_list() != found["split"].to_list()


def test_without_a_person_the_content_decides_the_split() -> None:
    rows = pl.DataFrame({"t": ["a", "b", "a", None], "n": [1.0, 2.0, 1.0, None]})
    found, known = with_units(rows, ["t", "n"], None, KEY, KEY, 0.5)
    assert found["unit_id"].null_count() == 4 and not known
    assert found["split"][0] == found["split"][2]
    turned, _ = with_units(rows.reverse(), ["n", "t"], None, KEY, KEY, 0.5)
    assert turned["split"].to_list() == found["split"].to_list()[::-1]


@given(st.text(st.characters(codec="utf-8")), st.floats(0, 0.99))
def test_a_split_moves_only_from_train_to_heldout(person: str, share: float) -> None:
    splits = [split_of(person, KEY, s) for s in (0.0, share, 0.995)]
    assert splits[0] == "train"
    assert splits == sorted(splits, reverse=True)


def test_unique_columns_keep_the_first(tmp_path: Path) -> None:
    places = {ROW: range(6), LINE: range(2, 8), OFFSET: range(6), LENGTH: range(6)}
    rows = pl.DataFrame({**places, "a": ["1", "2", "1", None, None, "3"], "b": [9, 8, 7, 6, 5, 8]})
    with UniqueColumns(tmp_path / "u", ["a", "b"]) as unique:
        first, rejects = unique.sift(rows[:3])
        rest, more = unique.sift(rows[3:])
        assert unique.repeated == 2
    assert first[ROW].to_list() == [0, 1] and rest[ROW].to_list() == [3, 4]
    assert [(r.row, r.line, r.column, r.reason) for r in [*rejects, *more]] == [
        (2, 4, "a", REPEATED_VALUE),
        (5, 7, "b", REPEATED_VALUE),
    ]


def test_the_map_of_units_is_sorted(tmp_path: Path) -> None:
    with UnitMap(tmp_path / "m") as units:
        units.add({"b": "2", "c": "3"})
        units.add({"a": "1", "b": "2"})
        assert len(units) == 3
        assert list(units.batches(2)) == [[("a", "1"), ("b", "2")], [("c", "3")]]


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60), st.integers(1, 50), st.integers(1, 30))
def test_never_too_many_shards(records: list[int], size: int, most: int) -> None:
    cut = shards.plan_cut(records, size, most)

    def count(rows: int) -> int:
        totals = [sum(records[i : i + cut.group]) for i in range(0, len(records), cut.group)]
        return sum(-(-total // rows) for total in totals)

    assert count(cut.size) <= most
    assert cut.size == size or count(cut.size - 1) > most, "no larger than it must be"


def test_cuts_depend_on_positions_alone() -> None:
    written: dict[str, io.BytesIO] = {}

    class Kept(io.BytesIO):
        def close(self) -> None:
            pass

    def open_file(name: str) -> io.BytesIO:
        return written.setdefault(name, Kept())

    def cut(missing: set[int]) -> list[bytes]:
        written.clear()
        rows = pl.DataFrame(
            {ROW: [i for i in range(10) if i not in missing], "t": ["x" for i in range(10) if i not in missing]},
            schema_overrides={ROW: pl.Int64},
        ).with_columns(unit_id=pl.lit("u"), split=pl.lit("train"))
        with shards.ShardWriter(open_file, [Column("t")], shards.Cut(4, 1)) as writer:
            for ordinal in (0, 1):
                writer.begin_file(ordinal)
                for part in (rows.filter(pl.col(ROW) < 5), rows.filter(pl.col(ROW) >= 5)):
                    writer.write(part, 10)
            assert sum(writer.rows) == 2 * len(rows)
        return [stream.getvalue() for stream in written.values()]

    whole, holed = cut(set()), cut({5})
    assert len(whole) == len(holed) == 6
    assert [a == b for a, b in zip(whole, holed, strict=True)] == [True, False, True, True, False, True]
    table = pq.read_table(io.BytesIO(whole[3]))
    assert table["record_id"].to_pylist() == [(1 << 40) + i for i in range(4)]
    assert pq.ParquetFile(io.BytesIO(whole[0])).metadata.row_group(0).column(3).statistics is None
