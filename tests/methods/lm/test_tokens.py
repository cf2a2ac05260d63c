"""Token rows on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from tasks.methods.lm.tokens import TokenTable
from tests.tiny import tiny_causal_lm


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(tiny_causal_lm(tmp_path_factory.mktemp("tiny")))


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=30), max_size=12), width=st.integers(4, 20), size=st.integers(1, 5))
def test_every_row_comes_back_once(tokenizer: PreTrainedTokenizerBase, texts: list[str], width: int, size: int) -> None:
    table = TokenTable(texts, tokenizer, width)
    assert len(table) == len(texts)
    assert table.truncated == sum(len(t.encode()) > width for t in texts)
    seen = {}
    for rows, batch in table.batches(range(len(texts)), size):
        assert batch.ids.shape == batch.mask.shape
        assert len(rows) <= size
        assert batch.mask.sum(1).max() == batch.ids.shape[1]
        for row, ids, mask in zip(rows, batch.ids, batch.mask, strict=True):
            seen[int(row)] = ids[mask.bool()].tolist()
    assert sorted(seen) == list(range(len(texts)))
    end = tokenizer.eos_token_id
    for row, text in enumerate(texts):
        assert seen[row] == [*tokenizer(text, add_special_tokens=False)["input_ids"], end][:width]


def test_rows_of_like_length_share_a_batch(tokenizer: PreTrainedTokenizerBase) -> None:
    table = TokenTable(["a" * 20, "b", "c" * 19, "d"], tokenizer, 30)
    batches = [rows.tolist() for rows, _ in table.batches(np.arange(4), 2)]
    assert batches == [[1, 3], [2, 0]]


def test_no_rows(tokenizer: PreTrainedTokenizerBase) -> None:
    table = TokenTable([], tokenizer, 8)
    assert (len(table), list(table.batches([], 4))) == (0, [])
    assert list(TokenTable(["a"], tokenizer, 8).batches([], 4)) == []


def test_nothing_is_left_on_disk(
    tokenizer: PreTrainedTokenizerBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    table = TokenTable(["some text"], tokenizer, 8)
    assert len(table) == 1
    assert list(tmp_path.iterdir()) == []
