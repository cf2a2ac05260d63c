"""Tiny base models for tests: two blocks with random weights and a byte-level tokenizer; the same bytes every time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def tiny_causal_lm(folder: Path, *, tied: bool = True, seed: int = 0, merges: Sequence[tuple[str, str]] = ()) -> Path:
    """Write a model in Hugging Face layout (safetensors, tokenizer); the same bytes every time.

    Args:
        merges: pairs of tokens that the tokenizer joins.

    Returns:
        ``folder``.
    """
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer(merges, eos_token="<|end|>", pad_token="<|pad|>")
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512, tie_word_embeddings=tied,
        bos_token_id=None, eos_token_id=0, pad_token_id=1,
    )  # fmt: skip
    return _save(folder, LlamaForCausalLM, config, tokenizer, seed)


def tiny_gpt2(folder: Path, *, seed: int = 0) -> Path:
    """Write a GPT-2: tied embeddings, ``Conv1D`` layers, learnt positions, dropout in its configuration."""
    from transformers import GPT2Config, GPT2LMHeadModel

    tokenizer = _tokenizer(eos_token="<|end|>")
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=32, n_layer=2, n_head=4, n_positions=64, bos_token_id=0, eos_token_id=0
    )
    return _save(folder, GPT2LMHeadModel, config, tokenizer, seed)


def tiny_encoder(folder: Path, kind: str = "bert", *, head: bool = False, seed: int = 0, **special: str) -> Path:
    """Write an encoder of ``kind`` bert or roberta, with or without its masked-language-model head."""
    import transformers

    tokenizer = _tokenizer(
        pad_token="<|pad|>", cls_token="<|cls|>", sep_token="<|sep|>", mask_token="<|mask|>", unk_token="<|unk|>",
        **special,
    )  # fmt: skip
    name = {"bert": "Bert", "roberta": "Roberta"}[kind]
    config = getattr(transformers, f"{name}Config")(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=64, pad_token_id=tokenizer.pad_token_id, type_vocab_size=2,
    )  # fmt: skip
    return _save(folder, getattr(transformers, f"{name}{'ForMaskedLM' if head else 'Model'}"), config, tokenizer, seed)


def _tokenizer(merges: Sequence[tuple[str, str]] = (), **special: str) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {symbol: i for i, symbol in enumerate([*special.values(), *alphabet, *map("".join, merges)])}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=list(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def _save(folder: Path, kind: Any, config: Any, tokenizer: Any, seed: int) -> Path:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = kind(config)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
