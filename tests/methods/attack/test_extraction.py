"""Verbatim extraction: rows learnt by heart come back, others don't; edits are counted as by the textbook."""

from __future__ import annotations

import io
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, GPT2LMHeadModel, LlamaForCausalLM

from tasks.core.progress import Progress
from tasks.methods.attack.extraction import extract, greedy, levenshtein
from tasks.methods.lm.causal import causal_losses
from tasks.methods.lm.tokens import TokenTable
from tests.tiny import tiny_causal_lm, tiny_gpt2

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, TokenTable, TokenTable]:
    """A model with random weights, the same after it has learnt 24 random rows, those rows, and others."""
    folder = tiny_gpt2(tmp_path_factory.mktemp("model"), seed=4)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rng = np.random.default_rng(3)
    members, others = (
        TokenTable(["".join(rng.choice(list("abcdefgh"), 22)) for _ in range(size)] + ["short"], tokenizer, 24)
        for size in (24, 60)
    )
    base, trained = (GPT2LMHeadModel.from_pretrained(folder).eval() for _ in range(2))
    optimiser = torch.optim.AdamW(trained.parameters(), lr=8e-3)
    ((_, batch),) = members.batches(range(24), 24)
    for _ in range(500):
        optimiser.zero_grad()
        causal_losses(trained, batch).mean().backward()
        optimiser.step()
    return base, trained, members, others


def test_rows_learnt_by_heart_come_back_and_others_do_not(learnt: Any) -> None:
    base, trained, members, others = learnt
    progress = Progress("extraction", len(members), stream=io.StringIO())
    found = extract(trained, members, 7, CPU, progress, prefix=10, suffix=10)
    assert (found.documents, found.too_short) == (24, 1) and progress.done == 25
    assert found.exact.count >= 22 and found.exact.low > 0.7
    for model, table in ((base, members), (trained, others)):
        nothing = extract(model, table, 16, CPU, prefix=10, suffix=10)
        assert nothing.exact.count == nothing.near.count == 0
        assert 0 == nothing.exact.low < nothing.exact.high == pytest.approx(1 - 0.025 ** (1 / nothing.documents))


def test_the_batch_does_not_matter_and_only_numbers_come_out(learnt: Any) -> None:
    _, trained, members, _ = learnt
    found = [extract(trained, members, size, CPU, prefix=6, suffix=12, edits=0.3) for size in (1, 5, 64)]
    assert found[0] == found[1] == found[2]
    assert found[0].near.count >= found[0].exact.count
    assert all(isinstance(one, int | tuple) for one in astuple(found[0]))
    assert extract(trained, members, 8, CPU).documents == 0  # none has 100 tokens
    assert extract(trained, members, 8, CPU).exact == extract(trained, members, 8, CPU).near
    for bad in ({"prefix": 0}, {"suffix": 0}, {"edits": 1.5}):
        with pytest.raises(ValueError):
            extract(trained, members, 8, CPU, **bad)


def test_a_suffix_with_few_edits_is_near(learnt: Any) -> None:
    # Rows that the model itself wrote, one token of ten exchanged.
    _, trained, members, _ = learnt
    ((_, batch),) = members.batches(range(24), 24)
    own = torch.cat([batch.ids[:, :10], greedy(trained, batch.ids[:, :10], 10)], 1)
    for changed, exact, near in ((0, 24, 24), (1, 0, 24), (2, 0, 0)):
        rows = own.clone()
        # Apart from each other, and to a letter that doesn't occur, so that no shift makes up for it.
        rows[:, [19, 14][:changed]] = 200
        found = extract(trained, table_of(rows.tolist()), 8, CPU, prefix=10, suffix=10)
        assert (found.exact.count, found.near.count) == (exact, near)


def table_of(rows: list[list[int]]) -> TokenTable:
    from tasks.methods.lm.tokens import Row

    class Rows:
        pad = 0

        def rows(self, records: list[list[int]], max_length: int) -> list[Row]:
            return [Row(one[:max_length]) for one in records]

        def finish(self, batch: Any, draw: int) -> Any:
            return batch

    return TokenTable(rows, Rows(), 32)


@pytest.mark.parametrize("kind", ["gpt2", "llama", "lora", "no past"])
def test_greedy_is_the_likeliest_token_each_time_read_from_the_start(kind: str, tmp_path: Any) -> None:
    model: Any
    if kind == "llama":
        model = LlamaForCausalLM.from_pretrained(tiny_causal_lm(tmp_path)).eval()
    else:
        model = GPT2LMHeadModel.from_pretrained(tiny_gpt2(tmp_path)).eval()
    if kind == "lora":
        from peft import LoraConfig, get_peft_model

        torch.manual_seed(0)
        config = LoraConfig(target_modules=["c_attn"], init_lora_weights=False, fan_in_fan_out=True)
        model = get_peft_model(model, config).eval()
    model.config.use_cache = False  # as the loader sets it
    ids = torch.randint(0, 200, (5, 9), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        slow = ids
        for _ in range(12):
            slow = torch.cat([slow, model(input_ids=slow).logits[:, -1].argmax(-1, keepdim=True)], 1)
        if kind == "no past":
            forward = model.transformer.forward

            def forgetful(**given: Any) -> Any:
                out = forward(**given)
                out.past_key_values = None
                return out

            model.transformer.forward = forgetful
        assert torch.equal(greedy(model, ids, 12), slow[:, 9:])


TOKENS = st.lists(st.integers(0, 3), max_size=9)


@given(TOKENS, TOKENS)
def test_edits_are_those_of_the_textbook(one: list[int], other: list[int]) -> None:
    table = [[i + j for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            exchanged = table[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, exchanged)
    pair = np.array([one, one], dtype=np.int64), np.array([other, other], dtype=np.int64)
    assert levenshtein(*pair).tolist() == [table[-1][-1]] * 2
