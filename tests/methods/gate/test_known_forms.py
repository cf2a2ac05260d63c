import pytest

from tasks.methods.gate.known.forms import patterns
from tasks.methods.gate.known.ordinary import Uses, careless, is_word, ordinary


@pytest.mark.parametrize(
    ("form", "entity"),
    [
        ("34", "AGE"),
        ("f", "GENDER"),
        ("4711", "ZIP_CODE"),
        ("al", "PERSON"),
        ("mrs", "PERSON"),
        ("doctor", "PERSON"),
        ("march 3", "DATE"),
        ("today", "DATE"),
        ("2021", "DATE"),
        ("张", "PERSON"),
        ("rio", "LOCATION"),
        ("15 years", "AGE"),
    ],
)
def test_what_many_share_is_not_looked_for(form, entity):
    assert list(patterns(form, entity)) == []


def test_parts_of_a_name_are_looked_for_but_not_titles_particles_or_initials():
    assert list(patterns("dr maria j de la cruz", "PERSON")) == [
        ("dr maria j de la cruz", "exact"),
        ("maria", "part"),
        ("cruz", "part"),
    ]
    assert list(patterns("springfield general", "ORGANIZATION")) == [("springfield general", "exact")]


def test_han_names_are_looked_for_whole():
    assert list(patterns("张 伟", "PERSON")) == [("张 伟", "exact")]


def test_a_telephone_number_is_looked_for_with_and_without_its_country():
    assert {form for form, how in patterns("217 555 0142", "PHONE_NUMBER") if how == "digits"} == {
        "2175550142",
        "12175550142",
    }
    assert "13800138000" in {form for form, _ in patterns("86 138 0013 8000", "PHONE_NUMBER")}


@pytest.mark.parametrize(
    ("form", "uses", "expected"),
    [
        ("will", Uses(masked=40, lower=500, other=60), True),
        ("rose", Uses(masked=3, lower=2, other=15), True),
        ("lopez", Uses(masked=40, lower=0, other=12), False),
        ("lopez", Uses(masked=1, lower=1, other=0), False),  # once is a slip
        ("anna", Uses(masked=60, masked_lower=60, lower=30, other=0), False),  # a corpus without capitals
        ("phone", Uses(masked=1, lower=0, other=11), True),
        ("email", Uses(masked=1, other=5), True),  # the masker took it for a name once
        ("oud", Uses(masked=1, other=1), True),
        ("ann", Uses(masked=5, other=4), False),
        ("张 伟", Uses(masked=2, other=3), True),
        ("张 伟", Uses(masked=3, other=3), False),
        ("张 伟 明", Uses(masked=2, other=3), False),
    ],
)
def test_ordinary_words(form, uses, expected):
    assert ordinary(form, uses) is expected


def test_a_name_now_and_then_without_its_capital_is_still_the_name():
    assert careless(Uses(masked=50, lower=3))
    assert not careless(Uses(masked=50, lower=12))
    assert careless(Uses(masked=50, masked_lower=20, lower=12))


def test_numbers_and_addresses_of_the_net_are_no_words():
    assert not is_word("info example com", "EMAIL_ADDRESS")
    assert not is_word("22105 baker", "ADDRESS")
    assert is_word("covid 19", "PERSON")
    assert is_word("baker", "PERSON")
