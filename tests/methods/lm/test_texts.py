"""Documents out of tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.methods.lm.texts import cells, count, documents


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    out = []
    for i in range(3):
        rows = {
            "split": ["train", "heldout", "train", "heldout"],
            "title": [f"t{i}0", None, "", f"t{i}3"],
            "body": [f"b{i}0", f"b{i}1", f"b{i}2", f"b{i}3"],
        }
        out.append(tmp_path / f"{i}.parquet")
        pq.write_table(pa.table(rows), out[-1], row_group_size=2)
    return out


def test_columns_are_joined_and_splits_kept_apart(paths: list[Path]) -> None:
    assert count(paths, "train") == count(paths, "heldout") == 6
    train = list(documents(paths, ["title", "body"], "train", 6))
    assert train[:3] == ["t00\n\nb00", "b02", "t10\n\nb10"]
    assert list(documents(paths, ["body"], "heldout", 6))[:2] == ["b01", "b03"]


@pytest.mark.parametrize("limit", range(1, 9))
def test_a_limit_spreads_over_the_tables(paths: list[Path], limit: int) -> None:
    found = list(documents(paths, ["body"], "train", 6, limit))
    assert len(found) == len(set(found)) == min(limit, 6)
    if limit == 3:
        assert [text[1] for text in found] == ["0", "1", "2"]


def test_no_rows(paths: list[Path]) -> None:
    assert list(documents([], ["body"], "train", 0)) == []
    assert count([], "train") == 0


def test_cells_come_in_the_order_asked_for(paths: list[Path]) -> None:
    assert list(cells(paths, ["body", "title"], "heldout", 6))[:2] == [("b01", None), ("b03", "t03")]
    assert next(cells(paths, ["body", "split"], "train", 6, 1)) == ("b22", "train")
