"""Masked rows find the rows they were made from, whatever the order, the format and the ids."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.command.masked_pairs import masked_file, pairs
from tasks.core.errors import UserError
from tasks.methods.records.asis import local_source

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def paired(folder: Path, masked: list[dict[str, Any]], raw: list[dict[str, Any]], by: str = "auto") -> list[Any]:
    rows = masked_file(str(write(folder / "m.jsonl", masked)))
    scratch = Path(tempfile.mkdtemp(dir=folder))
    found = pairs(rows, local_source(write(folder / "r.jsonl", raw)), ["text"], scratch, by)
    return [(pair.number, pair.raw.get("text"), pair.masked.get("text")) for pair in found]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=20, unique_by=lambda row: row[0]), st.randoms())
@settings(max_examples=40, deadline=None)
def test_shuffled_rows_find_their_own_by_id(rows: list[tuple[str, str]], random: Any) -> None:
    rows = [(f"x{id_}", text) for id_, text in rows]
    raw = [{"id": id_, "text": text} for id_, text in rows]
    order = list(range(len(rows)))
    random.shuffle(order)
    masked = [{"id": rows[n][0], "text": f"masked {n}"} for n in order]
    with tempfile.TemporaryDirectory() as folder:
        found = paired(Path(folder), masked, raw)
    assert found == [(n, rows[n][1], f"masked {n}") for n in order]


@given(st.lists(TEXTS, min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_rows_without_an_id_go_by_their_order(texts: list[str]) -> None:
    rows = [{"text": text} for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        found = paired(Path(folder), rows, rows)
    assert found == [(n, text, text) for n, text in enumerate(texts)]


def test_numbers_and_strings_are_one_id_and_a_missing_one_is_said(tmp_path: Path) -> None:
    assert paired(tmp_path, [{"id": "7", "text": "m"}], [{"id": 7, "text": "r"}]) == [(0, "r", "m")]
    with pytest.raises(UserError, match="row 2 has no id"):
        paired(tmp_path, [{"id": 1, "text": "a"}], [{"id": 1, "text": "a"}, {"text": "b"}])
    with pytest.raises(UserError, match="row 1 has no id"):
        paired(tmp_path, [{"text": "a"}], [{"text": "a"}], by="id")


def test_a_masked_row_that_cannot_be_read_is_an_error_and_a_raw_one_is_empty(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"text": "a"}\n{"text": "zebrafinch\n')
    rows = masked_file(str(tmp_path / "m.jsonl"))
    raw = local_source(write(tmp_path / "r.jsonl", [{"text": "a"}, {"text": "b"}]))
    with pytest.raises(UserError, match="row 2 can't be read: broken_json") as caught:
        list(pairs(rows, raw, ["text"], tmp_path, "auto"))
    assert "zebrafinch" not in str(caught.value)
    swapped = pairs(masked_file(str(tmp_path / "r.jsonl")), rows.source, ["text"], tmp_path, "auto")
    assert [pair.raw for pair in swapped] == [{"text": "a"}, {}]


def copy_of(folder: Path, masked: list[int], spans: list[int], aside: list[int]) -> str:
    folder.mkdir()
    write(folder / "masked.jsonl", [{"id": n, "text": f"m{n}"} for n in masked])
    write(folder / "spans.jsonl", [{"id": n, "spans": []} for n in spans])
    write(folder / "set_aside.jsonl", [{"row": n, "reason": "type_mismatch"} for n in aside])
    return str(folder)


def numbered(tmp_path: Path, *lines: list[int], rows: int = 4) -> list[int]:
    raw = local_source(write(tmp_path / "r.jsonl", [{"id": "own", "text": f"r{n}"} for n in range(rows)]))
    found = pairs(masked_file(copy_of(tmp_path / "copy", *lines)), raw, ["text"], tmp_path, "auto")
    return [pair.number for pair in found if pair.raw["text"] == f"r{pair.number}"]


def test_rows_of_a_copy_go_by_their_numbers(tmp_path: Path) -> None:
    assert numbered(tmp_path, [0, 2, 3], [0, 2, 3], [1]) == [0, 2, 3]


@pytest.mark.parametrize(
    "lines",
    [
        ([0, 1, 2], [0, 1, 2], []),
        ([0, 1, 2, 3], [0, 1, 2], []),
        ([0, 1, 2], [0, 1, 2, 3], []),
        ([0, 2, 1, 3], [0, 2, 1, 3], []),
        ([0, 1, 2, 9], [0, 1, 2, 9], []),
        ([0, 1, 2, 3], [0, 1, 2, 3], [4]),
    ],
)
def test_a_copy_of_another_file_is_refused(tmp_path: Path, lines: tuple[list[int], ...]) -> None:
    with pytest.raises(UserError, match=r"are not those of r\.jsonl"):
        numbered(tmp_path, *lines)


def test_a_folder_that_is_no_copy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "masked.jsonl").write_text("{}\n")
    with pytest.raises(UserError, match="isn't a folder of `airlock mask --out`"):
        masked_file(str(tmp_path))
    folder = copy_of(tmp_path / "copy", [0], [0], [])
    (Path(folder) / "spans.jsonl").write_text("no JSON\n")
    raw = local_source(write(tmp_path / "r.jsonl", [{"text": "r"}]))
    with pytest.raises(UserError, match="line 1 isn't what"):
        list(pairs(masked_file(folder), raw, ["text"], tmp_path, "auto"))
