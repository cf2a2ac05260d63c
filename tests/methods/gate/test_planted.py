"""Planted values: by which rules they come through, what is no leak, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.core.errors import AirlockError
from tasks.methods.detect.spans import Span
from tasks.methods.gate.evidence import FINDINGS
from tasks.methods.gate.planted import PlantedShard, Promise, judge_planted
from tasks.methods.gate.planted_words import plain_name, sentence, sentence_all, sentence_weaker
from tasks.methods.mask.plan import ColumnPlan, Operation
from tasks.methods.mask.table import ASIDE_SCHEMA, SPANS_SCHEMA, TableMasker

OPERATORS = {
    "PERSON": "tag",
    "PHONE_NUMBER": "stars",
    "DATE": "year",
    "DATE_OF_BIRTH": "tag",
    "AGE": "age_band",
    "ZIP_CODE": "zip3",
    "ACCOUNT_NUMBER": "partial",
    "US_SSN": "redact",
    "COUNT": "jitter",
    "GENDER": "keep",
}
KINDS = ["PERSON", "PHONE_NUMBER", "DATE_OF_BIRTH", "US_SSN", "ZIP_CODE", "ACCOUNT_NUMBER"]
TAGS = {kind: f"<{kind}>" for kind in OPERATORS}
FIRST = 1 << 62

PLANTED = pa.schema(
    [
        ("record_id", pa.int64()),
        ("column", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("entity", pa.string()),
        ("format", pa.string()),
        ("context", pa.string()),
        ("language", pa.string()),
    ]
)


def promise(**operators: str) -> Promise:
    return Promise({**OPERATORS, **operators}, KINDS, TAGS, [r"\*{4}[0-9A-Za-z]{0,4}", r"(?<![0-9])[0-9]{3}\*\*"])


class Case:
    """Planted rows, masked by the real masker with the findings that a test gives it."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.raw: list[dict[str, Any]] = []
        self.places: list[dict[str, Any]] = []
        self.spans: list[list[Span]] = []
        self.findings: list[dict[str, Any]] = []
        self.masked: dict[int, str | None] = {}
        self.aside: list[int] = []
        self.lost: list[int] = []

    def plant(
        self, text: str, value: str, entity: str, *found: tuple[str, str], format: str = "plain", **cells: Any
    ) -> Case:
        """A row with a value, and what the masker finds in it."""
        row, start = len(self.raw), text.index(value)
        self.raw.append({"record_id": FIRST + row, "note": text, "who": None, "n": None, **cells})
        self._place(row, "note", start, start + len(value), entity, format)
        self.spans.append([Span(text.index(w), text.index(w) + len(w), kind, 1.0, "test") for w, kind in found])
        return self

    def find(self, row: int, start: int, end: int, entity: str = "PERSON", column: str = "note") -> Case:
        """A finding of the gate's in a masked row."""
        found = {"record_id": row, "column": column, "entity": entity, "start": start, "end": end, "detector": "x"}
        self.findings.append(found)
        return self

    def _place(self, row: int, column: str, start: int | None, end: int | None, entity: str, format: str) -> None:
        place = {"record_id": FIRST + row, "column": column, "start": start, "end": end, "entity": entity}
        self.places.append({**place, "format": format, "context": "carrier", "language": "en"})

    def judge(self, policy: Promise | None = None, cuts: tuple[int, ...] = (), cells: str = "tag") -> dict[str, Any]:
        policy = policy or promise()
        operations = {k: Operation(op, TAGS[k]) for k, op in policy.operators.items() if op != "keep"}
        plans = [
            ColumnPlan("note", free_text=True),
            ColumnPlan("who", Operation(cells, "<PERSON>"), "PERSON"),
            ColumnPlan("n", Operation("keep", "<COUNT>"), "COUNT", "integer"),
        ]
        bounds = [0, *cuts, len(self.raw)]
        shards = [
            self._shard(number, range(low, high), plans, operations)
            for number, (low, high) in enumerate(zip(bounds, bounds[1:], strict=False), start=3)
        ]
        planted, findings = self.folder / "planted.parquet", self.folder / "findings.parquet"
        pq.write_table(pa.Table.from_pylist(self.places, PLANTED), planted)
        pq.write_table(pa.Table.from_pylist(self.findings, FINDINGS), findings)
        return judge_planted(planted, shards, policy, findings)

    def _shard(
        self, number: int, rows: range, plans: list[ColumnPlan], operations: dict[str, Operation]
    ) -> PlantedShard:
        spans = self.spans

        class Finds:
            def find(self, texts: list[str | None], own: Any = None) -> list[list[Span]]:
                return [spans[row] for row in rows]

        table = pa.Table.from_pylist(
            [self.raw[row] for row in rows],
            pa.schema([("record_id", pa.int64()), ("note", pa.string()), ("who", pa.string()), ("n", pa.int64())]),
        )
        masker = TableMasker(plans, Finds(), operations)
        done = masker.mask(table.combine_chunks().to_batches()[0])
        masked = done.rows.to_pylist()
        for row, text in self.masked.items():
            if row in rows:
                masked[row - rows.start]["note"] = text
        gone = {FIRST + row for row in (*self.aside, *self.lost)}
        paths = [self.folder / f"{number}-{name}.parquet" for name in ("raw", "spans", "masked", "aside")]
        pq.write_table(table, paths[0])
        pq.write_table(pa.Table.from_batches([done.spans], SPANS_SCHEMA), paths[1])
        kept = [row for row in masked if row["record_id"] not in gone]
        pq.write_table(pa.Table.from_pylist(kept, done.rows.schema), paths[2])
        aside = [{"record_id": FIRST + row, "column": "note", "reason": "unread_language"} for row in self.aside]
        pq.write_table(pa.Table.from_pylist(aside, ASIDE_SCHEMA), paths[3])
        return PlantedShard(number, *paths)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def line(judged: dict[str, Any], entity: str) -> dict[str, Any]:
    (found,) = [one for one in judged["entities"] if one["entity"] == entity]
    return found


