import io
import json
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.core.errors import AirlockError
from tasks.methods.gate.evidence import FINDINGS
from tasks.methods.gate.known import store
from tasks.methods.gate.known.look import KnownColumn, KnownShard, look
from tasks.methods.gate.placeholders import Placeholders
from tasks.methods.mask.table import SPANS_SCHEMA

ENTITIES = ["PERSON", "PHONE_NUMBER", "US_SSN", "CREDIT_CARD", "EMAIL_ADDRESS", "DATE", "LOCATION"]
TAGS = Placeholders([f"<{entity}>" for entity in ENTITIES])
NOTE = KnownColumn("note")


def hide(text, mask=lambda entity, value: f"<{entity}>"):
    """Raw text, spans and masked text of ``"Ask {PERSON:Ana Ruiz} …"``, and of ``"Ask {:Ana Ruiz} …"`` which stays."""
    raw, masked, spans = "", "", []
    for n, piece in enumerate(text.replace("}", "{").split("{")):
        entity, _, value = piece.partition(":") if n % 2 else ("", "", piece)
        if entity:
            spans.append((len(raw), len(raw) + len(value), entity))
        raw, masked = raw + value, masked + (mask(entity, value) if entity else value)
    return raw, spans, masked


def write(folder, number, rows, columns=None, first=0, aside=(), mask=None):
    """A shard of notes; ``columns`` are further ones, by name a raw and a masked cell for each row."""
    hidden = [hide(text, mask) if mask else hide(text) for text in rows]
    ids = list(range(first, first + len(rows)))
    raw = {"record_id": ids, "note": [h[0] for h in hidden]}
    masked = {"record_id": ids, "note": [h[2] for h in hidden]}
    for name, cells in (columns or {}).items():
        raw[name], masked[name] = [c[0] for c in cells], [c[1] for c in cells]
    spans = [
        {"record_id": i, "column": "note", "start": a, "end": b, "entity": e, "score": 1.0, "detector": "x"}
        for i, (_, found, _) in zip(ids, hidden, strict=True)
        for a, b, e in found
        if i not in aside
    ]
    paths = [folder / f"{what}-{number}.parquet" for what in ("raw", "spans", "masked")]
    pq.write_table(pa.table(raw), paths[0])
    pq.write_table(pa.Table.from_pylist(spans, SPANS_SCHEMA), paths[1])
    kept = pa.table(masked).filter(pa.array([i not in aside for i in ids]))
    pq.write_table(kept, paths[2])
    return KnownShard(number, *paths)


def run(folder, shards, columns=(NOTE,), **options):
    """Findings as tuples, counts by row, the counts."""
    findings, rows = io.BytesIO(), io.BytesIO()
    counts = look(shards, columns, ENTITIES, TAGS, folder, findings, rows, **options)
    table = pq.read_table(findings)
    assert table.schema.equals(FINDINGS)
    found = [tuple(row.values()) for row in table.to_pylist()]
    return found, pq.read_table(rows).to_pylist(), counts


def looked(folder, *rows, **options):
    """What is found in some notes: the words themselves, their kinds, and how."""
    shard = write(folder, 0, rows)
    texts = [hide(row)[2] for row in rows]
    found, _, _ = run(folder, [shard], **options)
    return [(texts[i][start:end], entity, how.split(":")[1]) for i, _, entity, start, end, how in found]


