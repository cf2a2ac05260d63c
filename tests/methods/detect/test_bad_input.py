"""Input that nobody means to send: masked or refused, never passed on unscanned, never a value in a message."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from tasks.core.errors import AirlockError
from tasks.core.policies import load_policy
from tasks.methods.detect.masker import Masker
from tasks.methods.detect.registry import NETWORKS, TAGGERS
from tasks.methods.mask.plan import ColumnPlan, Operation
from tasks.methods.mask.table import TableMasker

MAIL, CARD = "jane.roe@example.com", "4111 1111 1111 1111"
TEXT = f"mail {MAIL} or {CARD}"
POLICIES = {"en": "default", "zh": "zh"}


def masker_of(language: str, *, taggers: bool = True) -> Masker:
    policy = load_policy(POLICIES[language])
    detectors = [name for name in policy.detectors.masker if taggers or name not in TAGGERS | NETWORKS]
    return Masker(language, detectors, policy.text_entities, tags=[policy.tag(entity) for entity in policy.entities])


@pytest.fixture(scope="module", params=["en", "zh"])
def masker(request: pytest.FixtureRequest) -> Masker:
    return masker_of(request.param)


@pytest.fixture(scope="module")
def table(masker: Masker) -> TableMasker:
    policy = load_policy("default")
    operations = {entity: Operation("tag", policy.tag(entity)) for entity in policy.entities}
    return TableMasker([ColumnPlan("text", free_text=True)], masker, operations)


def uncovered(masker: Masker, text: str) -> list[str]:
    """The planted values of which a letter or digit isn't found."""
    spans = masker.find([text])[0]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    found = {k for span in spans for k in range(span.start, span.end)}
    return [
        value
        for value in (MAIL, CARD)
        for start in [text.index(value)]
        if any(k not in found for k in range(start, start + len(value)) if text[k].isalnum())
    ]


@pytest.mark.parametrize(
    "text", [None, "", " ", "\n\t \r\n", "\x00", "\x00" * 50, "\u200b", "\ufeff", "\u202e\u202c", "\u00a0\u3000"]
)
def test_nothing_is_found_where_nothing_is(masker: Masker, text: str | None) -> None:
    assert masker.find([text]) == [[]]


ODD = {
    "lone surrogates": f"\ud800 {TEXT} \udc80\ud83d",
    "surrogate pair": f"\ud83d\ude00 {TEXT} \ud83d\ude00",
    "replacement characters": "\ufffd" * 20 + TEXT + "\ufffd",
    "control characters": "".join(map(chr, range(32))) + TEXT + "\x7f\x80\x9f",
    "NUL": f"\x00\x00{TEXT}\x00",
    "right to left": f"\u202e{TEXT}\u202c שלום עולם، مرحبا",
    "right-to-left text": f"\u200fمحمد علي {TEXT} يعيش في القاهرة",
    "emoji with joiners": "👨\u200d👩\u200d👧\u200d👦" * 5 + f" {TEXT} 🏳️\u200d🌈👍🏽",
    "another language": f"Иван Петров живёт в Москве, {TEXT}, на улице Ленина",
    "a language without spaces": f"ภาษาไทย {TEXT} ภาษาไทย",
    "a long word": "a" * 5_000 + f" {TEXT}",
    "punctuation": "!?" * 5_000 + TEXT,
    "accents": "e" + "\u0301" * 5_000 + f" {TEXT}",
    "invisible characters": "\u200b" * 5_000 + TEXT,
    "line ends": "\n" * 5_000 + TEXT,
    "digits": "0" * 5_000 + f" {TEXT}",
    "at signs": "@" * 5_000 + f" {TEXT}",
    "brackets": "(" * 5_000 + TEXT,
    "entities": "&amp;" * 5_000 + TEXT,
    "one line of many words": "a " * 1_000 + TEXT,
    "tags": "<PERSON>" * 500 + TEXT,
}


@pytest.mark.parametrize("kind", ODD)
def test_what_stands_in_odd_text_is_found(masker: Masker, kind: str) -> None:
    assert uncovered(masker, ODD[kind]) == []


def test_values_inside_which_control_characters_stand_are_found(masker: Masker) -> None:
    text = "".join(f"{character}\x00" for character in TEXT)
    found = {k for span in masker.find([text])[0] for k in range(span.start, span.end)}
    start = text.index("j")
    assert {k for k in range(start, start + 2 * len(MAIL) - 1) if text[k].isalnum()} <= found


def test_odd_texts_in_one_batch_change_nothing_for_each_other(masker: Masker) -> None:
    texts = [None, *(text for text in ODD.values() if len(text) < 1_000), "", TEXT]
    assert masker.find(texts) == [masker.find([text])[0] for text in texts]


@pytest.mark.parametrize("cell", [42, 4.2, b"jane.roe@example.com", ["jane.roe@example.com"]])
def test_what_is_no_text_is_refused_without_being_shown(masker: Masker, cell: object) -> None:
    with pytest.raises(AirlockError) as caught:
        masker.find([cell])  # type: ignore[list-item]
    assert "jane" not in str(caught.value) and "42" not in str(caught.value)
    assert caught.value.__cause__ is None


def batch(texts: list[str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"record_id": list(range(len(texts))), "text": texts})


def test_a_table_of_odd_texts_is_masked_row_by_row(table: TableMasker) -> None:
    texts = [None, "", " ", *(t for t in ODD.values() if not any("\ud800" <= c <= "\udfff" for c in t))]
    rows = table.mask(batch(texts)).rows.column("text").to_pylist()
    assert rows[:3] == [None, "", " "]
    assert len(rows) == len(texts)
    assert not any(MAIL in row or CARD in row for row in rows[3:])


def test_a_cell_that_is_no_utf_8_is_refused_without_being_shown(table: TableMasker) -> None:
    octets = MAIL.encode() + b"\xff"
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, len(octets))))
    broken = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(octets))
    rows = pa.RecordBatch.from_arrays([pa.array([0]), broken], names=["record_id", "text"])
    with pytest.raises(AirlockError) as caught:
        table.mask(rows)
    assert "jane" not in json.dumps(str(caught.value))
    assert caught.value.__cause__ is None


@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("en", 10_000_000), ("zh", 500_000)])
def test_a_long_document_is_masked_to_its_end_by_the_rules(language: str, size: int) -> None:
    filler = {"en": "The committee met again and nothing was decided. ", "zh": "会议今天继续进行，没有结果。"}[language]
    text = filler * (size // len(filler)) + TEXT
    assert uncovered(masker_of(language, taggers=False), text) == []


@pytest.mark.slow
def test_a_long_document_is_masked_to_its_end_by_all(masker: Masker) -> None:
    # Five pieces, in which each network reads a dozen windows and more: as many kinds of borders as in a longer text.
    assert uncovered(masker, "The committee met again and nothing was decided. " * 1_000 + TEXT) == []
