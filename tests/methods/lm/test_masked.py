"""The masked-language-model objective's draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from tasks.methods.lm.masked import RATE, MaskedTexts
from tasks.methods.lm.tokens import IGNORED, Batch, TokenTable
from tests.tiny import tiny_encoder

LONG = ["".join(np.random.default_rng(i).choice(list("abcdefgh"), 60)) for i in range(200)]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(tiny_encoder(tmp_path_factory.mktemp("tiny")))


def drawn(tokenizer: PreTrainedTokenizerBase, texts: list[str], draw: int = 1) -> dict[int, tuple[list[int], ...]]:
    table = TokenTable(texts, MaskedTexts(tokenizer), 62)
    out = {}
    for rows, batch in table.batches(range(len(texts)), 7, draw):
        assert batch.targets is not None
        for row, ids, mask, targets in zip(rows, batch.ids, batch.mask, batch.targets, strict=True):
            out[int(row)] = (ids[mask.bool()].tolist(), targets[mask.bool()].tolist())
            assert (targets[~mask.bool()] == IGNORED).all()
    return out


def test_a_record_is_masked_by_itself_alone(tokenizer: PreTrainedTokenizerBase) -> None:
    all_of_them = drawn(tokenizer, LONG[:20])
    assert drawn(tokenizer, LONG[:20]) == all_of_them
    others = drawn(tokenizer, ["another text", *LONG[10:15], "x"])
    assert [others[i + 1] for i in range(5)] == [all_of_them[i] for i in range(10, 15)]


def test_each_draw_hides_other_tokens(tokenizer: PreTrainedTokenizerBase) -> None:
    first, second = drawn(tokenizer, LONG[:20], 1), drawn(tokenizer, LONG[:20], 2)
    assert sum(first[i] != second[i] for i in range(20)) == 20


def test_shares_are_those_of_bert(tokenizer: PreTrainedTokenizerBase) -> None:
    chosen = masked = kept = total = 0
    for row, (ids, targets) in drawn(tokenizer, LONG).items():
        original = [tokenizer.cls_token_id, *tokenizer(LONG[row])["input_ids"], tokenizer.sep_token_id]
        assert targets[0] == targets[-1] == IGNORED
        total += len(ids) - 2
        for now, target, before in zip(ids, targets, original, strict=True):
            if target == IGNORED:
                assert now == before
                continue
            assert target == before
            chosen, masked, kept = chosen + 1, masked + (now == tokenizer.mask_token_id), kept + (now == before)
    # 12,000 coins: five standard deviations.
    assert abs(chosen / total - RATE) < 5 * (RATE * (1 - RATE) / total) ** 0.5
    assert abs(masked / chosen - 0.8) < 5 * (0.8 * 0.2 / chosen) ** 0.5
    assert abs(kept / chosen - 0.1) < 5 * (0.1 * 0.9 / chosen) ** 0.5


def test_every_record_with_a_token_has_one_to_predict(tokenizer: PreTrainedTokenizerBase) -> None:
    found = drawn(tokenizer, ["", "a", "b", "cd"])
    assert [sum(t != IGNORED for t in found[i][1]) for i in range(4)] == [0, 1, 1, 1]


def test_an_empty_row_stays_empty(tokenizer: PreTrainedTokenizerBase) -> None:
    empty = Batch(torch.zeros(1, 3, dtype=torch.int64), torch.zeros(1, 3, dtype=torch.int64))
    after = MaskedTexts(tokenizer).finish(empty, 0)
    assert after.targets is not None
    assert (after.targets == IGNORED).all()
    assert torch.equal(after.ids, empty.ids)