@pytest.mark.parametrize(
    ("value", "left", "entity", "how"),
    [
        ("Maria Lopez", "Maria Lopez", "PERSON", "exact"),
        ("Maria Lopez", "MARIA  LOPEZ", "PERSON", "exact"),
        ("Maria Lopez", "Ｍａｒｉａ　Ｌｏｐｅｚ", "PERSON", "exact"),
        ("Maria Lopez", "Mari\u200ba Lo\u00adpez", "PERSON", "exact"),
        ("María López", "Maria Lopez", "PERSON", "exact"),
        ("Maria Lopez", "Lopez", "PERSON", "part"),
        ("219-09-9999", "219 09 9999", "US_SSN", "exact"),
        ("219-09-9999", "2 1 9 0 9 9 9 9 9", "US_SSN", "digits"),
        ("219-09-9999", "２１９０９９９９９", "US_SSN", "digits"),
        ("(217) 555-0142", "217.555.0142", "PHONE_NUMBER", "exact"),
        ("(217) 555-0142", "1 217.555.0142", "PHONE_NUMBER", "digits"),
        ("(217) 555-0142", "12175550142", "PHONE_NUMBER", "digits"),
        ("217-555-0142 x12", "217 555 0142 x12", "PHONE_NUMBER", "exact"),
        ("217-555-0142 x12", "2175550142", "PHONE_NUMBER", "digits"),
        ("12 Oak 3456789", "12, oak 3456789", "LOCATION", "exact"),
        ("a.ruiz@example.com", "A.Ruiz@example.com", "EMAIL_ADDRESS", "exact"),
        ("3 March 2021", "3. march 2021", "DATE", "exact"),
        ("欧阳伟", "欧阳伟", "PERSON", "exact"),
    ],
)
def test_a_value_masked_in_one_row_is_found_in_another(tmp_path, value, left, entity, how):
    found = looked(tmp_path, f"We wrote to {{{entity}:{value}}} again.", f"Then we heard of {left}, at last.")
    assert found == [(left, entity, how)]


def test_a_value_of_an_identifying_column_is_found_in_text_of_any_row_and_in_its_own_cell(tmp_path):
    cells = [("Maria Lopez", "<PERSON>"), ("Ivan Petrov", "Ivan Petrov"), (None, None)]
    shard = write(tmp_path, 0, ["No name.", "No name.", "Maria Lopez called."], {"name": cells})
    columns = [NOTE, KnownColumn("name", "PERSON", collected=True)]
    found, rows, _ = run(tmp_path, [shard], columns)
    assert found == [
        (1, "name", "PERSON", 0, 11, "known-values:exact"),
        (2, "note", "PERSON", 0, 11, "known-values:exact"),
    ]
    assert [row["found_PERSON"] for row in rows] == [0, 1, 1]


def test_columns_that_are_not_asked_for_are_left_alone(tmp_path):
    shard = write(tmp_path, 0, ["Maria Lopez called."], {"name": [("Maria Lopez", "Maria Lopez")]})
    columns = [NOTE, KnownColumn("name", "PERSON", collected=False, searched=False)]
    assert run(tmp_path, [shard], columns)[0] == []


@pytest.mark.parametrize("word", ["Will", "May", "Rose"])
def test_names_that_are_ordinary_words_here_are_no_findings(tmp_path, word):
    habit = [f"They say it {word.lower()} be so, number {n}." for n in range(8)]
    names = [f"I met {{PERSON:{word} Kowalski}} there.", f"I met {{PERSON:{word}}} there."]
    found = looked(tmp_path, *names, *habit, f"{word} it be so? {word} who knows.", "Ms. Kowalski left.")
    assert found == [("Kowalski", "PERSON", "part")]


def test_a_word_that_is_a_name_more_often_counts_within_a_sentence_only(tmp_path):
    names = [f"Here is {{PERSON:Mark}}, number {n}." for n in range(9)]
    words = [f"A mark was seen on wall {n}." for n in range(4)]
    found = looked(tmp_path, *names, *words, "Mark my words!", "Done. Mark it.", "I told Mark of it.", "His mark.")
    assert found == [("Mark", "PERSON", "exact")]
    assert len(looked(tmp_path, *names, "Mark left.", "I told Mark of it.")) == 2


def test_a_name_that_is_no_word_here_is_found_though_others_are(tmp_path):
    rows = ["I met {PERSON:Rose Hill} there.", "It will be so.", "{:Rose} was seen."]
    assert looked(tmp_path, *rows) == [("Rose", "PERSON", "part")]


def test_a_text_without_capitals_says_nothing_about_a_word(tmp_path):
    rows = ["I met {PERSON:Selma Nyberg}.", "my name is selma", "so i told nyberg", "selma nyberg again"]
    assert [text for text, _, _ in looked(tmp_path, *rows)] == ["selma", "nyberg", "selma nyberg"]


def test_words_match_whole(tmp_path):
    rows = ["I met {PERSON:Anna Bell} there.", "Annabel has bells in Annapolis.", "Card {CREDIT_CARD:4111111111111111}",
            "Not 94111111111111111 nor 41111111111111112."]  # fmt: skip
    assert looked(tmp_path, *rows) == []


