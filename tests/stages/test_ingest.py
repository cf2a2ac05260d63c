"""ingest as a stage: the artifact it leaves, and what bad input gets."""

from __future__ import annotations

import gzip
import json
import socket
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.core import optout
from tasks.core.artifacts import Artifact, Ref
from tasks.core.config import Config
from tasks.core.errors import EmptyPartition, TryAgain, UserError
from tasks.core.keys import Keys
from tasks.core.stage import Context
from tasks.methods.records.people import unit_id
from tasks.stages import ingest

COLUMNS: list[dict[str, Any]] = [
    {"name": "patient", "role": "person"},
    {"name": "note", "role": "text", "required": True},
    {"name": "income", "role": "structured", "kind": "AMOUNT", "type": "number"},
    {"name": "outcome", "role": "label", "type": "integer"},
]
SECRET = "Zebediah"
"""In every record of these tests; no message may hold it."""


def context(tmp_path: Path, source: Path | str, interval: tuple[str, str] | None = None, **section: Any) -> Context:
    data = {
        "ingest": {"source": str(source), "columns": COLUMNS, **section},
        "store": {"root": str(tmp_path / "store")},
    }
    keys = Keys.from_master(b"k" * 32, ["unit", "split"])
    return Context(Config.parse(data), "run", keys, tmp_path, tmp_path / "ledger", interval=interval)


def record(i: int, **cells: Any) -> dict[str, Any]:
    row = {"patient": f"{SECRET}-{i % 7}", "note": f"{SECRET} came, again", "income": i * 1.5, "outcome": i % 2}
    return {**row, **cells}


def csv_text(n: int, tail: str = "") -> str:
    rows = [f'{r["patient"]},"{r["note"]}",{r["income"]},{r["outcome"]}' for r in map(record, range(n))]
    return "patient,note,income,outcome\n" + "\n".join(rows) + "\n" + tail


def artifact(ctx: Context, refs: list[Ref]) -> Artifact:
    return ctx.open(refs[0])


def test_the_artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("ingest went to the network"))
    source = tmp_path / "rows.csv"
    source.write_text(csv_text(25, f"{SECRET},short\n"))
    ctx = context(tmp_path, source, shard_rows=10, max_quarantined_share=0.1)
    refs = ingest.run(ctx)
    found = artifact(ctx, refs)
    assert [ref.counts.pop("source") for ref in refs][1:] == [{}, {}]
    assert [ref.counts for ref in refs] == [
        {"shard": i, "rows": n, "label": f"{i:05d} · {n} rows", "file": f"shards/{i:05d}.parquet"}
        for i, n in enumerate([10, 10, 5])
    ]
    assert [ref.digest for ref in refs] == [found.manifest["files"][ref.counts["file"]]["sha256"] for ref in refs]
    assert found.files == [
        "columns.json",
        "quarantine.parquet",
        *(f"shards/{i:05d}.parquet" for i in range(3)),
        "units.parquet",
    ]
    assert found.ref.counts["records"] == 26 == found.ref.counts["rows"] + found.ref.counts["quarantined"]
    assert found.ref.counts["reasons"] == {"field_count": 1}

    table = pq.read_table(found.local("shards/00001.parquet"))
    assert table.column_names == ["record_id", "unit_id", "split", "note", "income", "outcome"]
    assert [str(field.type) for field in table.schema] == ["int64", "string", "string", "string", "double", "int64"]
    assert table["record_id"].to_pylist() == list(range(10, 20))
    units = dict(zip(*pq.read_table(found.local("units.parquet")).to_pydict().values(), strict=True))
    assert [units[unit] for unit in table["unit_id"].to_pylist()] == [f"{SECRET}-{i % 7}" for i in range(10, 20)]
    (aside,) = pq.read_table(found.local("quarantine.parquet")).to_pylist()
    offset = source.read_text().index(f"{SECRET},short")
    assert aside == {
        "file": 0, "row": 25, "line": 27, "offset": offset, "length": 14, "column": None, "reason": "field_count",
    }  # fmt: skip
    assert [c["name"] for c in found.read_json("columns.json")] == ["patient", "note", "income", "outcome"]
    for name in ("quarantine.parquet", "columns.json"):
        assert SECRET.encode() not in found.read_bytes(name)
    attempt = found.local("columns.json").parent
    assert {p.name for p in attempt.iterdir()} == {"columns.json", "quarantine.parquet", "shards", "units.parquet"}