def test_a_masked_value_did_not_come_through_and_a_missed_one_did(case: Case) -> None:
    case.plant("seen Ann Lee today", "Ann Lee", "PERSON", ("Ann Lee", "PERSON"), format="first last")
    case.plant("seen LEE, Ann today", "LEE, Ann", "PERSON", format="last, first")
    found = line(case.judge(), "PERSON")
    assert (found["planted"], found["through"], found["set_aside"]) == (2, 1, 0)
    assert found["by"] == {"uncovered": 1, "standing": 1, "weaker": 0}
    nothing, all_of_it = ({"planted": 1, "through": n, "through_after_remask": n} for n in (0, 1))
    assert found["by_format"] == {"first last": nothing, "last, first": all_of_it}
    assert found["by_context"] == {"carrier": {"planted": 2, "through": 1, "through_after_remask": 1}}


def test_one_letter_left_is_a_value_come_through_and_punctuation_is_not(case: Case) -> None:
    case.plant("seen Ann Lee today", "Ann Lee", "PERSON", ("Ann Le", "PERSON"))
    case.plant("call (217) 555-0142 now", "(217) 555-0142", "PHONE_NUMBER", ("217) 555-0142", "PHONE_NUMBER"))
    judged = case.judge()
    assert line(judged, "PERSON")["by"]["uncovered"] == 1 and line(judged, "PHONE_NUMBER")["through"] == 0


def test_two_stretches_cover_a_value_together_whatever_they_were_taken_for(case: Case) -> None:
    case.plant("born 3/4/1961 here", "3/4/1961", "US_SSN", ("3/4", "PERSON"), ("/1961", "PHONE_NUMBER"))
    assert line(case.judge(), "US_SSN")["through"] == 0