def test_allowed_words_are_no_findings(tmp_path):
    rows = ["I met {PERSON:Siri Lopez} there.", "Siri and Lopez answered."]
    assert looked(tmp_path, *rows, allow=["SIRI"]) == [("Lopez", "PERSON", "part")]


def test_placeholders_are_no_findings_and_nothing_is_found_across_one(tmp_path):
    rows = ["I met {PERSON:Person Lopez} there.", "I met {PERSON:Anabel Bo} there.", "Anabel {PERSON:Maria} Bo"]
    assert looked(tmp_path, *rows) == [("Anabel", "PERSON", "part")]


def test_a_firm_with_a_persons_name_is_no_person(tmp_path):
    rows = ["I met {PERSON:Maria Crestwood} there.", "My bank is Crestwood Savings Bank now.", "so Crestwood came"]
    assert looked(tmp_path, *rows) == [("Crestwood", "PERSON", "part")]


def test_a_full_name_counts_however_often_it_was_missed(tmp_path):
    rows = ["I met {PERSON:Zbigniew Kowalczyk} there.", *[f"so Zbigniew Kowalczyk came {n}" for n in range(9)]]
    assert looked(tmp_path, *rows) == [("Zbigniew Kowalczyk", "PERSON", "exact")] * 9


def test_a_surrogate_that_is_another_persons_name_is_no_finding(tmp_path):
    def surrogate(entity, value):
        return {"Maria Lopez": "Ivan Petrov", "Ivan Petrov": "Maria Lopez"}[value]

    rows = ["I met {PERSON:Maria Lopez} there.", "I met {PERSON:Ivan Petrov} there."]
    assert run(tmp_path, [write(tmp_path, 0, rows, mask=surrogate)])[0] == []


def test_a_masker_that_says_it_masked_and_did_not_is_found_out(tmp_path):
    shard = write(tmp_path, 0, ["I met {PERSON:Maria Lopez} there."], mask=lambda entity, value: value)
    assert run(tmp_path, [shard])[0] == [(0, "note", "PERSON", 6, 17, "known-values:exact")]


def test_kinds_that_do_not_count_are_not_looked_for(tmp_path):
    shard = write(tmp_path, 0, ["At {ORGANIZATION:Initech Works}.", "Initech Works again."])
    found, _, counts = run(tmp_path, [shard])
    assert found == [] and counts["values"] == {}


def test_numbers_so_many_that_others_meet_them_by_chance_are_not_looked_for(tmp_path):
    cells = [(str(n), "<ZIP_CODE>") for n in range(20000, 21500)] + [("123-456-789", "<ZIP_CODE>")]
    rows = ["Nothing."] * 1499 + ["It cost 20700, and again 20701.", "Ask 123456789."]
    shard = write(tmp_path, 0, rows, {"zip": cells})
    columns = [NOTE, KnownColumn("zip", "LOCATION", collected=True)]
    found, _, counts = run(tmp_path, [shard], columns)
    assert [row[0] for row in found] == [1500]
    assert counts["skipped"]["crowded"]["LOCATION"] == 1500
    few = write(tmp_path, 1, rows[-300:], {"zip": [("20700", ""), *cells[:299]]})
    assert [row[0] for row in run(tmp_path, [few], columns)[0]] == [298]


def test_the_longer_find_stays_where_two_overlap(tmp_path):
    rows = ["I met {PERSON:Maria Lopez} in {LOCATION:Lopez Island}.", "I met Maria Lopez."]
    assert looked(tmp_path, *rows) == [("Maria Lopez", "PERSON", "exact")]


def corpus(folder):
    names = [f"{given} {family}" for given in ("Anabel", "Bruno", "Carla", "Dmitri") for family in
             ("Ruiz", "Petrov", "Nyberg", "Okafor", "Tanaka")]  # fmt: skip
    rows = [f"Row {n}: I met {{PERSON:{name}}} and dialled {{PHONE_NUMBER:217-555-0{n:03}}}." for n, name in
            enumerate(names)]  # fmt: skip
    rows += [f"Then {name.split()[n % 2]} called from 217 555 0{n:03}." for n, name in enumerate(names)]
    rows[-1] += " {PERSON:Zygmunt Wolf} didn't."
    half = len(rows) // 2
    return [write(folder, 0, rows[:half]), write(folder, 1, rows[half:], first=half)]


