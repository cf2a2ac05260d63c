"""The sample for a reader: uniform, reproducible, its seeds known leaks and nothing else changed; its page is inert."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.detect.spans import Span
from tasks.methods.gate.placeholders import Placeholders
from tasks.methods.gate.review_page import as_html
from tasks.methods.gate.review_sample import ReviewSample, SampleRow, SampleShard
from tasks.methods.gate.review_seed import half, places
from tasks.methods.mask.table import SPANS_SCHEMA
from tasks.methods.mask.text import splice

MARKS = {"PERSON": re.compile("<PERSON>"), "PHONE_NUMBER": re.compile("<PHONE_NUMBER>"), "DATE": None}


def shards(folder: Path, count: int, rows: int, bare: int = 0) -> list[SampleShard]:
    """Shards of rows that name a person, every other one a telephone too; in the first ``bare`` nothing is masked."""
    made = []
    for number in range(count):
        raw, masked, spans, ids = [], [], [], []
        for k in range(rows):
            record = number << 40 | k
            name, phone = f"Zora{number}x{k} Quill{number}x{k}", f"555-01{k:03d}-{number}"
            text = f"Seen {name} today." + (f" Call {phone}." if k % 2 else "")
            found = [Span(5, 5 + len(name), "PERSON", 1.0, "t")]
            if k % 2:
                start = text.index(phone)
                found.append(Span(start, start + len(phone), "PHONE_NUMBER", 1.0, "t"))
            if k < bare:
                text, found = f"Nothing here {k}.", []
            ids.append(record)
            raw.append(text)
            masked.append(splice(text, found, [f"<{span.entity}>" for span in found]))
            spans += [
                {"record_id": record, "column": "note", "start": s.start, "end": s.end, "entity": s.entity,
                 "score": 1.0, "detector": "t"}
                for s in found
            ]  # fmt: skip
        paths = [folder / f"{number}-{name}.parquet" for name in ("masked", "spans", "raw")]
        pq.write_table(pa.table({"record_id": ids, "note": masked}), paths[0])
        pq.write_table(pa.Table.from_pylist(spans, SPANS_SCHEMA), paths[1])
        pq.write_table(pa.table({"record_id": ids, "note": raw}), paths[2])
        made.append(SampleShard(number, rows, *paths))
    return made


def draw(made: list[SampleShard], rows: int, seeded: int, seed: str = "ab" * 32, batch: int = 7) -> list[SampleRow]:
    return ReviewSample(["note"], MARKS, ["PERSON", "PHONE_NUMBER"], seed, batch).draw(made, rows, seeded)


def texts(made: list[SampleShard], what: str) -> dict[int, str]:
    tables = [pq.read_table(getattr(shard, what)) for shard in made]
    return {i: t for table in tables for i, t in zip(*table.to_pydict().values(), strict=True)}


def test_rows_are_masked_and_seeds_show_one_value(tmp_path: Path) -> None:
    made = shards(tmp_path, 3, 40)
    masked, raw = texts(made, "masked"), texts(made, "raw")
    sample = draw(made, 60, 20)
    assert Counter(row.seeded for row in sample) == {False: 60, True: 20}
    assert len({row.record_id for row in sample}) == 80, "a seed is no row of the sample"
    assert all(row.texts == {"note": masked[row.record_id]} for row in sample if not row.seeded)
    halves = wholes = phones = 0
    for row in (row for row in sample if row.seeded):
        text, before = row.texts["note"], masked[row.record_id]
        assert text != before
        name = raw[row.record_id].split("Seen ")[1].split(" today")[0]
        tags = text.count("<PERSON>") + text.count("<PHONE_NUMBER>")
        missing = before.count("<PERSON>") + before.count("<PHONE_NUMBER>") - tags
        if "<PHONE_NUMBER>" in before and "555-" in text:
            phones += 1
            assert missing == 1 and name not in text
        elif name in text:
            wholes += 1
            assert missing == 1
        else:
            halves += 1
            assert missing == 0 and sum(word in text for word in name.split()) == 1
    assert min(halves, wholes, phones) >= 2
    positions = [k for k, row in enumerate(sample) if row.seeded]
    assert min(positions) < 20 and max(positions) >= 60, "seeds stand among the rows, not at an end"


def test_the_same_seed_draws_the_same_however_it_is_read(tmp_path: Path) -> None:
    made = shards(tmp_path, 2, 30)
    assert draw(made, 20, 6, batch=3) == draw(made, 20, 6, batch=1000)
    assert draw(made, 20, 6) != draw(made, 20, 6, seed="cd" * 32)


def test_every_row_is_drawn_as_often(tmp_path: Path) -> None:
    made, trials = shards(tmp_path, 2, 10), 250
    real: Counter[int] = Counter()
    seeds: Counter[int] = Counter()
    first = 0
    for k in range(trials):
        sample = draw(made, 5, 5, seed=f"{k:064x}", batch=100)
        real.update(row.record_id for row in sample if not row.seeded)
        seeds.update(row.record_id for row in sample if row.seeded)
        first += sample[0].seeded
    for drawn in (real, seeds):
        expected = trials * 5 / 20
        square = sum((drawn[i] - expected) ** 2 / expected for i in texts(made, "raw")) / (1 - 5 / 20)
        assert sum(drawn.values()) == trials * 5 and square < 43.8  # chi-square, 19 degrees, one in a thousand
    assert abs(first - trials / 2) < 4 * (trials / 4) ** 0.5


def test_a_small_table_leaves_rows_for_seeds_and_says_how_many(tmp_path: Path) -> None:
    sample = draw(shards(tmp_path, 1, 12), 100, 20)
    assert Counter(row.seeded for row in sample) == {False: 10, True: 2}
    nothing_masked = draw(shards(tmp_path, 1, 12, bare=12), 5, 5)
    assert Counter(row.seeded for row in nothing_masked) == {False: 5}


WORDS = st.text(st.sampled_from("ab .<>*é张"), max_size=6)


@given(st.lists(st.tuples(WORDS, st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)), max_size=6), WORDS)
def test_places_of_tags_are_exact(parts: list[tuple[str, str]], tail: str) -> None:
    raw, spans = "", []
    for between, value in parts:
        raw += between
        spans.append(Span(len(raw), len(raw) + len(value), "PERSON", 1.0, "t"))
        raw += value
    raw += tail
    masked = splice(raw, spans, ["<PERSON>"] * len(spans))
    found = places(raw, masked, spans, MARKS)
    assert found is not None
    assert all(masked[a:b] == "<PERSON>" for a, b in found) and len(set(found)) == len(spans)
    back = [Span(a, b, "PERSON", 1.0, "t") for a, b in found]
    assert splice(masked, back, [raw[s.start : s.end] for s in spans]) == raw


def test_places_without_a_mark_end_where_the_text_goes_on() -> None:
    raw = "On 3 May she saw Bob twice."
    spans = [Span(3, 8, "DATE", 1.0, "t"), Span(17, 20, "PERSON", 1.0, "t")]
    masked = "On 11 August she saw <PERSON> twice."
    assert places(raw, masked, spans, MARKS) == [(3, 12), (21, 29)]
    assert places(raw, "On 11 August he saw <PERSON> twice.", spans, MARKS) is None
    assert places(raw, "something else", spans, MARKS) is None
    assert places(raw, "On 11 August she saw Bob twice.", spans, MARKS) is None


def test_half_a_name() -> None:
    assert half("Ann Featherstone", "<PERSON>") == "<PERSON> Featherstone"
    assert half("Wilhelmina Roe", "<PERSON>") == "Wilhelmina <PERSON>"
    assert half("Ann", "<PERSON>") == "Ann"
    assert half("Ann Roe-Smith", "") == "Roe-Smith"


class Inert(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@given(st.lists(st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=60), max_size=2), max_size=4))
def test_whatever_a_row_holds_stays_text(rows: list[dict[str, str]]) -> None:
    hostile = [{"note": "<script>alert(1)</script> <PERSON> <img src=x onerror=alert(2)>"}, *rows]
    page = as_html(hostile, Placeholders(["<PERSON>"]), ["PERSON"], "airlock review x --read 5 --leaking")
    tags = Inert(page).tags
    assert [name for name, _ in tags].count("script") == 1 and not {"img", "link", "iframe"} & {n for n, _ in tags}
    assert not [a for _, attrs in tags for a in attrs if a.startswith("on") or a in ("src", "href")]
    assert [attrs["value"] for n, attrs in tags if n == "input"] == [str(k + 1) for k in range(len(hostile))]
    assert "<mark>&lt;PERSON&gt;</mark>" in page and "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_very_long_text_is_cut_and_says_so() -> None:
    page = as_html([{"note": "x" * 500}], Placeholders(["<PERSON>"]), [], "airlock review x", limit=100)
    assert "x" * 101 not in page and "The first 100 of 500 characters." in page
