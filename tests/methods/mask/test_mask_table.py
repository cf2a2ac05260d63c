"""Tables: a person masked the same way in a column and in text, rows apart from each other, and the vault."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import Any, cast

import pyarrow as pa
import pytest

from tasks.core.errors import AirlockError
from tasks.methods.detect.spans import Span
from tasks.methods.mask.cipher import Seal, Tokens
from tasks.methods.mask.keyed import MaskKey
from tasks.methods.mask.plan import ColumnPlan, Operation
from tasks.methods.mask.table import TableMasker

KEY = MaskKey(b"k" * 32)
SEAL = Seal(b"v" * 32)
_NAMES = re.compile(r"(?:Ms\. )?(?:Maria |Bob )?(?:Lopez|Stone)")
_DATES = re.compile(r"\d{4}-\d\d-\d\d|[A-Z][a-z]+ \d{1,2}, \d{4}")


class Finder:
    """Finds the names and dates of this test."""

    def find(self, texts: Sequence[str | None], own: object = None) -> list[list[Span]]:
        return [
            sorted(
                (
                    Span(*match.span(), kind, 1.0, "t")
                    for kind, pattern in (("PERSON", _NAMES), ("DATE", _DATES))
                    for match in pattern.finditer(text or "")
                ),
                key=lambda span: span.start,
            )
            for text in texts
        ]


def table(person: str, date: str = "shift_date", key: MaskKey = KEY, vaulted: Sequence[str] = ()) -> TableMasker:
    operations = {"PERSON": Operation(person, "<PERSON>"), "DATE": Operation(date, "<DATE>")}
    columns = [
        ColumnPlan("name", operations["PERSON"], "PERSON", evidence=True),
        ColumnPlan("seen", operations["DATE"], "DATE", "date"),
        ColumnPlan("note", free_text=True),
        ColumnPlan("more", free_text=True),
    ]
    return TableMasker(columns, cast(Any, Finder()), operations, key, SEAL if vaulted else None, vaulted)


def batch(rows: list[dict[str, Any]], first_id: int = 0) -> pa.RecordBatch:
    schema = pa.schema(
        [
            pa.field("record_id", pa.int64()), pa.field("unit_id", pa.string()), pa.field("split", pa.string()),
            pa.field("name", pa.string()), pa.field("seen", pa.date32()), pa.field("note", pa.string()),
            pa.field("more", pa.string()),
        ]
    )  # fmt: skip
    usual = {"unit_id": None, "split": "train", "name": None, "seen": None, "note": None, "more": None}
    return pa.RecordBatch.from_pylist(
        [{"record_id": first_id + i, **usual, **row} for i, row in enumerate(rows)], schema
    )


ROWS: list[dict[str, Any]] = [
    {"unit_id": "u1", "name": "Maria Lopez", "seen": datetime.date(2021, 3, 4), "note": "Ms. Lopez met Bob Stone.",
     "more": "Stone left on March 14, 2021; Maria Lopez stayed."},
    {"unit_id": "u1", "note": "2021-03-04 and 2021-04-04"},
    {"name": "LOPEZ, Maria", "note": "2021-03-04"},
    {"note": "2021-03-05"},
]  # fmt: skip


@pytest.mark.parametrize("name", ["numbered_tag", "hash", "surrogate"])
def test_the_same_person_in_a_column_and_in_text(name: str) -> None:
    rows = table(name).mask(batch(ROWS)).rows.to_pylist()
    cell, note, more = (rows[0][column] for column in ("name", "note", "more"))
    last = cell if name != "surrogate" else cell.split()[-1]
    assert note.startswith(last if name != "surrogate" else f"Ms. {last}")
    assert cell in more
    other = note.removesuffix(".").split(" met ")[1]
    assert last not in other
    assert more.startswith(other if name != "surrogate" else other.split()[-1])
    if name == "numbered_tag":
        assert (cell, other) == ("<PERSON_1>", "<PERSON_2>")
    elif name == "hash":
        assert rows[2]["name"] == cell
    else:
        assert rows[2]["name"] == f"{cell.split()[1].upper()}, {cell.split()[0]}"


def test_encrypted_mentions_open_to_what_stood_there() -> None:
    rows = table("encrypt").mask(batch(ROWS)).rows.to_pylist()
    tokens = Tokens(KEY.subkey("encrypt"))
    assert tokens.open(rows[0]["name"]) == "Maria Lopez"
    assert rows[0]["name"] in rows[0]["more"]
    assert tokens.open(rows[0]["note"].split(" met ")[0]) == "Ms. Lopez"


def test_a_persons_dates_move_together_and_a_row_without_person_alone() -> None:
    rows = table("tag").mask(batch(ROWS)).rows.to_pylist()
    days = KEY.days("unit:u1")
    moved = datetime.date(2021, 3, 4) + datetime.timedelta(days=days)
    assert rows[0]["seen"] == moved
    assert rows[1]["note"] == f"{moved} and {moved + datetime.timedelta(days=31)}"
    later = datetime.date(2021, 3, 14) + datetime.timedelta(days=days)
    assert f"{later:%B} {later.day}, {later.year}" in rows[0]["more"]
    assert rows[2]["note"] not in ("2021-03-04", str(moved))


@pytest.mark.parametrize("name", ["numbered_tag", "hash", "surrogate", "encrypt"])
def test_a_row_depends_on_itself_alone(name: str) -> None:
    masked = table(name).mask(batch(ROWS)).rows.to_pylist()
    for i, row in enumerate(ROWS):
        (alone,) = table(name).mask(batch([row], first_id=900 + i)).rows.to_pylist()
        assert {**alone, "record_id": i} == masked[i]


def test_another_key_masks_otherwise() -> None:
    one = table("hash").mask(batch(ROWS)).rows.to_pylist()
    two = table("hash", key=MaskKey(b"q" * 32)).mask(batch(ROWS)).rows.to_pylist()
    assert one[0]["name"] != two[0]["name"] and one[0]["note"] != two[0]["note"]


def test_the_vault_keeps_what_was_masked_and_nothing_readable() -> None:
    masked = table("surrogate", vaulted=["PERSON", "DATE"]).mask(batch(ROWS))
    rows = masked.rows.to_pylist()
    kept = masked.vault.to_pylist()
    opened = {
        (row["record_id"], row["column"], row["masked"]): SEAL.open(
            row["ciphertext"], row["record_id"], row["column"], row["masked"]
        )
        for row in kept
    }
    assert opened[0, "name", rows[0]["name"]] == "Maria Lopez"
    assert opened[0, "seen", rows[0]["seen"].isoformat()] == "2021-03-04"
    assert sorted(v for (record, column, _), v in opened.items() if (record, column) == (0, "note")) == [
        "Bob Stone", "Ms. Lopez",
    ]  # fmt: skip
    assert all(b"Lopez" not in row["ciphertext"] and "Lopez" not in row["masked"] for row in kept)
    assert table("surrogate", vaulted=["PERSON", "DATE"]).mask(batch(ROWS)).vault == masked.vault
    assert table("surrogate").mask(batch(ROWS)).vault.num_rows == 0


def test_spans_and_counts() -> None:
    masker = table("tag", "year")
    masked = masker.mask(batch(ROWS))
    assert masked.spans.to_pylist()[0] == {
        "record_id": 0, "column": "note", "start": 0, "end": 9, "entity": "PERSON", "score": 1.0, "detector": "t",
    }  # fmt: skip
    assert dict(masker.found) == {"PERSON": 4, "DATE": 5}
    assert masked.rows.to_pylist()[3]["note"] == "2021"


def test_a_fault_in_a_column_shows_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.methods.mask import operators

    def fail(*_: object) -> str:
        raise ValueError("Maria Lopez")

    monkeypatch.setattr(operators.Tag, "text", fail)
    with pytest.raises(AirlockError) as caught:
        table("tag", "year").mask(batch([{"name": "Maria Lopez"}]))
    assert "Maria" not in str(caught.value) and caught.value.__suppress_context__
