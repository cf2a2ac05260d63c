"""Planted values: their check digits, their formats, their sentences, and that each is drawn apart from the others."""

from __future__ import annotations

import hashlib
import random
from collections import Counter

import pytest

from tasks.core.policies import available, load_policy
from tasks.methods.plant import disguise, wallets
from tasks.methods.plant import values_own as own
from tasks.methods.plant.candidates import SHARED, Candidates, bare
from tasks.methods.plant.carriers import CARRIERS, carry
from tasks.methods.plant.kinds import FORMATS, not_plantable, plantable
from tasks.methods.plant.value import Value, draw
from tasks.methods.sample import names, places, zh_places

EVERY = [(language, kind) for language, kinds in FORMATS.items() for kind in kinds]


@pytest.mark.parametrize("name", available())
def test_every_kind_that_a_policy_promises_can_be_planted(name: str) -> None:
    policy = load_policy(name)
    assert set(policy.gate_entities) <= set(plantable(policy.text_entities, policy.languages))
    assert not not_plantable(policy.text_entities, policy.languages)


def test_a_kind_of_the_users_own_is_named_as_not_planted() -> None:
    assert not_plantable(["PERSON", "BADGE_NUMBER", "INCOME", "CN_RESIDENT_ID"], ["en"]) == [
        "BADGE_NUMBER",
        "CN_RESIDENT_ID",
    ]


@pytest.mark.parametrize(("language", "kind"), EVERY)
def test_sentences_are_many_and_their_places_exact(language: str, kind: str) -> None:
    rng = random.Random(5)
    templates = CARRIERS[language][kind]
    assert len(set(templates)) >= 8 and all(template.count("{v}") == 1 for template in templates)
    # The value doesn't always come last, nor always behind a colon.
    assert len([t for t in templates if not t.rstrip(".").endswith("{v}")]) >= 2
    assert len([t for t in templates if "{v}" in t and not t.startswith(("{v}",))]) >= 5
    for _ in range(40):
        value = draw(rng, kind, FORMATS[language][kind])
        sentence, at = carry(rng, language, value)
        assert value.text and sentence[at : at + len(value.text)] == value.text
        assert sentence[at - len(value.before) :].startswith(value.written)
        assert not value.text.isspace() and "{" not in sentence and "|" not in sentence


@pytest.mark.parametrize(("language", "kind"), EVERY)
def test_every_format_is_drawn_about_as_often_as_its_weight(language: str, kind: str) -> None:
    formats = FORMATS[language][kind]
    rng, count = random.Random(1), 4000
    seen = Counter(draw(rng, kind, formats).format for _ in range(count))
    total = sum(f.weight for f in formats)
    assert len({f.name for f in formats}) == len(formats)
    for f in formats:
        share = f.weight / total
        assert abs(seen[f.name] / count - share) < 5 * (share * (1 - share) / count) ** 0.5 + 1e-3, f.name


def _luhn(number: str) -> bool:
    digits = [int(c) for c in reversed(number)]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0


def _mod97(iban: str) -> bool:
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def _mod11(number: str) -> bool:
    return sum(int(c) * w for c, w in zip(number, range(10, 0, -1), strict=True)) % 11 == 0


def _vin(vin: str) -> bool:
    # ISO 3779's transliteration runs through the alphabet in rows of nine, without I, O and Q.
    worth = {c: i % 9 + 1 for row in ("ABCDEFGH", "JKLMN P R") for i, c in enumerate(row) if c != " "}
    worth |= {c: i + 2 for i, c in enumerate("STUVWXYZ")} | {c: int(c) for c in "0123456789"}
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    return "0123456789X"[sum(worth[c] * w for c, w in zip(vin, weights, strict=True)) % 11] == vin[8]


@pytest.mark.parametrize(
    ("kind", "fits"),
    [("CREDIT_CARD", _luhn), ("IBAN_CODE", _mod97), ("UK_NHS", _mod11), ("VEHICLE_ID", _vin)],
)
def test_check_digits_hold_in_every_way_of_writing(kind: str, fits: object) -> None:
    rng = random.Random(2)
    for _ in range(300):
        written = draw(rng, kind, FORMATS["en"][kind]).text
        plain = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in written)
        assert fits("".join(c for c in plain if c.isalnum()).upper()), written  # type: ignore[operator]


def _base58_check(address: str) -> bool:
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    value = 0
    for char in address:
        value = value * 58 + alphabet.index(char)
    body = value.to_bytes(25)
    return hashlib.sha256(hashlib.sha256(body[:21]).digest()).digest()[:4] == body[21:]


