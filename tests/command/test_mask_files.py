from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from tasks.command.main import main
from tasks.core.policies import FOLDER
from tests.command.fake_side import fake  # noqa: F401

pytestmark = pytest.mark.usefixtures("fake")

ROWS: list[dict[str, Any]] = [
    {"id": "n1", "text": "Ann Lee, 555-1234, wrote", "who": "Ann Lee", "age": 34, "free": "Ann Lee"},
    {"id": "ann@example.org", "text": "nothing", "who": None, "age": None},
    {"id": "n3", "text": "call Zed Quux", "who": "Zed Quux", "age": 91},
    {"id": "n4", "text": 5, "who": "Bo Ray", "age": 1},
]


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_the_copy_holds_text_and_id_alone(notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["mask", str(notes), "--text-column", "text", "--out", str(out), "--quiet"]) == 0
    assert lines(out / "masked.jsonl") == [
        {"id": 0, "text": "<PERSON>, <PHONE_NUMBER>, wrote"},
        {"id": 1, "text": "nothing"},
        {"id": 2, "text": "call Zed Quux"},
    ]
    assert lines(out / "set_aside.jsonl") == [{"row": 3, "reason": "type_mismatch"}]
    spans = lines(out / "spans.jsonl")
    assert [line["id"] for line in spans] == [0, 1, 2]
    assert [(s["start"], s["end"], s["entity"]) for s in spans[0]["spans"]] == [
        (0, 7, "PERSON"),
        (9, 17, "PHONE_NUMBER"),
    ]
    for path in out.iterdir():
        assert not any(value in path.read_text() for value in ("Ann", "555-1234", "ann@example.org")), path.name
    assert "3 rows masked, 1 set aside" in capsys.readouterr().out


def test_declared_columns_are_masked_by_kind_and_found_in_the_text(notes: Path, tmp_path: Path) -> None:
    line = ["mask", str(notes), "--text-column", "text", "--column", "who:PERSON", "--column", "age:AGE:integer"]
    assert main([*line, "--policy", "healthcare", "--out", str(tmp_path / "out"), "--quiet"]) == 0
    rows = lines(tmp_path / "out" / "masked.jsonl")
    assert [(row["who"], row["age"]) for row in rows] == [("<PERSON>", "30-39"), (None, None), ("<PERSON>", "90+")]
    assert rows[2]["text"] == "call <PERSON>"
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {k["entity"]: (k["in_text"], k["cells"], k["operator"]) for k in report["kinds"]} == {
        "PERSON": (2, 2, "tag"),
        "PHONE_NUMBER": (1, 0, "tag"),
        "AGE": (0, 2, "age_band"),
    }
    assert all(k["discloses"] and k["reason"] for k in report["kinds"])
    assert (report["rows"], report["rows_written"], report["set_aside"]) == (4, 3, {"type_mismatch": 1})
    assert (report["ids_replaced"], report["remasked"]) == (3, 1)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "age_band" in page and "Ann" not in page and "<script" not in page


