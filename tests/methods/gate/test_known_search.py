import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.gate.known.cells import Cells, walled
from tasks.methods.gate.known.digits import windows
from tasks.methods.gate.known.fold import folded, words
from tasks.methods.gate.known.search import search
from tasks.methods.gate.known.store import ADD_WANTED, add, database
from tasks.methods.gate.placeholders import Placeholders

TAGS = Placeholders(["<A>"])
TEXT = st.lists(
    st.sampled_from(
        ["ana", "Ana", "ＡＮＡ", "bo", "é", "张", "伟", "555", "0142", "1", " ", " ", "-", "\u200b", "<A>"]
    ),
    max_size=14,
).map("".join)


def places(texts, raws, wanted, held):
    """Row, start, end and form of all that is found."""
    with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as connection:
        add(connection, ADD_WANTED, [(form, how, "PERSON", 1, 0) for form, how in wanted])
        passes = search(connection, lambda: [Cells(0, 0, texts, raws.__getitem__)], TAGS, held)
        query = "SELECT place, start, stop, form FROM hit JOIN wanted USING (id) ORDER BY 1, 2, 3, 4"
        found = connection.execute(query).fetchall()
        counted = connection.execute("SELECT form, lower + other FROM wanted WHERE lower + other > 0").fetchall()
    assert passes == -(-len(wanted) // held)
    assert sum(n for _, n in counted) == len(found)
    return found


@given(st.lists(TEXT, max_size=3), TEXT.filter(words), st.integers(1, 4))
def test_a_search_finds_what_looking_word_by_word_finds(texts, value, held):
    form = " ".join(words(value))
    wanted = {form: "exact"} | {word: "part" for word in words(value) if word != form}
    found = places(texts, texts, list(wanted.items()), held)
    expected = 0
    for text in texts:
        there = words(walled(text, TAGS))
        for one in wanted:
            sought = one.split()
            expected += sum(there[n : n + len(sought)] == sought for n in range(len(there)))
    assert len(found) == expected
    for row, start, end, one in found:
        assert folded(texts[row][start:end]) == f" {one} "


@given(st.lists(TEXT, max_size=3))
def test_numbers_are_found_by_their_digits_at_their_places(texts):
    number = "5550142"
    found = places(texts, texts, [(number, "digits")], 1)
    expected = [sum(n == number for n, _, _ in windows(folded(walled(t, TAGS)))) for t in texts]
    assert [sum(row == n for row, *_ in found) for n in range(len(texts))] == expected
    for row, start, end, _ in found:
        assert folded(texts[row][start:end]).replace(" ", "") == number


@given(TEXT)
def test_what_did_not_stand_in_the_raw_text_is_not_found(text):
    assert places([text], ["something else"], [("ana", "exact"), ("5550142", "digits")], 2) == []


@given(st.text("<A>* x\0", max_size=30))
def test_a_walled_text_keeps_its_length(text):
    assert len(walled(text, TAGS)) == len(text)
