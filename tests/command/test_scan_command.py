from __future__ import annotations

import csv
import json
import operator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.command import scanner
from tasks.command.main import main
from tests.command.fake_side import fake  # noqa: F401

ROWS: list[dict[str, Any]] = [
    {"id": "a7", "text": "Ann Lee <ann@example.org>"},
    {"text": "nothing here"},
    {"id": 9, "text": None},
    {"id": "b", "text": "   "},
    {"id": "c", "text": 5551234},
    {"id": "d", "other": "Ann Lee"},
    {"id": "e", "text": "half a pair \ud800 Bo Ray"},
]
SPANS = [
    ("a7", [(0, 7, "PERSON"), (8, 24, "EMAIL_ADDRESS")]),
    (1, []),
    (9, []),
    ("b", []),
    ("c", []),
    ("d", []),
    ("e", [(14, 20, "PERSON")]),
]


def written(path: Path) -> list[tuple[Any, list[tuple[int, int, str]]]]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(line["id"], [(s["start"], s["end"], s["entity"]) for s in line["spans"]]) for line in lines]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


@pytest.mark.usefixtures("fake")
def test_every_row_has_a_line_in_its_place(notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "spans.jsonl"
    assert main(["scan", str(notes), "--text-column", "text", "--out", str(out), "--json"]) == 0
    assert written(out) == SPANS
    first = json.loads(out.read_text().splitlines()[0])["spans"][0]
    assert first == {"start": 0, "end": 7, "entity": "PERSON", "score": 0.9, "detector": "airlock-people"}
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["rows_with_spans"], said["entities"]) == (7, 2, {"EMAIL_ADDRESS": 1, "PERSON": 2})


@pytest.mark.usefixtures("fake")
def test_rows_that_cannot_be_read_keep_their_place_and_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "Ann Lee"}\n{"text": "Ann Lee\n\xff\xfe\n{"text": "Bo Ray"}\n')
    assert main(["scan", str(path), "--text-column", "text", "--out", str(tmp_path / "s.jsonl")]) == 0
    assert written(tmp_path / "s.jsonl") == [(0, [(0, 7, "PERSON")]), (1, []), (2, []), (3, [(0, 6, "PERSON")])]
    assert "2 rows could not be read" in capsys.readouterr().err


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_tables_are_read_too(ending: str, tmp_path: Path) -> None:
    path, texts = tmp_path / f"a.{ending}", ["Ann Lee\r\nAnn Lee", "", 'say "Bo Ray", loud\tnow']
    if ending == "parquet":
        pq.write_table(pa.table({"id": ["x", "y", "z"], "text": texts}), path)
    else:
        with open(path, "w", encoding="utf-8", newline="") as out:
            lines = csv.writer(out, delimiter="," if ending == "csv" else "\t")
            lines.writerows([["id", "text"], *zip("xyz", texts, strict=True)])
    assert main(["scan", str(path), "--text-column", "text", "--out", str(tmp_path / "s"), "--quiet"]) == 0
    assert written(tmp_path / "s") == [
        ("x", [(0, 7, "PERSON"), (9, 16, "PERSON")]),
        ("y", []),
        ("z", [(5, 11, "PERSON")]),
    ]


@pytest.mark.usefixtures("fake")
def test_a_long_text_is_said_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scanner, "BATCH_CHARACTERS", 1_000)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": "Ann Lee " * n}) + "\n" for n in (2, 200, 3)))
    line = ["scan", str(path), "--text-column", "text", "--out", str(tmp_path / "s.jsonl")]
    assert main(line) == 0
    assert "scan: a text of 1,600 characters takes a while\n" in capsys.readouterr().err
    assert len(written(tmp_path / "s.jsonl")) == 3
    assert main([*line, "--quiet"]) == 0 and capsys.readouterr().err == ""


@pytest.mark.usefixtures("fake")
def test_batches_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(ROWS[k % 2]) + "\n" for k in range(700)))
    line = ["scan", str(path), "--text-column", "text", "--quiet", "--out"]
    assert main([*line, str(tmp_path / "one")]) == 0
    monkeypatch.setattr(scanner, "BATCH_CHARACTERS", 30)
    assert main([*line, str(tmp_path / "two")]) == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_results_of_several_processes_are_in_order() -> None:
    batches = [(k, f"batch {k}") for k in range(20)]
    one = list(scanner.in_order(batches, operator.methodcaller, "upper", 1))
    assert list(scanner.in_order(batches, operator.methodcaller, "upper", 2)) == one
    assert one[3] == (3, "BATCH 3")


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["--text-column", "note"], "no row has the column 'note'"),
        (["--text-column", "text", "--policy", "nobody"], "no policy of this name"),
        (["--text-column", "text", "--policy", "zh", "--lang", "en"], "written for zh"),
        (["--text-column", "text", "--workers", "0"], "--workers"),
    ],
)
def test_a_users_error_is_one_sentence_and_leaves_no_file(
    line: list[str], words: str, notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", str(notes), *line, "--out", str(tmp_path / "s.jsonl"), "--quiet"]) == 2
    err = capsys.readouterr().err
    assert words in err and len(err.strip().splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir() if not p.is_dir()) == ["notes.jsonl"]


def test_the_policy_follows_the_language_where_none_is_named() -> None:
    assert scanner.Look().policies()["en"].name == "default"
    assert [p.name for p in scanner.Look(language="zh").policies().values()] == ["zh"]
    assert [p.name for p in scanner.Look(language="auto").policies().values()] == ["default", "zh"]
    assert list(scanner.Look(policy="zh").policies()) == ["zh"]


@pytest.mark.slow
def test_the_real_detectors_in_one_process_and_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    rows = [f"Patient Mary Jones called from 415-555-01{k:02} about her bill." for k in range(10, 40)]
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    line = ["scan", str(path), "--text-column", "text", "--quiet", "--out"]
    assert main([*line, str(tmp_path / "one")]) == 0
    monkeypatch.setattr(scanner, "BATCH_CHARACTERS", 600)  # several batches, so that both processes have work
    assert main([*line, str(tmp_path / "two"), "--workers", "2"]) == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    found = written(tmp_path / "one")
    assert len(found) == len(rows)
    for row, (_, spans) in zip(rows, found, strict=True):
        hidden = {i for start, end, _ in spans for i in range(start, end)}
        for value in ("Mary Jones", row[row.index("415") : row.index(" about")]):
            at = row.index(value)
            assert {i for i in range(at, at + len(value)) if row[i].isalnum()} <= hidden
    for side in ("mask", "gate"):
        assert main([*line, str(tmp_path / side), "--detectors", side]) == 0
        for (_, part), (_, whole) in zip(written(tmp_path / side), found, strict=True):
            covered = {i for a, b, _ in whole for i in range(a, b)}
            assert side == "gate" or all(set(range(a, b)) <= covered for a, b, _ in part)
