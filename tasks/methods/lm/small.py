"""A small language model from made-up public text, for demonstrations on two cores: quick to train, quick to leak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

VOCABULARY = 2048
_END = "<|end|>"


def small_model(texts: Sequence[str], positions: int, seed: int = 0) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A model of 0.9 million parameters with random weights, and a byte-level BPE vocabulary learnt from the texts.

    Args:
        texts: public ones; nothing else of them is learnt here.
        positions: tokens that the model reads at most.
        seed: of the weights.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # type: ignore[attr-defined]
    made.decoder = decoders.ByteLevel()  # type: ignore[attr-defined]
    more: dict[str, Any] = {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet(), "show_progress": False}
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=[_END], **more),  # type: ignore[call-arg]
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, eos_token=_END, bos_token=_END)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=384, num_hidden_layers=3, num_attention_heads=4,
        max_position_embeddings=positions, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, use_cache=False,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(config).eval(), tokenizer