def test_a_cap_on_patterns_and_small_batches_change_nothing_but_the_passes(tmp_path):
    shards = corpus(tmp_path)
    found, rows, counts = run(tmp_path, shards)
    assert len(found) >= 40 and counts["passes"] == 1
    for held, batch_rows in ((1, 4096), (3, 7), (5, 1)):
        again, rows_again, counts_again = run(tmp_path, shards, patterns=held, batch_rows=batch_rows)
        assert again == found and rows_again == rows
        assert counts_again.pop("passes") == -(-sum(counts["looked_for"].values()) // held)
        assert counts_again == {name: value for name, value in counts.items() if name != "passes"}


def test_counts_say_what_was_known_looked_for_left_out_and_found(tmp_path):
    told = []
    shards = corpus(tmp_path)
    found, rows, counts = run(tmp_path, shards, advance=told.append)
    assert counts["rows"] == len(rows) == 40
    assert [row["shard"] for row in rows] == [0] * 20 + [1] * 20
    assert [row["record_id"] for row in rows] == list(range(40))
    assert counts["values"] == {"PERSON": 21, "PHONE_NUMBER": 20}
    assert counts["rows_with"]["PERSON"] == sum(row["found_PERSON"] > 0 for row in rows) > 0
    assert sum(sum(ways.values()) for ways in counts["found_by"].values()) == sum(row["found"] for row in rows)
    assert counts["skipped"]["gone"]["PERSON"] == 3  # a name that stands nowhere, and its two parts
    assert sum(told) == 40 * (1 + counts["passes"])


def test_rows_set_aside_are_not_looked_through_but_the_others_keep_their_raw_rows(tmp_path):
    rows = ["I met {PERSON:Maria Lopez}.", "Not read.", "Nor this.", "Ms. Lopez left.", "Then Lopez came."]
    shard = write(tmp_path, 0, rows, aside=(1, 2))
    found, counted, _ = run(tmp_path, [shard], batch_rows=2)
    assert [f[0] for f in found] == [3, 4]
    assert [row["record_id"] for row in counted] == [0, 3, 4]


def test_spans_or_masked_rows_of_another_shard_are_refused(tmp_path):
    one = write(tmp_path, 0, ["I met {PERSON:Maria Lopez}."])
    other = write(tmp_path, 1, ["I met {PERSON:Ivan Petrov}."], first=7)
    with pytest.raises(AirlockError, match="spans of shard 0"):
        run(tmp_path, [KnownShard(0, one.raw, other.spans, one.masked)])
    with pytest.raises(AirlockError, match="rows that its raw shard lacks"):
        run(tmp_path, [KnownShard(0, one.raw, one.spans, other.masked)])


def test_no_value_leaves_the_scratch_folder_and_nothing_stays_in_it(tmp_path):
    scratch, shards = tmp_path / "scratch", corpus(tmp_path)
    scratch.mkdir()
    findings, rows = io.BytesIO(), io.BytesIO()
    counts = look(shards, [NOTE], ENTITIES, TAGS, scratch, findings, rows)
    assert counts["rows_with"]["PERSON"]
    said = json.dumps(counts)
    for table in (findings, rows):
        columns = pq.read_table(table).to_pydict()
        said += json.dumps(columns)
    for name in ("Ana", "Ruiz", "Petrov", "Nyberg", "0001", "5550"):
        assert name.casefold() not in said.casefold()
    assert list(scratch.iterdir()) == []


def test_a_failure_leaves_no_database_behind(tmp_path):
    with pytest.raises(sqlite3.OperationalError), store.database(tmp_path) as connection:
        assert len(list(tmp_path.iterdir())) == 1
        connection.execute("no statement")
    assert list(tmp_path.iterdir()) == []


def test_the_same_rows_give_the_same_bytes(tmp_path):
    def written():
        findings, rows = io.BytesIO(), io.BytesIO()
        look(corpus(tmp_path), [NOTE], ENTITIES, TAGS, tmp_path, findings, rows)
        return findings.getvalue(), rows.getvalue()

    assert written() == written()
