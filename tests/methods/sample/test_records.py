"""What every sample holds: spans on their values, consistent people, determinism, variety, flat memory."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tracemalloc
import unicodedata
from collections import Counter, defaultdict
from itertools import islice

import pytest

from tasks.core.errors import UserError
from tasks.methods.sample import DOMAINS, ENTITIES, LANGUAGES, Record, columns, records

SAMPLES = [(domain, lang) for domain in DOMAINS for lang in LANGUAGES]
ROWS = 512
each = pytest.mark.parametrize(("domain", "lang"), SAMPLES)

_cache: dict[tuple[str, str], list[Record]] = {}


def sample(domain: str, lang: str) -> list[Record]:
    if (domain, lang) not in _cache:
        _cache[domain, lang] = list(records(domain, ROWS, lang, seed=5))
    return _cache[domain, lang]


def person_column(domain: str, lang: str) -> str:
    return next(c.name for c in columns(domain, lang) if c.role == "person")


@each
def test_fields_are_the_declared_columns_after_the_id(domain: str, lang: str) -> None:
    names = ["id", *(c.name for c in columns(domain, lang))]
    assert all(list(r.fields) == names for r in sample(domain, lang))
    for c in columns(domain, lang):
        values = [r.fields[c.name] for r in sample(domain, lang)]
        if c.required:
            assert None not in values and "" not in values
        kinds = {"string": str, "date": str, "integer": int, "number": float}
        assert all(isinstance(v, kinds[c.type]) for v in values if v is not None)


@each
def test_ids_are_unique(domain: str, lang: str) -> None:
    assert len({r.fields["id"] for r in sample(domain, lang)}) == ROWS


@each
def test_spans_are_ordered_disjoint_and_trimmed(domain: str, lang: str) -> None:
    for record in sample(domain, lang):
        for column, spans in record.spans.items():
            text, end = str(record.fields[column]), 0
            for span in spans:
                assert end <= span.start < span.end <= len(text)
                assert span.entity in ENTITIES
                value = text[span.start : span.end]
                assert value == value.strip() and any(c.isalnum() for c in value)
                end = span.end


@each
def test_a_structured_span_covers_its_column(domain: str, lang: str) -> None:
    kinds = {c.name: c.kind for c in columns(domain, lang) if c.kind in ENTITIES}
    assert len(kinds) >= 5
    for record in sample(domain, lang):
        for name, kind in kinds.items():
            value = record.fields[name]
            if value is None:
                assert name not in record.spans
            else:
                assert record.spans[name] == [(0, len(str(value)), kind)]


@each
def test_spans_in_the_text_are_values_of_the_record(domain: str, lang: str) -> None:
    # A value that stands in the text where no span covers it would be a hole in the gold.
    for record in sample(domain, lang):
        text = str(record.fields["text"])
        covered = bytearray(len(text))
        for span in record.spans["text"]:
            covered[span.start : span.end] = b"\1" * (span.end - span.start)
        for column in ("name", "email", "phone", "national_id", "account_number", "mrn", "address"):
            value = record.fields.get(column)
            at = text.find(str(value)) if value else -1
            while at >= 0:
                assert all(covered[at : at + len(str(value))]), column
                at = text.find(str(value), at + 1)


@each
def test_every_text_holds_pii_and_most_of_the_columns_come_up(domain: str, lang: str) -> None:
    rows = sample(domain, lang)
    assert all(r.spans["text"] for r in rows)
    named = sum(str(r.fields["name"]).casefold() in str(r.fields["text"]).casefold() for r in rows)
    assert named > 0.35 * len(rows)


def test_all_entities_occur_somewhere() -> None:
    found = Counter(s.entity for d, la in SAMPLES for r in sample(d, la) for s in r.spans["text"])
    assert set(found) == set(ENTITIES)
    assert min(found.values()) >= 20


@each
def test_people_are_consistent_over_their_records(domain: str, lang: str) -> None:
    who = person_column(domain, lang)
    seen: dict[object, list[Record]] = defaultdict(list)
    for record in sample(domain, lang):
        seen[record.fields[who]].append(record)
    fixed = [c.name for c in columns(domain, lang) if c.kind in ENTITIES and c.name != "visit_date"]
    for own in seen.values():
        assert 1 <= len(own) <= 6
        for name in fixed:
            assert len({r.fields[name] for r in own}) == 1, name
    sizes = Counter(len(own) for own in seen.values())
    assert sizes[1] > sizes[2] > sizes[3] > sizes[6] > 0
    texts = [r.fields["text"] for own in seen.values() for r in own]
    assert len(set(texts)) == len(texts)


def test_visits_follow_in_time() -> None:
    seen: dict[object, str] = {}
    for record in records("healthcare", 512, seed=1):
        who, day = record.fields["patient_id"], str(record.fields["visit_date"])
        assert seen.get(who, "") < day
        seen[who] = day


@each
def test_the_first_records_do_not_depend_on_how_many_follow(domain: str, lang: str) -> None:
    assert list(records(domain, 10, lang, seed=9)) == list(islice(records(domain, 1000, lang, seed=9), 10))


def test_another_seed_gives_other_people() -> None:
    names = [{r.fields["name"] for r in records("finance", 60, seed=s)} for s in (0, 1)]
    assert len(names[0] & names[1]) <= 3


def test_processes_with_other_hash_seeds_write_the_same() -> None:
    code = (
        "import hashlib\nfrom tasks.methods.sample import *\nh = hashlib.sha256()\n"
        "for d in DOMAINS:\n for l in LANGUAGES:\n"
        "  for r in records(d, 30, l, 3, planted_leaks=2):\n   h.update(repr(r).encode())\n"
        "print(h.hexdigest())"
    )
    printed = set()
    for seed in ("0", "1", "4242"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        printed.add(done.stdout.strip())
    here = hashlib.sha256()
    for domain, lang in SAMPLES:
        for record in records(domain, 30, lang, 3, planted_leaks=2):
            here.update(repr(record).encode())
    assert printed == {here.hexdigest()}


@each
def test_texts_have_the_length_of_notes(domain: str, lang: str) -> None:
    lengths = sorted(len(str(r.fields["text"])) for r in sample(domain, lang))
    mean = sum(lengths) / len(lengths)
    assert (380 if lang == "zh" else 400) <= mean <= 900
    assert lengths[-1] < 2500 and lengths[0] > 120


@each
def test_texts_vary(domain: str, lang: str) -> None:
    """Share of 4-grams (words; characters in Chinese) that are distinct, values left out by blanking them."""
    grams: Counter[tuple[str, ...]] = Counter()
    for record in sample(domain, lang)[:400]:
        text = str(record.fields["text"])
        for span in reversed(record.spans["text"]):
            text = text[: span.start] + "_" + text[span.end :]
        tokens = list(text) if lang == "zh" else text.split()
        grams.update(zip(*(tokens[i:] for i in range(4)), strict=False))
    total = sum(grams.values())
    assert len(grams) / total > (0.07 if lang == "zh" else 0.18)
    assert grams.most_common(1)[0][1] < 400 * 1.5


@each
def test_names_vary(domain: str, lang: str) -> None:
    rows = sample(domain, lang)
    who = person_column(domain, lang)
    people = {r.fields[who]: r.fields["name"] for r in rows}
    assert len(set(people.values())) > 0.9 * len(people)


@pytest.mark.parametrize("domain", DOMAINS)
def test_chinese_is_written_in_chinese(domain: str) -> None:
    for record in sample(domain, "zh"):
        text = str(record.fields["text"])
        han = sum(unicodedata.name(c, "").startswith("CJK UNIFIED") for c in text)
        assert han > 0.4 * len(text)


@each
def test_labels_have_several_classes_of_some_size(domain: str, lang: str) -> None:
    label = next(c.name for c in columns(domain, lang) if c.role == "label")
    counts = Counter(r.fields[label] for r in sample(domain, lang))
    assert len(counts) >= 3 and min(counts.values()) >= 8


@each
def test_people_are_adults_and_ages_fit_the_dates(domain: str, lang: str) -> None:
    for record in sample(domain, lang):
        text = str(record.fields["text"])
        for span in record.spans["text"]:
            if span.entity == "AGE":
                assert 0 <= int(text[span.start : span.end]) < 125
        assert 1925 <= int(str(record.fields["birth_date"])[:4]) <= 2000


def test_memory_does_not_grow_with_rows() -> None:
    stream = records("government", 10**9, seed=1)
    for _ in islice(stream, 1100):  # fills what is kept on purpose: parsed templates, the last two blocks
        pass
    tracemalloc.start()
    for _ in islice(stream, 300):
        pass
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 200_000  # the rows themselves would be about two million


@each
@pytest.mark.parametrize("leaks", [1, 7, 40])
def test_planted_leaks_are_gold_and_leave_other_records_alone(domain: str, lang: str, leaks: int) -> None:
    plain = list(records(domain, 40, lang, seed=4))
    planted = list(records(domain, 40, lang, seed=4, planted_leaks=leaks))
    changed = [(a, b) for a, b in zip(plain, planted, strict=True) if a != b]
    assert len(changed) == leaks
    for before, after in changed:
        text, span = str(after.fields["text"]), after.spans["text"][-1]
        assert text.startswith(str(before.fields["text"]))
        assert after.spans["text"][:-1] == before.spans["text"]
        assert span.entity in ("CREDIT_CARD", "US_SSN", "CN_RESIDENT_ID")
        # No two digits are neighbours, which is what a pattern for the plain number needs.
        value = text[span.start : span.end]
        assert not any(a.isdigit() and b.isdigit() for a, b in zip(value, value[1:], strict=False))


@pytest.mark.parametrize(
    "wrong",
    [
        {"domain": "sports"},
        {"lang": "fr"},
        {"rows": 0},
        {"rows": 5, "planted_leaks": 6},
        {"planted_leaks": -1},
    ],
)
def test_arguments_out_of_range_are_refused_at_once(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        records(**{"domain": "finance", "rows": 10, **wrong})  # type: ignore[arg-type]
