"""Instruction records: only the answer counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from tasks.core.errors import UserError
from tasks.methods.lm.instruct import Instructions
from tasks.methods.lm.tokens import IGNORED, TokenTable
from tests.tiny import tiny_causal_lm

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(tiny_causal_lm(tmp_path_factory.mktemp("tiny")))


def batch_of(tokenizer: Any, records: list[Any], width: int = 64) -> tuple[TokenTable, Any]:
    table = TokenTable(records, Instructions(tokenizer), width)
    return table, next(iter(table.batches(range(len(records)), len(records))))[1]


def test_the_answer_and_its_end_are_all_that_is_scored(tokenizer: PreTrainedTokenizerBase) -> None:
    table, batch = batch_of(tokenizer, [("What is it?", "A lock"), ("a", "b")])
    texts, targets = {}, {}
    for ids, mask, target in zip(batch.ids, batch.mask, batch.targets, strict=True):
        wanted = tokenizer.decode(target[target != IGNORED])
        texts[wanted], targets[wanted] = tokenizer.decode(ids[mask.bool()]), (target != IGNORED) & ~mask.bool()
    assert texts == {"A lock<|end|>": "What is it?\n\nA lock<|end|>", "b<|end|>": "a\n\nb<|end|>"}
    assert not any(padding.any() for padding in targets.values())
    assert sorted(batch.tokens().tolist()) == [2, 7]
    assert table.truncated == 0


def test_a_chat_template_writes_the_prompt(tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    chat = AutoTokenizer.from_pretrained(tiny_causal_lm(tmp_path))
    chat.chat_template = TEMPLATE
    _, batch = batch_of(chat, [("Hi", "Yes")])
    assert chat.decode(batch.ids[0]) == "<user>Hi</user><assistant>Yes<|end|>"
    assert batch.tokens().tolist() == [4]
    chat.chat_template = "{{ raise_exception('Jane Roe') }}"
    with pytest.raises(UserError, match="chat template") as caught:
        batch_of(chat, [("Jane Roe", "Yes")])
    assert "Jane" not in str(caught.value)
    assert caught.value.__cause__ is None


@settings(max_examples=60, deadline=None)
@given(prompt=st.text("pq", max_size=40), answer=st.text("ab", max_size=40), width=st.integers(4, 40))
def test_a_long_record_keeps_the_beginning_of_its_answer(
    tokenizer: PreTrainedTokenizerBase, prompt: str, answer: str, width: int
) -> None:
    table, batch = batch_of(tokenizer, [(prompt, answer)], width)
    text = tokenizer.decode(batch.ids[0][batch.mask[0].bool()])
    before, whole = prompt + "\n\n", answer + "<|end|>"
    tokens = len(before) + len(answer) + 1
    assert table.truncated == (tokens > width)
    if tokens <= width:
        assert text == before + whole
        return
    head, _, tail = text.rpartition("\n\n") if "\n\n" in text else ("", "", text.lstrip("pq\n"))
    assert before.removesuffix("\n\n").endswith(head)
    assert whole.startswith(tail)
    assert int(batch.mask.sum()) == width
    kept = len(tail.replace("<|end|>", "E"))
    assert kept == min(len(answer) + 1, max(width - len(before), (width + 1) // 2))


def test_empty_cells_are_empty_texts(tokenizer: PreTrainedTokenizerBase) -> None:
    _, batch = batch_of(tokenizer, [(None, None)])
    assert tokenizer.decode(batch.ids[0]) == "\n\n<|end|>"
    assert batch.tokens().tolist() == [1]
