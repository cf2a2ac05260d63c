"""BERT-class encoders: framed texts, and hidden states with every input given for every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import PreTrainedModel

from tasks.methods.lm.tokens import Batch
from tasks.methods.lm.wrapped import accepts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def framed(texts: list[str], tokenizer: PreTrainedTokenizerBase, max_length: int) -> list[tuple[list[int], bool]]:
    """Texts between the tokenizer's class and separator tokens, cut at the end.

    Returns:
        each text's tokens, and whether it was cut.
    """
    encoded: Any = tokenizer(texts, add_special_tokens=False, truncation=False)["input_ids"]
    start, end = int(tokenizer.cls_token_id), int(tokenizer.sep_token_id)
    return [([start, *ids[: max_length - 2], end], len(ids) > max_length - 2) for ids in encoded]


def hidden_states(encoder: PreTrainedModel, batch: Batch) -> torch.Tensor:
    """The last hidden states, [rows, tokens, d].

    Position and token-type ids go in for every row: made by the model they are one row broadcast over the batch, and
    the gradient of a trained embedding is then summed over rows before anyone can clip it (Opacus #841). An empty row
    attends to its first padding token, because a softmax over nothing is NaN; what comes out of it isn't used.
    """
    rows, tokens = batch.ids.shape
    positions = torch.arange(tokens, device=batch.ids.device).repeat(rows, 1) + _first_position(encoder)
    mask = batch.mask.clone()
    mask[:, 0] = 1
    more: dict[str, torch.Tensor] = {}
    if accepts(encoder, "token_type_ids"):
        more["token_type_ids"] = torch.zeros_like(batch.ids)
    return encoder(input_ids=batch.ids, attention_mask=mask, position_ids=positions, **more).last_hidden_state


def _first_position(encoder: PreTrainedModel) -> int:
    """RoBERTa counts positions from behind its padding index, BERT from 0."""
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return 0 if padding is None else int(padding) + 1