@pytest.mark.parametrize(
    ("value", "standing"),
    [
        ("217-555-0142", "217-555-0142"),
        ("217-555-0142", "2175550142"),
        ("217-555-0142", "２１７ ５５５.０１４２"),
        ("Ann Lee", "ann  LEE"),
        ("Ann Lee", "An\u200bn Lee"),
        ("张伟", "患者张伟来院"),
    ],
)
def test_a_value_that_stands_came_through_whatever_masking_says_it_did(case: Case, value: str, standing: str) -> None:
    kind = "PERSON" if value[0].isalpha() else "PHONE_NUMBER"
    case.plant(f"it is {value}!", value, kind, (value, kind))
    case.masked[0] = f"it is {standing}!"
    found = line(case.judge(), kind)
    assert found["through"] == 1 and found["by"] == {"uncovered": 0, "standing": 1, "weaker": 0}


@pytest.mark.parametrize("standing", ["Annabel Lee", "Joann Lee", "Lee Ann", "217 555 01", "the 1961 file"])
def test_what_only_resembles_a_value_is_not_it(case: Case, standing: str) -> None:
    case.plant("it is Ann Lee!", "Ann Lee", "PERSON", ("Ann Lee", "PERSON"))
    case.plant("it is 217-555-0142!", "217-555-0142", "PHONE_NUMBER", ("217-555-0142", "PHONE_NUMBER"))
    case.masked = {0: standing, 1: standing}
    assert case.judge()["through"] == 0


def test_what_the_text_says_elsewhere_is_not_the_value(case: Case) -> None:
    case.plant("Will Hope; hope and will hope", "Hope", "PERSON", ("Will Hope", "PERSON"))
    assert line(case.judge(), "PERSON")["through"] == 0
    case.plant("Will Hope; hope and will hope", "Hope", "PERSON", ("Will", "PERSON"))
    assert line(case.judge(), "PERSON")["by"]["uncovered"] == 1


def test_a_tag_is_not_the_value_it_spells(case: Case) -> None:
    case.plant("such a Person Gender name", "Person", "PERSON", ("Person", "PERSON"))
    case.plant("the age is 30 years", "30", "AGE", ("30", "AGE"))
    judged = case.judge()
    assert line(judged, "PERSON")["through"] == line(judged, "AGE")["through"] == 0


@pytest.mark.parametrize(
    ("text", "value", "entity"),
    [
        ("seen on March 3rd, 2021 here", "March 3rd, 2021", "DATE"),
        ("seen in 2021 here", "2021", "DATE"),
        ("she is 34 years", "34", "AGE"),
        ("she is 9 years", "9", "AGE"),
        ("lives in 02139 now", "02139", "ZIP_CODE"),
        ("account AB-1234567890 of his", "AB-1234567890", "ACCOUNT_NUMBER"),
    ],
)
def test_what_an_operator_is_meant_to_leave_is_no_leak_and_the_rest_is(
    tmp_path: Path, text: str, value: str, entity: str
) -> None:
    masked, missed = Case(tmp_path), Case(tmp_path)
    masked.plant(text, value, entity, (value, entity))
    missed.plant(text, value, entity)
    assert line(masked.judge(), entity)["through"] == 0
    assert line(missed.judge(), entity)["through"] == (value != "2021")


def test_a_date_may_keep_its_year_and_nothing_beside_it(case: Case) -> None:
    case.plant("seen on March 3rd, 2021 here", "March 3rd, 2021", "DATE", ("March 3rd", "DATE"))
    assert line(case.judge(), "DATE")["through"] == 0
    case.plant("seen on 4 March 2021 here", "4 March 2021", "DATE", ("March 2021", "DATE"))
    assert line(case.judge(), "DATE")["by"]["uncovered"] == 1


def test_a_value_taken_for_a_kind_that_leaves_a_part_is_told_apart(case: Case) -> None:
    case.plant("born 4 March 1961.", "4 March 1961", "DATE_OF_BIRTH", ("4 March 1961", "DATE"))
    found = line(case.judge(), "DATE_OF_BIRTH")
    assert found["through"] == 0 and found["by"]["weaker"] == 1
    assert sentence_weaker(found).startswith(
        "1 of 1 planted dates of birth were masked as a kind of which a part stays"
    )
    assert sentence_weaker({**found, "by": {"weaker": 0}}) == ""