def test_the_same_rows_in_any_format_are_the_same_shard(tmp_path: Path) -> None:
    rows = [record(i) for i in range(30)]
    (tmp_path / "a.csv").write_text(csv_text(30))
    (tmp_path / "b.tsv").write_text(csv_text(30).replace('"', "").replace(",", "\t").replace("came\t", "came,"))
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress(csv_text(30).replace("\n", "\r\n").encode()))
    import polars as pl

    pl.DataFrame(rows).write_parquet(tmp_path / "e.parquet")
    names = ("a.csv", "b.tsv", "c.jsonl", "d.csv.gz", "e.parquet")
    assert len({ingest.run(context(tmp_path, tmp_path / name))[0].digest for name in names}) == 1


def test_reuse_is_by_content(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text(20))
    (tmp_path / "b.csv").write_text(csv_text(20))
    first = ingest.run(context(tmp_path, tmp_path / "a.csv"))
    moved = context(tmp_path, tmp_path / "b.csv", max_quarantined_share=0.5)
    assert ingest.run(moved) == first and moved.reused == [True]
    for change in ({"heldout_share": 0.2}, {"shard_rows": 3}, {"max_record_bytes": 999}, {"encoding": "iso-8859-1"}):
        other = context(tmp_path, tmp_path / "a.csv", **change)
        ingest.run(other)
        assert other.reused == [False], change
    (tmp_path / "a.csv").write_text(csv_text(20).replace("again", "twice", 1))
    changed = context(tmp_path, tmp_path / "a.csv")
    assert ingest.run(changed) != first and changed.reused == [False]


def test_a_changed_row_changes_its_shard_alone(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text(csv_text(40))
    before = [ref.digest for ref in ingest.run(context(tmp_path, source, shard_rows=10))]
    source.write_text(csv_text(40).replace(",22.5,", ",bad,"))
    after = [ref.digest for ref in ingest.run(context(tmp_path, source, shard_rows=10, max_quarantined_share=0.1))]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True, True]


def test_removing_a_person_leaves_everyone_else_as_they_are(tmp_path: Path) -> None:
    def others(rows: list[dict[str, Any]], name: str) -> list[tuple[Any, ...]]:
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        ctx = context(tmp_path, tmp_path / name, shard_rows=7)
        found = artifact(ctx, refs := ingest.run(ctx))
        tables = [pq.read_table(found.local(ref.counts["file"])).to_pylist() for ref in refs]
        return [tuple(v for k, v in row.items() if k != "record_id") for table in tables for row in table]

    rows = [record(i) for i in range(40)]
    gone = rows[3]["patient"]
    with_all = others(rows, "a.jsonl")
    without = others([row for row in rows if row["patient"] != gone], "b.jsonl")
    unit = with_all[3][0]
    assert [row for row in with_all if row[0] != unit] == without


def opt_out(ctx: Context, *people: str) -> None:
    for person in people:
        optout.add(ctx.zone("raw"), ctx.config.dataset, ctx.keys, unit_id(person, ctx.keys.secret("unit")))


