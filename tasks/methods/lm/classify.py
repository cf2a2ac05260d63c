"""Classification of texts: an encoder, a pooling, and one linear layer to the declared labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import nn
from transformers import PreTrainedModel

from tasks.core.errors import UserError
from tasks.methods.lm.encoder import framed, hidden_states
from tasks.methods.lm.tokens import NO_LABEL, Batch, Row, TokenTable
from tasks.methods.lm.wrapped import inner

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Pooling = Literal["mean", "cls"]

_INIT_SEED, _INIT_STD = 0, 0.02


class Classifier(nn.Module):
    """An encoder with a linear head, which starts from a public draw: the same for everyone.

    Attributes:
        encoder: a BERT-class encoder, with or without an adapter.
        head: float32 linear layer from pooled hidden states to one logit a label.
        labels: the declared labels, in the order of the logits.
        pooling: ``mean`` over the real tokens, or ``cls``: the first token.
    """

    def __init__(self, encoder: nn.Module, labels: Sequence[str], pooling: Pooling = "mean") -> None:
        super().__init__()
        if len(labels) < 2 or len(set(labels)) < len(labels):
            raise UserError("train.labels: at least two different labels are needed.")
        base = inner(encoder)
        self.encoder, self.labels, self.pooling = encoder, tuple(labels), pooling
        generator = torch.Generator().manual_seed(_INIT_SEED)
        self.head = nn.Linear(int(base.config.hidden_size), len(labels))
        with torch.no_grad():
            self.head.weight.copy_(torch.randn(self.head.weight.shape, generator=generator) * _INIT_STD)
            self.head.bias.zero_()
        self.head.to(base.device)

    @property
    def config(self) -> object:
        """The encoder's configuration."""
        return inner(self.encoder).config

    def forward(self, batch: Batch) -> torch.Tensor:
        """Logits, [rows, labels]."""
        base: PreTrainedModel = inner(self.encoder)
        hidden = hidden_states(base, batch)
        if self.pooling == "cls":
            return self.head(hidden[:, 0])
        weight = batch.mask[:, :, None].to(hidden.dtype)
        return self.head((hidden * weight).sum(1) / weight.sum(1).clamp(min=1))


class Labelled:
    """Records ``(text, label)``. Labels are those declared; they are never collected from the records."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, labels: Sequence[str]) -> None:
        self._tokenizer, self.pad = tokenizer, int(tokenizer.pad_token_id)
        self._number = {label: number for number, label in enumerate(labels)}

    def rows(self, records: list[tuple[str | None, str | None]], max_length: int) -> list[Row]:
        """Encode records.

        Raises:
            UserError: a record's label isn't declared.
        """
        if any(label not in self._number for _, label in records):
            raise UserError(
                "train.labels: a record's label isn't among those declared; declare every label, and leave out records "
                "without one."
            )
        texts = framed([text or "" for text, _ in records], self._tokenizer, max_length)
        return [
            Row(ids, max_length, self._number[label], cut)  # type: ignore[index]
            for (ids, cut), (_, label) in zip(texts, records, strict=True)
        ]

    def finish(self, batch: Batch, draw: int) -> Batch:
        """Nothing is left to do."""
        return batch


def classification_losses(model: nn.Module, batch: Batch) -> torch.Tensor:
    """Each row's cross entropy in nats, 0 for a row without a label; [rows]."""
    assert batch.labels is not None
    return F.cross_entropy(model(batch).float(), batch.labels, ignore_index=NO_LABEL, reduction="none")


def predictions(model: nn.Module, table: TokenTable, size: int, device: torch.device) -> tuple[np.ndarray, np.ndarray]:
    """The predicted and the true class of each row, int64 [rows] each."""
    predicted, labels = np.zeros(len(table), dtype=np.int64), np.zeros(len(table), dtype=np.int64)
    model.eval()
    with torch.inference_mode():
        for rows, batch in table.batches(range(len(table)), size):
            assert batch.labels is not None
            predicted[rows] = model(batch.to(device)).argmax(1).cpu().numpy()
            labels[rows] = batch.labels.numpy()
    return predicted, labels
