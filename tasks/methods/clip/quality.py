"""What clipping costs: perplexity on generated text, without the rules and with them.

The texts are made up by :mod:`tasks.methods.sample` from a fixed seed, and hold nobody's records: of a model from
DP-SGD the figures are post-processing and cost no further ε.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, PreTrainedModel

from tasks.methods.lm.perplexity import document_losses, mean_token_loss
from tasks.methods.lm.tokens import TokenTable
from tasks.methods.sample.generate import records

SEED = 20_240_607
"""Not a seed that anybody takes to make data to train on."""

LONGEST = 128
"""Tokens of a text that are read."""

_AT_ONCE = 8
_HIGHEST = 50.0
"""Nats a token beyond which a perplexity says nothing; a vocabulary of a million words costs 14 by chance."""


def generated_texts(domain: str, language: str, count: int) -> list[str]:
    """So many generated texts; the same ones every time.

    Args:
        domain: ``healthcare``, ``finance`` or ``government``.
        language: ``en`` or ``zh``.
        count: how many.
    """
    return [str(record.fields["text"]) for record in records(domain, count, language, SEED)]


class Quality:
    """Measures a causal language model on texts each time it is called; the first call is the one compared with.

    Args:
        tokenizer: folder of the model's tokenizer.
        texts: public or generated texts, two or more.
    """

    def __init__(self, tokenizer: Path, texts: Sequence[str]) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(str(tokenizer), local_files_only=True, trust_remote_code=False)
        self._texts = texts
        self._found: list[tuple[np.ndarray, np.ndarray]] = []

    def __call__(self, model: PreTrainedModel) -> None:
        """Measure the model as it is now."""
        longest = min(LONGEST, int(getattr(model.config, "max_position_embeddings", None) or LONGEST))
        table = TokenTable(self._texts, self._tokenizer, longest)
        cached, model.config.use_cache = model.config.use_cache, False
        self._found.append(document_losses(model, table, _AT_ONCE, torch.device("cpu")))
        model.config.use_cache = cached

    def report(self) -> dict[str, Any]:
        """The first and the last measurement, as :func:`compare` puts them."""
        return compare(self._found[0], self._found[-1])


def compare(before: tuple[np.ndarray, np.ndarray], after: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    """Perplexity before and after, and by which share it rose, as plain JSON.

    Args:
        before: total loss in nats and number of scored tokens of each text, float64 [texts] each.
        after: the same texts afterwards.

    Returns:
        ``texts``, ``tokens``, ``perplexity_before``, ``perplexity_after``, ``loss`` (after / before - 1; negative where
        it fell) and ``loss_interval``, 95 %, from the texts' paired differences. A figure that isn't finite, or is past
        all sense, is ``None``; so is ``loss`` then.
    """
    tokens = before[1]
    first, second = (mean_token_loss(losses, tokens) for losses in (before[0], after[0]))
    change = mean_token_loss(after[0] - before[0], tokens)
    out: dict[str, Any] = {
        "texts": int((tokens > 0).sum()),
        "tokens": int(tokens.sum()),
        "perplexity_before": _exp(first.value if first else None),
        "perplexity_after": _exp(second.value if second else None),
        "loss": None,
        "loss_interval": None,
    }
    if change is not None and out["perplexity_before"] is not None and out["perplexity_after"] is not None:
        out["loss"] = round(float(np.expm1(change.value)), 6)
        ends = [_exp(end) for end in (change.low, change.high)]
        out["loss_interval"] = [round(end - 1, 6) for end in ends if end is not None] if None not in ends else None
    return out


def _exp(value: float | None) -> float | None:
    return round(float(np.exp(value)), 4) if value is not None and value < _HIGHEST else None
