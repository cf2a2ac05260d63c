from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.core.errors import UserError
from tasks.methods.evaluate.gold import read_gold, read_spans


def lines(path: Path, *objects: object) -> Path:
    path.write_text("".join((o if isinstance(o, str) else json.dumps(o)) + "\n" for o in objects), encoding="utf-8")
    return path


def test_a_document_says_what_is_known_of_it(tmp_path: Path) -> None:
    span = {"start": 0, "end": 3, "type": "PERSON", "origin": "west african", "gender": "male"}
    path = lines(tmp_path / "g.jsonl", {"id": "d", "text": "Kwa x", "spans": [span]}, {"text": "", "spans": []})
    first, second = read_gold(path)
    assert (first.id, first.lang, first.partial, first.spans[0].origin) == ("d", "", False, "west african")
    assert second.id == 1 and second.spans == ()


@pytest.mark.parametrize(
    "line",
    [
        {"text": "Jane Secret"},
        {"text": 5, "spans": []},
        {"text": "Jane Secret", "spans": [{"start": 0, "end": 12, "type": "P"}]},
        {"text": "Jane Secret", "spans": [{"start": 4, "end": 4, "type": "P"}]},
        {"text": "Jane Secret", "spans": [{"start": True, "end": 4, "type": "P"}]},
        {"text": "Jane Secret", "spans": [{"start": 0, "end": 4}]},
        {"text": "Jane Secret", "spans": ["Jane"]},
        {"text": "Jane Secret", "spans": [], "partial": "no"},
        ["Jane Secret"],
        '{"text": "Jane Secret"',
    ],
)
def test_a_bad_line_is_named_by_its_number_and_never_shown(line: object, tmp_path: Path) -> None:
    path = lines(tmp_path / "g.jsonl", {"text": "fine", "spans": []}, line)
    with pytest.raises(UserError) as error:
        list(read_gold(path))
    assert "line 2" in str(error.value) and "Secret" not in str(error.value)
    assert error.value.__context__ is None or error.value.__suppress_context__


def test_a_missing_file_is_a_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        list(read_gold(tmp_path / "g.jsonl"))


def test_spans_must_be_those_of_the_gold_file(tmp_path: Path) -> None:
    gold = list(
        read_gold(lines(tmp_path / "g.jsonl", {"id": "a", "text": "Jane", "spans": []}, {"text": "x", "spans": []}))
    )
    good = lines(
        tmp_path / "s.jsonl", {"id": "a", "spans": [{"start": 0, "end": 4, "entity": "P"}]}, {"id": 1, "spans": []}
    )
    assert read_spans(good, gold) == [[(0, 4)], []]
    for wrong in (
        [{"id": "b", "spans": []}, {"id": 1, "spans": []}],
        [{"id": "a", "spans": []}],
        [{"id": "a", "spans": []}, {"id": 1, "spans": []}, {"id": 2, "spans": []}],
        [{"id": "a", "spans": [{"start": 0, "end": 5}]}, {"id": 1, "spans": []}],
        [{"id": "a"}, {"id": 1, "spans": []}],
    ):
        with pytest.raises(UserError):
            read_spans(lines(tmp_path / "s.jsonl", *wrong), gold)
