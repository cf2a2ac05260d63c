from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import AirlockError
from tasks.methods.gate.evidence import FINDINGS
from tasks.methods.gate.remask import Findings, replace, write_remasked


def tag(kind: str) -> str:
    return f"<{kind}>"


def findings(path: Path, rows: list[tuple[int, str, str, int, int]]) -> Findings:
    names = ("record_id", "column", "entity", "start", "end")
    table = pa.Table.from_pylist([{**dict(zip(names, row, strict=True)), "detector": "d"} for row in rows], FINDINGS)
    pq.write_table(table, path)
    return Findings(path)


@given(st.text("ab <>é中", max_size=40), st.lists(st.tuples(st.integers(0, 39), st.integers(1, 9)), max_size=6))
def test_characters_outside_findings_stay_and_those_inside_go(text: str, raw: list[tuple[int, int]]) -> None:
    places = [(a, min(a + n, len(text)), "K") for a, n in raw if a < len(text)]
    inside = {i for a, b, _ in places for i in range(a, b)}
    out = replace(text, places, lambda kind: "\x00")
    assert out.replace("\x00", "") == "".join(c for i, c in enumerate(text) if i not in inside)
    assert bool(places) == ("\x00" in out)


def test_overlapping_findings_become_one_tag() -> None:
    assert replace("abcdef", [(1, 3, "A"), (2, 5, "B"), (5, 6, "C")], tag) == "a<A><C>"


def test_a_number_has_no_room_for_a_tag_and_empties(tmp_path: Path) -> None:
    rows = pa.table({"record_id": [1, 2], "note": ["call 555", "b"], "code": pa.array([5551234, 7], pa.int64())})
    pq.write_table(rows, tmp_path / "rows.parquet")
    found = findings(tmp_path / "f.parquet", [(1, "code", "PHONE_NUMBER", 0, 7), (1, "note", "PHONE_NUMBER", 5, 8)])
    sink = io.BytesIO()
    assert write_remasked(tmp_path / "rows.parquet", sink, found, tag) == (2, 1)
    found.finish()
    out = pq.read_table(sink)
    assert out["code"].to_pylist() == [None, 7] and out["note"].to_pylist() == ["call <PHONE_NUMBER>", "b"]
    assert out.schema == rows.schema


def test_findings_of_rows_that_are_not_there_are_not_passed_over(tmp_path: Path) -> None:
    pq.write_table(pa.table({"record_id": [1], "note": ["a"]}), tmp_path / "rows.parquet")
    found = findings(tmp_path / "f.parquet", [(9, "note", "PERSON", 0, 1)])
    write_remasked(tmp_path / "rows.parquet", io.BytesIO(), found, tag)
    with pytest.raises(AirlockError, match="belong to no row"):
        found.finish()
