"""GLiNER's windows, tried with a stand-in that reads as few words as GLiNER does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tasks.core.errors import AirlockError, UserError
from tasks.methods.detect.gliner import Gliner

LABELS = {"person name": "PERSON", "city": "LOCATION"}


class StandInForGliner:
    """Finds names by a pattern in the first 384 words and drops the others, as GLiNER does. No model."""

    def __init__(self) -> None:
        self.longest = 0

    def predict_entities(self, text: str, labels: list[str], *, threshold: float) -> list[dict[str, Any]]:
        words = list(re.finditer(r"\w+(?:[-_]\w+)*|\S", text))
        self.longest = max(self.longest, len(words))
        end = words[383].end() if len(words) > 383 else len(text)
        found = re.finditer(r"Ann(?: Lee){0,3}|Paris", text[:end])
        return [
            {"start": m.start(), "end": m.end(), "label": labels[m.group() == "Paris"], "score": 0.9} for m in found
        ]


def stood_in() -> tuple[Gliner, StandInForGliner]:
    stand_in = StandInForGliner()
    return Gliner(Path(), LABELS, model=stand_in), stand_in


@pytest.mark.parametrize("words", [1, 199, 200, 201, 350, 351, 2_000])
def test_nothing_in_a_long_document_is_dropped(words: int) -> None:
    detector, stand_in = stood_in()
    text = " ".join("Ann Lee Lee" if k % 13 == 5 else "Paris" if k % 17 == 3 else "и👩\u200d👧" for k in range(words))
    spans = detector.find_batch([text])[0]
    assert [(s.start, s.end) for s in spans] == [m.span() for m in re.finditer(r"Ann Lee Lee|Paris", text)]
    assert stand_in.longest <= 200


def test_a_name_on_a_cut_is_found_once_and_whole() -> None:
    for before in range(120, 240):
        detector, _ = stood_in()
        text = "word " * before + "Ann Lee Lee Lee" + " word" * 300
        assert [(s.start, s.end, s.entity) for s in detector.find_batch([text])[0]] == [
            (5 * before, 5 * before + 15, "PERSON")
        ]


def test_presidio_calls_it_like_its_own() -> None:
    detector, _ = stood_in()
    assert [(r.entity_type, r.start, r.end) for r in detector.analyze("Ann in Paris", ["LOCATION"])] == [
        ("LOCATION", 7, 12)
    ]
    assert detector.find_batch(["", " ", "\ud800"]) == [[], [], []]


def test_a_failing_model_tells_nothing_of_the_text() -> None:
    class FailingStandIn:
        def predict_entities(self, text: str, labels: list[str], *, threshold: float) -> list[dict[str, Any]]:
            raise RuntimeError(text)

    with pytest.raises(AirlockError, match="RuntimeError") as caught:
        Gliner(Path(), LABELS, model=FailingStandIn()).find_batch(["Ann"])
    assert "Ann" not in str(caught.value)


def test_a_folder_that_would_need_the_network_or_pickle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="gliner_config.json"):
        Gliner(tmp_path, LABELS)
    (tmp_path / "gliner_config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(UserError, match="safetensors"):
        Gliner(tmp_path, LABELS)
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match="encoder_config"):
        Gliner(tmp_path, LABELS)
    (tmp_path / "gliner_config.json").write_text(json.dumps({"encoder_config": {"model_type": "deberta-v2"}}))
    with pytest.raises(UserError, match="gliner"):
        Gliner(tmp_path, LABELS)
    with pytest.raises(UserError, match="labels"):
        Gliner(tmp_path, {})
