import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.gate.known.digits import LEAST, MOST, number_of, windows
from tasks.methods.gate.known.fold import WALL, cased_words, folded, han_in, places, words

ANY = st.text(st.characters(exclude_categories=[]), max_size=80)
LETTERS = st.text(st.sampled_from("aéßＷİǅ张が가١५½Ⅻ '’-­​\ufeff\u0301\ufb01.,\n\t9"), max_size=40)


@given(st.one_of(ANY, LETTERS))
def test_every_folded_character_has_its_place(text):
    form, where = folded(text), places(text)
    assert len(form) == len(where)
    assert where == sorted(where)
    assert all(0 <= place < len(text) for place in where)
    for at, char in enumerate(form):
        if char != " ":
            assert char in folded(text[where[at]])


@given(st.one_of(ANY, LETTERS))
def test_a_word_found_in_the_folded_text_folds_to_itself_at_its_place(text):
    form, where = folded(text), places(text)
    at = 1
    for word in words(text):
        assert form[at : at + len(word)] == word
        start, end = where[at], where[at + len(word) - 1] + 1
        assert word in folded(text[start:end])
        at += len(word) + 1


@given(st.one_of(ANY, LETTERS))
def test_folding_again_changes_nothing_and_case_keeps_the_number_of_words(text):
    assert words(" ".join(words(text))) == words(text) or WALL in text
    assert len(cased_words(text)) == len(words(text))


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_plain_text_folds_as_it_does_beside_other_characters(text):
    assert [*words(text), "张"] == words(f"{text}张")
    assert [*cased_words(text), "张"] == cased_words(f"{text}张")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maria Lopez", "ＭＡＲＩＡ　ＬＯＰＥＺ"),
        ("Maria Lopez", "maria\n  lopez"),
        ("María López", "Mari\u0301a Lo\u0301pez"),
        ("Straße", "STRASSE"),
        ("O'Brien", "O’Brien"),
        ("Mary-Jane", "Mary\u2010Jane"),
        ("Lopez, Maria", "lopez maria"),
        ("Lo\u200bpez", "Lopez"),
        ("219-09-9999", "219 09 9999"),
        ("١٢٣٤٥", "12345"),
        ("张伟", "张 伟"),
    ],
)
def test_what_is_written_differently_folds_alike(one, other):
    assert folded(one) == folded(other)


def test_nothing_is_found_across_a_wall():
    assert " maria lopez " not in folded(f"Maria {WALL.ljust(8)} Lopez")
    assert " maria " in folded(f"Maria{WALL.ljust(8)}Lopez")


def test_han_characters_are_words_of_their_own():
    assert words("请联系张伟138") == ["请", "联", "系", "张", "伟", "138"]
    assert han_in("𠀀张") == 2


@given(st.lists(st.text("0123456789", min_size=1, max_size=9), max_size=12))
def test_windows_are_the_digits_between_their_places(groups):
    text = f" {' '.join(groups)} " if groups else ""
    expected = set()
    for first in range(len(groups)):
        for last in range(first, len(groups)):
            number = "".join(groups[first : last + 1])
            if LEAST <= len(number) <= MOST:
                expected.add(number)
    found = list(windows(text))
    assert {number for number, _, _ in found} == expected
    for number, start, end in found:
        assert text[start:end].replace(" ", "") == number
        assert text[start - 1] == text[end] == " "


def test_a_number_has_hardly_a_letter():
    assert number_of("mrn 1234567") == "1234567"
    assert number_of("123456") == ""
    assert number_of("springfield 1234567") == ""
