from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import UserError
from tasks.methods.records.asis import column_names, local_source, read_rows


def rows(path: Path, columns: list[str] | None = None, limit: int = 1 << 20) -> list[tuple[int, object, str]]:
    return [(row.number, row.cells, row.reason) for row in read_rows(local_source(path), columns, limit)]


def test_every_line_of_json_is_a_row_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"t": "Zo\\u0308"}\n\n[1]\n{"t"\n{"t": 1, "t": 2}\n\xff\n{"x": 5}\n')
    assert rows(path, ["t"]) == [
        (0, {"t": "Zo\u0308"}, ""),
        (1, None, "not_an_object"),
        (2, None, "broken_json"),
        (3, None, "duplicate_key"),
        (4, None, "wrong_encoding"),
        (5, {}, ""),
    ]


def test_delimited_text_keeps_its_line_ends_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,t\n1,"a\r\n""b"""\n2\n3,c\n')
    assert rows(path) == [
        (0, {"id": "1", "t": 'a\r\n"b"'}, ""),
        (1, None, "field_count"),
        (2, {"id": "3", "t": "c"}, ""),
    ]
    assert column_names(local_source(path)) == ["id", "t"]
    packed = tmp_path / "a.tsv.gz"
    packed.write_bytes(gzip.compress(b"id\tt\n1\tx\n"))
    assert rows(packed, ["t"]) == [(0, {"t": "x"}, "")]


def test_parquet_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": list(range(600)), "t": ["x", None] * 300}), path)
    found = rows(path, ["t"])
    assert (
        len(found) == 600 and found[599] == (599, {"t": None}, "") and column_names(local_source(path)) == ["id", "t"]
    )


def test_a_record_over_the_limit_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"t": "x" * 100}) + "\n" + json.dumps({"t": "y"}) + "\n")
    assert rows(path, limit=50) == [(0, None, "over_size_limit"), (1, {"t": "y"}, "")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"t,t\n1,2\n", "more than once"),
        ("a.csv", b"x\n1\n", "no column 't'"),
        ("a.parquet", b"Jane Secret", "isn't a Parquet file"),
        ("a.txt", b"t", "ending"),
        ("a.jsonl.gz", gzip.compress(b'{"t": 1}\n', mtime=0)[:-6], "cut off"),
    ],
)
def test_what_is_wrong_is_one_sentence(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=words) as error:
        rows(tmp_path / name, ["t"])
    assert "Secret" not in str(error.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        local_source(tmp_path / "a.csv")


@given(st.lists(st.text(max_size=20), max_size=20))
def test_text_comes_back_to_the_letter(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("asis") / "a.jsonl"
    path.write_text("".join(json.dumps({"t": text}) + "\n" for text in texts), encoding="utf-8")
    assert [cells["t"] for _, cells, _ in rows(path)] == texts  # type: ignore[index]