def test_a_copy_that_is_there_is_replaced_by_force_alone(
    notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, flags = tmp_path / "o", ["--text-column", "text", "--quiet"]
    line = ["mask", str(notes), *flags, "--out", str(out)]
    assert main(line) == 0
    before = (out / "masked.jsonl").read_bytes()
    notes.write_text(json.dumps({"text": "Bo Ray"}) + "\n")
    assert main(line) == 2 and "holds masked.jsonl already" in capsys.readouterr().err
    assert (out / "masked.jsonl").read_bytes() == before
    assert main([*line, "--force"]) == 0
    assert lines(out / "masked.jsonl") == [{"id": 0, "text": "<PERSON>"}]
    other = tmp_path / "b.csv"
    other.write_text("text\nAnn Lee\n")
    assert main(["mask", str(other), *flags, "--out", str(out), "--force"]) == 0
    assert {path.name for path in out.iterdir()} == {
        "masked.csv", "spans.jsonl", "set_aside.jsonl", "report.json", "report.html",
    }  # fmt: skip
    assert main(["mask", str(notes), *flags, "--force"]) == 2 and "form with --out" in capsys.readouterr().err


def test_half_a_character_is_set_aside_and_not_replaced_in_silence(tmp_path: Path) -> None:
    path, out = tmp_path / "a.jsonl", tmp_path / "o"
    path.write_text('{"text": "half \\ud83d Ann Lee"}\n{"text": "whole \\ud83d\\ude00 Ann Lee"}\n')
    assert main(["mask", str(path), "--text-column", "text", "--out", str(out), "--quiet"]) == 0
    assert lines(out / "set_aside.jsonl") == [{"row": 0, "reason": "wrong_encoding"}]
    assert lines(out / "masked.jsonl") == [{"id": 1, "text": "whole \U0001f600 <PERSON>"}]


@pytest.mark.parametrize("cell", [5, 1.5, True, ["Ann Lee"], {"a": "Ann Lee"}])
def test_what_is_no_text_in_a_column_of_text_is_set_aside(cell: Any, tmp_path: Path) -> None:
    path, out = tmp_path / "a.jsonl", tmp_path / "o"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("Ann Lee", cell, None, "", "  ")))
    assert main(["mask", str(path), "--text-column", "text", "--out", str(out), "--quiet"]) == 0
    assert lines(out / "set_aside.jsonl") == [{"row": 1, "reason": "type_mismatch"}]
    assert [row["text"] for row in lines(out / "masked.jsonl")] == ["<PERSON>", None, "", "  "]


def test_text_that_nobody_reads_is_set_aside_where_the_policy_says_so(tmp_path: Path) -> None:
    content = yaml.safe_load((FOLDER / "default.yaml").read_text(encoding="utf-8")) | {"unread": "quarantine"}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    path, out = tmp_path / "a.jsonl", tmp_path / "o"
    notes = ["Ann Lee wrote", "Сегодня пациента выписали из больницы, он чувствует себя хорошо", "nothing", 5]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in notes))
    flags = ["--text-column", "text", "--policy", str(tmp_path / "own.yaml"), "--quiet"]
    assert main(["mask", str(path), *flags, "--out", str(out)]) == 0
    assert lines(out / "masked.jsonl") == [{"id": 0, "text": "<PERSON> wrote"}, {"id": 2, "text": "nothing"}]
    assert lines(out / "set_aside.jsonl") == [
        {"row": 1, "reason": "unread_language"},
        {"row": 3, "reason": "type_mismatch"},
    ]
    assert main(["scan", str(path), *flags, "--out", str(tmp_path / "s.jsonl")]) == 0
    spans = [line["spans"] for line in lines(tmp_path / "s.jsonl")]
    assert [(s["start"], s["end"], s["entity"], s["detector"]) for s in spans[1]] == [
        (0, len(str(notes[1])), "UNREAD_TEXT", "language")
    ]


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_the_format_stays(ending: str, tmp_path: Path) -> None:
    path, cells = tmp_path / f"a.{ending}", {"id": ["1", "2"], "t": ['Ann\r\nAnn Lee, "x"', "y"], "n": ["1.5", ""]}
    if ending == "parquet":
        pq.write_table(pa.table({"id": [1, 2], "t": cells["t"], "n": [1.5, None]}), path)
    else:
        with open(path, "w", encoding="utf-8", newline="") as out:
            csv.writer(out, delimiter="," if ending == "csv" else "\t").writerows(
                [cells, *zip(*cells.values(), strict=True)]
            )
    line = ["mask", str(path), "--text-column", "t", "--column", "n:AMOUNT:number", "--out", str(tmp_path / "o")]
    assert main([*line, "--quiet"]) == 0
    if ending == "parquet":
        found = pq.read_table(tmp_path / "o" / "masked.parquet").to_pylist()
        assert found == [{"id": "0", "t": 'Ann\r\n<PERSON>, "x"', "n": 1.5}, {"id": "1", "t": "y", "n": None}]
        return
    with open(tmp_path / "o" / f"masked.{ending}", encoding="utf-8", newline="") as raw:
        rows = list(csv.reader(raw, delimiter="," if ending == "csv" else "\t"))
    assert rows == [["id", "t", "n"], ["0", 'Ann\r\n<PERSON>, "x"', "1.5"], ["1", "y", ""]]


