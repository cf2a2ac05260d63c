"""Perplexity on held-out documents, with an interval, before and after training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import nn

from tasks.core.progress import Progress
from tasks.methods.lm.causal import causal_losses
from tasks.methods.lm.tokens import Batch, TokenTable


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % interval."""

    value: float
    low: float
    high: float

    def exp(self) -> Interval:
        """The interval of the exponential: of a perplexity, from that of a mean token loss."""
        return Interval(math.exp(self.value), math.exp(self.low), math.exp(self.high))


def document_losses(
    model: nn.Module,
    table: TokenTable,
    size: int,
    device: torch.device,
    progress: Progress | None = None,
    losses_of: Callable[[nn.Module, Batch], torch.Tensor] = causal_losses,
) -> tuple[np.ndarray, np.ndarray]:
    """Total loss (nats) and number of scored tokens of each document, float64 [rows] each.

    Args:
        model: a language model.
        table: the documents.
        size: documents on the device at once.
        device: the model's.
        progress: one unit a document.
        losses_of: the mean loss over each row's own scored tokens.
    """
    losses, tokens = np.zeros(len(table)), np.zeros(len(table))
    model.eval()
    with torch.inference_mode():
        for rows, batch in table.batches(range(len(table)), size):
            tokens[rows] = batch.tokens().numpy()
            losses[rows] = losses_of(model, batch.to(device)).double().cpu().numpy() * tokens[rows]
            if progress is not None:
                progress.advance(len(rows))
    return losses, tokens


def mean_token_loss(losses: np.ndarray, tokens: np.ndarray) -> Interval | None:
    """Loss a token over all documents, with an interval in which documents, not tokens, are the independent draws.

    The ratio estimator's linearised variance (Cochran 1977, "Sampling Techniques", section 6.3) with Student's t.
    For a paired comparison give the documents' loss differences as ``losses``.

    Returns:
        ``None`` where fewer than two documents have a token to predict.
    """
    used = tokens > 0
    losses, tokens, n = losses[used], tokens[used], int(used.sum())
    if n < 2:
        return None
    ratio = float(losses.sum() / tokens.sum())
    residual = losses - ratio * tokens
    half = float(stats.t.ppf(0.975, n - 1) * math.sqrt(n / (n - 1) * float(residual @ residual)) / tokens.sum())
    return Interval(ratio, ratio - half, ratio + half)


def compare(before: tuple[np.ndarray, np.ndarray], after: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    """Perplexity before and after training, and the paired difference in token loss, as plain JSON.

    Args:
        before: what :func:`document_losses` gave for the base model.
        after: the same for the trained model, on the same documents.

    Returns:
        ``documents``, ``tokens``, ``base`` and ``trained`` (perplexity with its interval), ``token_loss_reduction``
        (nats a token, positive where training helped, with its paired interval) and ``too_small_to_learn``: the
        interval includes no improvement, or there were too few documents to tell.
    """
    tokens = before[1]
    gain = mean_token_loss(before[0] - after[0], tokens)
    out: dict[str, Any] = {
        "documents": int((tokens > 0).sum()),
        "tokens": int(tokens.sum()),
        "too_small_to_learn": gain is None or gain.low <= 0,
    }
    for name, losses in (("base", before[0]), ("trained", after[0])):
        loss = mean_token_loss(losses, tokens)
        if loss is not None:
            ppl = loss.exp()
            out[name] = {"perplexity": round(ppl.value, 4), "low": round(ppl.low, 4), "high": round(ppl.high, 4)}
    if gain is not None:
        out["token_loss_reduction"] = {name: round(value, 6) for name, value in asdict(gain).items()}
    return out