def everything(found: Artifact) -> bytes:
    tables = [pq.read_table(found.local(name)) for name in found.files if name.endswith(".parquet")]
    return repr([table.to_pylist() for table in tables]).encode()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_people_who_opted_out_are_left_out_first(tmp_path: Path, kind: str) -> None:
    import polars as pl

    rows = [record(i) for i in range(40)]
    source = tmp_path / f"rows.{kind}"
    if kind == "csv":
        source.write_text(csv_text(40).replace(",4.5,", ",bad,"))  # row 3
    elif kind == "jsonl":
        rows[3]["income"] = "bad"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        rows[3]["note"] = None
        pl.DataFrame(rows).write_parquet(source)
    gone = rows[3]["patient"]
    before = context(tmp_path, source, shard_rows=7, max_quarantined_share=0.1)
    whole = artifact(before, ingest.run(before))
    assert whole.ref.counts["quarantined"] == 1 and "opted_out" not in whole.ref.counts
    opt_out(before, gone)
    ctx = context(tmp_path, source, shard_rows=7, max_quarantined_share=0.0)
    refs = ingest.run(ctx)
    found, counts = artifact(ctx, refs), refs[0].counts["source"]
    assert ctx.reused == [False] and found.ref.key != whole.ref.key
    assert counts["opted_out"] == sum(row["patient"] == gone for row in rows) == 6
    assert counts["records"] == 40 == counts["rows"] + counts["quarantined"] + counts["opted_out"]
    assert counts["quarantined"] == 0 and found.ref.counts["units"] == 6
    unit = unit_id(gone, ctx.keys.secret("unit")).encode()
    assert unit in everything(whole) and unit not in everything(found) and gone.encode() not in everything(found)

    def others(artifact: Artifact) -> list[dict[str, Any]]:
        shards = [pq.read_table(artifact.local(name)).to_pylist() for name in artifact.files if "shards" in name]
        return [row for shard in shards for row in shard if row["unit_id"] != unit.decode()]

    assert others(found) == others(whole)


def test_the_list_is_part_of_the_key_when_somebody_is_on_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text(20))
    first = context(tmp_path, tmp_path / "a.csv")
    before = ingest.run(first)
    opt_out(first, "nobody in there")
    second = context(tmp_path, tmp_path / "a.csv")
    after = ingest.run(second)
    assert second.reused == [False] and before[0].key != after[0].key
    assert [ref.digest for ref in before] == [ref.digest for ref in after]  # so that nothing behind it runs again
    again = context(tmp_path, tmp_path / "a.csv")
    assert ingest.run(again) == after and again.reused == [True]
    opt_out(first, f"{SECRET}-1")
    third = context(tmp_path, tmp_path / "a.csv")
    assert ingest.run(third) != after and third.reused == [False]


def test_who_opted_out_claims_no_unique_value(tmp_path: Path) -> None:
    columns = [{**c, "unique": c["name"] == "note"} for c in COLUMNS]
    rows = [record(i, patient=f"{SECRET}-{i}", note=f"note {i % 5}") for i in range(6)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ctx = context(tmp_path, tmp_path / "a.jsonl", columns=columns, max_quarantined_share=0.5)
    opt_out(ctx, f"{SECRET}-0")
    counts = ingest.run(ctx)[0].counts["source"]
    assert (counts["rows"], counts["quarantined"], counts["opted_out"]) == (5, 0, 1)


def test_everybody_may_opt_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text(7))
    ctx = context(tmp_path, tmp_path / "a.csv")
    opt_out(ctx, *(f"{SECRET}-{i}" for i in range(7)))
    with pytest.raises(UserError, match="everybody in them has opted out") as told:
        ingest.run(ctx)
    assert SECRET not in str(told.value)


def test_a_list_that_grows_while_the_source_is_read_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.methods.records import people

    (tmp_path / "a.csv").write_text(csv_text(20))
    ctx = context(tmp_path, tmp_path / "a.csv")
    real = people.with_units

    def slowly(*args: Any) -> Any:
        opt_out(ctx, f"{SECRET}-1")
        return real(*args)

    monkeypatch.setattr(people, "with_units", slowly)
    with pytest.raises(TryAgain, match="opt-out list changed"):
        ingest.run(ctx)


