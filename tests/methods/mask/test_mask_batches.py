"""Batches cut by the length of their text: no row is lost, doubled or moved."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.mask.batches import pieces

CELLS = st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=30)), st.text(max_size=5)), max_size=30)


@given(CELLS, st.integers(1, 60))
def test_the_pieces_are_the_batch(rows: list[tuple[str | None, str]], most: int) -> None:
    columns = {"record_id": list(range(len(rows))), "a": [a for a, _ in rows], "b": [b for _, b in rows]}
    batch = pa.RecordBatch.from_pydict(columns, pa.schema([("record_id", "int64"), ("a", "string"), ("b", "string")]))
    found = list(pieces(batch, {"a", "b"}, most))
    assert [row for piece, _ in found for row in piece.to_pylist()] == batch.to_pylist()
    for piece, longest in found:
        cells = [(row["a"] or "", row["b"]) for row in piece.to_pylist()]
        assert longest == max(len(cell) for row in cells for cell in row)
        assert sum(len(a) + len(b) for a, b in cells[:-1]) < most


def test_one_long_text_is_a_piece_by_itself() -> None:
    batch = pa.RecordBatch.from_pydict({"a": ["x", "y" * 500, "z"]})
    assert [(piece.num_rows, longest) for piece, longest in pieces(batch, {"a"}, 100)] == [(2, 500), (1, 1)]
