"""Answers to review samples: numbers only, once, and whoever changes one is on record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core import answers, audit
from tasks.core.answers import Answer
from tasks.core.artifacts import Ref, reuse_or_build
from tasks.core.errors import TryAgain, UserError
from tasks.core.store import Store

PLAIN = set("0123456789,")


@given(st.one_of(st.text(max_size=12), st.text("0123456789, \n٣²-+.", max_size=12)))
def test_no_text_but_digits_and_commas_is_an_answer(leaking: str) -> None:
    try:
        answer = Answer.parse(900, leaking, 1000)
    except UserError as exc:
        assert len(leaking) < 4 or leaking not in str(exc), "what was typed isn't quoted"
        return
    assert set(leaking) <= PLAIN and list(answer.leaking) == sorted({int(n) for n in leaking.split(",") if n})


@given(
    st.one_of(st.text(max_size=6), st.none(), st.booleans(), st.floats(), st.lists(st.integers()), st.just("12\n")),
    st.one_of(st.none(), st.lists(st.one_of(st.booleans(), st.text(max_size=3), st.floats()), min_size=1, max_size=3)),
)
def test_nothing_else_is_a_number(read: object, leaking: object) -> None:
    for given_read, given_leaking in ((read, ""), (5, leaking)):
        if isinstance(given_read, str) and given_read.isascii() and given_read.isdigit():
            continue
        if (given_read, given_leaking) == (5, ""):
            continue
        with pytest.raises(UserError, match="review: "):
            Answer.parse(given_read, given_leaking, 10)


WRONG = [(0, ""), (11, ""), (5, "6"), (5, "0"), (5, [1, 99]), ("-3", ""), (-3, "")]


@pytest.mark.parametrize(("read", "leaking"), WRONG)
def test_numbers_outside_the_sample_are_refused(read: object, leaking: object) -> None:
    with pytest.raises(UserError, match="between 1 and|numbers only"):
        Answer.parse(read, leaking, 10)


def test_numbers_come_sorted_and_once() -> None:
    assert Answer.parse("120", "40,3,17,3", 120) == Answer(120, (3, 17, 40))
    assert Answer.parse(7, "", 7) == Answer.parse(7, [], 7) == Answer(7)
    assert Answer(7, (2,)).to_dict() == {"read": 7, "leaking": [2]}


@pytest.fixture(params=["file", "s3"])
def raw(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(str(tmp_path / "raw") if request.param == "file" else request.getfixturevalue("s3_url") + "/raw")


def sample(raw: Store, key: str = "a" * 64) -> Ref:
    def build(writer):
        writer.write_json("sample.jsonl", {})
        return {"rows": 100, "seeded": 20}

    return reuse_or_build(raw, "review", key, {}, build)[0]


def test_recorded_once_and_replaced_only_on_demand(raw: Store, tmp_path: Path) -> None:
    ref, home = sample(raw), tmp_path / "home"
    assert answers.answer_of(raw, ref) is None
    assert answers.record(raw, ref, Answer(120, (3,)), home)
    assert answers.answer_of(raw, ref) == Answer(120, (3,))
    assert not answers.record(raw, ref, Answer(120, (3,)), home), "the same answer again changes nothing"
    with pytest.raises(UserError, match="--replace"):
        answers.record(raw, ref, Answer(120, (3, 4)), home)
    assert answers.answer_of(raw, ref) == Answer(120, (3,))
    assert answers.record(raw, ref, Answer(110, (4,)), home, replace=True, by="reader-7")
    assert answers.answer_of(answers.store_of(ref), ref) == Answer(110, (4,))
    first, second = audit.read(answers.audit_log(home))
    assert (first["action"], first["answer"]) == ("review answer", {"read": 120, "leaking": [3]})
    assert second["action"] == "review answer replaced" and second["replaced"] == {"read": 120, "leaking": [3]}
    assert second["for"] == "reader-7" and audit.verify(answers.audit_log(home)) is None


def test_an_answer_is_to_its_own_sample(raw: Store, tmp_path: Path) -> None:
    ref, other = sample(raw), sample(raw, "b" * 64)
    answers.record(raw, ref, Answer(120), tmp_path)
    assert answers.answer_of(raw, other) is None
    changed = Ref(ref.uri, ref.stage, ref.key, "0" * 64, ref.counts)
    assert answers.answer_of(raw, changed) is None, "a sample of other rows under the same key has no answer yet"


@pytest.mark.parametrize("left", [b"", b"[]", b"{", b'{"digest": 1}', "other rows"])
def test_a_damaged_answer_is_no_answer(left: bytes | str, tmp_path: Path) -> None:
    raw = Store(str(tmp_path / "raw"))
    ref = sample(raw)
    if isinstance(left, str):
        left = json.dumps({"digest": ref.digest, "answer": {"read": 121, "leaking": ["Jane Roe"]}}).encode()
    raw.write_bytes(f"review-answers/{ref.key}.json", left)
    if left == b'{"digest": 1}':
        assert answers.answer_of(raw, ref) is None
    else:
        with pytest.raises(UserError, match="damaged"):
            answers.answer_of(raw, ref)
    answers.record(raw, ref, Answer(5), tmp_path, replace=True)
    assert answers.answer_of(raw, ref) == Answer(5)
    assert b"Jane" not in answers.audit_log(tmp_path).read_bytes()


def test_who_waits_is_told_where_the_sample_is_and_what_to_type(tmp_path: Path) -> None:
    ref = sample(Store(str(tmp_path / "raw")))
    waiting = answers.missing(ref)
    assert isinstance(waiting, TryAgain) and waiting.exit_code == 75
    assert f"airlock review {ref.key[:12]} --read 120 --leaking" in str(waiting)
    assert str(tmp_path / "raw" / "review" / ref.key / "attempts") in str(waiting) and "sample.html" in str(waiting)
