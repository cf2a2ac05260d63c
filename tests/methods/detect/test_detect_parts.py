"""The small parts of detection: check digits, cutting long texts, tags already there, a row's own values."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.detect.checksums import aba, credit_code, luhn, resident_id
from tasks.methods.detect.chunks import chunks
from tasks.methods.detect.own import echoes, number_echoes, own_values
from tasks.methods.detect.placeholders import Placeholders
from tasks.methods.detect.spans import Span, trim


@pytest.mark.parametrize("number", ["4111111111111111", "378282246310005", "6011 1111 1111 1117"])
def test_luhn(number: str) -> None:
    assert luhn(number)
    assert not luhn(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_the_other_check_digits() -> None:
    assert aba("011401533") and not aba("011401534") and not aba("000000000") and not aba("12345678")
    assert resident_id("11010519491231002X") and resident_id("11010519491231002x")
    assert not resident_id("11010519491331002X") and not resident_id("1101051949123100")
    assert credit_code("91350100M000100Y43") and not credit_code("91350100M000100Y4I")


@given(st.text(alphabet="ab .\n。", max_size=400), st.integers(20, 60), st.integers(0, 9))
def test_pieces_cover_a_text_and_overlap(text: str, size: int, overlap: int) -> None:
    pieces = list(chunks(text, size, overlap))
    assert all(text[offset : offset + len(piece)] == piece and len(piece) <= size for offset, piece in pieces)
    end = 0
    for i, (offset, piece) in enumerate(pieces):
        assert offset == (end - overlap if i else 0)
        end = offset + len(piece)
    assert end == len(text)


def test_a_cut_is_made_between_paragraphs() -> None:
    text = "a" * 85 + "\n\n" + "b" * 50
    assert [piece for _, piece in chunks(text, 100, 0)] == ["a" * 85 + "\n\n", "b" * 50]


def test_an_overlap_as_long_as_half_a_piece_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        list(chunks("abc", 10, 5))


@given(st.lists(st.sampled_from(["<PERSON>", "<SMITH>", "Ann ", "<", ">", " x1 "]), max_size=12), st.data())
def test_no_finding_cuts_through_a_tag(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    if not text:
        return
    start = data.draw(st.integers(0, len(text) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(text))), "PERSON", 0.5, "d")
    left = Placeholders(["<PERSON>"]).outside(text, [span])
    covered = {i for piece in left for i in range(piece.start, piece.end)}
    tags = {i for j in range(len(text)) if text.startswith("<PERSON>", j) for i in range(j, j + 8)}
    assert not covered & tags
    assert {i for i in range(span.start, span.end) if text[i].isalnum()} - tags <= covered


def test_only_known_tags_are_spared() -> None:
    span = Span(0, 7, "PERSON", 0.5, "d")
    assert Placeholders(["<PERSON>"]).outside("<SMITH>", [span]) == [span]


def test_trim() -> None:
    assert trim("  \n", Span(0, 3, "PERSON", 1, "d")) is None
    with pytest.raises(ValueError, match="character"):
        Span(3, 3, "PERSON", 1, "d")


def found(text: str, *values: tuple[str, object]) -> list[str]:
    return [text[s.start : s.end] for s in own_values(text, values)]


@pytest.mark.parametrize(
    ("kind", "value", "text", "hit"),
    [
        ("PERSON", "Zoë O'Neil-Lópezzi", "ZOË O'NEIL-LÓPEZZI came", "ZOË O'NEIL-LÓPEZZI"),
        ("PERSON", "Maria Gonzalez", "mrs gonzalez was late", "gonzalez"),
        ("PERSON", "Maria Gonzalez", "GONZALEZ, MARIA", "GONZALEZ, MARIA"),
        ("PERSON", "Maria Gonzalez", "signed M. Gonzalez.", "M. Gonzalez"),
        ("PERSON", "Maria Gonzalez", "signed M.G. today", "M.G"),
        ("PERSON", "Maria Gonzalez", "user mgonzalez82 wrote", "mgonzalez82"),
        ("PERSON", "Will Young", "so Will came", "Will"),
        ("PERSON", "王小明", "患者王小明诉头痛", "王小明"),
        ("PHONE_NUMBER", "+1 217 555 0199", "at (217) 555-0199.", "217) 555-0199"),
        ("US_SSN", "123-45-6789", "no. 123456789 it is", "123456789"),
        ("EMAIL_ADDRESS", "a.b@c.example", "to A.B@C.EXAMPLE,", "A.B@C.EXAMPLE"),
        ("ADDRESS", "12 Oak Street, Apt 4, Springfield, IL 62704", "by 12 OAK STREET\nthere", "12 OAK STREET"),
        ("MEDICAL_RECORD_NUMBER", "MR-0042", "(mr-0042)", "mr-0042"),
        ("DATE_OF_BIRTH", datetime.date(1962, 3, 14), "on 3/14/62 he", "3/14/62"),
        ("DATE_OF_BIRTH", "1962-03-14", "on March 14th, 1962 he", "March 14th, 1962"),
        ("DATE_OF_BIRTH", datetime.date(1962, 3, 14), "生于1962年3月14日。", "1962年3月14"),
    ],
)
def test_a_rows_own_values_are_found(kind: str, value: object, text: str, hit: str) -> None:
    assert hit in found(text, (kind, value))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("PERSON", "Will Young", "he will be young"),
        ("PERSON", "Ann Li", "an annual plan"),
        ("PERSON", "Bo Ma", "bo ma"[::-1]),
        ("US_SSN", "123-45-6789", "9123456789 and 1234567890"),
        ("DATE_OF_BIRTH", datetime.date(1962, 3, 14), "in 1962, on 3/15/62"),
        ("AMOUNT", 12.5, "12.5"),
        ("PERSON", None, "None came"),
    ],
)
def test_what_is_not_the_rows_value_is_left(kind: str, value: object, text: str) -> None:
    assert found(text, (kind, value)) == []


def test_a_name_found_once_is_found_again() -> None:
    text = "Maria Gonzalez came. GONZALEZ is well; Maria said so. Marias"
    spans = [Span(0, 14, "PERSON", 0.7, "spacy")]
    assert [text[s.start : s.end] for s in echoes(text, spans, {})] == [
        "Maria", "Maria Gonzalez", "Gonzalez", "GONZALEZ", "Maria",
    ]  # fmt: skip


def test_a_single_word_of_a_tagger_is_not_looked_for_again() -> None:
    spans = [Span(0, 9, "PERSON", 0.7, "spacy")]
    assert echoes("Metformin twice. Metformin works", spans, {"airlock-people": 0.75}) == []


def test_a_number_said_again_is_found_in_any_spelling() -> None:
    text = "SSN 123-45-6789, that is 123456789 or 123 45 6789; not 1234567890."
    first = Span(4, 15, "US_SSN", 0.9, "d")
    found = [text[s.start : s.end] for s in number_echoes(text, [first])]
    assert found == ["123-45-6789", "123456789", "123 45 6789"]
    assert number_echoes(text, [Span(4, 15, "DATE", 0.9, "d")]) == []