def test_a_person_leaves_as_a_keyed_hash(notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = [
        "mask",
        str(notes),
        "--text-column",
        "text",
        "--person-column",
        "who",
        "--out",
        str(tmp_path / "o"),
        "--quiet",
    ]
    assert main(line) == 2 and "airlock key new" in capsys.readouterr().err
    assert main(["key", "new"]) == 0 and main(line) == 0
    rows = lines(tmp_path / "o" / "masked.jsonl")
    assert len(rows) == 2 and all(len(row["who"]) == 64 for row in rows)
    assert {line["reason"] for line in lines(tmp_path / "o" / "set_aside.jsonl")} == {"missing_value", "type_mismatch"}


def test_columns_come_from_what_the_suggestion_wrote(notes: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "ingest:\n  columns:\n  - {name: text, role: text}\n  - {name: free, role: text}\n"
        "  - {name: who, role: structured}\n"
    )
    line = ["mask", str(notes), "--columns", str(tmp_path / "c.yaml"), "--out", str(tmp_path / "o"), "--quiet"]
    assert main(line) == 0
    first = lines(tmp_path / "o" / "masked.jsonl")[0]
    assert first == {"id": 0, "text": "<PERSON>, <PHONE_NUMBER>, wrote", "free": "<PERSON>"}
    assert [s["column"] for s in lines(tmp_path / "o" / "spans.jsonl")[0]["spans"]] == ["text", "text", "free"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "--text-column"),
        (["--text-column", "text", "--column", "who:NOTHING"], "says nothing about kind NOTHING"),
        (["--text-column", "text", "--column", "age:AGE:date", "--policy", "healthcare"], "age_band"),
        (["--text-column", "text", "--column", "age:AGE:number", "--column", "text:AGE"], "the same name"),
        (["--columns", "nowhere.yaml"], "no such file"),
        (["--text-column", "who", "--column", "free:AGE:integer"], "no row could be masked"),
        (["--text-column", "text", "--workers", "0"], "--workers"),
        (["--text-column", "text", "--lang", "auto"], "one policy for all languages"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_no_copy_is_left(
    more: list[str], words: str, notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes.write_text(json.dumps({"text": "t", "who": "Ann Lee", "free": "Ann Lee", "age": 3}) + "\n")
    assert main(["mask", str(notes), *more, "--out", str(tmp_path / "o"), "--quiet"]) == 2
    err = capsys.readouterr().err
    assert words in err and "Ann" not in err and len(err.strip().splitlines()) == 1
    assert not list((tmp_path / "o").glob("*")) if (tmp_path / "o").exists() else True


def test_the_stage_keeps_its_command(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mask", str(notes)]) == 2
    assert "name the column of free text" in capsys.readouterr().err
    assert main(["mask", str(notes), "--text-column", "text", "--policy", "zh"]) == 2
    assert "--mask.policy" in capsys.readouterr().err


def test_a_mean_is_refused_where_nothing_charges_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (FOLDER / "default.yaml").read_text(encoding="utf-8")
    policy = yaml.safe_load(text)
    policy["entities"]["AMOUNT"] = {"operator": "mean", "epsilon": 0.5, "reason": "A line of a test."}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(policy), encoding="utf-8")
    path = tmp_path / "rows.jsonl"
    path.write_text('{"t": "Nothing.", "n": 3.5}\n', encoding="utf-8")
    line = ["mask", str(path), "--text-column", "t", "--column", "n:AMOUNT:number", "--out", str(tmp_path / "o")]
    assert main([*line, "--policy", str(tmp_path / "mine.yaml")]) == 2
    said = capsys.readouterr().err
    assert "column n: `mean` is a figure over all people's rows" in said and "privacy ledger" in said
    assert "airlock mask CONFIG" in said and "`delete`" in said and not (tmp_path / "o").exists()
