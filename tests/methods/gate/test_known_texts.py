from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.gate.known.align import masked_away
from tasks.methods.gate.known.texts import look_texts
from tasks.methods.gate.placeholders import Placeholders

KINDS = ["PERSON", "LOCATION", "DATE"]
WORD = st.text("abcdefgh", min_size=1, max_size=6)


@given(st.lists(st.tuples(WORD, st.sampled_from(KINDS)), max_size=6), WORD)
def test_what_stood_between_the_literal_pieces_is_told_with_its_kind(values, last):
    raw = masked = ""
    expected = []
    for n, (value, kind) in enumerate(values):
        raw, masked = f"{raw}#{n}= ", f"{masked}#{n}= "
        expected.append((len(raw), len(raw) + len(value), kind))
        raw, masked = raw + value, f"{masked}<{kind}>"
    assert masked_away(f"{raw}; {last}", f"{masked}; {last}", KINDS) == expected


@given(st.text("ab <>PERSON*,\n", max_size=40), st.text("ab <>PERSON*,\n", max_size=40))
def test_any_two_texts_can_be_aligned(raw, masked):
    found = masked_away(raw, masked, KINDS)
    assert all(0 <= start < end <= len(raw) for start, end, _ in found)
    assert [start for start, _, _ in found] == sorted(start for start, _, _ in found)


def test_other_maskers_names_of_kinds_are_known():
    assert masked_away("Ana, 3/4/2021", "[NAME], <DATE_TIME>", KINDS) == [(0, 3, "PERSON"), (5, 13, "DATE")]
    assert masked_away("Ana from Lima", "****** from {{GPE}}", KINDS) == [(0, 3, ""), (9, 13, "LOCATION")]
    assert masked_away("Ana from Lima", "<PERSON_12> from <LOCATION>", KINDS)[0] == (0, 3, "PERSON")


def test_texts_that_do_not_fit_are_compared_word_by_word():
    assert masked_away("Dear Ana Ruiz, hello", "Dear Eve Low, hello", KINDS) == [(5, 13, "")]
    assert masked_away("Dear Ana,  bye", "Dear <PERSON>, bye", KINDS) == [(5, 8, "PERSON")]
    assert masked_away("same", "same", KINDS) == []


def test_two_marks_in_a_row_hide_one_stretch_of_no_certain_kind():
    assert masked_away("x Ana Lima y", "x <PERSON><LOCATION> y", KINDS) == [(2, 10, "")]


def test_values_masked_by_anybody_are_looked_for(tmp_path):
    raw = ["Ana Ruiz called.", "Then Ana Ruiz left for Lima.", "Lima is far."]
    masked = ["<PERSON> called.", "Then Ana Ruiz left for [CITY].", "Lima is far."]
    marks = Placeholders([], [r"<[A-Z_]+>", r"\[[A-Z]+\]"])
    found, counts = look_texts(raw, masked, KINDS, marks, tmp_path)
    assert [[(f.start, f.end, f.entity) for f in row] for row in found] == [[], [(5, 13, "PERSON")], []]
    assert counts["values"] == {"PERSON": 1}
    found, _ = look_texts(raw, masked, KINDS, marks, tmp_path, unnamed="LOCATION")
    assert [(f.start, f.end, f.entity) for f in found[2]] == [(0, 4, "LOCATION")]