def test_what_the_gate_finds_is_gone_after_remasking(case: Case) -> None:
    case.plant(
        "seen Ann Lee with Bob Ray", "Bob Ray", "PERSON", ("Ann Lee", "PERSON"), format="a"
    )  # seen <PERSON> with …
    case.plant("seen Ann Lee with Bob Ray", "Bob Ray", "PERSON", ("Ann Lee", "PERSON"), format="b")
    case.plant("seen Ann Lee with Bob Ray", "Bob Ray", "PERSON", ("Ann Lee", "PERSON"), ("Bob", "PERSON"), format="c")
    case.plant("seen Ann Lee with Bob Ray", "Bob Ray", "PERSON", ("Ann Lee", "PERSON"), ("Bob", "PERSON"), format="d")
    place = len("seen <PERSON> with ")
    case.find(7, 0, 4).find(FIRST, place, place + 7).find(FIRST + 1, place, place + 3)
    after = len("seen <PERSON> with <PERSON> ")
    case.find(FIRST + 2, after, after + 3).find(FIRST + 3, 0, 4).find(8, 0, 4)
    found = line(case.judge(), "PERSON")
    assert found["through"] == 4 and found["through_after_remask"] == 2
    assert [found["by_format"][name]["through_after_remask"] for name in "abcd"] == [0, 1, 0, 1]
    assert found["bound_after_remask"] < found["bound"] and found["bound_all_after_remask"] < found["bound_all"]


@pytest.mark.parametrize("operator", ["tag", "redact", "stars", "year", "partial", "age_band", "zip3"])
def test_a_finding_is_set_against_what_is_left_behind_any_operator(case: Case, operator: str) -> None:
    text = "on 4 March 2021, ask Bob Ray or 94110 for 38 now"
    spans = (("4 March 2021", "DATE"), ("94110", "ZIP_CODE"), ("38", "AGE"))
    for _ in range(2):
        case.plant(text, "Bob Ray", "PERSON", *spans)
    policy = promise(DATE=operator, ZIP_CODE=operator, AGE=operator)
    masked = _masked(case, policy)
    place = masked.index("Bob Ray")
    case.find(FIRST, place, place + 7).find(FIRST + 1, place, place + 6)
    found = line(case.judge(policy), "PERSON")
    assert (found["through"], found["through_after_remask"]) == (2, 1)


def _masked(case: Case, policy: Promise) -> str:
    case.judge(policy)
    return str(pq.read_table(case.folder / "3-masked.parquet").column("note").to_pylist()[0])


def test_texts_that_do_not_fit_together_are_never_remasked_in_thought(case: Case) -> None:
    case.plant("seen Bob Ray", "Bob Ray", "PERSON", ("Bob", "PERSON"))
    case.masked[0] = "something else Ray"
    case.find(FIRST, 0, 18)
    found = line(case.judge(), "PERSON")
    assert (found["through"], found["through_after_remask"]) == (1, 1)


def test_a_row_that_was_set_aside_says_nothing_about_what_comes_through(case: Case) -> None:
    case.plant("seen Ann Lee", "Ann Lee", "PERSON").plant("seen Bob Ray", "Bob Ray", "PERSON")
    case.aside = [0]
    found = line(case.judge(), "PERSON")
    assert (found["planted"], found["set_aside"], found["through"], found["bound"]) == (1, 1, 1, 1.0)
    case.aside = [0, 1]
    found = line(case.judge(), "PERSON")
    assert (found["planted"], found["set_aside"], found["through"], found["bound"]) == (0, 2, 0, 1.0)


def test_a_planted_row_that_masking_lost_is_a_fault(case: Case) -> None:
    case.plant("seen Ann Lee", "Ann Lee", "PERSON").plant("seen Bob Ray", "Bob Ray", "PERSON")
    for case.lost in ([0], [1]):
        with pytest.raises(AirlockError, match="missing from its masked rows"):
            case.judge()


def test_a_value_that_is_not_where_it_should_be_is_a_fault_and_is_not_quoted(case: Case) -> None:
    case.plant("seen Ann Lee", "Ann Lee", "PERSON")
    for start, end in ((-1, 3), (5, 99), (5, 5), (4, 5)):
        case.places[0] |= {"start": start, "end": end}
        with pytest.raises(AirlockError, match="not where it should be") as caught:
            case.judge()
        assert "Ann" not in str(caught.value)


