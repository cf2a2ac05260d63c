"""The gate's tagger: labels, places, long texts, and that no text sways another."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest

from tasks.methods.gate.model_files import rampart_files
from tasks.methods.gate.rampart import OVERLAP, WINDOW, Rampart, _judged, _starts
from tasks.methods.gate.registry import check_names, identities
from tasks.methods.sample import records


@pytest.fixture(scope="module")
def rampart() -> Rampart:
    return Rampart(rampart_files(), threshold=0.7, workers=2)


def found(rampart: Rampart, text: str, kind: str = "") -> list[tuple[str, str]]:
    return sorted((f.entity, text[f.start : f.end]) for f in rampart.detect([text], kind)[0])


def test_finds_names_and_streets(rampart: Rampart) -> None:
    assert ("PERSON", "Jane Roe") in found(rampart, "My name is Jane Roe and I need help.")
    assert ("ADDRESS", "12 Oak Street") in found(rampart, "She lives at 12 Oak Street in town.")


def test_leaves_masked_text_alone(rampart: Rampart) -> None:
    text = "Patient <PERSON> was seen on 2021 by Dr. <PERSON> at <LOCATION>; ***** called about the loan payment."
    assert found(rampart, text) == []


def test_nothing_is_cut_off_in_a_long_text(rampart: Rampart) -> None:
    filler = "the payment was posted late and the fee was not waived . "
    for repeats in (5, 20, 40, 90):
        assert ("PERSON", "Jane Roe") in found(rampart, filler * repeats + "My name is Jane Roe and I need help.")
    assert len(rampart._tokenizer.encode(filler * 90, add_special_tokens=False).ids) > 3 * WINDOW


@pytest.mark.parametrize("count", [1, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW, 5 * WINDOW + 7])
def test_every_token_is_judged_where_it_stands_farther_inside(count: int) -> None:
    windows = {start: min(WINDOW, count - start) for start in _starts(count)}
    logits = {(3, start): np.eye(2, dtype=np.float32)[[start % 2] * size] * 9 for start, size in windows.items()}
    judged = _judged(count, 3, logits)
    assert judged.shape == (count, 2) and judged.sum(axis=-1) == pytest.approx(1.0, abs=1e-5)
    for start, size in windows.items():
        inside = slice(start + (OVERLAP // 2 if start else 0), start + size - OVERLAP // 2)
        assert (judged[inside].argmax(axis=-1) == start % 2).all()


def test_places_are_those_of_the_original(rampart: Rampart) -> None:
    assert ("PERSON", "Ja\u200bne Roe") in found(rampart, "My n\u200bame is Ja\u200bne Roe and I need help.")


def test_a_cell_is_read_with_its_columns_kind(rampart: Rampart) -> None:
    assert ("PERSON", "Jane Roe") in found(rampart, "Jane Roe", "PERSON")


def test_a_text_is_judged_alone(rampart: Rampart) -> None:
    texts = ["My name is Jane Roe.", "ok", "", "Call Tom Hale of 12 Oak Street " * 30, "nothing here"]
    assert rampart.detect(texts) == [rampart.detect([text])[0] for text in texts]
    assert rampart.detect(texts[::-1]) == rampart.detect(texts)[::-1]


def test_the_network_in_eight_bits_says_what_the_published_one_says(rampart: Rampart) -> None:
    published = onnxruntime.InferenceSession(str(rampart.files.model), providers=["CPUExecutionProvider"])
    labels = json.loads(rampart.files.config.read_text(encoding="utf-8"))["id2label"]
    same = total = 0
    texts = [line for record in records("finance", 12, "en", 4) for line in str(record.fields["text"]).split("\n")]
    for text in [text for text in texts if text]:
        read = rampart._tokenizer.encode(text, add_special_tokens=False)
        ids = np.array([[rampart._first, *read.ids[:WINDOW], rampart._last]], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        theirs = published.run(None, feed)[0][0, 1:-1]
        ((_, ours),) = rampart._run([read], [(0, 0)])
        assert ours.shape == theirs.shape == (min(WINDOW, len(read.ids)), len(labels))
        same += int((ours.argmax(axis=-1) == theirs.argmax(axis=-1)).sum())
        total += len(ours)
    assert total > 1000 and same >= 0.98 * total, (same, total)


def test_a_companys_name_is_no_person(rampart: Rampart) -> None:
    assert found(rampart, "She was laid off by Grabowski, Krishnamurthy & Associates last week.") == []
    assert found(rampart, "He was referred to Rockford Medical Center for tests.") == []


def test_a_number_told_by_its_shape_alone_needs_a_word(rampart: Rampart) -> None:
    kinds = {entity for entity, _ in found(rampart, "The trace number is T965079 and the case note A733424.")}
    assert not kinds & {"DRIVERS_LICENSE", "PASSPORT", "TAX_ID", "US_SSN"}


def test_identity_names_what_decides() -> None:
    low, high = identities(["rampart"], 0.5), identities(["rampart"], 0.6)
    assert low != high and len(low[0]["files"]) == 3
    assert check_names(["rampart", "airlock-rules"]) == ["airlock-rules", "rampart"]
    with pytest.raises(Exception, match="no detector of the gate"):
        check_names(["spacy"])