FAILS: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", r"empty\.csv: the file is empty"),
    "blank.csv": (b"\n\r\n", r"blank\.csv: the file is empty"),
    "header.csv": (b"patient,note,income,outcome\n", r"header\.csv: holds no record below its header"),
    "blank.jsonl": (b"\n", r"blank\.jsonl: holds no record"),
    "missing.csv": (f"{SECRET},note,income,x\n{SECRET},a,1,1\n".encode(), r"line 1: .*'patient', 'outcome'"),
    "misnamed.csv": (b"Patient ,note,income,outcome\nx,a,1,1\n", r"'patient' differs only in case or blanks"),
    "twice.csv": (b"patient,note,note,income,outcome\n", r"column 'note' more than once"),
    "latin.csv": (b"patient,note,income,outcome,Zebediah\xe9\n", r"latin\.csv: line 1: the header can't be read"),
    "missing.jsonl": (json.dumps({**record(1), "note": "x"}).replace("income", "x").encode(), r"the key 'income'"),
    "cut.csv.gz": (gzip.compress(csv_text(900).encode(), mtime=0)[:-20], r"cut\.csv\.gz: the gzip stream is cut off"),
    "cut.parquet": (b"PAR1" + SECRET.encode(), r"cut\.parquet: isn't a Parquet file"),
    "wide.csv": (csv_text(5).encode("utf-16"), r"wide\.csv: is UTF-16"),
}


@pytest.mark.parametrize("name", sorted(FAILS))
def test_input_that_fails_whole(tmp_path: Path, name: str) -> None:
    data, wanted = FAILS[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=wanted) as caught:
        ingest.run(context(tmp_path, tmp_path / name))
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None and (caught.value.__context__ is None or caught.value.__suppress_context__)
    assert caught.value.exit_code == 2
    assert not list((tmp_path / "store").rglob("manifest.json")), "half an artifact was published"


GOOD = json.dumps(record(1))
ASIDE: dict[str, tuple[str, bytes, str, str | None]] = {
    "latin1": ("x.csv", f'{SECRET}\xe9,"n",1,1'.encode("latin-1"), "wrong_encoding", None),
    "long": ("x.csv", f"{SECRET},{'n' * 2000},1,1".encode(), "over_size_limit", None),
    "fields": ("x.csv", f"{SECRET},a,b,1,1".encode(), "field_count", None),
    "quote": ("x.csv", f'{SECRET},"n,1,1'.encode(), "stray_quote", None),
    "number": ("x.csv", f"{SECRET},n,{SECRET},1".encode(), "type_mismatch", "income"),
    "infinite": ("x.csv", f"{SECRET},n,inf,1".encode(), "not_finite", "income"),
    "no person": ("x.csv", f",{SECRET},1,1".encode(), "missing_value", "patient"),
    "no text": ("x.csv", f"{SECRET},,1,1".encode(), "missing_value", "note"),
    "json": ("x.jsonl", GOOD[:-1].encode(), "broken_json", None),
    "keys": ("x.jsonl", (GOOD[:-1] + ', "note": "b"}').encode(), "duplicate_key", None),
    "list": ("x.jsonl", f'["{SECRET}"]'.encode(), "not_an_object", None),
    "label": ("x.jsonl", GOOD.replace('"outcome": 1', '"outcome": NaN').encode(), "type_mismatch", "outcome"),
    "null": ("x.jsonl", json.dumps(record(1, note=None)).encode(), "missing_value", "note"),
}


