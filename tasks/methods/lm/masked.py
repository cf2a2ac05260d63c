"""The masked-language-model objective (Devlin et al. 2019, BERT, section 3.1)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from tasks.methods.lm.causal import mean_token_losses
from tasks.methods.lm.encoder import framed, hidden_states
from tasks.methods.lm.loading import masked_head
from tasks.methods.lm.tokens import IGNORED, Batch, Row
from tasks.methods.lm.wrapped import inner

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

RATE = 0.15
"""Share of a record's tokens that are predicted."""

_TO_MASK, _TO_RANDOM = 0.8, 0.1


class MaskedTexts:
    """Texts for a masked language model.

    Formal guarantees:
        Which tokens are predicted, and what stands in their place, is a function of the record's own tokens and the
        public number of the draw. Other records change nothing, so a record's gradient is its own.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer, self.pad = tokenizer, int(tokenizer.pad_token_id)
        self._mask_id, self._vocabulary = int(tokenizer.mask_token_id), len(tokenizer)
        self._special = np.array(sorted(set(tokenizer.all_special_ids)), dtype=np.int64)

    def rows(self, records: list[str], max_length: int) -> list[Row]:
        """Encode texts."""
        return [Row(ids, truncated=cut) for ids, cut in framed(records, self._tokenizer, max_length)]

    def finish(self, batch: Batch, draw: int) -> Batch:
        """Choose tokens to predict, each with probability :data:`RATE` and at least one a record.

        Of the chosen ones 80 % become the mask token, 10 % a random one, 10 % stay.
        """
        ids, targets = batch.ids.numpy().copy(), np.full(batch.ids.shape, IGNORED, dtype=np.int64)
        ordinary = (batch.mask.numpy() == 1) & ~np.isin(ids, self._special)
        for row, target, places in zip(ids, targets, (np.flatnonzero(line) for line in ordinary), strict=True):
            if not len(places):
                continue
            seed = hashlib.blake2b(row[places].tobytes(), key=b"masked-lm/%d" % draw, digest_size=16).digest()
            generator = np.random.Generator(np.random.Philox(key=int.from_bytes(seed, "big")))
            chances = generator.random(len(places))
            chosen = places[(chances < RATE) | (chances == chances.min())]
            target[chosen] = row[chosen]
            fate, other = generator.random(len(chosen)), generator.integers(self._vocabulary, size=len(chosen))
            row[chosen] = np.where(
                fate < _TO_MASK, self._mask_id, np.where(fate < _TO_MASK + _TO_RANDOM, other, row[chosen])
            )
        return Batch(torch.from_numpy(ids), batch.mask, torch.from_numpy(targets), batch.labels)


def masked_losses(model: nn.Module, batch: Batch) -> torch.Tensor:
    """The mean negative log-likelihood in nats over each row's own chosen tokens, 0 where it has none; [rows]."""
    masked = inner(model)
    assert batch.targets is not None
    return mean_token_losses(masked_head(masked), hidden_states(masked.base_model, batch), batch.targets)