def _bech32_check(address: str) -> bool:
    human, _, data = address.rpartition("1")
    values = [ord(c) >> 5 for c in human] + [0] + [ord(c) & 31 for c in human]
    check = 1
    for value in values + ["qpzry9x8gf2tvdw0s3jn54khce6mua7l".index(c) for c in data]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator * (top >> bit & 1)
    return check == 1


def test_wallets_have_the_checksums_of_real_ones() -> None:
    assert _base58_check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")  # of the first block
    assert _bech32_check("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")  # BIP 173's own example
    rng = random.Random(9)
    for _ in range(100):
        assert _base58_check(wallets.base58(rng)) and _bech32_check(wallets.bech32(rng))


@pytest.mark.parametrize(
    ("written", "value"),
    [(disguise.spaced("4111-1111"), "41111111"), (disguise.wide("a1"), "ａ１")],
)
def test_disguises_keep_the_value(written: str, value: str) -> None:
    assert "".join(written.split()) == value


def test_unseen_characters_take_no_width() -> None:
    rng = random.Random(3)
    for _ in range(50):
        written = disguise.unseen(rng, "123-45-6789")
        assert written != "123-45-6789" and "".join(c for c in written if c.isascii()) == "123-45-6789"


def test_values_of_the_corpus_are_left_out() -> None:
    kinds = ["US_SSN", "EMAIL_ADDRESS", "PERSON", "LOCATION"]
    drawn = Candidates("seed", kinds, ["en"], 50).chosen()
    met = Candidates("seed", kinds, ["en"], 50)
    met.meet_cells([drawn["PERSON"][0][1].text.upper(), None, 3])
    met.meet_text(f"It was <{drawn['EMAIL_ADDRESS'][0][1].text}> I think.")
    met.meet_text(f"and number {drawn['US_SSN'][0][1].text}.")
    left = met.chosen()
    for kind in ("PERSON", "EMAIL_ADDRESS", "US_SSN"):
        assert len(left[kind]) == 50
        assert bare(drawn[kind][0][1].text) not in {bare(value.text) for _, value in left[kind]}
    assert left["LOCATION"] == drawn["LOCATION"]


def test_draws_of_a_kind_do_not_depend_on_the_other_kinds() -> None:
    alone = Candidates("seed", ["PASSPORT"], ["en"], 30).chosen()
    among = Candidates("seed", ["PERSON", "PASSPORT", "IBAN_CODE"], ["en"], 30).chosen()
    other = Candidates("other", ["PASSPORT"], ["en"], 30).chosen()
    assert alone["PASSPORT"] == among["PASSPORT"] != other["PASSPORT"]


def test_our_own_names_and_places_are_in_no_sample() -> None:
    """The masker's model learnt from samples: what it hasn't seen must be among what it is measured by."""
    first = {word for origin in names.ORIGINS for word in (*origin.female, *origin.male)}
    last = {word for origin in names.ORIGINS for word in origin.last}
    rng = random.Random(8)
    drawn = [own.name(rng) for _ in range(2000)]
    assert not {name.first for name in drawn} & first and not {name.last for name in drawn} & last
    assert not {own.city(rng)[0] for _ in range(500)} & {city.name for city in places.CITIES}
    assert not {own.zh_place(rng).city for _ in range(500)} & {place.city for place in zh_places.DISTRICTS}
    shares = Counter(
        any(part in last for part in draw(rng, "PERSON", FORMATS["en"]["PERSON"]).text.title().replace(",", "").split())
        for _ in range(1000)
    )
    assert 300 < shares[True] < 700


def test_two_languages_share_a_kinds_values() -> None:
    drawn = Candidates("seed", ["PERSON", "US_SSN", "CN_RESIDENT_ID"], ["en", "zh"], 400).chosen()
    spoken = {kind: Counter(language for language, _ in values) for kind, values in drawn.items()}
    assert set(spoken["US_SSN"]) == {"en"} and set(spoken["CN_RESIDENT_ID"]) == {"zh"}
    assert 140 < spoken["PERSON"]["zh"] < 260


def test_few_values_of_a_kind_are_equal() -> None:
    for language, kind in EVERY:
        rng = random.Random(4)
        values = {draw(rng, kind, FORMATS[language][kind]).text for _ in range(300)}
        least = {"TITLE": 12, "AGE": 60, "NRP": 30}.get(kind, 60 if kind in SHARED else 200)
        assert len(values) >= least, (language, kind, len(values))


def test_what_a_format_puts_around_a_value_is_outside_its_place() -> None:
    sentence, at = carry(random.Random(0), "en", Value("ann_b", "USERNAME", "with an at sign", before="@"))
    assert sentence[at - 1 : at + 5] == "@ann_b"