@pytest.mark.parametrize("case", sorted(ASIDE))
def test_records_that_are_set_aside(tmp_path: Path, case: str) -> None:
    name, bad, reason, column = ASIDE[case]
    if name.endswith("csv"):
        before, after = csv_text(3).encode(), csv_text(3).partition("\n")[2].encode()
    else:
        before = after = "".join(json.dumps(record(i)) + "\n" for i in range(3)).encode()
    (tmp_path / name).write_bytes(before + bad + b"\n" + after)
    ctx = context(tmp_path, tmp_path / name, max_record_bytes=1000, max_quarantined_share=0.5)
    found = artifact(ctx, ingest.run(ctx))
    (aside,) = pq.read_table(found.local("quarantine.parquet")).to_pylist()
    assert (aside["reason"], aside["column"], aside["row"]) == (reason, column, 3)
    assert (aside["offset"], aside["length"]) == (len(before), len(bad))
    assert found.ref.counts["rows"] == 6

    with pytest.raises(UserError) as caught:
        ingest.run(context(tmp_path, tmp_path / name, max_record_bytes=1000))
    said = str(caught.value)
    line = before.count(b"\n") + 1
    assert f"1 of 7 records are quarantined (1 {reason})" in said
    assert f"{name} line {line} (byte {len(before)})" in said
    assert (f"column {column!r}" in said) == (column is not None)
    assert SECRET not in said


def test_a_nan_label_of_numbers(tmp_path: Path) -> None:
    columns = [*COLUMNS[:3], {"name": "outcome", "role": "label", "type": "number"}]
    (tmp_path / "x.csv").write_text(csv_text(9, f"{SECRET},n,1,NaN\n"))
    ctx = context(tmp_path, tmp_path / "x.csv", columns=columns, max_quarantined_share=0.2)
    assert artifact(ctx, ingest.run(ctx)).ref.counts["reasons"] == {"not_finite": 1}


def test_a_repeated_value_is_counted_as_outside_the_guarantee(tmp_path: Path) -> None:
    columns = [*COLUMNS[:2], {**COLUMNS[2], "unique": True}, COLUMNS[3]]
    (tmp_path / "x.csv").write_text(csv_text(9, f"{SECRET},n,3.0,1\n"))
    ctx = context(tmp_path, tmp_path / "x.csv", columns=columns, max_quarantined_share=0.2)
    counts = artifact(ctx, ingest.run(ctx)).ref.counts
    assert counts["reasons"] == {"repeated_value": 1} and counts["repeated_outside_guarantee"] == 1


def test_no_row_left(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("patient,note,income,outcome\n" + f"{SECRET},n,bad,1\n" * 3)
    with pytest.raises(UserError, match=r"no row is left of 3 records \(3 type_mismatch\).*x\.csv line 2") as caught:
        ingest.run(context(tmp_path, tmp_path / "x.csv", max_quarantined_share=1.0))
    assert SECRET not in str(caught.value)


def test_a_change_in_row_count(tmp_path: Path) -> None:
    source = tmp_path / "x.csv"
    source.write_text(csv_text(100))
    ingest.run(context(tmp_path, source, max_row_change=0.2))
    source.write_text(csv_text(60))
    with pytest.raises(UserError, match=r"60 rows where .* had 100, a change beyond ingest\.max_row_change \(20"):
        ingest.run(context(tmp_path, source, max_row_change=0.2))
    source.write_text(csv_text(85))
    ingest.run(context(tmp_path, source, max_row_change=0.2))
    source.write_text(csv_text(60))
    ingest.run(context(tmp_path, source))
    ingest.run(context(tmp_path, source, max_row_change=0.0))


def test_the_partition_of_the_interval(tmp_path: Path) -> None:
    for day, n in (("01", 5), ("02", 6)):
        (tmp_path / f"2026-03-{day}.csv").write_text(csv_text(n))
    source = f"{tmp_path}/{{start:%Y-%m-%d}}.csv"
    refs = ingest.run(context(tmp_path, source, ("2026-03-02T00:00:00+00:00", "2026-03-03T00:00:00+00:00")))
    assert refs[0].counts["rows"] == 6
    with pytest.raises(EmptyPartition, match="no file for the interval 2026-03-09"):
        ingest.run(context(tmp_path, source, ("2026-03-09T00:00:00+00:00", "2026-03-10T00:00:00+00:00")))
    with pytest.raises(UserError, match="this run has none"):
        ingest.run(context(tmp_path, source))


def test_importing_the_stage_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    code = "import sys, tasks.stages.ingest; print([m for m in ('polars', 'pyarrow', 'torch') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
