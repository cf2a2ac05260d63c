"""The gate's tagger: labels, places, long texts, and that no text sways another."""

from __future__ import annotations

import pytest

from tasks.methods.gate.model_files import rampart_files
from tasks.methods.gate.rampart import WINDOW, Rampart
from tasks.methods.gate.registry import check_names, identities


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
    ids = rampart._tokenizer.encode(filler * 90, add_special_tokens=False).ids
    assert len(ids) > 3 * WINDOW
    assert rampart._probabilities(ids).sum(axis=-1) == pytest.approx(1.0, abs=1e-4)


def test_places_are_those_of_the_original(rampart: Rampart) -> None:
    assert ("PERSON", "Ja\u200bne Roe") in found(rampart, "My n\u200bame is Ja\u200bne Roe and I need help.")


def test_a_cell_is_read_with_its_columns_kind(rampart: Rampart) -> None:
    assert ("PERSON", "Jane Roe") in found(rampart, "Jane Roe", "PERSON")


def test_a_text_is_judged_alone(rampart: Rampart) -> None:
    texts = ["My name is Jane Roe.", "ok", "", "Call Tom Hale of 12 Oak Street " * 30, "nothing here"]
    assert rampart.detect(texts) == [rampart.detect([text])[0] for text in texts]
    assert rampart.detect(texts[::-1]) == rampart.detect(texts)[::-1]


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
