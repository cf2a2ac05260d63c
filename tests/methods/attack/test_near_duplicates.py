"""Near-duplicates across a split: all are found, as by comparing every pair."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.progress import Progress
from tasks.methods.attack.near_duplicates import near_duplicates

TEXT = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12).map(" ".join)


@given(
    st.lists(TEXT, max_size=12), st.lists(TEXT, max_size=12), st.sampled_from([0.2, 0.5, 0.8, 1.0]), st.integers(1, 3)
)
@settings(max_examples=150)
def test_it_finds_what_every_pair_compared_finds(
    members: list[str], non_members: list[str], similar: float, words: int
) -> None:
    def shingles(text: str) -> set[tuple[str, ...]]:
        said = text.split()
        return {tuple(said[i : i + words]) for i in range(max(1, len(said) - words + 1))}

    pairs = [
        (i, j)
        for i, one in enumerate(members)
        for j, other in enumerate(non_members)
        if len(shingles(one) & shingles(other)) >= similar * len(shingles(one) | shingles(other)) - 1e-9
    ]
    found = near_duplicates(members, non_members, similar, words)
    assert found.pairs == len(pairs)
    assert found.members.tolist() == sorted({i for i, _ in pairs})
    assert found.non_members.tolist() == sorted({j for _, j in pairs})


def test_a_few_changed_words_are_near_and_another_text_is_not() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{n}" for n in rng.integers(0, 3000, 120)) for _ in range(300)]
    members, others = texts[:200], texts[200:]
    changed = members[17].split()
    changed[60] = "Other"
    shouted = members[5].upper().replace(" ", ",  ")
    half = " ".join(members[30].split()[:60])
    progress = Progress("near-duplicates", None, stream=io.StringIO())
    found = near_duplicates(iter(members), iter([*others, " ".join(changed), shouted, half]), progress=progress)
    assert found.pairs == 2 and progress.done == 103
    assert found.members.tolist() == [5, 17] and found.non_members.tolist() == [100, 101]
    assert found.members.dtype == np.int64


def test_chinese_counts_by_characters() -> None:
    text = "患者于周一上午因持续胸痛到医院急诊科就诊并接受了心电图检查结果显示正常随后回家休息"
    found = near_duplicates(
        [text], [text.replace("回家休息", "回家吃药"), "今天天气很好我们一起去公园散步然后吃午饭吧"], 0.7
    )
    assert found.members.tolist() == [0] and found.non_members.tolist() == [0]


def test_form_letters_cost_no_quadratic_work() -> None:
    letter = "dear customer thank you for your letter we will answer it within two weeks"
    found = near_duplicates([letter] * 3000, [letter + "!"] * 4000)
    assert found.pairs == 12_000_000 and len(found.members) == 3000 and len(found.non_members) == 4000


def test_nothing_short_and_odd_texts() -> None:
    assert near_duplicates([], []).pairs == 0
    assert near_duplicates(["a b c"], []).non_members.tolist() == []
    assert near_duplicates(["Yes."], ["yes", "no"]).non_members.tolist() == [0]
    assert near_duplicates([""], ["...", "a"]).non_members.tolist() == [0]
    assert near_duplicates(["\ud800 x"], ["\ud800 x"]).pairs == 1
    for similar, words in ((0.0, 5), (1.1, 5), (0.8, 0)):
        with pytest.raises(ValueError):
            near_duplicates(["a"], ["a"], similar, words)
