"""Token rows on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from tasks.methods.lm.tokens import Batch, TokenTable
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


def test_units_stand_together_and_short_ones_are_filled_with_empty_rows(tokenizer: PreTrainedTokenizerBase) -> None:
    table = TokenTable(["a" * n for n in (9, 1, 4, 2, 6)], tokenizer, 30)
    units = np.array([[0, -1, -1], [1, 3, -1], [2, 4, 1], [-1, -1, -1]])
    batches = list(table.batches(units, 7))
    assert [chosen.tolist() for chosen, _ in batches] == [
        [units[3].tolist(), units[1].tolist()],
        units[[2, 0]].tolist(),
    ]
    for chosen, batch in batches:
        rows = chosen.ravel()
        assert batch.ids.shape[0] == len(rows)
        lengths = [0 if row < 0 else len("aaaaaaaaa"[: (9, 1, 4, 2, 6)[row]]) + 1 for row in rows]
        assert batch.mask.sum(1).tolist() == lengths
        assert batch.tokens().tolist() == [max(0, n - 1) for n in lengths]
    assert [len(chosen) for chosen, _ in table.batches(units, 2)] == [1, 1, 1, 1]


@settings(max_examples=30, deadline=None)
@given(grid=st.lists(st.lists(st.integers(-1, 5), min_size=3, max_size=3), max_size=8), size=st.integers(1, 9))
def test_units_are_never_parted_nor_lost(tokenizer: PreTrainedTokenizerBase, grid: list[list[int]], size: int) -> None:
    table = TokenTable(["a" * n for n in range(6)], tokenizer, 30)
    seen: list[list[int]] = []
    for chosen, batch in table.batches(np.array(grid, dtype=np.int64).reshape(-1, 3), size):
        assert len(batch.ids) == 3 * len(chosen) <= max(3, size)
        assert batch.mask.sum(1).tolist() == [row + 1 for row in chosen.ravel()]  # row n has n letters and the end
        seen += chosen.tolist()
    assert sorted(seen) == sorted(grid)


def test_targets_left_out_are_every_token_but_the_first(tokenizer: PreTrainedTokenizerBase) -> None:
    table = TokenTable(["abc", "d", ""], tokenizer, 30)
    _, batch = next(iter(table.batches(range(3), 3)))
    assert batch.targets is not None
    assert torch.equal(Batch(batch.ids, batch.mask).scored(), batch.targets)
    moved = batch.to(torch.device("meta"))
    assert {moved.ids.device.type, moved.targets.device.type, moved.labels.device.type} == {"meta"}  # type: ignore[union-attr]


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
