from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tasks.command import evaluate
from tasks.command.main import main
from tests.command.fake_side import fake  # noqa: F401

GOLD = [
    {"id": "a", "text": "Ann Lee, 555-1234", "lang": "en", "partial": False,
     "spans": [{"start": 0, "end": 7, "type": "PERSON", "gender": "female", "origin": "anglo"},
               {"start": 9, "end": 17, "type": "PHONE"}]},
    {"id": "b", "text": "Dee Poe and Bo Ray", "lang": "en", "partial": False,
     "spans": [{"start": 0, "end": 7, "type": "PERSON", "gender": "female"}]},
]  # fmt: skip


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in GOLD))
    return path


@pytest.mark.usefixtures("fake")
def test_the_figures_are_those_counted_by_hand(gold: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate-masking", str(gold), "--json", "--quiet", "--no-evaluator"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["spans_covered"]["hits"], found["spans_covered"]["of"]) == (2, 3)
    assert (found["documents_clean"]["hits"], found["documents_clean"]["of"]) == (1, 2)
    # Masked: Ann Lee (6), the number (7), Bo Ray (5); annotated: 6 + 7 + 6.
    assert (found["character_precision"]["hits"], found["character_precision"]["of"]) == (13, 18)
    assert (found["character_recall"]["hits"], found["character_recall"]["of"]) == (13, 19)
    assert found["by_gender"]["female"]["share"] == 0.5 and found["by_origin"]["anglo"]["share"] == 1.0
    assert found["by_type"]["PHONE"]["hits"] == 1 and found["presidio_evaluator"]["available"] is False


@pytest.mark.usefixtures("fake")
def test_spans_from_a_file_give_the_same(gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spans = tmp_path / "spans.jsonl"
    assert main(["scan", str(gold), "--text-column", "text", "--out", str(spans), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["evaluate-masking", str(gold), "--json", "--quiet", "--no-evaluator"]) == 0
    now = capsys.readouterr().out
    assert main(["evaluate-masking", str(gold), "--json", "--no-evaluator", "--spans", str(spans)]) == 0
    assert capsys.readouterr().out == now


@pytest.mark.usefixtures("fake")
def test_misses_hold_values_and_nobody_else_may_read_them(
    gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "misses.jsonl"
    assert main(["evaluate-masking", str(gold), "--quiet", "--no-evaluator", "--misses", str(out)]) == 0
    said = capsys.readouterr()
    assert "raw zone" in said.err and "Poe" not in said.err + said.out
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(line["what"], line["value"]) for line in lines] == [
        ("missed", "Dee Poe"),
        ("masked without need", "Bo Ray"),
    ]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.usefixtures("fake")
def test_without_the_evaluator_the_rest_is_there(
    gold: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluate, "EVALUATOR", ("no_such_package",))
    assert main(["evaluate-masking", str(gold), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "spans covered whole" in said and "no_such_package is not installed" in said


@pytest.mark.usefixtures("fake")
def test_partial_annotation_says_that_precision_is_not_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps({**GOLD[0], "partial": True}) + "\n")
    assert main(["evaluate-masking", str(path), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "precision: not measured" in said and "no document is fully annotated" in said


@pytest.mark.usefixtures("fake")
def test_an_empty_gold_file_is_a_users_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gold.jsonl").write_text("")
    assert main(["evaluate-masking", str(tmp_path / "gold.jsonl")]) == 2
    assert "holds no document" in capsys.readouterr().err