def test_a_value_of_no_planted_row_is_a_fault(case: Case) -> None:
    case.plant("seen Ann Lee", "Ann Lee", "PERSON")
    case.places.append({**case.places[0], "record_id": FIRST + 77})
    with pytest.raises(AirlockError, match="belong to no planted row"):
        case.judge()


def test_shards_and_batches_make_no_difference_and_no_value_is_in_the_answer(case: Case) -> None:
    for i in range(40):
        who = f"Zebrafinch{i} Morgan"
        case.plant(f"seen {who} today", who, "PERSON", *([(who, "PERSON")] if i % 4 else []))
    whole, parts = case.judge(), case.judge(cuts=(1, 17))
    assert whole == parts and line(whole, "PERSON")["through"] == 10
    assert "Zebrafinch" not in json.dumps(whole) and json.loads(json.dumps(whole)) == whole


def test_bounds_are_one_sided_and_over_all_kinds_bonferronis(case: Case) -> None:
    for i in range(20):
        case.plant(f"seen Ann Lee {i}", "Ann Lee", "PERSON", *([("Ann Lee", "PERSON")] if i else []))
        case.plant("at 217-555-0142", "217-555-0142", "PHONE_NUMBER", ("217-555-0142", "PHONE_NUMBER"))
        case.plant("on 4 May", "4 May", "DATE")
    judged = case.judge()
    assert judged["kinds"] == 2 and judged["not_planted"] == ["ACCOUNT_NUMBER", "DATE_OF_BIRTH", "US_SSN", "ZIP_CODE"]
    phone, person, date = (line(judged, kind) for kind in ("PHONE_NUMBER", "PERSON", "DATE"))
    # 1 - 0.05 ** (1 / 20), and with half of the 0.05 where two kinds are promised; 1 of 20 from a table.
    assert phone["bound"] == pytest.approx(1 - 0.05 ** (1 / 20), abs=2e-8)
    assert phone["bound_all"] == pytest.approx(1 - 0.025 ** (1 / 20), abs=2e-8)
    assert person["bound"] == pytest.approx(0.216106, abs=1e-6)
    assert person["bound_all"] == pytest.approx(0.248733, abs=1e-6) == judged["bound_all"]
    # A kind that isn't promised is told, and no sentence over all kinds speaks of it.
    assert not date["promised"] and date["bound"] == 1.0 and judged["planted"] == 40 and judged["through"] == 1


def test_nothing_planted_is_no_bound(case: Case) -> None:
    case.plant("on 4 May", "4 May", "DATE")
    judged = case.judge()
    assert judged["kinds"] == 0 and judged["bound_all"] == 1.0 and sentence_all(judged) == "nothing was planted"


def test_the_sentence_is_the_issues(case: Case) -> None:
    for i in range(300):
        case.plant(f"at 217-555-0142 {i}", "217-555-0142", "PHONE_NUMBER", ("217-555-0142", "PHONE_NUMBER"))
    judged = case.judge()
    (phones,) = judged["entities"]
    assert sentence(phones) == "at most 1.0 % of planted phone numbers came through (one-sided 95 %, 0 of 300)"
    assert sentence_all(judged).startswith("of the one planted kind at most 1.0 % came through (one-sided 95 %)")


def test_a_sentence_never_says_less_than_the_bound() -> None:
    said = {"name": plain_name("PERSON"), "planted": 1000, "through": 3, "bound": 0.01001, "confidence": 0.95}
    again = said | {"through_after_remask": 0, "bound_after_remask": 0.002992}
    assert sentence(said).startswith("at most 1.1 % of planted names of persons came through")
    assert "at most 0.3 % of planted names of persons came through, masked again by the gate," in sentence(again, True)
    many = {"kinds": 12, "bound_all": 0.0181, "bound_all_after_remask": 0.0123, "confidence": 0.95}
    assert "each of the 12 planted kinds at most 1.9 %" in sentence_all(many)
    assert "Bonferroni" in sentence_all(many) and "at most 1.3 %" in sentence_all(many, after_remask=True)
